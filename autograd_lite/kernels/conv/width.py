"""Correlation with few channels, stride 1: long rows, the width unfolded or folded, the height for nothing.

Here images lie in memory as (rows, channels, columns, N). So a row of pixels is long even where the image is narrow:
what moves, moves in whole rows. And the rows that a filter sees, one below the other, are a matrix as they lie,
(kh * channels, columns * N), which begins one row later for the next row of the result: one call of `matmul` computes
all rows, without a copy for the height. The width is dealt with in one of two ways:

- *unfolding*: x is copied kw times, (rows, C * kw, columns, N), then (O, kh * C * kw) @ (kh * C * kw, columns * N);
- *folding*: (O * kw, kh * C) @ (kh * C, W * N), then the kw results are added up, each a column further.

Folding multiplies larger matrices, faster by half where kh * C is large enough, but adds where unfolding copies.
Threads share the rows. All is done in few long calls, since threads wait for each other between calls.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import threads
from ..blas import one_thread
from ..windows import Windows
from ..workspace import workspace
from .layout import beyond, from_long_rows, long_rows, turned
from .problem import Problem

Array = np.ndarray[Any, Any]

SPEED = 4e10  # multiplications in a second on one thread, roughly
CHUNK = 8 * 2**20  # bytes of unfolded or unfinished rows at a time; with 1 MB, one thread loses 0.03, two threads 0.1
# Numbers of a row in one product of few channels, so small that BLAS does not pack them: 0.63 to 1.05 of the time
# forward, over 8 shapes, and 0.58 to 1.15 for the filters' gradient, where larger images gain the most.
BLOCK, GRADIENT_BLOCK = 128, 256
ENOUGH = 48  # rows of a matrix from which on folding wins: measured at 30 (it loses) and 80 (it takes 0.8 of the time)


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    windows = problem.windows
    if problem.groups != 1 or any(step != 1 for step in (*windows.stride, *windows.dilation)):
        return "it needs stride, dilation and groups of 1"
    return None


def wins(problem: Problem) -> bool:
    """Whether this is the fastest kernel.

    Against patches, two threads, 14 shapes of up to 64 channels, 1 to 128 images: all three roles together take
    0.3 to 0.95 of the time, 1.03 for one image of 16 channels. Above 32 channels there are faster ones.
    """
    return max(problem.channels, problem.filters) <= 32 and max(problem.windows.kernel) > 1


def cost(problem: Problem) -> tuple[int, int]:
    """Multiplications, and bytes of unfolded or unfinished rows."""
    (kh, kw), (rows, columns), channels = problem.windows.kernel, problem.counts, problem.channels
    row = max(channels * columns, problem.filters * problem.size[1]) * kw * problem.images * problem.dtype.itemsize
    return problem.products, row * min(rows + kh - 1, max(kh, CHUNK // row) + kh - 1)


# -- correlation -------------------------------------------------------------------------------------------------


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C, kh, kw): (N, O, rows, columns)."""
    rows, columns = windows.counts(x.shape[2:])
    o, c, kh, kw = weight.shape
    image, out = long_rows(x), np.empty((rows, o, columns, len(x)), np.result_type(x, weight))
    if kh * c < ENOUGH:
        filters, part, row = weight.transpose(0, 2, 1, 3).reshape(o, kh * c * kw), _by_unfolding, c * kw * columns
    else:
        filters, part, row = weight.transpose(0, 3, 2, 1).reshape(o * kw, kh * c), _by_folding, o * kw * x.shape[3]
    filters = np.ascontiguousarray(filters)  # turned filters of one channel are a view that BLAS cannot read
    products, row_bytes = weight.size * out[:, 0].size, row * len(x) * x.itemsize
    _divided(lambda some: part(out[some], filters, image, some, windows), rows, products, row_bytes, kh)
    return from_long_rows(out)


def _by_unfolding(out: Array, filters: Array, image: Array, rows: slice, windows: Windows) -> None:
    """(O, kh * C * kw) @ (rows, kh * C * kw, columns * N), in blocks."""
    strips = _unfolded(image, *_seen(rows, windows), windows)
    np.matmul(filters, _in_blocks(_stacked(strips, windows.kernel[0]), BLOCK), out=_in_blocks(_matrices(out), BLOCK))


def _by_folding(out: Array, filters: Array, image: Array, rows: slice, windows: Windows) -> None:
    """(O * kw, kh * C) @ (rows, kh * C, W * N), added up over kw."""
    height, filters_, *_ = out.shape
    width, n = image.shape[2:]
    products = workspace((height, filters_, windows.kernel[1], width, n), out.dtype)
    lines = _with_border(image, *_seen(rows, windows))
    np.matmul(filters, _stacked(lines, windows.kernel[0]), out=products.reshape(height, len(filters), width * n))
    taps = [(seen, products[:, :, j, pixels]) for j, seen, pixels in _across(windows, width)]
    taps.sort(key=lambda tap: tap[1].shape[2], reverse=True)
    (seen, part), *others = taps
    if part.shape[2] < out.shape[2]:
        out[...] = 0
    out[:, :, seen] = part
    for seen, part in others:
        out[:, :, seen] += part


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: with stride 1 a correlation, too."""
    return correlate(y, turned(weight, groups), beyond(windows), groups)


# -- the filters' gradient ---------------------------------------------------------------------------------------


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C, kh, kw)."""
    image, numbers = long_rows(x), long_rows(y)
    (kh, kw), (height, c, _, n), (rows, o, columns, _) = windows.kernel, image.shape, numbers.shape
    products, row_bytes = c * kh * kw * y.size, c * kw * columns * n * x.itemsize
    if kw * c < ENOUGH:
        parts = _divided(lambda some: _stacking_x(image, numbers, some, windows), rows, products, row_bytes, kh)
        return np.ascontiguousarray(sum(parts).reshape(kh, c, kw, o).transpose(3, 1, 0, 2))
    parts = _divided(lambda some: _stacking_y(image, numbers, some, windows), height, products, row_bytes, kh)
    return np.ascontiguousarray(sum(parts).reshape(kh, o, c, kw)[::-1].transpose(1, 2, 0, 3))


