"""The command line: runs the workloads, prints one table."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import statistics
import subprocess
import sys
from pathlib import Path

from . import workloads

OURS = "autograd_lite"
# Settings of some machines that halve NumPy's matrix products and leave PyTorch alone.
BLAS_SETTINGS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class Worker:
    """A system in a process of its own. Two thread pools in one process would stall each other."""

    def __init__(self, system: str, workload: str, environment: dict[str, str]):
        self.times: list[float] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", system, workload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=Path(__file__).parents[1],
        )
        self.first_loss = self._answer()["first_loss"]

    def _answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"benchmarks: a worker stopped; its error is above ({' '.join(self.process.args)})")
        return json.loads(line)

    def burst(self, seconds: float) -> None:
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times += self._answer()["times"]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def run(workload: str, peers: list[str], bursts: int, seconds: float, environment: dict[str, str]) -> dict:
    """Interleaved bursts (A B A B ...) of all systems that the workload knows; times in the workload's unit."""
    module = importlib.import_module(f"benchmarks.workloads.{workload}")
    systems = [OURS, *(peer for peer in peers if hasattr(module, peer))]
    workers = {system: Worker(system, workload, environment) for system in systems}
    check_losses(workload, {system: worker.first_loss for system, worker in workers.items()})
    for _ in range(bursts):
        for worker in workers.values():
            worker.burst(seconds)
    for worker in workers.values():
        worker.close()
    rows = {
        system: {"min": min(worker.times) / module.PER, "median": statistics.median(worker.times) / module.PER}
        for system, worker in workers.items()
    }
    return {"title": module.TITLE, "unit": module.UNIT, "systems": rows}


def check_losses(workload: str, losses: dict[str, float]) -> None:
    """The same loss from the same weights, or the ratio means nothing."""
    for system, loss in losses.items():
        if abs(loss - losses[OURS]) > 1e-4 * (1 + abs(loss)):
            raise SystemExit(f"benchmarks: {workload}: {system} has loss {loss}, {OURS} {losses[OURS]}")


def table(results: dict[str, dict]) -> str:
    lines = ["| workload | system | minimum | median | ours / it |", "|---|---|---|---|---|"]
    for result in results.values():
        ours = result["systems"][OURS]["min"]
        for system, row in result["systems"].items():
            figures = f"{row['min']:.3g} {result['unit']} | {row['median']:.3g} | {ours / row['min']:.2f}"
            lines.append(f"| {result['title']} | {system} | {figures} |")
    return "\n".join(lines)


def main() -> None:
    known = sorted(module.name for module in pkgutil.iter_modules(workloads.__path__))
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time training steps beside the peers.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"one or more of: {', '.join(known)}")
    parser.add_argument("--peers", default="torch", help="systems to compare with, separated by commas")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--bursts", type=int, default=8, help="how many bursts of each system")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long a burst is")
    parser.add_argument("--keep-blas-settings", action="store_true", help=f"do not clear {', '.join(BLAS_SETTINGS)}")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(known):
        parser.error(f"unknown workload {', '.join(unknown)}; known are {', '.join(known)}")

    environment = dict(os.environ)
    cleared = [name for name in BLAS_SETTINGS if not options.keep_blas_settings and environment.pop(name, None)]
    if cleared:
        print(f"cleared for all systems: {', '.join(cleared)}")
    peers = [peer for peer in options.peers.split(",") if peer]
    results = {
        name: run(name, peers, options.bursts, options.seconds, environment) for name in options.workloads or known
    }
    print(table(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
