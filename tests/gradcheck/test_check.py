"""gradcheck accepts what is right, rejects what is wrong, says where, and leaves everything as it was."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def define(registry: Any) -> Callable[..., Any]:
    """An op for this test only, ``define(forward, x=formula, ...)``."""
    return lambda forward, **formulas: ag.op(**formulas)(forward)


# -- right ---------------------------------------------------------------------------------------------------------


def test_a_right_gradient_gives_a_true_report(rng: np.random.Generator) -> None:
    report = ag.gradcheck(lambda x, w: ag.tanh(x @ w), rng.standard_normal((3, 2)), rng.standard_normal((2, 4)))
    assert report
    assert report.total == len(report.entries) == 14
    assert {entry.name for entry in report.entries} == {"x", "w"}
    assert report.worst is not None
    assert report.worst.difference < 1e-10


def test_the_gradient_of_a_real_scalar_is_shown_as_it_is() -> None:
    report = ag.gradcheck(lambda x: (x * x).sum(), np.array([1.0, 2.0]))
    assert {entry.index: entry.analytic for entry in report.entries} == {(0,): 2.0, (1,): 4.0}


def test_several_outputs_of_which_some_are_integers_or_constants(rng: np.random.Generator) -> None:
    assert ag.gradcheck(
        lambda x: (ag.exp(x), ag.argmax(x), ag.tensor(np.ones(1)), x[0]), rng.standard_normal(3), order=2
    )


@pytest.mark.parametrize("x", [1e-8, 1e-3, 1.0, 1e3, 1e8])
def test_the_step_fits_the_entry(x: float) -> None:
    assert ag.gradcheck(lambda x: ag.log(x) + ag.sqrt(x), np.array([x]), order=2)


def test_a_kink_within_the_first_step_is_no_error() -> None:
    assert ag.gradcheck(lambda x: (ag.relu(x) * 3).sum(), np.array([1e-5, -1e-5, 3e-7]))


def test_empty_and_0d_inputs() -> None:
    assert ag.gradcheck(lambda x, y: ag.exp(x) * y, np.zeros((0, 3)), np.array(2.0), order=2)


def test_the_same_tensor_twice() -> None:
    x = ag.tensor(np.array([1.0, 2.0]), requires_grad=True)
    assert ag.gradcheck(lambda a, b: a * b, x, x, order=2)


def test_third_order() -> None:
    report = ag.gradcheck(lambda x: x**4, np.array([1.5, -2.0]), order=3)
    assert {entry.order for entry in report.entries} == {1, 2, 3}


def test_gradgradcheck_checks_the_second_order_only() -> None:
    report = ag.gradgradcheck(lambda x: x**3, np.array([1.5, -2.0]))
    assert {entry.order for entry in report.entries} == {2}
    assert {entry.name for entry in report.entries} == {"x", "grad_output 0"}


def test_a_gradient_inside_the_function(rng: np.random.Generator) -> None:
    def penalty(x: ag.Tensor) -> ag.Tensor:
        (slope,) = ag.gradients(ag.tanh(x).sum(), x, create_graph=True)
        return (slope * slope).sum()

    assert ag.gradcheck(penalty, rng.standard_normal(4), order=2)


# -- complex -------------------------------------------------------------------------------------------------------


def test_complex_inputs_and_outputs_to_second_order(rng: np.random.Generator) -> None:
    z, w = rng.standard_normal((2, 3)) + 1j * rng.standard_normal((2, 3)), rng.standard_normal(3)
    assert ag.gradcheck(lambda z, w: (ag.exp(z * w), ag.abs(z), ag.conj(z) * z), z, w, order=2)


def test_the_complex_gradient_is_the_direction_of_steepest_ascent() -> None:
    report = ag.gradcheck(lambda z: (ag.real(z) ** 2 + 3 * ag.imag(z)).sum(), np.array([2 + 5j]))
    assert report.entries[0].analytic == 4 + 3j
    assert report.entries[0].numeric == pytest.approx(4 + 3j)


def test_a_missing_conjugate_is_found(define: Callable[..., Any]) -> None:
    def mirrored(x: core.Array) -> core.Array:
        return np.conj(x)

    wrong = define(mirrored, x=lambda g: g)
    assert ag.gradcheck(wrong, np.array([1.0]))
    with pytest.raises(AssertionError, match="1 FAIL"):
        ag.gradcheck(wrong, np.array([1.0 + 2j]))


# -- wrong ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    [
        lambda g, x: -g * 2 * x,  # sign
        lambda g, x: g * x,  # factor
        lambda g, x: g * 2 * x * 1.0001,  # a small one
        lambda g, x: g * 2 * x + 1e-5,  # offset
        lambda g, x: g * 2 * ag.flip(x),  # order
        lambda g, x: ag.mean(g) * 2 * x,  # mixes outputs
        lambda g, x: None,  # missing
        lambda g, x: g * 2 * x / 0.0,  # not finite
    ],
)
def test_a_wrong_derivative_is_found(define: Callable[..., Any], formula: Any, rng: np.random.Generator) -> None:
    def wrong_square(x: core.Array) -> core.Array:
        return x * x

    report = ag.gradcheck(define(wrong_square, x=formula), rng.standard_normal((3, 2)), raise_exception=False)
    assert not report
    with pytest.raises(AssertionError, match="FAIL"):
        ag.gradcheck(core.registry["wrong_square"].function, rng.standard_normal((3, 2)))


def test_a_missing_transpose_is_found(define: Callable[..., Any], rng: np.random.Generator) -> None:
    def product(a: core.Array, b: core.Array) -> core.Array:
        return a @ b

    wrong = define(product, a=lambda g, b: g @ b, b=lambda g, a: ag.swapaxes(a, 0, 1) @ g)
    report = ag.gradcheck(wrong, rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), raise_exception=False)
    assert {entry.name for entry in report.failures} == {"a"}


def test_what_is_wrong_only_in_second_order_is_found_there(define: Callable[..., Any]) -> None:
    def cube(x: core.Array) -> core.Array:
        return x**3

    # The slope is right but computed from a copy without history: a constant to whoever differentiates it.
    wrong = define(cube, x=lambda g, x: g * (3 * np.asarray(getattr(x, "data", x)) ** 2))
    x = np.array([1.0, 2.0])
    assert ag.gradcheck(wrong, x)
    report = ag.gradcheck(wrong, x, order=2, raise_exception=False)
    assert {(entry.order, entry.name) for entry in report.failures} == {(2, "x")}
    with pytest.raises(AssertionError):
        ag.gradgradcheck(wrong, x)


def test_a_path_that_is_cut_is_found() -> None:
    with pytest.raises(AssertionError):
        ag.gradcheck(lambda x: x * x.detach(), np.array([1.0, 2.0]))
    with pytest.raises(AssertionError):
        ag.gradcheck(lambda x: x.detach() * 2, np.array([1.0, 2.0]))


def test_the_report_names_the_worst_entry(define: Callable[..., Any]) -> None:
    factor = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 5.0]])

    def twice(x: core.Array) -> core.Array:
        return 2 * x

    wrong = define(twice, x=lambda g: 2 * g * factor)
    report = ag.gradcheck(lambda x: wrong(x).sum(), np.ones((2, 3)), raise_exception=False)
    worst = report.worst
    assert worst is not None
    assert (worst.name, worst.index, worst.analytic) == ("x", (1, 2), 10.0)
    assert worst.numeric == pytest.approx(2.0)
    assert worst.difference == pytest.approx(8.0)
    assert report.failures == (worst,)
    assert repr(report) == "<Report FAILED: 6 of 6 entries, worst x[1, 2] off by 8.0e+00>"
    text = report.to_text(entries=2)
    assert ", 1 FAIL" in text
    assert "x[1, 2]" in text
    assert text.split("\n\n")[1].count("\n") == 2, "below the verdict a header and two entries"
    assert "The first wrong operation is twice" in text


def test_a_slope_that_cannot_be_measured_is_said_to_be_so() -> None:
    report = ag.gradcheck(ag.unique, np.array([1.0, 1.0]), raise_exception=False)
    assert not report
    assert "outputs of another shape nearby" in report.to_text()


@pytest.mark.parametrize(
    ("wrong", "verdict"), [(lambda x: x.detach(), "BLOCKED"), (lambda x: 2 * x - x.detach(), "FAIL")]
)
def test_of_many_entries_that_are_wrong_only_the_first_are_looked_at_closely(wrong: Any, verdict: str) -> None:
    calls = []

    def f(x: ag.Tensor) -> ag.Tensor:
        calls.append(1)
        return ag.exp(wrong(x)).sum()

    report = ag.gradcheck(f, np.linspace(-1, 1, 400), raise_exception=False)
    assert [entry.verdict.value for entry in report.entries] == [verdict] * 400
    assert all("detach() at" in entry.note for entry in report.entries)
    assert len(calls) < 20 * 400
    assert report.notes[0].startswith("Of the entries that are wrong, the first 50 were looked at closely")


def test_at_a_glance_what_is_at_a_kink_is_still_looked_at() -> None:
    x = np.append(np.linspace(1, 2, 100), np.zeros(3))
    report = ag.gradcheck(lambda x: (ag.relu(x) * (2 - x.detach())).sum(), x, raise_exception=False)
    assert [e.verdict.value for e in report.entries if e.index[0] >= 100] == ["KINK-OK"] * 3


# -- what a good report does not say --------------------------------------------------------------------------------


class Forgetful(ag.nn.Module):
    """A layer that is used, and one that is not."""

    def __init__(self) -> None:
        self.used = ag.nn.Linear(2, 2, dtype="float64")
        self.forgotten = ag.nn.Linear(2, 2, dtype="float64")

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        return self.used(x)


@pytest.mark.parametrize("options", [{}, {"directions": 2}, {"max_entries": 3}], ids=str)
def test_what_the_function_does_not_depend_on_is_told(options: dict[str, Any], rng: np.random.Generator) -> None:
    note = "f does not depend on forgotten.weight, forgotten.bias near this point: 0 was compared with 0."
    assert note in ag.gradcheck(Forgetful(), rng.standard_normal((3, 2)), **options).notes


@pytest.mark.parametrize("x", [0.0, 1.0])
def test_at_a_minimum_or_a_kink_nothing_of_that_kind_is_said(x: float) -> None:
    assert ag.gradcheck(lambda x: ((x - 1) ** 2 + ag.relu(x - 1)).sum(), np.full(2, x)).notes == ()


def test_strictly_what_is_undecided_is_a_failure() -> None:
    def noisy(x: ag.Tensor) -> ag.Tensor:
        return x[0] + ag.sum(x[1] * 1e-3 + ag.floor(x[1] * 1e12) * 1e-12)

    x = np.array([1.0, 0.3])
    report = ag.gradcheck(noisy, x, raise_exception=False)
    assert len(report.undecided) == 1
    assert report
    with pytest.raises(AssertionError, match="FAILED, 1 of 2 undecided"):
        ag.gradcheck(noisy, x, strict=True)
    for options in ({}, {"directions": 2}):
        with pytest.raises(AssertionError, match="FAILED, there was nothing to check"):
            ag.gradcheck(ag.sin, np.zeros((0, 3)), strict=True, **options)


def test_an_interrupted_check_says_how_far_it_came() -> None:
    calls = 0

    def slow(x: ag.Tensor) -> ag.Tensor:
        nonlocal calls
        calls += 1
        if calls > 60:
            raise KeyboardInterrupt
        return ag.exp(x).sum()

    with pytest.raises(KeyboardInterrupt) as stopped:
        ag.gradcheck(slow, np.ones(1000))
    far, _, _, report, *_, row = str(stopped.value).splitlines()
    assert re.match(r"gradcheck: \d+ of 1,000 entries, about .* left; directions=4", far)
    assert re.match(r"gradcheck ok: \d+ of 1,000 entries compared .* \d+ PASS$", report)
    assert row.split()[-1] == "PASS"


# -- leaves --------------------------------------------------------------------------------------------------------


def model() -> tuple[Callable[[], ag.Tensor], ag.Tensor, ag.Tensor]:
    rng = np.random.default_rng(0)
    weight = ag.tensor(rng.standard_normal((4, 3)), requires_grad=True)
    bias = ag.tensor(rng.standard_normal(3), requires_grad=True)
    weight.name, bias.name = "fc.weight", "fc.bias"
    x = rng.standard_normal((5, 4))
    return lambda: ag.sum(ag.sigmoid(x @ weight + bias) ** 2), weight, bias


def test_leaves_that_the_function_uses_itself() -> None:
    loss, weight, bias = model()
    report = ag.gradcheck(loss, weight, bias, order=2)
    assert {entry.order for entry in report.entries} == {1, 2}
    assert {entry.name for entry in report.entries} == {"fc.weight", "fc.bias", "grad_output 0"}


def test_a_function_whose_arguments_are_all_bound() -> None:
    loss, weight, _ = model()
    assert ag.gradcheck(functools.partial(lambda scale: loss() * scale, scale=2.0), weight)


def test_everything_is_as_it_was_afterwards() -> None:
    loss, weight, bias = model()
    array, values, node = weight.data, weight.data.copy(), weight.node
    ag.gradcheck(loss, weight, bias, order=2)
    assert weight.data is array
    assert weight.node is node
    assert weight.grad is None
    np.testing.assert_array_equal(array, values)


def test_everything_is_as_it_was_after_an_error_too() -> None:
    loss, weight, _ = model()
    array, values = weight.data, weight.data.copy()

    def fails_when_varied() -> ag.Tensor:
        if not np.array_equal(weight.data, values):
            raise RuntimeError
        return loss()

    with pytest.raises(RuntimeError):
        ag.gradcheck(fails_when_varied, weight)
    assert weight.data is array
    np.testing.assert_array_equal(array, values)


def test_arrays_are_not_written_into(rng: np.random.Generator) -> None:
    x = rng.standard_normal(3)
    x.flags.writeable = False
    assert ag.gradcheck(lambda x: x * x, x)
    assert ag.gradcheck(lambda x: x * x, ag.Tensor(x, requires_grad=True))


def test_a_tensor_without_gradient_is_passed_on_unchecked() -> None:
    constant = ag.tensor(np.array([1.0, 2.0]))
    report = ag.gradcheck(lambda c, x, power: c * x**power, constant, np.array([3.0, 4.0]), 2)
    assert {entry.name for entry in report.entries} == {"x"}


def test_the_result_of_an_operation_is_checked_as_a_value_of_its_own() -> None:
    x = ag.tensor(np.array([1.0, 2.0]), requires_grad=True) * 2
    assert ag.gradcheck(lambda x: x * x, x).total == 2


# -- leaves in other precisions ------------------------------------------------------------------------------------


def small_network(x: Any) -> tuple[Callable[[], ag.Tensor], list[ag.Tensor]]:
    """The loss of a network in float32, as a function of nothing, and its parameters."""
    model = ag.nn.Sequential(ag.nn.Linear(3, 2), ag.nn.Tanh(), ag.nn.Linear(2, 2))
    return lambda: (model(x) ** 2).sum(), list(model.parameters())


@pytest.mark.parametrize("options", [{}, {"order": 2}, {"directions": 2}, {"resample": 1}], ids=str)
@pytest.mark.parametrize("leaves", ["float32", "float64"])
@pytest.mark.parametrize("asked", ["float32", "float64"])
def test_leaves_are_converted_while_they_are_checked(leaves: str, asked: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(1)
    w, b = (ag.tensor(rng.standard_normal(shape).astype(leaves), requires_grad=True) for shape in [(3, 2), 2])
    x = rng.standard_normal((4, 3)).astype("float32")
    seen = set()

    def loss() -> ag.Tensor:
        seen.add(w.dtype.name)
        return ag.relu(x @ w + b).sum()

    before = [(leaf.data, leaf.data.copy(), leaf.node) for leaf in (w, b)]
    assert ag.gradcheck(loss, w, b, dtype=asked, **options)
    assert seen == {asked, "float64"}
    for leaf, (array, values, node) in zip((w, b), before, strict=True):
        assert leaf.data is array
        assert leaf.node is node
        assert leaf.grad is None
        np.testing.assert_array_equal(array, values)


def test_what_is_wrong_only_in_float32_is_found_in_leaves_too(define: Callable[..., Any]) -> None:
    def halfway(x: core.Array) -> core.Array:
        return x * x

    op = define(halfway, x=lambda g, x: g * 2 * x * (1.001 if x.dtype == np.float32 else 1.0))
    w = ag.tensor(np.array([0.3, -2.0]), requires_grad=True)
    assert ag.gradcheck(lambda: op(w), w)
    report = ag.gradcheck(lambda: op(w), w, dtype="float32", raise_exception=False)
    assert [entry.verdict.value for entry in report.entries] == ["FAIL", "FAIL"]
    assert report.culprit.op.name == "halfway"
    assert w.dtype == np.float64


def test_the_leaf_itself_as_an_output_and_the_same_leaf_twice() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    report = ag.gradcheck(lambda: (w, ag.exp(w)), w, w, dtype="float32", order=2)
    assert {entry.name for entry in report.entries} == {"input 0", "grad_output 0", "grad_output 1"}


def test_a_checkpoint_runs_again_with_the_converted_leaves() -> None:
    w = ag.tensor([1.0, 2.0], requires_grad=True)
    assert ag.gradcheck(lambda: ag.checkpoint(lambda x: ag.tanh(w * x), ag.ones(2)), w, dtype="float32")


def test_constants_of_a_function_without_arguments_are_converted_if_they_are_given() -> None:
    x = ag.tensor(np.random.default_rng(0).standard_normal((4, 3)).astype("float32"))
    loss, parameters = small_network(x)
    assert not any(parameter.name for parameter in parameters)
    report = ag.gradcheck(loss, *parameters, x, dtype="float32")
    assert {entry.name for entry in report.entries} == {"0.weight", "0.bias", "2.weight", "2.bias"}
    assert {tensor.dtype.name for tensor in (*parameters, x)} == {"float32"}
    with pytest.raises(TypeError, match=r"x \(4, 3\) is float32.*with its leaves as float64.*as arguments"):
        ag.gradcheck(loss, *parameters, dtype="float32")


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_a_function_that_writes_into_its_leaves_leaves_no_trace(dtype: Any) -> None:
    w = ag.tensor(np.array([1.0, 2.0]), requires_grad=True)
    array, node = w.data, w.node

    def fails(times: list[int]) -> ag.Tensor:
        w.data += 1
        times.append(1)
        if len(times) > 4:
            raise KeyboardInterrupt
        return ag.exp(w)

    with pytest.raises(KeyboardInterrupt):
        ag.gradcheck(functools.partial(fails, times=[]), w, dtype=dtype)
    assert (w.data is array, w.node is node, array.tolist()) == (True, True, [1.0, 2.0])


# -- a choice of entries -------------------------------------------------------------------------------------------


def test_max_entries_is_spread_over_the_inputs_and_repeatable(rng: np.random.Generator) -> None:
    inputs = [rng.standard_normal(shape) for shape in [(30, 10), (2,), (20, 5)]]

    def chosen(seed: int) -> list[tuple[str, tuple[int, ...]]]:
        report = ag.gradcheck(lambda a, b, c: a.sum() * b.sum() * c.sum(), *inputs, max_entries=20, rng=seed)
        assert report.total == 402
        return sorted((entry.name, entry.index) for entry in report.entries)

    names = [name for name, _ in chosen(0)]
    assert {name: names.count(name) for name in "abc"} == {"a": 9, "b": 2, "c": 9}
    assert chosen(0) == chosen(0)
    assert chosen(0) != chosen(1)


def test_global_random_state_is_not_touched() -> None:
    def state() -> list[int]:
        return list(np.random.get_state(legacy=False)["state"]["key"])  # noqa: NPY002  # what is to be left alone

    before = state()
    ag.gradcheck(lambda x: x * x, np.ones((2, 2)), order=2, max_entries=3)
    assert state() == before


# -- refused -------------------------------------------------------------------------------------------------------


def test_float32_is_refused_with_the_fix() -> None:
    with pytest.raises(TypeError, match=r"x \(2,\) is float32.*astype\('float64'\)"):
        ag.gradcheck(lambda x: x * x, np.ones(2, np.float32))
    with pytest.raises(TypeError, match="float32"):
        ag.gradcheck(lambda x: x * x, ag.tensor([1.0, 2.0], requires_grad=True))


def test_a_function_that_draws_random_numbers_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="two different results"):
        ag.gradcheck(lambda x: x * rng.standard_normal(2), np.ones(2))


def test_what_cannot_be_checked_is_refused() -> None:
    with pytest.raises(ValueError, match="no input requires a gradient"):
        ag.gradcheck(lambda x: x, ag.tensor([1.0]))
    with pytest.raises(ValueError, match="there is no input"):
        ag.gradcheck(lambda: ag.tensor([1.0]))
    with pytest.raises(ValueError, match="must be the leaves"):
        ag.gradcheck(lambda: ag.tensor([1.0]), np.ones(2))
    with pytest.raises(ValueError, match="order=0 checks nothing"):
        ag.gradcheck(lambda x: x, np.ones(2), order=0)
    with pytest.raises(ValueError, match="max_entries=0 checks nothing"):
        ag.gradcheck(lambda x: x, np.ones(2), max_entries=0)
    for name in ("order", "max_entries", "directions", "resample"):
        with pytest.raises(TypeError, match=f"{name}=1.5 is a float, no integer"):
            ag.gradcheck(lambda x: x, np.ones(2), **{name: 1.5})
    with pytest.raises(TypeError, match="f returned int64"):
        ag.gradcheck(ag.argmax, np.ones(2))
    with pytest.raises(TypeError, match="f returned float32"):
        ag.gradcheck(lambda x: x.astype("float32"), np.ones(2))
    with pytest.raises(TypeError, match="f returned ndarray"):
        ag.gradcheck(lambda x: x.detach().numpy(), np.ones(2))


def test_parameters_of_a_model_that_was_never_called_have_their_names():
    model = ag.nn.Sequential(ag.nn.Linear(2, 3, dtype="float64"), ag.nn.Tanh())
    x = np.random.default_rng(0).standard_normal((4, 2))
    report = ag.gradcheck(lambda: model(x).sum(), *model.parameters())
    assert {entry.name for entry in report.entries} == {"0.weight", "0.bias"}
