"""Correlation with 1x1 filters: one matrix product on the images as they lie in memory. Nothing is unfolded or copied.

Images lie as matrices, one after the other: (rows, N * columns, C) where a kernel here made them, with channels last
(N, rows * columns, C), with channels first the transpose of that. Results lie as the images do, but with channels last.
Threads share the matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import threads
from ..blas import add_product
from ..windows import Windows
from .layout import as_images
from .problem import Problem

Array = np.ndarray[Any, Any]

SPEED = 7e10  # multiplications in a second, roughly


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    windows = problem.windows
    if windows.kernel != (1, 1) or windows.stride != (1, 1) or windows.padded or problem.groups != 1:
        return "it needs filters of 1x1, stride and groups of 1, no padding"
    return None


def wins(problem: Problem) -> bool:
    """Whether this is the fastest kernel: for what it can do, it is."""
    return True


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each pixel of x (N, C, H, W) times each filter of the weight (O, C, 1, 1): (N, O, H, W)."""
    return _product(x, np.ascontiguousarray(weight[:, :, 0, 0].T))


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: each pixel of y (N, O, H, W) times each filter, (N, C, H, W)."""
    return _product(y, weight[:, :, 0, 0])


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: pixels of x weighted by those of y and added up, (O, C, 1, 1)."""
    if _lies_in_rows(x) != _lies_in_rows(y):
        x, y = _images_first(x), _images_first(y)
    pixels, gradient, dtype = _matrices(x), _matrices(y), np.result_type(x, y)

    def work(part: slice) -> Array:
        total = np.zeros((y.shape[1], x.shape[1]), dtype)
        for a, b in zip(gradient[part], pixels[part], strict=True):
            add_product(total, a.T, b)  # (O, pixels) @ (pixels, C)
        return total

    total: Any = sum(threads.run(work, threads.pieces(len(pixels), y.size * x.shape[1] / SPEED)))
    return np.reshape(total, (*total.shape, 1, 1))


def _product(images: Array, matrix: Array) -> Array:
    """Each pixel (C,) of images (N, C, H, W) times a matrix (C, O): (N, O, H, W)."""
    n, _, height, width = images.shape
    pixels, o = _matrices(images), matrix.shape[1]
    out = np.empty((*pixels.shape[:2], o), np.result_type(images, matrix))
    # (n, pixels, C) @ (C, O)
    seconds = out.size * len(matrix) / SPEED
    threads.run(lambda part: np.matmul(pixels[part], matrix, out=out[part]), threads.pieces(len(pixels), seconds))
    if _lies_in_rows(images):
        return as_images(out.reshape(height, n, width, o))
    return np.moveaxis(out.reshape(n, height, width, o), -1, 1)


# -- images as matrices ------------------------------------------------------------------------------------------


def _lies_in_rows(images: Array) -> bool:
    """Whether the memory of images (N, C, H, W) is (H, N, W, C)."""
    return images.transpose(2, 0, 3, 1).flags.c_contiguous and not np.moveaxis(images, 1, -1).flags.c_contiguous


def _matrices(images: Array) -> Array:
    """Images (N, C, H, W) as matrices of pixels, (H, N * W, C) if they lie so, else (N, H * W, C)."""
    n, c, height, width = images.shape
    if _lies_in_rows(images):
        return images.transpose(2, 0, 3, 1).reshape(height, n * width, c)
    if not images.flags.c_contiguous:
        images = _images_first(images)
    return np.swapaxes(images.reshape(n, c, height * width), 1, 2)


def _images_first(images: Array) -> Array:
    """Images (N, C, H, W) that lie as (N, C, H, W) or as (N, H, W, C): themselves or a copy."""
    if images.flags.c_contiguous or np.moveaxis(images, 1, -1).flags.c_contiguous:
        return images
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(images, 1, -1)), -1, 1)
