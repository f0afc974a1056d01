"""Runs workloads: each system in a process of its own, in turns."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .workload import OURS, TUNED, Numbers, check_same, find, library_of

# Settings of some machines that halve NumPy's matrix products and leave PyTorch alone.
BLAS_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PAUSE = 0.03  # seconds after a burst, in which thread pools that wait actively fall asleep

Result = dict[str, Any]  # what a run found, as it goes to the JSON file


@dataclass(frozen=True)
class Schedule:
    """How long is measured, and how: `bursts` of so many `seconds`; environment: of the processes."""

    bursts: int
    seconds: float
    threads: int
    environment: Mapping[str, str]


def environment(threads: int, keep_blas_settings: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The environment for all systems, and what became of each of OpenBLAS's settings."""
    found = dict(os.environ)
    told = {name: "not set" if name not in found else "kept" for name in BLAS_SETTINGS}
    for name in BLAS_SETTINGS:
        if not keep_blas_settings and found.pop(name, None) is not None:
            told[name] = "cleared for all systems"
    return found | dict.fromkeys(THREAD_SETTINGS, str(threads)), told


def is_installed(library: str) -> bool:
    return importlib.util.find_spec(library) is not None


class Worker:
    """A system in a process of its own. Two thread pools in one process would stall each other.

    It starts at once, in the background; `numbers` waits for it. All raise RuntimeError, with the error, if it dies.
    """

    def __init__(self, name: str, size: tuple[int, ...], system: str, schedule: Schedule):
        self.system, self.schedule = system, schedule
        self.times: list[float] = []
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115  # closed by __exit__
        command = [sys.executable, "-m", "benchmarks.worker", name, system, *map(str, size)]
        self.process = subprocess.Popen(
            [*command, "--threads", str(schedule.threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=schedule.environment,
            cwd=Path(__file__).parents[1],
        )

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()  # it has answered all, or something is wrong
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.errors):
            with suppress(BrokenPipeError):
                pipe.close()

    def _answer(self, key: str) -> Any:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            last = "".join(self.errors.readlines()[-8:])
            raise RuntimeError(f"the process of {self.system} stopped; its last words:\n{last}")
        return json.loads(line)[key]

    def numbers(self) -> list[Numbers]:
        """What the first steps computed."""
        return self._answer("numbers")

    def burst(self) -> None:
        """Run steps for some time and note how long they take."""
        with suppress(BrokenPipeError):  # `_answer` says why
            self.process.stdin.write(f"{self.schedule.seconds}\n")
            self.process.stdin.flush()
        self.times += self._answer("times")
        time.sleep(PAUSE)

    def finish(self) -> dict[str, Any]:
        """End the process. Returns minimum and median in seconds, and by how many bytes the peak of memory grew."""
        self.process.stdin.close()
        memory = self._answer("memory")
        median = statistics.median(self.times)
        return {"min": min(self.times), "median": median, "steps": len(self.times), "memory": memory}


def run(
    name: str,
    libraries: Iterable[str],
    schedule: Schedule,
    size: tuple[int, ...] = (),
    ours: Iterable[str] = (OURS, TUNED),
    tick: Callable[[], object] = lambda: None,
) -> Result:
    """Interleaved bursts (A B A B ...) of ours and of all systems of these libraries that the workload knows.

    size: as in `find`. tick: called after each round. Raises ValueError if the systems do not compute the same,
    RuntimeError if one of them stops.
    """
    workload = find(name, *size)
    peers = [system for library in libraries for system in workload.systems if library_of(system) == library]
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, size, system, schedule)) for system in (*ours, *peers)]
        numbers = {worker.system: worker.numbers() for worker in workers}
        check_same(workload.title, numbers, workload.tolerance)
        for _ in range(schedule.bursts):
            for worker in workers:
                worker.burst()
            tick()
        figures = {worker.system: worker.finish() | {"numbers": numbers[worker.system]} for worker in workers}
    return {
        "title": workload.title,
        "unit": workload.unit,
        "scale": workload.scale,
        "reach": dict(workload.reach),
        "stretch": dict(workload.stretch),
        "systems": figures,
    }
