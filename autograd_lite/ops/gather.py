"""Reading and writing along an axis at indices for every position: gather, scatter, NumPy's take_along_axis.

All of them read or write at places in the flattened array, which the indices determine once: three operations,
`take_flat`, `put_flat` and `add_flat`, have the derivatives, each in terms of the others. Like NumPy's, and unlike
PyTorch's, indices may be negative and count from the end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, deferred, op, raw
from ..kernels import indexing as kernels
from .indexing import check_fits, getitem, of_last_writers

Lengths = tuple[int, ...]

# -- places in the flattened array -------------------------------------------------------------------------------


@op(x=lambda g, x_shape, places: deferred(_zeros_plus, _add_each, g, places, x_shape))
def take_flat(x: Array, places: Array) -> Array:
    """The elements of `x` at `places`, counted row by row: `ravel` and index.

    x: any shape; places: integers from 0 to x.size - 1, any shape. Returns the shape of the places. An element read
    twice gets both gradients. Raises IndexError for places that x does not have.

    >>> take_flat(randn(3, 2), integers(6, 2, 3))
    """
    return kernels.take_flat(np.asarray(x), places)


def _zeros_plus(g: Any, places: Any, shape: Lengths) -> Any:
    return add_flat(np.zeros(shape, g.dtype), places, g)


def _add_each(buffer: Any, pieces: list[tuple[Any, ...]]) -> None:
    for g, places, _ in pieces:
        kernels.add_flat(buffer, places, g)


@op(x=lambda g: g, values=lambda g, places: take_flat(g, places))
def add_flat(x: Array, places: Array, values: Array) -> Array:
    """A copy of `x` with `values` added at `places`, counted row by row; where a place repeats, all are added.

    x: any shape; places: integers from 0 to x.size - 1, any shape; values: broadcast to the shape of the places.
    Returns x's shape and dtype. Raises IndexError for places that x does not have, TypeError for values that x's dtype
    cannot hold.

    >>> add_flat(randn(3, 2), integers(6, 2, 3), randn(2, 3))
    """
    check_fits(values, x)
    out = np.array(x, order="C")
    kernels.add_flat(out, places, values)
    return out


@op(
    x=lambda g, places: put_flat(g, places, 0),
    values=lambda g, places, values_shape: of_last_writers(
        take_flat(g, places), kernels.last_writers((g.size,), places), values_shape
    ),
)
def put_flat(x: Array, places: Array, values: Array) -> Array:
    """A copy of `x` with `values` at `places`, counted row by row.

    x: any shape; places: integers from 0 to x.size - 1, any shape; values: broadcast to the shape of the places.
    Returns x's shape and dtype. Where a place repeats, the last value stays and gets the gradient. Raises IndexError
    for places that x does not have, TypeError for values that x's dtype cannot hold.

    >>> put_flat(randn(3, 2), integers(6, 2, 3), randn(2, 3))
    """
    check_fits(values, x)
    return kernels.put_flat(x, places, values)


# -- along an axis -----------------------------------------------------------------------------------------------


@composite(constants=("indices",))
def take_along_axis(x: Array, indices: Array, axis: int | None = -1) -> Array:
    """``x[..., indices[..., k, ...], ...]`` for each position of the other axes: what argsort or argmax point at.

    x: any shape; indices: integers with as many axes, broadcast against x along all axes but `axis` (None: x is
    flattened first, the indices have one axis). Returns the broadcast shape, with the indices' length along the axis.
    An element that is read twice gets both gradients. Raises TypeError for indices that are no integers, IndexError for
    those out of range.

    >>> take_along_axis(randn(3, 4), integers(4, 3, 2))
    >>> take_along_axis(randn(3, 1, 2), integers(3, 2, 4, 1), 0)
    >>> take_along_axis(randn(3, 2), integers(6, 4), None)
    """
    shape = np.shape(raw(x))
    if axis is None:
        shape, axis = (int(np.prod(shape)),), 0
    return take_flat(x, kernels.places_along(shape, axis, raw(indices), shape))


@composite(constants=("indices",))
def put_along_axis(x: Array, indices: Array, values: Array, axis: int | None) -> Array:
    """A copy of `x` with `values` where `take_along_axis` reads (NumPy's function writes into x).

    x: any shape; indices: integers as in `take_along_axis`; values: broadcast to what that returns. Returns x's shape
    and dtype. Where an index repeats, the last value stays and gets the gradient. Raises TypeError for indices that are
    no integers, IndexError for those out of range.

    >>> put_along_axis(randn(3, 4), integers(4, 3, 2), randn(3, 2), -1)
    >>> put_along_axis(randn(3, 2), integers(6, 4), randn(), None)
    """
    shape = np.shape(raw(x))
    if axis is None:
        shape, axis = (int(np.prod(shape)),), 0
    return put_flat(x, kernels.places_along(shape, axis, raw(indices), shape), values)


@composite(constants=("index",))
def gather(x: Array, axis: int, index: Array) -> Array:
    """``out[i, j] = x[index[i, j], j]`` for axis 0 of a matrix, ``x[i, index[i, j]]`` for axis 1: PyTorch's.

    x: any shape; index: integers with as many axes, no longer than x along the other axes (unlike `take_along_axis`,
    nothing broadcasts: of a longer x the first positions are read). Returns the shape of the index. An element that is
    read twice gets both gradients. Raises TypeError for an index that is not of integers, IndexError where it is out of
    range, ValueError where it is longer than x.

    >>> gather(randn(3, 4), 1, integers(4, 2, 5))
    >>> gather(randn(3, 2, 2), 0, integers(3, 4, 2, 1))
    """
    return take_flat(x, places_of(np.shape(raw(x)), axis, raw(index)))


@composite(constants=("index",))
def scatter(x: Array, axis: int, index: Array, src: Array) -> Array:
    """A copy of `x` with `src` where `gather` reads: ``out[index[i, j], j] = src[i, j]`` for axis 0. PyTorch's.

    x: any shape; index: integers as in `gather`; src: a number, or with as many axes as the index and at least as long
    along each. Returns x's shape and dtype. Where an index repeats, the last value stays and gets the gradient. Raises
    TypeError for an index that is not of integers, IndexError where it is out of range, ValueError for wrong shapes.

    >>> scatter(randn(3, 4), 1, integers(4, 2, 5), randn(3, 5))
    >>> scatter(randn(3, 4), 0, integers(3, 2, 4), 1.5)
    """
    places = places_of(np.shape(raw(x)), axis, raw(index))
    return put_flat(x, places, corner(src, places.shape))


@composite(constants=("index",))
def scatter_add(x: Array, axis: int, index: Array, src: Array) -> Array:
    """A copy of `x` with `src` added where `gather` reads: ``out[index[i, j], j] += src[i, j]`` for axis 0. PyTorch's.

    x: any shape; index: integers as in `gather`; src: a number, or with as many axes as the index and at least as long
    along each. Returns x's shape and dtype. Where an index repeats, all are added. Raises TypeError for an index that
    is not of integers, IndexError where it is out of range, ValueError for wrong shapes.

    >>> scatter_add(randn(3, 4), 1, integers(4, 2, 5), randn(3, 5))
    """
    places = places_of(np.shape(raw(x)), axis, raw(index))
    return add_flat(x, places, corner(src, places.shape))


def places_of(shape: Lengths, axis: int, index: Any) -> Any:
    """Places that PyTorch's index means; no axis of it may be longer than x's, but the one it points along."""
    places = kernels.places_along(shape, axis, index, np.shape(index))
    longer = [d for d in range(len(shape)) if d != axis % len(shape) and places.shape[d] > shape[d]]
    if longer:
        raise ValueError(f"the index is longer than x along axis {longer[0]}; only along axis={axis} it may be")
    return places


def corner(src: Any, lengths: Lengths) -> Any:
    """The first positions of `src`, as many as the index has along each axis."""
    shape = np.shape(raw(src))
    if shape == lengths or shape == ():
        return src
    if len(shape) != len(lengths) or any(have < need for have, need in zip(shape, lengths, strict=True)):
        raise ValueError(f"src {shape} must be at least as long as the index {lengths} along each axis; broadcast it")
    return getitem(src, tuple(map(slice, lengths)))
