"""Normalization of images' channels: over the batch, in groups, each alone, and by its neighbours.

With the statistics of the batch it is one fused operation, with running ones an affine map.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, Handle, composite, op, raw
from ..kernels import normalization as kernels
from .elementwise import sqrt, square
from .layer_norm import layer_norm, real_dtype
from .reduction import mean, var
from .shape import concatenate, reshape


def _column(v: Any, ndim: int) -> Any:
    """(C,) as (C, 1, ...), which broadcasts along the channels of an array (N, C, ...)."""
    return reshape(v, (-1, *(1,) * (ndim - 2)))


def _check_channels(channels: int, **vectors: Any) -> None:
    """Raise ValueError for a vector (None: there is none) that has not one number for each channel."""
    for name, v in vectors.items():
        if v is not None and np.shape(raw(v)) != (channels,):
            raise ValueError(f"{name} must have one number for each of the {channels} channels; check the sizes")


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
    _check_channels(x.shape[1], weight=weight, bias=bias)
    return kernels.batch_norm(x.astype(real_dtype(x, weight, bias), copy=False), weight, bias, eps)


def _affine_backward(g: Any, needs: Any, x: Any, scale: Any) -> tuple[Any, ...]:
    given = kernels.affine_backward(g, x, scale)
    return tuple(gradient if needed else None for gradient, needed in zip(given, needs, strict=True))


@op(spec=lambda x, scale, shift: _affine(x, scale, shift), backward=_affine_backward)
def channel_affine(x: Array, scale: Array, shift: Array) -> Array:
    """``x * scale + shift`` with one number of each for a channel, in one sweep.

    x: real, (N, C) or (N, C, ...); scale, shift: (C,). Returns x's shape, in its order of memory. Raises ValueError for
    other shapes, TypeError for complex numbers.

    >>> channel_affine(randn(3, 2, 2), randn(2), randn(2))
    """
    channels, _ = _sizes(x.shape)
    _check_channels(channels, scale=scale, shift=shift)
    return kernels.affine(x.astype(real_dtype(x, scale, shift), copy=False), scale, shift)


@composite()
def batch_norm(
    x: Array,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias``: in training with the batch's mean and var, else running ones.

    x: (N, C) or (N, C, ...); the others: (C,), or None. In training the running statistics, if given, move by the share
    `momentum` towards those of the batch, the variance with ``n - 1`` in its denominator: a Tensor gets a new array, an
    array is written into; an empty batch leaves them alone. Returns x's shape. Raises ValueError for shapes that do not
    belong together, for running statistics that are missing, and in training for one number in each channel, of which
    there is no variance; TypeError for running statistics that cannot move.

    >>> batch_norm(randn(3, 2), np.float32([1, 2]), np.float32([2, 1]), positive(2), randn(2), eps=0.1)
    >>> batch_norm(randn(3, 2, 2), None, None, positive(2), training=True, momentum=0.2)
    """
    channels, number = _sizes(np.shape(raw(x)))
    _check_channels(channels, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("running_mean and running_var are missing; pass both, or training=True")
        scale = 1 / sqrt(_array(running_var) + eps)
        scale = scale if weight is None else scale * weight
        shift = -_array(running_mean) * scale
        return channel_affine(x, scale, shift if bias is None else shift + bias)
    _check_running(running_mean, running_var)
    if number == 0:
        return _affine(x, weight, bias)
    if number == 1:
        raise ValueError("one number in each channel has no variance; pass more than one, or training=False")
    out, center, spread = normalize_batch(x, weight, bias, eps)
    _move(running_mean, raw(center), momentum)
    _move(running_var, raw(spread) * (number / (number - 1)), momentum)
    return out


def _sizes(shape: tuple[int, ...]) -> tuple[int, int]:
    """How many channels there are, and how many numbers in each."""
    if len(shape) < 2:
        raise ValueError("x must be (N, C) or (N, C, ...); add the axes that it lacks with expand_dims")
    return shape[1], math.prod(shape) // max(1, shape[1])


def _array(statistic: Any) -> Any:
    return statistic if isinstance(statistic, Handle) else raw(statistic)


def _check_running(*statistics: Any) -> None:
    """Raise TypeError or ValueError, before the first one moves, if a running statistic cannot."""
    for running in statistics:
        if running is None:
            continue
        if not isinstance(running, np.ndarray | Handle) or raw(running).dtype.kind != "f":
            given = getattr(running, "dtype", type(running).__name__)
            raise TypeError(f"a running statistic is {given}; pass an array or a Tensor of float32 or float64")
        if isinstance(running, np.ndarray) and not running.flags.writeable:
            raise ValueError("a running statistic is read-only; pass a copy, or a Tensor")


def _move(running: Any, value: Any, momentum: float) -> None:
    """Let a running statistic (None: there is none) move by the share `momentum` to `value`, apart from any graph."""
    if isinstance(running, Handle):
        running.data = (running.data + momentum * (value - running.data)).astype(running.data.dtype)
    elif running is not None:
        running += momentum * (value - running)


# -- over groups and channels ------------------------------------------------------------------------------------


@composite()
def group_norm(
    x: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Array:
    """Groups of channels with mean 0 and variance 1 in each image, then times a weight plus a bias for each channel.

    x: (N, C, ...); num_groups: a divisor of C; weight, bias: (C,), or None for 1 and 0. Returns x's shape. Raises
    ValueError for other shapes and numbers. Wu and He 2018.

    >>> group_norm(randn(2, 4), 2)
    >>> group_norm(randn(1, 4, 2), 2, positive(4), randn(4), 0.1)
    """
    shape = np.shape(raw(x))
    channels, _ = _sizes(shape)
    if num_groups < 1 or channels % num_groups:
        raise ValueError(f"{channels} channels cannot be {num_groups} groups; pass a divisor")
    _check_channels(channels, weight=weight, bias=bias)
    length = math.prod(shape[1:]) // num_groups
    out = reshape(layer_norm(reshape(x, (shape[0] * num_groups, length)), length, None, None, eps), shape)
    return _affine(out, weight, bias) if weight is None or bias is None else channel_affine(out, weight, bias)


@composite()
def instance_norm(
    x: Array,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Array | None = None,
    bias: Array | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    """Each channel of each image with mean 0 and variance 1, then times a weight plus a bias for the channel.

    x: (N, C, L) or (N, C, ...); the others: (C,), or None. The running statistics, if given, move by the share
    `momentum` towards the means over the batch, as in `batch_norm`; without `use_input_stats` they are what x is
    normalised with. Returns x's shape. Raises ValueError for shapes that do not belong together, and for one number in
    each channel of an image. Ulyanov et al. 2016.

    >>> instance_norm(randn(2, 2, 3), None, None, positive(2), randn(2), momentum=0.2)
    >>> instance_norm(randn(2, 2, 2), np.float32([1, 2]), np.float32([2, 1]), use_input_stats=False, eps=0.1)
    """
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, eps=eps)
    channels, _ = _sizes(np.shape(raw(x)))
    number = math.prod(np.shape(raw(x))[2:])
    _check_channels(channels, running_mean=running_mean, running_var=running_var)
    _check_running(running_mean, running_var)
    if number < 2:
        raise ValueError("one number in each channel of an image has no variance; pass more, or use_input_stats=False")
    out = group_norm(x, channels, weight, bias, eps)
    if len(raw(x)):
        axes = tuple(range(2, np.ndim(raw(x))))
        _move(running_mean, np.mean(raw(x), (0, *axes)), momentum)
        _move(running_var, np.mean(np.var(raw(x), axes, ddof=1), 0), momentum)
    return out


@composite()
def local_response_norm(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """``x / (k + alpha * mean(x ** 2)) ** beta``, with the mean over `size` neighbouring channels. AlexNet's.

    x: (N, C, ...). Before channel i are ``size // 2`` neighbours, behind it the others; what is no channel counts as 0
    in the mean. Returns x's shape. Raises ValueError for other shapes, and unless size >= 1. Krizhevsky, Sutskever and
    Hinton 2012.

    >>> local_response_norm(randn(1, 4, 2), 3)
    >>> local_response_norm(randn(2, 3), 2, 0.5, 0.6, 2.0)
    """
    shape = np.shape(raw(x))
    channels, _ = _sizes(shape)
    if size < 1:
        raise ValueError("size must be at least 1; pass how many channels a mean is taken of")
    before, behind = (np.zeros((shape[0], n, *shape[2:]), raw(x).dtype) for n in (size // 2, (size - 1) // 2))
    padded = concatenate((before, square(x), behind), axis=1)
    total = padded[:, :channels]
    for i in range(1, size):
        total = total + padded[:, i : i + channels]
    return x / (k + alpha / size * total) ** beta
