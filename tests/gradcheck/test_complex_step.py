"""Complex steps: which operations are holomorphic, what is measured by them, and what they may decide."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.core import registry
from autograd_lite.gradcheck.complex_step import ComplexStep, confirmed
from autograd_lite.gradcheck.holomorphic import HOLOMORPHIC
from autograd_lite.gradcheck.inputs import DOUBLE, Way
from autograd_lite.gradcheck.numeric import Slope
from autograd_lite.gradcheck.samples import Sample, samples
from autograd_lite.gradcheck.subjects import subject_of

Arrays = dict[str, np.ndarray[Any, Any]]
Function = Callable[[Arrays], np.ndarray[Any, Any]]

EPS = float(np.finfo(np.float64).eps)

# -- the list ------------------------------------------------------------------------------------------------------

DIFFERENTIABLE = {name: op for name, op in registry.items() if isinstance(op, core.Op) and op.differentiable}

# Holomorphic on their samples, and not listed all the same.
LEFT_OUT = {
    "cofactor_change": "by singular values where a matrix is nearly singular",
    "cofactors": "by singular values where a matrix is nearly singular",
    "erfcx_derivative": "a difference that cancels where x is large",
    "expm": "scales by the norm, and loses digits that the gradient has",
    "log1p": "of small complex numbers it is no more exact than log",
    "over_square_norm": "of large numbers it is by hypot, which takes real ones",
    "pivoted_factors": "chooses pivots",
    "root_of_one_plus_square": "of large numbers it is by hypot, which takes real ones",
    "sinc": "a quotient that cancels where x is small",
    "sinc_derivative": "a difference that cancels where x is small",
}


class NotHolomorphic(Exception):
    """Raised with the reason."""


def require_holomorphic(sample: Sample, rng: np.random.Generator) -> None:
    """Raises if the op, on all of its real variables, is not what a holomorphic function is, real on the real line."""
    real = {name: x for name, x in sample.variables().items() if x.dtype.kind == "f"}
    if not real:
        raise NotHolomorphic("takes complex numbers only")
    moves = {name: rng.standard_normal(x.shape) for name, x in real.items()}

    def function(arrays: Arrays) -> np.ndarray[Any, Any]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", np.exceptions.ComplexWarning)
                results = sample.call(arrays)
        except (TypeError, ValueError, np.exceptions.ComplexWarning) as error:
            raise NotHolomorphic("refuses complex numbers") from error
        results = [result for result in (results if isinstance(results, tuple) else (results,)) if is_inexact(result)]
        if any((result.dtype.kind == "c") != is_complex(arrays) for result in results):
            raise NotHolomorphic("gives complex numbers for real ones, or the other way round")
        return np.concatenate([np.ravel(result) for result in results])

    def along(point: Arrays, unit: complex) -> np.ndarray[Any, Any]:
        step = 1e-5 * unit
        ends = [function({name: x + sign * step * moves[name] for name, x in point.items()}) for sign in (1, -1)]
        return (ends[0] - ends[1]) / (2 * step)

    here = function({name: x + 0j for name, x in real.items()})
    if here.imag.any() or not close(here.real, function(real), 1e-12):
        raise NotHolomorphic("is another function of complex numbers")
    stepped = function({name: x + 1e-20j * moves[name] for name, x in real.items()}).imag / 1e-20
    if not close(stepped, along(real, 1.0), 1e-6):
        raise NotHolomorphic("has no complex step")
    beside = {name: x + 0.1j * rng.standard_normal(x.shape) for name, x in real.items()}
    if not close(along(beside, 1.0), along(beside, 1j), 1e-6):
        raise NotHolomorphic("does not fulfil the equations of Cauchy and Riemann")


def is_inexact(result: Any) -> bool:
    return np.asarray(result).dtype.kind in "fc"


def is_complex(arrays: Arrays) -> bool:
    return any(array.dtype.kind == "c" for array in arrays.values())


def close(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], tolerance: float) -> bool:
    size = float(np.abs(b).max(initial=1.0))
    return a.shape == b.shape and bool(np.abs(a - b).max(initial=0.0) <= tolerance * size)


def drawn(op: core.Op) -> Iterator[tuple[Sample, np.random.Generator]]:
    for seed in range(3):
        yield from ((sample, np.random.default_rng(seed)) for sample in samples(op, seed) if sample.variables())


@pytest.mark.parametrize("name", sorted(HOLOMORPHIC))
def test_listed_operations_are_holomorphic(name: str) -> None:
    op = DIFFERENTIABLE[name]
    assert op.branch is None or name == "where", "of a given condition, it is linear"
    for sample, rng in drawn(op):
        require_holomorphic(sample, rng)


@pytest.mark.parametrize("name", sorted(DIFFERENTIABLE.keys() - HOLOMORPHIC))
def test_other_operations_are_not_or_have_branches(name: str) -> None:
    op = DIFFERENTIABLE[name]
    if op.branch is not None:
        return
    try:
        for sample, rng in drawn(op):
            require_holomorphic(sample, rng)
    except NotHolomorphic:
        assert name not in LEFT_OUT, "needs no reason to be left out"
    else:
        assert name in LEFT_OUT, "list it, or say why not"


@pytest.mark.parametrize("name", sorted(HOLOMORPHIC))
def test_complex_steps_and_derivatives_agree_to_roundings(name: str) -> None:
    for sample, rng in drawn(DIFFERENTIABLE[name]):
        leaves = {name: ag.Tensor(x, requires_grad=True) for name, x in sample.variables().items()}
        subject = subject_of(lambda *_, s=sample, v=leaves: s.call(v), [*leaves.values()], None, Way(DOUBLE, False))
        weights = [rng.standard_normal(output.shape) for output in subject.outputs()]
        direction = {label: rng.standard_normal(leaf.shape) for label, leaf in subject.leaves.items()}
        step = ComplexStep.of(subject, weights)
        assert step is not None
        found = step.along(direction)
        assert found is not None
        terms = [g * v for g, v in zip(subject.gradient(weights), direction.values(), strict=True) if g is not None]
        size = found.size + sum(float(np.abs(part).sum()) for part in terms)
        assert abs(found.value - sum(float(part.sum()) for part in terms)) <= 16 * EPS * size


@pytest.mark.parametrize("scale", [1e-8, 1e-4, 1.0])
@pytest.mark.parametrize("name", sorted(HOLOMORPHIC))
def test_real_parts_are_as_exact_as_real_numbers(name: str, scale: float) -> None:
    for sample, _ in drawn(DIFFERENTIABLE[name]):
        real = {label: scale * x for label, x in sample.variables().items()}
        try:
            with np.errstate(all="ignore"):
                found = [sample.call({label: x + 0j for label, x in real.items()}), sample.call(real)]
        except ValueError:  # beyond its domain
            continue
        pairs = zip(*(result if isinstance(result, tuple) else (result,) for result in found), strict=True)
        for theirs, ours in pairs:
            if np.isfinite(ours).all():
                np.testing.assert_allclose(theirs.real, ours, rtol=0, atol=64 * EPS * np.abs(ours).max(initial=0))


# -- what is measured ----------------------------------------------------------------------------------------------

X = np.random.default_rng(1).standard_normal((3, 4))
W = np.random.default_rng(2).standard_normal((4, 2))


@ag.op(registered=False, x=lambda g, x: g * 3 * x * x)
def cubed(x: core.Array) -> core.Array:
    return x**3


@ag.op(registered=False, x=lambda g, x: g * 3 * x * x)
def cubed_of_real_numbers(x: core.Array) -> core.Array:
    return x.real**3


@ag.op(registered=False, x=lambda g, x: g * 3 * x * x)
def cubed_or_something_else(x: core.Array) -> core.Array:
    return x**3 if x.dtype.kind == "f" else x**3 * (1 + 0.01j * x.imag)


def two_layers() -> ag.nn.Module:
    return ag.nn.Sequential(ag.nn.Linear(4, 3, dtype="float64"), ag.nn.Tanh(), ag.nn.Linear(3, 2, dtype="float64"))


# f, its inputs, and to which order it is measured by complex steps.
MEASURED: dict[str, tuple[Callable[..., Any], tuple[Any, ...], int]] = {
    "one layer": (lambda x, w: ag.tanh(x @ w), (X, W), 2),
    "scalar": (lambda x, w: ag.exp(ag.sin(x @ w)).sum(), (X, W), 2),
    "parts": (lambda x: ag.log(x * x + 1)[:, ::2], (X,), 2),
    "several outputs": (lambda x, w: (ag.sin(x), (x @ w).mean(0)), (X, W), 2),
    "constants of any kind": (lambda x: x * ag.abs(ag.tensor(X)) + ag.argmax(ag.tensor(X)), (X,), 2),
    "module": (two_layers(), (X,), 2),
    "where on given conditions": (lambda x: ag.where(X > 0, x * x, 3 * x), (X,), 2),
    "another operation than ours": (cubed, (X,), 2),
    "formula with complex numbers of its own": (ag.arctan, (X,), 1),
    "kinks": (lambda x, w: ag.relu(x @ w), (X, W), 0),
    "branches": (lambda x: ag.where(x > 0, x, x * x), (X,), 0),
    "no power series": (lambda x: ag.abs(x) ** 2, (X,), 0),
    "conjugates": (lambda x: x * ag.conj(x), (X,), 0),
    "complex numbers on the way": (lambda x: ag.real(ag.exp(1j * x)), (X,), 0),
    "complex outputs": (lambda x: 1j * x, (X,), 0),
    "complex inputs": (ag.sin, (X + 1j,), 0),
    "real numbers only": (lambda x: ag.gelu(x), (X,), 0),
    "imaginary part dropped": (cubed_of_real_numbers, (X,), 0),
    "imaginary part cast away": (lambda x: ag.astype(x, np.float64) * x, (X,), 0),
    "raises": (lambda x: x * float(x.data[0, 0]), (X,), 0),
}


@pytest.mark.parametrize("name", MEASURED)
def test_slopes_and_gradients_agree_to_roundings(name: str) -> None:
    f, inputs, highest = MEASURED[name]
    rng = np.random.default_rng(0)
    subject = subject_of(f, inputs, None, Way(DOUBLE, False))
    before = [leaf.data.copy() for leaf in subject.leaves.values()]
    for order in range(1, 4):
        weights = [rng.standard_normal(output.shape) for output in subject.outputs()]
        direction = {label: rng.standard_normal(leaf.shape) for label, leaf in subject.leaves.items()}
        step = ComplexStep.of(subject, weights)
        assert (step is not None) == (order <= highest)
        if step is None:
            break
        found = step.along(direction)
        assert found is not None
        gradient = zip(subject.gradient(weights), direction.values(), strict=True)
        terms = np.concatenate([np.ravel(g * v) for g, v in gradient if g is not None])
        assert abs(found.value - terms.sum()) <= 32 * EPS * max(found.size, np.abs(terms).sum())
        assert found.error <= 32 * EPS * found.size
        subject = subject.gradient_function(weights)
    for leaf, data in zip(list(subject.leaves.values())[: len(before)], before, strict=True):
        np.testing.assert_array_equal(leaf.data, data)
        assert leaf.dtype == leaf.node.dtype == data.dtype


def test_a_slope_counts_where_differences_agree() -> None:
    slope = Slope(2.0, 1e-15, 2.0, 0.0)
    assert confirmed(slope, 2.0 + 3e-10, 1e-10) == slope
    assert confirmed(slope, 2.0 + 3e-9, 1e-10) is None
    assert confirmed(slope, np.nan, 1e-10) is None
    assert confirmed(slope, 2.0, 0.0) is None, "nothing is sharper"
    assert confirmed(None, 2.0, 1e-10) is None
    assert confirmed(slope, 2.0, 1e-3)._replace(error=0) == slope._replace(error=0)
    assert confirmed(slope, 2.0, 1e-3).error == pytest.approx(1e-9), "not a million times sharper, and more"


# -- the dot-product test ------------------------------------------------------------------------------------------

DIGITS = 1 + 1e-11  # a constant with ten right digits


@ag.op(registered=False, x=lambda g, x: g * 3 * x * x * DIGITS)
def slightly_wrong(x: core.Array) -> core.Array:
    return x**3


@pytest.mark.parametrize("f", [slightly_wrong, lambda x: ag.sin(slightly_wrong(x)).sum()], ids=["alone", "within"])
def test_products_differ_if_digits_are_missing(f: Callable[..., Any]) -> None:
    report = ag.dot_product_test(f, X, raise_exception=False)
    assert not report
    assert report.complex_step
    assert "by a complex step" in report.to_text()
    assert abs(report.forward - report.backward) < 1e-9


@pytest.mark.parametrize("name", [name for name, (*_, order) in MEASURED.items() if order])
def test_products_agree_to_machine_precision(name: str) -> None:
    f, inputs, _ = MEASURED[name]
    report = ag.dot_product_test(f, *inputs)
    assert report.complex_step
    assert report.tolerance <= 1e-12 * max(1.0, abs(report.forward))


def test_complex_code_that_differs_is_not_believed() -> None:
    report = ag.dot_product_test(cubed_or_something_else, X)
    assert not report.complex_step
    assert report


@pytest.mark.parametrize("at", [2.0, 10.0, 17.0, 19.0, 25.0])
@pytest.mark.parametrize("f", [ag.tanh, ag.sigmoid, lambda x: 1e8 * ag.tanh(1e3 * x), lambda x: ag.tanh(x) - 1])
def test_what_has_rounded_away_is_no_mistake(f: Callable[..., Any], at: float) -> None:
    reports = [ag.dot_product_test(f, x, raise_exception=False) for x in (np.array([at, at + 0.3]), np.array(-at))]
    assert any(report.complex_step for report in reports)
    assert all(report for report in reports if report.complex_step)


# -- gradcheck -----------------------------------------------------------------------------------------------------


@ag.op(registered=False, x=lambda g, x: g * gelu_slope(x, 0.7978845608))
def gelu_of_ten_digits(x: core.Array) -> core.Array:
    return 0.5 * x * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3)))


def gelu_slope(x: Any, root: float) -> Any:
    inner = ag.tanh(root * (x + 0.044715 * x**3))
    return 0.5 * (1 + inner) + 0.5 * x * (1 - inner**2) * root * (1 + 3 * 0.044715 * x**2)


@ag.op(registered=False, x=lambda g, x: g * ag.cos(x) * (1 + 3e-11 * (raw_of(x) > 0)))
def sine_wrong_above_zero(x: core.Array) -> core.Array:
    return np.sin(x)


def raw_of(x: Any) -> Any:
    return x.data if isinstance(x, ag.Tensor) else x


# What is off by less than differences can tell, in models: which entries, and the operation.
SLIGHTLY_WRONG: dict[str, tuple[Callable[..., Any], str]] = {
    "alone": (slightly_wrong, "slightly_wrong"),
    "a constant of ten digits": (lambda x: gelu_of_ten_digits(x @ ag.tensor(W)).mean(), "gelu_of_ten_digits"),
    "behind others": (lambda x: ag.log(2 + ag.sin(slightly_wrong(x))), "slightly_wrong"),
    "where x is positive": (lambda x: sine_wrong_above_zero(x) * 3, "sine_wrong_above_zero"),
}


@pytest.mark.parametrize("name", SLIGHTLY_WRONG)
def test_an_error_in_the_eleventh_digit_is_found_and_named(name: str) -> None:
    f, culprit = SLIGHTLY_WRONG[name]
    report = ag.gradcheck(f, X, raise_exception=False)
    assert not report
    assert report.culprit.op.name == culprit
    assert all(entry.complex_step for entry in report.failures)
    assert all(entry.difference < 1e-9 * max(1.0, abs(entry.numeric)) for entry in report.failures)
    assert "a complex step does" in report.to_text()
    assert f"{sum(entry.complex_step for entry in report.entries)} with complex steps" in report.to_text()
    assert report.to_dict()["entries"][0]["complex_step"] is True
    if name == "where x is positive":
        assert {entry.index for entry in report.failures} == {tuple(map(int, i)) for i in np.argwhere(X > 0)}


def test_along_directions_too() -> None:
    report = ag.gradcheck(slightly_wrong, X, directions=2, raise_exception=False)
    assert sum(entry.direction and entry.complex_step for entry in report.failures) == 2
    assert sum(not entry.direction for entry in report.failures) == 5, "so many are looked for"
    right = ag.gradcheck(cubed, X, directions=2)
    assert all(entry.complex_step for entry in right.entries)


def test_in_second_order_only() -> None:
    second = ag.op(registered=False, x=lambda g, x: g * 6 * x * DIGITS)(slope_of_cube)
    first = ag.op(registered=False, x=lambda g, x: g * second(x))(cubed_by_parts)
    report = ag.gradcheck(first, X, order=2, raise_exception=False)
    assert {entry.order for entry in report.failures} == {2}
    assert {entry.name for entry in report.failures} == {"x"}


def slope_of_cube(x: core.Array) -> core.Array:
    return 3 * x * x


def cubed_by_parts(x: core.Array) -> core.Array:
    return x**3


@pytest.mark.parametrize("name", MEASURED)
def test_entries_are_measured_where_that_is_possible(name: str) -> None:
    f, inputs, highest = MEASURED[name]
    report = ag.gradcheck(f, *inputs, order=2, raise_exception=False)
    assert bool(report) == (name != "raises"), "one number there has no history"
    assert not any("Complex steps" in note for note in report.notes)
    for entry in report.entries:
        assert entry.complex_step == (entry.order <= highest and not entry.name.startswith("grad_output"))
        if entry.complex_step:
            assert entry.tolerance <= 1e-12 * max(1.0, abs(entry.numeric))


def test_losses_of_modules() -> None:
    report = ag.gradcheck(two_layers(), X, np.ones((3, 2)), loss=ag.nn.MSELoss())
    assert all(entry.complex_step for entry in report.entries)
    assert {"0.weight", "2.bias"} <= {entry.name for entry in report.entries}


def test_the_real_program_is_judged_by_differences() -> None:
    report = ag.gradcheck(cubed_or_something_else, X)
    assert not any(entry.complex_step for entry in report.entries)
    assert any("the differences count" in note for note in report.notes)
    wrong = ag.op(registered=False, x=lambda g, x: g * 3 * x * x * 1.001)(cubed_or_something_else.__wrapped__)
    assert not ag.gradcheck(wrong, X, raise_exception=False)


def test_functions_that_cannot_be_holomorphic_get_no_complex_numbers() -> None:
    seen = set()

    def f(x: Any) -> Any:
        seen.add(x.dtype.name)
        return ag.relu(x)

    assert ag.gradcheck(f, X, order=2)
    assert seen == {"float64"}


@pytest.mark.parametrize("options", [{"dtype": "float32"}, {"jac": lambda x: 3 * x * x}], ids=["float32", "jac"])
def test_where_it_is_of_no_use_there_is_none(options: dict[str, Any]) -> None:
    f = (lambda x: (x**3).sum()) if "jac" in options else cubed
    assert not any(entry.complex_step for entry in ag.gradcheck(f, X, **options).entries)


FAR_OUT = [0.0, 1e-9, 2.0, 17.0, 18.5, 19.0, 400.0]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    "f",
    [
        ag.tanh,
        ag.sigmoid,
        lambda x: ag.tanh(x) - 1,
        lambda x: 1e8 * ag.tanh(1e3 * x),
        lambda x: 1 / (1 + ag.exp(-x)),
        lambda x: ag.log(1 + ag.exp(-x)),
        lambda x: ag.tanh(ag.tanh(x) * 9),
        lambda x: ag.tanh(x) + x - x,
        lambda x: 1e8 * x - 1e8 * ag.tanh(x / 100),
        lambda x: ag.erf(x) - ag.tanh(x),
    ],
)
def test_what_has_rounded_away_does_not_fail(f: Callable[..., Any], sign: int) -> None:
    with np.errstate(all="ignore"):
        reports = [ag.gradcheck(f, sign * np.array(FAR_OUT), order=2, raise_exception=False)]
        reports += [ag.gradcheck(f, np.array([sign * x]), raise_exception=False) for x in FAR_OUT[::3]]
    assert any(entry.complex_step for report in reports for entry in report.entries)
    assert not [entry for report in reports for entry in report.failures if entry.complex_step]


@pytest.mark.parametrize("f", [lambda a: ag.solve(a, np.ones(4)), ag.inv, ag.det, lambda a: ag.inv(a) @ a])
def test_ill_conditioned_systems_do_not_fail(f: Callable[..., Any]) -> None:
    by_complex_steps = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        a = rng.standard_normal((4, 4))
        a[3] = a[0] + 10.0 ** -rng.integers(2, 9) * rng.standard_normal(4)
        report = ag.gradcheck(f, a, raise_exception=False)
        assert not report.failures, report.to_text()
        by_complex_steps += [entry.complex_step for entry in report.entries]
    assert any(by_complex_steps)
    assert not all(by_complex_steps), "the worst of them are left to differences"
