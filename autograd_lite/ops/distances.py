"""Distances between all pairs of points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import norms as kernels
from .elementwise import where
from .indexing import getitem
from .norms import vector_norm
from .reduction import sum
from .shape import expand_dims


@composite()
def cdist(a: Array, b: Array, p: float = 2.0) -> Array:
    """Distance of each point of `a` from each point of `b`.

    a: (..., n, d); b: (..., m, d); the leading axes broadcast. p: the order of `vector_norm`, at least 0; other than 2
    takes the memory of all differences, (..., n, m, d). Returns (..., n, m). Points that coincide have distance 0 and
    the gradient 0. Raises ValueError for points of different dimensions, or a negative p.

    >>> cdist(randn(3, 2), randn(2, 2))
    >>> cdist(randn(2, 3, 2), randn(1, 2), p=3.0)
    """
    if np.ndim(raw(a)) < 2 or np.ndim(raw(b)) < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError("points are rows of matrices with equally many columns; check the shapes")
    if p == 2 and a.dtype.kind != "c" and b.dtype.kind != "c":
        return euclidean_distances(a, b)
    return vector_norm(expand_dims(a, -2) - expand_dims(b, -3), axis=-1, ord=_order(p))


@op(
    a=lambda g, a, b, out: _towards(_weights(g, out), a, b),
    b=lambda g, a, b, out: _towards(_weights(g, out).mT, b, a),
    branch=lambda out: np.equal(out, 0),
)
def euclidean_distances(a: Array, b: Array) -> Array:
    """`cdist` of order 2 for real points, exact for near ones and without an array of all differences.

    a: (..., n, d); b: (..., m, d); the leading axes broadcast. Returns (..., n, m).

    >>> euclidean_distances(randn(2, 3, 2), randn(1, 2))
    """
    return kernels.euclidean_distances(a, b)


def _weights(g: Any, distances: Any) -> Any:
    """g / distances, and 0 for points that coincide."""
    zero = raw(distances) == 0
    return where(zero, 0, g) / where(zero, 1, distances)


def _towards(weights: Any, a: Any, b: Any) -> Any:
    """The sums over j of weights[i, j] * (a[i] - b[j]). Seen from b's middle: far from the origin, digits would go."""
    middle = np.mean(raw(b), axis=-2, keepdims=True) if b.shape[-2] else 0
    return sum(weights, -1, keepdims=True) * (a - middle) - weights @ (b - middle)


@composite()
def pdist(x: Array, p: float = 2.0) -> Array:
    """Distances between the points of one set: of the first from the second, the third and so on, then of the second.

    x: (n, d). p: the order of `vector_norm`, at least 0. Returns (n * (n - 1) / 2,). Points that coincide have distance
    0 and the gradient 0. Raises ValueError for anything but one matrix, or a negative p.

    >>> pdist(randn(3, 2))
    >>> pdist(randn(4, 2), p=3.0)
    """
    if np.ndim(raw(x)) != 2:
        raise ValueError("points are the rows of one matrix; for pairs of two sets use cdist")
    first, second = np.triu_indices(x.shape[0], 1)
    return vector_norm(getitem(x, first) - getitem(x, second), axis=-1, ord=_order(p))


def _order(p: float) -> Any:
    if p < 0:
        raise ValueError(f"p={p} does not give a distance; pass 0 or more")
    return p
