"""Pooling in any number of axes, tap by tap: the pixels under one tap of all windows are one strided slice of images.

x is (N, C, *size), what is pooled (N, C, *counts). `winners` number the tap that each maximum was found at. Padding is
never made: `Windows.taps` leaves out the windows in which a tap falls beside the image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import threads
from .windows import Lengths, Padding, Windows

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
    winners[...] = 0
    if windows.padded:
        winners[...] = _first_taps(size, windows)
        out[...] = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    pixels, better = np.empty_like(out), np.empty_like(winners)
    larger = better.view(np.bool_) if better.itemsize == 1 else better  # a comparison writes booleans without a cast
    for tap, (inside, under) in enumerate(_taps(size, windows)):
        if tap == 0:
            _copy(out[inside], x[under])
            continue
        _copy(pixels[inside], x[under])  # read with strides once, compared twice
        np.greater(pixels[inside], out[inside], out=larger[inside], casting="unsafe")  # 0 or 1
        np.maximum(pixels[inside], out[inside], out=out[inside])  # of 0.0 and -0.0 the second argument: the first found
        if tap > 1:
            better[inside] *= better.dtype.type(tap)
        np.maximum(winners[inside], better[inside], out=winners[inside])  # taps count upwards: the last that was larger
    if x.dtype.kind == "f" and np.isnan(out.max(initial=-np.inf)):
        _find_nan(x, winners, windows)


def _first_taps(size: Lengths, windows: Windows) -> Array:
    """The first tap of each window that lies on the image: (*counts)."""
    first = np.zeros(windows.counts(size), dtype=int)
    for tap, (inside, _) in reversed(list(enumerate(_taps(size, windows)))):
        first[inside] = tap
    return first


def _find_nan(x: Array, winners: Array, windows: Windows) -> None:
    """In windows with a NaN the first one wins, though it is not larger than anything."""
    for tap, (inside, under) in reversed(list(enumerate(_taps(x.shape[2:], windows)))):
        winners[inside][np.isnan(x[under])] = tap


def places(winners: Array, size: Lengths, windows: Windows) -> Array:
    """Where in its image, counted row by row, the pixel lies that a winner names: int64."""
    found, taps, pixels = np.zeros(winners.shape, np.int64), winners.astype(np.int64), 1
    counts = windows.counts(size)
    for axis in reversed(range(len(size))):
        step, (before, _), distance = windows.stride[axis], windows.padding[axis], windows.dilation[axis]
        taps, tap = np.divmod(taps, windows.kernel[axis])
        starts = (np.arange(counts[axis]) * step - before).reshape(-1, *(1,) * (len(size) - axis - 1))
        found += np.clip(starts + tap * distance, 0, size[axis] - 1) * pixels
        pixels *= size[axis]
    return found


def take(x: Array, winners: Array, windows: Windows) -> Array:
    """From each window the pixel under the tap that `winners` (N, C, *counts) names."""
    out = np.zeros_like(winners, dtype=x.dtype)
    for tap, (inside, under) in enumerate(_taps(x.shape[2:], windows)):
        out[inside] += _only(winners[inside] == tap, x[under])
    return out


def scatter(g: Array, winners: Array, size: Lengths, windows: Windows) -> Array:
    """The adjoint of `take`: images (N, C, *size) of zeros with g added at the pixels that `winners` names."""
    tiled = _tile(windows, size)  # then each pixel is written once, and the image needs no zeros
    image = _images_like(g, size, zeros=not tiled)

    def work(images: Any) -> None:
        for tap, (inside, under) in enumerate(_taps(size, windows)):
            pixels, numbers = image[images][under], g[images][inside]
            chosen = winners[images][inside] == tap
            if tiled:
                _only(chosen, numbers, out=pixels)
            else:
                pixels += _only(chosen, numbers)

    _in_blocks(work, image, windows)
    return image


def _only(chosen: Array, values: Array, out: Array | None = None) -> Array:
    """The values where `chosen`, zeros elsewhere, in `out` if it is given.

    A product of the bits, as integers, with 0 or 1: three times as fast as np.where (a mask of bits takes 1.05 of the
    time) and, unlike a product of numbers, it lets no infinity through.
    """
    out = np.empty_like(values) if out is None else out
    if values.dtype.kind != "f" or values.itemsize > 8:
        out[...] = np.where(chosen, values, np.zeros((), values.dtype))
    else:
        bits = f"i{values.itemsize}"
        np.multiply(values.view(bits), chosen.view(np.int8), out=out.view(bits))
    return out


# -- sums and averages -------------------------------------------------------------------------------------------


def add_up(x: Array, windows: Windows, divisors: Any = 1) -> Array:
    """The sum of each window, divided by its number among `divisors` (*counts), or by one for all."""
    out = _pooled_like(x, windows)

    def work(images: Any) -> None:
        sums = out[images]
        if windows.padded:
            sums[...] = 0
        for tap, (inside, under) in enumerate(_taps(x.shape[2:], windows)):
            pixels, part = x[images][under], sums[inside]
            if tap == 0 and not windows.padded:
                _copy(part, pixels)
            else:
                part += pixels
        if np.any(divisors != 1):
            np.divide(sums, divisors, out=sums, casting="same_kind")

    _in_blocks(work, x, windows)
    return out


def spread(g: Array, size: Lengths, windows: Windows) -> Array:
    """The adjoint of `add_up`: images (N, C, *size) in which the number of each window is added to its pixels."""
    tiled = _tile(windows, size)
    image = _images_like(g, size, zeros=not tiled)

    def work(images: Any) -> None:
        for inside, under in _taps(size, windows):
            pixels, numbers = image[images][under], g[images][inside]
            if tiled:
                _copy(pixels, numbers)
            else:
                pixels += numbers

    _in_blocks(work, image, windows)
    return image


def divisors(size: Lengths, windows: Windows, counted: Padding) -> Any:
    """How many pixels are averaged, those of the padding that is `counted` among them: (*counts), or one number."""
    counts = np.ones((), int)
    for axis, (taps, step, (before, _)) in enumerate(zip(windows.kernel, windows.stride, windows.padding, strict=True)):
        starts = np.arange(windows.counts(size)[axis]) * step - before
        first, last = -counted[axis][0], size[axis] + counted[axis][1]
        counts = np.multiply.outer(counts, np.clip(starts + taps, first, last) - np.clip(starts, first, last))
    whole = math.prod(windows.kernel)
    return whole if (counts == whole).all() else np.maximum(counts, 1)


# -- bins: windows of different sizes that cover the image -------------------------------------------------------


def bins(length: int, count: int) -> list[slice]:
    """`length` pixels in `count` bins as evenly as may be; neighbours share a pixel where it does not come out even."""
    return [slice(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def average_bins(x: Array, counts: Lengths) -> Array:
    """The mean of each bin: (N, C, *counts). Along one axis after the other, since a bin is a product of slices."""
    for axis, count in enumerate(counts, 2):
        parts = bins(x.shape[axis], count)
        out = np.empty_like(x, shape=(*x.shape[:axis], count, *x.shape[axis + 1 :]))
        for i, part in enumerate(parts):
            np.add.reduce(x[_at(axis, part)], axis=axis, out=out[_at(axis, i)])
        out /= _lengths(parts, axis, x)
        x = out
    return x


def spread_bins(g: Array, size: Lengths) -> Array:
    """The adjoint of `average_bins`: images (N, C, *size) in which each bin's number is shared out among its pixels."""
    for axis, length in reversed(list(enumerate(size, 2))):
        parts = bins(length, g.shape[axis])
        share = g / _lengths(parts, axis, g)
        image = np.zeros_like(g, shape=(*g.shape[:axis], length, *g.shape[axis + 1 :]))
        for i, part in enumerate(parts):
            image[_at(axis, part)] += share[_at(axis, slice(i, i + 1))]
        g = image
    return g


