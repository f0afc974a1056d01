"""The pytest plugin, in runs of pytest of its own."""

import subprocess
import sys

import pytest

OPERATIONS = """
import numpy as np
import autograd_lite as ag

@ag.op(x=lambda g, x: 3 * g * x * x)
def cube(x: ag.Array) -> ag.Array:
    '''x cubed.

    >>> cube(randn(2))
    '''
    return x ** 3

@ag.op(x=lambda g, x: 2 * g * x)
def quartic(x: ag.Array) -> ag.Array:
    '''x to the fourth.

    >>> quartic(randn(2))
    '''
    return x ** 4
"""
TESTS = """
import numpy as np
from operations import cube, quartic

def test_right(gradcheck):
    report = gradcheck(cube, np.linspace(0.1, 2, 150))
    assert len(report.entries) == ENTRIES

def test_wrong(gradcheck):
    gradcheck(quartic, np.ones(2))

def test_asked(gradcheck):
    assert not gradcheck(quartic, np.ones(2), raise_exception=False)
"""


def run(folder, *options, entries):
    (folder / "operations.py").write_text(OPERATIONS)
    (folder / "test_operations.py").write_text(TESTS.replace("ENTRIES", str(entries)))
    plugin = ["-p", "pytest_autograd_lite", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-rA", "-o", "addopts=", *plugin, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


FILE = """
import numpy as np
import pytest
import autograd_lite as ag

@ag.op(x=lambda g, x: 2 * g * x)
def badcube(x: ag.Array) -> ag.Array:
    '''x cubed.

    >>> badcube(randn(2))
    '''
    return x ** 3

@ag.op(x=lambda g: g)
def unsampled(x: ag.Array) -> ag.Array:
    return x + 1

def test_good(gradcheck):
    gradcheck(lambda w: (w**2).sum(), np.ones(3), jac=lambda w: 2 * w)
    gradcheck(lambda w: ((w**2).sum(), 2 * w), np.ones(3), jac=True)

def test_caught(gradcheck):
    with pytest.raises(AssertionError, match="gradcheck FAILED") as raised:
        gradcheck(badcube, np.ones(2))
    assert not raised.value.report
"""


@pytest.fixture
def folder(tmp_path, monkeypatch, request):
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    return tmp_path


def test_the_fixture_fails_a_test_with_its_report(folder):
    printed = run(folder, entries=100)
    assert "2 passed, 1 failed" in printed or "1 failed, 2 passed" in printed
    assert "gradcheck FAILED: 2 of 2 entries compared with finite differences, 2 FAIL" in printed
    line = 1 + TESTS.splitlines().index("    gradcheck(quartic, np.ones(2))")
    assert f"{folder}/test_operations.py:{line} in test_wrong" in printed
    assert "testing.py" not in printed, "the traceback of the plugin is nobody's business"


def test_at_length_all_entries_count_and_operations_are_tests_themselves(folder):
    printed = run(folder, "--gradcheck", entries=2 * 150 + 150)
    assert "PASSED" in printed
    assert "gradcheck[cube]" in printed
    assert "quartic(randn(2))" in printed
    assert "2 failed, 3 passed" in printed


def run_file(folder, *options):
    (folder / "test_file.py").write_text(FILE)
    plugin = ["-p", "pytest_autograd_lite", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-rA", "-o", "addopts=", *plugin, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True).stdout


def test_good_tests_stay_good_at_length_and_an_operation_without_a_sample_is_skipped(folder):
    printed = run_file(folder, "--gradcheck")
    assert "1 failed, 2 passed, 1 skipped" in printed, printed
    assert "FAILED test_file.py::gradcheck[badcube]" in printed
    assert "op unsampled has no sample; add a line such as >>> unsampled(randn(3, 2))" in printed
    line = 1 + FILE.splitlines().index("@ag.op(x=lambda g, x: 2 * g * x)")
    assert f"The first wrong operation is badcube (operation 1 of the run, {folder}/test_file.py:{line})" in printed


def test_tests_and_operations_are_chosen_by_name(folder):
    printed = run_file(folder, "--gradcheck", "test_file.py::test_good", "test_file.py::gradcheck[badcube]")
    assert "1 failed, 1 passed in" in printed
