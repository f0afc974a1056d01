"""Elements that appear several times: repeats, tiles, grids, powers, products of all pairs, overlapping windows."""

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import Array, Index, composite, op, raw
from ..kernels import shape as kernels
from . import reduction
from .elementwise import astype, multiply, power
from .shape import Shape, broadcast_arrays, broadcast_to, concatenate, numbers_as_arrays, ravel, reshape, stack


@op(x=lambda g, x_shape, repeats, axis: _unrepeated(g, x_shape, repeats, axis))
def repeat(x: Array, repeats: Index, axis: int | None = None) -> Array:
    """Each element along an axis (None: of the flattened array) several times, one after the other.

    x: any shape. repeats: how often, one number for all or one for each element. Returns x's shape with a longer axis.
    Raises TypeError for numbers that are not whole.

    >>> repeat(randn(2, 3), 2)
    >>> repeat(randn(2, 3, 2), 2, 1)
    >>> repeat(randn(2, 3), [2, 0, 1], axis=-1)
    """
    if np.ndim(repeats) == 0:
        operator.index(repeats)  # NumPy rounds a single number down
    return np.repeat(x, repeats, axis)


def _unrepeated(g: Any, shape: tuple[int, ...], repeats: Any, axis: int | None) -> Any:
    lengths = (math.prod(shape),) if axis is None else shape or (1,)
    axis, repeats = (axis or 0) % len(lengths), np.asarray(repeats)
    if repeats.size == 1:
        runs = reshape(g, (*lengths[: axis + 1], int(repeats.item()), *lengths[axis + 1 :]))
        return reshape(reduction.sum(runs, axis + 1), shape)
    return reshape(sum_runs(g, repeats, axis), shape)


@op(g_out=lambda g, counts, axis: repeat(g, counts, axis))
def sum_runs(g_out: Array, counts: Any, axis: int) -> Array:
    """Sums over runs of `counts` neighbours along an axis, 0 for an empty run: the adjoint of `repeat`.

    g_out: as long along the axis as the counts are in sum. Returns that shape, the axis as long as `counts`. Raises
    ValueError for another length.

    >>> sum_runs(randn(2, 3), (2, 0, 1), 1)
    """
    if g_out.shape[axis] != np.sum(counts):
        raise ValueError("the counts must add up to the length of the axis; look at what they belong to")
    return kernels.sum_runs(g_out, counts, axis)


@composite()
def tile(x: Array, reps: Shape) -> Array:
    """All of `x` several times along each axis.

    x: any shape. reps: how often along the last axes, one number or a tuple; missing ones are 1, and more than x has
    axes are new axes in front. Returns x's shape, each length times its number.

    >>> tile(randn(2, 3), 2)
    >>> tile(randn(2), (2, 1, 2))
    """
    shape = np.shape(raw(x))
    times = tuple(np.atleast_1d(reps).tolist())
    ndim = max(len(shape), len(times))
    shape, times = (1,) * (ndim - len(shape)) + shape, (1,) * (ndim - len(times)) + times
    once = tuple(itertools.chain(*((1, n) for n in shape)))
    often = tuple(itertools.chain(*zip(times, shape, strict=True)))
    return reshape(broadcast_to(reshape(x, once), often), tuple(map(operator.mul, shape, times)))


