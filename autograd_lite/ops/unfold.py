"""Windows of images as the columns of a matrix (im2col), and the adjoint, which adds them up again."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import unfold as kernels
from ..kernels.windows import Lengths, Padding, Windows
from .windows import Numbers, check_axes, check_fit, check_pixels, for_axes, moving


@op(
    x=lambda g, x_shape, kernel_size, dilation, padding, stride: fold(
        g, x_shape[2:], kernel_size, dilation, padding, stride
    )
)
def unfold(
    x: Array,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: str | int | tuple[int, ...] | Padding = 0,
    stride: Numbers = 1,
) -> Array:
    """What each window of an image sees, as a column: a convolution is a matrix product with these.

    x: (N, C, *size), with one to three axes after the channels. Returns (N, C * taps of a window, number of windows),
    both in row-major order, channels first. kernel_size, dilation, padding, stride: as in `conv2d`. Raises ValueError
    for arguments out of range and where no window fits.

    >>> unfold(randn(2, 3, 4, 5), 2)
    >>> unfold(randn(1, 2, 5, 6), (3, 2), (1, 2), (1, 0), (2, 1))
    >>> unfold(randn(2, 2, 5), 3, padding=((1, 2),))
    """
    axes = np.ndim(x) - 2
    check_axes("x", np.ndim(x), min(3, max(1, axes)))
    kernel = for_axes("kernel_size", kernel_size, axes)
    return kernels.unfold(x, _windows(kernel, x.shape[2:], stride, padding, dilation))


@op(x=lambda g, kernel_size, dilation, padding, stride: unfold(g, kernel_size, dilation, padding, stride))
def fold(
    x: Array,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: str | int | tuple[int, ...] | Padding = 0,
    stride: Numbers = 1,
) -> Array:
    """The adjoint of `unfold`: columns are added up where their windows lie, so that overlaps are sums.

    x: (N, C * taps of a window, number of windows). output_size: of the images, a number for square ones or a tuple of
    one to three; the other arguments are those of `unfold`. Returns (N, C, *output_size). Raises ValueError for
    another number of windows or rows than these arguments give.

    >>> fold(randn(2, 12, 12), (4, 5), 2)
    >>> fold(randn(1, 12, 15), (5, 5), (3, 2), (1, 2), (1, 1), (2, 1))
    >>> fold(randn(1, 12, 15), 5, (3, 2), 1, ((1, 1), (-1, 0)), (1, 1))
    """
    axes = len(output_size) if isinstance(output_size, tuple | list) else 2
    size, kernel = for_axes("output_size", output_size, axes), for_axes("kernel_size", kernel_size, axes)
    windows = _windows(kernel, size, stride, padding, dilation)
    taps, expected = math.prod(kernel), math.prod(windows.counts(size))
    if np.ndim(x) != 3 or x.shape[1] % taps or x.shape[2] != expected:
        raise ValueError(
            f"x has shape {np.shape(x)}, there are {taps} taps and {expected} windows; pass one of shape"
            f" (N, C * {taps}, {expected})"
        )
    return kernels.fold(x, size, windows)


def _windows(kernel: Lengths, size: Lengths, stride: Any, padding: Any, dilation: Any) -> Windows:
    windows = moving(kernel, size, stride, padding, dilation)
    check_pixels(size)
    check_fit(size, windows)
    return windows
