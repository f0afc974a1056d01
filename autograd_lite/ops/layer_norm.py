"""Normalization over the last axes: by mean and variance, or by the root mean square. One fused operation each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import layer_norm as kernels
from .elementwise import sqrt, square
from .reduction import mean


def _layer_norm_spec(x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    axes = _last_axes(x, normalized_shape)
    distance = x - mean(x, axes, keepdims=True)
    out = distance / sqrt(mean(square(distance), axes, keepdims=True) + eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def _layer_norm_backward(
    g: Any, needs: Any, x: Any, normalized_shape: Any, weight: Any, statistics: Any
) -> tuple[Any, ...]:
    return _rows_backward(g, needs, x, normalized_shape, weight, statistics, centered=True)


@op(residuals=("statistics",), spec=_layer_norm_spec, backward=_layer_norm_backward)
def layer_norm(
    x: Array,
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` with the mean and the (biased) variance over the last axes.

    x: real; normalized_shape: the lengths of the axes that are normalised, x's last; weight, bias: of that shape, or
    None for 1 and 0. Returns x's shape. Raises ValueError for other shapes, TypeError for complex numbers. Ba, Kiros
    and Hinton 2016.

    >>> layer_norm(randn(2, 3), 3)
    >>> layer_norm(randn(2, 2, 3), (2, 3), positive(2, 3), randn(2, 3), 0.1)
    """
    return _normalize_rows(x, normalized_shape, weight, bias, eps, centered=True)


def _rms_norm_spec(x: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    square_mean = mean(square(x), _last_axes(x, normalized_shape), keepdims=True)
    out = x / sqrt(square_mean + _smallest(square_mean, eps))
    return out if weight is None else out * weight


def _rms_norm_backward(
    g: Any, needs: Any, x: Any, normalized_shape: Any, weight: Any, statistics: Any
) -> tuple[Any, ...]:
    return _rows_backward(g, needs, x, normalized_shape, weight, statistics, centered=False)


@op(residuals=("statistics",), spec=_rms_norm_spec, backward=_rms_norm_backward)
def rms_norm(
    x: Array, normalized_shape: int | Sequence[int], weight: Array | None = None, eps: float | None = None
) -> Array:
    """``x / sqrt(mean(x ** 2) + eps) * weight``, with the mean over the last axes: `layer_norm` without the means.

    x: real; normalized_shape: the lengths of the axes that are normalised, x's last; weight: of that shape, or None for
    1; eps: None for the dtype's own, from 1 to the next number. Returns x's shape. Raises ValueError for other shapes,
    TypeError for complex numbers. Zhang and Sennrich 2019.

    >>> rms_norm(randn(2, 3), 3)
    >>> rms_norm(randn(2, 2, 3), (2, 3), positive(2, 3), 0.1)
    """
    return _normalize_rows(x, normalized_shape, weight, None, eps, centered=False)


def _last_axes(x: Any, normalized_shape: Any) -> tuple[int, ...]:
    return tuple(range(-np.size(normalized_shape), 0))


def _smallest(x: Any, eps: float | None) -> float:
    return float(np.finfo(x.dtype).eps) if eps is None else eps


def _normalize_rows(x: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float | None, centered: bool) -> Any:
    lengths = (normalized_shape,) if np.ndim(normalized_shape) == 0 else tuple(normalized_shape)
    if not lengths or x.shape[-len(lengths) :] != lengths:
        raise ValueError("normalized_shape must be the lengths of x's last axes; pass x.shape[-1] or the last few")
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != lengths:
            raise ValueError(f"{name} must have the shape {lengths} of what is normalised; check the sizes")
    x = x.astype(real_dtype(x, weight, bias), copy=False)
    rows = np.ascontiguousarray(x).reshape(math.prod(x.shape[: -len(lengths)]), math.prod(lengths))
    flat_weight, flat_bias = (None if v is None else v.astype(x.dtype, copy=False).reshape(-1) for v in (weight, bias))
    out, means, scales = kernels.layer_norm(rows, flat_weight, flat_bias, _smallest(x, eps), centered)
    return out.reshape(x.shape), (means, scales)


def _rows_backward(
    g: Any, needs: Any, x: Any, normalized_shape: Any, weight: Any, statistics: Any, centered: bool
) -> tuple[Any, ...]:
    lengths = x.shape[x.ndim - np.size(normalized_shape) :]
    means, scales = statistics
    rows = len(means), math.prod(lengths)
    flat_g, flat_x = (np.ascontiguousarray(v, means.dtype).reshape(rows) for v in (g, x))
    flat_weight = None if weight is None else weight.astype(means.dtype, copy=False).reshape(-1)
    d_x, d_weight, d_bias = kernels.layer_norm_backward(flat_g, flat_x, flat_weight, means, scales, centered)
    given = d_x.reshape(x.shape), d_weight.reshape(lengths), d_bias.reshape(lengths)
    return tuple(gradient if needed else None for gradient, needed in zip(given, needs, strict=False))


def real_dtype(*operands: Any) -> Any:
    """The floating-point dtype of the operands (None: there is none). Raises TypeError for complex numbers."""
    dtype = np.result_type(*(v for v in operands if v is not None), np.float16)
    if dtype.kind != "f":
        raise TypeError("the operands must be real; normalise real and imaginary parts apart")
    return dtype
