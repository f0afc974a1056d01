"""Distances between all pairs of points."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .indexing import getitem
from .norms import vector_norm
from .shape import expand_dims


@composite()
def cdist(a: Array, b: Array, p: float = 2.0) -> Array:
    """Distance of each point of `a` from each point of `b`.

    a: (..., n, d); b: (..., m, d); the leading axes broadcast. p: the order of `vector_norm`, at least 0. Returns
    (..., n, m). Points that coincide have distance 0 and the gradient 0. Takes the memory of all differences,
    (..., n, m, d). Raises ValueError for points of different dimensions, or a negative p.

    >>> cdist(randn(3, 2), randn(2, 2))
    >>> cdist(randn(2, 3, 2), randn(1, 2), p=3.0)
    """
    if np.ndim(raw(a)) < 2 or np.ndim(raw(b)) < 2 or a.shape[-1] != b.shape[-1]:
        raise ValueError("points are rows of matrices with equally many columns; check the shapes")
    return vector_norm(expand_dims(a, -2) - expand_dims(b, -3), axis=-1, ord=_order(p))


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
