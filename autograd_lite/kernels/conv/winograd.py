"""Correlation with 3x3 filters by Winograd's algorithm F(4x4, 3x3): a quarter of the multiplications. float32 only.

A tile of 4x4 results sees 6x6 pixels. Transformed, pixels and filters are multiplied point by point, so that over many
channels and tiles each of the 36 points is one matrix product; the transforms are products with 6x6 matrices, first of
the rows and then of the columns. Andrew Lavin and Scott Gray, "Fast Algorithms for Convolutional Neural Networks",
2016, whose matrices these are: ``A.T @ ((G @ filter @ G.T) * (B.T @ pixels @ B)) @ A``.

Work goes in strips, some rows of tiles of some images, that stay in a core's cache; in them images lie as (rows,
columns, N, channels), where rows and columns of tiles are views. With dilation, every d-th pixel makes an image of its
own. Threads share the strips.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import blas, threads
from ..windows import Windows
from ..workspace import workspace
from .layout import as_images, beyond, channels_last, copy_with_zeros, empty_rows
from .problem import FILTER_GRADIENT, Problem

Array = np.ndarray[Any, Any]

# Error relative to the largest number: 1.4e-5 was measured with 256 channels, 1e-5 with 64.
FLOAT32_BOUND = 2e-5

TILE = 4  # results along each axis
POINTS = 6  # pixels that they see, and as many points
_PIXELS = np.array(  # B.T
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    np.float32,
)
_FILTER = np.array(  # G
    [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], np.float32
) / np.float32(24)
_RESULTS = np.array(  # A.T
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], np.float32
)
_FILTERS = np.kron(_FILTER, _FILTER)  # of both axes at once: (36, 9)

SPEED = 1e11  # multiplications in a second, roughly
STRIP = 128  # tiles in a strip: as many rows in the products, 1.2 MB of points with 64 channels
RUN = 512  # numbers in a row of pixels of a strip: N * channels


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    windows = problem.windows
    if windows.kernel != (3, 3) or windows.stride != (1, 1) or problem.groups != 1:
        return "it needs filters of 3x3, stride and groups of 1"
    return None if problem.dtype == np.float32 else f"it is inexact, for float32 and not {problem.dtype}"


def wins(problem: Problem) -> bool:
    """Whether this is the fastest kernel: half of the time of patches with 64 or 256 channels."""
    return min(problem.channels, problem.filters) >= 32 and problem.images * math.prod(problem.counts) >= 512


def cost(problem: Problem) -> tuple[int, int]:
    """Multiplications of points, and bytes of the points of a strip."""
    n, c, filters, counts = problem.images, problem.channels, problem.filters, problem.counts
    tiles = n * math.prod(-(-length // TILE) for length in counts)
    buffers = 3 if problem.role == FILTER_GRADIENT else 2
    strip = POINTS * POINTS * min(STRIP, tiles) * max(c, filters) * problem.dtype.itemsize
    return POINTS * POINTS * tiles * c * filters, buffers * strip


# -- the three roles ---------------------------------------------------------------------------------------------


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C, 3, 3): (N, O, rows, columns)."""
    filters = np.swapaxes(_filter_points(weight, _FILTERS), 1, 2)
    return _correlate(x, np.ascontiguousarray(filters) if weight.size < 9 * 128 * 128 else filters, windows)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: a correlation with the filters turned round."""
    return _correlate(y, _filter_points(weight, _FILTERS[:, ::-1]), beyond(windows))


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C, 3, 3)."""
    x, y = channels_last(x), channels_last(y)
    strips = list(_strips(x, y, windows))

    def work(part: slice) -> Array:
        total = np.empty((POINTS * POINTS, y.shape[1], x.shape[1]), np.float32)
        one, two, three = _buffers(strips[part], 3, total.size)
        for i, strip in enumerate(strips[part]):
            pixels, gradient = _pixel_points(strip, one, two), _gradient_points(strip, two, three)
            # (36, O, tiles) @ (36, tiles, C)
            product = total if i == 0 else _shaped(two, total.shape)
            np.matmul(np.swapaxes(gradient, 1, 2), pixels, out=product)
            if i > 0:
                total += product
        return total

    total, *more = threads.run(work, threads.pieces(len(strips), _seconds(x, y)))
    for part in more:
        total += part
    with blas.one_thread:
        taps = np.matmul(total.reshape(POINTS * POINTS, -1).T, _FILTERS)  # (O * C, 9)
    return taps.reshape(y.shape[1], x.shape[1], 3, 3)


