"""Vectors scaled to length 1, and weights scaled by their lengths or by their largest singular value."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, composite, op, raw
from .elementwise import clip
from .linalg import matmul
from .norms import vector_norm
from .shape import moveaxis, reshape


@composite()
def normalize(x: Array, p: float = 2.0, axis: int | tuple[int, ...] = 1, eps: float = 1e-12) -> Array:
    """``x / max(norm(x), eps)``: vectors along `axis` with a norm of order `p` of 1.

    x: real, any shape with that axis. Returns the same shape. The gradient of a vector of zeros is g / eps.

    >>> normalize(randn(3, 2))
    >>> normalize(randn(2, 3), 3.0, 0, 0.1)
    >>> normalize(randn(4), 1.0, axis=0)
    """
    return x / clip(vector_norm(x, axis=axis, keepdims=True, ord=p), eps)


@composite()
def weight_norm(v: Array, g: Array, axis: int | None = 0) -> Array:
    """``g * v / norm(v)``: weights with a direction `v` and lengths `g`, one for each position along `axis`.

    v: any shape; g: that shape with 1 for all axes but `axis`, or one number for None, which takes all of v as one
    vector. Returns v's shape. Raises ValueError for another shape of g. Salimans and Kingma 2016.

    >>> weight_norm(randn(2, 3), positive(2, 1))
    >>> weight_norm(randn(2, 3, 2), positive(1, 3, 1), 1)
    """
    shape = np.shape(raw(v))
    one = None if axis is None else normalize_axis_index(axis, len(shape))
    others = tuple(i for i in range(len(shape)) if i != one)
    expected = tuple(1 if i in others else n for i, n in enumerate(shape))
    if np.shape(raw(g)) not in (expected, () if axis is None else expected):
        raise ValueError(f"g must have the shape {expected}, one length for each vector in v; reshape it")
    return v * (g / vector_norm(v, axis=others, keepdims=True))


@composite(constants=("u", "v"))
def spectral_norm(weight: Array, u: Array, v: Array, axis: int = 0) -> Array:
    """``weight / (u @ W @ v)``, which has the largest singular value 1 if `u` and `v` are its singular vectors.

    weight: at least two axes, seen as a matrix W with `axis` for rows and all others for columns; u: as long as a
    column of W, v: as long as a row, both of length 1, as `power_iteration` finds them. Returns weight's shape. The
    gradient of weight takes u and v as constants. Raises ValueError for other shapes. Miyato et al. 2018.

    >>> spectral_norm(positive(2, 3), positive(2), positive(3))
    >>> spectral_norm(positive(2, 2, 2), positive(2), positive(4), 1)
    """
    matrix = reshape(moveaxis(weight, axis, 0), (np.shape(raw(weight))[axis], -1))
    if (np.shape(raw(u)), np.shape(raw(v))) != tuple((n,) for n in matrix.shape):
        raise ValueError(f"u and v must be vectors of the lengths {matrix.shape}; take those of power_iteration")
    return weight / matmul(u, matmul(matrix, v))


@op(outputs=("left", "right"))
def power_iteration(weight: Array, u: Array, steps: int = 1, axis: int = 0, eps: float = 1e-12) -> tuple[Any, ...]:
    """Estimates of the singular vectors to the largest singular value, better with each step. Has no gradient.

    weight: seen as a matrix as in `spectral_norm`; u: an estimate of the left one. Returns the left and the right one,
    of length 1 (if their own is not below `eps`). Raises ValueError unless steps >= 1.

    >>> power_iteration(randn(2, 3), randn(2))
    >>> power_iteration(randn(2, 3, 2), randn(3), 2, 1, 1e-9)
    """
    if steps < 1:
        raise ValueError("steps must be at least 1; the right vector comes from the first")
    matrix = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
    for _ in range(steps):
        v = matrix.T @ u
        v = v / np.maximum(np.linalg.norm(v), eps)
        u = matrix @ v
        u = u / np.maximum(np.linalg.norm(u), eps)
    return u, v