@composite()
def resize(x: Array, new_shape: Shape) -> Array:
    """The elements of `x` in row-major order in another shape: from the start again if there are too few.

    x: any shape; without elements it counts as zeros. Returns `new_shape`. Raises ValueError for negative
    lengths.

    >>> resize(randn(2, 2), (2, 3))
    >>> resize(randn(2, 2), 3)
    """
    lengths = np.atleast_1d(new_shape).tolist()
    if min(lengths, default=0) < 0:
        raise ValueError("lengths cannot be negative; pass each of them, since none is computed")
    flat, size, wanted = ravel(x), np.size(raw(x)), math.prod(lengths)
    if size == 0:
        return reshape(concatenate([flat, np.zeros(wanted, flat.dtype)]), new_shape)
    return reshape(tile(flat, -(-wanted // size))[:wanted], new_shape)


@composite()
def meshgrid(*arrays: Array, sparse: bool = False, indexing: str = "xy") -> tuple[Array, ...]:
    """The coordinates of a grid, one array for each axis; views.

    arrays: the coordinates along each axis, flattened. indexing: "xy" for (rows of y, columns of x), "ij" for axes in
    the order of the arrays. sparse: leave length 1 along the axes on which a coordinate is constant. Returns a tuple of
    as many arrays as there are axes. Raises ValueError for another `indexing`.

    >>> meshgrid(randn(2), randn(3))
    >>> meshgrid(randn(2), randn(3), sparse=True, indexing="ij")
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing {indexing!r} is not known; use xy or ij")
    several, order = numbers_as_arrays(arrays), list(range(len(arrays)))
    if indexing == "xy":
        order[:2] = order[:2][::-1]
    grids = [reshape(x, tuple(-1 if i == axis else 1 for i in order)) for axis, x in enumerate(several)]
    return tuple(grids) if sparse else broadcast_arrays(*grids)


@composite()
def kron(a: Array, b: Array) -> Array:
    """Kronecker product: each element of `a` times all of `b`.

    a, b: any shapes; missing axes are put in front. Returns the products of their lengths.

    >>> kron(randn(2, 1), randn(1, 2))
    >>> kron(randn(2), randn(2, 2))
    """
    shape_a, shape_b = np.shape(raw(a)), np.shape(raw(b))
    if not shape_a or not shape_b:
        return multiply(a, b)
    ndim = max(len(shape_a), len(shape_b))
    shape_a, shape_b = ((1,) * (ndim - len(shape)) + shape for shape in (shape_a, shape_b))
    left = reshape(a, tuple(itertools.chain(*((n, 1) for n in shape_a))))
    right = reshape(b, tuple(itertools.chain(*((1, n) for n in shape_b))))
    return reshape(multiply(left, right), tuple(map(operator.mul, shape_a, shape_b)))


@composite()
def vander(x: Array, N: int | None = None, increasing: bool = False) -> Array:
    """Powers of a vector's elements as rows (Vandermonde's matrix), the highest first unless `increasing`.

    x: (n,). N: how many columns (None: n). Returns (n, N), in x's dtype; integers become int64 at least. Raises
    ValueError for other shapes and a negative N.

    >>> vander(randn(2))
    >>> vander(randn(2), 4, increasing=True)
    """
    if np.ndim(raw(x)) != 1:
        raise ValueError("x must have one axis; use ravel")
    if raw(x).dtype.kind not in "fc":
        x = astype(x, np.promote_types(raw(x).dtype, int))
    count = len(raw(x)) if N is None else N
    if count < 0:
        raise ValueError("N cannot be negative; pass the number of columns")
    columns = [power(x, 0)]
    while len(columns) < count:  # products of powers are exact at 0, to any order
        columns.append(columns[-1] * x)
    columns = columns if increasing else columns[::-1]
    return stack(columns, axis=-1)[:, :count]


# -- windows that overlap ------------------------------------------------------------------------------------------


@op(x=lambda g, x_shape, window_shape, axis: add_windows(g, x_shape, window_shape, axis))
def sliding_window_view(x: Array, window_shape: Shape, axis: int | tuple[int, ...] | None = None) -> Array:
    """All windows of a shape, moved by one place at a time along `axis` (None: all axes); a view.

    x: any shape. window_shape: a length for each axis. Returns x's shape, each axis of windows shorter by one less than
    their length, and behind it the axes of the windows. Raises ValueError for windows that are longer than x.

    >>> sliding_window_view(randn(4), 2)
    >>> sliding_window_view(randn(2, 4), 3, axis=-1)
    """
    return np.lib.stride_tricks.sliding_window_view(x, window_shape, axis)


@op(g_out=lambda g, window_shape, axis: sliding_window_view(g, window_shape, axis))
def add_windows(
    g_out: Array, shape: tuple[int, ...], window_shape: Shape, axis: int | tuple[int, ...] | None = None
) -> Array:
    """Overlapping windows added up where they lie: the adjoint of `sliding_window_view`.

    g_out: the shape that `sliding_window_view` gives for `shape`. Returns `shape`.
    Raises ValueError for windows of another shape.

    >>> add_windows(randn(3, 2), (4,), 2)
    >>> add_windows(randn(2, 2, 3), (2, 4), 3, axis=-1)
    """
    axes = tuple(range(len(shape))) if axis is None else normalize_axis_tuple(axis, len(shape), allow_duplicate=True)
    widths = tuple(window_shape) if np.iterable(window_shape) else (window_shape,)
    out = kernels.add_windows(g_out, axes, widths)
    if out.shape != shape:
        raise ValueError(f"these windows are those of {out.shape}; pass this shape")
    return out
