"""Of what students hand in, check_backward accepts what is right, and gives for each mistake no hint that misleads."""

from __future__ import annotations

import re

import numpy as np
import pytest

import autograd_lite as ag

from .students import MISTAKES, STUDENTS, mistaken


@pytest.mark.parametrize("name", STUDENTS)
def test_what_is_right_is_accepted(name: str) -> None:
    forward, backward, make, wrt = STUDENTS[name]
    report = ag.check_backward(forward, backward, *make(np.random.default_rng(1)), wrt=wrt, rng=1)
    assert report, report.to_text()


@pytest.mark.parametrize(
    ("name", "right", "wrong", "gradient", "words"),
    [pytest.param(*row, id=f"{row[0]}-{number}") for number, row in enumerate(MISTAKES)],
)
def test_a_mistake_is_found_and_no_hint_misleads(name: str, right: str, wrong: str, gradient: str, words: str) -> None:
    forward, backward, make, wrt = STUDENTS[name]
    report = ag.check_backward(forward, mistaken(backward, right, wrong), *make(np.random.default_rng(0)), wrt=wrt)
    (check,) = [check for check in report.failures if check.name == gradient]
    assert bool(check.hints) == bool(words), report.to_text()
    for hint in check.hints:
        assert re.search(words, f"{hint.mistake}; {hint.fix}"), report.to_text()
