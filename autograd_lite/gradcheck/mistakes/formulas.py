"""Gradients whose formula is known, a sum of terms: one of them is missing, has another factor, or another axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .cases import CLOSE, EPSILONS, Array, Attempt, Axes, Case, Pairing, fits, subsets, written


@dataclass(frozen=True, slots=True)
class _Formula:
    """A sum of terms that is the true gradient, with code for it.

    parts: the name of the second term; if there are three, of the third, and of both together, too. slips: other forms
    of a term, by its number. divisors: what the whole is divided by.
    """

    fix: str
    terms: Callable[[Case], list[Array] | None]
    parts: Sequence[str]
    slips: Sequence[tuple[int, str, Callable[[Case], Array]]] = ()
    divisors: Sequence[tuple[str, Callable[[Case], Array]]] = ()

    def holds(self, case: Case) -> list[Array] | None:
        """The terms, if they add up to the true gradient."""
        if case.found.shape != case.true.shape:
            return None
        terms = self.terms(case)
        return terms if terms is not None and case.close(sum(terms, np.zeros(())), case.true) else None

    def attempts(self) -> Iterator[Attempt]:
        groups = [(1,), (2,), (1, 2)] if len(self.parts) == 3 else [(1,)]
        for group, part in zip(groups, self.parts, strict=True):
            yield Attempt(len(group), f"{part} is missing", self.fix, self._without(group), scaled=False)
            yield Attempt(len(group), "", self.fix, self._times(group), part=part)
        for number, mistake, slip in self.slips:
            yield Attempt(2, mistake, self.fix, self._slipped(number, slip), scaled=False)
        for what, divisor in self.divisors:
            yield Attempt(2, f"the division by {what} is missing", self.fix, self._divided(divisor, -1), scaled=False)
            yield Attempt(2, f"it is divided by {what} twice", self.fix, self._divided(divisor, 1), scaled=False)

    def _without(self, group: Axes) -> Pairing:
        def pairing(case: Case) -> tuple[Array, Array] | None:
            terms = self.holds(case)
            return None if terms is None else (case.found, _sum_of(terms, group, inside=False))

        return pairing

    def _times(self, group: Axes) -> Pairing:
        """What the gradient has of these terms, and what it should have."""

        def pairing(case: Case) -> tuple[Array, Array] | None:
            terms = self.holds(case)
            if terms is None:
                return None
            return case.found - _sum_of(terms, group, inside=False), _sum_of(terms, group, inside=True)

        return pairing

    def _slipped(self, number: int, slip: Callable[[Case], Array]) -> Pairing:
        def pairing(case: Case) -> tuple[Array, Array] | None:
            terms = self.holds(case)
            return None if terms is None else (case.found, case.true - terms[number] + slip(case))

        return pairing

    def _divided(self, divisor: Callable[[Case], Array], power: int) -> Pairing:
        return lambda case: None if self.holds(case) is None else (case.found, case.true / divisor(case) ** power)


def _sum_of(terms: Sequence[Array], group: Axes, inside: bool) -> Array:
    chosen = [term for number, term in enumerate(terms) if (number in group) is inside]
    return np.asarray(sum(chosen, np.zeros(terms[0].shape)))


def formulas(cases: Sequence[Case]) -> Iterator[Attempt]:
    """Mistakes in one term of softmax, its logarithm, normalization, cross-entropy, or squared differences."""
    if not cases[0].single:
        return
    for kind in (_softmaxes, _normalizations, _cross_entropies, _differences):
        for formula in kind(cases[0]):
            if all(formula.holds(case) is not None for case in cases):
                yield from formula.attempts()
                break


# -- softmax -------------------------------------------------------------------------------------------------------


def _softmaxes(case: Case) -> Iterator[_Formula]:
    if case.dout.shape == case.true.shape:
        for axis in range(case.true.ndim):
            for logarithm in (False, True):
                yield _softmax(case, axis, logarithm)


def _softmax(case: Case, axis: int, logarithm: bool) -> _Formula:
    """The gradient of softmax along an axis, or of its logarithm."""

    def subtracted(c: Case, along: int) -> Array:
        if logarithm:
            return -np.exp(_out(c)) * _total(c.dout, along)
        return -_out(c) * _total(c.dout * _out(c), along)

    def terms(c: Case) -> list[Array]:
        return [c.dout if logarithm else _out(c) * c.dout, subtracted(c, axis)]

    def without_factor(c: Case) -> Array:
        return -_total(c.dout, axis) * (np.ones_like(c.dout) if logarithm else _out(c))

    def along(other: int) -> Callable[[Case], Array]:
        return lambda c: subtracted(c, other)

    total = f"sum(axis={axis}, keepdims=True)"
    right = f"dout - np.exp(out) * dout.{total}" if logarithm else f"out * (dout - (dout * out).{total})"
    forgotten = (
        "the sum is not multiplied by np.exp(out)" if logarithm else "dout is not multiplied by out before the sum"
    )
    slips = [
        (1, f"the sum is taken over axis {other}, and has to be over axis {axis}", along(other))
        for other in range(case.true.ndim)
        if other != axis
    ]
    part = f"the subtraction of the sum over axis {axis} (as in softmax)"
    return _Formula(f"{case.name} = {right}", terms, [part], [*slips, (1, forgotten, without_factor)])


def _out(case: Case) -> Array:
    return case.values["out"]


def _total(array: Array, axis: int) -> Array:
    return np.asarray(array.sum(axis=axis, keepdims=True))


# -- normalization -------------------------------------------------------------------------------------------------


def _normalizations(case: Case) -> Iterator[_Formula]:
    if case.of not in case.values or case.dout.shape != case.true.shape:
        return
    shape = case.true.shape
    gains = [None, *(name for name, value in case.values.items() if name not in (case.of, "dout", "out"))]
    for axes in subsets(len(shape)):
        if all(shape[axis] > 1 for axis in axes):
            for eps in (*EPSILONS, *case.constants.values()):
                if eps >= 0:
                    yield from (_normalization(case, axes, eps, gain) for gain in gains)


def _normalization(case: Case, axes: Axes, eps: float, gain: str | None) -> _Formula:
    over, along = f"over axis {written(axes)}", f"axis={written(axes)}, keepdims=True"
    d = "dout" if gain is None else f"dout * {gain}"
    others = [other for other in subsets(case.true.ndim) if len(other) == 1 and other != axes]

    def parts(c: Case) -> tuple[Array, Array, Array]:
        x = c.values[c.of]
        std = np.sqrt(x.var(axis=axes, keepdims=True) + _same_constant(case, c, eps))
        by = np.ones(()) if gain is None else c.values[gain]
        return c.dout * by, (x - x.mean(axis=axes, keepdims=True)) / std, std

    def terms(c: Case) -> list[Array] | None:
        if gain is not None and not fits(c.values[gain].shape, c.true.shape):
            return None
        d, x_hat, std = parts(c)
        return [d / std, _mean_term(d, x_hat, std, axes), _variance_term(d, x_hat, std, axes)]

    def along_axes(number: int, other: Axes) -> Callable[[Case], Array]:
        return lambda c: _mean_term(*parts(c), other) if number == 1 else _variance_term(*parts(c), other)

    through = "what comes through the {} " + over
    return _Formula(
        f"{case.name} = (d - d.mean({along}) - x_hat * (d * x_hat).mean({along})) / std, with d = {d}",
        terms,
        [through.format(which) for which in ("mean", "variance", "mean and the variance")],
        [
            (number, f"{through.format(which)} is taken over axis {written(other)}", along_axes(number, other))
            for number, which in ((1, "mean"), (2, "variance"))
            for other in others
        ],
        [("the standard deviation", lambda c: parts(c)[2])],
    )


def _mean_term(d: Array, x_hat: Array, std: Array, axes: Axes) -> Array:
    return np.asarray(-d.mean(axis=axes, keepdims=True) / std + 0 * x_hat)


def _variance_term(d: Array, x_hat: Array, std: Array, axes: Axes) -> Array:
    return np.asarray(-x_hat * (d * x_hat).mean(axis=axes, keepdims=True) / std)


def _same_constant(one: Case, other: Case, number: float) -> float:
    """The constant of another case that has the name of this number in one; the number itself, if none has."""
    return next((other.constants[name] for name, value in one.constants.items() if value == number), number)


# -- losses --------------------------------------------------------------------------------------------------------


def _cross_entropies(case: Case) -> Iterator[_Formula]:
    if case.dout.size != 1 or case.true.ndim != 2 or case.of not in case.values:
        return
    for label, numbers in case.labels.items():
        if numbers.shape != case.true.shape[:1]:
            continue
        for averaged in (False, True):
            divided = f" / len({label})" if averaged else ""
            given = "" if np.all(case.dout == 1) else "dout * "
            fix = f"p[np.arange(len({label})), {label}] -= 1; {case.name} = {given}p{divided}"
            yield _Formula(fix, _label_terms(label, averaged), ["the subtraction of the 1 at the right class"])


def _label_terms(label: str, averaged: bool) -> Callable[[Case], list[Array] | None]:
    return lambda case: _probabilities_and_ones(case, label, averaged)


def _probabilities_and_ones(case: Case, label: str, averaged: bool) -> list[Array] | None:
    numbers, scores = case.labels[label], case.values[case.of]
    if numbers.shape != scores.shape[:1] or not numbers.size or numbers.min() < 0 or numbers.max() >= scores.shape[1]:
        return None
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    each = case.dout.reshape(()) / (len(numbers) if averaged else 1)
    p, one_hot = powers / powers.sum(axis=1, keepdims=True), np.eye(scores.shape[1])[numbers]
    return [p * each, -one_hot * each]


def _differences(case: Case) -> Iterator[_Formula]:
    """The gradient is a multiple of the difference, or the sum, of two arrays."""
    if case.dout.size != 1 or case.of not in case.values or case.true.size < 3:
        return
    for other, value in case.values.items():
        if value.shape == case.true.shape and other not in (case.of, "dout", "out"):
            weights = _weights(case, other)
            if min(abs(weights)) > CLOSE * max(abs(weights)):  # it consists of both
                how, sign = ("subtraction", "-") if np.prod(weights) < 0 else ("addition", "+")
                fix = f"{case.name} = ... ({case.of} {sign} {other})"
                yield _Formula(fix, _difference_terms(other), [f"the {how} of {other}"])


def _weights(case: Case, other: str) -> Array:
    both = np.stack([case.values[case.of].reshape(-1), case.values[other].reshape(-1)], axis=1)
    return np.asarray(np.linalg.lstsq(both, case.true.reshape(-1))[0])


def _difference_terms(other: str) -> Callable[[Case], list[Array]]:
    def terms(case: Case) -> list[Array]:
        first, second = _weights(case, other)
        return [first * case.values[case.of], second * case.values[other]]

    return terms
