"""Correlation as one batch of matrix products over *patches*: any stride, padding, dilation, groups and dtype.

Only the width is unfolded by a copy: with the columns of an image ahead of its rows, the patch below another one begins
one row later in the same memory, so that a view with overlapping rows is all the unfolding that the height needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..windows import Windows
from ..workspace import workspace
from .layout import as_images, beyond, empty_rows, grouped, padded, rows_first, turned

Array = np.ndarray[Any, Any]


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C / groups, kh, kw): (N, O, rows, columns)."""
    patches = _patches(x, windows, groups)  # (rows, groups, N * columns, kh * kw * C / groups)
    out = empty_rows(len(x), len(weight), windows.counts(x.shape[2:]), np.result_type(x, weight))
    # (rows, groups, N * columns, K) @ (groups, K, O / groups)
    np.matmul(patches, _filters(weight, groups), out=grouped(out, groups))
    return as_images(out)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    if all(step == 1 for step in windows.stride):
        return _correlate_back(y, weight, windows, groups)
    return _fold(y, weight, windows, groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C / groups, kh, kw)."""
    patches = _patches(x, windows, groups)
    # (rows, groups, K, N * columns) @ (rows, groups, N * columns, O / groups), summed over rows
    product = np.matmul(np.swapaxes(patches, -1, -2), grouped(rows_first(y), groups)).sum(axis=0)
    channels, filters = x.shape[1] // groups, y.shape[1] // groups
    product = product.reshape(groups, *windows.kernel, channels, filters).transpose(0, 4, 3, 1, 2)
    return np.ascontiguousarray(product).reshape(groups * filters, channels, *windows.kernel)


def _patches(x: Array, windows: Windows, groups: int) -> Array:
    """What each window sees of x, as rows of a matrix: (rows, groups, N * columns, kh * kw * C / groups).

    To be used up before anything else is unfolded: the memory is the thread's workspace.
    """
    if windows.kernel == (1, 1) and not windows.padded:  # each pixel is a patch
        sh, sw = windows.stride
        return grouped(rows_first(x[:, :, ::sh, ::sw]), groups)
    (rows, columns), (kh, kw), (dh, dw) = windows.counts(x.shape[2:]), windows.kernel, windows.dilation
    sh, sw = windows.stride
    n, c = len(x), x.shape[1] // groups
    if x.size == 0:  # no images or no channels: nothing to unfold
        return np.zeros((rows, groups, n * columns, kh * kw * c), x.dtype)
    image = padded(x, windows.padding)  # (N, H, W, C)
    image = image.reshape(*image.shape[:3], groups, c).transpose(3, 0, 2, 1, 4)  # (groups, N, W, H, C')
    strips = sliding_window_view(image, windows.span[1], axis=2)[:, :, ::sw, ..., ::dw]
    strips = np.swapaxes(strips, -1, -2)  # (groups, N, columns, H, kw, C')
    height, step = strips.shape[3], sh
    if dh > 1:  # rows of a patch do not follow each other in the image: unfold the height by copying, too
        strips = sliding_window_view(strips, windows.span[0], axis=3)[:, :, :, ::sh, ..., ::dh]
        strips = np.moveaxis(strips, -1, 4)  # (groups, N, columns, rows, kh, kw, C')
        height, step = rows * kh, kh
    unfolded = workspace(strips.shape, x.dtype)
    unfolded[...] = strips
    unfolded = unfolded.reshape(groups, n * columns, height * kw * c)
    patches = sliding_window_view(unfolded, kh * kw * c, axis=2)[:, :, :: step * kw * c]
    return patches.transpose(2, 0, 1, 3)  # (groups, N * columns, rows, K) -> (rows, groups, N * columns, K)


def _filters(weight: Array, groups: int) -> Array:
    """The weight (O, C', kh, kw) as matrices: (groups, kh * kw * C', O / groups)."""
    o, c, kh, kw = weight.shape
    filters = weight.reshape(groups, o // groups, c, kh, kw).transpose(0, 3, 4, 2, 1)
    return np.ascontiguousarray(filters.reshape(groups, kh * kw * c, o // groups))


# -- the transposed convolution ----------------------------------------------------------------------------------


def _correlate_back(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """For stride 1: every pixel is a correlation of y with the filters turned round."""
    return correlate(y, turned(weight, groups), beyond(windows), groups)


def _fold(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """For any stride: y times one tap of all filters after the other, each added to the pixels that it falls on."""
    o, c, kh, kw = weight.shape
    size = windows.covered(y.shape[2:])
    taps = weight.reshape(groups, o // groups, c, kh, kw).transpose(3, 4, 0, 1, 2)
    taps = np.ascontiguousarray(taps).reshape(kh * kw, groups, o // groups, c)
    pixels = grouped(rows_first(y), groups)  # (rows, groups, N * columns, O / groups)
    image = empty_rows(len(y), groups * c, size, np.result_type(y, weight))
    image[...] = 0
    part = empty_rows(len(y), groups * c, y.shape[2:], image.dtype)
    for tap, ((rows, columns), (image_rows, image_columns)) in zip(taps, windows.taps(size), strict=True):
        np.matmul(pixels, tap, out=grouped(part, groups))
        image[image_rows, :, image_columns] += part[rows, :, columns]
    return as_images(image)
