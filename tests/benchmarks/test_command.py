"""``python -m benchmarks`` from end to end, without peers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import running

ROOT = Path(__file__).parents[2]
CHEAP = ["--peers", "", "--bursts", "1", "--seconds", "0.01", "--threads", "1"]


def benchmarks(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_table_and_a_file(tmp_path):
    file = tmp_path / "figures.json"
    done = benchmarks("mlp_tiny", *CHEAP, "--json", str(file), OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 0, done.stderr
    assert "OPENBLAS_CORETYPE: cleared for all systems" in done.stdout
    assert "| MLP 2-16-16-1, batch 1, SGD |" in done.stdout
    found = json.loads(file.read_text(encoding="utf-8"))
    systems = found["results"]["mlp_tiny"]["systems"]
    assert list(systems) == ["autograd_lite", "autograd_lite tuned"]
    assert all(0 < its["min"] <= its["median"] and its["steps"] > 0 for its in systems.values())
    assert found["machine"]["libraries"].startswith("autograd_lite ")


def test_list():
    assert benchmarks("--list").stdout.split()[:2] == ["chain", "mlp_tiny"]


@pytest.mark.parametrize("wrong", [["nothing"], ["chain", "--peers", "jax"]])
def test_unknown_names_are_told(wrong):
    done = benchmarks(*wrong)
    assert done.returncode == 2
    assert "is called" in done.stderr
    assert "choose from" in done.stderr


def fake_result(name, libraries, schedule, tick):
    """What `run` would return if all took a second, but for one that fails."""
    if name == "adam":
        raise ValueError("in step 1, torch computes something else")
    figures = {"min": 1.0, "median": 1.0, "steps": 1, "memory": 0}
    systems = dict.fromkeys(["autograd_lite", "autograd_lite tuned", *libraries], figures)
    return {"title": name, "unit": "ms", "scale": 1e-3, "reach": {}, "stretch": {}, "systems": systems}


def test_a_missing_peer_is_told_and_left_out(monkeypatch, capsys):
    monkeypatch.setattr(command, "is_installed", lambda library: False)
    monkeypatch.setattr(command, "run", fake_result)
    assert command.main(["chain", "--peers", "torch"]) == 0
    told = capsys.readouterr().out
    assert 'torch is not installed and left out; get it with pip install -e ".[bench]"' in told
    assert "| torch" not in told


def test_what_fails_is_told_and_the_rest_goes_on(monkeypatch, capsys):
    monkeypatch.setattr(command, "run", fake_result)
    assert command.main(["chain", "adam", "dropout", "--peers", ""]) == 1
    told = capsys.readouterr()
    assert "| chain " in told.out
    assert "| dropout " in told.out
    assert "adam: in step 1, torch computes something else" in told.err


def test_scaling_runs_each_size(monkeypatch, capsys):
    sizes = []

    def run(name, libraries, schedule, size, ours, tick):
        sizes.append((name, *size))
        return fake_result(name, libraries, schedule, tick)

    monkeypatch.setattr("benchmarks.scaling.run", run)
    assert command.main(["--scaling", "chain", "--peers", ""]) == 0
    assert sizes == [("chain", size) for size in (9, 99, 999, 9_999, 99_999, 999_999)]
    assert "| 99,999 " in capsys.readouterr().out


def test_a_process_that_dies_says_why():
    schedule = running.Schedule(1, 0.01, 1, dict(os.environ))
    with running.Worker("mlp_tiny", (), "no_such_library", schedule) as worker, pytest.raises(RuntimeError) as caught:
        worker.numbers()
    assert "the process of no_such_library stopped" in str(caught.value)
    assert "No module named 'no_such_library'" in str(caught.value)


def test_the_environment_is_the_same_for_all(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.delenv("OPENBLAS_L2_SIZE", raising=False)
    cleared, told = running.environment(2, keep_blas_settings=False)
    kept, told_kept = running.environment(2, keep_blas_settings=True)
    assert "OPENBLAS_CORETYPE" not in cleared
    assert told == {"OPENBLAS_CORETYPE": "cleared for all systems", "OPENBLAS_L2_SIZE": "not set"}
    assert kept["OPENBLAS_CORETYPE"] == "Haswell"
    assert told_kept["OPENBLAS_CORETYPE"] == "kept"
    assert cleared["OPENBLAS_NUM_THREADS"] == cleared["OMP_NUM_THREADS"] == "2"
