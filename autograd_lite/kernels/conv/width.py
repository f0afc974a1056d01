"""Correlation with few channels, stride 1: the width is unfolded, and each row of taps is one matrix product.

Here images lie last in memory, (channels, rows, columns, N). So rows of pixels are long even where the image is narrow:
unfolding the width is a few long copies, what the filters see one row of taps lower begins one row later in the same
matrix, and pooling, bias and the flattening before a dense layer take whole rows, too. With the filters as the left
operand, (O, K) @ (K, pixels), six filters are twice as fast as with the pixels as rows; twenty are as fast.

Threads share the rows of the result, each with all it needs: unfolding, products, sums.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import threads
from ..blas import add_product
from ..windows import Windows
from ..workspace import workspace
from .layout import as_images_last, beyond, images_last, turned
from .problem import Problem

Array = np.ndarray[Any, Any]

SPEED = 3e10  # multiplications in a second, roughly: half of what large products reach
CHUNK = 4 * 2**20  # bytes of unfolded rows at a time, where that is more rows than a filter has


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    if problem.groups != 1 or any(step != 1 for step in problem.windows.stride):
        return "it needs stride and groups of 1"
    return None


def wins(problem: Problem) -> bool:
    """Whether this is the fastest kernel."""
    return max(problem.channels, problem.filters) <= 32 and max(problem.windows.kernel) > 1


# -- the three roles ---------------------------------------------------------------------------------------------


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C, kh, kw): (N, O, rows, columns)."""
    image, taps = images_last(x), _rows_of_taps(weight)
    out = np.empty((len(weight), *windows.counts(x.shape[2:]), len(x)), np.result_type(x, weight))

    def work(rows: slice) -> None:
        for part in _chunks(rows, image, windows):
            _correlate_rows(out[:, part], _unfolded(image, part, windows), taps, windows.dilation[0])

    threads.run(work, threads.pieces(out.shape[1], weight.size * out[0].size / SPEED))
    return as_images_last(out)


def _correlate_rows(out: Array, strips: Array, taps: Array, dilation: int) -> None:
    """One product for each row of taps: (O, C * kw) @ (C * kw, rows * columns * N), added up in `out`."""
    sums, height = _matrix(out), out.shape[1]
    for i, tap in enumerate(taps):
        seen = _matrix(strips[:, i * dilation : i * dilation + height])
        if i == 0:
            np.matmul(tap, seen, out=sums)
        else:
            add_product(sums, tap, seen)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C, kh, kw)."""
    image, weights = images_last(x), images_last(y)
    (kh, kw), channels, filters = windows.kernel, x.shape[1], y.shape[1]

    def work(rows: slice) -> Array:
        sums = np.zeros((kh, channels * kw, filters), np.result_type(x, y))
        for part in _chunks(rows, image, windows):
            _filter_rows(sums, _unfolded(image, part, windows), weights[:, part], windows.dilation[0])
        return sums

    products = channels * kh * kw * y.size
    sums = sum(threads.run(work, threads.pieces(weights.shape[1], products / SPEED)))
    return np.ascontiguousarray(sums.reshape(kh, channels, kw, filters).transpose(3, 1, 0, 2))


def _filter_rows(sums: Array, strips: Array, weights: Array, dilation: int) -> None:
    """One product for each row of taps: (C * kw, rows * columns * N) @ (rows * columns * N, O), added to `sums`.

    Turned round, (O, pixels) @ (pixels, C * kw), it takes up to half as long again.
    """
    height = weights.shape[1]
    for i, tap in enumerate(sums):
        add_product(tap, _matrix(strips[:, i * dilation : i * dilation + height]), _matrix(weights).T)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    return correlate(y, turned(weight, groups), beyond(windows), groups)


# -- rows --------------------------------------------------------------------------------------------------------


def _rows_of_taps(weight: Array) -> Array:
    """The weight (O, C, kh, kw) as a matrix for each row of taps: (kh, O, C * kw)."""
    o, c, kh, kw = weight.shape
    return np.ascontiguousarray(weight.transpose(2, 0, 1, 3)).reshape(kh, o, c * kw)


def _chunks(rows: slice, image: Array, windows: Windows) -> Iterator[slice]:
    """Rows of the result in pieces whose unfolded rows stay in the cache, but not fewer than a filter is high."""
    bytes_of_a_row = image.nbytes // image.shape[1] * windows.kernel[1]
    step = max(windows.span[0], CHUNK // max(1, bytes_of_a_row))
    for first in range(rows.start, rows.stop, step):
        yield slice(first, min(first + step, rows.stop))


def _unfolded(image: Array, rows: slice, windows: Windows) -> Array:
    """What some rows of windows see of an image (C, H, W, N), unfolded along the width: (C * kw, height, columns, N).

    Valid until the thread unfolds again: the memory is its workspace.
    """
    channels, height, width, n = image.shape
    top = rows.start - windows.padding[0][0]
    bottom = rows.stop - windows.padding[0][0] + windows.span[0] - 1
    first, last = max(top, 0), min(bottom, height)  # of them, those that the image has
    if last < first:
        first = last = top
    (columns,) = (across := _across(windows)).counts((width,))
    strips = workspace((channels, windows.kernel[1], bottom - top, columns, n), image.dtype)
    strips[:, :, : first - top] = 0
    strips[:, :, last - top :] = 0
    for j, ((seen,), (pixels,)) in enumerate(across.taps((width,))):
        strip = strips[:, j, first - top : last - top]
        strip[:, :, : seen.start] = 0
        strip[:, :, seen] = image[:, first:last, pixels]
        strip[:, :, seen.stop :] = 0
    return strips.reshape(channels * windows.kernel[1], bottom - top, columns, n)


def _across(windows: Windows) -> Windows:
    """How windows move along the width alone."""
    return Windows(*(lengths[1:] for lengths in windows))


def _matrix(rows: Array) -> Array:
    """(channels, rows, columns, N), or some rows of it, as (channels, rows * columns * N) without a copy."""
    return rows.reshape(len(rows), math.prod(rows.shape[1:]))
