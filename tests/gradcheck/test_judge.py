"""Each verdict, on cases written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck import Verdict
from autograd_lite.gradcheck.ops import check_sample
from autograd_lite.gradcheck.samples import samples


def verdicts(f: Callable[..., Any], *x: Any, **options: Any) -> list[str]:
    """Those of the entries in their order."""
    report = ag.gradcheck(f, *map(np.array, x), raise_exception=False, **options)
    return [entry.verdict.value for entry in sorted(report.entries, key=lambda e: (e.order, e.name, e.index))]


def mostly_passes(f: Callable[..., Any], *x: Any, **options: Any) -> bool:
    """Whether at least half of the entries pass, and of the others nothing is said."""
    found = verdicts(f, *x, **options)
    return set(found) <= {"PASS", "UNRELIABLE"} and 2 * found.count("PASS") >= len(found) > 0


@pytest.fixture
def slope_at_kink() -> Iterator[Callable[[float], Any]]:
    """relu, whose derivative at 0 is what one likes."""

    def define(value: float) -> Any:
        @ag.op(x=lambda g, x: g * ((x > 0) + value * (x == 0)), branch=lambda x: x > 0, registered=False)
        def kinked(x: core.Array) -> core.Array:
            return np.maximum(x, 0)

        return kinked

    return define


# -- at kinks --------------------------------------------------------------------------------------------------------

AT_KINKS = {
    "relu": (ag.relu, [0.0]),
    "abs": (ag.abs, [0.0]),
    "leaky_relu": (ag.leaky_relu, [0.0]),
    "maximum": (lambda x: ag.maximum(x, 1.0), [1.0]),
    "max": (lambda x: ag.max(x), [1.0, 1.0]),
    "min": (lambda x: ag.min(x), [1.0, 1.0, 2.0]),
    "clip": (lambda x: ag.clip(x, 0.0, 1.0), [0.0, 1.0]),
    "hardtanh": (ag.hardtanh, [-1.0, 1.0]),
    "softshrink": (ag.softshrink, [0.5]),
    "argsort": (ag.sort, [1.0, 1.0]),
    "running_argmax": (lambda x: ag.cummax(x)[0], [1.0, 1.0]),
    "max_pool": (lambda x: ag.max_pool1d(x, 2), [[[1.0, 1.0]]]),
    "floor": (ag.floor, [1.0]),
    "rint": (ag.rint, [0.5]),
    "hypot": (lambda x: ag.hypot(x, 0.0), [0.0]),
    "power_norm": (ag.norm, [0.0, 0.0]),
    "svdvals": (lambda x: ag.norm(x, "nuc"), [[1.0, 2.0], [2.0, 4.0]]),
    "eigvalsh": (lambda x: ag.eigvalsh(x)[1], [[1.0, 0.0], [0.0, 1.0]]),
    "eigh": (lambda x: ag.eigh(x)[0][1], [[1.0, 0.0], [0.0, 1.0]]),
    "euclidean_distances": (lambda x: ag.cdist(x, x[:1])[1], [[1.0, 2.0], [1.0, 2.0]]),
}


@pytest.mark.parametrize(("op", "f", "x"), [(op, *case) for op, case in AT_KINKS.items()], ids=list(AT_KINKS))
def test_on_a_kink_the_gradient_is_between_the_slopes_and_the_op_is_named(op: str, f: Any, x: Any) -> None:
    report = ag.gradcheck(f, np.array(x))
    kinks = [entry for entry in report.entries if entry.verdict is Verdict.KINK_OK]
    assert kinks
    for entry in kinks:
        assert entry.kink is not None
        assert entry.kink.op == op
        assert entry.kink.line is not None
        assert entry.one_sided is not None


def test_the_kink_has_the_line_the_element_and_both_branches() -> None:
    report = ag.gradcheck(lambda x: (ag.relu(x) * 3).sum(), np.array([[1.0, 0.0]]))
    (entry,) = [e for e in report.entries if e.kink]
    assert entry.kink is not None
    assert entry.kink.line is not None
    assert entry.kink.line.file == __file__
    assert (entry.index, entry.kink.index, entry.kink.before, entry.kink.after) == ((0, 1), (0, 1), False, True)
    assert entry.one_sided == pytest.approx((0.0, 3.0))


@pytest.mark.parametrize(
    ("value", "verdict"), [(0, "KINK-OK"), (0.5, "KINK-OK"), (1, "KINK-OK"), (1.5, "KINK-OUTSIDE")]
)
def test_at_a_kink_any_value_between_the_slopes_is_right(slope_at_kink: Any, value: float, verdict: str) -> None:
    assert verdicts(lambda x: 2 * slope_at_kink(value)(x).sum(), [0.0, 1.0]) == [verdict, "PASS"]


@pytest.mark.parametrize("distance", [1e-12, 1e-9, 1e-6, 1e-4])
@pytest.mark.parametrize("side", [-1, 1])
def test_near_a_kink_the_slope_is_that_of_its_side(distance: float, side: int) -> None:
    assert verdicts(lambda x: ag.exp(ag.relu(x)).sum(), [side * distance]) == ["PASS"]


def test_a_kink_without_branches_is_found_by_its_slopes() -> None:
    report = ag.gradcheck(lambda x: float(np.abs(x).sum()), np.array([0.0, 1.0]), jac=lambda x: np.sign(x))
    assert [(e.verdict.value, e.kink.op if e.kink else None) for e in report.entries] == [
        ("KINK-OK", ""),
        ("PASS", None),
    ]


def test_several_equal_values_are_judged_by_points_nearby() -> None:
    assert set(verdicts(lambda x: ag.kthvalue(x, 2)[0], [1.0, 1.0, 1.0])) == {"KINK-OK", "PASS"}


# -- other verdicts --------------------------------------------------------------------------------------------------


def test_random_weights_are_told_where_slopes_are_shown() -> None:
    told = "its outputs were weighted at random"
    assert told in ag.gradcheck(ag.relu, np.zeros(2)).to_text()
    assert told not in ag.gradcheck(ag.relu, np.ones(2)).to_text()
    assert told not in ag.gradcheck(lambda x: ag.relu(x).sum(keepdims=True), np.zeros(2)).to_text()


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (ag.sqrt, 0.0),
        (lambda x: -ag.sqrt(x), 0.0),
        (ag.cbrt, 0.0),
        (ag.entr, 0.0),
        (ag.arcsin, 1.0),
        (ag.arcsin, -1.0),
        (ag.arccos, 1.0),
        (ag.arccosh, 1.0),
    ],
    ids=["sqrt", "minus", "cbrt", "entr", "arcsin 1", "arcsin -1", "arccos", "arccosh"],
)
def test_an_infinite_slope_is_right_if_it_has_its_sign(f: Any, x: float) -> None:
    @ag.op(x=lambda g: -g, registered=False)
    def same(x: core.Array) -> core.Array:
        return x + 0.0

    assert verdicts(f, [x]) == ["PASS"]
    assert verdicts(lambda x: f(same(x)), [x]) == ["FAIL"]


def test_a_finite_gradient_where_the_slope_is_infinite_is_unreliable() -> None:
    @ag.op(x=lambda g, x: g * ag.where(x > 0, 0.5 / ag.sqrt(x + (x == 0)), 0), registered=False)
    def root(x: core.Array) -> core.Array:
        return np.sqrt(x)

    assert verdicts(root, [0.0, 1.0]) == ["UNRELIABLE", "PASS"]


def test_a_gradient_that_is_no_number_is_wrong_and_an_infinite_one_where_the_slope_is_not() -> None:
    report = ag.gradcheck(lambda x: ag.sqrt(ag.abs(x)), np.array([0.0]), raise_exception=False)
    assert [entry.verdict.value for entry in report.entries] == ["FAIL"]
    assert "not a number" in report.to_text()

    @ag.op(x=lambda g, x: g * np.where(x == 1, np.inf, 1), registered=False)
    def same(x: core.Array) -> core.Array:
        return x * 1.0

    assert verdicts(same, [1.0, 2.0, 0.3]) == ["FAIL", "PASS", "PASS"]
    assert set(verdicts(same, [1.0, 2.0, 0.3], directions=3)) == {"UNRELIABLE"}
    assert not ag.gradcheck(same, np.array([1.0, 2.0]), directions=3, raise_exception=False)
    assert not ag.dot_product_test(same, np.array([1.0, 2.0]), raise_exception=False)


@pytest.mark.parametrize("x", [[0.0, 0.0], [0.0, -0.0], [1e-13, 0.0]])
def test_a_function_that_turns_within_the_smallest_step_of_0_is_resolved(x: list[float]) -> None:
    assert "FAIL" not in verdicts(lambda x: ag.normalize(x, axis=0), x)


@pytest.mark.parametrize("x", [np.inf, -np.inf, np.nan])
def test_an_entry_that_cannot_be_moved_is_unreliable_and_the_others_are_not(x: float) -> None:
    with np.errstate(invalid="ignore"):
        assert verdicts(ag.exp, [1.0, x]) == ["PASS", "UNRELIABLE"]
        assert verdicts(ag.exp, [1.0, complex(x, 1.0)]) == ["PASS", "UNRELIABLE"]
    assert verdicts(lambda x: np.exp(x).sum(), [1.0, -np.inf], jac=np.exp) == ["PASS", "UNRELIABLE"]
    report = ag.gradcheck(ag.exp, np.array([1.0, x]), raise_exception=False)
    assert "cannot be moved; pass what is to stay" in report.to_text()


def test_a_mask_of_minus_infinity_is_a_constant_or_undecided() -> None:
    scores, mask = np.random.default_rng(0).normal(size=(3, 3)), np.where(np.tri(3) > 0, 0, -np.inf)
    found = verdicts(lambda s, m: ag.softmax(s + m), scores, mask)
    assert (found.count("PASS"), found.count("UNRELIABLE")) == (15, 3)
    assert ag.gradcheck(lambda s: ag.softmax(s + mask), scores, directions=3)
    assert ag.taylor_test(lambda s, m: ag.softmax(s + m), scores, mask)
    assert ag.dot_product_test(lambda s, m: ag.softmax(s + m), scores, mask)


def test_outputs_that_are_not_finite_leave_the_rest_decided() -> None:
    with np.errstate(divide="ignore"):
        assert verdicts(ag.log, [0.0, 2.0]) == ["UNRELIABLE", "PASS"]
    with np.errstate(over="ignore"):
        assert verdicts(lambda x: ag.exp(x).sum(), [1.0, 1000.0]) == ["UNRELIABLE", "UNRELIABLE"]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (ag.tanh(ag.abs(x)) + 1e12).sum() - 1e12,
        lambda x: (1 - ag.cos(ag.abs(x) * 1e-8)).sum() / 1e-16,
    ],
    ids=["a large constant", "a quotient"],
)
def test_rounding_on_the_way_that_hides_the_slope_is_told(f: Any) -> None:
    report = ag.gradcheck(f, np.array([0.5]), raise_exception=False)
    assert [entry.verdict.value for entry in report.entries] == ["UNRELIABLE"]
    assert "their rounding hides slopes" in report.to_text()


@pytest.mark.parametrize("branch", [None, lambda x, out: x == out], ids=["unnamed", "named"])
def test_what_is_equal_may_not_give_all_of_the_slope_each(branch: Any) -> None:
    @ag.op(x=lambda g, x, out: g * (x == out), branch=branch, registered=False)
    def largest(x: core.Array) -> core.Array:
        return np.asarray(x.max())

    assert verdicts(largest, [1.0, 3.0, 3.0, 3.0]) == ["PASS", *["KINK-OUTSIDE"] * 3]
    report = ag.gradcheck(largest, np.array([3.0, 3.0]), raise_exception=False)
    assert "the slope is 1, and their gradients sum to 2" in report.to_text()
    combined = ag.gradcheck(lambda x: ag.tanh(largest(x)), np.array([3.0, 3.0]), raise_exception=False)
    assert {entry.verdict.value for entry in combined.entries} == {"UNRELIABLE"}


def logistic(x: Any) -> Any:
    for _ in range(50):
        x = 3.7 * x * (1 - x)
    return ag.sum(x)


@pytest.mark.parametrize(
    ("f", "x", "order"),
    [
        (lambda a: ag.sum(ag.inv(a)), 1 / (np.arange(8)[:, None] + np.arange(8) + 1.0), 1),
        (lambda a: ag.slogdet(a)[1], [[1.0, 1.0], [1.0, 1 + 1e-7]], 2),
        (ag.arcsin, [1 - 1e-12], 1),
        (ag.arccosh, [1 + 1e-9], 1),
        (logistic, [0.2, 0.4], 1),
        (ag.std, 1 + 1e-9 * np.arange(4.0), 2),
    ],
    ids=["inv", "slogdet", "arcsin", "arccosh", "logistic", "std"],
)
def test_what_changes_within_the_usual_steps_is_no_mistake(f: Any, x: Any, order: int) -> None:
    assert not ag.gradcheck(f, np.array(x), order=order, raise_exception=False).failures


@pytest.mark.parametrize(("constant", "factor"), [(1e4, 1e-6), (1.0, 1e-10), (1e10, 1.0)])
def test_a_mistake_does_not_hide_in_a_large_output(constant: float, factor: float) -> None:
    @ag.op(x=lambda g, x: g * 3 * x, registered=False)
    def square(x: core.Array) -> core.Array:
        return x * x

    assert "PASS" not in verdicts(lambda x: constant + factor * ag.sum(square(x)), [0.3, -1.2])
    assert "FAIL" not in verdicts(lambda x: constant + factor * ag.sum(x * x), [0.3, -1.2])


def test_second_order_where_operations_take_the_branches_of_neither_side_is_undecided() -> None:
    rng = np.random.default_rng(0)
    x, hidden, target = rng.standard_normal((5, 3)), rng.standard_normal((4, 4)), np.arange(5) % 2

    def f(w1: Any, w2: Any, w3: Any) -> Any:
        return ag.cross_entropy(ag.relu(ag.relu(x @ w1) @ w2) @ w3, target)

    report = ag.gradcheck(f, np.zeros((3, 4)), hidden, np.zeros((4, 2)), order=2)
    assert any("no second derivative" in entry.note for entry in report.entries)


def test_close_to_0_a_function_may_change_within_the_smallest_step() -> None:
    assert verdicts(lambda x: ag.log(x + 1e-13), [0.0, 1.0]) == ["PASS", "PASS"]
    assert verdicts(lambda x: ag.log(x + 1e-13) + 1e10 * x, [0.0, 1.0]) == ["PASS", "PASS"]


def test_a_small_error_is_no_luck() -> None:
    @ag.op(x=lambda g, x: g * 2 * x * (1 + 1e-7), registered=False)
    def nearly(x: core.Array) -> core.Array:
        return x * x

    for x in (1.0, 1e-8, 1e8):
        assert verdicts(nearly, [x]) == ["FAIL"]
        assert verdicts(nearly, [x], rtol=1e-6) == ["PASS"]
    assert verdicts(nearly, [1.0, 1e-8, 1e8]) != ["PASS"] * 3


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("name", ["tanh", "sqrt", "matmul", "log_softmax", "norm", "max_pool", "huber_loss", "var"])
def test_no_false_alarm_at_any_scale(name: str, scale: float) -> None:
    for seed in range(2):
        for sample in samples(core.registry[name], seed):
            report = check_sample(sample, {label: scale * x for label, x in sample.variables().items()})
            assert {entry.verdict for entry in report.entries} == {Verdict.PASS}, report.to_text()


def test_a_function_may_refuse_what_is_beside_its_domain() -> None:
    def root(x: ag.Tensor) -> ag.Tensor:
        if (x.data < 0).any():
            raise ValueError("no negative numbers")
        return ag.sqrt(x)

    assert verdicts(root, [1e-4, 1e-6, 2.0]) == ["PASS"] * 3


def test_an_output_that_changes_its_shape_is_not_compared() -> None:
    assert verdicts(ag.trim_zeros, [0.0, 1.0, 2.0]) == ["UNRELIABLE", "PASS", "PASS"]


def test_the_steps_at_zero_are_as_small_as_what_happens_there() -> None:
    assert set(verdicts(lambda x: x / ag.sqrt(x**2 + 1e-16), [0.0, 0.5])) == {"PASS"}


def test_what_is_left_of_large_terms_is_only_as_exact_as_these() -> None:
    x = 1e-8 * np.array([[0.00123, 0.29875], [-0.27414, -0.89059]])
    assert mostly_passes(lambda x: ag.qr(x), x)


@pytest.mark.parametrize("x", [1e8, 1e10, 1e12])
def test_a_sine_of_large_numbers_turns_within_the_usual_step(x: float) -> None:
    points = x * np.random.default_rng(0).uniform(0.1, 1.0, 8)
    assert mostly_passes(ag.sin, points)
    if x == 1e8:
        assert set(verdicts(ag.sin, points)) == {"PASS"}
        assert "PASS" not in verdicts(lambda x: ag.sin(x) + 0.01 * (ag.sin(x) - ag.sin(x.detach())), points)


def test_what_rounding_leaves_of_a_difference_is_not_called_wrong() -> None:
    assert mostly_passes(lambda x: x - ag.tanh(x), [8e-9, -1.3e-8, 0.1])
    assert mostly_passes(lambda x: x - ag.tanh(x), [-2.55e-6, 1e-4])
    assert verdicts(lambda x: 1e-12 * (x - x.detach()), [8e-9]) == ["FAIL"]


# -- float32, Modules, losses, jac -------------------------------------------------------------------------------------


def test_a_model_is_checked_by_the_names_of_its_parameters() -> None:
    rng = np.random.default_rng(0)
    model = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.Tanh(), ag.nn.Linear(4, 2))
    before = {name: p.data for name, p in model.named_parameters()}
    x, y = rng.standard_normal((5, 3)).astype(np.float32), rng.integers(0, 2, 5)
    report = ag.gradcheck(model, x, y, loss=ag.cross_entropy, dtype="float32")
    assert {e.name for e in report.entries} == {"0.weight", "0.bias", "2.weight", "2.bias", "x"}
    assert all(p.data is before[name] for name, p in model.named_parameters())
    assert ag.gradgradcheck(model, x, y, loss=ag.nn.CrossEntropyLoss(), dtype="float32", max_entries=20)
    assert ag.gradcheck(model.astype("float64"), x.astype("float64")).total == 41


def test_what_is_wrong_only_in_float32_is_found() -> None:
    @ag.op(x=lambda g, x: g * 2 * x * (1.001 if x.dtype == np.float32 else 1.0), registered=False)
    def halfway(x: core.Array) -> core.Array:
        return x * x

    x = np.array([0.3, -2.0])
    assert ag.gradcheck(halfway, x)
    assert verdicts(halfway, x, dtype="float32") == ["FAIL", "FAIL"]
    assert ag.gradcheck(lambda x: ag.tanh(x) ** 2, x, dtype="float32")


@pytest.mark.parametrize("factor", [1.0, 1.001])
@pytest.mark.parametrize("together", [True, False])
def test_any_function_with_its_gradient(factor: float, together: bool) -> None:
    def value(x: Any, y: Any) -> float:
        return float((x**2).sum() * y)

    def gradients(x: Any, y: Any) -> tuple[Any, Any]:
        return 2 * factor * x * y, (x**2).sum()

    f = (lambda x, y: (value(x, y), gradients(x, y))) if together else value
    jac = True if together else gradients
    assert verdicts(f, [1.0, 2.0], 3.0, jac=jac) == ["PASS" if factor == 1 else "FAIL"] * 2 + ["PASS"]


def test_what_cannot_be_combined_is_refused() -> None:
    x = np.ones(2)
    with pytest.raises(ValueError, match="first derivatives only"):
        ag.gradcheck(lambda x: x.sum(), x, jac=np.ones_like, order=2)
    with pytest.raises(ValueError, match="2 inputs, but 1 gradient;"):
        ag.gradcheck(lambda x, y: x.sum() + y.sum(), x, x, jac=lambda x, y: x)
    with pytest.raises(ValueError, match="dtype=float16 is not supported"):
        ag.gradcheck(lambda x: x * x, x, dtype="float16")


# -- where derivatives change much, or do not exist --------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1.0, 1.005])
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: ag.exp(300 * x), [1.0, 1.0]),
        (lambda x: 1 / (x - 0.999), [1.0, 1.0]),
        (lambda x: ag.sin(2000 * x).sum(), [1.0, 1.0]),
        (lambda x: ag.max(ag.exp(300 * x)), [1.0, 2.0]),
    ],
    ids=["exp", "pole", "sine", "max"],
)
def test_what_is_strongly_curved_is_no_kink(f: Any, x: Any, factor: float) -> None:
    @ag.op(x=lambda g: g * factor, registered=False)
    def same(x: core.Array) -> core.Array:
        return x + 0.0

    found = verdicts(lambda x: f(same(x)), x)
    assert set(found) <= ({"PASS"} if factor == 1 else {"FAIL", "PASS"})
    assert ("FAIL" in found) == (factor != 1)


@pytest.mark.parametrize("x", [1.0, 1e3, 1e6, 1e8, 1e10])
def test_a_wrong_slope_is_not_excused_where_the_function_turns_many_times_nearby(x: float) -> None:
    @ag.op(x=lambda g, x: g * 1.01 * ag.cos(x), registered=False)
    def sine(x: core.Array) -> core.Array:
        return np.sin(x)

    assert verdicts(sine, [x]) == ["FAIL"]


@pytest.mark.parametrize(("second", "verdict"), [(0.0, "KINK-OK"), (1.5, "KINK-OK"), (2.5, "KINK-OUTSIDE")])
def test_at_a_kink_the_derivative_of_a_gradient_is_one_of_both_sides(second: float, verdict: str) -> None:
    """At a jump of the gradient from 0 to 1 + 2 x, where it takes the left side."""

    @ag.op(x=lambda g, x: g * slope(x), branch=lambda x: x > 0, registered=False)
    def kinked(x: core.Array) -> core.Array:
        return np.where(x > 0, x + x * x, 0.0)

    @ag.op(x=lambda g, x: g * (2.0 * (x > 0) + second * (x == 0)), branch=lambda x: x > 0, registered=False)
    def slope(x: core.Array) -> core.Array:
        return np.where(x > 0, 1 + 2 * x, 0.0)

    report = ag.gradgradcheck(lambda x: kinked(x).sum(), np.array([0.0, 1.0]), raise_exception=False)
    (entry,) = [e for e in report.entries if (e.name, e.index) == ("x", (0,))]
    assert entry.verdict.value == verdict


@pytest.mark.parametrize("f", [ag.relu, ag.abs, ag.max, lambda x: ag.norm(ag.reshape(x, (2, 2)), "nuc")])
def test_where_the_gradient_jumps_it_is_said_and_the_operation_named(f: Callable[..., Any]) -> None:
    report = ag.gradgradcheck(lambda x: f(x).sum(), np.zeros(4), raise_exception=False)
    assert not report.failures
    jumps = [entry for entry in report.entries if entry.kink]
    assert {entry.name for entry in jumps} == {"x"}
    for entry in jumps:
        assert entry.note.startswith("The gradient itself jumps here")
        assert entry.note.endswith("there is no second derivative.")
        assert entry.kink is not None
        assert entry.kink.op in ("relu", "abs", "max", "svdvals", "singular_vectors")
        assert entry.kink.line is not None
        assert entry.kink.line.file == __file__
        assert entry.kink.index
    assert f"at {jumps[0].kink.line}" in report.to_text()
    assert "The gradient itself jumps here" in report.to_text()
    assert "jumps" not in ag.gradcheck(lambda x: ag.relu(x).sum(), np.zeros(4)).to_text()


@pytest.mark.parametrize("seed", range(4))
def test_a_kink_that_rounding_hides_from_the_smallest_step_is_found(seed: int) -> None:
    """A singular value of 0 is computed as a rounding error of the largest, of which an entry may be a small part."""
    rng = np.random.default_rng(seed)
    x = np.outer(rng.standard_normal(4), rng.standard_normal(3)) * [1.0, 1.0, 0.02]
    report = ag.gradcheck(lambda x: ag.norm(x, "nuc"), x)
    assert {entry.verdict for entry in report.entries} == {Verdict.KINK_OK}
    assert {entry.kink.op for entry in report.entries if entry.kink} == {"svdvals"}


def test_what_turns_within_a_millionth_is_not_called_wrong() -> None:
    """Of the distance of equal points, whose difference has 1e-6 added to it, the gradient turns in that distance."""
    x, y = np.full((2, 3), 0.7), np.full(3, 0.7)
    assert mostly_passes(ag.pairwise_distance, x, y, order=2)
    assert mostly_passes(ag.triplet_margin_loss, x, x, x, order=2)


def test_where_the_function_jumps_it_is_said() -> None:
    (entry,) = ag.gradcheck(ag.floor, np.array([1.0])).entries
    assert entry.verdict is Verdict.KINK_OK
    assert entry.note == "The function itself jumps here: there is no derivative."


def test_where_there_is_no_slope_a_kink_is_named() -> None:
    report = ag.gradcheck(ag.unique, np.array([1.0, 1.0, 2.0]), raise_exception=False)
    (tied, _) = (entry for entry in report.entries if entry.verdict is Verdict.UNRELIABLE)
    assert tied.kink is not None
    assert tied.kink.op == "unique_places"
    assert tied.note.endswith("or has outputs of another shape nearby.")


@pytest.mark.parametrize("branch", [None, lambda x: np.sign(x)])
def test_a_point_at_which_a_function_jumps_and_back_decides_nothing(branch: Any) -> None:
    @ag.op(x=lambda g, x: g * (x == 0), branch=branch, registered=False)
    def ordered(x: core.Array) -> core.Array:
        return np.where(x == 0, 5.0, -2 * x)  # as eigenvalues in no particular order

    assert verdicts(lambda x: ordered(x), [0.0]) == ["UNRELIABLE"]
    assert verdicts(lambda x: ordered(x), [0.1]) == ["FAIL"]


# -- away from kinks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"dtype": "float32"}, {"order": 2}])
def test_entries_on_kinks_can_be_moved_off_them(options: Any) -> None:
    x = np.array([0.0, 1.0, 1.0, 2.0])

    def f(x: ag.Tensor) -> ag.Tensor:
        return ag.relu(x).sum() * ag.max(x[:3])

    assert "KINK-OK" in verdicts(f, x, **options)
    report = ag.gradcheck(f, x, resample=3, **options)
    assert {entry.verdict.value for entry in report.entries} == {"PASS"}
    assert report.notes[0].startswith("Moved off a kink, by about a thousandth: ")
    assert all(label in report.notes[0] for label in ("x[0]", "x[1]", "x[2]"))
    np.testing.assert_array_equal(x, [0.0, 1.0, 1.0, 2.0])


def test_once_off_the_kinks_nothing_is_moved_again() -> None:
    report = ag.gradcheck(lambda x: ag.abs(x).sum(), np.zeros(2), resample=5)
    assert len(report.notes) == 1
    with pytest.raises(ValueError, match="resample=-1"):
        ag.gradcheck(ag.relu, np.ones(1), resample=-1)


def test_with_directions_all_entries_are_moved() -> None:
    report = ag.gradcheck(lambda x: ag.relu(x).sum(), np.array([0.0, 1.0]), directions=3, resample=1)
    assert {entry.verdict.value for entry in report.entries} == {"PASS"}
    assert report.notes[0].endswith("x.")


@pytest.mark.parametrize("s", [10, 12, 15])
def test_what_cancels_within_an_operation_in_float32_is_no_mistake_if_float64_is_right(s: float) -> None:
    report = ag.gradcheck(
        lambda x: ag.cross_entropy(x, np.arange(4)), s * np.eye(4), dtype="float32", raise_exception=False
    )
    assert not report.failures, report.to_text()
    assert "In float64 the gradient is right" in report.to_text()


def test_rounding_errors_that_cancellation_enlarges_on_the_way_in_float32_are_no_mistake() -> None:
    def distances(x: Any) -> Any:
        squares = ag.sum(x * x, axis=1)
        return ag.sqrt(ag.maximum(squares[:, None] + squares - 2 * x @ x.T, 0) + 1e-6)

    for seed in range(4):
        x = np.random.default_rng(seed).standard_normal((4, 3))
        assert not ag.gradcheck(distances, x, dtype="float32", raise_exception=False).failures


@pytest.mark.parametrize("dtype", [None, "float32"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.sum(x - ag.mean(x)),
        lambda x: ag.sum((x - ag.mean(x, axis=0)) / ag.sqrt(ag.var(x, axis=0) + 1e-5)),
        lambda x: ag.sum(ag.layer_norm(x, (3,))),
        lambda x: ag.sum(ag.softmax(x, axis=1)),
        lambda x: ag.sum(ag.normalize(x) ** 2),
    ],
    ids=["mean", "batch_norm", "layer_norm", "softmax", "normalize"],
)
def test_a_gradient_of_0_that_rounding_alone_keeps_from_being_0_passes(f: Any, dtype: Any) -> None:
    x = np.random.default_rng(0).standard_normal((5, 3))
    report = ag.gradcheck(f, x, dtype=dtype, raise_exception=False)
    assert {entry.verdict.value for entry in report.entries} == {"PASS"}, report.to_text()


@pytest.mark.parametrize("s", [20, 26, 28, 30, 32, 34, 100])
@pytest.mark.parametrize("noise", [0, 1])
def test_gradients_too_small_to_be_measured_are_not_called_wrong(s: float, noise: int) -> None:
    x = s * np.eye(4) + noise * np.random.default_rng(1).standard_normal((4, 4))
    report = ag.gradcheck(lambda x: ag.cross_entropy(x, np.arange(4)), x, raise_exception=False)
    assert report.entries
    assert not report.failures, report.to_text()


@pytest.mark.parametrize("rng", range(4))
def test_a_staircase_of_rounding_is_not_measured_by_steps_within_one_stair(rng: int) -> None:
    def log_of_normal_distribution(x: Any) -> Any:
        return ag.sum(ag.log(0.5 * (1 + ag.erf(x / 2**0.5))))

    x = np.array([-6.0, -2, 0, 2, 6])
    assert not ag.gradcheck(log_of_normal_distribution, x, directions=3, rng=rng, raise_exception=False).failures


def test_beside_huge_outputs_a_gradient_of_0_is_not_taken_for_right() -> None:
    @ag.op(x=lambda g, x: 0 * g * x, registered=False)
    def forgotten(x: core.Array) -> core.Array:
        return x * x

    for f in (forgotten, lambda x: (x * x).detach() + 0 * x):
        for constant, factor in ((1e4, 1e-6), (1e8, 1e-2), (1e10, 1.0), (1e15, 1.0), (1.0, 1e-10)):
            found = verdicts(lambda x, f=f, a=constant, b=factor: a + b * ag.sum(ag.relu(f(x))), [0.3, -1.2])
            assert "PASS" not in found, (constant, found)
