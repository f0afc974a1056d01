"""A constant factor: what the number by which a gradient has to be multiplied may be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from .cases import CLOSE, Case


def named_ratios(ratio: float, case: Case) -> Iterator[tuple[str, str]]:
    """What a factor by which the gradient has to be multiplied may be."""
    name, size = case.name, abs(ratio)
    if np.isclose(ratio, -1, rtol=CLOSE):
        yield "the sign is wrong", f"{name} = -{name}"
        return
    sign = "the sign is wrong, and " if ratio < 0 else ""
    minus = "-" if ratio < 0 else ""
    for phrase, factor, value in _factors(case):
        if np.isclose(size, value, rtol=CLOSE):
            yield sign + phrase, f"{name} = {minus}{name} {factor}"


def _factors(case: Case) -> Iterator[tuple[str, str, float]]:
    """What is wrong, what to do with the gradient, and the factor that this is."""
    yield "a factor 2 is missing", "* 2", 2.0
    yield "a factor 2 is too much", "/ 2", 0.5
    for count, origin in _counts(case).items():
        less = max(count - 1, 1)
        yield f"a mean where a sum is meant: it was divided by {count}, {origin}", f"* {count}", count
        yield f"a sum where a mean is meant: divide by {count}, {origin}", f"/ {count}", 1 / count
        yield f"divided by {count} where {count} - 1 is meant", f"* {count} / {less}", count / less
        yield f"divided by {count} - 1 where {count} is meant", f"* {less} / {count}", (count - 1) / count
    for (used, one), (meant, other) in itertools.permutations(_counts(case).items(), 2):
        if used % meant and meant % used:
            phrase = f"divided by {used}, {one}, where {meant}, {other}, is meant"
            yield phrase, f"* {used} / {meant}", used / meant
    for name, value in case.constants.items():
        for form, number in ((name, value), (f"(1 - {name})", 1 - value)):
            if number not in (0, 1):
                yield f"the factor {form} is missing", f"* {form}", abs(number)
                yield f"it has to be divided by {form}", f"/ {form}", abs(1 / number)


def _counts(case: Case) -> dict[int, str]:
    """What a mean may be taken over: sizes of axes, with their origin."""
    counts: dict[int, str] = {}
    for name, array in case.values.items():
        for axis, size in enumerate(array.shape):
            counts.setdefault(size, f"the length of axis {axis} of {name}")
    for name, array in case.values.items():
        counts.setdefault(array.size, f"the size of {name}")
        if array.ndim > 2:
            counts.setdefault(array.size // max(array.shape[1], 1), f"the size of {name} in each channel")
    return {count: origin for count, origin in counts.items() if count > 1}
