"""Windows of images as the columns of a matrix, and the way back, in any number of axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .conv.layout import every_nth, padded
from .windows import Lengths, Windows

Array = np.ndarray[Any, Any]


def unfold(x: Array, windows: Windows) -> Array:
    """What each window sees of x (N, C, *size), as columns: (N, C * taps, number of windows)."""
    n, c, *size = x.shape
    image = np.moveaxis(padded(x, windows.padding), -1, 1)
    seen: Any = sliding_window_view(image, windows.span, axis=tuple(range(2, x.ndim)))
    seen = seen[:, :, *every_nth(windows.stride), ..., *every_nth(windows.dilation)]  # (N, C, *counts, *kernel)
    counts = windows.counts(tuple(size))
    columns = np.moveaxis(seen, range(2, x.ndim), range(-len(counts), 0))
    return columns.reshape(n, c * math.prod(windows.kernel), math.prod(counts))


def fold(columns: Array, size: Lengths, windows: Windows) -> Array:
    """The adjoint of `unfold`: columns (N, C * taps, number of windows) added up where they lie on (N, C, *size)."""
    n, rows, _ = columns.shape
    c = rows // math.prod(windows.kernel)
    columns = columns.reshape(n, c, *windows.kernel, *windows.counts(size))
    image = np.zeros((n, c, *size), columns.dtype)
    for tap, (at, pixels) in zip(np.ndindex(windows.kernel), windows.taps(size), strict=True):
        image[:, :, *pixels] += columns[:, :, *tap, *at]
    return image
