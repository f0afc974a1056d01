"""What a workload is, and how what its systems computed is compared."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OURS, TUNED = "autograd_lite", "autograd_lite tuned"
SECONDS = {"us": 1e-6, "ms": 1e-3}
WAVE = np.cos(np.arange(2**16))
TINY = 1e-30

Step = Callable[[], Any]  # returns a loss, an array, or a tuple of arrays
Numbers = list[float]


def digest(result: Any) -> Numbers:
    """A few numbers that tell results apart: a loss itself; of an array the size and a projection.

    The logarithm of the root mean square, and the projection of the normalised array on a wave, are both of order 1.
    """
    if isinstance(result, tuple):
        return [number for part in result for number in digest(part)]
    values = np.asarray(result.detach() if hasattr(result, "detach") else result).ravel()
    if values.size == 1:
        return [float(values[0])]
    blocks = np.split(values, range(WAVE.size, values.size, WAVE.size))  # small, for the sake of the peak of memory
    norm = math.sqrt(sum(float(np.vdot(block, block.astype(np.float64))) for block in blocks))
    projection = sum(float(np.vdot(block, WAVE[: block.size])) for block in blocks)
    return [math.log(norm / math.sqrt(values.size) + TINY), projection / (norm + TINY)]


def check_same(title: str, numbers: Mapping[str, Sequence[Numbers]], tolerance: float) -> None:
    """ValueError unless all systems computed the same in each of their first steps, or their ratio means nothing."""
    (reference, expected), *others = numbers.items()
    for system, found in others:
        for i, (ours, its) in enumerate(zip(expected, found, strict=True)):
            if not np.allclose(its, ours, rtol=tolerance, atol=tolerance):
                raise ValueError(f"{title}: in step {i + 1}, {system} computes {its}, {reference} {ours}")


@dataclass(frozen=True)
class Workload:
    """Work that several systems do alike.

    title: says the shapes. unit: "us" or "ms", and what one is counted for: "us/op". systems: functions that build a
    step, from the same initial weights. A name is a library's, perhaps with a word for another way to write the work
    ("torch cells" is a peer of its own) or a variant behind a slash ("torch/channels_last": a peer's fastest variant is
    held against the bars). reach, stretch: our time divided by a peer's, for each peer. items: how many of what is
    counted a step has. digest: what is compared of a step's result; tolerance: how far its numbers may be apart,
    relative and absolute; checked: in how many first steps. memory: whether the step's own process is what needs it.
    """

    title: str
    unit: str
    systems: Mapping[str, Callable[[], Step]]
    reach: Mapping[str, float]
    stretch: Mapping[str, float] = field(default_factory=dict)
    items: int = 1
    digest: Callable[[Any], Numbers] = digest
    tolerance: float = 1e-4
    checked: int = 5
    memory: bool = True

    @property
    def scale(self) -> float:
        """Seconds a step takes for one unit in the table."""
        return SECONDS[self.unit.split("/")[0]] * self.items


def find(name: str, *size: int) -> Workload:
    """The workload of that name; size: for those that can grow, instead of the size in the table."""
    return importlib.import_module(f"benchmarks.workloads.{name}").workload(*size)


def peer_of(system: str) -> str:
    """A system without its variant: "torch" for "torch/channels_last"."""
    return system.split("/")[0]


def library_of(system: str) -> str:
    """What has to be installed for a system: "torch" for "torch cells"."""
    return peer_of(system).split()[0]
