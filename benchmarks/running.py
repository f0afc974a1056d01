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
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .workload import OURS, TUNED, check_same, find, library_of

# Settings of some machines that halve NumPy's matrix products and leave PyTorch alone.
BLAS_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREAD_SETTINGS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "AUTOGRAD_LITE_NUM_THREADS")
PAUSE = 0.03  # seconds after a burst, in which thread pools that wait actively fall asleep

Result = dict[str, Any]  # what goes to the JSON file


@dataclass(frozen=True)
class Schedule:
    """How long is measured, with how many threads; environment: of the workers."""

    bursts: int
    seconds: float
    threads: int
    environment: Mapping[str, str]


def environment(threads: int, keep_blas_settings: bool) -> tuple[dict[str, str], list[str]]:
    """The workers' environment, and the names of the settings that were cleared."""
    found = {name: value for name, value in os.environ.items() if name not in THREAD_SETTINGS}
    cleared = [name for name in BLAS_SETTINGS if not keep_blas_settings and found.pop(name, None) is not None]
    return found | dict.fromkeys(THREAD_SETTINGS, str(threads)), cleared


def installed(peers: Iterable[str]) -> tuple[list[str], list[str]]:
    """The peers that can be imported, and those that cannot."""
    found = {peer: importlib.util.find_spec(peer) is not None for peer in peers}
    return [peer for peer in found if found[peer]], [peer for peer in found if not found[peer]]


class Worker:
    """A system in a process of its own. Two thread pools in one process would stall each other.

    It starts at once and in the background; `numbers` waits for it. RuntimeError with its last words if it dies.
    """

    def __init__(self, name: str, size: tuple[int, ...], system: str, schedule: Schedule):
        self.system, self.schedule = system, schedule
        self.times: list[float] = []
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")
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
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()
        self.errors.close()

    def _answer(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.errors.seek(0)
            raise RuntimeError(f"the process of {self.system} stopped:\n{self.errors.read()}")
        return json.loads(line)

    def numbers(self) -> list[list[float]]:
        """What the first steps computed."""
        return self._answer()["numbers"]

    def burst(self) -> None:
        """Run steps for some time and note how long they take."""
        self.process.stdin.write(f"{self.schedule.seconds}\n")
        self.process.stdin.flush()
        self.times += self._answer()["times"]
        time.sleep(PAUSE)

    def figures(self, scale: float) -> dict[str, Any]:
        """Minimum and median in the workload's unit, and by how many bytes the peak of memory grew; ends the process."""
        self.process.stdin.close()
        return {
            "min": min(self.times) / scale,
            "median": statistics.median(self.times) / scale,
            "steps": len(self.times),
            "memory": self._answer()["memory"],
        }


def run(name: str, peers: Iterable[str], schedule: Schedule, *size: int, untuned: bool = True) -> Result:
    """Interleaved bursts (A B A B ...) of all systems that the workload knows; size: as in `find`.

    Raises ValueError if they do not compute the same, RuntimeError if one of them stops.
    """
    workload = find(name, *size)
    beside = [system for system in workload.systems if library_of(system) in peers]
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(name, size, system, schedule))
            for system in [*([OURS] if untuned else []), TUNED, *beside]
        ]
        numbers = {worker.system: worker.numbers() for worker in workers}
        check_same(workload.title, numbers, workload.tolerance)
        for _ in range(schedule.bursts):
            for worker in workers:
                worker.burst()
        figures = {worker.system: worker.figures(workload.scale) for worker in workers}
    for system, found in figures.items():
        found["first numbers"] = numbers[system]
    return {
        "title": workload.title,
        "unit": workload.unit,
        "reach": dict(workload.reach),
        "stretch": dict(workload.stretch),
        "systems": figures,
    }
