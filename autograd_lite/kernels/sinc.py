"""Derivatives of sin(pi x) / (pi x), of any order, without cancellation near 0."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def derivative(x: Any, order: int) -> Any:
    """The derivative of that order: a recursion far from 0, where it is stable, and the power series near 0."""
    x = np.asarray(x)
    y = np.asarray(np.multiply(x, np.pi))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):  # near 0, what the series replaces
        out = _recursion(x, y, order)
    near = np.flatnonzero(np.abs(y) < max(1, order))
    np.put(out, near, _series(np.take(y, near), order))
    out *= np.pi**order
    return out


def _recursion(x: Array, y: Array, order: int) -> Array:
    """The derivative of S(y) = sin(y) / y: differentiating ``y S = sin y`` n times gives S_n from S_(n-1)."""
    turn = x - 2 * np.rint(0.5 * x) if x.dtype.kind != "c" else x  # exact: whole turns are left out
    angle = np.multiply(turn, np.pi, dtype=y.dtype)
    waves = np.sin(angle), np.cos(angle)
    out = np.asarray(np.divide(waves[0], y))
    for n in range(1, order + 1):
        wave = waves[n % 2]
        out *= n
        np.subtract(wave if n % 4 < 2 else -wave, out, out=out)
        out /= y
    return out


def _series(y: Array, order: int) -> Array:
    """The same as a power series, Horner's way; for odd orders it begins with y."""
    square = y * y
    out = np.zeros_like(y)
    for coefficient in _coefficients(order, float(np.finfo(y.dtype).eps)):
        out *= square
        out += coefficient
    return out * y if order % 2 else out


@functools.cache
def _coefficients(order: int, precision: float) -> tuple[float, ...]:
    """Those of ``y^(2k - n)``, the last first: ``(-1)^k / ((2k - n)! (2k + 1))``. Others are below the precision."""
    found: list[float] = []
    k, largest = (order + 1) // 2, 1.0
    while largest > precision / 8:
        power = 2 * k - order
        largest = max(1, order) ** power / math.factorial(power)
        found.append((-1) ** k / (math.factorial(power) * (2 * k + 1)))
        k += 1
    return tuple(reversed(found))
