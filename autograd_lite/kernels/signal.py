"""Convolution of two arrays in scipy.signal's modes, as a correlation of one channel with one filter turned round."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import conv
from .windows import Lengths, Padding, Windows

Array = np.ndarray[Any, Any]

MODES = ("full", "same", "valid")


def left_out(a: Lengths, v: Lengths, mode: str) -> Padding:
    """How much of the full result, of n + m - 1 elements along an axis, `mode` leaves out before and after."""
    if mode == "full":
        return ((0, 0),) * len(a)
    if mode == "same":
        return tuple(((m - 1) // 2, m // 2) for m in v)
    return tuple((min(n, m) - 1, min(n, m) - 1) for n, m in zip(a, v, strict=True))


def convolve(a: Array, v: Array, mode: str) -> Array:
    """Convolution of arrays of as many axes; in mode "valid" one must hold the other."""
    around = left_out(a.shape, v.shape, mode)
    if v.size > a.size:  # the order does not matter, and a small filter is faster
        a, v = v, a
    padding = tuple((m - 1 - before, m - 1 - after) for m, (before, after) in zip(v.shape, around, strict=True))
    windows = Windows.of(v.shape, padding=padding)
    return conv.correlate(a[None, None], np.flip(v)[None, None], windows)[0, 0]
