"""Sorting and choosing by order: each function finds positions, and takes the elements that stand there.

So gradients go to the elements that were chosen. Where elements are equal, the first of them comes first; NaN counts as
larger than every number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, Arrays, composite, op, raw
from ..kernels import sorting as kernels
from .gather import take_along_axis
from .shape import squeeze


@composite()
def sort(x: Array, axis: int | None = -1, *, descending: bool = False) -> Array:
    """The elements in ascending order along `axis` (None: of the flattened array).

    x: real, any shape with the axis. Returns the same shape (one axis for None). Equal elements keep their order, and
    each gets the gradient of its place.

    >>> sort(distinct(2, 3))
    >>> sort(distinct(3, 2), None, descending=True)
    """
    return take_along_axis(x, argsort(x, axis, descending=descending), axis)


@op(branch=lambda out: out)
def argsort(x: Array, axis: int | None = -1, *, descending: bool = False) -> Array:
    """Positions of the elements in ascending order along `axis` (None: in the flattened array). Has no gradient.

    x: real, any shape with the axis. Returns integers of the same shape (one axis for None); equal elements keep their
    order.

    >>> argsort(distinct(2, 3))
    >>> argsort(distinct(3, 2), None, descending=True)
    """
    return kernels.argsort(np.asarray(x), axis, descending)


@composite()
def topk(x: Array, k: int, axis: int = -1, *, largest: bool = True, sorted: bool = True) -> tuple[Array, Array]:
    """The k largest elements along `axis`, or the smallest, and their positions.

    x: real, any shape with the axis. sorted: the best comes first; else they keep their order in x. Returns (values,
    indices), of x's shape with k along the axis. Raises ValueError for k below 0 or above the axis' length. Of equal
    elements the first is taken first, and gets the gradient.

    >>> topk(distinct(2, 4), 2)
    >>> topk(distinct(4, 2), 3, 0, largest=False, sorted=False)
    """
    _check_k(x, k, axis, 0)
    indices = argtopk(x, k, axis, largest, sorted)
    return take_along_axis(x, indices, axis), indices


@op(branch=lambda out: out)
def argtopk(x: Array, k: int, axis: int, largest: bool, ordered: bool) -> Array:
    """The positions that `topk` gives. Has no gradient.

    x: real, any shape with the axis. Returns integers of x's shape with k along the axis.

    >>> argtopk(distinct(2, 4), 2, -1, True, True)
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    return np.moveaxis(kernels.topk(x, k, largest, ordered), -1, axis)


@composite()
def kthvalue(x: Array, k: int, axis: int = -1, *, keepdims: bool = False) -> tuple[Array, Array]:
    """The k-th smallest element along `axis`, counted from 1, and its position.

    x: real, any shape with the axis. Returns (values, indices), of x's shape without the axis (of length 1 with
    keepdims). Raises ValueError for k below 1 or above the axis' length. Equal elements keep their order, and the one
    of that rank gets the gradient, as in `sort`.

    >>> kthvalue(distinct(2, 4), 3)
    >>> kthvalue(distinct(4, 2), 1, 0, keepdims=True)
    """
    _check_k(x, k, axis, 1)
    indices = argkth(x, k, axis)
    values = take_along_axis(x, indices, axis)
    return (values, indices) if keepdims else (squeeze(values, axis), squeeze(indices, axis))


@op(branch=lambda out: out)
def argkth(x: Array, k: int, axis: int) -> Array:
    """The position of the k-th smallest element along `axis`, counted from 1. Has no gradient.

    x: real, any shape with the axis. Returns integers of x's shape with length 1 along the axis.

    >>> argkth(distinct(2, 4), 3, -1)
    """
    x = np.moveaxis(np.asarray(x), axis, -1)
    return np.moveaxis(kernels.of_rank(x, np.array([k - 1])), -1, axis)


def _check_k(x: Any, k: int, axis: int, least: int) -> None:
    shape = np.shape(raw(x))
    length = shape[normalize_axis_index(axis, len(shape))]
    if not least <= k <= length:
        raise ValueError(f"k is {k}, the axis has {length} elements; k runs from {least} to {length}")


@composite()
def partition(x: Array, kth: int | tuple[int, ...], axis: int | None = -1) -> Array:
    """The elements along `axis` (None: of the flattened array), those of rank `kth` in the place they have when sorted.

    x: real, any shape with the axis. kth: one rank or several, from 0. Before such a place nothing is larger, behind it
    nothing smaller; the order is undefined otherwise. Returns the same shape (one axis for None). Each element gets the
    gradient of its place.

    >>> partition(distinct(2, 4), 1)
    >>> partition(distinct(3, 2), (0, 3), None)
    """
    return take_along_axis(x, argpartition(x, kth, axis), axis)


@op(branch=lambda out: out)
def argpartition(x: Array, kth: int | tuple[int, ...], axis: int | None = -1) -> Array:
    """The positions that `partition` takes the elements from. Has no gradient.

    x: real, any shape with the axis. Returns integers of the same shape (one axis for None).

    >>> argpartition(distinct(2, 4), 1)
    >>> argpartition(distinct(3, 2), (0, 3), None)
    """
    return np.argpartition(x, kth, axis)


@op()
def lexsort(keys: Arrays, axis: int = -1) -> Array:
    """Positions in ascending order of the last of several keys; where it is equal, of the one before, and so on.

    keys: a sequence of arrays of one shape, or one array with the keys along its first axis. Returns integers of the
    shape of a key. Has no gradient.

    >>> lexsort([integers(3, 4), integers(2, 4)])
    >>> lexsort([integers(3, 2, 2), integers(2, 2, 2)], 0)
    """
    return np.lexsort(keys, axis)


@op()
def searchsorted(a: Array, v: Array, side: str = "left", sorter: Array | None = None) -> Array:
    """The position at which each element of `v` keeps `a` in order when it is put in. Has no gradient.

    a: one axis, ascending (or `sorter`: the positions that sort it); v: any shape. side: "left" before elements that
    are equal, "right" behind them. Returns integers of v's shape.

    >>> searchsorted(sort(randn(4)), randn(3, 2))
    >>> searchsorted(randn(4), randn(3), "right", integers(4, 4))
    """
    return np.searchsorted(a, v, side, sorter)  # type: ignore[call-overload]  # sides that are no such have its words


@op()
def digitize(x: Array, bins: Array, right: bool = False) -> Array:
    """In which bin each element lies: ``bins[i - 1] <= x < bins[i]``. Has no gradient.

    x: any shape; bins: one axis, ascending or descending. right: the right edge belongs to a bin, and not the left one.
    Returns integers of x's shape: 0 before the first edge, ``len(bins)`` behind the last.

    >>> digitize(randn(3, 2), sort(randn(4)))
    >>> digitize(randn(3), sort(randn(4)), True)
    """
    return np.digitize(x, bins, right)
