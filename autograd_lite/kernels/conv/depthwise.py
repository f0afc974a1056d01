"""Depthwise correlation: each channel has one filter of its own, and there are no matrix products.

`np.einsum` multiplies and adds in one pass where the last axis lies together in memory, and it leaves out the products'
array: 0.4 of the time of two ufuncs for each tap, a twentieth of a small matrix product for each channel. So that the
last axis is long, it has the channels of several neighbouring pixels. Threads share the images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import threads
from ..windows import Windows
from .layout import as_images, beyond, channels_last, empty_rows, seen, turned
from .problem import Problem

Array = np.ndarray[Any, Any]

SPEED = 8e8  # multiplications in a second, roughly
ROW = 1024  # numbers in the last axis: operands for all taps fit into the fastest cache


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    if not problem.groups == problem.channels == problem.filters:
        return "it needs one filter for each channel"
    return None


def wins(problem: Problem) -> bool:
    """Whether this is the fastest kernel: where rows are long."""
    return problem.groups > 1 and (problem.channels >= 16 or problem.windows.stride[1] == 1)


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each channel of x (N, C, H, W) by its filter of the weight (C, 1, kh, kw): (N, C, rows, columns)."""
    x, (rows, columns) = channels_last(x), windows.counts(x.shape[2:])
    out = empty_rows(len(x), x.shape[1], (rows, columns), np.result_type(x, weight))
    pixels = _pixels_in_a_row(columns, x.shape[1], windows)
    taps = np.tile(weight[:, 0].transpose(1, 2, 0), pixels)  # (kh, kw, pixels * C)

    def work(images: slice) -> None:
        for n in range(images.start, images.stop):
            patches = _windows(x[n : n + 1], windows, pixels)
            np.einsum("hwabp,abp->hwp", patches, taps, out=out[:, n].reshape(*patches.shape[:2], -1))

    if out.size:
        threads.run(work, threads.pieces(len(x), out.size * weight[0].size / SPEED / 10))
    return as_images(out)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: with zeros between the pixels of y for the stride, a correlation, too."""
    sh, sw = windows.stride
    if (sh, sw) != (1, 1):
        n, c, rows, columns = y.shape
        spread = np.zeros((n, (rows - 1) * sh + 1, (columns - 1) * sw + 1, c), y.dtype)
        spread[:, ::sh, ::sw] = np.moveaxis(y, 1, -1)
        y, windows = np.moveaxis(spread, -1, 1), windows._replace(stride=(1, 1))
    return correlate(y, turned(weight, groups), beyond(windows), groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (C, 1, kh, kw)."""
    x, y = channels_last(x), channels_last(y)
    (c, _, columns), (kh, kw) = y.shape[1:], windows.kernel
    pixels = columns if windows.stride[1] == 1 else 1

    def work(images: slice) -> Array:
        total: Any = 0
        for n in range(images.start, images.stop):
            patches = _windows(x[n : n + 1], windows, pixels)
            gradient = np.ascontiguousarray(y[n].transpose(1, 2, 0)).reshape(*patches.shape[:2], -1)
            total = total + np.einsum("hwabp,hwp->abp", patches, gradient)
        return total.reshape(kh, kw, pixels, c).sum(axis=2)

    if x.size == 0 or y.size == 0:
        return np.zeros((c, 1, kh, kw), np.result_type(x, y))
    total: Any = sum(threads.run(work, threads.pieces(len(x), y.size * kh * kw / SPEED / 10)))
    return np.ascontiguousarray(np.moveaxis(total, -1, 0))[:, None]


def _pixels_in_a_row(columns: int, channels: int, windows: Windows) -> int:
    """So many neighbouring results make a row, a divisor of their number; one where their windows lie further apart."""
    if windows.stride[1] != 1:
        return 1
    return max(n for n in range(1, columns + 1) if columns % n == 0 and (n == 1 or n * channels <= ROW))


def _windows(x: Array, windows: Windows, pixels: int) -> Array:
    """What each window of one image (1, C, H, W) sees: (rows, columns / pixels, kh, kw, pixels * C)."""
    (rows, columns), (sh, sw), (dh, dw) = windows.counts(x.shape[2:]), windows.stride, windows.dilation
    image = seen(x, (rows, columns), windows, *(-before for before, _ in windows.padding))
    _, below, beside, one = image.strides
    shape = rows, columns // pixels, *windows.kernel, pixels * x.shape[1]
    return as_strided(image, shape, (sh * below, pixels * sw * beside, dh * below, dw * beside, one))
