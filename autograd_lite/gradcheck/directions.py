"""Derivatives along random directions: a few of them look at all entries of a large gradient at once.

If the computed gradient is off by e, the derivative along a Gaussian direction v is off by <e, v>, which is normal with
standard deviation |e|. A direction that shows what is off by more than t misses it with a probability of
``P(|<e, v>| <= t) = erf(t / (sqrt(2) |e|))``, independent directions with the product of theirs, whatever the structure
of e is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .judge import Finding
from .numeric import Function, Vector, central
from .report import Verdict

Array = np.ndarray[Any, Any]
Direction = Mapping[str, Array]  # 0 in the arrays that it does not name


def gaussian(array: Array, rng: np.random.Generator) -> Array:
    """Standard normal numbers like an array: in both parts of a complex one, 0 where it is not finite.

    Nothing is known of the gradient there: along no direction these entries move.
    """
    numbers: Any = rng.standard_normal(array.shape)
    if array.dtype.kind == "c":
        numbers = numbers + 1j * rng.standard_normal(array.shape)
    return np.asarray(np.where(np.isfinite(array), numbers, 0), array.dtype)


def own_rng(rng: np.random.Generator | int) -> np.random.Generator:
    """The generator, or for a seed one whose numbers are no user's.

    For a direction that is the input itself shows no mistake in its length. Raises TypeError for anything else, and
    ValueError for a seed below 0.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    if not isinstance(rng, int | np.integer):
        raise TypeError(f"rng={rng!r:.60} is a {type(rng).__name__}; pass a np.random.Generator, or an integer as seed")
    if rng < 0:
        raise ValueError(f"rng={rng} is no seed; pass 0 or more, or a np.random.Generator")
    return np.random.default_rng([0x67726164, int(rng)])


def direction_at(array: Array, rng: np.random.Generator) -> Array:
    """A Gaussian direction to move an array in, in units of its size, if that is above 1."""
    finite = np.abs(array[np.isfinite(array)])
    size = max(1.0, float(np.sqrt(np.mean(finite**2)))) if finite.size else 1.0
    return np.asarray(gaussian(array, rng) * size, array.dtype)


_LIKELY = 0.5  # a probability of missing an error from which on nothing is promised


@dataclass(frozen=True)
class Search:
    """What random directions have found of a gradient.

    directions: the derivative along each, as computed, and what is thought of it. failing: the entries that a wrong one
    led to, by name and flat position. norm: of the gradient; size: the number of its entries.
    """

    directions: tuple[tuple[float, Finding], ...]
    failing: tuple[tuple[str, int], ...]
    norm: float
    size: int

    def missed(self, error: float) -> float:
        """The probability that no direction shows an error of the gradient whose norm is at least that.

        The norm is that over entries that move; of an entry that is not finite, an error is always missed. Directions
        have a standard deviation of at least 1 in each of the others, and measurements may be off towards the mistake
        by all of their error bar: this is an upper bound.
        """
        if error <= 0:
            return 1.0
        found = (_hidden(finding) / (math.sqrt(2) * error) for _, finding in self.directions)
        return math.prod(map(math.erf, found))

    def note(self) -> str:
        """What the search would have missed, in a sentence."""
        what = f"{len(self.directions)} Gaussian direction{'s' * (len(self.directions) > 1)} over {self.size:,} entries"
        share = 1e-3 * self.norm
        if self.missed(share) > _LIKELY:
            return (
                f"{what}: they promise nothing. An error of a thousandth of the gradient's norm, {share:.0e} here, is"
                " less than they resolve, for the gradient is too small, or they meet kinks. Check elsewhere, or entry"
                " by entry."
            )
        single = self.norm / math.sqrt(max(self.size, 1))
        return (
            f"{what}: a gradient that is off by a thousandth of its norm is missed with a probability of at most"
            f" {self.missed(share):.0e}, one that lacks a single entry of average size with at most"
            f" {self.missed(single):.0e}."
        )

    def blunted(self, point: Mapping[str, Array]) -> str:
        """Why most directions show little, and what to do about it; empty if they do not."""
        kinks = [found.kink for _, found in self.directions if found.kink and not found.verdict.bad]
        if 2 * len(kinks) <= len(self.directions):
            return ""
        told = (
            f"{len(kinks)} of {len(self.directions)} directions meet a kink of {kinks[0].at}, where an error smaller"
            " than the jump of the slope is not seen."
        )
        name, equal = max(((name, _repeated(array)) for name, array in point.items()), key=lambda pair: pair[1])
        if not equal:
            return f"{told} Add a little noise to the inputs, or pass resample=1."
        return (
            f"{told} Of the {point[name].size:,} values of {name}, {equal:,} are equal to another one, so an operation"
            f" that compares them takes another branch in every direction. If {name} is data, pass it as a constant,"
            f" ag.tensor({name}); else add a little noise to it, or pass resample=1."
        )


