"""From a call whose derivative is wrong to the smallest one, and to one entry of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..core import raw
from .calls import Array, Arrays, Case, compared, leaves_of, pulled, sides
from .directions import direction_at, gaussian, suspects
from .document import decimal
from .numeric import Estimate

_SECONDS = 5.0  # at most, for cutting down one call
_SHOWN = 8  # entries that are looked at in one call
_OUTPUTS = 64  # of which one is looked for that shows the mistake alone


@dataclass(frozen=True)
class Question:
    """Is the derivative of a case right, its outputs having these weights?"""

    case: Case
    weights: tuple[Array, ...]

    def wrong(self, rng: np.random.Generator) -> bool:
        """Whether it differs from what is measured along a random direction; what cannot be measured does not.

        Where all together lead beyond the domain, each of the variables is moved alone.
        """
        direction = self.direction(rng)
        for moved in (direction, *({label: v} for label, v in direction.items())):
            probe = compared(self.case, self.weights, moved)
            if np.isfinite(probe.numeric.value) and (not probe.ok or moved is direction):
                return not probe.ok
        return False

    def finite(self) -> bool:
        """Whether its gradient consists of numbers."""
        return all(np.isfinite(g).all() for g in pulled(self.case, self.weights).values())

    def direction(self, rng: np.random.Generator) -> Arrays:
        """A random direction, in which weights that are 0 stay 0: their outputs need not have a derivative."""
        directions = {label: direction_at(array, rng) for label, array in self.case.point().items()}
        return directions | {label: directions[label] * (w != 0) for label, w in self.case.weights.items()}

    def nudged(self, rng: np.random.Generator) -> Question:
        """The same a little beside, where there is hardly a kink."""
        moved = {
            label: np.asarray(array + 1e-3 * direction_at(array, rng)) for label, array in self.case.point().items()
        }
        return replace(self, case=self.case.replaced(moved))

    def at(self, arrays: Mapping[str, Array], rng: np.random.Generator) -> Question:
        """The same for other arrays, with weights that fit them."""
        case = replace(self.case.replaced(arrays), levels=())
        for level in self.case.levels:
            outputs = case.outputs(leaves_of(case.point()))
            case = case.of_next_order(_fitting(tuple(level.values()), outputs, rng))
        return Question(case, _fitting(self.weights, case.outputs(leaves_of(case.point())), rng))

    def of_next_order(self, rng: np.random.Generator) -> Question:
        """Is the derivative of this derivative right, for random weights?"""
        case = self.case.of_next_order(self.weights)
        return Question(case, tuple(gaussian(raw(g), rng) for g in case.outputs(leaves_of(case.point()))))


def _fitting(weights: Sequence[Array], outputs: Sequence[Any], rng: np.random.Generator) -> tuple[Array, ...]:
    """Weights for outputs whose shapes may have changed: new ones for those, but none for what had none."""
    pairs = zip(weights, map(raw, outputs), strict=True)
    return tuple(w if w.shape == out.shape else gaussian(out, rng) * bool(w.any()) for w, out in pairs)


# -- smaller arrays ------------------------------------------------------------------------------------------------


def cut_down(question: Question, rng: np.random.Generator, until: float) -> Question:
    """The same question for arrays that are cut in halves as long as the operation takes them and is wrong.

    until: the time at which to leave off.
    """
    until, finite = min(until, time.monotonic() + _SECONDS), question.finite()
    while smaller := next((q for q in _smaller(question, until, rng) if q and (q.finite() or not finite)), None):
        question = smaller
    return question


def _smaller(question: Question, until: float, rng: np.random.Generator) -> Iterator[Question | None]:
    for arrays in _halves(question.case.arrays()):
        if time.monotonic() > until:
            return
        try:
            smaller = question.at(arrays, rng)
            yield smaller if smaller.wrong(rng) else None
        except Exception:  # nothing that the operation accepts, and there is no telling what it raises
            yield None


def _halves(arrays: Arrays) -> Iterator[Arrays]:
    """Arrays with half of an axis: first of all axes of one length, which may have to be equal, then of single ones.

    Their order in memory stays what it was, as far as a file keeps it.
    """
    lengths = {n for array in arrays.values() for n in array.shape if n > 1}
    for length in sorted(lengths, reverse=True):
        for half in _both_halves(length):
            yield {
                label: array[tuple(half if n == length else slice(None) for n in array.shape)].copy("K")
                for label, array in arrays.items()
            }
    for label, array in arrays.items():
        for axis, length in enumerate(array.shape):
            for half in _both_halves(length) if length > 1 else ():
                yield {label: array[(slice(None),) * axis + (half,)].copy("K")}


def _both_halves(length: int) -> tuple[slice, slice]:
    return slice(0, length // 2), slice(length // 2, length)


# -- one entry -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Finding:
    """An entry of a gradient that is wrong: of which argument, and both values."""

    question: Question
    argument: str
    index: tuple[int, ...]
    analytic: complex
    numeric: Estimate
    note: str


def wrong_entry(question: Question, rng: np.random.Generator) -> Finding | None:
    """An entry of the gradient that is wrong, if possible that of a single output; None if all are right."""
    case, weights = question.case, question.weights
    gradient = pulled(case, weights)

    def agrees(direction: Mapping[str, Array]) -> bool:
        return compared(case, weights, direction, gradient).ok

    for argument, position in suspects(agrees, case.point(), rng, _SHOWN):
        found = _judged(question, argument, position)
        if found:
            return _of_one_output(question, argument, position) or found
    return None


def _of_one_output(question: Question, argument: str, position: int) -> Finding | None:
    for number, weight in enumerate(question.weights):
        for place in np.flatnonzero(weight)[:_OUTPUTS]:
            weights = [np.zeros_like(w) for w in question.weights]
            weights[number].flat[place] = 1
            found = _judged(Question(question.case, tuple(weights)), argument, position)
            if found:
                return found
    return None


def _judged(question: Question, argument: str, position: int) -> Finding | None:
    """The entry at a position, if it is wrong: neither what is measured, nor between the slopes of both sides."""
    array = question.case.point()[argument]
    index = tuple(int(i) for i in np.unravel_index(position, array.shape))
    gradient = pulled(question.case, question.weights)
    numeric, error, note, wrong = 0j, 0.0, "", False
    scale = max(1.0, abs(array[index]))
    for unit in (1, 1j) if array.dtype.kind == "c" else (1,):
        direction = np.zeros_like(array)
        direction[index] = unit * scale
        probe = compared(question.case, question.weights, {argument: direction}, gradient)
        numeric += unit * probe.numeric.value / scale
        error = max(error, probe.numeric.error / scale)
        if not probe.ok:
            low, high, spread = sides(probe.line)
            margin = spread + probe.tolerance
            between = not probe.complex_step and low - margin <= probe.analytic <= high + margin
            wrong |= bool(np.isfinite(probe.numeric.value)) and not between
            if high - low > margin:
                slopes = f"{decimal(low / scale, 6)} and {decimal(high / scale, 6)}"
                note = f"There is a kink, between whose slopes, {slopes}, it does not lie."
    if not wrong:
        return None
    analytic = gradient[argument][index].item()
    return Finding(
        question, argument, index, analytic, Estimate(numeric if array.dtype.kind == "c" else numeric.real, error), note
    )
