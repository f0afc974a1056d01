"""Reductions of what is scattered to one place: PyTorch's scatter_reduce."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import indexing as kernels
from .elementwise import where
from .gather import add_flat, corner, places_of, put_flat, take_flat
from .indexing import check_fits
from .shape import broadcast_to, numbers_as_arrays


@composite(constants=("index",))
def scatter_reduce(x: Array, axis: int, index: Array, src: Array, reduce: str, *, include_self: bool = True) -> Array:
    """`x` reduced with what `scatter_add` would add, in one of several ways: PyTorch's.

    x: any shape; index, src: as in `scatter_add`. reduce: "sum", "prod", "mean", "amax" or "amin". include_self:
    whether the element of x takes part where anything is scattered to it. Returns x's shape and dtype. Elements that
    tie for the largest or smallest share the gradient equally; that of products is right where elements are zero.
    Raises ValueError for another way, the errors of `scatter_add`, and TypeError for a mean of integers.

    >>> scatter_reduce(randn(2, 3), 1, integers(3, 2, 4), randn(2, 4), "sum", include_self=False)
    >>> scatter_reduce(randn(2, 3), 1, integers(3, 2, 4), randn(2, 4), "prod")
    >>> scatter_reduce(randn(2, 3), 1, integers(3, 2, 4), randn(2, 5), "mean")
    >>> scatter_reduce(distinct(2, 3), 0, [[1, 1, 0], [0, 1, 1]], distinct(2, 3) * 1.1, "amax")
    >>> scatter_reduce(distinct(2, 3), 0, [[1, 1, 0], [0, 1, 1]], distinct(2, 3) * 1.1, "amin", include_self=False)
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(f"reduce={reduce!r} is not known; use {', '.join(_REDUCTIONS)}")
    x, src = numbers_as_arrays((x, src))
    places = places_of(np.shape(raw(x)), axis, raw(index))
    return _REDUCTIONS[reduce](x, places, corner(src, places.shape), include_self)


def _sum(x: Any, places: Any, src: Any, include_self: bool) -> Any:
    return add_flat(x if include_self else put_flat(x, places, 0), places, src)


def _mean(x: Any, places: Any, src: Any, include_self: bool) -> Any:
    array = np.asarray(raw(x))
    if array.dtype.kind not in "fc":
        raise TypeError(f"the mean of {array.dtype} is not a whole number; convert x with astype('float32')")
    counts = kernels.counts(places, array.shape)
    counts = counts + 1 if include_self else np.maximum(counts, 1)
    return _sum(x, places, src, include_self) / counts.astype(array.real.dtype)


def _prod(x: Any, places: Any, src: Any, include_self: bool) -> Any:
    """Multiplied in pairs, in rounds, until one factor is left for each place: no factor is ever divided by."""
    order = np.argsort(places, axis=None, kind="stable")
    places, factors = places.reshape(-1)[order], take_flat(broadcast_to(src, places.shape), order)
    while True:
        first, second = kernels.pairs(places)
        if not len(second):
            break
        products = take_flat(factors, second - 1) * take_flat(factors, second)
        factors = put_flat(take_flat(factors, first), np.searchsorted(first, second - 1), products)
        places = places[first]
    return put_flat(x, places, take_flat(x, places) * factors if include_self else factors)


def _amax(x: Any, places: Any, src: Any, include_self: bool) -> Any:
    return extreme_flat(x, places, src, True, include_self)


def _amin(x: Any, places: Any, src: Any, include_self: bool) -> Any:
    return extreme_flat(x, places, src, False, include_self)


_REDUCTIONS = {"sum": _sum, "prod": _prod, "mean": _mean, "amax": _amax, "amin": _amin}


@op(
    residuals=("own", "others", "ties"),
    x=lambda g, own, ties: where(own, g / ties, 0),
    values=lambda g, places, others, ties: where(others, take_flat(g / ties, places), 0),
    branch=lambda own, others: (own, others),
)
def extreme_flat(x: Array, places: Array, values: Array, largest: bool = True, include_self: bool = True) -> Any:
    """`x` with the largest (or smallest) of its element and the `values` at each of `places`, counted row by row.

    x: real, any shape; places: integers from 0 to x.size - 1, any shape; values: broadcast to the shape of the places.
    include_self: whether x's element takes part where there are values. Returns x's shape and dtype. Elements that tie
    share the gradient equally.

    >>> extreme_flat(distinct(3, 2), np.array([0, 3, 0, 5]), distinct(4) * 1.1)
    >>> extreme_flat(distinct(3, 2), np.array([0, 3, 0, 5]), distinct(4) * 1.1, False, False)
    """
    check_fits(values, x)
    values = np.broadcast_to(
        np.asarray(values, x.dtype), places.shape
    )  # as it is stored, so that what was chosen is found again
    out = kernels.extreme_flat(x, places, values, np.maximum if largest else np.minimum, include_self)
    own, others = np.equal(x, out), np.equal(values, out.reshape(-1)[places])
    if not include_self:
        own = kernels.put_flat(own, places, False)
    ties = own.astype(x.dtype)
    kernels.add_flat(ties, places, others)
    return out, own, others, np.maximum(ties, 1)  # none where the result is NaN