def _stacking_x(image: Array, numbers: Array, rows: slice, windows: Windows) -> Array:
    """(rows, kh * C * kw, columns * N) @ (rows, columns * N, O) in blocks, added up over rows of y."""
    strips = _unfolded(image, *_seen(rows, windows), windows)
    lines = _with_border(numbers, rows.start, rows.stop)
    seen, numbers = _stacked(strips, windows.kernel[0]), _matrices(lines)
    numbers = _in_blocks(numbers, GRADIENT_BLOCK).swapaxes(2, 3)
    return np.matmul(_in_blocks(seen, GRADIENT_BLOCK), numbers).sum(axis=(0, 1))


def _stacking_y(image: Array, numbers: Array, rows: slice, windows: Windows) -> Array:
    """(rows, kh * O, columns * N) @ (rows, columns * N, C * kw), added up over rows of x.

    The rows of y that a row of x took part in are those that the transposed convolution reads; the lowest tap is first.
    """
    strips = _unfolded(image, rows.start, rows.stop, windows)
    lines = _with_border(numbers, *_seen(rows, beyond(windows)))
    return np.matmul(_stacked(lines, windows.kernel[0]), _matrices(strips).swapaxes(1, 2)).sum(axis=0)


# -- rows of images ----------------------------------------------------------------------------------------------


def _matrices(lines: Array) -> Array:
    """(rows, channels, columns, N) as a matrix for each row, (rows, channels, columns * N)."""
    return lines.reshape(*lines.shape[:2], math.prod(lines.shape[2:]))


def _stacked(lines: Array, taps: int) -> Array:
    """For each row the matrix of it and those below it, `taps` in all: (rows, taps * channels, columns * N), a view."""
    lines = _matrices(lines)
    (height, channels, length), (down, right, along) = lines.shape, lines.strides
    # as `as_strided` does it, in an eighth of the time
    return np.ndarray((height - taps + 1, taps * channels, length), lines.dtype, lines, 0, (down, right, along))


def _in_blocks(matrices: Array, block: int) -> Array:
    """Matrices (rows, k, length) as (rows, blocks, k, block), a view; in one block if they do not come out even."""
    rows, k, length = matrices.shape
    block = length if length % block else block
    return np.swapaxes(matrices.reshape(rows, k, length // block, block), 1, 2)


def _seen(rows: slice, windows: Windows) -> tuple[int, int]:
    """The first row of the image that windows of these rows of the result see, and the one behind the last."""
    top = windows.padding[0][0]
    return rows.start - top, rows.stop - top + windows.kernel[0] - 1


@functools.lru_cache(maxsize=256)
def _across(windows: Windows, width: int) -> list[tuple[int, slice, slice]]:
    """For each tap of a row: its number, the columns in which it lies on the image, the pixels that it meets."""
    across = Windows(windows.kernel[1:], windows.stride[1:], windows.padding[1:], windows.dilation[1:])
    return [(j, seen, pixels) for j, ((seen,), (pixels,)) in enumerate(across.taps((width,)))]


def _known(image: Array, first: int, last: int) -> tuple[int, int, Array]:
    """Of the rows from `first` to `last`: the numbers of zero rows above and below, and what is between, dense."""
    start, stop = max(first, 0), min(last, len(image))
    if stop <= start:
        return last - first, 0, image[:0]
    lines = image[start:stop]
    if not lines.flags.c_contiguous:
        lines = np.ascontiguousarray(lines)
    return start - first, last - stop, lines


def _with_border(image: Array, first: int, last: int) -> Array:
    """Rows `first` to `last` of an image, zeros beyond: (last - first, channels, columns, N). In slot 1, or a view."""
    above, below, lines = _known(image, first, last)
    if not (above or below):
        return lines
    out = workspace((last - first, *image.shape[1:]), image.dtype, slot=1)
    out[:above] = 0
    out[above : above + len(lines)] = lines
    out[above + len(lines) :] = 0
    return out


def _unfolded(image: Array, first: int, last: int, windows: Windows) -> Array:
    """What each tap of a row sees of these rows, zeros beyond: (last - first, C * kw, columns, N). In slot 0."""
    above, _, lines = _known(image, first, last)
    _, channels, width, n = image.shape
    kw, columns = windows.kernel[1], windows.counts((len(image), width))[1]
    strips = workspace((last - first, channels, kw, columns, n), image.dtype)
    inside = slice(above, above + len(lines))
    strips[: inside.start] = 0
    strips[inside.stop :] = 0
    for j, seen, pixels in _across(windows, width):
        strips[inside, :, j, seen] = lines[:, :, pixels]
        for border in (slice(seen.start), slice(seen.stop, None)):
            if len(range(columns)[border]):
                strips[inside, :, j, border] = 0
    return strips.reshape(last - first, channels * kw, columns, n)


def _divided(work: Callable[[slice], Any], rows: int, products: int, row_bytes: int, least: int) -> list[Any]:
    """What `work` returns for slices of so many rows, on several threads where that pays, in chunks for the cache."""
    step = max(least, CHUNK // max(1, row_bytes))

    def piece(part: slice) -> list[Any]:
        starts = range(part.start, part.stop, step)
        return [work(slice(first, min(first + step, part.stop))) for first in starts]

    with one_thread:
        parts = threads.run(piece, threads.pieces(rows, products / SPEED))
    return [result for part in parts for result in part]
