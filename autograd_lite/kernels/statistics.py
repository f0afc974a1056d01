"""Kernels of statistics: where a quantile lies among the elements in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# Continuous quantiles of n elements lie at the rank ``n q + alpha + q (1 - alpha - beta) - 1``, between two elements:
# Hyndman and Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996), definitions 4 to 9.
ALPHA_BETA: dict[str, tuple[float, float]] = {
    "interpolated_inverted_cdf": (0, 1),
    "hazen": (0.5, 0.5),
    "weibull": (0, 0),
    "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


# Other methods choose an element (the first two are definitions 1 and 3), or the middle between two.
WHOLE_RANKS: dict[str, Callable[[Any, Any], Any]] = {
    "inverted_cdf": lambda n, q: np.ceil(n * q) - 1,
    "closest_observation": lambda n, q: np.rint(n * q) - 1,
    "lower": lambda n, q: np.floor((n - 1) * q),
    "higher": lambda n, q: np.ceil((n - 1) * q),
    "nearest": lambda n, q: np.rint((n - 1) * q),
}


def _averaged(n: Any, q: Any) -> Any:
    """On a step of the distribution function half-way to the next element, else the element above: definition 2."""
    rank = n * q - 1
    return np.where(rank == np.floor(rank), rank + 0.5, np.ceil(rank))


HALF_RANKS: dict[str, Callable[[Any, Any], Any]] = {
    "averaged_inverted_cdf": _averaged,
    "midpoint": lambda n, q: (np.floor((n - 1) * q) + np.ceil((n - 1) * q)) / 2,
}


def neighbours(rank: Any, n: Any) -> tuple[Array, Array]:
    """The whole ranks below and above: both the same one at either end, and beyond it."""
    below = np.floor(rank)
    outside = (rank < 0) | (rank >= n - 1)
    above = np.where(outside, below, below + 1)
    last = np.maximum(n - 1, 0)
    return np.clip(below, 0, last).astype(np.intp), np.clip(above, 0, last).astype(np.intp)
