"""Which operation is to blame where a function breaks a rule: the first that breaks the same one by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from ..core import Call, observe, raw
from .branches import at
from .calls import Case, leaves_of
from .contracts import contract_problems
from .directions import gaussian, own_rng
from .report import Problem
from .subjects import Subject, data_of_their_own


def blamed(problems: Sequence[Problem], subject: Subject) -> list[Problem]:
    """The problems, each with the operation in its message: the first that breaks this rule, or else any."""
    places: dict[str, str] = {}
    for call, case in _distinct_calls(subject) if problems else ():
        place = at(call.op.name, call.line)
        for kind in _broken(case):
            places.setdefault(kind, place)
            places.setdefault(_ANY, place)
    return [_with_place(problem, places.get(problem.kind) or places.get(_ANY)) for problem in problems]


_ANY = "any"


def _with_place(problem: Problem, place: str | None) -> Problem:
    return replace(problem, message=f"{problem.message}. The operation is {place}.") if place else problem


def _distinct_calls(subject: Subject) -> Iterator[tuple[Call, Case]]:
    """The calls of a run that have a derivative, the first of each kind."""
    calls: list[tuple[Call, Case]] = []
    with data_of_their_own(list(subject.leaves.values())), observe(lambda call: calls.append((call, Case.of(call)))):
        subject.outputs()
    kinds = set()
    for call, case in calls:
        if case.variables and case.kind not in kinds:
            kinds.add(case.kind)
            yield call, case


def _broken(case: Case) -> set[str]:
    """The kinds of problems that a call has by itself."""
    leaves = leaves_of(case.point())
    rng = own_rng(0)
    with suppress(Exception):  # a call need not be possible twice
        weights = [gaussian(raw(output), rng) for output in case.outputs(leaves)]
        return {problem.kind for problem in contract_problems(lambda: case.outputs(leaves), weights, leaves)}
    return set()
