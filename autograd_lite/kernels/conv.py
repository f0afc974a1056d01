"""Correlation in two dimensions: the trilinear form <g, correlate(x, weight)> and its three partial derivatives.

`correlate` maps (x, weight) to y, `transposed` (y, weight) to x, `filter_gradient` (x, y) to the weight. In all of them
x is (N, C, H, W), the weight (O, C / groups, kh, kw), y (N, O, rows, columns). Results are views of arrays in the
order (rows, N, columns, channels), with which the next layer is fastest; elementwise ufuncs keep that order.

The work is one batch of matrix products over *patches*. Only the width is unfolded by a copy: with the columns of an
image ahead of its rows, the patch below another one begins one row later in the same memory, so that a view with
overlapping rows is all the unfolding that the height needs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .windows import NO_PADDING, Padding, Pair, Windows
from .workspace import workspace

Array = np.ndarray[Any, Any]


def correlate(x: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C / groups, kh, kw): (N, O, rows, columns)."""
    if _fft_wins(x, weight, len(weight), windows, groups):
        return _correlate_fft(x, weight, windows.padding)
    patches = _patches(x, windows, groups)  # (rows, groups, N * columns, kh * kw * C / groups)
    out = _empty_rows(len(x), len(weight), windows.counts(x.shape[2:]), np.result_type(x, weight))
    # (rows, groups, N * columns, K) @ (groups, K, O / groups)
    np.matmul(patches, _filters(weight, groups), out=_grouped(out, groups))
    return _as_images(out)