def _repeated(array: Array) -> int:
    """How many values occur more than once."""
    counts = np.unique(array, return_counts=True)[1]
    return int(counts[counts > 1].sum())


def _hidden(finding: Finding) -> float:
    """How far a derivative along one direction may be off without being called wrong.

    By its tolerance from what was measured, which may itself be off by `error` to the same side.
    """
    if finding.verdict is Verdict.UNRELIABLE:
        return math.inf
    left, right = finding.one_sided or (0.0, 0.0)
    return finding.tolerance + finding.error + abs(right - left)


_QUICK = 1e-6  # the step of a measurement that decides where it is clear
_CLEARLY, _SHARP = 20, 1e-6  # error bars away; an error bar that is small beside the slopes of the outputs


def search(
    weighted: Callable[[], Vector],
    point: Mapping[str, Array],
    gradient: Mapping[str, Array],
    judged: Callable[[Function, float, Direction], Finding],
    count: int,
    rng: np.random.Generator,
    limit: int,
) -> Search:
    """Compare a gradient with what is measured along `count` random directions; if one fails, find entries that do.

    weighted: what is differentiated, at the arrays of `point`, which are written into and have their values back
    afterwards. gradient: the computed one. judged: of a function of the way along a direction, the derivative that it
    should have at 0, and the direction, what is thought of it. limit: so many entries, at most.
    """

    def looked_at(direction: Direction) -> tuple[float, Finding]:
        along = derivative_along(gradient, direction)
        return along, judged(line_along(weighted, point, direction), along, direction)

    def agrees(direction: Direction) -> bool:
        if sharply:
            return not looked_at(direction)[1].verdict.bad
        quick = central(line_along(weighted, point, direction), 0.0, _QUICK)
        difference = abs(derivative_along(gradient, direction) - quick.value)
        if difference > _CLEARLY * quick.error:
            return False
        if quick.error < _SHARP * quick.size:
            return True
        return not looked_at(direction)[1].verdict.bad

    found = tuple(looked_at({name: direction_at(array, rng) for name, array in point.items()}) for _ in range(count))
    bad = [finding for _, finding in found if finding.verdict.bad]
    sharply = any(finding.complex_step for finding in bad)  # what differences do not show
    failing = suspects(agrees, point, rng, limit) if bad else []
    return Search(found, tuple(failing), norm(gradient.values()), sum(array.size for array in point.values()))


def derivative_along(gradient: Mapping[str, Array], direction: Direction) -> float:
    """The derivative along a direction, by the gradient for each array."""
    return float(sum(np.vdot(gradient[name], v).real for name, v in direction.items()))


def norm(arrays: Iterable[Array]) -> float:
    """The length of the vector that arrays are together."""
    return float(np.sqrt(sum(np.vdot(array, array).real for array in arrays)))


def line_along(weighted: Callable[[], Vector], point: Mapping[str, Array], direction: Direction) -> Function:
    """A function of arrays, which it finds where they are, as a function of the way along a direction."""

    def line(step: float) -> Vector:
        before = {name: point[name].copy() for name in direction}
        try:
            for name, v in direction.items():
                point[name][...] += step * v
            return weighted()
        finally:
            for name, array in before.items():
                point[name][...] = array

    return line


def suspects(
    agrees: Callable[[Direction], bool], point: Mapping[str, Array], rng: np.random.Generator, limit: int
) -> list[tuple[str, int]]:
    """Entries in which a derivative is wrong, at most so many, each by the name of its array and its flat position.

    agrees: whether both derivatives agree along a direction. Halves of the arrays that disagree are halved again, down
    to single entries.
    """
    found: list[tuple[str, int]] = []
    waiting = [(name, 0, array.size) for name, array in reversed(list(point.items())) if array.size]
    while waiting and len(found) < limit:
        name, start, stop = waiting.pop()
        direction = np.zeros(point[name].size, point[name].dtype)
        direction[start:stop] = direction_at(point[name].reshape(-1)[start:stop], rng)
        if agrees({name: direction.reshape(point[name].shape)}):
            continue
        if stop - start == 1:
            found.append((name, start))
        else:
            middle = (start + stop) // 2
            waiting += [(name, middle, stop), (name, start, middle)]
    return found
