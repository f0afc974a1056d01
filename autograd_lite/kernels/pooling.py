"""Pooling in two dimensions, tap by tap: the pixels under one tap of all windows are one strided slice of the images.

x is (N, C, H, W), what is pooled (N, C, rows, columns). `winners` number the tap that each maximum was found at.
Padding is never made: `Windows.taps` leaves out the windows in which a tap falls beside the image.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import threads
from .windows import Lengths, Windows

Array = np.ndarray[Any, Any]


# -- maximum -----------------------------------------------------------------------------------------------------


def max_pool(x: Array, windows: Windows) -> tuple[Array, Array]:
    """The largest pixel in each window (NaN if one is), and which tap it lies under, the first one at a tie."""
    out = _pooled_like(x, windows)
    winners = np.empty_like(out, dtype=np.min_scalar_type(math.prod(windows.kernel) - 1))
    _in_blocks(lambda images: _find_largest(x[images], out[images], winners[images], windows), x, windows)
    return out, winners


def _find_largest(x: Array, out: Array, winners: Array, windows: Windows) -> None:
    """Write the maxima of a block of images into `out` and the taps they lie under into `winners`."""
    size = x.shape[2:]
    winners[...] = _first_taps(size, windows) if windows.padded else 0
    if windows.padded:
        out[...] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    pixels, better = np.empty_like(out), np.empty_like(winners)
    for tap, (inside, under) in enumerate(windows.taps(size)):
        part = (..., *inside)
        if tap == 0:
            _copy(out[part], x[..., *under])
            continue
        _copy(pixels[part], x[..., *under])  # read with strides once, compared twice
        np.greater(pixels[part], out[part], out=better[part], casting="unsafe")  # 0 or 1
        np.maximum(out[part], pixels[part], out=out[part])
        better[part] *= better.dtype.type(tap)
        np.maximum(winners[part], better[part], out=winners[part])  # taps count upwards: the last that was larger
    if x.dtype.kind == "f" and np.isnan(out).any():
        _find_nan(x, winners, windows)


def _first_taps(size: Lengths, windows: Windows) -> Array:
    """The first tap of each window that lies on the image: (rows, columns)."""
    first = np.zeros(windows.counts(size), dtype=int)
    if windows.padded:
        for tap, (inside, _) in reversed(list(enumerate(windows.taps(size)))):
            first[inside] = tap
    return first


def _find_nan(x: Array, winners: Array, windows: Windows) -> None:
    """In windows with a NaN the first one wins, though it is not larger than anything."""
    for tap, (inside, under) in reversed(list(enumerate(windows.taps(x.shape[2:])))):
        winners[..., *inside][np.isnan(x[..., *under])] = tap


def take(x: Array, winners: Array, windows: Windows) -> Array:
    """From each window the pixel under the tap that `winners` (N, C, rows, columns) names."""
    out = np.zeros_like(winners, dtype=x.dtype)
    for tap, (inside, under) in enumerate(windows.taps(x.shape[2:])):
        out[..., *inside] += _only(winners[..., *inside] == tap, x[..., *under])
    return out


def scatter(g: Array, winners: Array, size: Lengths, windows: Windows) -> Array:
    """The adjoint of `take`: images (N, C, *size) of zeros with g added at the pixels that `winners` names."""
    tiled = _tile(windows, size)  # then each pixel is written once, and the image needs no zeros
    image = (np.empty_like if tiled else np.zeros_like)(g, shape=(*g.shape[:2], *size))

    def work(images: slice) -> None:
        for tap, (inside, under) in enumerate(windows.taps(size)):
            pixels, numbers = image[images][..., *under], g[images][..., *inside]
            chosen = winners[images][..., *inside] == tap
            if tiled:
                _only(chosen, numbers, out=pixels)
            else:
                pixels += _only(chosen, numbers)

    _in_blocks(work, image, windows)
    return image


def _only(chosen: Array, values: Array, out: Array | None = None) -> Array:
    """The values where `chosen`, zeros elsewhere, in `out` if it is given.

    A mask of bits is three times as fast as np.where, and, unlike a product, lets no infinity through.
    """
    out = np.empty_like(values) if out is None else out
    if values.dtype.kind != "f" or values.itemsize > 8:
        out[...] = np.where(chosen, values, np.zeros((), values.dtype))
    else:
        bits = f"i{values.itemsize}"
        np.bitwise_and(values.view(bits), -chosen.view(np.int8), out=out.view(bits))  # -1 has all bits set
    return out


# -- average -----------------------------------------------------------------------------------------------------


def average(x: Array, windows: Windows, count_include_pad: bool) -> Array:
    """The mean of each window; padding counts as zeros, or not at all."""
    out = _pooled_like(x, windows)
    out[...] = 0
    for (rows, columns), (pixel_rows, pixel_columns) in windows.taps(x.shape[2:]):
        out[:, :, rows, columns] += x[:, :, pixel_rows, pixel_columns]
    return out / _divisors(x.shape[2:], windows, count_include_pad).astype(x.dtype)


def spread(g: Array, size: Lengths, windows: Windows, count_include_pad: bool) -> Array:
    """The adjoint of `average`: images (N, C, *size) in which each window's share of g is added to its pixels."""
    share = g / _divisors(size, windows, count_include_pad).astype(g.dtype)
    image = _images_like(g, size)
    for (rows, columns), (pixel_rows, pixel_columns) in windows.taps(size):
        image[:, :, pixel_rows, pixel_columns] += share[:, :, rows, columns]
    return image


