"""One system in a process of its own: builds a step, then runs a burst of steps for each line it is sent."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import re
import sys
import time
from pathlib import Path

from .workload import OURS, TUNED, Step, find, library_of


def prepare(system: str, threads: int) -> None:
    """Import the library and set it up, as its user would.

    What it loads as late as with its first network is not memory of a workload: with PyTorch 70 MB.
    """
    library = importlib.import_module(library_of(system))
    if library_of(system) in (OURS, "torch"):
        library.set_num_threads(threads)
    if system == TUNED:
        library.tune_allocator()
    find("mlp_tiny").systems[library_of(system)]()


def burst(step: Step, seconds: float) -> list[float]:
    """Times of steps, in seconds, for about so long."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while not times or time.perf_counter() < until:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


# -- memory ------------------------------------------------------------------------------------------------------


def resident(which: str) -> int | None:
    """Bytes of this process in memory, now ("VmRSS") or at most ("VmHWM"); None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    found = re.search(rf"{which}:\s*(\d+) kB", status)
    return 1024 * int(found[1]) if found else None


def forget_peak() -> None:
    """Let the peak start anew from here, where Linux allows it."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def growth(before: int | None) -> int | None:
    """By how much the peak is above what was resident before."""
    peak = resident("VmHWM")
    return None if before is None or peak is None else peak - before


# -- questions and answers ---------------------------------------------------------------------------------------


def main() -> None:
    """Answer in lines of JSON: the numbers of the first steps, the times of each burst, at last the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("workload")
    parser.add_argument("system")
    parser.add_argument("size", type=int, nargs="*")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the answers

    def answer(**values: object) -> None:
        print(json.dumps(values), file=answers, flush=True)

    prepare(options.system, options.threads)
    workload = find(options.workload, *options.size)
    forget_peak()
    before = resident("VmRSS")
    step = workload.systems[OURS if options.system == TUNED else options.system]()
    answer(numbers=[workload.digest(step()) for _ in range(workload.checked)])
    for line in sys.stdin:
        answer(times=burst(step, float(line)))
    answer(memory=growth(before) if workload.memory else None)


if __name__ == "__main__":
    main()
