"""Which attempts hold in all cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .axes import positions, shapes
from .cases import Attempt, Case, Hint
from .factors import Factor, named_ratios
from .formulas import formulas
from .forwards import other_forwards
from .local import local_factors, switches
from .terms import missing_terms
from .upstream import samples, unused, upstream

_SHOWN = 3


def hints(cases: Sequence[Case]) -> tuple[Hint, ...]:
    """The mistakes that explain all cases: only the simplest, several if they are equally simple."""
    if not any(np.any(case.true) for case in cases):
        return (Hint("the output does not depend on it: its gradient is zero", f"{cases[0].name} = 0", 0),)
    if found := unused(cases):
        return (found,)
    with np.errstate(all="ignore"):  # a correction that divides by zero is none
        by_mistake: dict[str, Hint] = {}
        for attempts in (_cheap(cases), other_forwards(cases[0])):
            for attempt in attempts:
                for hint in _tried(attempt, cases):
                    by_mistake.setdefault(hint.mistake, hint)
            if by_mistake:
                break
    simplest = min((hint.cost for hint in by_mistake.values()), default=0)
    return tuple(hint for hint in by_mistake.values() if hint.cost == simplest)[:_SHOWN]


def _cheap(cases: Sequence[Case]) -> Iterator[Attempt]:
    yield Attempt(0, "", "", lambda case: (case.found, case.true))
    yield from formulas(cases)
    for attempts in (shapes, positions, upstream, samples, missing_terms, local_factors, switches):
        yield from attempts(cases[0])


def _tried(attempt: Attempt, cases: Sequence[Case]) -> Iterator[Hint]:
    """The hints of an attempt that holds; the first case mostly shows that it does not."""
    ratios: list[float | None] = []
    for case in cases:
        pair = attempt.pairing(case)
        ratio = np.nan if pair is None else case.ratio(pair[0], pair[1], attempt.scaled)
        if ratio is not None and np.isnan(ratio):
            return
        ratios.append(ratio)
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return
    if all(ratio == 1 for ratio in known):
        if attempt.mistake:
            yield Hint(attempt.mistake, attempt.fix, attempt.cost)
        return
    for factor in named_ratios(ratios, cases):
        yield _scaled(attempt, factor, cases[0].name, known[0] < 0)


def _scaled(attempt: Attempt, factor: Factor, name: str, negative: bool) -> Hint:
    """The hint at a wrong factor: of the gradient, of a part of it, or beside another mistake."""
    if attempt.part:
        return Hint(f"{attempt.part}: {factor.mistake}", attempt.fix, attempt.cost + factor.cost - 1)
    fix = f"{name} = {'-' if negative else ''}{name} {factor.fix}".rstrip()
    if not attempt.mistake:
        return Hint(factor.mistake, fix, attempt.cost + factor.cost)
    cost = attempt.cost + factor.cost + 1  # two mistakes are far less likely than one
    return Hint(f"{attempt.mistake}; and {factor.mistake}", f"{attempt.fix}; {fix}", cost)
