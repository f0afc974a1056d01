"""Kernels that rearrange elements, where NumPy's own functions take long to get going."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .indexing import add_rows

Array = np.ndarray[Any, Any]

SMALL = 1024  # elements: a copy of so many is faster than np.broadcast_to, which takes 3 us for its view
IN_CACHE = 65536  # elements that stay in the cache between two visits


def broadcast_to(x: Array, shape: int | tuple[int, ...]) -> Array:
    """``np.broadcast_to(x, shape)``: a view that cannot be written into, or a copy if it is small."""
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    if math.prod(shape) > SMALL or x.ndim > len(shape):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def split(x: Array, indices_or_sections: int | tuple[int, ...], axis: int) -> tuple[Array, ...]:
    """``np.split(x, indices_or_sections, axis)``; equal parts in a third of its time."""
    n = indices_or_sections
    if np.ndim(n) == 0 and n == 0:
        raise ValueError("there must be one part at least; pass a positive number")
    if not (isinstance(n, int) and -x.ndim <= axis < x.ndim and n > 0 and x.shape[axis] % n == 0):
        parts = tuple(np.split(x, indices_or_sections, axis))
        if sum(part.shape[axis] for part in parts) != x.shape[axis]:  # NumPy's would overlap
            raise ValueError("positions of cuts must not fall; sort them")
        return parts
    size, before = x.shape[axis] // n, (slice(None),) * (axis % x.ndim)
    return tuple([x[(*before, slice(i * size, i * size + size))] for i in range(n)])


# -- diagonals ---------------------------------------------------------------------------------------------------


def writable_diagonal(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """``np.diagonal``, as a view that can be written into."""
    view = np.diagonal(x, offset, axis1, axis2)
    view.flags.writeable = True
    return view


def block_diag(arrays: tuple[Any, ...]) -> tuple[Array, list[tuple[Any, ...]]]:
    """Matrices (..., n, m) along the diagonal of (..., sum of n, sum of m), zeros elsewhere; and where each lies."""
    if not arrays:
        raise ValueError("need at least one array")
    shapes = [np.shape(x) for x in arrays]
    places, row, column = [], 0, 0
    for rows, columns in ((1, 1, *shape)[-2:] for shape in shapes):
        places.append((..., slice(row, row + rows), slice(column, column + columns)))
        row, column = row + rows, column + columns
    batch = np.broadcast_shapes(*(shape[:-2] for shape in shapes))
    out = np.zeros((*batch, row, column), np.result_type(*arrays))
    for place, x in zip(places, arrays, strict=True):
        out[place] = x
    return out, places


# -- adjoints of repeating --------------------------------------------------------------------------------------------


def sum_runs(g: Array, counts: Any, axis: int) -> Array:
    """The sum over runs of `counts` neighbours along an axis: the adjoint of ``np.repeat(x, counts, axis)``.

    g (..., sum of the counts, ...) -> (..., number of counts, ...); an empty run has the sum 0. As rows of a table that
    are added up, short runs of 8 numbers take a sixth of the time of np.add.reduceat, longer rows less.
    """
    g, runs = np.moveaxis(g, axis, 0), np.repeat(np.arange(len(counts)), counts)
    out = np.zeros((len(counts), *g.shape[1:]), g.dtype)
    add_rows(out, g, runs)
    return np.moveaxis(out, 0, axis)


def add_windows(g: Array, axes: tuple[int, ...], widths: tuple[int, ...]) -> Array:
    """Windows added up where they lie: the adjoint of ``sliding_window_view(x, widths, axes)``.

    g (*counts, *widths) -> (count + width - 1 along each axis): the last axis of windows first, so that there are as
    many additions of arrays as the widths have in sum, not as in product.
    """
    for axis, width in zip(reversed(axes), reversed(widths), strict=True):
        out = np.zeros((*g.shape[:axis], g.shape[axis] + width - 1, *g.shape[axis + 1 : -1]), g.dtype)
        _add_windows_along(np.moveaxis(out, axis, 0), np.moveaxis(g, axis, 0), width)
        g = out
    return g


def _add_windows_along(out: Array, g: Array, width: int) -> None:
    """Add g (count, ..., width) to out (count + width - 1, ...): all first elements of windows, all second ones, ...

    So many windows at a time that they stay in the cache, which takes a third of the time for long arrays; where there
    are fewer windows than elements in one, window by window.
    """
    count = len(g)
    if width > count:
        for start in range(count):
            out[start : start + width] += np.moveaxis(g[start], -1, 0)
        return
    several = max(1, IN_CACHE * count // max(1, g.size))
    for start in range(0, count, several):
        windows = g[start : start + several]
        for offset in range(width):
            out[start + offset : start + offset + len(windows)] += windows[..., offset]


def add_windows_reference(g: Array, axes: tuple[int, ...], widths: tuple[int, ...]) -> Array:
    """The same, window by window."""
    ndim = g.ndim - len(widths)
    counts = g.shape[:ndim]
    shape = list(counts)
    for axis, width in zip(axes, widths, strict=True):
        shape[axis] += width - 1
    places = np.arange(np.prod(shape)).reshape(shape)
    out = np.zeros(shape, g.dtype)
    np.add.at(out.reshape(-1), np.lib.stride_tricks.sliding_window_view(places, widths, axes), g)
    return out
