"""One module a workload: `TITLE`, `UNIT`, `PER` (how many units one step has), and a function for each system."""
