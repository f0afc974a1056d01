"""How cost grows: time per item for ever larger batches, sequences and chains. Linear growth is a constant here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from .running import Result, Schedule, run
from .table import markdown, short
from .workload import TUNED


@dataclass(frozen=True)
class Scale:
    """A workload of several sizes; item: what the size counts."""

    workload: str
    title: str
    item: str
    sizes: tuple[int, ...]

    def job(self, size: int) -> str:
        """The name of the result of one size."""
        return f"{self.workload} {size}"

    def run(self, size: int, libraries: Collection[str], schedule: Schedule, tick: Callable[[], object]) -> Result:
        """The result of one size."""
        return run(self.workload, libraries, schedule, (size,), ours=[TUNED], tick=tick)


UP_TO_512 = (1, 2, 8, 32, 128, 512)
SCALES = (
    Scale("lenet5", "LeNet-5, batch", "image", UP_TO_512),
    Scale("char_lm_lstm", "char LM with LSTM, batch 32, T", "step", UP_TO_512),
    Scale("chain", "chain, length", "op", (9, 99, 999, 9_999, 99_999, 999_999)),
)


def growth_table(scale: Scale, results: Mapping[str, Result]) -> str:
    """Microseconds per item, and memory, for each system; a line for each size that has a result."""
    found = {size: results[scale.job(size)] for size in scale.sizes if scale.job(size) in results}
    systems = list(next(iter(found.values()))["systems"]) if found else []
    names = [system.replace("/", ", ") for system in systems]
    lines = [[scale.title, *(f"{name}, us/{scale.item}" for name in names), *(f"{name}, MB" for name in names)]]
    for size, result in found.items():
        figures = [result["systems"][system] for system in systems]
        times = [short(its["min"] / size * 1e6) for its in figures]
        memory = ["-" if its["memory"] is None else f"{its['memory'] / 1e6:.0f}" for its in figures]
        lines.append([f"{size:,}", *times, *memory])
    return markdown(lines)
