"""Locally connected layers: a convolution whose filters are not shared, so that each window has weights of its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import local as kernels
from ..kernels.windows import Lengths, Padding, Windows
from .linalg import matmul
from .reduction import sum
from .shape import reshape, swapaxes, transpose
from .unfold import fold, unfold
from .windows import Numbers, check_axes, check_fit, check_pixels, moving

LocalPadding = str | int | tuple[int, ...] | Padding

# -- the gradients, in operations that have derivatives of their own: so there is every order ----------------------


def _image_gradient(g: Any, x_shape: Any, weight: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    windows = _windows(len(x_shape) - 2, x_shape, weight.shape, stride, padding, dilation)
    # (windows, N, O) @ (windows, O, C * taps)
    columns = transpose(matmul(_by_place(_flat(g)), _matrices(weight)), (1, 2, 0))
    return fold(columns, x_shape[2:], windows.kernel, windows.dilation, windows.padding, windows.stride)


def _weight_gradient(g: Any, x: Any, weight_shape: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    axes, (filters, channels, *places) = x.ndim - 2, weight_shape
    windows = _windows(axes, x.shape, weight_shape, stride, padding, dilation)
    seen = _by_place(unfold(x, windows.kernel, windows.dilation, windows.padding, windows.stride))
    # (windows, O, N) @ (windows, N, C * taps)
    product = matmul(swapaxes(_by_place(_flat(g)), 1, 2), seen)
    product = reshape(product, (*places[:axes], filters, channels, *places[axes:]))
    return transpose(product, (axes, axes + 1, *range(axes), *range(axes + 2, 2 * axes + 2)))


def _flat(g: Any) -> Any:
    """(N, O, *counts) as (N, O, windows)."""
    return reshape(g, (*g.shape[:2], math.prod(g.shape[2:])))


def _by_place(columns: Any) -> Any:
    """(N, K, windows) as (windows, N, K)."""
    return transpose(columns, (2, 0, 1))


def _matrices(weight: Any) -> Any:
    """(O, C, *counts, *kernel) as (windows, O, C * taps)."""
    axes = (weight.ndim - 2) // 2
    filters, channels, *places = weight.shape
    order = (*range(2, axes + 2), 0, 1, *range(axes + 2, 2 * axes + 2))
    sizes = math.prod(places[:axes]), filters, channels * math.prod(places[axes:])
    return reshape(transpose(weight, order), sizes)


# -- the operations ------------------------------------------------------------------------------------------------


@op(x=_image_gradient, weight=_weight_gradient, bias=lambda g: sum(g, 0))
def local_conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: LocalPadding = 0,
    dilation: Numbers = 1,
) -> Array:
    """Windows of sequences, each with filters of its own, plus a bias for each filter and window.

    x: (N, C, L); weight: (O, C, length, taps); bias: (O, length). Returns (N, O, length), as many as `conv1d`, whose
    arguments the others are. Raises ValueError for shapes that do not belong together, and for an empty result.

    >>> local_conv1d(randn(2, 3, 5), randn(2, 3, 3, 3))
    >>> local_conv1d(randn(2, 2, 7), randn(3, 2, 2, 3), randn(3, 2), 2, ((1, 2),), 3)
    """
    return _local(1, x, weight, bias, stride, padding, dilation)


@op(x=_image_gradient, weight=_weight_gradient, bias=lambda g: sum(g, 0))
def local_conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: LocalPadding = 0,
    dilation: Numbers = 1,
) -> Array:
    """Windows of images, each with filters of its own (unshared weights), plus a bias for each filter and window.

    x: (N, C, H, W); weight: (O, C, rows, columns, kh, kw); bias: (O, rows, columns). Returns (N, O, rows, columns), as
    many as `conv2d`, whose arguments the others are. Raises ValueError for shapes that do not belong together, and for
    an empty result.

    >>> local_conv2d(randn(2, 3, 4, 3), randn(2, 3, 2, 2, 3, 2))
    >>> local_conv2d(randn(2, 2, 4, 5), randn(2, 2, 2, 5, 3, 2), randn(2, 2, 5), (2, 1), (1, 1), (1, 2))
    """
    return _local(2, x, weight, bias, stride, padding, dilation)


def _local(axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    windows = _windows(axes, np.shape(x), np.shape(weight), stride, padding, dilation)
    _check(x.shape, weight.shape, bias, windows.counts(x.shape[2:]))
    out = kernels.correlate(x, weight, windows)
    return out if bias is None else out + bias


# -- checks ------------------------------------------------------------------------------------------------------


def _windows(axes: int, x: Lengths, weight: Lengths, stride: Any, padding: Any, dilation: Any) -> Windows:
    """How the windows move that a weight (O, C, *counts, *kernel) is for."""
    check_axes("x", len(x), axes)
    if len(weight) != 2 * axes + 2:
        raise ValueError(
            f"weight must have {2 * axes + 2} axes (filters, channels, windows and taps along each axis), it has"
            f" {len(weight)}; pass one for each window, or use conv{axes}d to share filters"
        )
    check_pixels(x[2:])
    if min(kernel := weight[axes + 2 :]) < 1:
        raise ValueError("the filters have no taps; pass a weight with at least one")
    windows = moving(kernel, x[2:], stride, padding, dilation)
    check_fit(x[2:], windows)
    return windows


def _check(x: Lengths, weight: Lengths, bias: Any, counts: Lengths) -> None:
    expected = (weight[0], x[1], *counts, *weight[len(counts) + 2 :])
    if weight != expected:
        raise ValueError(
            f"x has {x[1]} channels and {math.prod(counts)} windows, {counts} along the axes; pass a weight of shape"
            f" {expected}"
        )
    if bias is not None and np.shape(bias) != (weight[0], *counts):
        raise ValueError(f"bias has shape {np.shape(bias)}; pass one of shape {(weight[0], *counts)}")
