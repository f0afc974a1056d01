"""A long check shows how far it is where somebody watches, and nowhere else."""

from __future__ import annotations

import itertools
import sys

import pytest

from autograd_lite.gradcheck import progress


@pytest.mark.parametrize(("watched", "seconds", "lines"), [(True, 1.0, 5), (True, 0.01, 0), (False, 1.0, 0)])
def test_a_line_from_time_to_time(watched, seconds, lines, monkeypatch, capsys):
    clock = itertools.count()
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock) * seconds)
    monkeypatch.setattr(progress, "_watched", lambda: watched)
    monkeypatch.setenv("COLUMNS", "80")
    with progress.progress(8, str) as step:
        for _ in range(8):
            step()
    shown = capsys.readouterr().err.split("\r")
    assert len([line for line in shown if "of 8 entries" in line]) == lines
    if lines:
        assert shown[1].startswith("gradcheck: 4 of 8 entries, about 4 s left; directions=4 does all at once")
        assert max(map(len, shown)) < 80
        assert not shown[-2].strip(), "the line is gone afterwards"


def test_who_watches(monkeypatch):
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert not progress._watched()  # what pytest captures, nobody watches
    monkeypatch.setattr(sys, "stderr", None)  # as in a program without a console
    assert not progress._watched()
    monkeypatch.setitem(sys.modules, "ipykernel", progress)
    assert progress._watched()
