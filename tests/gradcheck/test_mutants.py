"""Deliberate mistakes are found, each at its operation, and the same models with right derivatives pass."""

from __future__ import annotations

from typing import Any

import pytest

import autograd_lite as ag
from tests.gradcheck.mutants import MUTANTS, Mutant

EACH = pytest.mark.parametrize("mutant", MUTANTS, ids=str)


@EACH
def test_a_mistake_is_found_and_its_operation_is_named(mutant: Mutant) -> None:
    report = check(mutant, mutant.wrong)
    assert not report, f"{mutant} is not noticed\n{report.to_text()}"
    assert report.culprit is not None, f"no operation is named\n{report.to_text()}"
    assert report.culprit.op.forward is mutant.subject.forward, report.culprit.to_text()


@EACH
def test_the_right_derivative_passes(mutant: Mutant) -> None:
    report = check(mutant, mutant.right)
    assert report, report.to_text()


def check(mutant: Mutant, model: Any) -> ag.gradcheck.Report:
    return ag.gradcheck(model, *mutant.values(), raise_exception=False, **mutant.check)


def test_there_are_as_many_as_promised_and_no_two_of_one_name() -> None:
    assert len(MUTANTS) >= 60
    assert len({str(mutant) for mutant in MUTANTS}) == len(MUTANTS)
