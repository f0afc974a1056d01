"""Pooling in two dimensions. A maximum is a *take* at saved places; its adjoint, a *scatter*, is an operation, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import pooling as kernels
from ..kernels.windows import Windows
from .windows import Numbers, both_sides, check_axes, check_fit, pair


@op(
    residuals=("winners",),
    x=lambda g, x_shape, winners, kernel_size, stride, padding, dilation: scatter_windows(
        g, winners, x_shape[2:], kernel_size, stride, padding, dilation
    ),
    branch=lambda winners: winners,
)
def max_pool2d(
    x: Array, kernel_size: Numbers, stride: Numbers | None = None, padding: Numbers = 0, dilation: Numbers = 1
) -> Array:
    """The largest pixel in each window; NaN if one is.

    x: real, (N, C, H, W). Returns (N, C, rows, columns), where along each axis
    ``rows = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``.
    kernel_size, stride, padding, dilation: a number or (rows, columns). stride: None is the kernel's size. padding: at
    most half of the kernel; it never is the largest. At a tie the gradient goes to the first pixel, row by row.
    Raises ValueError for other axes, too much padding, and an empty result; TypeError for complex numbers and booleans.

    >>> max_pool2d(distinct(2, 2, 4, 5), 2)
    >>> max_pool2d(distinct(1, 2, 5, 6), (3, 2), (1, 2), (1, 0), (1, 2))
    """
    if np.result_type(x).kind not in "iuf":
        raise TypeError("only real numbers have a largest one; pool ag.abs(x) or the real part, or convert booleans")
    return kernels.max_pool(x, _windows(np.shape(x), kernel_size, stride, padding, dilation))


@op(
    x=lambda g, x_shape, winners, kernel_size, stride, padding, dilation: scatter_windows(
        g, winners, x_shape[2:], kernel_size, stride, padding, dilation
    )
)
def take_windows(
    x: Array,
    winners: Array,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
) -> Array:
    """From each window the pixel under one tap: `max_pool2d` with the choice already made.

    x: (N, C, H, W); winners: (N, C, rows, columns), the number of a tap for each window, row by row; 0 where it lies in
    the padding. Other arguments as in `max_pool2d`. Returns the shape of the winners. Raises ValueError for
    shapes that do not belong together.

    >>> take_windows(randn(2, 2, 4, 5), integers(4, 2, 2, 2, 2), 2)
    >>> take_windows(randn(1, 2, 5, 6), integers(6, 1, 2, 5, 2), (3, 2), (1, 2), (1, 0), (1, 2))
    """
    windows = _windows(np.shape(x), kernel_size, stride, padding, dilation)
    _check_pooled("winners", winners, x.shape, windows)
    return kernels.take(x, winners, windows)


@op(
    g_out=lambda g, winners, kernel_size, stride, padding, dilation: take_windows(
        g, winners, kernel_size, stride, padding, dilation
    )
)
def scatter_windows(
    g_out: Array,
    winners: Array,
    size: tuple[int, int],
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
) -> Array:
    """Images of zeros with each window's number added at the pixel it chose: the adjoint of `take_windows`.

    g_out, winners: (N, C, rows, columns). Other arguments as there. Returns (N, C, *size). Raises ValueError for shapes
    that do not belong together.

    >>> scatter_windows(randn(2, 2, 2, 2), integers(4, 2, 2, 2, 2), (4, 5), 2)
    >>> scatter_windows(randn(1, 2, 5, 2), integers(6, 1, 2, 5, 2), (5, 6), (3, 2), (1, 2), (1, 0), (1, 2))
    """
    shape = (*np.shape(g_out)[:2], *size)
    windows = _windows(shape, kernel_size, stride, padding, dilation)
    _check_pooled("g_out", g_out, shape, windows)
    _check_pooled("winners", winners, shape, windows)
    return kernels.scatter(g_out, winners, size, windows)


@op(
    x=lambda g, x_shape, kernel_size, stride, padding, dilation, count_include_pad: spread_windows(
        g, x_shape[2:], kernel_size, stride, padding, dilation, count_include_pad
    )
)
def avg_pool2d(
    x: Array,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    count_include_pad: bool = True,
) -> Array:
    """The mean of each window.

    x: (N, C, H, W). Returns (N, C, rows, columns), as many as `max_pool2d`, whose arguments these are.
    count_include_pad: whether the padding counts, as zeros. Raises ValueError for other axes, too much padding, and an
    empty result.

    >>> avg_pool2d(randn(2, 2, 4, 5), 2)
    >>> avg_pool2d(randn(1, 2, 5, 6), (3, 2), (1, 2), (1, 0), (1, 2), False)
    """
    return kernels.average(x, _windows(np.shape(x), kernel_size, stride, padding, dilation), count_include_pad)


@op(
    g_out=lambda g, kernel_size, stride, padding, dilation, count_include_pad: avg_pool2d(
        g, kernel_size, stride, padding, dilation, count_include_pad
    )
)
def spread_windows(
    g_out: Array,
    size: tuple[int, int],
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    count_include_pad: bool = True,
) -> Array:
    """Images in which each window's number is shared out among its pixels: the adjoint of `avg_pool2d`.

    g_out: (N, C, rows, columns). Other arguments as there. Returns (N, C, *size). Raises ValueError for shapes that do
    not belong together.

    >>> spread_windows(randn(2, 2, 2, 2), (4, 5), 2)
    >>> spread_windows(randn(1, 2, 5, 2), (5, 6), (3, 2), (1, 2), (1, 0), (1, 2), False)
    """
    shape = (*np.shape(g_out)[:2], *size)
    windows = _windows(shape, kernel_size, stride, padding, dilation)
    _check_pooled("g_out", g_out, shape, windows)
    return kernels.spread(g_out, size, windows, count_include_pad)


def _windows(shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Windows:
    """How windows move over images of this shape; ValueError if they cannot."""
    check_axes("x", len(shape))
    kernel, around = pair("kernel_size", kernel_size), both_sides(padding)
    steps = kernel if stride is None else pair("stride", stride)
    windows = Windows.of(kernel, steps, around, pair("dilation", dilation))
    for taps, sides in zip(kernel, around, strict=True):
        if 2 * max(sides) > taps:
            raise ValueError(f"padding {max(sides)} is more than half of the kernel's size {taps}; use less")
    check_fit((shape[2], shape[3]), windows)
    return windows


def _check_pooled(name: str, pooled: Any, x_shape: tuple[int, ...], windows: Windows) -> None:
    """ValueError unless `pooled` has one number for each window."""
    expected = (*x_shape[:2], *windows.counts((x_shape[2], x_shape[3])))
    if np.shape(pooled) != expected:
        raise ValueError(f"{name} has shape {np.shape(pooled)}, there are {expected} windows; pass one of that shape")
