"""Right derivatives are called right: a choice of what benchmarks/false_alarms.py counts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from autograd_lite.core import registry
from benchmarks.false_alarms import PLACES, Finding, alarms, findings, table

OPS = sorted(name for name, op in registry.items() if op.differentiable)
PARTS = 6
SEED = 1000  # and those behind it: others than in docs/gradcheck.md

# What once was called wrong, with the seeds at which it was.
CRIED_WOLF = {
    "sin": (0, 1),
    "cos": (0, 1),
    "tan": (0, 1),
    "sinc": (0, 1),
    "sinc_derivative": (0, 1),
    "polar": (0, 1),
    "grid_sample": (0, 1),
    "solve": (0,),
    "gradient": (1,),
    "tanhshrink": (1, 104),
    "orthogonal_triangular": (77, 83, 123),
    "interp": (193,),
    "remainder": (31,),
    "frac": (70,),
    "topk": (41, 149),
    "partition": (41,),
    "normalize": (95, 119),
    "gaussian_nll_loss": (1,),
    "trim_zeros": (0,),
}


def check(found: Iterable[Finding]) -> None:
    wrong = [f"{finding.place}, seed {finding.seed}: {finding.line}: {finding.verdicts}" for finding in alarms(found)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "seeds"), CRIED_WOLF.items(), ids=list(CRIED_WOLF))
def test_what_once_was_called_wrong_is_not_any_more(name: str, seeds: tuple[int, ...]) -> None:
    check(findings(name, seeds, thorough=True))


@pytest.mark.parametrize("part", range(PARTS))
def test_an_operation_is_called_right_at_all_places(part: int) -> None:
    for number, name in enumerate(OPS[part :: 2 * PARTS]):
        check(findings(name, [SEED + number]))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_all_operations_are_called_right_at_all_places(seed: int) -> None:
    found = [finding for name in OPS for finding in findings(name, [seed])]
    check(found)
    counted = sum(finding.verdicts["UNRELIABLE"] for finding in found if finding.place == "as sampled")
    assert counted <= 0.01 * sum(finding.verdicts["PASS"] for finding in found if finding.place == "as sampled")


def test_verdicts_are_counted_by_place() -> None:
    found = findings("relu", range(2), thorough=True)
    lines = table(found).splitlines()
    assert [line.split(" |")[0] for line in lines[2:]] == [f"| {place}" for place in PLACES]
    assert "KINK-OK" in lines[0]
