"""The command line: runs the workloads, prints one table."""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path

from tqdm import tqdm

import autograd_lite

from .running import BLAS_SETTINGS, Result, Schedule, environment, is_installed, run
from .scaling import SCALES, growth_table
from .table import EXPLANATION, summary, table
from .workloads import NAMES, QUICK

PEERS = ("torch", "mygrad", "autograd")
INSTALL = 'pip install -e ".[bench]"'


def parser() -> argparse.ArgumentParser:
    description = "Time training steps beside other libraries, each in a process of its own."
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=description)
    made.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="those of --list; none for all")
    made.add_argument("--list", action="store_true", help="name the workloads, and stop")
    made.add_argument("--peers", default="torch", help=f"libraries beside ours, of {', '.join(PEERS)}, with commas")
    made.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file, too")
    made.add_argument("--bursts", type=int, default=8, help="how often each system has its turn (default: 8)")
    made.add_argument("--seconds", type=float, default=0.25, help="how long a turn is (default: 0.25)")
    made.add_argument("--quick", action="store_true", help="three turns of 0.1 seconds, and half of the workloads")
    made.add_argument("--threads", type=int, default=2, help="of each system (default: 2)")
    made.add_argument("--scaling", action="store_true", help="show how cost grows with batch, time and length instead")
    made.add_argument("--keep-blas-settings", action="store_true", help=f"do not clear {' and '.join(BLAS_SETTINGS)}")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 1 if a workload failed."""
    arguments = parser()
    options = arguments.parse_args(argv)
    peers = [peer for peer in options.peers.split(",") if peer]
    for kind, given, known in (("workload", options.workloads, NAMES), ("peer", peers, PEERS)):
        if unknown := [name for name in given if name not in known]:
            arguments.error(f"no {kind} is called {', '.join(unknown)}; choose from {', '.join(known)}")
    if options.list:
        print("\n".join(NAMES))
        return 0
    for peer in peers:
        if not is_installed(peer):
            print(f"{peer} is not installed and left out; get it with {INSTALL}")
    libraries = [peer for peer in peers if is_installed(peer)]

    bursts, seconds = (3, 0.1) if options.quick else (options.bursts, options.seconds)
    variables, settings = environment(options.threads, options.keep_blas_settings)
    schedule = Schedule(bursts, seconds, options.threads, variables)
    machine = describe(libraries, options.threads) | settings
    print("\n".join(f"{key}: {value}" for key, value in machine.items()), end="\n\n", flush=True)
    names = options.workloads or (QUICK if options.quick else NAMES)
    if options.scaling:
        scales = [scale for scale in SCALES if scale.workload in names]
        jobs = {
            scale.job(size): partial(scale.run, size, libraries, schedule) for scale in scales for size in scale.sizes
        }
    else:
        jobs = {name: partial(run, name, libraries, schedule) for name in names}
    results = perform(jobs, bursts)
    if options.scaling:
        print("\n\n".join(growth_table(scale, results) for scale in scales))
    elif results:
        print(table(list(results.values())), EXPLANATION, summary(list(results.values())), sep="\n\n")
    if options.json:
        text = json.dumps({"machine": machine, "results": results}, indent=1)
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if len(results) == len(jobs) else 1


def perform(jobs: Mapping[str, Callable[..., Result]], bursts: int) -> dict[str, Result]:
    """The results of all jobs, with a progress bar; what fails is told and left out."""
    results = {}
    with tqdm(total=len(jobs) * bursts, bar_format="{desc:<30}{bar} {elapsed}<{remaining}", disable=None) as bar:
        for i, (name, job) in enumerate(jobs.items()):
            bar.set_description_str(name)
            try:
                results[name] = job(tick=bar.update)
            except (RuntimeError, ValueError) as error:
                bar.write(f"{name}: {error}", file=sys.stderr)
            bar.update((i + 1) * bursts - bar.n)
    return results


def describe(libraries: list[str], threads: int) -> dict[str, str]:
    """What the figures depend on."""
    versions = {name: metadata.version(name) for name in ("numpy", "scipy", *libraries)}
    versions = {"autograd_lite": autograd_lite.__version__, **versions}
    return {
        "processor": processor(),
        "threads": str(threads),
        "python": platform.python_version(),
        "libraries": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


def processor() -> str:
    """The name of the processor."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
