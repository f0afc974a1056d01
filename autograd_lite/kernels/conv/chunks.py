"""Correlation as products over patches that are unfolded in chunks which stay in a core's cache; any stride.

Other than in `patches` the whole patch is copied, channels last, and threads share the chunks. The transpose with a
stride is not scattered: each phase of its result, every s-th pixel, is a correlation of its own with every s-th tap of
the filters turned round, so that a 4x4 kernel with stride 2 is four correlations of 2x2.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .. import threads
from ..blas import add_product
from ..windows import Lengths, Windows
from ..workspace import workspace
from .layout import as_images, channels_last, empty_rows, seen, turned
from .problem import Problem

Array = np.ndarray[Any, Any]

SPEED = 7e10  # multiplications in a second, roughly
CHUNK = 2**19  # numbers in the patches of a chunk: 2 MB; with less, threads wait for each other's calls
UNPACKED = 10**6  # OpenBLAS does not pack the operands of a product with fewer multiplications


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    if problem.groups != 1:
        return "it needs groups of 1"
    if max(problem.windows.stride) > 1 and max(problem.windows.dilation) > 1:
        return "it needs stride or dilation of 1"
    return None


def wins(problem: Problem) -> bool:
    """Whether this is faster than patches: over many channels, 0.7 of the time with stride 2."""
    return min(problem.channels, problem.filters) >= 32 and math.prod(problem.windows.kernel) > 1


# -- the three roles ---------------------------------------------------------------------------------------------


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C, kh, kw): (N, O, rows, columns)."""
    size = windows.counts(x.shape[2:])
    out = as_images(empty_rows(len(x), len(weight), size, np.result_type(x, weight)))
    (top, _), (left, _) = windows.padding
    _correlate_all([_Part(channels_last(x), out, windows, -top, -left)], [weight])
    return out


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    size = windows.covered(y.shape[2:])
    out = as_images(empty_rows(len(y), weight.shape[1], size, np.result_type(y, weight)))
    y, parts, filters = channels_last(y), [], []
    axes = [_phases(axis, windows, size) for axis in range(2)]
    for (pixels, taps, top), (pixels_across, taps_across, left) in itertools.product(*axes):
        some = weight[:, :, taps, taps_across]
        target = out[:, :, pixels, pixels_across]
        if some.size == 0:
            target[...] = 0
            continue
        parts.append(_Part(y, target, Windows.of(some.shape[2:], dilation=windows.dilation), top, left))
        filters.append(turned(some, 1))
    _correlate_all(parts, filters)
    return out


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C, kh, kw)."""
    x, y, (top, left) = channels_last(x), channels_last(y), (-before for before, _ in windows.padding)
    o, c, dtype = y.shape[1], x.shape[1], np.result_type(x, y)
    chunks = list(_Part(x, y, windows, top, left).chunks())

    def work(some: slice) -> Array:
        total = np.zeros((math.prod(windows.kernel) * c, o), dtype)
        for chunk in chunks[some]:
            patches = _patches(chunk)
            gradient = np.ascontiguousarray(np.moveaxis(chunk.results, 1, -1)).reshape(-1, o)
            add_product(total, patches.T, gradient)  # (K, pixels) @ (pixels, O)
        return total

    seconds = y.size * math.prod(windows.kernel) * c / SPEED
    total: Any = sum(threads.run(work, threads.pieces(len(chunks), seconds)))
    return np.ascontiguousarray(np.reshape(total, (*windows.kernel, c, o)).transpose(3, 2, 0, 1))


# -- chunks ------------------------------------------------------------------------------------------------------


class _Part(NamedTuple):
    """Results (N, O, rows, columns), and the images (N, C, H, W) whose windows they see; the first at (top, left)."""

    images: Array
    results: Array
    windows: Windows
    top: int
    left: int

    @property
    def patch(self) -> int:
        """How many numbers a window sees."""
        return math.prod(self.windows.kernel) * self.images.shape[1]

    def chunks(self) -> Iterator[_Part]:
        """Some rows of some images at a time."""
        n, _, rows, columns = self.results.shape
        bands = max(1, min(rows, -(-rows * columns * self.patch // CHUNK)))  # of about equal height
        height, count = -(-rows // bands), max(1, CHUNK // max(1, self.patch * columns * rows))
        for i, j in itertools.product(range(0, n, count), range(0, rows, max(1, height))):
            images, results = self.images[i : i + count], self.results[i : i + count, :, j : j + height]
            yield self._replace(images=images, results=results, top=self.top + j * self.windows.stride[0])


def _phases(axis: int, windows: Windows, size: Lengths) -> list[tuple[slice, slice, int]]:
    """Along one axis of the transpose: every s-th pixel, the taps that reach it, and where their windows begin in y."""
    kernel, step, dilation = windows.kernel[axis], windows.stride[axis], windows.dilation[axis]
    before, length = windows.padding[axis][0], size[axis]
    phases = []
    for pixel in range(min(step, length)):
        last, tap = divmod(pixel + before, step)  # tap + i * step reaches the pixel from y[last - i]
        taps = len(range(tap, kernel, step))
        phases.append((slice(pixel, None, step), slice(tap, None, step), last - (taps - 1) * dilation))
    return phases


def _correlate_all(parts: list[_Part], weights: list[Array]) -> None:
    """Write the results of all parts, each with its filters (O, C, kh, kw)."""
    filters = [np.ascontiguousarray(weight.transpose(2, 3, 1, 0)).reshape(-1, len(weight)) for weight in weights]
    chunks = [(chunk, some) for part, some in zip(parts, filters, strict=True) for chunk in part.chunks()]

    def work(some: slice) -> None:
        for chunk, matrix in chunks[some]:
            n, o, rows, columns = chunk.results.shape
            product = workspace((n * rows * columns, o), chunk.results.dtype, 2)
            _product(_patches(chunk), matrix, product)
            chunk.results[...] = np.moveaxis(product.reshape(n, rows, columns, o), -1, 1)

    seconds = sum(part.results.size * part.patch for part in parts) / SPEED
    threads.run(work, threads.pieces(len(chunks), seconds))


def _product(patches: Array, matrix: Array, out: Array) -> None:
    """``out = patches @ matrix``, (pixels, K) @ (K, O); with few filters in blocks of pixels, 1.4 times as fast."""
    (pixels, k), o = patches.shape, matrix.shape[1]
    block = math.gcd(pixels, 2 ** (UNPACKED // max(1, k * o)).bit_length() // 2)
    if o <= 64 and block >= 8:
        np.matmul(patches.reshape(-1, block, k), matrix, out=out.reshape(-1, block, o))
    else:
        np.matmul(patches, matrix, out=out)


def _patches(chunk: _Part) -> Array:
    """What each window of a chunk sees: (N * rows * columns, kh * kw * C), in the thread's workspace."""
    (n, _, rows, columns), c, windows = chunk.results.shape, chunk.images.shape[1], chunk.windows
    (sh, sw), (dh, dw) = windows.stride, windows.dilation
    image = seen(chunk.images, (rows, columns), windows, chunk.top, chunk.left)
    image_step, below, beside, one = image.strides
    shape, steps = (
        (n, rows, columns, *windows.kernel, c),
        (image_step, sh * below, sw * beside, dh * below, dw * beside),
    )
    patches = workspace(shape, image.dtype, 1)
    patches[...] = as_strided(image, shape, (*steps, one))
    return patches.reshape(n * rows * columns, chunk.patch)
