"""A constant factor: what the number by which a gradient has to be multiplied may be."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .cases import CLOSE, Case


@dataclass(frozen=True, slots=True)
class Factor:
    """A number that differs from case to case: what is wrong by it, and what to do with the gradient."""

    mistake: str
    fix: str  # "* 2"
    value: Callable[[Case], float]
    cost: int = 1


def named_ratios(ratios: Sequence[float | None], cases: Sequence[Case]) -> Iterator[Factor]:
    """What the factors may be by which the gradients of these cases have to be multiplied; None: any would do."""
    known = [(ratio, case) for ratio, case in zip(ratios, cases, strict=True) if ratio is not None]
    negative = known[0][0] < 0
    if any((ratio < 0) != negative for ratio, _ in known):
        return
    if all(np.isclose(ratio, -1, rtol=CLOSE) for ratio, _ in known):
        yield Factor("the sign is wrong", "", lambda case: -1)
        return
    sign = "the sign is wrong, and " if negative else ""
    named, counts = False, _counts(cases)
    for factor in _factors(cases):
        if all(np.isclose(abs(ratio), factor.value(case), rtol=CLOSE) for ratio, case in known):
            named |= factor.cost < (3 if _vary(counts, cases) else 2)
            yield Factor(sign + factor.mistake, factor.fix, factor.value, factor.cost + negative)
    if not named:
        for factor in _of_numbers(known, cases):
            named = True
            yield Factor(sign + factor.mistake, factor.fix, factor.value, factor.cost + negative)
    first = abs(known[0][0])
    written = _written(first)
    if not named and written and all(np.isclose(abs(ratio), first, rtol=CLOSE) for ratio, _ in known):
        yield Factor(f"{sign}a constant factor is wrong", written, lambda case: first, 2 + negative)


def _written(number: float) -> str:
    """Multiplication by a number as a person would write it: ``* 3 / 2``, ``/ 7``, ``/ 0.37``; empty if none would."""
    both = ("*", number), ("/", 1 / number)
    short = [f"{sign} {value:.3g}" for sign, value in both if np.isclose(value, float(f"{value:.3g}"), rtol=CLOSE)]
    if short:
        return min(short, key=len)
    fraction = Fraction(number).limit_denominator(20)
    close = fraction and np.isclose(number, float(fraction), rtol=CLOSE)
    return f"* {fraction.numerator} / {fraction.denominator}" if close else ""


def _factors(cases: Sequence[Case]) -> Iterator[Factor]:
    yield Factor("a factor 2 is missing", "* 2", lambda case: 2.0)
    yield Factor("a factor 2 is too much", "/ 2", lambda case: 0.5)
    counts, first = _counts(cases), cases[0]
    varied = _vary(counts, cases)
    for count in counts:
        yield from _of_count(count, first, 1 if varied else 2)
    for used, meant in itertools.permutations(counts, 2):
        mistake = (
            f"divided by {used.value(first):g}, the number of entries along {used.over}, where"
            f" {meant.value(first):g} is meant, that along {meant.over}"
        )
        cost = 2 if varied and used.plain and meant.plain else 3
        if used.value(first) != meant.value(first):
            yield Factor(mistake, f"* {used.code} / {meant.code}", _quotient(used.value, meant.value), cost)
    yield from _of_constants(first)


def _vary(counts: Sequence[_Count], cases: Sequence[Case]) -> bool:
    """Whether the cases have different shapes; if not, a number may come from a shape only by chance."""
    return any(count.value(cases[0]) != count.value(case) for count in counts for case in cases)


def _of_count(count: _Count, first: Case, cost: int) -> Iterator[Factor]:
    """A sum and a mean over entries taken for each other; a root of their number; one less."""
    code, over, value, number = count.code, count.over, count.value, f"{count.value(first):g}"
    yield Factor(f"a mean where a sum is meant, over {over}: do not divide by {number}", f"* {code}", value, cost)
    yield Factor(f"a sum where a mean is meant, over {over}: divide by {number}", f"/ {code}", _inverse(value), cost)
    root, less = _of(np.sqrt, value), _of(lambda n: n - 1, value)
    yield Factor(f"the factor np.sqrt({code}) is missing", f"* np.sqrt({code})", root, 2)
    yield Factor(f"it has to be divided by np.sqrt({code})", f"/ np.sqrt({code})", _inverse(root), 2)
    along = f"the number of entries along {over}"
    wanted = f"divided by {number} where {number} - 1 is meant, {along}"
    yield Factor(wanted, f"* {code} / ({code} - 1)", _quotient(value, less), 2)
    wanted = f"divided by {number} - 1 where {number} is meant, {along}"
    yield Factor(wanted, f"* ({code} - 1) / {code}", _quotient(less, value), 2)


def _of_numbers(known: Sequence[tuple[float, Case]], cases: Sequence[Case]) -> Iterator[Factor]:
    """A number in place of one that depends on the shapes."""
    for count in _counts(cases):
        numbers = [abs(ratio) * count.value(case) for ratio, case in known]
        number = round(numbers[0])
        varied = len({count.value(case) for _, case in known}) > 1
        if varied and number > 1 and np.allclose(numbers, number, rtol=CLOSE):
            meant = f"{count.value(cases[0]):g} is meant, the number of entries along {count.over}"
            yield Factor(f"divided by {number} where {meant}", f"* {number} / {count.code}", _inverse(count.value), 2)


def _of_constants(case: Case) -> Iterator[Factor]:
    forms: list[tuple[str, Callable[[Case], float]]] = []
    for name, number in case.constants.items():
        if number > 0 and number != 1:
            forms.append((name, _constant(name)))
        if number < 1 and number != 0:
            forms.append((f"(1 - {name})", _of(lambda n: 1 - n, _constant(name))))
    for code, value in forms:
        yield Factor(f"the factor {code} is missing", f"* {code}", value)
        yield Factor(f"it has to be divided by {code}", f"/ {code}", _inverse(value))
        square = _of(np.square, value)
        asked = "(is it {} by " + code + " where it should be {}?)"
        missing = f"the factor {code}**2 is missing " + asked.format("divided", "multiplied")
        yield Factor(missing, f"* {code}**2", square, 2)
        extra = f"it has to be divided by {code}**2 " + asked.format("multiplied", "divided")
        yield Factor(extra, f"/ {code}**2", _inverse(square), 2)
    for (used, one), (meant, other) in itertools.permutations(forms, 2):
        mistake = f"divided by {used} where {meant} is meant"
        yield Factor(mistake, f"* {used} / {meant}", _quotient(one, other), 2)


@dataclass(frozen=True, slots=True)
class _Count:
    """What a mean may be taken over: ``x.shape[0]``, over axis 0 of x. plain: the length of one axis."""

    code: str
    over: str
    value: Callable[[Case], float]
    plain: bool = False


def _counts(cases: Sequence[Case]) -> list[_Count]:
    """Numbers of entries, each once: those that are the same in all cases have the name that comes first."""
    found: dict[tuple[float, ...], _Count] = {}
    arrays = cases[0].values.items()
    along = [_along(name, axis) for name, array in arrays for axis in range(array.ndim)]
    whole = [_whole(name) for name, _ in arrays]
    deep = [name for name, array in arrays if array.ndim > 2]
    for count in (*along, *whole, *map(_channel, deep), *map(_map, deep)):
        numbers = tuple(count.value(case) for case in cases)
        if min(numbers) > 1:
            found.setdefault(numbers, count)
    return list(found.values())


def _along(name: str, axis: int) -> _Count:
    return _Count(f"{name}.shape[{axis}]", f"axis {axis} of {name}", lambda case: case.values[name].shape[axis], True)


def _whole(name: str) -> _Count:
    return _Count(f"{name}.size", f"all of {name}", lambda case: case.values[name].size)


def _channel(name: str) -> _Count:
    def value(case: Case) -> float:
        array = case.values[name]
        return array.size / max(array.shape[1], 1)

    return _Count(f"({name}.size / {name}.shape[1])", f"each channel of {name}", value)


def _map(name: str) -> _Count:
    return _Count(f"{name}[0, 0].size", f"each map of {name}", lambda case: case.values[name][0, 0].size)


def _constant(name: str) -> Callable[[Case], float]:
    return lambda case: case.constants[name]


def _of(function: Callable[[float], float], value: Callable[[Case], float]) -> Callable[[Case], float]:
    return lambda case: function(value(case))


def _inverse(value: Callable[[Case], float]) -> Callable[[Case], float]:
    return lambda case: 1 / value(case)


def _quotient(one: Callable[[Case], float], other: Callable[[Case], float]) -> Callable[[Case], float]:
    return lambda case: one(case) / other(case)
