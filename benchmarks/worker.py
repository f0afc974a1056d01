"""One system in a process of its own: reads a workload's name, then runs a burst of steps for each line it is sent."""

import importlib
import json
import sys
import time

THREADS = 2


def prepare(system: str) -> None:
    if system == "torch":
        import torch

        torch.set_num_threads(THREADS)


def burst(step, seconds: float) -> dict:
    """Times of steps, in seconds, for about so long; and the loss of the last one."""
    times, until = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < until:
        start = time.perf_counter()
        loss = step()
        times.append(time.perf_counter() - start)
    return {"times": times, "loss": loss}


def main(system: str, workload: str) -> None:
    prepare(system)
    step = getattr(importlib.import_module(f"benchmarks.workloads.{workload}"), system)()
    first = step()
    print(json.dumps({"first_loss": first}), flush=True)
    for line in sys.stdin:
        print(json.dumps(burst(step, float(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
