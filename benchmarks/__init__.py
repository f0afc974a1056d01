"""Side by side with the peers: ``python -m benchmarks [WORKLOAD...] [--peers torch] [--json FILE]``.

A workload is a module in `benchmarks.workloads` whose `workload()` returns a `Workload`: what it is called, what to
reach, and for each system a function that builds a training step. A step returns its loss, or the arrays it computed,
so that a run can check that all systems do the same work.
"""