def largest_in_bins(x: Array, counts: Lengths) -> Array:
    """Where in its image (N, C, *size), counted row by row, the largest pixel of each bin is; the first at a tie."""
    size = x.shape[2:]
    places = np.arange(math.prod(size)).reshape(size)
    parts = [bins(length, count) for length, count in zip(size, counts, strict=True)]
    out = np.empty((*x.shape[:2], *counts), np.int64)
    for i in np.ndindex(*counts):
        part = tuple(parts[axis][number] for axis, number in enumerate(i))
        pixels = x[(..., *part)]
        winners = np.argmax(pixels.reshape(*x.shape[:2], math.prod(pixels.shape[2:])), axis=-1)
        out[(..., *i)] = places[part].reshape(-1)[winners]
    return out


def _at(axis: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None),) * axis, index)


def _lengths(parts: list[slice], axis: int, x: Array) -> Array:
    """The lengths of slices along an axis, shaped to divide x by."""
    lengths = [part.stop - part.start for part in parts]
    return np.reshape(np.array(lengths, x.dtype), (-1, *(1,) * (x.ndim - axis - 1)))


# -- pieces --------------------------------------------------------------------------------------------------------

SECONDS = 0.8e-9  # that one tap of one window takes on one thread
BLOCK = 2**21  # bytes of images that, with what is made of them, stay in the cache


