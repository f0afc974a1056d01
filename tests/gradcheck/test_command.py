"""python -m autograd_lite gradcheck"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.__main__ import main


def test_a_table_with_a_row_for_each_op(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", "tanh", "argmax"]) == 0
    header, argmax, tanh, _, summary = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["op", "samples"]
    assert argmax.split() == ["argmax", "1", "-", "-", "no", "gradient"]
    assert tanh.split()[0] == "tanh"
    assert tanh.split()[-1] == "ok"
    assert summary.startswith("2 ops, 0 failed")


def test_an_unknown_name_is_answered_with_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", "tnah"]) == 2
    assert "'tnah'; did you mean tanh" in capsys.readouterr().err


def test_a_name_like_no_other_is_answered_with_the_way_to_all_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", "qqqq"]) == 2
    assert "'qqqq'; gradcheck --list prints the names of all" in capsys.readouterr().err
    assert main(["gradcheck", "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == sorted(core.registry)


@pytest.mark.usefixtures("registry")
def test_a_wrong_derivative_is_an_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    @ag.op(x=lambda g: g)
    def doubled(x: core.Array) -> core.Array:
        """Twice x.

        >>> doubled(randn(2))
        """
        return np.multiply(2, x)

    assert main(["gradcheck", "doubled"]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert "x[0]" in out


def test_the_module_can_be_run() -> None:
    command = [sys.executable, "-W", "error", "-m", "autograd_lite", "gradcheck", "add", "multiply"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.count(" ok\n") == 2


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    words = [sys.executable, "-u", "-m", "autograd_lite", "gradcheck", "--list"]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


# -- functions of the user's -----------------------------------------------------------------------------------------

MODULE = '''
from pathlib import Path

import numpy as np
import autograd_lite as ag

def loss(x, w, scale=1.0):
    """Sampled.

    >>> loss(randn(3, 2), w=randn(2), scale=FACTOR)
    """
    return ag.tanh(x @ w).sum() * scale

@ag.op(x=lambda g, x: g * x, registered=False)
def doubled_square(x: ag.Array) -> ag.Array:
    return x * x

def model():
    weight = ag.tensor(np.ones(2), requires_grad=True)
    weight.name = "weight"
    return lambda: doubled_square(weight).sum(), weight

def unknown(x):
    return x

def nothing():
    return 3

FACTOR = 2.0

@ag.op(x=lambda g, x: g * x, registered=False)
def half_square(x: ag.Array) -> ag.Array:
    """Sampled.

    >>> half_square(randn(2))
    """
    return x * x

class Net(ag.nn.Module):
    """Sampled.

    >>> Net(3)(randn(2, 4)).sum()
    """

    def __init__(self, size):
        super().__init__()
        self.layer = ag.nn.Linear(4, size)

    def forward(self, x):
        return ag.tanh(self.layer(x))

class Unused(Net):
    """Sampled.

    >>> Unused(3)
    """
'''
LINE = 1 + MODULE.splitlines().index("FACTOR = 2.0") + 2


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "functions_to_check.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "functions_to_check", raising=False)


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize(
    ("name", "options", "status", "words"),
    [
        ("loss", [], 0, ["loss(randn(3, 2), w=randn(2), scale=FACTOR)", "ok: 8 of 8 entries", "w[1]"]),
        ("loss", ["--order", "2", "--max-entries", "5"], 0, ["ok: 10 of"]),
        ("model", [], 1, ["weight[0]", "2 FAIL"]),
        ("unknown", [], 2, ["unknown takes arguments", "such as >>> unknown(randn(3, 2))"]),
        ("nothing", [], 2, ["returned int"]),
        ("missing", [], 2, ["has no missing; it has loss, doubled_square, model, unknown, nothing"]),
        ("loss", ["--directions", "3"], 0, ["ok: 3 directions"]),
        ("loss", ["--dtype", "float32"], 0, ["ok: 8 of 8 entries"]),
        ("half_square", [], 1, [f"operation 1 of the run, {{folder}}/functions_to_check.py:{LINE})"]),
        ("Net", [], 0, ["Net(3)(randn(2, 4)).sum()", "ok: 23 of 23 entries", "layer.weight["]),
        ("Net", ["--dtype", "float32"], 0, ["ok: 23 of 23 entries"]),
        ("Unused", [], 2, ["'Unused(3)' of Unused does not call it; write Unused(3)(randn(3, 2)), with its inputs"]),
    ],
)
def test_functions_by_name(
    name: str, options: list[str], status: int, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gradcheck", f"functions_to_check:{name}", *options]) == status
    captured = capsys.readouterr()
    printed = (captured.out + captured.err).replace(os.getcwd(), "{folder}")
    assert all(word in printed for word in words), printed
    assert "second order" not in printed, "operations were not asked for"


@pytest.mark.usefixtures("module")
def test_functions_and_operations_in_one_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gradcheck", "functions_to_check:model", "tanh"]) == 1
    printed = capsys.readouterr().out
    assert "2 FAIL" in printed
    assert "1 op, 0 failed" in printed


@pytest.mark.usefixtures("module")
def test_functions_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gradcheck", "functions_to_check.py:loss"]) == 0
    monkeypatch.chdir(tmp_path.parent)
    assert main(["gradcheck", f"{tmp_path.name}/functions_to_check.py:model"]) == 1
    assert main(["gradcheck", "missing.py:model"]) == 2
    assert main(["gradcheck", "functions_to_check.py"]) == 2
    told = capsys.readouterr().err
    assert "there is no file missing.py" in told
    assert "functions_to_check.py is a file; name a function in it, as functions_to_check.py:function" in told
