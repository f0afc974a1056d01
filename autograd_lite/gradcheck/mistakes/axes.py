"""Entries in the wrong place: transposed, not summed, not cropped, flipped, shifted, exchanged."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from .cases import CLOSE, Array, Attempt, Axes, Case, Pairing, corrected, subsets, written

_CONDITION = 1 / CLOSE  # of a matrix that is divided out, which takes as many digits: half of those measured are left


def shapes(case: Case) -> Iterator[Attempt]:
    """Transposed, not summed over an axis of broadcasting, not cropped, cut to integers."""
    name, found, true = case.name, case.found, case.true
    if found.ndim == 2:
        yield Attempt(1, "a transpose is missing or too much", f"{name} = {name}.T", lambda c: (c.found.T, c.true))
    elif found.ndim > 2:
        for order in itertools.permutations(range(found.ndim)):
            if sum(a != b for a, b in enumerate(order)) == 2:
                yield corrected(2, "two axes are exchanged", f"{name} = {name}.transpose{order}", _transposing(order))
    if found.shape == true.shape:
        integers = found.dtype.kind in "iub"
        if integers:
            mistake = f"its dtype is {found.dtype}: fractions are cut off"
            yield Attempt(
                0, mistake, f"make {name} with dtype=float", lambda c: (c.found, np.trunc(c.true)), scaled=False
            )
        return
    for axes in subsets(found.ndim):
        if (
            all(found.shape[axis] > 1 for axis in axes)
            and int(np.prod([n for axis, n in enumerate(found.shape) if axis not in axes])) == true.size
        ):
            fix = f"{name} = {name}.sum(axis={written(axes)})" + _reshaped(found, axes, true)
            mistake = f"the sum over axis {written(axes)}, along which broadcasting repeated the values, is missing"
            yield Attempt(1, mistake, fix, _summing(axes))
    if found.size == true.size:
        mistake = f"only the shape is wrong: {found.shape} for {true.shape}"
        yield Attempt(
            1, mistake, f"{name} = {name}.reshape{true.shape}", lambda c: (c.found.reshape(-1), c.true.reshape(-1))
        )
    if found.size < true.size and found.ndim <= true.ndim:
        for axes in subsets(true.ndim):
            mistake = f"it is not repeated along axis {written(axes)}, which forward averages or sums over"
            fix = f"{name} = np.broadcast_to(np.expand_dims({name}, {written(axes)}), {case.of}.shape)"
            yield Attempt(1, mistake, fix, _unrepeated(axes))
            for form in ("sum", "mean"):
                mistake = f"a {form} over axis {written(axes)} of {name} is too much"
                fix = f"leave this {form} out: {name} has the shape of {case.of}"
                yield Attempt(2, mistake, fix, _reducing(form, axes), scaled=False)
    margins = [(f - t) // 2 if f != t else 0 for f, t in zip(found.shape, true.shape, strict=False)]
    if found.ndim == true.ndim and all(
        f - 2 * m == t for f, m, t in zip(found.shape, margins, true.shape, strict=True)
    ):
        inner = ", ".join(f"{m}:-{m}" if m else ":" for m in margins)
        where = tuple(slice(m, -m) if m else slice(None) for m in margins)
        mistake = "the padding is still there: cut it off"
        yield corrected(1, mistake, f"{name} = {name}[{inner}]", lambda array: array[where])


def positions(case: Case) -> Iterator[Attempt]:
    """Flipped, shifted along an axis, or exchanged with another gradient."""
    name = case.name
    for other, value in case.values.items():
        if value.ndim == 2 and value.shape[0] == value.shape[1] and case.true.ndim == 2 and other != case.of:
            mistake, fix = (
                f"{other} should be transposed, or should not",
                f"use {other}.T where {other} is, or the reverse",
            )
            for left, turned in itertools.product((False, True), repeat=2):
                yield Attempt(2, mistake, fix, _untransposed(other, left, turned))
    for axes in subsets(case.true.ndim):
        if len(axes) <= 2 and all(case.true.shape[axis] > 1 for axis in axes):
            turn = " (rotate by 180 degrees)" if len(axes) == 2 else ""
            mistake = f"it is flipped along axis {written(axes)}{turn}"
            yield corrected(2, mistake, f"{name} = np.flip({name}, {written(axes)})", _flipping(axes))
    for axes in subsets(case.true.ndim):
        for shift in (1, -1) if all(case.true.shape[axis] > 2 for axis in axes) else ():
            sign = "-" if shift > 0 else "+"
            mistake = f"off by one along axis {written(axes)}: entry i is what belongs to entry i {sign} 1"
            fix = f"shift {name} by {-shift} along axis {written(axes)}"
            yield Attempt(2 + len(axes), mistake, fix, _shifting(axes, shift), scaled=False)
    for other in case.others:
        mistake, fix = (
            f"{name} and {other} are swapped: this is {other}",
            "return the gradients in the order of the inputs",
        )
        if other in case.right:
            mistake, fix = f"this is {other}, which is right, and {name} is something else", f"derive {name} by itself"
        yield Attempt(3 if other in case.right else 1, mistake, fix, _exchanging(other), scaled=False)


def _transposing(order: Axes) -> Callable[[Array], Array]:
    return lambda array: array.transpose(order)


def _summing(axes: Axes) -> Pairing:
    return lambda case: (case.found.sum(axis=axes).reshape(-1), case.true.reshape(-1))


def _reshaped(found: Array, axes: Axes, true: Array) -> str:
    left = tuple(n for axis, n in enumerate(found.shape) if axis not in axes)
    return "" if left == true.shape else f".reshape{true.shape}"


def _flipping(axes: Axes) -> Callable[[Array], Array]:
    return lambda array: np.flip(array, tuple(axis for axis in axes if axis < array.ndim))


def _reducing(form: str, axes: Axes) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        reduced = getattr(case.true, form)(axis=axes)
        return (case.found.reshape(-1), reduced.reshape(-1)) if reduced.size == case.found.size else None

    return pairing


def _unrepeated(axes: Axes) -> Pairing:
    """What is the same along these axes, once."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        if max(axes) >= case.true.ndim or case.found.ndim + len(axes) != case.true.ndim:
            return None
        expanded = np.expand_dims(case.found, axes)
        fits_there = all(n in (1, m) for n, m in zip(expanded.shape, case.true.shape, strict=True))
        return (np.broadcast_to(expanded, case.true.shape), case.true) if fits_there else None

    return pairing


def _shifting(axes: Axes, shift: int) -> Pairing:
    """All but what the shift moves over the edge."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        if case.found.shape != case.true.shape:
            return None
        later, earlier = (
            tuple(part if axis in axes else slice(None) for axis in range(case.true.ndim))
            for part in (slice(1, None), slice(None, -1))
        )
        return (case.found[later], case.true[earlier]) if shift > 0 else (case.found[earlier], case.true[later])

    return pairing


def _untransposed(name: str, left: bool, turned: bool) -> Pairing:
    """A square matrix in a product, in place of its transpose: the true one is divided out, the other put in."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        right = case.values[name].T if turned else case.values[name]
        product, found = (case.true.T, case.found.T) if left else (case.true, case.found)
        if product.ndim != 2 or product.shape[1] != len(right) or not np.linalg.cond(right) < _CONDITION:
            return None
        return found, np.linalg.solve(right.T, product.T).T @ right.T

    return pairing


def _exchanging(other: str) -> Pairing:
    return lambda case: (case.found, case.others[other]) if case.found.shape == case.others[other].shape else None
