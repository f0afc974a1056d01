"""Weights of resampling: how each element along a new axis is made of those along the old one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def nearest(old: int, new: int, scale: float, exact: bool) -> Array:
    """For each new position the old one that is copied: ``floor(i * scale)``, or ``floor((i + 0.5) * scale)`` if exact.

    In single precision, as PyTorch computes it: at the odd ratio the last bit decides which neighbour it is.
    """
    positions = np.arange(new, dtype=np.float32) + np.float32(0.5 if exact else 0)
    return np.minimum(np.floor(positions * np.float32(scale)).astype(np.intp), old - 1)


def matrix(old: int, new: int, scale: float, kind: str, align_corners: bool, antialias: bool) -> Array:
    """The (new, old) matrix of a linear or cubic interpolation along one axis; rows sum to 1.

    scale: old elements for one new one. A new element i lies at ``i * scale`` if the corners are aligned, else at
    ``(i + 0.5) * scale - 0.5``, half a pixel being a pixel's centre. antialias: where the axis shrinks, the kernel is
    stretched by `scale`, so that no old element is skipped.
    """
    if antialias:
        return _antialiased(old, new, scale, kind)
    positions = np.arange(new) * scale if align_corners else (np.arange(new) + 0.5) * scale - 0.5
    if kind == "linear":
        positions = np.maximum(positions, 0)
    first = np.floor(positions).astype(np.intp)
    reach, kernel = (1, _hat) if kind == "linear" else (2, _cubic(-0.75))
    weights = np.zeros((new, old))
    for tap in range(1 - reach, reach + 1):  # neighbours beyond the border are those on it
        neighbours = first + tap
        np.add.at(weights, (np.arange(new), np.clip(neighbours, 0, old - 1)), kernel(positions - neighbours))
    return weights


def _antialiased(old: int, new: int, scale: float, kind: str) -> Array:
    reach, kernel = (1, _hat) if kind == "linear" else (2, _cubic(-0.5))
    stretch = max(scale, 1.0)
    weights = np.zeros((new, old))
    for i in range(new):
        center = (i + 0.5) * scale
        low = max(math.floor(center - reach * stretch + 0.5), 0)
        high = min(math.floor(center + reach * stretch + 0.5), old)
        row = kernel((np.arange(low, high) - center + 0.5) / stretch)
        weights[i, low:high] = row / row.sum()
    return weights


def _hat(distance: Any) -> Any:
    return np.maximum(1 - np.abs(distance), 0)


def _cubic(a: float) -> Any:
    """Keys' cubic convolution kernel, 1981; `a` is its slope at distance 1."""

    def kernel(distance: Any) -> Any:
        d = np.abs(distance)
        return np.where(d <= 1, inner_cubic(d, a), np.where(d < 2, outer_cubic(d, a), 0))

    return kernel


def inner_cubic(d: Any, a: float) -> Any:
    """The kernel at distances up to 1. Both consist of operators alone, and so serve operations on Tensors, too."""
    return ((a + 2) * d - (a + 3)) * d * d + 1


def outer_cubic(d: Any, a: float) -> Any:
    """The kernel at distances from 1 to 2."""
    return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
