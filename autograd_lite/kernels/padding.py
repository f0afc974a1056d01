"""Kernels of padding: a frame of constants, and the adjoint of a frame that repeats elements."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Widths = tuple[tuple[int, int], ...]  # (before, after) for each axis


def inner(shape: tuple[int, ...], widths: Widths) -> tuple[slice, ...]:
    """Where an array of this shape lies in the padded one."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))


def pad_constant(x: Array, widths: Widths, values: Array) -> Array:
    """`x` in a frame: ``values[axis]`` are before and after x on that axis, those of a later axis fill the corners.

    values: (axes, 2). NumPy's own function gives the same, and takes three times as long for small arrays.
    """
    if np.any(values != values[0, 0]):
        return np.pad(x, widths, "constant", constant_values=values)
    shape = tuple(before + n + after for n, (before, after) in zip(x.shape, widths, strict=True))
    out = np.full(shape, values[0, 0], x.dtype) if values[0, 0] else np.zeros(shape, x.dtype)
    out[inner(x.shape, widths)] = x
    return out


def frame_sums(g: Array, widths: Widths) -> Array:
    """The sum of `g` over each part of the frame, (axes, 2): the adjoint of `pad_constant` in its values.

    The part of an axis reaches over the whole padded lengths of the axes before it, and over x alone of those after.
    """
    out = np.empty((g.ndim, 2), g.dtype)
    for axis in reversed(range(g.ndim)):  # from the last axis on, g loses its frame
        before, after = widths[axis]
        end = g.shape[axis] - after
        out[axis] = g[_along(axis, slice(before))].sum(), g[_along(axis, slice(end, None))].sum()
        g = g[_along(axis, slice(before, end))]
    return out


def pad_repeated(x: Array, widths: Widths, mode: str) -> Array:
    """`x` in a frame of its own elements: NumPy's modes "edge", "reflect", "symmetric" and "wrap"."""
    return np.pad(x, widths, mode)  # type: ignore[call-overload]  # one of those that it knows


def unpad_repeated(g: Array, shape: tuple[int, ...], widths: Widths, mode: str) -> Array:
    """The adjoint of `pad_repeated`: what lies in the frame is added to the elements that it repeats.

    Axis after axis, and run after run: within a pass of the frame over x, neighbours come from neighbours, so that
    slices are added to slices.
    """
    for axis, (n, (before, after)) in enumerate(zip(shape, widths, strict=True)):
        if before or after:
            framed, g = g, g[_along(axis, slice(before, before + n))].copy()
            for run, sources in _runs(n, before, after, mode):
                added = framed[_along(axis, run)]
                g[_along(axis, sources)] += (
                    added if sources.stop != sources.start + 1 else added.sum(axis, keepdims=True)
                )
    return g


@functools.lru_cache
def _runs(n: int, before: int, after: int, mode: str) -> tuple[tuple[slice, slice], ...]:
    """The runs of a frame around n elements: places that count on, and the elements that they repeat, one each or one.

    In a run the sources stay, grow by one or fall by one; one that falls is read from its end.
    """
    sources = pad_repeated(np.arange(n), ((before, after),), mode).tolist()
    found = []
    for start, stop in ((0, before), (before + n, before + n + after)):
        while start < stop:
            end = start + 1
            step = sources[end] - sources[start] if end < stop else 0
            while end < stop and abs(step) <= 1 and sources[end] - sources[end - 1] == step:
                end += 1
            low, high = sorted((sources[start], sources[end - 1]))
            falling = slice(end - 1, start - 1 if start else None, -1)
            found.append((falling if step == -1 else slice(start, end), slice(low, high + 1)))
            start = end
    return tuple(found)


def unpad_repeated_reference(g: Array, shape: tuple[int, ...], widths: Widths, mode: str) -> Array:
    """The same, as it is defined: padded positions say where each element comes from."""
    sources = [pad_repeated(np.arange(n), (width,), mode) for n, width in zip(shape, widths, strict=True)]
    out = np.zeros(shape, g.dtype)
    np.add.at(out, np.ix_(*sources), g)
    return out


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)
