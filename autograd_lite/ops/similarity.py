"""How alike two vectors are."""

from __future__ import annotations

import numpy as np

from ..core import Array, composite, raw
from .elementwise import maximum
from .linalg import einsum
from .norms import vector_norm
from .reduction import sum
from .shape import broadcast_arrays


@composite()
def cosine_similarity(a: Array, b: Array, axis: int = 1, eps: float = 1e-8) -> Array:
    """Cosine of the angle between vectors along `axis`: their product over the product of their lengths.

    a, b: real, broadcast against each other. eps: the least length that is divided by. Returns the broadcast shape
    without the axis. A vector of zeros is as like any other as 0, and its gradient is finite.

    >>> cosine_similarity(randn(2, 3), randn(2, 3))
    >>> cosine_similarity(randn(3, 1), randn(3), 0, 0.1)
    """
    a, b = (x / maximum(vector_norm(x, axis=axis, keepdims=True), eps) for x in broadcast_arrays(a, b))
    return sum(a * b, axis)


@composite()
def pairwise_distance(a: Array, b: Array, p: float = 2.0, eps: float = 1e-6, keepdims: bool = False) -> Array:
    """Distance between vectors along the last axis: the p-norm of ``a - b + eps``.

    a, b: real, broadcast against each other. eps keeps the difference of equal vectors away from 0. Returns the
    broadcast shape without the last axis (of length 1 with keepdims). Where ``a - b + eps`` is 0 the gradient is 0.

    >>> pairwise_distance(randn(2, 3), randn(3))
    >>> pairwise_distance(randn(2, 3), randn(2, 3), 3.0, 0.1, True)
    """
    return vector_norm(a - b + eps, ord=p, axis=-1, keepdims=keepdims)


@composite()
def bilinear(a: Array, b: Array, weight: Array, bias: Array | None = None) -> Array:
    """For each output k the form ``a @ weight[k] @ b + bias[k]``, over the last axes.

    a: (..., n); b: (..., m), the same leading axes; weight: (out, n, m); bias: (out,), or None. Returns (..., out).
    Raises ValueError where these do not fit.

    >>> bilinear(randn(2, 3), randn(2, 1), randn(2, 3, 1))
    >>> bilinear(randn(2), randn(3), randn(1, 2, 3), randn(1))
    """
    left, right, weights = (np.shape(raw(x)) for x in (a, b, weight))
    if len(weights) != 3 or left[-1:] != weights[1:2] or right[-1:] != weights[2:]:
        raise ValueError("weight must be (out, features of a, features of b); check the sizes of the layer")
    if left[:-1] != right[:-1]:
        raise ValueError("a and b must have the same leading axes; broadcast one of them")
    out = einsum("...i,kij,...j->...k", a, weight, b)
    return out if bias is None else out + bias