def transposed(y: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    if windows.stride == (1, 1):
        return _correlate_back(y, weight, windows, groups)
    return _fold(y, weight, windows, groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int = 1) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C / groups, kh, kw)."""
    if _fft_wins(x, y, y.shape[1], windows, groups):  # a correlation, too: images for channels, y for the filters
        return np.swapaxes(_correlate_fft(np.swapaxes(x, 0, 1), np.swapaxes(y, 0, 1), windows.padding), 0, 1)
    patches = _patches(x, windows, groups)
    # (rows, groups, K, N * columns) @ (rows, groups, N * columns, O / groups), summed over rows
    product = np.matmul(np.swapaxes(patches, -1, -2), _grouped(_rows_first(y), groups)).sum(axis=0)
    channels, filters = x.shape[1] // groups, y.shape[1] // groups
    product = product.reshape(groups, *windows.kernel, channels, filters).transpose(0, 4, 3, 1, 2)
    return np.ascontiguousarray(product).reshape(groups * filters, channels, *windows.kernel)


def add_bias(y: Array, bias: Array | None) -> Array:
    """y (N, O, rows, columns), which may be written into, plus a number for each channel (None: y itself)."""
    if bias is None:
        return y
    rows = y.transpose(2, 0, 3, 1)
    if not rows.flags.c_contiguous or np.result_type(y, bias) != y.dtype:
        return np.asarray(y + bias[:, None, None])
    rows = rows.reshape(*rows.shape[:2], rows.shape[2] * len(bias))
    rows += np.tile(bias, y.shape[3])  # (rows, N, columns * O): long rows, where the channels alone would be short ones
    return y


# -- patches -----------------------------------------------------------------------------------------------------


def _patches(x: Array, windows: Windows, groups: int) -> Array:
    """What each window sees of x, as rows of a matrix: (rows, groups, N * columns, kh * kw * C / groups).

    To be used up before anything else is unfolded: the memory is the thread's workspace.
    """
    if windows.kernel == (1, 1) and windows.padding == NO_PADDING:  # each pixel is a patch
        sh, sw = windows.stride
        return _grouped(_rows_first(x[:, :, ::sh, ::sw]), groups)
    (rows, columns), (kh, kw), (dh, dw) = windows.counts(x.shape[2:]), windows.kernel, windows.dilation
    sh, sw = windows.stride
    n, c = len(x), x.shape[1] // groups
    if x.size == 0:  # no images or no channels: nothing to unfold
        return np.zeros((rows, groups, n * columns, kh * kw * c), x.dtype)
    image = _padded(x, windows.padding)  # (N, H, W, C)
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


def _padded(x: Array, padding: Padding) -> Array:
    """x with zeros around it (negative: cropped), channels last: (N, H + top + bottom, W + left + right, C)."""
    if padding == NO_PADDING:
        return x.transpose(0, 2, 3, 1)
    n, c, *size = x.shape
    lengths = [length + before + after for length, (before, after) in zip(size, padding, strict=True)]
    image = np.zeros((n, *lengths, c), x.dtype)
    inside, kept = [], []  # where the image's own pixels go, and which of them do
    for length, (before, after) in zip(size, padding, strict=True):
        first, last = max(0, -before), max(0, -before, length + min(0, after))
        inside.append(slice(first + before, last + before))
        kept.append(slice(first, last))
    image[:, *inside] = x[:, :, *kept].transpose(0, 2, 3, 1)
    return image


# -- the transposed convolution ----------------------------------------------------------------------------------


def _correlate_back(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """For stride 1: every pixel is a correlation of y with the weight turned by 180 degrees, inputs for outputs."""
    (height, width), ((top, bottom), (left, right)) = windows.span, windows.padding
    beyond = (height - 1 - top, height - 1 - bottom), (width - 1 - left, width - 1 - right)
    o, c, kh, kw = weight.shape
    turned = np.swapaxes(weight.reshape(groups, o // groups, c, kh, kw)[..., ::-1, ::-1], 1, 2)
    return correlate(y, turned.reshape(groups * c, o // groups, kh, kw), windows._replace(padding=beyond), groups)


def _fold(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """For any stride: y times one tap of all filters after the other, each added to the pixels that it falls on."""
    o, c, kh, kw = weight.shape
    size = windows.covered(y.shape[2:])
    taps = weight.reshape(groups, o // groups, c, kh, kw).transpose(3, 4, 0, 1, 2)
    taps = np.ascontiguousarray(taps).reshape(kh * kw, groups, o // groups, c)
    pixels = _grouped(_rows_first(y), groups)  # (rows, groups, N * columns, O / groups)
    image = _empty_rows(len(y), groups * c, size, np.result_type(y, weight))
    image[...] = 0
    part = _empty_rows(len(y), groups * c, y.shape[2:], image.dtype)
    for tap, ((rows, columns), (image_rows, image_columns)) in zip(taps, windows.taps(size), strict=True):
        np.matmul(pixels, tap, out=_grouped(part, groups))
        image[image_rows, :, image_columns] += part[rows, :, columns]
    return _as_images(image)


# -- large filters -----------------------------------------------------------------------------------------------


def _fft_wins(x: Array, other: Array, outputs: int, windows: Windows, groups: int) -> bool:
    """Whether Fourier transforms are faster than patches; `other` is what x meets, the weight or y.

    Fitted to times in float32 on two cores, for 1 to 64 channels, images of 64 to 1024 pixels a side, filters of 3x3
    to 31x31: of 66 cases it chooses the slower one in seven, at worst for one channel and 1024 pixels (2 times), where
    patches outgrow the caches. The break-even is at filters of 9x9 to 11x11, for 64 channels at 31x31.
    """
    plain = windows.stride == windows.dilation == (1, 1) and groups == 1
    if not plain or np.result_type(x, other).char not in "fd":
        return False
    n, c, height, width = x.shape
    (kh, kw), (rows, columns) = windows.kernel, windows.counts((height, width))
    # Transforms of x and of the result; of the filters, which are read once more for each frequency; the products.
    spectra = 130 * n * (c + outputs) + 450 * c * outputs + 50 * n * c * outputs
    pixels = (rows + kh - 1) * (columns + kw - 1)
    return n * c * rows * columns * kh * kw * (outputs + 16) > pixels * spectra


def _correlate_fft(x: Array, weight: Array, padding: Padding) -> Array:
    """`correlate` as a product of spectra, with stride, dilation and groups of 1.

    This is what scipy.signal.fftconvolve does, but the channels are added up before the transform back, not after it:
    1.3 to 5 times as fast. What wraps around the edge is beyond the results that are kept.
    """
    from scipy import fft

    image = _padded(x, padding)  # (N, H, W, C)
    height, width = image.shape[1:3]
    (kh, kw), size = weight.shape[2:], (fft.next_fast_len(height, real=True), fft.next_fast_len(width, real=True))
    spectrum = fft.rfft2(image, size, axes=(1, 2)).transpose(1, 2, 0, 3)
    filters = np.conj(fft.rfft2(weight, size)).transpose(2, 3, 1, 0)
    # (frequencies, N, C) @ (frequencies, C, O)
    out = fft.irfft2(np.matmul(spectrum, filters), size, axes=(0, 1))
    return out[: height - kh + 1, : width - kw + 1].transpose(2, 3, 0, 1)


# -- memory order ------------------------------------------------------------------------------------------------


def _empty_rows(n: int, channels: int, size: Pair, dtype: Any) -> Array:
    """Memory for a result, (rows, N, columns, channels)."""
    return np.empty((size[0], n, size[1], channels), dtype)


def _rows_first(images: Array) -> Array:
    """(N, channels, rows, columns) as a contiguous (rows, N, columns, channels); a view if a kernel here made it."""
    return np.ascontiguousarray(images.transpose(2, 0, 3, 1))


def _as_images(out: Array) -> Array:
    """(rows, N, columns, channels) seen as (N, channels, rows, columns)."""
    return out.transpose(1, 3, 0, 2)


def _grouped(rows: Array, groups: int) -> Array:
    """(rows, N, columns, channels) as matrices: (rows, groups, N * columns, channels / groups)."""
    height, n, width, channels = rows.shape
    return np.swapaxes(rows.reshape(height, n * width, groups, channels // groups), 1, 2)


def _filters(weight: Array, groups: int) -> Array:
    """The weight (O, C', kh, kw) as matrices: (groups, kh * kw * C', O / groups)."""
    o, c, kh, kw = weight.shape
    filters = weight.reshape(groups, o // groups, c, kh, kw).transpose(0, 3, 4, 2, 1)
    return np.ascontiguousarray(filters.reshape(groups, kh * kw * c, o // groups))


# -- the reference -----------------------------------------------------------------------------------------------


def correlate_reference(x: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """`correlate` as it is defined: one image, one channel, one filter at a time by scipy.signal."""
    from scipy.signal import correlate as correlate_images

    (sh, sw), (dh, dw) = windows.stride, windows.dilation
    image = np.moveaxis(_padded(x, windows.padding), -1, 1)
    filters = np.zeros((*weight.shape[:2], *windows.span), weight.dtype)
    filters[:, :, ::dh, ::dw] = np.conj(weight)  # scipy.signal conjugates its second argument
    out = np.zeros((len(x), len(weight), *windows.counts(x.shape[2:])), np.result_type(x, weight))
    outputs, inputs = len(weight) // groups, x.shape[1] // groups
    for n, o, c in np.ndindex(len(x), len(weight), inputs):
        channel = image[n, o // outputs * inputs + c]
        out[n, o] += correlate_images(channel, filters[o, c], mode="valid", method="direct")[::sh, ::sw]
    return out
