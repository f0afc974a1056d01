"""Which attempts hold in all cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .axes import positions, shapes
from .cases import Array, Attempt, Case, Hint
from .factors import named_ratios
from .forwards import other_forwards
from .local import local_factors, switches
from .terms import missing_terms
from .upstream import samples, upstream


def hints(cases: Sequence[Case]) -> tuple[Hint, ...]:
    """The mistakes that explain all cases, the simplest first; those far more complicated than it are left out."""
    if not any(np.any(case.true) for case in cases):
        return (Hint("the output does not depend on it: its gradient is zero", f"{cases[0].name} = 0", 0),)
    with np.errstate(all="ignore"):  # a correction that divides by zero is none
        found: dict[str, Hint] = {}
        for attempts in (_cheap, other_forwards):
            for attempt in attempts(cases[0]):
                for hint in _tried(attempt, cases):
                    found.setdefault(hint.mistake, hint)
            if found:
                break
    ranked = sorted(found.values(), key=lambda hint: hint.cost)
    return tuple(hint for hint in ranked if hint.cost <= ranked[0].cost + 1)[:4]


def _cheap(case: Case) -> Iterator[Attempt]:
    yield Attempt(0, "", "", lambda case: (case.found, case.true))
    for attempts in (shapes, positions, upstream, samples, missing_terms, local_factors, switches):
        yield from attempts(case)


def _tried(attempt: Attempt, cases: Sequence[Case]) -> Iterator[Hint]:
    """The hints of an attempt that holds; the first case mostly shows that it does not."""
    pair = _paired(attempt, cases[0])
    if pair is None or not np.any(pair[0]) or not np.any(pair[1]):
        return
    ratio = 1.0
    if not cases[0].close(*pair):
        ratio = float(np.sum(pair[0] * pair[1]) / np.sum(pair[0] ** 2)) if attempt.scaled else 0.0
    if ratio == 0 or not np.isfinite(ratio) or not all(_holds(attempt, case, ratio) for case in cases):
        return
    if ratio == 1:
        if attempt.mistake:
            yield Hint(attempt.mistake, attempt.fix, attempt.cost)
        return
    named = list(named_ratios(ratio, cases[0]))
    for mistake, fix in named:
        both = f"{attempt.mistake}; and {mistake}" if attempt.mistake else mistake
        cost = attempt.cost + (2 if attempt.mistake else 1)  # two mistakes are far less likely than one
        yield Hint(both, "; ".join(filter(None, (attempt.fix, fix))), cost)
    if not named and not attempt.mistake:
        mistake = f"a constant factor is wrong: every entry is to be multiplied by {ratio:.6g}"
        yield Hint(mistake, f"{cases[0].name} = {cases[0].name} * {ratio:.6g}", attempt.cost + 2)


def _paired(attempt: Attempt, case: Case) -> tuple[Array, Array] | None:
    pair = attempt.pairing(case)
    if pair is None:
        return None
    one, other = (np.asarray(array, float) for array in pair)
    return (one, other) if one.shape == other.shape else None


def _holds(attempt: Attempt, case: Case, ratio: float) -> bool:
    pair = _paired(attempt, case)
    return pair is not None and case.close(ratio * pair[0], pair[1])
