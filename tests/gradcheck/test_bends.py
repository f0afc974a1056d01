"""An operation that bends or jumps somewhere says so: its branches, or those of its parts, differ around that place.

Differences of both sides show where values (or gradients, with a second number) bend, whatever is declared.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import gradients, raw, registry
from autograd_lite.gradcheck.branches import first_difference, traced
from autograd_lite.gradcheck.samples import Sample, samples

Array = np.ndarray[Any, Any]
Point = Mapping[str, Array]  # the variables of a sample, by name

OPS = [name for name, op in sorted(registry.items()) if op.differentiable]
REFUSALS = (TypeError, ValueError, IndexError, ArithmeticError)
WIDE, NARROW = 1e-8, 1e-10  # steps: a bend shows in both alike, a curve does not

# What bends where no branch can be told, and why.
UNNAMED = {
    "eig": "in no particular order, with vectors of no particular sign",
    "eigvals": "in no particular order",
    "logm": "has no value at singular matrices, but one that rounding makes",
    "sqrtm": "is as steep as a square root at 0, at singular matrices",
    "safe_divide": "0 / 0 is 0, beside any quotient: part of formulas, where the zero that was divided says so",
    "trim_zeros": "the result has another shape beside zeros at its ends",
}


def _rows_alike(x: Array) -> Array:
    return np.array(np.broadcast_to(x[:1], x.shape)) if x.ndim else x


def _identity(x: Array) -> Array:
    return np.array(np.broadcast_to(np.eye(*x.shape[-2:]), x.shape)) if x.ndim > 1 else np.ones_like(x)


def _first_zero(x: Array) -> Array:
    return x * (np.arange(len(x)) > 0).reshape(-1, *[1] * (x.ndim - 1)) if x.ndim else 0 * x


PLACES: dict[str, Callable[[Array], Array]] = {
    "zeros": np.zeros_like,
    "ones": np.ones_like,
    "minus ones": lambda x: np.full_like(x, -1),
    "halves": lambda x: np.round(2 * x) / 2,
    "rows alike": _rows_alike,
    "identity": _identity,
    "first zero": _first_zero,
}


def points(sample: Sample) -> Iterator[tuple[str, Point]]:
    """Where kinks are likely: at these places, at the numbers among the arguments, and where two arrays are equal."""
    drawn = sample.variables()
    for name, moved in PLACES.items():
        yield name, {label: moved(x) for label, x in drawn.items()}
    for value in sample.values:
        if isinstance(value, int | float) and not isinstance(value, bool) and 1e-3 < abs(value) < 1e3:
            yield f"all {value}", {label: np.full_like(x, value) for label, x in drawn.items()}
    first = next(iter(drawn.values()))
    if len(drawn) > 1 and all(x.shape == first.shape for x in drawn.values()):
        yield "equal", {label: first.copy() for label in drawn}


def directions(point: Point, rng: np.random.Generator) -> Iterator[Point]:
    """One in which all entries move, and two of single entries."""
    units = {name: np.array([1, 1j] if x.dtype.kind == "c" else [1.0]) for name, x in point.items()}
    yield {name: rng.uniform(-1, 1, x.shape) * rng.choice(units[name], x.shape) for name, x in point.items()}
    places = [(name, index) for name, x in point.items() for index in np.ndindex(x.shape)]
    for number in rng.permutation(len(places))[:2]:
        direction = {name: np.zeros_like(x) for name, x in point.items()}
        name, index = places[number]
        direction[name][index] = rng.choice(units[name])
        yield direction


def values(sample: Sample, point: Point, order: int, direction: Point | None = None, step: float = 0.0) -> Array:
    """The outputs in a row, or the gradients of their weighted sum; nothing where the operation refuses the point."""
    moved = point if direction is None else {name: x + step * direction[name] for name, x in point.items()}
    inputs = {name: ag.Tensor(x, requires_grad=order > 1) for name, x in moved.items()}
    try:
        result = sample.call(inputs)
        outputs = [y for y in (result if isinstance(result, tuple) else (result,)) if raw(y).dtype.kind in "fc"]
        if order > 1:
            seeds = [ag.Tensor(np.cos(1 + np.arange(y.size)).reshape(y.shape).astype(y.dtype)) for y in outputs]
            known = [(y, seed) for y, seed in zip(outputs, seeds, strict=True) if y.requires_grad]
            if not known:
                return np.zeros(0)
            outputs, seeds = zip(*known, strict=True)
            found = gradients(outputs, list(inputs.values()), seeds, create_graph=True, allow_unused=True)
            outputs = [g for g in found if g is not None]
    except REFUSALS:
        return np.zeros(0)
    parts = [part for y in outputs for part in (np.real(raw(y)), np.imag(raw(y)))]
    return np.concatenate([part.reshape(-1) for part in parts]) if parts else np.zeros(0)


def bends(beside: Callable[[float], Array]) -> bool:
    """Whether a function of one number has another slope, or value, on the left of 0 than on its right."""
    middle = beside(0.0)
    gaps, slopes = [], []
    for step in (WIDE, NARROW):
        left, right = beside(-step), beside(step)
        if not left.shape == middle.shape == right.shape:
            return bool(left.size and middle.size and right.size)
        gaps.append(np.abs(left + right - 2 * middle) / step)
        slopes.append(np.abs(right - left) / step)
    wide, narrow = gaps
    scale = 1e-3 * (1 + np.nanmax(slopes, initial=0) + np.nanmax(np.abs(middle), initial=0))
    return bool((np.isfinite(wide) & (narrow > scale) & (narrow > wide / 4)).any())


def unnamed(name: str, order: int) -> Iterator[str]:
    """The places at which the operation, or its gradient, bends while no operation takes another branch."""
    for sample in samples(registry[name]):
        if not sample.variables():
            continue
        rng = np.random.default_rng(0)
        for place, point in points(sample):
            if not np.isfinite(values(sample, point, order)).all():
                continue
            for direction in directions(point, rng):
                beside = functools.partial(values, sample, point, order, direction)
                if bends(beside):
                    left, here, right = (traced(functools.partial(beside, step)) for step in (-NARROW, 0.0, NARROW))
                    if first_difference(left, right) is None and first_difference(left, here) is None:
                        yield f"{sample.line}, {place}, along {direction}"


def declared(name: str, order: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at 0, some divide by it
        assert not list(unnamed(name, order))


@pytest.mark.parametrize("name", [name for name in OPS if name not in UNNAMED])
def test_what_bends_declares_it(name: str) -> None:
    declared(name, 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in OPS if name not in UNNAMED])
def test_what_has_a_gradient_that_bends_declares_it(name: str) -> None:
    declared(name, 2)


@pytest.mark.parametrize("name", UNNAMED)
def test_what_is_listed_as_undeclared_still_is(name: str) -> None:
    with pytest.raises(AssertionError):
        declared(name, 1)