def _divisors(size: Lengths, windows: Windows, count_include_pad: bool) -> Array:
    """How many pixels are averaged: (rows, columns), or () where it is the same everywhere."""
    kh, kw = windows.kernel
    if count_include_pad or not windows.padded:
        return np.asarray(kh * kw)
    counts = np.zeros(windows.counts(size), dtype=int)
    for inside, _ in windows.taps(size):
        counts[inside] += 1
    return counts


# -- pieces --------------------------------------------------------------------------------------------------------

SECONDS = 0.8e-9  # that one tap of one window takes on one thread
BLOCK = 2**21  # bytes of images that, with what is made of them, stay in the cache


def _in_blocks(work: Callable[[slice], None], images: Array, windows: Windows) -> None:
    """Call `work` on slices of the images (N, C, *size), on several threads where that pays."""
    step = max(1, len(images) * BLOCK // max(1, images.nbytes))

    def piece(part: slice) -> None:
        for first in range(part.start, part.stop, step):
            work(slice(first, min(first + step, part.stop)))

    looks = images.shape[0] * images.shape[1] * math.prod(windows.counts(images.shape[2:])) * math.prod(windows.kernel)
    threads.run(piece, threads.pieces(len(images), SECONDS * looks))


def _tile(windows: Windows, size: Lengths) -> bool:
    """Whether each pixel of an image lies under exactly one tap."""
    apart = windows == Windows.of(windows.kernel, windows.kernel)
    return apart and all(length % taps == 0 for length, taps in zip(size, windows.kernel, strict=True))


# -- memory order: that of the operand ---------------------------------------------------------------------------


def _copy(target: Array, source: Array) -> None:
    """``target[...] = source`` for (N, C, *size); channels that lie side by side are moved as one, in half the time."""
    target, source = np.moveaxis(target, 1, -1), np.moveaxis(source, 1, -1)
    if target.strides[-1] == source.strides[-1] == target.itemsize:
        pixel = f"V{target.itemsize * target.shape[-1]}"
        target, source = target.view(pixel), source.view(pixel)
    target[...] = source


def _pooled_like(x: Array, windows: Windows) -> Array:
    return np.empty_like(x, shape=(*x.shape[:2], *windows.counts(x.shape[2:])))


def _images_like(g: Array, size: Lengths) -> Array:
    return np.zeros_like(g, shape=(*g.shape[:2], *size))


# -- the reference -----------------------------------------------------------------------------------------------


def windows_reference(x: Array, windows: Windows, fill: float) -> Array:
    """What each window sees, one by one, with `fill` beside the image: (N, C, rows, columns, kh * kw)."""
    (kh, kw), (sh, sw), (dh, dw) = windows.kernel, windows.stride, windows.dilation
    rows, columns = windows.counts(x.shape[2:])
    image = np.pad(x, ((0, 0), (0, 0), *windows.padding), constant_values=fill)
    seen = np.empty((*x.shape[:2], rows, columns, kh, kw), x.dtype)
    for i, j, u, v in np.ndindex(rows, columns, kh, kw):
        seen[:, :, i, j, u, v] = image[:, :, i * sh + u * dh, j * sw + v * dw]
    return seen.reshape(*x.shape[:2], rows, columns, kh * kw)
