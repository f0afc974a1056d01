"""Every operation of the registry on its kinks: no false alarm there, and the operation that has the kink is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import Definition, gradients, registry
from autograd_lite.gradcheck import Report, Verdict
from autograd_lite.gradcheck.ops import check_sample
from autograd_lite.gradcheck.samples import Sample, samples

Array = np.ndarray[Any, Any]
Point = Mapping[str, Array]  # the variables of a sample, by name

PLACES: dict[str, Callable[[Array], Array]] = {
    "whole numbers": np.round,
    "halves": lambda x: np.round(2 * x) / 2,
    "zeros": lambda x: 0.0 * x,
    "ones": np.ones_like,
    "signs": np.sign,
    "counted": lambda x: np.arange(x.size, dtype=x.dtype).reshape(x.shape),
}
MOST_ENTRIES = 12  # of a sample at a place
BRANCHING = [name for name, op in sorted(registry.items()) if op.branch is not None and op.differentiable]
COMPOSED = {  # and the operations in them that have the kinks
    "cummax": ("running_argmax",),
    "divmod": ("floor_divide",),
    "grid_sample": ("embedding", "where"),
    "hinge_loss": ("relu",),
    "huber_loss": ("half_square_then_line",),
    "interp": ("getitem", "remainder", "where"),
    "kthvalue": ("argkth",),
    "l1_loss": ("abs",),
    "margin_ranking_loss": ("relu",),
    "median": ("positions_of_rank",),
    "multi_margin_loss": ("relu",),
    "partition": ("argpartition",),
    "prelu": ("leaky_relu",),
    "ptp": ("max", "min"),
    "quantile": ("positions_of_rank",),
    "relu6": ("hardtanh",),
    "scatter_reduce": ("extreme_flat",),
    "smooth_l1_loss": ("half_square_then_line",),
    "sort": ("argsort",),
    "squared_hinge_loss": ("relu",),
    "topk": ("argtopk",),
    "vector_norm": ("abs", "min", "power_norm"),
}
LIMITS = {"hardsigmoid": 3.0, "hardswish": 3.0, "softplus": 0.25, "unwrap": np.pi}  # that no argument of a sample is
SECOND = ("celu", "half_square_then_line", "huber_loss", "smooth_l1_loss", "squared_hinge_loss")  # whose slopes bend

# What has branches, but no kink that an argument with a gradient could lie on, and why.
WITHOUT_KINK = {
    "heaviside": "jumps with x, which has no gradient, and is linear in the rest",
    "leaky_slope": "jumps with x, which has no gradient, and is linear in the rest",
    "where": "jumps with the condition, which has no gradient, and is linear in the rest",
    "nan_to_num": "takes another branch at NaN and infinities, beside which there are no differences",
    "root": "has an infinite slope at 0, and no value beyond",
}


def points(sample: Sample) -> Iterator[tuple[str, Point]]:
    """Where kinks are likely: at these places, and with the first variable at, or in steps of, the limits of the op."""
    drawn = sample.variables()
    for place, moved in PLACES.items():
        yield place, {name: moved(x) for name, x in drawn.items()}
    numbers = (value for value in sample.values if isinstance(value, float) and np.isfinite(value))
    for limit in {LIMITS.get(sample.op.name, 0.0), *numbers} - {0.0}:
        first, *others = drawn
        beside = {name: np.zeros_like(drawn[name]) for name in others}
        yield f"{limit}", {first: np.full_like(drawn[first], limit), **beside}
        yield f"steps of {limit}", {first: limit * PLACES["counted"](drawn[first]), **beside}


def refused(sample: Sample, point: Point) -> bool:
    """Whether the operation has no value there, or no derivative, as of a singular matrix, and says so."""
    inputs = {name: ag.Tensor(x, requires_grad=True) for name, x in point.items()}
    try:
        result = sample.call(inputs)
        outputs = [y for y in (result if isinstance(result, tuple) else (result,)) if y.requires_grad]
        gradients(outputs, list(inputs.values()), [ag.Tensor(np.ones_like(y.data)) for y in outputs], allow_unused=True)
    except ValueError:
        return True
    return False


def reports(op: Definition) -> Iterator[tuple[str, Report]]:
    order = 2 if op.name in SECOND else 1
    for sample in samples(op):
        for place, point in points(sample):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # at 0, some divide by it
                if not refused(sample, point):
                    yield f"{sample.line} at {place}", check_sample(sample, point, order, MOST_ENTRIES)


def kinks(op: Definition) -> set[str]:
    """The operations that are named for the kinks at which entries are right, or have no slope to compare with."""
    named = set()
    for where, report in reports(op):
        assert not report.failures, f"{where}\n{report.to_text()}"
        assert not report.problems, f"{where}\n{report.to_text()}"
        for entry in report.entries:
            assert entry.kink or entry.verdict is not Verdict.KINK_OK, f"{where}\n{report.to_text()}"
            named |= {entry.kink.op} if entry.kink else set()
    return named


@pytest.mark.parametrize("name", [name for name in BRANCHING if name not in WITHOUT_KINK])
def test_on_its_kinks_an_operation_is_right_and_named(name: str) -> None:
    assert name in kinks(registry[name])


@pytest.mark.parametrize(("name", "parts"), COMPOSED.items(), ids=list(COMPOSED))
def test_what_is_written_with_others_has_their_kinks(name: str, parts: tuple[str, ...]) -> None:
    assert kinks(registry[name]) == set(parts)


@pytest.mark.parametrize("name", WITHOUT_KINK)
def test_what_is_listed_without_a_kink_has_none(name: str) -> None:
    assert not kinks(registry[name])


def test_the_modulus_has_one_branch_off_zero() -> None:
    z = np.array([1 + 2j, 0.5 - 1j])
    assert ag.gradcheck(lambda z: ag.abs(2 * z).sum(), z)
    halved = ag.op(registered=False, x=lambda g: ag.real(g) * 2 + 1j * ag.imag(g))(twice)
    report = ag.gradcheck(lambda z: (ag.abs(halved(z)) ** 2).sum(), z, raise_exception=False)
    assert [entry.verdict for entry in report.entries] == [Verdict.FAIL] * 2
    assert all(entry.kink is None for entry in report.entries)


def twice(x: ag.Array) -> ag.Array:
    return 2 * x
