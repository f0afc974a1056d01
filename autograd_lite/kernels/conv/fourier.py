"""Correlation with large filters as a product of spectra. Stride, dilation and groups of 1, real numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..windows import Windows
from .layout import beyond, padded, turned
from .problem import TRANSPOSED, Problem

Array = np.ndarray[Any, Any]


def refuses(problem: Problem) -> str | None:
    """Why this kernel cannot do it, or None."""
    windows = problem.windows
    if not all(step == 1 for step in (*windows.stride, *windows.dilation)) or problem.groups != 1:
        return "it needs stride, dilation and groups of 1"
    return None if problem.dtype.char in "fd" else f"it is for float32 and float64, not {problem.dtype}"


def wins(problem: Problem) -> bool:
    """Whether Fourier transforms are faster than patches.

    Fitted to times in float32 on two cores, for 1 to 64 channels, images of 64 to 1024 pixels a side, filters of 3x3
    to 31x31: of 66 cases it chooses the slower one in seven, at worst for one channel and 1024 pixels (2 times), where
    patches outgrow the caches. The break-even is at filters of 9x9 to 11x11, for 64 channels at 31x31.
    """
    n, c, outputs = problem.images, problem.channels, problem.filters
    (kh, kw), (rows, columns) = problem.windows.kernel, problem.counts
    # Transforms of x and of the result; of the filters, which are read once more for each frequency; the products.
    spectra = 130 * n * (c + outputs) + 450 * c * outputs + 50 * n * c * outputs
    pixels = (rows + kh - 1) * (columns + kw - 1)
    return n * c * rows * columns * kh * kw * (outputs + 16) > pixels * spectra


def cost(problem: Problem) -> tuple[int, int]:
    """Multiplications, about ``n log2(n)`` for a transform, and bytes of the spectra."""
    turned_back = problem.role == TRANSPOSED
    size = problem.counts if turned_back else problem.size
    padding = (beyond(problem.windows) if turned_back else problem.windows).padding
    height, width = (length + sum(around) for length, around in zip(size, padding, strict=True))
    n, c, filters = problem.images, problem.channels, problem.filters
    frequencies, spectra = height * (width // 2 + 1), n * c + c * filters + n * filters
    transforms = spectra * height * width * math.log2(height * width)
    return round(transforms) + 4 * n * c * filters * frequencies, 2 * spectra * frequencies * problem.dtype.itemsize


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C, kh, kw): (N, O, rows, columns).

    This is what scipy.signal.fftconvolve does, but the channels are added up before the transform back, not after it:
    1.3 to 5 times as fast. What wraps around the edge is beyond the results that are kept.
    """
    from scipy import fft

    image = padded(x, windows.padding)  # (N, H, W, C)
    height, width = image.shape[1:3]
    (kh, kw), size = weight.shape[2:], (fft.next_fast_len(height, real=True), fft.next_fast_len(width, real=True))
    spectrum = fft.rfft2(image, size, axes=(1, 2)).transpose(1, 2, 0, 3)
    filters = np.conj(fft.rfft2(weight, size)).transpose(2, 3, 1, 0)
    # (frequencies, N, C) @ (frequencies, C, O)
    out = fft.irfft2(np.matmul(spectrum, filters), size, axes=(0, 1))
    return out[: height - kh + 1, : width - kw + 1].transpose(2, 3, 0, 1)


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: with stride 1 a correlation, too."""
    return correlate(y, turned(weight, groups), beyond(windows), groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: a correlation, too, images for channels and y for the filters."""
    return np.swapaxes(correlate(np.swapaxes(x, 0, 1), np.swapaxes(y, 0, 1), windows, groups), 0, 1)
