"""The Jacobian of a function of an array by differences, for each of its components by itself, kinks included.

The differences and their error bars are those of `numeric.central`, which has the sources.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# The first step, relative to the larger of 1 and the entry; tried are so many, each a tenth. It is about eps ** (1/5),
# where an error of h ** 4 is as large as that by rounding, eps / h.
_STEP, _STEPS = 1e-3, 4
_COARSE_STEP = 2e-2  # of a function in less than double precision
_ROUNDING = 8  # errors granted to one call of the function, in units of the last place
_SMOOTH = 1e-5  # an error bar, relative to the slope, below which no smaller step is tried
_STAYS = 0.75  # of the jump of a slope, when the step is halved: halfway from 1/2, of smooth functions, to 1, of kinks
_SMALL, _RESOLVED = 1e-3, 100  # jumps are none that are so small beside the slope, or not so many roundings large


@dataclass(frozen=True, slots=True)
class Slopes:
    """The Jacobian of all outputs by one input: (outputs, entries). At a kink, low and high are one-sided slopes."""

    value: Array
    error: Array
    low: Array
    high: Array

    def terms(self, dout: Array) -> Array:
        """For each entry of the input, the sum of the sizes of what adds up to its gradient."""
        return np.asarray(np.abs(dout) @ np.maximum(np.abs(self.low), np.abs(self.high)))

    @property
    def kinks(self) -> Array:
        """The entries of the input at which some output has a kink."""
        return np.asarray((self.low != self.high).any(axis=0))


def jacobian(function: Callable[[Array], Array], x: Array, eps: float) -> Slopes:
    """The Jacobian of a function of an array, one column at a time."""
    x = np.array(x, float)
    here = function(x.copy())
    columns = []
    for index in np.ndindex(x.shape):

        def at(value: float, index: tuple[int, ...] = index) -> Array:
            moved = x.copy()
            moved[index] = value
            return function(moved)

        columns.append(_column(at, float(x[index]), here, eps))
    return Slopes(*(np.stack(part, axis=1) for part in zip(*columns, strict=True)))


def _column(function: Callable[[float], Array], x: float, here: Array, eps: float) -> tuple[Array, Array, Array, Array]:
    """Slope, error bar, and the smaller and larger one-sided slope of each component of a function of one number.

    `numeric.slope` measures a sum of components; here each one is needed, with its own bar and its own kinks.
    """
    slope, error = np.full(here.shape, np.nan), np.full(here.shape, np.inf)
    step = (_STEP if eps <= np.finfo(float).eps else _COARSE_STEP) * max(1.0, abs(x))
    with np.errstate(all="ignore"):
        for _ in range(_STEPS):
            (far_left, far_right), (left, right) = [(function(x - h), function(x + h)) for h in (step, step / 2)]
            wide, narrow = (far_right - far_left) / (2 * step), (right - left) / step
            rounding = _ROUNDING * eps * (np.abs(far_left) + np.abs(far_right)) / step
            correction = (narrow - wide) / 3  # Richardson's, as in `numeric.central`
            better = np.abs(correction) + rounding < error
            slope = np.where(better, narrow + correction, slope)
            error = np.where(better, np.abs(correction) + rounding, error)
            size = np.abs(slope) + np.abs(slope).max(initial=0)
            if np.all(error <= _SMOOTH * size + 4 * rounding):
                break
            step /= 10
        # the jump of the slope: that of a smooth function halves with the step, that of a kink stays
        wide, narrow = (far_right - 2 * here + far_left) / step, (right - 2 * here + left) / (step / 2)
        jump = np.abs(narrow)
        kink = (jump > _STAYS * np.abs(wide)) & (jump > _SMALL * size) & (jump > _RESOLVED * rounding)
        low = high = slope
        if kink.any():
            sides = _one_sided(function, x, -1), _one_sided(function, x, 1)
            low, high = (np.where(kink, side, slope) for side in (np.minimum(*sides), np.maximum(*sides)))
    return slope, error, low, high


def _one_sided(function: Callable[[float], Array], x: float, side: int) -> Array:
    """The slope at one side, of points strictly there: chords of a parabola, whose slopes lie on a line, lead to x."""
    step = side * 1e-5 * max(1.0, abs(x))  # about eps ** (1/3), for an error of h ** 2
    one, two, three = (function(x + n * step) for n in (1, 2, 3))
    near, far = (two - one) / step, (three - two) / step  # at 1.5 and 2.5 steps
    return np.asarray(near - 1.5 * (far - near))
