"""Operations that rearrange elements and compute nothing. Most give views, at no cost."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import Array, Arrays, Handle, Index, composite, op, raw
from ..kernels import shape as kernels

Shape = int | tuple[int, ...]


@op(x=lambda g, x_shape: reshape(g, x_shape))
def reshape(x: Array, shape: Shape) -> Array:
    """The same elements, in row-major order, in another shape; one length may be -1, which is computed.

    x: any shape. Returns `shape`.

    >>> reshape(randn(3, 2), (2, -1))
    """
    return np.asarray(x).reshape(shape)


@composite()
def ravel(x: Array) -> Array:
    """All elements along one axis, in row-major order; a view where they lie like that.

    x: any shape. Returns (number of elements,).

    >>> ravel(randn(3, 2))
    """
    return reshape(x, -1)


@composite()
def flatten(x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    """The axes from `start_dim` to `end_dim` as one, as in PyTorch.

    x: any shape. Returns x's shape with these lengths multiplied. Raises ValueError for axes that do not exist or are
    the wrong way round.

    >>> flatten(randn(3, 2))
    >>> flatten(randn(2, 3, 1, 2), 1, -2)
    """
    shape = np.shape(raw(x)) or (1,)
    start, end = (normalize_axis_index(axis, len(shape)) for axis in (start_dim, end_dim))
    if start > end:
        raise ValueError("start_dim lies behind end_dim; exchange them")
    return reshape(x, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite()
def unflatten(x: Array, axis: int, shape: Shape) -> Array:
    """One axis as several of the lengths `shape`, one of which may be -1 and is computed: undoes `flatten`.

    x: at least one axis. Returns x's shape with `shape` in the place of the axis. Raises ValueError for lengths that
    do not make up the axis.

    >>> unflatten(randn(4, 3), 0, (2, -1))
    """
    lengths = np.shape(raw(x))
    axis = normalize_axis_index(axis, len(lengths))
    parts = np.broadcast_to(0, lengths[axis]).reshape(shape).shape
    return reshape(x, (*lengths[:axis], *parts, *lengths[axis + 1 :]))


# -- axes in another order -----------------------------------------------------------------------------------------


@op(x=lambda g, axes: transpose(g, None if axes is None else _inverse(axes)))
def transpose(x: Array, axes: Shape | None = None) -> Array:
    """Axes in another order: ``axes[i]`` says which axis comes i-th (None: reversed).

    x: any shape. Returns x's lengths in the new order.

    >>> transpose(randn(3, 2))
    >>> transpose(randn(3, 2, 4), (1, -1, 0))
    """
    return np.asarray(x).transpose(axes)


def _inverse(axes: Shape) -> tuple[int, ...]:
    """The order of axes that undoes an order."""
    order = axes if isinstance(axes, tuple | list) else (axes,)
    places = [0] * len(order)
    for place, axis in enumerate(order):
        places[axis] = place  # a negative axis is counted from the end here, too
    return tuple(places)


@op(x=lambda g, axis1, axis2: swapaxes(g, axis1, axis2))
def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Two axes exchanged.

    x: any shape. Returns x's lengths with the two exchanged.

    >>> swapaxes(randn(3, 2, 4), 0, -1)
    """
    return np.asarray(x).swapaxes(axis1, axis2)


@composite()
def matrix_transpose(x: Array) -> Array:
    """The last two axes exchanged: each matrix transposed.

    x: (..., n, m). Returns (..., m, n). Raises ValueError for fewer than two axes.

    >>> matrix_transpose(randn(2, 3, 2))
    """
    if np.ndim(raw(x)) < 2:
        raise ValueError("a matrix has two axes; add one with expand_dims")
    return swapaxes(x, -1, -2)


