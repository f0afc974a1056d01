"""Kernels of padding: a frame of constants, and the adjoint of a frame that repeats elements."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Widths = tuple[tuple[int, int], ...]  # (before, after) for each axis


def inner(shape: tuple[int, ...], widths: Widths) -> tuple[slice, ...]:
    """Where an array of this shape lies in the padded one."""
    return tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))


def pad_constant(x: Array, widths: Widths, values: Array) -> Array:
    """`x` in a frame: ``values[axis]`` are before and after x on that axis, those of a later axis fill the corners.

    values: (axes, 2). NumPy's own function gives the same, and takes five times as long for small arrays.
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
        if not before and not after:
            continue
        sources = pad_repeated(np.arange(n), ((before, after),), mode)
        g, framed = g[_along(axis, slice(before, before + n))].copy(), g
        for places in (range(before), range(before + n, before + n + after)):
            _add_runs(g, framed, axis, sources, places)
    return g


def _add_runs(buffer: Array, framed: Array, axis: int, sources: Array, places: range) -> None:
    """Add the slices of `framed` at these places along the axis to those of the buffer that they come from."""
    start = places.start
    while start < places.stop:
        step = int(sources[start + 1] - sources[start]) if start + 1 < places.stop else 0
        stop = start + 1
        while abs(step) <= 1 and stop < places.stop and sources[stop] - sources[stop - 1] == step:
            stop += 1
        run, first, last = framed[_along(axis, slice(start, stop))], int(sources[start]), int(sources[stop - 1])
        if step == 0 or stop == start + 1:
            buffer[_along(axis, slice(first, first + 1))] += run.sum(axis, keepdims=True)
        else:
            backward = _along(axis, slice(None, None, step))
            buffer[_along(axis, slice(min(first, last), max(first, last) + 1))] += run[backward]
        start = stop


def unpad_repeated_reference(g: Array, shape: tuple[int, ...], widths: Widths, mode: str) -> Array:
    """The same, as it is defined: padded positions say where each element comes from."""
    sources = [pad_repeated(np.arange(n), (width,), mode) for n, width in zip(shape, widths, strict=True)]
    out = np.zeros(shape, g.dtype)
    np.add.at(out, np.ix_(*sources), g)
    return out


def _along(axis: int, part: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, part)
