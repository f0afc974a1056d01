"""Batch normalization: with the statistics of the batch as one fused operation, with running ones as an affine map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, Handle, op, raw
from ..kernels import normalization as kernels
from .elementwise import sqrt
from .reduction import mean, var
from .shape import reshape


def _column(v: Any, ndim: int) -> Any:
    """(C,) as (C, 1, ...), which broadcasts along the channels of an array (N, C, ...)."""
    return reshape(v, (-1, *(1,) * (ndim - 2)))


def _affine(x: Any, scale: Any | None, shift: Any | None) -> Any:
    """``x * scale + shift`` with a number for each channel, or None for 1 and 0."""
    out = x if scale is None else x * _column(scale, x.ndim)
    return out if shift is None else out + _column(shift, x.ndim)


def _normalize_batch_spec(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> tuple[Any, Any, Any]:
    axes = (0, *range(2, x.ndim))
    center, spread = mean(x, axes), var(x, axes)
    scale = 1 / sqrt(spread + eps)
    out = _affine(x - _column(center, x.ndim), scale if weight is None else scale * weight, bias)
    return out, center, spread


def _normalize_batch_backward(g: Any, needs: Any, x: Any, weight: Any, eps: float, statistics: Any) -> tuple[Any, ...]:
    given = kernels.batch_norm_backward(g, x, weight, statistics, eps)
    return tuple(gradient if needed else None for gradient, needed in zip(given, needs, strict=True))


@op(
    outputs=("normalized", "center", "spread"),
    residuals=("statistics",),
    spec=_normalize_batch_spec,
    backward=_normalize_batch_backward,
)
def normalize_batch(
    x: Array, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> tuple[Any, ...]:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` with the mean and variance of each channel over the batch.

    x: real, (N, C) or (N, C, ...); weight, bias: (C,), or None for 1 and 0. Returns the same shape, in x's order of
    memory, the means (C,) and the (biased) variances (C,). Raises ValueError for other shapes and an empty x, TypeError
    for complex numbers. Ioffe and Szegedy 2015.

    >>> normalize_batch(randn(4, 2))
    >>> normalize_batch(randn(3, 2, 2, 3), positive(2), randn(2), 0.1)
    """
    if x.ndim < 2:
        raise ValueError("x must be (N, C) or (N, C, ...); add the axes that it lacks with expand_dims")
    if x.size == 0:
        raise ValueError("x is empty, which has no mean; pass at least one number for each channel")
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and v.shape != x.shape[1:2]:
            raise ValueError(f"{name} must have one number for each of the {x.shape[1]} channels; check the sizes")
    dtype = np.result_type(*(v for v in (x, weight, bias) if v is not None), np.float16)
    if dtype.kind != "f":
        raise TypeError("the operands must be real; normalise real and imaginary parts apart")
    return kernels.batch_norm(x.astype(dtype, copy=False), weight, bias, eps)


def batch_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """``(x - mean) / sqrt(var + eps) * weight + bias``: in training with the batch's mean and var, else running ones.

    x: (N, C) or (N, C, ...); the others: (C,), or None. In training the running statistics, if given, move by the share
    `momentum` towards those of the batch, the variance with ``n - 1`` in its denominator: a Tensor gets a new array, an
    array is written into; an empty batch leaves them alone. Returns x's shape. Raises ValueError for shapes that do not
    belong together, for running statistics that are missing, and in training for one number in each channel, of which
    there is no variance.
    """
    channels, number = _sizes(np.shape(raw(x)))
    for name, v in (("running_mean", running_mean), ("running_var", running_var), ("weight", weight), ("bias", bias)):
        if v is not None and np.shape(raw(v)) != (channels,):
            raise ValueError(
                f"batch_norm: {name} is {np.shape(raw(v))}, x {np.shape(raw(x))} has {channels} channels; pass one"
                " number for each"
            )
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: running_mean and running_var are missing; pass both, or training=True")
        scale = 1 / sqrt(running_var + eps)
        return _affine(x - _column(running_mean, x.ndim), scale if weight is None else scale * weight, bias)
    _check_running(running_mean, running_var)
    if number == 0:
        return _affine(x, weight, bias)
    if number == 1:
        raise ValueError(
            f"batch_norm: x {np.shape(raw(x))} has one number in each channel, which has no variance; pass more than"
            " one, or training=False"
        )
    out, center, spread = normalize_batch(x, weight, bias, eps)
    _move(running_mean, raw(center), momentum)
    _move(running_var, raw(spread) * (number / (number - 1)), momentum)
    return out


def _sizes(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many channels there are, and how many numbers in each."""
    if len(shape) < 2:
        raise ValueError(f"batch_norm: x must be (N, C) or (N, C, ...), not {shape}; add the axes that it lacks")
    return shape[1], math.prod(shape) // max(1, shape[1])


def _check_running(*statistics: Any) -> None:
    """Raise TypeError or ValueError, before the first one moves, if a running statistic cannot."""
    for running in statistics:
        if running is None:
            continue
        if not isinstance(running, np.ndarray | Handle) or raw(running).dtype.kind != "f":
            given = getattr(running, "dtype", type(running).__name__)
            raise TypeError(
                f"batch_norm: a running statistic is {given}; pass an array or a Tensor of float32 or float64"
            )
        if isinstance(running, np.ndarray) and not running.flags.writeable:
            raise ValueError("batch_norm: a running statistic is read-only; pass a copy, or a Tensor")


def _move(running: Any, value: Any, momentum: float) -> None:
    """Let a running statistic (None: there is none) move by the share `momentum` to `value`, apart from any graph."""
    if isinstance(running, Handle):
        running.data = (running.data + momentum * (value - running.data)).astype(running.data.dtype)
    elif running is not None:
        running += momentum * (value - running)