def _in_blocks(work: Callable[[Any], None], images: Array, windows: Windows) -> None:
    """Call `work` on slices of the images (N, C, *size), on several threads where that pays.

    Slices of the channels, if these are further apart in memory than the images: index what it gets, do not compute.
    """
    axis = int(images.strides[1] > images.strides[0])
    step = max(1, images.shape[axis] * BLOCK // max(1, images.nbytes))

    def piece(part: slice) -> None:
        for first in range(part.start, part.stop, step):
            work((slice(None),) * axis + (slice(first, min(first + step, part.stop)),))

    looks = images.shape[0] * images.shape[1] * math.prod(windows.counts(images.shape[2:])) * math.prod(windows.kernel)
    threads.run(piece, threads.pieces(images.shape[axis], SECONDS * looks))


def _taps(size: Lengths, windows: Windows) -> Iterator[tuple[Any, Any]]:
    """`Windows.taps` as indices: for each tap, of (N, C, *counts) and of (N, C, *size)."""
    for inside, under in windows.taps(size):
        yield (..., *inside), (..., *under)


def _tile(windows: Windows, size: Lengths) -> bool:
    """Whether each pixel of an image lies under exactly one tap."""
    apart = windows == Windows.of(windows.kernel, windows.kernel)
    return apart and all(length % taps == 0 for length, taps in zip(size, windows.kernel, strict=True))


# -- memory order: that of the operand ---------------------------------------------------------------------------


def _copy(target: Array, source: Array) -> None:
    """``target[...] = source``; numbers that lie side by side in memory are moved as one, in half the time."""
    innermost = target.strides.index(min(target.strides))
    target, source = target.swapaxes(innermost, -1), source.swapaxes(innermost, -1)
    if target.strides[-1] == source.strides[-1] == target.itemsize:
        pixel = f"V{target.itemsize * target.shape[-1]}"
        target, source = target.view(pixel), source.view(pixel)
    target[...] = source


def _pooled_like(x: Array, windows: Windows) -> Array:
    return np.empty_like(x, shape=(*x.shape[:2], *windows.counts(x.shape[2:])))


def _images_like(g: Array, size: Lengths, zeros: bool) -> Array:
    return (np.zeros_like if zeros else np.empty_like)(g, shape=(*g.shape[:2], *size))


# -- the reference -----------------------------------------------------------------------------------------------


def windows_reference(x: Array, windows: Windows, fill: float) -> Array:
    """What each window sees, one by one, with `fill` beside the image: (N, C, *counts, taps)."""
    image: Any = np.pad(x, ((0, 0), (0, 0), *windows.padding), constant_values=fill)
    counts = windows.counts(x.shape[2:])
    seen: Any = np.empty((*x.shape[:2], *counts, math.prod(windows.kernel)), x.dtype)
    for window in np.ndindex(*counts):
        for number, tap in enumerate(np.ndindex(*windows.kernel)):
            axes = zip(window, windows.stride, tap, windows.dilation, strict=True)
            seen[..., *window, number] = image[..., *(i * step + u * distance for i, step, u, distance in axes)]
    return seen
