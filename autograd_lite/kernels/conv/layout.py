"""The order of images in memory, and what surrounds them.

Axes are called those of two dimensions; in three, (depth, rows, columns) take the place of (rows, columns), so that
results lie in memory as (depth, N, rows, columns, channels).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import threads
from ..windows import Lengths, Padding, Windows
from ..workspace import workspace

Array = np.ndarray[Any, Any]


def empty_rows(n: int, channels: int, size: Lengths, dtype: Any) -> Array:
    """Memory for a result, (rows, N, columns, channels)."""
    return np.empty((size[0], n, *size[1:], channels), dtype)


def rows_first(images: Array) -> Array:
    """(N, channels, rows, columns) as a contiguous (rows, N, columns, channels); a view if a kernel here made it."""
    return np.ascontiguousarray(images.transpose(2, 0, *range(3, images.ndim), 1))


def as_images(out: Array) -> Array:
    """(rows, N, columns, channels) seen as (N, channels, rows, columns)."""
    return out.transpose(1, out.ndim - 1, 0, *range(2, out.ndim - 1))


def channels_last(images: Array) -> Array:
    """(N, channels, rows, columns) with the channels of a pixel beside each other in memory: itself or a copy."""
    if images.strides[1] == images.itemsize or images.shape[1] == 1:
        return images
    out = np.empty((len(images), *images.shape[2:], images.shape[1]), images.dtype)
    work = threads.pieces(len(images), images.size * 1e-9)
    threads.run(lambda part: np.copyto(out[part], np.moveaxis(images[part], 1, -1)), work)
    return np.moveaxis(out, -1, 1)


def long_rows(images: Array) -> Array:
    """(N, channels, rows, columns) seen as (rows, channels, columns, N), the order of memory for few channels."""
    return images.transpose(2, 1, 3, 0)


def from_long_rows(out: Array) -> Array:
    """(rows, channels, columns, N) seen as (N, channels, rows, columns)."""
    return out.transpose(3, 1, 0, 2)


def grouped(rows: Array, groups: int) -> Array:
    """(rows, N, columns, channels) as matrices: (rows, groups, N * columns, channels / groups)."""
    height, *pixels, channels = rows.shape
    return np.swapaxes(rows.reshape(height, math.prod(pixels), groups, channels // groups), 1, 2)


def every_nth(steps: Lengths) -> tuple[slice, ...]:
    """Along each axis, one element in so many."""
    return tuple(slice(None, None, step) for step in steps)


def padded(x: Array, padding: Padding) -> Array:
    """x with zeros around it (negative: cropped), channels last: (N, H + top + bottom, W + left + right, C)."""
    if not any(before or after for before, after in padding):
        return np.moveaxis(x, 1, -1)
    n, c, *size = x.shape
    lengths = [length + before + after for length, (before, after) in zip(size, padding, strict=True)]
    image = np.zeros((n, *lengths, c), x.dtype)
    inside, kept = [], []  # where the image's own pixels go, and which of them do
    for length, (before, after) in zip(size, padding, strict=True):
        first, last = max(0, -before), max(0, -before, length + min(0, after))
        inside.append(slice(first + before, last + before))
        kept.append(slice(first, last))
    image[:, *inside] = np.moveaxis(x[:, :, *kept], 1, -1)
    return image


def copy_with_zeros(out: Array, images: Array, top: int, left: int) -> None:
    """Into out (rows, columns, N, C) what images (N, C, H, W) have from row `top` and column `left` on, else zeros."""
    (first, last), (begin, end) = (
        (min(max(-start, 0), length), max(min(size - start, length), 0))
        for start, size, length in zip((top, left), images.shape[2:], out.shape[:2], strict=True)
    )
    out[:first], out[last:], out[:, :begin], out[:, end:] = 0, 0, 0, 0
    if first < last and begin < end:
        seen = images[:, :, first + top : last + top, begin + left : end + left]
        out[first:last, begin:end] = seen.transpose(2, 3, 0, 1)


def seen(images: Array, counts: Lengths, windows: Windows, top: int, left: int) -> Array:
    """What so many windows see of images (N, C, H, W), the first of them from (top, left) on, zeros beyond.

    (N, rows, columns, C), in the thread's workspace.
    """
    size = Windows.of(windows.kernel, windows.stride, dilation=windows.dilation).covered(counts)
    image = workspace((len(images), *size, images.shape[1]), images.dtype)
    copy_with_zeros(image.transpose(1, 2, 0, 3), images, top, left)
    return image


def add_bias(y: Array, bias: Array | None) -> Array:
    """y (N, O, rows, columns), which may be written into, plus a number for each channel (None: y itself)."""
    if bias is None:
        return y
    if y.ndim == 3:  # sequences are images of one row
        return add_bias(y[:, :, None], bias)[:, :, 0]
    each = bias.reshape(-1, *(1,) * (y.ndim - 2))
    if np.result_type(y, bias) != y.dtype:
        return np.asarray(y + each)
    rows, images = y.transpose(2, 0, *range(3, y.ndim), 1), np.moveaxis(y, 1, -1)
    rows = images if images.flags.c_contiguous else rows
    if not rows.flags.c_contiguous:
        y += each
        return y
    # (rows, N, columns * O): long rows, where the channels alone would be short ones
    rows = rows.reshape(*rows.shape[:-2], rows.shape[-2] * len(bias))
    rows += np.tile(bias, y.shape[-1])
    return y


# -- the transpose, as a correlation -----------------------------------------------------------------------------


def beyond(windows: Windows) -> Windows:
    """With stride 1, the windows with which the transpose is a correlation of y: padded until each pixel is met."""
    spans = zip(windows.span, windows.padding, strict=True)
    return windows._replace(padding=tuple((span - 1 - before, span - 1 - after) for span, (before, after) in spans))


def turned(weight: Array, groups: int) -> Array:
    """Filters (O, C', *kernel) turned by 180 degrees, inputs for outputs: (groups * C', O / groups, *kernel)."""
    o, c, *kernel = weight.shape
    flipped = np.flip(weight, axis=tuple(range(2, weight.ndim))).reshape(groups, o // groups, c, *kernel)
    return np.swapaxes(flipped, 1, 2).reshape(groups * c, o // groups, *kernel)