@composite()
def moveaxis(x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Array:
    """Axes moved to other positions; the others stay in their order.

    x: any shape. source: the axes to move; destination: where each of them goes. Returns x's lengths in the new order.
    Raises ValueError where the two name different numbers of axes, one that does not exist, or one twice.

    >>> moveaxis(randn(2, 3, 4), 0, -1)
    >>> moveaxis(randn(2, 3, 1, 2), (0, -2), (2, 0))
    """
    ndim = np.ndim(raw(x))
    sources, destinations = (normalize_axis_tuple(axes, ndim) for axes in (source, destination))
    if len(sources) != len(destinations):
        raise ValueError("source and destination must be equally many axes; give each axis its position")
    order = [axis for axis in range(ndim) if axis not in sources]
    for position, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(position, axis)
    return transpose(x, tuple(order))


@composite()
def rollaxis(x: Array, axis: int, start: int = 0) -> Array:
    """One axis moved until it lies before the one that is at `start`; `moveaxis` says it more plainly.

    x: any shape. start: from -ndim to ndim. Returns x's lengths in the new order.

    >>> rollaxis(randn(2, 3, 4), -1)
    >>> rollaxis(randn(2, 3, 4), 0, 2)
    """
    ndim = np.ndim(raw(x))
    axis, start = normalize_axis_index(axis, ndim), normalize_axis_index(start, ndim + (start >= 0))
    return moveaxis(x, axis, start - (axis < start))


# -- new axes, and none ----------------------------------------------------------------------------------------------


@op(x=lambda g: g)
def broadcast_to(x: Array, shape: Shape) -> Array:
    """`x` repeated along new axes and along those of length 1; a large result takes no memory.

    x: a shape that broadcasts to `shape`. Returns `shape`.

    >>> broadcast_to(randn(3, 1), (2, 3, 4))
    """
    return kernels.broadcast_to(np.asarray(x), shape)


@composite()
def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    """Arrays broadcast against each other; large results take no memory.

    arrays: shapes that broadcast. Returns a tuple of as many arrays of the broadcast shape.

    >>> broadcast_arrays(randn(3, 1), randn(2))
    """
    several = numbers_as_arrays(arrays)
    shape = np.broadcast_shapes(*(np.shape(raw(x)) for x in several))
    return tuple(broadcast_to(x, shape) for x in several)


@op(x=lambda g, x_shape: reshape(g, x_shape))
def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    """New axes of length 1, at the positions `axis` of the result.

    x: any shape. Returns x's shape with the new axes.

    >>> expand_dims(randn(3, 2), (0, -1))
    """
    return np.expand_dims(x, axis)


@op(x=lambda g, x_shape: reshape(g, x_shape))
def squeeze(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """Without the axes of length 1 (all of them for None).

    x: any shape. Returns x's shape without them.

    >>> squeeze(randn(3, 1, 2))
    >>> squeeze(randn(1, 3, 1), axis=-1)
    """
    return np.squeeze(x, axis)


@composite()
def atleast_1d(*arrays: Array) -> Array | tuple[Array, ...]:
    """Arrays with one axis at least.

    arrays: any shapes. Returns each as it is, or (1,) for one without axes; a tuple if there are several.

    >>> atleast_1d(randn(), randn(2))
    """
    return _one_or_tuple([_shaped(x, {0: (1,)}) for x in numbers_as_arrays(arrays)])


@composite()
def atleast_2d(*arrays: Array) -> Array | tuple[Array, ...]:
    """Arrays with two axes at least.

    arrays: any shapes. Returns each as it is, or one row of (n,) as (1, n); a tuple if there are several.

    >>> atleast_2d(randn(), randn(2), randn(2, 1))
    """
    return _one_or_tuple([_shaped(x, {0: (1, 1), 1: (1, -1)}) for x in numbers_as_arrays(arrays)])


@composite()
def atleast_3d(*arrays: Array) -> Array | tuple[Array, ...]:
    """Arrays with three axes at least.

    arrays: any shapes. Returns each as it is, or (n,) as (1, n, 1) and (n, m) as (n, m, 1); a tuple if there are
    several.

    >>> atleast_3d(randn(), randn(2), randn(2, 3))
    """
    return _one_or_tuple(
        [_shaped(x, {0: (1, 1, 1), 1: (1, -1, 1), 2: (*np.shape(raw(x)), 1)}) for x in numbers_as_arrays(arrays)]
    )


def _shaped(x: Any, shapes: dict[int, tuple[int, ...]]) -> Any:
    """`x` in the shape for its number of axes, or as it is if there is none."""
    shape = shapes.get(np.ndim(raw(x)))
    return x if shape is None else reshape(x, shape)


def _one_or_tuple(results: list[Any]) -> Any:
    return results[0] if len(results) == 1 else tuple(results)


@op(x=lambda g: g)
def copy(x: Array) -> Array:
    """The same elements in memory of their own.

    x: any shape. Returns the same shape.

    >>> copy(randn(3, 2))
    """
    return np.array(x)


@op(x=lambda g, axis: flip(g, axis))
def flip(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """Elements in reverse order along `axis` (along all for None).

    x: any shape. Returns the same shape.

    >>> flip(randn(3, 2))
    >>> flip(randn(3, 2), axis=0)
    """
    return np.flip(x, axis)


# -- joining and taking apart ------------------------------------------------------------------------------------


@op(residuals=("ends", "shapes"), arrays=lambda g, i, ends, shapes, axis: _joined_part(g, i, ends, shapes, axis))
def concatenate(arrays: Arrays, axis: int | None = 0) -> Any:
    """Arrays joined along an axis that they have (None: flattened first).

    arrays: of the same shape but for that axis. Returns that shape, with the lengths along the axis added up.

    >>> concatenate([randn(3, 2), randn(1, 2)])
    >>> concatenate((randn(3, 2), randn(3, 1)), axis=-1)
    >>> concatenate([randn(3), randn(1, 2)], axis=None)
    """
    out = np.concatenate(arrays, axis=axis)
    if axis is None:
        return out, list(itertools.accumulate(map(np.size, arrays))), tuple(map(np.shape, arrays))
    return out, list(itertools.accumulate([x.shape[axis] for x in arrays])), None


def section(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    """The elements from `start` to `stop` along an axis, which is not negative."""
    return x[(*(slice(None),) * axis, slice(start, stop))]


def _joined_part(g: Any, i: int, ends: list[int], shapes: tuple[tuple[int, ...], ...] | None, axis: int | None) -> Any:
    """The part of the gradient that belongs to the i-th of the joined arrays; if these were flattened, in its shape."""
    part = section(g, (axis or 0) % g.ndim, ends[i - 1] if i else 0, ends[i])
    return part if shapes is None else reshape(part, shapes[i])


@op(arrays=lambda g, i, axis: g[(slice(None),) * (axis % g.ndim) + (i,)])
def stack(arrays: Arrays, axis: int = 0) -> Array:
    """Arrays of one shape side by side along a new axis.

    arrays: all of one shape. Returns that shape with a new axis, at position `axis`, as long as there are arrays.

    >>> stack([randn(3, 2), randn(3, 2)])
    >>> stack([randn(3, 2), randn(3, 2)], axis=-1)
    """
    return np.stack(numbers_as_arrays(arrays), axis=axis)


_ARRAYS = (np.ndarray, Handle)


def numbers_as_arrays(values: Iterable[Any]) -> list[Any]:
    """Python numbers in the dtype of the arrays and Tensors beside them: they do not promote.

    Raises TypeError for None, which NumPy would make NaN of.
    """
    values = list(values)
    for x in values:
        if not isinstance(x, _ARRAYS):
            return _in_common_dtype(values)
    return values


def _in_common_dtype(values: list[Any]) -> list[Any]:
    if any(x is None for x in values):
        raise TypeError("None is no array; pass arrays, Tensors or numbers")
    dtype = np.result_type(*map(raw, values))
    return [x if isinstance(x, _ARRAYS) else np.asarray(raw(x), getattr(x, "dtype", dtype)) for x in values]


@op(outputs=(), x=lambda g, axis: concatenate(g, axis))
def split(x: Array, indices_or_sections: Index, axis: int = 0) -> tuple[Array, ...]:
    """Views of `x` cut along `axis` into so many equal parts, or before each of the given positions.

    x: any shape. Returns a tuple of arrays of x's shape but for the axis.

    >>> split(randn(4, 2), 2)
    >>> split(randn(2, 5), (1, 3), axis=-1)
    """
    return kernels.split(x, indices_or_sections, axis)


@op(outputs=(), x=lambda g, axis: stack(g, axis))
def unstack(x: Array, axis: int = 0) -> tuple[Array, ...]:
    """The slices of `x` along `axis`, without that axis; iterating over a tensor gives these.

    x: at least one axis. Returns a tuple of arrays of x's shape without the axis.

    >>> unstack(randn(3, 2))
    >>> unstack(randn(3, 2), axis=-1)
    """
    if np.ndim(x) == 0:
        raise TypeError("a 0-d array has no axis to take apart; use x.item() or x.reshape(1)")
    return tuple(np.moveaxis(x, operator.index(axis), 0))
