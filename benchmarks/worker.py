"""One system in a process of its own: builds a step, then runs a burst of steps for each line it is sent."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import sys
import time
from pathlib import Path

from .workload import OURS, TUNED, find, library_of

CHECKED = 5  # steps whose results are compared before anything is timed


def prepare(system: str, threads: int) -> None:
    """Import the library and set it up, as its user would."""
    library = importlib.import_module(library_of(system))
    if library_of(system) in (OURS, "torch"):
        library.set_num_threads(threads)
    if system == TUNED:
        library.tune_allocator()


def burst(step, seconds: float) -> list[float]:
    """Times of steps, in seconds, for about so long; at least two."""
    times, until = [], time.perf_counter() + seconds
    while len(times) < 2 or time.perf_counter() < until:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return times


# -- memory ------------------------------------------------------------------------------------------------------


def resident(which: str) -> int | None:
    """Bytes of this process in memory, now (VmRSS) or at most (VmHWM); None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    return 1024 * int(re.search(rf"{which}:\s*(\d+) kB", status)[1])


def forget_peak() -> None:
    """Let the peak start anew from here, where Linux allows it."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        pass


def main() -> None:
    """Answers, one line of JSON each: the numbers of the first steps, the times of each burst; at the end the memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.worker")
    parser.add_argument("workload")
    parser.add_argument("system")
    parser.add_argument("size", type=int, nargs="?")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the answers

    def answer(**values) -> None:
        print(json.dumps(values), file=answers, flush=True)

    prepare(options.system, options.threads)
    workload = find(options.workload, *([options.size] if options.size else []))
    forget_peak()
    before = resident("VmRSS")
    step = workload.systems[OURS if options.system == TUNED else options.system]()
    answer(numbers=[workload.digest(step()) for _ in range(CHECKED)])
    for line in sys.stdin:
        answer(times=burst(step, float(line)))
    answer(memory=None if before is None else resident("VmHWM") - before)


if __name__ == "__main__":
    main()
