"""The verdict on one entry: a computed derivative beside the function of one number whose slope it should be.

Most functions are smooth where they are checked, and two steps of central differences settle it. What does not agree at
once, or bends, is looked at closely: which branches the operations take on both sides, the slopes of each side, and
many steps instead of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .branches import Kink, Trace, first_difference, traced
from .cuts import first_cut
from .numeric import UNKNOWN, Function, Side, Slope, Vector, best_central, central, one_sided
from .report import Verdict
from .rounding import SPREADS

Array = np.ndarray[Any, Any]

_EPS = float(np.finfo(np.float64).eps)
_BARS = 5  # a derivative may be so many error bars away from the measured one
_ROUNDINGS = 128  # and so many roundings of what was summed
ILL = 32  # and so many times what rounding of the inputs moves it by
_LOST = 64  # a difference of so many roundings of the largest entry of the gradient may be one
_ONES = 10.0  # and of slopes that move nothing: steps are shorter than 1, and numbers on the way may be larger
_DROWNED = 1024  # roundings of 1, in which a slope cannot be told from nothing
SHARP = 1e-6  # the error bar of a convincing measurement, relative to the gradient
_BLUNT = 1e-3  # that of one in which a plausible mistake would hide
_PART = 1e-3  # of the outputs, or of the slope of long chords: what counts as a slope where the gradient is 0
_TIED = 1e-2  # slopes at points nearby are those of a smooth function if they differ by less, relatively
_FAR, _NEAR, _CLOSE = 1e-4, 1e-6, 1e-9  # of points nearby, relative to the entry that moves
_FEW, _MANY = 18, 128  # of these points
_STEEPER = 1.05  # chords of a tenth of the length, where the slope is infinite: those of x log x at 1e-11 by 1.10
_SMALL = 1e-2
_CLEARLY = 20  # tolerances away
_WIDEST = 1e-2  # the first step of a close look, relative to the larger of 1 and the entry
_FINER = 8  # each further step is so many times smaller


_NEITHER = "At x, several operations are at kinks and take the branches of neither side: there is no second derivative."
_UNSETTLED = "The slope is another one for each step: the function changes much within the smallest that can be tried."


class Finding(NamedTuple):
    """What is known of an entry."""

    numeric: complex
    error: float
    tolerance: float
    verdict: Verdict
    one_sided: tuple[complex, complex] | None = None
    kink: Kink | None = None
    note: str = ""
    complex_step: bool = False


@dataclass(slots=True)
class Ground:
    """What the entries of one input have in common.

    middle: the weighted outputs at the point itself. gradient: the largest entry of the gradient; variable: of the
    input. allowance: of a measured value, what the user tolerates beyond the error bars. precision: the rounding error
    of the computed gradient. order: of the derivative. step: the first to try, relative to the larger of 1 and the
    entry. noise: how far other rounding errors on the way move the function. line: whether `x` is the way along a
    direction, on which all entries are rounded, and no entry itself. branching: whether operations with branches occur,
    once that is known.
    """

    middle: Vector
    gradient: float
    variable: float
    allowance: Callable[[complex], float]
    precision: float
    order: int
    step: float
    noise: Callable[[], float]
    line: bool = False
    branching: bool | None = None

    def tolerance(self, found: Slope) -> float:
        """How far a derivative may be from this measured one."""
        return self.allowance(found.value) + _BARS * found.error + _ROUNDINGS * self.precision * found.size

    def loses(self, difference: float, found: Slope) -> bool:
        """Whether so much may be what rounding leaves of larger numbers: other entries, or those around 1.

        These count where the function moves by no more than their rounding: any slope below may hide in that.
        """
        ones = _ONES if found.size * self.step <= _LOST * _EPS else 0.0
        return difference <= _LOST * self.precision * max(ones, self.gradient)


def judge(function: Function, x: float, computed: float, conditioning: Callable[[], float], ground: Ground) -> Finding:
    """Whether `computed` is the slope at `x` of the sum of the vector that `function` returns.

    conditioning: how far rounding of the inputs alone moves the computed value; asked for only if all else disagrees.
    """
    entry = _Entry(function, x, computed, conditioning, ground)
    small = ground.step * ground.variable  # where all of an input is small, a step of the usual size leads far away
    for step in (ground.step * max(1.0, abs(x)), small)[: 2 if ground.variable < _SMALL else 1]:
        if agreed := entry.agreed(central(function, x, step, ground.middle)):
            return agreed
    found = entry.looked_at_closely()
    if np.isnan(computed) and not found.verdict.bad:
        return found._replace(verdict=Verdict.FAIL, note="The gradient is not a number; the function is one.")
    return found


def at_a_glance(
    function: Function, x: float, computed: float, conditioning: Callable[[], float], ground: Ground
) -> Finding | None:
    """The verdict of `judge` where one step leaves no doubt that `computed` is right, or far from it; else None."""
    entry = _Entry(function, x, computed, conditioning, ground)
    found = central(function, x, ground.step * max(1.0, abs(x)), ground.middle)
    return entry.agreed(found) or entry.clearly_wrong(found)


def at_a_tie(
    found: Finding, computed: float, slopes_nearby: Callable[[float, int], Array], kink: Callable[[], Kink | None]
) -> Finding:
    """The finding on a failure, once it is known what happens nearby: an opinion on ties.

    slopes_nearby: those of the elements at so many points in a distance, one row for each point. kink: at one of these.

    Where several values are equal, moving one of them does not show all that happens nearby. A derivative is right if
    it lies between the slopes nearby, element by element; if no operation tells of a kink there, nobody knows. Where
    they differ because the function is curved, they differ less in a smaller distance, and the failure stands.
    """
    for points in (_FEW, _MANY):  # few are enough to see that it is smooth, but may miss an order of equal values
        hull = _hull(computed, slopes_nearby, points)
        if hull is None:
            return found
        margin = _NEAR / _FAR * _TIED * hull.size + found.tolerance
        if hull.low - margin <= computed <= hull.high + margin:
            nearest = float(np.clip(computed, hull.low, hull.high))
            note = "Values are equal here, and the gradient is between the slopes at points around, where they are not."
            where = found.kink or kink() or Kink("", None, (), None, None, 0)
            return Finding(nearest, margin, margin, Verdict.KINK_OK, found.one_sided or hull.sides, where, note)
    if found.kink or kink():
        return found
    note = "Slopes at points nearby differ: there is no derivative here, or the function is not continuous."
    return found._replace(verdict=Verdict.UNRELIABLE, note=note)


class _Hull(NamedTuple):
    """What slopes at points nearby are between: all that the elements' extremes allow, and those of their sums."""

    low: float
    high: float
    sides: tuple[float, float]
    size: float


