"""Correlation of each window with filters of its own: as many small matrix products as there are windows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .unfold import unfold
from .windows import Windows

Array = np.ndarray[Any, Any]


def correlate(x: Array, weight: Array, windows: Windows) -> Array:
    """x (N, C, *size), weight (O, C, *counts, *kernel): (N, O, *counts). The weight is read once, whatever N is."""
    filters, channels, *places = weight.shape
    axes = len(windows.kernel)
    taps = channels * math.prod(windows.kernel)
    # (O, C, *counts, *kernel) -> (*counts, C, *kernel, O) -> (windows, C * taps, O)
    matrices = weight.transpose(*range(2, axes + 2), 1, *range(axes + 2, weight.ndim), 0)
    matrices = matrices.reshape(math.prod(places[:axes]), taps, filters)
    seen = unfold(x, windows).transpose(2, 0, 1)  # (windows, N, C * taps)
    out = np.matmul(seen, matrices).transpose(1, 2, 0)
    return out.reshape(len(x), filters, *places[:axes])
