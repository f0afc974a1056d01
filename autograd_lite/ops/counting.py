"""Counting: what is where, and how much falls into each bin. Weights have a gradient; what is counted has none."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, Index, composite, op, raw
from .indexing import getitem
from .reduction import sum
from .shape import expand_dims, numbers_as_arrays, ravel, reshape

# -- what is not zero --------------------------------------------------------------------------------------------


@op(outputs=())
def nonzero(x: Array) -> tuple[Array, ...]:
    """The positions of the elements that are not zero, row by row. Has no gradient.

    x: at least one axis. Returns a tuple of integers, for each axis the positions along it; ``x[nonzero(x)]`` are the
    elements.

    >>> nonzero(mask(3, 2))
    """
    return np.nonzero(x)


@op()
def argwhere(x: Array) -> Array:
    """The positions of the elements that are not zero, row by row. Has no gradient.

    x: any shape. Returns integers, one row for each such element and one column for each axis.

    >>> argwhere(mask(3, 2))
    """
    return np.argwhere(x)


@op()
def flatnonzero(x: Array) -> Array:
    """The positions of the elements that are not zero, in the flattened array. Has no gradient.

    x: any shape. Returns integers, one axis.

    >>> flatnonzero(mask(3, 2))
    """
    return np.flatnonzero(x)


# -- bins --------------------------------------------------------------------------------------------------------


@op(weights=lambda g, x: getitem(g, x))
def bincount(x: Array, weights: Array | None = None, minlength: int = 0) -> Array:
    """How often each integer occurs, or the sum of the weights where it does.

    x: integers from 0 on, one axis; weights: the same length. Returns one axis, as long as the largest integer asks
    for, at least `minlength`: integers, or weights' dtype. Raises ValueError for negative integers and for weights of
    another length, TypeError for x that are no integers. The gradient is that of the weights.

    >>> bincount(integers(3, 5), randn(5), 4)
    """
    if weights is None:
        return np.bincount(x, None, minlength)
    weights = np.asarray(weights)
    if weights.shape != np.shape(x):  # NumPy lets it pass where x is empty
        raise ValueError("weights must have the shape of x; broadcast them")
    if weights.dtype.kind == "c":
        out = np.bincount(x, weights.real, minlength) + 1j * np.bincount(x, weights.imag, minlength)
    else:
        out = np.bincount(x, weights, minlength)
    return out.astype(weights.dtype, copy=False) if weights.dtype.kind in "fc" else out


@op()
def histogram_bin_edges(x: Array, bins: Index = 10, range: Any = None, weights: Array | None = None) -> Array:
    """The edges of the bins that `histogram` makes. Has no gradient.

    x, bins, range, weights: as in `histogram`. Returns one axis, one longer than there are bins.

    >>> histogram_bin_edges(randn(5))
    >>> histogram_bin_edges(randn(5), 3, (-1, 1), positive(5))
    """
    return np.histogram_bin_edges(x, bins, range, weights)


@op()
def bin_places(x: Array, edges: Array) -> Array:
    """In which bin each element lies, for bins that have their left edge, the last one both. Has no gradient.

    x: any shape; edges: one axis, ascending. Returns integers of x's shape: the number of bins for what is in none.
    Raises TypeError for complex numbers.

    >>> bin_places(randn(3, 2), sort(randn(4)))
    """
    if np.iscomplexobj(x):
        raise TypeError("complex numbers lie in no bins; count real(x), imag(x) or abs(x)")
    bins = len(edges) - 1
    places = np.asarray(np.searchsorted(edges, x, "right") - 1)
    places[np.equal(x, edges[-1])] = bins - 1
    places[places < 0] = bins
    return places


@composite(constants=("x",))
def histogram(
    x: Array, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Array | None = None
) -> tuple[Array, Array]:
    """How many elements fall into each bin, or the sum of their weights, and the edges of the bins.

    x: real, any shape. bins: how many there are, all of one width, from the smallest to the largest element, or within
    `range`, a pair; or their edges; or one of NumPy's words for a rule. A bin has its left edge, the last one both.
    weights: x's shape. density: divide, so that the integral is 1. Returns (values, edges), one axis each. Raises
    ValueError for edges that do not ascend, and weights of another shape. The gradient is that of the weights.

    >>> histogram(distinct(5), weights=randn(5))
    >>> histogram(distinct(3, 2), 3, (-0.4, 0.6), True, positive(3, 2))
    """
    x, weights = _with_weights(x, weights)
    edges = histogram_bin_edges(x, bins, range, weights)
    values = _binned(bin_places(x, edges), len(raw(edges)) - 1, weights)
    if density:
        values = values / (edges[1:] - edges[:-1]) / sum(values)
    return values, edges


@composite(constants=("x", "y"))
def histogram2d(
    x: Array, y: Array, bins: Any = 10, range: Any = None, density: bool | None = None, weights: Array | None = None
) -> tuple[Array, Array, Array]:
    """How many pairs ``(x[i], y[i])`` fall into each of the rectangles that two rows of bins make.

    x, y: real, one axis of one length. bins: as in `histogram`, or a pair of that for x and y; range: a pair of pairs.
    weights: x's shape. density: divide, so that the integral is 1. Returns (values, edges of x, edges of y). Raises
    ValueError as `histogram` does. The gradient is that of the weights.

    >>> histogram2d(distinct(5), distinct(5), weights=randn(5))
    >>> histogram2d(distinct(5), distinct(5), (2, 3), ((-0.4, 0.6), (-1, 1)), True, positive(5))
    """
    x, y = numbers_as_arrays((x, y))
    x, weights = _with_weights(x, weights)
    if np.shape(raw(x)) != np.shape(raw(y)):
        raise ValueError("x and y must be equally long; each pair is one point")
    bins_x, bins_y = bins if isinstance(bins, tuple | list) and len(bins) == 2 else (bins, bins)
    range_x, range_y = range or (None, None)
    edges_x = histogram_bin_edges(x, bins_x, range_x, weights)
    edges_y = histogram_bin_edges(y, bins_y, range_y, weights)
    rows, columns = len(raw(edges_x)) - 1, len(raw(edges_y)) - 1
    # A row and a column more, for what is in none.
    places = bin_places(x, edges_x) * (columns + 1) + bin_places(y, edges_y)
    values = _binned(places, (rows + 1) * (columns + 1), weights)
    values = reshape(values, (rows + 1, columns + 1))[:-1, :-1]
    if density:
        areas = expand_dims(edges_x[1:] - edges_x[:-1], 1) * (edges_y[1:] - edges_y[:-1])
        values = values / areas / sum(values)
    return values, edges_x, edges_y


def _with_weights(x: Any, weights: Any) -> Any:
    """Both as arrays, if there are weights. Raises ValueError for weights of another shape."""
    if weights is None:
        return x, weights
    if np.shape(raw(weights)) != np.shape(raw(x)):
        raise ValueError("weights must have the shape of x; broadcast them")
    return numbers_as_arrays((x, weights))


def _binned(places: Any, bins: int, weights: Any) -> Any:
    """What falls into each bin, without what is in none."""
    flat = None if weights is None else ravel(weights)
    values = bincount(ravel(places), flat, bins + 1)[:bins]
    keep = weights is None or values.dtype == np.result_type(raw(weights))
    return values if keep else values.astype(np.result_type(raw(weights)))