def _hull(computed: float, slopes_nearby: Callable[[float, int], Array], points: int) -> _Hull | None:
    """That of the slopes at so many points close by; None if they are those of a smooth function, or excuse nothing."""
    hull = None
    for distance in (_FAR, _NEAR, _CLOSE):
        nearby = slopes_nearby(distance, points)
        if not np.isfinite(nearby).all():  # of the closest ones, rounding may leave nothing
            return hull if distance == _CLOSE else None
        wide = hull.high - hull.low if hull else 0.0
        sums = nearby.sum(axis=1)
        low, high = float(nearby.min(axis=0).sum()), float(nearby.max(axis=0).sum())
        size = float(np.abs(nearby).max(axis=0).sum())
        outside = max(low - computed, computed - high)
        if high - low <= max(_TIED * size, wide / 4) or outside > 10 * (high - low):
            return None
        hull = _Hull(low, high, (float(sums.min()), float(sums.max())), size)
    return hull


@dataclass(slots=True)
class _Entry:
    function: Function
    x: float
    computed: float
    conditioning: Callable[[], float]
    ground: Ground
    around: float = 0.0  # the slope of chords to both sides, for where the gradient itself is 0

    def agreed(self, found: Slope) -> Finding | None:
        """The verdict if nothing speaks against it: a sharp measurement, no bend, and both values agree."""
        nothing_changes = found.value == found.size == found.bend == 0
        if nothing_changes and self.computed == 0 and found.error <= _BLUNT * max(_PART, self.ground.gradient):
            return Finding(0.0, found.error, self.ground.tolerance(found), Verdict.PASS)
        if not self._is_smooth(found):
            return None
        tolerance = self.ground.tolerance(found)
        if not abs(self.computed - found.value) <= tolerance:
            return None
        return Finding(found.value, found.error, tolerance, Verdict.PASS)

    def clearly_wrong(self, found: Slope) -> Finding | None:
        """The verdict if a sharp measurement without a bend is far away from what was computed."""
        tolerance = self.ground.tolerance(found) + self._ill_conditioned()
        if not (self._is_smooth(found) and _CLEARLY * tolerance < abs(self.computed - found.value) < np.inf):
            return None
        return self._failure(Finding(found.value, found.error, tolerance, Verdict.FAIL))

    def _is_smooth(self, found: Slope) -> bool:
        scale = max(found.size, self.ground.gradient, _PART * self.around)
        return found.error <= SHARP * scale and found.bend <= 8 * found.error + SHARP * scale

    def looked_at_closely(self) -> Finding:
        """The verdict by branches, one-sided slopes and many steps."""
        if np.isinf(self.computed) and (steep := self._infinite()):
            return steep
        self.around = self._chords(_WIDEST * max(1.0, abs(self.x)))
        kink, left, right, chosen = self._surroundings()
        if kink is None:
            found = self._slope(left, right)
            if self._is_smooth(found):
                return self._verdict(found)
        sides = [self._side(-1, left), self._side(1, right)]
        both = [side for side in sides if side is not None]
        if len(both) == 2 and (kink or self._bends(*both)):
            return self._at_kink(kink or Kink("", None, (), None, None, 0), chosen, *both)
        if kink is None and self._is_small(found.error, _BLUNT, found.size):
            return self._unless_alone(self._verdict(found), *sides)
        if len(both) == 1:
            return self._verdict(both[0].whole)
        return self._verdict(UNKNOWN)._replace(kink=kink) if kink else self._verdict(found)

    # -- where the slope is infinite -----------------------------------------------------------------------------

    def _infinite(self) -> Finding | None:
        """PASS if an infinite derivative is one: chords steepen with every smaller step, where they are defined."""
        sides = [self._steepens(side) for side in (-1, 1)]
        known = [steep for steep in sides if steep is not None]
        if not known or not all(known):
            return None
        verdict = Verdict.PASS if np.sign(self.computed) in known else Verdict.FAIL
        slopes = (np.inf * known[0], np.inf * known[-1])
        if known[0] != known[-1]:  # a cusp, at which no slope is the wrong one
            kink = Kink("", None, (), None, None, 0)
            return Finding(self.computed, 0.0, 0.0, Verdict.KINK_OK, slopes, kink, "The slope is infinite here.")
        return Finding(slopes[0], 0.0, 0.0, verdict, note="The slope grows without bound as the step gets smaller.")

    def _steepens(self, side: int) -> float | None:
        """The sign of the chords to that side if they steepen without end, 0 if they do not, None beyond the domain."""
        size = abs(self.x) or self.ground.variable
        steps = [side * size * 10.0**-digits for digits in range(5, 12)]
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            chords = np.array([float((self.function(self.x + s) - self.ground.middle).sum() / s) for s in steps])
        if not np.isfinite(chords).all():
            return None
        grows = (chords[1:] / chords[:-1] > _STEEPER).all() if chords.all() else False
        return float(np.sign(chords[0])) if grows else 0.0

    # -- where the branches change -------------------------------------------------------------------------------

    def _surroundings(self) -> tuple[Kink | None, float, float, bool]:
        """The kink at `x`, if operations tell of one, and how far to the left and right the branches stay the same.

        And whether those at `x` itself are all those of one side: the derivative is then one of that side, too.
        """
        x, ground = self.x, self.ground
        widest = _WIDEST * max(1.0, abs(x))
        if ground.branching is not False:
            here = self._trace(x)
            ground.branching = bool(here)
        if not ground.branching:
            return None, widest, widest, False
        for tiny in (self._tiny(), 64 * self._tiny(), 4096 * self._tiny()):
            left, right = self._trace(x - tiny), self._trace(x + tiny)
            leaves, arrives = first_difference(left, here), first_difference(here, right)
            kink = first_difference(left, right) or leaves
            reach = self._reach(-1, left, widest, tiny), self._reach(1, right, widest, tiny)
            if (min(reach) if kink else max(reach)) > _FINER * tiny:
                break  # else branches change so close by that it is rounding which hides them from this step
        return kink, *reach, leaves is None or arrives is None

    def _trace(self, x: float) -> Trace:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return traced(lambda: self.function(x))

    def _reach(self, side: int, trace: Trace, step: float, tiny: float) -> float:
        """The largest of the steps to that side at which the branches are still those of `trace`."""
        while step > tiny and first_difference(self._trace(self.x + side * step), trace):
            step /= _FINER
        return max(step, tiny)

    # -- slopes --------------------------------------------------------------------------------------------------

    def _slope(self, left: float, right: float) -> Slope:
        """The slope where there is no kink: by central differences, or from one side if the other has a kink nearby."""
        found = best_central(self.function, self.x, self._steps(min(left, right)), self.ground.middle)
        if left != right and not self._is_small(found.error, SHARP, found.size):
            side = self._side(-1, left) if left > right else self._side(1, right)
            if side is not None:
                found = min(found, side.whole, key=lambda slope: slope.error)
        if not found.settled and not abs(self.computed - found.value) <= self.ground.tolerance(found):
            finer = best_central(self.function, self.x, self._finest(left, right), self.ground.middle)
            found = finer if finer.resolved else found
        return found

    def _side(self, side: int, reach: float) -> Side | None:
        found = one_sided(self.function, self.x, side, self._steps(reach))
        if found and found.whole.settled and self._meet(self.ground.middle, found):
            return found
        finer = one_sided(self.function, self.x, side, self._finest(reach))
        return finer if finer and finer.whole.resolved else found

    def _steps(self, step: float, smallest: float = 0.0) -> Iterator[float]:
        """Steps from this one down to the smallest, four at least."""
        smallest = smallest or self._smallest()
        number = 0
        while step >= smallest or number < 4:
            yield step
            step /= _FINER
            number += 1

    def _finest(self, *reach: float) -> Iterator[float]:
        """Steps that are smaller than these, as small as rounding of what moves allows; of a 0 there is none."""
        smallest = self._smallest()
        rounded = self.ground.variable if self.ground.line else abs(self.x)
        return self._steps(min(*reach, smallest), 64 * _EPS * rounded or 1e-18 * smallest)

    def _smallest(self) -> float:
        """The step at which rounding takes over.

        Where the entry is large, functions may still turn within steps of 1, as sines do; at 0, within any.
        """
        size = abs(self.x) or self.ground.variable
        if not self.x:
            return min(1e-12 * size, 1e-6)
        return max(64 * _EPS * size, min(1e-8 * size, 1e-6))

    def _bends(self, left: Side, right: Side) -> bool:
        """Whether values or slopes tend to something else on the left than on the right, beyond doubt."""
        if self._jumps(left, right):
            return True
        apart = float(np.abs(right.slopes - left.slopes).sum())
        doubt = _CLEARLY * float((left.errors + right.errors).sum()) + _BLUNT * self._scale(apart)
        return apart > doubt and apart > doubt + SPREADS * self.ground.noise() / min(left.step, right.step)

    def _jumps(self, left: Side, right: Side) -> bool:
        """Whether the values on both sides do not meet."""
        return self._apart(left.values, right, lambda: self._beside(-1) - self._beside(1))

    def _alone(self, side: Side, sign: int) -> bool:
        """Whether the value at `x` is not the one that the function tends to on that side."""
        return self._apart(self.ground.middle, side, lambda: self.ground.middle - self._beside(sign))

    def _apart(self, values: Vector, side: Side, nearest: Callable[[], Vector]) -> bool:
        """Whether these are not the values that the function tends to on that side: not by rounding, that is.

        nearest: the difference as close by as can be, which must be as large; where the function is steep, it is not.
        """
        return not self._meet(values, side) and bool(2 * np.abs(nearest()).sum() > np.abs(values - side.values).sum())

    def _meet(self, values: Vector, side: Side) -> bool:
        """Whether these are the values that the function seems to tend to on that side, but for rounding."""
        size = (np.abs(values) + np.abs(side.values)).sum()
        change = self.ground.variable * np.abs(side.slopes).sum()
        apart = float(np.abs(values - side.values).sum())
        return apart <= 1e-6 * size + 1e-9 * change or apart <= SPREADS * self.ground.noise()

    def _step(self) -> float:
        """The first step that was tried."""
        return self.ground.step * max(1.0, abs(self.x))

    def _beside(self, sign: int) -> Vector:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            return self.function(self.x + sign * self._tiny())

    def _tiny(self) -> float:
        return 64 * _EPS * max(abs(self.x), self.ground.variable)

    # -- verdicts ------------------------------------------------------------------------------------------------

    def _is_small(self, error: float, part: float, size: float) -> bool:
        """Whether an error bar is at most this part of the slope; where that is 0 but for rounding, of other numbers.

        These are the outputs or what is on the way to them, or 1 if they are larger: beside outputs of 1e10 a slope of
        1 is not nothing, and that it was not computed may be a mistake.
        """
        if error <= part * max(size, self.ground.gradient, _PART * self.around):
            return True
        return error <= part * _PART and any(
            error <= part * _PART * numbers for numbers in self._numbers() if self._is_rounding_of(numbers)
        )

    def _is_rounding_of_nothing(self) -> bool:
        """Whether the computed value is what rounding of the outputs, or of what is on the way to them, leaves of 0."""
        return any(map(self._is_rounding_of, self._numbers()))

    def _is_rounding_of(self, numbers: float) -> bool:
        return bool(abs(self.computed) <= _ROUNDINGS * self.ground.precision * numbers)

    def _numbers(self) -> Iterator[float]:
        """The size of the outputs, and that of the numbers on the way if their rounding hides no slopes."""
        outputs = float(np.abs(self.ground.middle).sum()) / max(1.0, abs(self.x))
        yield outputs if np.isfinite(outputs) else 0.0
        if self.ground.noise() <= _BLUNT * _PART * self._step():
            yield self.ground.noise() / _EPS / max(1.0, abs(self.x))

    def _scale(self, size: float) -> float:
        """What a bend is large or small beside."""
        outputs = next(self._numbers())
        nothing = min(outputs, 1.0) if self._is_rounding_of(outputs) else 0.0
        return max(size, self.ground.gradient, _PART * nothing, _PART * self.around)

    def _chords(self, step: float) -> float:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            ends = np.stack([self.function(self.x - step), self.function(self.x + step)])
            slope = float(np.abs(ends - self.ground.middle).max(axis=0).sum() / step)
        return slope if np.isfinite(slope) else 0.0

    def _ill_conditioned(self) -> float:
        moved = self.conditioning()
        return ILL * moved if np.isfinite(moved) else 0.0  # infinite, where the gradient is

    def _verdict(self, found: Slope) -> Finding:
        if not np.isfinite(found.error):
            what, _ = self._words()
            note = (
                f"No step gives a finite slope: the {what} is not finite here, or has outputs of another shape nearby."
            )
            return Finding(found.value, found.error, self.ground.allowance(0.0), Verdict.UNRELIABLE, note=note)
        tolerance = self.ground.tolerance(found)
        difference = abs(self.computed - found.value)
        blunt = not self._is_small(found.error, _BLUNT, found.size)
        if not blunt and abs(found.value) <= _BARS * found.error and self._is_rounding_of_nothing():
            return Finding(found.value, found.error, max(tolerance, difference), Verdict.PASS)
        if not blunt and not difference <= tolerance:
            tolerance += self._ill_conditioned()
        if blunt and not _CLEARLY * tolerance < difference < np.inf:
            note = f"The error bar of the numeric value is {found.error:.1e}: a mistake could hide in it."
            return Finding(found.value, found.error, tolerance, Verdict.UNRELIABLE, note=note)
        if difference <= tolerance:
            return Finding(found.value, found.error, tolerance, Verdict.PASS)
        if self.ground.loses(difference, found) or self._drowned(difference):
            note = "The difference may be what rounding leaves of larger numbers, those of other entries or around 1."
            return Finding(found.value, found.error, tolerance, Verdict.UNRELIABLE, note=note)
        finding = Finding(found.value, found.error, tolerance, Verdict.FAIL)
        if not found.settled:
            return finding._replace(verdict=Verdict.UNRELIABLE, note=_UNSETTLED)
        return self._if_hidden(difference, finding, found.step) or self._failure(finding)

    def _drowned(self, difference: float) -> bool:
        """Whether the widest step moves the function by hardly more than rounding of numbers around 1 does."""
        moves = self.around * _WIDEST * max(1.0, abs(self.x))
        return moves <= _DROWNED * _EPS and difference <= 4 * self.around

    def _if_hidden(self, difference: float, finding: Finding, step: float) -> Finding | None:
        """UNRELIABLE rather than wrong, if rounding on the way to the outputs explains as much; else None."""
        hidden = SPREADS * self.ground.noise() / min(self._step(), step)
        if not difference <= hidden:
            return None
        note = f"On the way there are numbers so large that their rounding hides slopes of up to {hidden:.1e}."
        return finding._replace(error=max(finding.error, hidden), verdict=Verdict.UNRELIABLE, note=note)

    def _failure(self, finding: Finding) -> Finding:
        """BLOCKED rather than what it seems, if the entry's path to the outputs was cut."""
        cut = first_cut(lambda: self.function(self.x), lambda: self.function(self.x + self._step()))
        if cut is None:
            return finding
        return finding._replace(verdict=finding.verdict if self.computed else Verdict.BLOCKED, note=f"{cut}.")

    def _unless_alone(self, finding: Finding, left: Side | None, right: Side | None) -> Finding:
        """UNRELIABLE rather than wrong, if the value at `x` is not the one that the values around it tend to."""
        known = [(side, sign) for side, sign in ((left, -1), (right, 1)) if side is not None]
        if finding.verdict.good or not known or not all(self._alone(side, sign) for side, sign in known):
            return finding
        note = "The function jumps at this very point, and back behind it: there is no derivative here."
        return finding._replace(verdict=Verdict.UNRELIABLE, note=note)

    def _at_kink(self, kink: Kink, chosen: bool, left: Side, right: Side) -> Finding:
        """Whether the computed value lies between the slopes of both sides, element by element of the output."""
        error = float((left.errors + right.errors).sum())
        low, high = np.minimum(left.slopes, right.slopes).sum(), np.maximum(left.slopes, right.slopes).sum()
        size = float(np.maximum(np.abs(left.slopes), np.abs(right.slopes)).sum())
        both = float(left.slopes.sum()), float(right.slopes.sum())
        average = Slope(sum(both) / 2, error, size, 0.0, left.rounding + right.rounding)
        tolerance = self.ground.tolerance(average)
        jump = self._jumps(left, right)
        if high - low <= tolerance and not jump:  # branches that meet smoothly
            found = self._unless_alone(self._verdict(average), left, right)
            return found._replace(kink=kink) if found.verdict is Verdict.FAIL else found
        nearest = float(np.clip(self.computed, low, high)) if np.isfinite(self.computed) else float(low)
        what, derivative = self._words()
        told = f"The {what} itself jumps here: there is no {derivative}." if jump else ""
        finding = Finding(nearest, error, tolerance, Verdict.KINK_OK, both, kink, told)
        steep = f"The {what} itself jumps here, or is steeper than any step can show: there is no {derivative}."
        values = float((np.abs(left.values) + np.abs(right.values)).sum()) / max(1.0, abs(self.x))
        if not self._is_small(error, _BLUNT, max(size, _PART * min(values, 1.0))):
            note = f"At a kink, and the error bar of the slopes beside it is {error:.1e}: a mistake could hide in it."
            return finding._replace(verdict=Verdict.UNRELIABLE, note=steep if jump else note)
        if abs(self.computed - nearest) <= tolerance:
            return finding if kink.op or self.computed else self._failure(finding)  # the steps of an integer, perhaps
        if self.ground.order > 1 and not chosen:
            return finding._replace(verdict=Verdict.UNRELIABLE, note=told or _NEITHER)
        if jump and not kink.op:
            return finding._replace(verdict=Verdict.UNRELIABLE, note=steep)
        if not average.settled:
            return finding._replace(verdict=Verdict.UNRELIABLE, note=_UNSETTLED)
        return self._unless_alone(self._failure(finding._replace(verdict=Verdict.KINK_OUTSIDE)), left, right)

    def _words(self) -> tuple[str, str]:
        """What is differentiated, and what that gives."""
        if self.ground.order == 1:
            return "function", "derivative"
        return "gradient", "second derivative" if self.ground.order == 2 else "derivative of this order"
