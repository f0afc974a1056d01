"""The slope of a function of one number, measured, with an error bar. The function returns a vector of real numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]
Function = Callable[[float], Vector]

_EPS = float(np.finfo(np.float64).eps)
_ROUNDING = 8 * _EPS  # relative error granted to one evaluation of the function
_ATTEMPTS = 7
_BARS = 4  # two estimates contradict each other if they are more of their error bars apart
_FALLS = 8  # times that a difference is smaller than the one before, if it is not noise
_SETTLED = 16  # roundings, of a slope of 0
_RESOLVED = 1e-2  # the error bar, beside the slope, of one that was seen
_AGAIN = (0.9, 0.8, 0.7, 0.6)  # the best step is tried in these sizes, too: a bar may be small by luck


class Estimate(NamedTuple):
    """A measured slope and how far it may be off."""

    value: complex
    error: float


class Slope(NamedTuple):
    """The slope of the sum of a vector, and what its elements tell of it."""

    value: float
    error: float  # how far `value` may be off
    size: float  # sum of the absolute slopes of the elements
    bend: float  # sum over the elements of how far the slopes on both sides seem to be apart
    rounding: float = 0.0  # the part of `error` that follows from the rounding of the values
    step: float = np.inf  # by which it was measured

    @property
    def resolved(self) -> bool:
        """Whether the slope was seen, beside what it may be off."""
        return self.error <= _RESOLVED * self.size

    @property
    def settled(self) -> bool:
        """Whether it was seen, or that there is none: else the function changes within the smallest steps."""
        return self.resolved or self.error <= _SETTLED * self.rounding


class Side(NamedTuple):
    """What the elements of a vector tend to on one side of a point: their values and slopes."""

    values: Vector
    slopes: Vector
    errors: Vector  # how far the slopes may be off
    rounding: float = 0.0  # the part of their sum that follows from the rounding of the values
    step: float = np.inf  # by which they were measured

    @property
    def whole(self) -> Slope:
        """The slope of this side, for where there is no other."""
        size = float(np.abs(self.slopes).sum())
        return Slope(float(self.slopes.sum()), float(self.errors.sum()), size, 0.0, self.rounding, self.step)


UNKNOWN = Slope(np.nan, np.inf, 0.0, np.inf)


def slope(function: Function, x: float, eps: float, tolerance: float) -> Estimate:
    """The slope at `x` of the sum of the vector that `function` returns.

    eps: the first step, relative to the larger of 1 and \\|x\\|. tolerance: the error of a slope to be told from it.

    While the error bar exceeds a tenth of the tolerance, because a kink or the end of the domain lies within the step,
    the step is made ten times smaller; the estimate with the smallest bar counts.
    """
    best = UNKNOWN
    step = eps * max(1.0, abs(x))
    for _ in range(_ATTEMPTS):
        best = min(best, central(function, x, step), key=lambda found: found.error)
        if best.error <= tolerance / 10:
            break
        step /= 10
    return Estimate(best.value, best.error)


def central(function: Function, x: float, step: float, middle: Vector | None = None) -> Slope:
    """The slope at `x` by central differences of two steps, the second half as large, extrapolated.

    That (L. F. Richardson, "The approximate arithmetical solution by finite differences", 1911) gives fourth order, and
    as an error bar the size of the correction and what rounding may do. middle: ``function(x)``, which shows a kink at
    `x` itself: the second differences D are then halved with the step, and not quartered, so ``4 D(h/2) - D(h)``, from
    which a parabola cancels, is h times the jump of the slope. Beyond the domain, UNKNOWN, and for a step beside which
    `x` is too large.
    """
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        far_left, far_right = function(x - step), function(x + step)
        left, right = function(x - step / 2), function(x + step / 2)
        width = (x + step / 2) - (x - step / 2)  # not quite `step`, which rounding has changed
        if not width:
            return UNKNOWN
        wide = (far_right - far_left) / ((x + step) - (x - step))
        narrow = (right - left) / width
        correction = (narrow - wide) / 3  # the error of a central difference is a * step**2 + O(step**4)
        slopes = narrow + correction
        changed = right != left
        numbers = float(np.abs(right[changed]).sum() + np.abs(left[changed]).sum())
        if not changed.any():  # but all may have, below their last digit, or that of `x`: x - tanh(x) near 0
            numbers = float(np.abs(right).sum() + np.abs(left).sum()) + abs(x)
        rounding = _ROUNDING * numbers / width
        value, error = float(slopes.sum()), float(np.abs(correction).sum()) + rounding
        if not np.isfinite(value + error):
            return UNKNOWN
        bend = 0.0
        if middle is not None:
            bend = float(np.abs(4 * (left + right) - (far_left + far_right) - 6 * middle).sum()) / width
        return Slope(value, error, float(np.abs(slopes).sum()), bend, rounding, step)


def best_central(function: Function, x: float, steps: Iterable[float], middle: Vector) -> Slope:
    """The slope at `x` by the best of `steps`, which fall; its error bar does not trust a single difference.

    The estimates of neighbouring steps tell how far each may be off, and those of the smallest steps, which differ by
    noise alone, how exactly the function is computed. If its values are off by up to e, a slope of step h is off by up
    to c e / h, c depending on nothing but the formula; so are differences of such slopes, which times h are an
    estimate of c e, and this over the step of another slope is what noise adds to its error. (J. J. Moré and S. M.
    Wild, "Estimating computational noise", 2011, find e itself, by tables of differences of higher order at equidistant
    points; here the slopes are there already.)
    """
    tried = [(step, central(function, x, step, middle)) for step in steps]
    tried = [(step, found) for step, found in tried if found is not UNKNOWN]
    changing = [(step, found) for step, found in tried if found.size]
    best = _best_of(function, x, changing)
    if not best.resolved:  # steps that change nothing may be too small, or all the rest too wide
        best = _best_of(function, x, tried)
    return best


def _best_of(function: Function, x: float, tried: Sequence[tuple[float, Slope]]) -> Slope:
    pairs = list(itertools.pairwise(tried))
    if not pairs:
        return tried[0][1] if tried else UNKNOWN
    differences = [abs(found.value - next_.value) for (_, found), (_, next_) in pairs]
    noise = _noise([d * step for d, (_, (step, _)) in zip(differences, pairs, strict=True)][-3:])
    bars = [
        max(found.error, difference) + noise / step
        for (step, found), difference in zip(tried, [*differences, differences[-1]], strict=True)
    ]
    best = _soundest([np.array([found.value]) for _, found in tried], bars)
    step, found = tried[best]
    again = [central(function, x, part * step).value for part in _AGAIN]
    return found._replace(error=max([bars[best], *(abs(v - found.value) for v in again if np.isfinite(v))]))


def _noise(differences: Sequence[float]) -> float:
    """That of values, by what slopes of the smallest steps differ by, each times its step.

    Noise is as large for every step. What falls steadily is not noise, but what a function turns within these steps.
    """
    falls = all(earlier > _FALLS * later for earlier, later in itertools.pairwise(differences))
    return differences[-1] if falls else float(np.median(differences))


def one_sided(function: Function, x: float, side: int, steps: Iterable[float]) -> Side | None:
    """What the elements tend to on the right (side 1) or left (-1) of `x`, by the best of `steps`; None if nothing.

    Only points strictly on that side are used, four equidistant ones and four of half the distance. The error bars are
    as honest as those of `best_central`.
    """
    tried = [(step, _extrapolated(function, x, side * step / 4)) for step in steps]
    tried = [(step, found) for step, found in tried if np.isfinite(found.errors).all()]
    best = _best_side(function, x, side, [(step, found) for step, found in tried if found.slopes.any()])
    if best is None or not best.whole.resolved:
        best = _best_side(function, x, side, tried)
    return best


def _best_side(function: Function, x: float, side: int, tried: Sequence[tuple[float, Side]]) -> Side | None:
    if not tried:
        return None
    best = _soundest([found.slopes for _, found in tried], [float(found.errors.sum()) for _, found in tried])
    step, found = tried[best]
    again = [_extrapolated(function, x, side * part * step / 4).slopes for part in _AGAIN]
    apart = [np.abs(slopes - found.slopes) for slopes in again if np.isfinite(slopes).all()]
    return found._replace(errors=np.max([found.errors, *apart], axis=0))


def _soundest(slopes: Sequence[Vector], bars: Sequence[float]) -> int:
    """Which estimate has the smallest error bar, of those that agree with all that were made by smaller steps.

    Too wide a step leads to where the function is another one: of a sine over many turns, all differences are small,
    and so is what they seem to be off by.
    """

    def agree(i: int, j: int) -> bool:
        return bool(np.abs(slopes[i] - slopes[j]).sum() <= _BARS * (bars[i] + bars[j]))

    sound = [i for i in range(len(bars)) if all(agree(i, j) for j in range(i + 1, len(bars)))]
    return min(sound, key=bars.__getitem__)


_TO_SLOPE = np.array([-13 / 3, 19 / 2, -7, 11 / 6])  # of the cubic through values at 1, 2, 3 and 4: its slope at 0,
_TO_VALUE = np.array([4.0, -6.0, 4.0, -1.0])  # and its value there


def _extrapolated(function: Function, x: float, unit: float) -> Side:
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        values = {half: function(x + half * unit / 2) for half in (1, 2, 3, 4, 6, 8)}
        near, far = (np.stack([values[half * k] for half in (1, 2, 3, 4)]) for k in (1, 2))
        slopes = _TO_SLOPE @ (near - near[0]) / (unit / 2)
        rounding = _ROUNDING * np.abs(_TO_SLOPE) @ np.abs(near - near[0]) / abs(unit / 2)
        changed = (near != near[0]).any(axis=0)
        numbers = np.abs(near[0]) * changed if changed.any() else np.abs(near[0]) + abs(x)  # as for both sides
        rounding += 4 * _ROUNDING * numbers / abs(unit / 2)
        errors = np.abs(slopes - _TO_SLOPE @ (far - far[0]) / unit) + rounding
        return Side(_TO_VALUE @ near, slopes, errors, float(rounding.sum()), 4 * abs(unit))


def largest(*arrays: np.ndarray[Any, Any]) -> float:
    """The largest absolute value among those that are finite, 0 if there are none."""
    return max((float(np.abs(array[np.isfinite(array)]).max(initial=0.0)) for array in arrays), default=0.0)
