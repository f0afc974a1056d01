"""The slope of a function of one number, measured, with an error bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]

_ROUNDING = 8 * float(np.finfo(np.float64).eps)  # relative error granted to one evaluation of the function
_ATTEMPTS = 7


class Estimate(NamedTuple):
    """A measured slope and how far it may be off."""

    value: complex
    error: float


def slope(function: Callable[[float], Vector], x: float, eps: float, tolerance: Callable[[complex], float]) -> Estimate:
    """The slope at `x` of the sum of the vector that `function` returns.

    eps: the first step, relative to the larger of 1 and \\|x\\|. tolerance: of a slope, the error to be told from it.

    Central differences of two steps are extrapolated (L. F. Richardson, "The approximate arithmetical solution by
    finite differences", 1911), which gives fourth order and, as the size of the correction, an error bar. While the
    bar exceeds a tenth of the tolerance, because a kink or the end of the domain lies within the step, the step is
    made ten times smaller; the estimate with the smallest bar counts.
    """
    best = Estimate(np.nan, np.inf)
    step = eps * max(1.0, abs(x))
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # beyond the domain: a NaN, and a smaller step
        for _ in range(_ATTEMPTS):
            estimate = _extrapolated(function, x, step)
            if estimate.error < best.error:
                best = estimate
            if best.error <= tolerance(best.value) / 10:
                break
            step /= 10
    return best


def _extrapolated(function: Callable[[float], Vector], x: float, step: float) -> Estimate:
    (wide, _), (narrow, rounding) = _central(function, x, step), _central(function, x, step / 2)
    correction = (narrow - wide) / 3  # the error of a central difference is a * step**2 + O(step**4)
    return Estimate(narrow + correction, abs(correction) + rounding)


def _central(function: Callable[[float], Vector], x: float, step: float) -> Estimate:
    """A central difference, with the error that rounding alone may cause."""
    left, right = x - step, x + step
    below, above = function(left), function(right)
    width = right - left  # not quite 2 * step, which rounding has changed
    rounding = _ROUNDING * float(np.abs(above).sum() + np.abs(below).sum()) / width
    return Estimate(float((above - below).sum()) / width, rounding)
