"""Pooling in two dimensions, tap by tap: the pixels under one tap of all windows are one strided slice of the images.

x is (N, C, H, W), what is pooled (N, C, rows, columns). `winners` number the tap that each maximum was found at.
Padding is never made: `Windows.taps` leaves out the windows in which a tap falls beside the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .windows import Lengths, Windows

Array = np.ndarray[Any, Any]


# -- maximum -----------------------------------------------------------------------------------------------------


def max_pool(x: Array, windows: Windows) -> tuple[Array, Array]:
    """The largest pixel in each window (NaN if one is), and which tap it lies under, the first one at a tie."""
    size = x.shape[2:]
    out = _pooled_like(x, windows)
    out[...] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    for (rows, columns), (pixel_rows, pixel_columns) in windows.taps(size):
        part = out[:, :, rows, columns]
        np.maximum(part, x[:, :, pixel_rows, pixel_columns], out=part)
    return out, _first_equal(x, out, windows)


def _first_equal(x: Array, out: Array, windows: Windows) -> Array:
    """For each window the number of taps before the first one that equals `out`: counted as long as none has."""
    kh, kw = windows.kernel
    winners = np.zeros_like(out, dtype=np.uint8 if kh * kw < 256 else np.intp)
    searching: Array = np.ones_like(out, dtype=bool)
    has_nan = out.dtype.kind == "f" and bool(np.isnan(out).any())
    for (rows, columns), (pixel_rows, pixel_columns) in windows.taps(x.shape[2:]):
        tap, part = x[:, :, pixel_rows, pixel_columns], searching[:, :, rows, columns]
        differs = tap != out[:, :, rows, columns]
        part &= differs & (tap == tap) if has_nan else differs  # a NaN is found where it is, though it equals nothing
        np.add(winners, searching, out=winners)
    return winners


def take(x: Array, winners: Array, windows: Windows) -> Array:
    """From each window the pixel under the tap that `winners` (N, C, rows, columns) names."""
    out = np.zeros_like(winners, dtype=x.dtype)
    for tap, ((rows, columns), (pixel_rows, pixel_columns)) in enumerate(windows.taps(x.shape[2:])):
        chosen = winners[:, :, rows, columns] == tap
        out[:, :, rows, columns] += _only(chosen, x[:, :, pixel_rows, pixel_columns])
    return out


def scatter(g: Array, winners: Array, size: Lengths, windows: Windows) -> Array:
    """The adjoint of `take`: images (N, C, *size) of zeros with g added at the pixels that `winners` names."""
    image = _images_like(g, size)
    for tap, ((rows, columns), (pixel_rows, pixel_columns)) in enumerate(windows.taps(size)):
        chosen = winners[:, :, rows, columns] == tap
        image[:, :, pixel_rows, pixel_columns] += _only(chosen, g[:, :, rows, columns])
    return image


def _only(chosen: Array, values: Array) -> Array:
    """The values where `chosen`, zeros elsewhere.

    A mask of bits is three times as fast as np.where, and, unlike a product, lets no infinity through.
    """
    if values.dtype.kind != "f" or values.itemsize > 8:
        return np.where(chosen, values, np.zeros((), values.dtype))
    bits = values.view(f"i{values.itemsize}") & -chosen.view(np.int8)  # -1 has all bits set
    return bits.view(values.dtype)


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


# -- memory order: that of the operand ---------------------------------------------------------------------------


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