def _correlate(x: Array, filters: Array, windows: Windows) -> Array:
    """x (N, C, H, W) with transformed filters (36, C, O): (N, O, rows, columns)."""
    x = channels_last(x)
    out = as_images(empty_rows(len(x), filters.shape[2], windows.counts(x.shape[2:]), np.float32))
    strips = list(_strips(x, out, windows))

    def work(part: slice) -> None:
        one, two = _buffers(strips[part], 2)
        for strip in strips[part]:
            pixels = _pixel_points(strip, one, two)
            product = _shaped(two, (*pixels.shape[:2], filters.shape[2]))
            _put_results(strip, np.matmul(pixels, filters, out=product), one, two)

    threads.run(work, threads.pieces(len(strips), _seconds(x, out)))
    return out


def _seconds(x: Array, y: Array) -> float:
    """What a role takes on one thread, roughly: a quarter of the products, and the transforms of x and y."""
    n, filters, rows, columns = y.shape
    return n * rows * columns * (x.shape[1] * filters * 9 / 4 + 50 * (x.shape[1] + filters)) / SPEED


# -- strips ------------------------------------------------------------------------------------------------------


class _Strip(NamedTuple):
    """Results (N, O, rows, columns) and the images (N, C, H, W) that they come from; the first one from (top, left)."""

    images: Array
    results: Array
    top: int
    left: int

    @property
    def tiles(self) -> tuple[int, int]:
        """How many tiles cover the results, down and to the right."""
        return -(-self.results.shape[2] // TILE), -(-self.results.shape[3] // TILE)


def _strips(x: Array, y: Array, windows: Windows) -> Iterator[_Strip]:
    """All of y, cut into results that are computed together."""
    (dh, dw), ((before, _), (left, _)) = windows.dilation, windows.padding
    for row, column in itertools.product(range(min(dh, y.shape[2])), range(min(dw, y.shape[3]))):
        # results i * d + row see pixels (i + tap) * d + row - padding
        (top, first), (start, second) = divmod(row - before, dh), divmod(column - left, dw)
        yield from _cut(_Strip(x[:, :, first::dh, second::dw], y[:, :, row::dh, column::dw], top, start))


def _cut(whole: _Strip) -> Iterator[_Strip]:
    down, right = whole.tiles
    n = min(-(-len(whole.images) // threads.get_num_threads()), -(-RUN // whole.images.shape[1]))
    height = min(down, max(1, STRIP // (n * right)))
    n = min(-(-len(whole.images) // threads.get_num_threads()), max(n, STRIP // (height * right)))
    for i, j in itertools.product(range(0, len(whole.images), n), range(0, down, height)):
        images, results = whole.images[i : i + n], whole.results[i : i + n, :, j * TILE : (j + height) * TILE]
        yield _Strip(images, results, whole.top + j * TILE, whole.left)


def _buffers(strips: list[_Strip], number: int, least: int = 0) -> list[Array]:
    """Memory for what a strip needs one after the other: points are the largest."""
    largest = max((max(s.images.shape[1], s.results.shape[1]) * len(s.images) * _area(s) for s in strips), default=0)
    return list(workspace((number, max(largest, least)), np.float32))


def _area(strip: _Strip) -> int:
    down, right = strip.tiles
    return POINTS * POINTS * down * right


def _shaped(buffer: Array, shape: tuple[int, ...]) -> Array:
    return buffer[: math.prod(shape)].reshape(shape)


# -- transforms --------------------------------------------------------------------------------------------------


def _filter_points(weight: Array, matrix: Array) -> Array:
    """Transformed filters (O, C, 3, 3), without moving their taps first: (36, 9) @ (9, O * C) as (36, O, C)."""
    o, c = weight.shape[:2]
    taps, points = weight.reshape(o * c, 9).T, np.empty((POINTS * POINTS, o * c), np.float32)

    def work(part: slice) -> None:
        np.matmul(matrix, taps[:, part], out=points[:, part])

    with blas.one_thread:
        threads.run(work, threads.pieces(o * c, points.size * 2e-10))
    return points.reshape(POINTS * POINTS, o, c)


def _pixel_points(strip: _Strip, one: Array, two: Array) -> Array:
    """What the tiles of a strip see, transformed: (36, tiles, C)."""
    down, right = strip.tiles
    image = _shaped(one, (down * TILE + 2, right * TILE + 2, len(strip.images), strip.images.shape[1]))
    copy_with_zeros(image, strip.images, strip.top, strip.left)
    return _transformed(image, _PIXELS, two, one)


def _gradient_points(strip: _Strip, two: Array, three: Array) -> Array:
    """The results of a strip, transformed as the adjoint has it: (36, tiles, O)."""
    down, right = strip.tiles
    image = _shaped(three, (down * TILE, right * TILE, len(strip.results), strip.results.shape[1]))
    copy_with_zeros(image, strip.results, 0, 0)
    return _transformed(image, _RESULTS.T, two, three)


def _transformed(image: Array, matrix: Array, two: Array, one: Array) -> Array:
    """Both axes of each tile of an image (rows, columns, N, C), times a matrix (points, pixels): (36, tiles, C)."""
    rows, columns, n, c = image.shape
    points, pixels = matrix.shape
    down, right = (rows - pixels) // TILE + 1, (columns - pixels) // TILE + 1
    below, beside, pixel = columns * n * c, n * c, 1
    # (points, pixels) @ (down, columns, pixels, N * C)
    image = _view(image, (down, columns, pixels, n * c), (TILE * below, beside, below, pixel))
    half = _shaped(two, (points, down, columns, n * c))
    np.matmul(matrix, image, out=half.transpose(1, 2, 0, 3))
    # (points, pixels) @ (points, down, right, pixels, N * C)
    seen = _view(half, (points, down, right, pixels, n * c), (down * below, below, TILE * beside, beside, pixel))
    out = _shaped(one, (points, points, down, right, n * c))
    np.matmul(matrix, seen, out=out.transpose(0, 2, 3, 1, 4))
    return out.reshape(points * points, down * right * n, c)


def _put_results(strip: _Strip, product: Array, one: Array, two: Array) -> None:
    """The products (36, tiles, O) transformed back, where they belong."""
    (down, right), (n, o) = strip.tiles, strip.results.shape[:2]
    tiles = product.reshape(POINTS, POINTS, down, right, n * o)
    half = _shaped(one, (TILE, POINTS, down, right, n * o))
    # (4, 6) @ (6, down, right, 6, N * O), then (4, 6) @ (4, down, right, 6, N * O)
    np.matmul(_RESULTS, tiles.transpose(1, 2, 3, 0, 4), out=half.transpose(1, 2, 3, 0, 4))
    image = _shaped(two, (down, TILE, right, TILE, n * o))
    np.matmul(_RESULTS, half.transpose(0, 2, 3, 1, 4), out=image.transpose(1, 0, 2, 3, 4))
    rows, columns = strip.results.shape[2:]
    image = image.reshape(down * TILE, right * TILE, n, o)[:rows, :columns]
    strip.results[...] = image.transpose(2, 3, 0, 1)


def _view(array: Array, shape: tuple[int, ...], steps: tuple[int, ...]) -> Array:
    """A contiguous array seen with these steps, counted in numbers."""
    return as_strided(array, shape, tuple(step * array.itemsize for step in steps))
