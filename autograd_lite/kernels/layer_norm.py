"""Normalization of rows: each by its own mean and variance, or by its root mean square.

x is (N, D), with a weight and a bias along D. Both sweeps go over blocks of rows that stay in the cache. Sums along
rows and columns are products with vectors, and what is the product of a number for each row with one for each column is
a product of matrices, two such products in one: BLAS takes 3.4 us for (128, 256), where NumPy's broadcasting takes 12.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .normalization import FAR
from .workspace import workspace

Array = np.ndarray[Any, Any]

BLOCK = 1 << 16  # elements of a block: the arrays of one fill half of a core's second cache


def layer_norm(
    x: Array, weight: Array | None, bias: Array | None, eps: float, centered: bool
) -> tuple[Array, Array, Array]:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` for each row of x (N, D), with mean 0 unless `centered`.

    Returns that, with the means and the inverse deviations (N,) that `layer_norm_backward` needs.
    """
    out, means, scales = np.empty_like(x, order="C"), np.zeros(len(x), x.dtype), np.empty(len(x), x.dtype)
    weight = np.ones(x.shape[1], x.dtype) if weight is None else weight
    bias = np.zeros_like(weight) if bias is None else bias
    for block in _blocks(x):
        means[block], scales[block] = _normalize(x[block], weight, bias, eps, centered, out[block])
    return out, means, scales


def _normalize(x: Array, weight: Array, bias: Array, eps: float, centered: bool, out: Array) -> tuple[Array, Array]:
    """What `layer_norm` gives for a block, into `out`; the means and the inverse deviations."""
    mean, square = _row_sums(x) / _length(x) if centered else np.zeros(len(x), x.dtype), np.vecdot(x, x) / _length(x)
    rest, var = mean, square - mean * mean
    if (mean * mean > FAR * var).any():  # sums of squares would cancel: from the distances, which have their own mean
        x = x - mean[:, None]
        rest = _row_sums(x) / _length(x)
        mean, var = mean + rest, np.maximum(np.vecdot(x, x) / _length(x) - rest * rest, 0)
    scale = 1 / np.sqrt(var + eps)
    np.multiply(x, _outer(scale, weight), out=out)
    out += _outer(-rest * scale, weight, np.ones_like(scale), bias)
    return mean, scale


def layer_norm_backward(
    g: Array, x: Array, weight: Array | None, means: Array, scales: Array, centered: bool
) -> tuple[Array, Array, Array]:
    """Gradients of x (N, D), weight (D,) and bias (D,) in `layer_norm`, from that of its result and what it returned.

    With m the mean and r the inverse deviation of a row, the result is y = r (x - m) w + b. The gradient of x is
    r g w - r mean(g w) - r^3 (x - m) mean(g w (x - m)), a sum of multiples of g w, x and 1.
    """
    d_x = np.empty_like(x, order="C")
    along = np.ones(x.shape[1], x.dtype) if weight is None else weight
    sums = np.zeros((2, x.shape[1]))
    for block in _blocks(x):
        sums += _gradient(g[block], x[block], along, means[block], scales[block], centered, d_x[block])
    d_weight, d_bias = sums.astype(x.dtype)
    return d_x, d_weight, d_bias


def _gradient(g: Array, x: Array, weight: Array, mean: Array, scale: Array, centered: bool, d_x: Array) -> Array:
    """The gradient of a block of x into `d_x`, and its share in those of weight and bias (2, D)."""
    if (mean * mean * scale * scale > FAR).any():
        x, mean = x - mean[:, None], np.zeros_like(mean)
    product = np.multiply(g, x, out=workspace(x.shape, x.dtype, 1))
    d_weight, d_bias = scale @ product - (mean * scale) @ g, np.ones_like(scale) @ g
    level = g @ weight / _length(x) if centered else np.zeros_like(mean)  # mean(g w)
    slope = (mean * level - product @ weight / _length(x)) * scale**3  # minus r^3 mean(g w (x - m))
    np.multiply(g, _outer(scale, weight), out=d_x)
    d_x += np.einsum("nd,n->nd", x, slope, out=product)
    if centered:
        d_x += _outer(-scale * level - slope * mean, np.ones_like(weight))
    return np.stack([d_weight, d_bias])


def _blocks(x: Array) -> Iterator[slice]:
    height = max(1, BLOCK // _length(x))
    return (slice(top, top + height) for top in range(0, len(x), height))


def _length(x: Array) -> int:
    """How many numbers a row has, 1 for none."""
    return max(1, x.shape[1])


def _row_sums(x: Array) -> Array:
    return x @ np.ones(x.shape[1], x.dtype)


def _outer(a: Array, b: Array, c: Array | None = None, d: Array | None = None) -> Array:
    """``a[:, None] * b + c[:, None] * d`` for a, c (N,) and b, d (D,), None for zeros; valid until the next call."""
    left, right = np.zeros((len(a), 2), a.dtype), np.zeros((2, len(b)), a.dtype)
    left[:, 0], right[0] = a, b
    if c is not None:
        left[:, 1], right[1] = c, d
    return np.matmul(left, right, out=workspace((len(a), len(b)), a.dtype))


def layer_norm_reference(x: Array, weight: Array | None, bias: Array | None, eps: float, centered: bool) -> Array:
    """`layer_norm` as it is defined."""
    mean = x.mean(1, keepdims=True) if centered else 0
    out = (x - mean) / np.sqrt(np.square(x - mean).mean(1, keepdims=True) + eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias
