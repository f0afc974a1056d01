"""Derivatives of sin(pi x) / (pi x), of any order, without cancellation near 0."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def derivative(x: Any, order: int) -> Any:
    """The derivative of that order: a recursion far from 0, where it is stable, and the power series near 0."""
    y = np.asarray(np.multiply(x, np.pi))
    near = np.abs(y) < max(1, order)
    if not near.any():
        out = _recursion(np.asarray(x), y, order)
    else:
        out = _recursion(np.where(near, 0.5, x), np.where(near, y.dtype.type(np.pi / 2), y), order)
        out[near] = _series(y[near], order)
    out *= np.pi**order
    return out


def _recursion(x: Array, y: Array, order: int) -> Array:
    """The derivative of S(y) = sin(y) / y: differentiating ``y S = sin y`` n times gives S_n from S_(n-1)."""
    turn = x - 2 * np.rint(x / 2) if x.dtype.kind != "c" else x  # exact: whole turns are left out
    angle = np.multiply(turn, np.pi, dtype=y.dtype)
    waves = np.sin(angle), np.cos(angle)
    out = np.divide(waves[0], y)
    for n in range(1, order + 1):
        wave = waves[n % 2]
        out = ((wave if n % 4 < 2 else -wave) - n * out) / y
    return np.asarray(out)


def _series(y: Array, order: int) -> Array:
    """The same as the sum over k of ``(-1)^k y^(2k - n) / ((2k - n)! (2k + 1))``, Horner's way."""
    first = (order + 1) // 2  # the first k with 2k >= n
    last = first + 10 + 2 * order  # |y| < max(1, n): what follows is below the rounding error
    square = y * y
    out = np.zeros_like(y)
    for k in range(last, first - 1, -1):  # each term without the factor that the terms before it share
        power = 2 * k - order
        out = 1 / (2 * k + 1) - square * out / ((power + 1) * (power + 2))
    return (-1) ** first * out * (y if order % 2 else 1)
