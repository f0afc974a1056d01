"""Kernels of norms and distances."""

from __future__ import annotations

from typing import Any

import numpy as np

from .decompositions import each
from .reduction import Axis, add_reduce

Array = np.ndarray[Any, Any]


def power_norm(x: Array, p: float, axis: Axis, keepdims: bool) -> Any:
    """``sum(abs(x) ** p) ** (1 / p)``, and 0 where p is negative and an element 0."""
    if p == 2:
        squares = x * x if x.dtype.kind != "c" else x.real * x.real + x.imag * x.imag
        return np.sqrt(add_reduce(squares, axis, keepdims=keepdims))
    modulus = np.abs(x)
    if p == 1:
        return add_reduce(modulus, axis, keepdims=keepdims)
    with np.errstate(divide="ignore"):  # the reciprocal of 0 is infinite, and that of the sum then 0
        return add_reduce(modulus**p, axis, keepdims=keepdims) ** (1 / p)


def euclidean_distances(a: Array, b: Array) -> Array:
    """Distances of the rows of a (..., n, d) and b (..., m, d), real, computed in double precision."""
    from scipy.spatial.distance import cdist

    kind = np.result_type(a, b, np.float32 if a.dtype.kind == b.dtype.kind == "f" else np.float64)
    return each(lambda a, b: (cdist(a, b),), a, b)[0].astype(kind, copy=False)


def euclidean_distances_reference(a: Array, b: Array) -> Any:
    """The same from all differences."""
    return np.sqrt(np.square(a[..., :, None, :] - b[..., None, :, :]).sum(-1))
