"""Side by side with the peers: ``python -m benchmarks [WORKLOAD...] [--peers torch] [--json FILE]``.

A workload is a module in `benchmarks.workloads` with one function for each system, which returns a training step; a
step returns its loss, so that a run can check that all systems computed the same thing.
"""
