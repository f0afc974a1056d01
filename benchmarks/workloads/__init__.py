"""One module a workload, with a function `workload()`: see `benchmarks.workload.Workload`."""
