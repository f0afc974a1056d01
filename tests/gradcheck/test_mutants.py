"""Deliberate mistakes are found, each at its operation, and the same models with right derivatives pass."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.gradcheck import Report
from autograd_lite.gradcheck.culprit import Culprit
from tests.gradcheck.mutants import MUTANTS, Mutant

EACH = pytest.mark.parametrize("mutant", MUTANTS, ids=str)


@EACH
def test_a_mistake_is_found_and_its_operation_is_named(mutant: Mutant, tmp_path: Path) -> None:
    report = check(mutant, mutant.wrong)
    assert not report, f"{mutant} is not noticed\n{report.to_text()}"
    assert report.culprit is not None, f"no operation is named\n{report.to_text()}"
    assert report.culprit.op.forward is mutant.subject.forward, report.culprit.to_text()
    for computed, measured in reproduced(report.culprit, tmp_path):
        assert not np.isclose(computed, measured, rtol=1e-5), report.culprit.code()
        if mutant.kind != "nondeterministic":
            assert computed == pytest.approx(report.culprit.analytic, rel=1e-4, nan_ok=True), report.culprit.code()
            assert measured == pytest.approx(report.culprit.numeric, rel=1e-4, abs=1e-4), report.culprit.code()


@EACH
def test_the_right_derivative_passes(mutant: Mutant) -> None:
    report = check(mutant, mutant.right)
    assert report, report.to_text()


def check(mutant: Mutant, model: Any) -> Report:
    return ag.gradcheck(model, *mutant.values(), raise_exception=False, **mutant.check)


def reproduced(culprit: Culprit, folder: Path) -> list[list[complex]]:
    """What the programs print, the saved one and the one to paste, if there is one: computed and measured."""
    path = culprit.save(folder)
    programs = [path.read_text(encoding="utf-8"), *([culprit.code()] if culprit.small else [])]
    return [printed(source, {culprit.op.name: culprit.op.function, "__file__": str(path)}) for source in programs]


def printed(source: str, names: dict[str, Any]) -> list[complex]:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), np.errstate(all="ignore"):
        exec(compile(source, "program", "exec"), names)
    return [complex(line.partition(": ")[2]) for line in output.getvalue().splitlines()]


def test_there_are_as_many_as_promised_and_no_two_of_one_name() -> None:
    assert len({str(mutant) for mutant in MUTANTS}) == len(MUTANTS) == 189  # as docs/gradcheck.md says
    assert len({mutant.subject for mutant in MUTANTS}) == 101
