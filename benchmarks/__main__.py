"""The command line: runs the workloads, prints one table."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import running
from .table import table
from .workload import names

PEERS = ("torch", "mygrad", "autograd")


def main() -> None:
    known = names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time training steps beside the peers.")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"one or more of: {', '.join(known)}")
    parser.add_argument("--peers", default="torch", help="systems to compare with, separated by commas")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    parser.add_argument("--bursts", type=int, default=8, help="how many bursts of each system")
    parser.add_argument("--seconds", type=float, default=0.25, help="how long a burst is")
    parser.add_argument("--threads", type=int, default=2, help="of each system")
    parser.add_argument("--quick", action="store_true", help="3 bursts of 0.1 seconds")
    parser.add_argument("--list", action="store_true", help="name the workloads and stop")
    parser.add_argument("--keep-blas-settings", action="store_true", help="do not clear OpenBLAS's settings")
    options = parser.parse_args()
    if options.list:
        print("\n".join(known))
        return
    if unknown := set(options.workloads) - set(known):
        parser.error(f"unknown workload {', '.join(unknown)}; known are {', '.join(known)}")
    bursts, seconds = (3, 0.1) if options.quick else (options.bursts, options.seconds)

    environment, cleared = running.environment(options.threads, options.keep_blas_settings)
    if cleared:
        print(f"cleared for all systems: {', '.join(cleared)}")
    peers, missing = running.installed(peer for peer in options.peers.split(",") if peer)
    schedule = running.Schedule(bursts, seconds, options.threads, environment)
    results = {}
    for name in options.workloads or known:
        try:
            results[name] = running.run(name, peers, schedule)
        except (ValueError, RuntimeError) as error:
            print(f"{name}: {error}", file=sys.stderr)
    print(table(list(results.values())))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
