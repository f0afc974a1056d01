"""Kernels that rearrange elements, where NumPy's own functions take long to get going."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SMALL = 1024  # elements: a copy of so many is faster than np.broadcast_to, which takes 3 us for its view


def broadcast_to(x: Array, shape: int | tuple[int, ...]) -> Array:
    """``np.broadcast_to(x, shape)``: a view that cannot be written into, or a copy if it is small."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if math.prod(shape) > SMALL or x.ndim > len(shape):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def split(x: Array, indices_or_sections: int | tuple[int, ...], axis: int) -> tuple[Array, ...]:
    """``np.split(x, indices_or_sections, axis)``; equal parts in a third of its time."""
    n = indices_or_sections
    if not (isinstance(n, int) and -x.ndim <= axis < x.ndim and n > 0 and x.shape[axis] % n == 0):
        return tuple(np.split(x, indices_or_sections, axis))
    size, before = x.shape[axis] // n, (slice(None),) * (axis % x.ndim)
    return tuple([x[(*before, slice(i * size, i * size + size))] for i in range(n)])


# -- diagonals ---------------------------------------------------------------------------------------------------


def writable_diagonal(x: Array, offset: int, axis1: int, axis2: int) -> Array:
    """``np.diagonal``, as a view that can be written into."""
    view = np.diagonal(x, offset, axis1, axis2)
    view.flags.writeable = True
    return view


def diagonal_block(shapes: tuple[tuple[int, ...], ...], i: int) -> tuple[Any, ...]:
    """Where the i-th of matrices of these shapes lies, when they lie one after the other along a diagonal."""
    sizes = [(1, 1, *shape)[-2:] for shape in shapes]
    (row, column), (rows, columns) = np.sum(sizes[:i], axis=0, dtype=int) if i else (0, 0), sizes[i]
    return ..., slice(row, row + rows), slice(column, column + columns)


def block_diag(arrays: tuple[Any, ...]) -> Array:
    """Matrices (..., n, m) along the diagonal of (..., sum of n, sum of m), zeros elsewhere."""
    if not arrays:
        raise ValueError("need at least one array")
    shapes = tuple(np.shape(x) for x in arrays)
    rows, columns = np.sum([(1, 1, *shape)[-2:] for shape in shapes], axis=0)
    batch = np.broadcast_shapes(*(shape[:-2] for shape in shapes))
    out = np.zeros((*batch, rows, columns), np.result_type(*arrays))
    for i, x in enumerate(arrays):
        out[diagonal_block(shapes, i)] = x
    return out


# -- adjoints of repeating --------------------------------------------------------------------------------------------


def sum_runs(g: Array, counts: Any, axis: int) -> Array:
    """The sum over runs of `counts` neighbours along an axis: the adjoint of ``np.repeat(x, counts, axis)``.

    g (..., sum of the counts, ...) -> (..., number of counts, ...); an empty run has the sum 0.
    """
    counts = np.asarray(counts)
    filled = counts > 0  # np.add.reduceat takes no empty runs
    starts = np.cumsum(counts) - counts
    out = np.zeros((*g.shape[:axis], len(counts), *g.shape[axis + 1 :]), g.dtype)
    if filled.any():
        out[(*(slice(None),) * axis, filled)] = np.add.reduceat(g, starts[filled], axis)
    return out


def add_windows(g: Array, axes: tuple[int, ...], widths: tuple[int, ...]) -> Array:
    """Windows added up where they lie: the adjoint of ``sliding_window_view(x, widths, axes)``.

    g (*counts, *widths) -> (count + width - 1 along each axis): the last axis of windows first, so that there are as
    many additions of arrays as the widths have in sum, not as in product.
    """
    for axis, width in zip(reversed(axes), reversed(widths), strict=True):
        before: tuple[Any, ...] = (slice(None),) * axis
        count = g.shape[axis]
        out = np.zeros((*g.shape[:axis], count + width - 1, *g.shape[axis + 1 : -1]), g.dtype)
        if width <= count:
            for offset in range(width):
                out[(*before, slice(offset, offset + count))] += g[..., offset]
        else:
            for start in range(count):
                out[(*before, slice(start, start + width))] += np.moveaxis(g[(*before, start)], -1, axis)
        g = out
    return g


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
