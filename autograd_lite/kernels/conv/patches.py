"""Correlation as one batch of matrix products over *patches*: any stride, padding, dilation, groups, dtype, axes.

Only the width is unfolded by a copy: with the columns of an image ahead of its rows, the patch below another one begins
one row later in the same memory, so that a view with overlapping rows is all the unfolding that the height needs. In
three dimensions the first axis is the depth, and rows and columns are unfolded; the kernels of two dimensions, plane of
taps by plane of taps, take 1 to 2.1 times as long. Threads share the images: 0.75 to 0.9 of the time that BLAS's own
threads take, which leave the copies to one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .. import threads
from ..windows import Lengths, Windows
from ..workspace import workspace
from .layout import as_images, beyond, empty_rows, every_nth, grouped, padded, rows_first, turned
from .problem import TRANSPOSED, Problem

Array = np.ndarray[Any, Any]

ANY_AXES = True
SPEED = 3e10  # multiplications in a second on one thread, roughly, with the copies
PART = 16 * 2**20  # bytes unfolded at a time: 0.75 of the time where all would be over 32 MB, as fast where it is less


def cost(problem: Problem) -> tuple[int, int]:
    """Multiplications, and bytes of what is unfolded (of a transpose with strides: of what is folded)."""
    windows, counts, size, channels = problem.windows, problem.counts, problem.size, problem.channels
    if problem.role == TRANSPOSED and any(step != 1 for step in windows.stride):
        return problem.products, problem.images * channels * math.prod(counts) * problem.dtype.itemsize
    if problem.role == TRANSPOSED:
        windows, size, channels = beyond(windows), counts, problem.filters
    each = _unfolded_size(channels, size, windows, problem.dtype)
    return problem.products, min(problem.images * each, max(each, PART))


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C / groups, kh, kw): (N, O, rows, columns)."""
    out = empty_rows(len(x), len(weight), windows.counts(x.shape[2:]), np.result_type(x, weight))
    filters = _filters(weight, groups)

    def work(images: slice) -> None:
        for part in _parts(x, images, windows):
            # (rows, groups, N * columns, K) @ (groups, K, O / groups)
            np.matmul(_patches(x[part], windows, groups), filters, out=grouped(out[:, part], groups))

    threads.run(work, threads.pieces(len(x), _seconds(out.size, filters.shape)))
    return as_images(out)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    if all(step == 1 for step in windows.stride):
        return correlate(y, turned(weight, groups), beyond(windows), groups)
    return _fold(y, weight, windows, groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C / groups, kh, kw)."""
    channels, filters, weights = x.shape[1] // groups, y.shape[1] // groups, rows_first(y)
    shape = groups, math.prod(windows.kernel) * channels, filters

    def work(images: slice) -> Array:
        total = np.zeros(shape, np.result_type(x, y))
        for part in _parts(x, images, windows):
            seen = np.swapaxes(_patches(x[part], windows, groups), -1, -2)
            # (rows, groups, K, N * columns) @ (rows, groups, N * columns, O / groups), summed over rows
            total += np.matmul(seen, grouped(weights[:, part], groups)).sum(axis=0)
        return total

    first, *others = threads.run(work, threads.pieces(len(x), _seconds(y.size, shape)))
    product = sum(others, first).reshape(groups, *windows.kernel, channels, filters)
    product = np.moveaxis(product, (-1, -2), (1, 2))  # (groups, O / groups, C / groups, kh, kw)
    return np.ascontiguousarray(product).reshape(groups * filters, channels, *windows.kernel)


def _seconds(outputs: int, filters: Lengths) -> float:
    """What it takes on one thread, roughly, for so many outputs and filters (groups, K, O / groups)."""
    return outputs * filters[1] / SPEED


def _parts(x: Array, images: slice, windows: Windows) -> list[slice]:
    """Those of these images that are unfolded at a time."""
    each = _unfolded_size(x.shape[1], x.shape[2:], windows, x.dtype)
    first, last, _ = images.indices(len(x))
    step = max(1, PART // each) if each else max(1, last - first)
    return [slice(start, min(start + step, last)) for start in range(first, last, step)]


def _patches(x: Array, windows: Windows, groups: int) -> Array:
    """What each window sees of x, as rows of a matrix: (rows, groups, N * columns, kh * kw * C / groups).

    To be used up before anything else is unfolded: the memory is the thread's workspace.
    """
    axes, counts, kernel = len(windows.kernel), windows.counts(x.shape[2:]), windows.kernel
    if math.prod(kernel) == 1 and not windows.padded:  # each pixel is a patch
        return grouped(rows_first(x[:, :, *every_nth(windows.stride)]), groups)
    n, c = len(x), x.shape[1] // groups
    taps = math.prod(kernel) * c
    if x.size == 0:  # no images or no channels: nothing to unfold
        return np.zeros((counts[0], groups, n * math.prod(counts[1:]), taps), x.dtype)
    image = padded(x, windows.padding)  # (N, H, W, C)
    image = np.moveaxis(image.reshape(*image.shape[:-1], groups, c), (-2, 1), (0, -2))  # (groups, N, W, H, C')
    strips: Any = sliding_window_view(image, windows.span[1:], axis=tuple(range(2, axes + 1)))
    strips = strips[:, :, *every_nth(windows.stride[1:]), ..., *every_nth(windows.dilation[1:])]
    strips = np.moveaxis(strips, axes + 2, -1)  # (groups, N, columns, H, kw, C')
    height, step = image.shape[-2], windows.stride[0]
    if windows.dilation[0] > 1:  # rows of a patch do not follow each other in the image: unfold the height, too
        strips = sliding_window_view(strips, windows.span[0], axis=axes + 1)[..., :: windows.dilation[0]]
        strips = np.moveaxis(strips, -1, axes + 2)[:, :, *every_nth((1,) * (axes - 1)), :: windows.stride[0]]
        height, step = counts[0] * kernel[0], kernel[0]  # (groups, N, columns, rows, kh, kw, C')
    unfolded = workspace(strips.shape, x.dtype)
    unfolded[...] = strips
    row = taps // kernel[0]
    unfolded = unfolded.reshape(groups, n * math.prod(counts[1:]), height * row)
    patches = sliding_window_view(unfolded, taps, axis=2)[:, :, :: step * row]
    return patches.transpose(2, 0, 1, 3)  # (groups, N * columns, rows, K) -> (rows, groups, N * columns, K)


def _unfolded_size(planes: int, size: Lengths, windows: Windows, dtype: Any) -> int:
    """Bytes of the memory under `_patches`, for so many images times channels."""
    if math.prod(windows.kernel) == 1 and not windows.padded:
        return 0
    counts = windows.counts(size)
    rows = counts[0] * windows.kernel[0] if windows.dilation[0] > 1 else size[0] + sum(windows.padding[0])
    return planes * rows * math.prod(counts[1:]) * math.prod(windows.kernel[1:]) * np.dtype(dtype).itemsize


def _filters(weight: Array, groups: int) -> Array:
    """The weight (O, C', kh, kw) as matrices: (groups, kh * kw * C', O / groups)."""
    o, c, *kernel = weight.shape
    filters = np.moveaxis(weight.reshape(groups, o // groups, c, *kernel), (1, 2), (-1, -2))
    return np.ascontiguousarray(filters.reshape(groups, math.prod(kernel) * c, o // groups))


# -- the transposed convolution ----------------------------------------------------------------------------------


def _fold(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """For any stride: y times one tap of all filters after the other, each added to the pixels that it falls on."""
    o, c, *kernel = weight.shape
    size = windows.covered(y.shape[2:])
    taps = np.moveaxis(weight.reshape(groups, o // groups, c, *kernel), (0, 1, 2), (-3, -2, -1))
    taps = np.ascontiguousarray(taps).reshape(math.prod(kernel), groups, o // groups, c)
    pixels = rows_first(y)  # (rows, N, columns, O)
    image = empty_rows(len(y), groups * c, size, np.result_type(y, weight))

    def work(images: slice) -> None:
        image[:, images] = 0
        inputs = grouped(pixels[:, images], groups)  # (rows, groups, N * columns, O / groups)
        part = empty_rows(images.stop - images.start, groups * c, y.shape[2:], image.dtype)
        for tap, ((rows, *columns), (image_rows, *image_columns)) in zip(taps, windows.taps(size), strict=True):
            np.matmul(inputs, tap, out=grouped(part, groups))
            image[image_rows, images, *image_columns] += part[rows, :, *columns]

    threads.run(work, threads.pieces(len(y), _seconds(y.size, (groups, math.prod(kernel) * c))))
    return as_images(image)
