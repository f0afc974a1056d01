"""What the user of a check may set."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np


def check_count(caller: str, name: str, value: Any, least: int, fix: str) -> None:
    """TypeError for what is no integer, ValueError for one below `least`; `fix` says what to pass."""
    try:
        index(value)
    except TypeError:
        raise TypeError(f"{caller}: {name}={value!r:.60} is a {type(value).__name__}, no integer; {fix}") from None
    if value < least:
        raise ValueError(f"{caller}: {name}={value} {'checks nothing' if least else 'is no number of times'}; {fix}")


@dataclass(frozen=True, slots=True)
class Settings:
    """How fine to measure, what to tolerate beyond the error bars, and how many entries to look at."""

    eps: float
    atol: float
    rtol: float
    max_entries: int | None
    directions: int | None
    resample: int
    strict: bool
    caller: str = "gradcheck"

    def __post_init__(self) -> None:
        if not 0 < self.eps < np.inf:
            raise ValueError(f"{self.caller}: eps={self.eps} is no step; pass a positive number, such as 1e-4")
        for name, tolerance in (("atol", self.atol), ("rtol", self.rtol)):
            if not tolerance >= 0:
                raise ValueError(f"{self.caller}: {name}={tolerance} is no tolerance; pass 0 or more")
        for name, count in (("directions", self.directions), ("max_entries", self.max_entries)):
            if count is not None:
                check_count(self.caller, name, count, 1, "pass 1 or more, or None")
        check_count(self.caller, "resample", self.resample, 0, "pass 0 or more")

    def allowance(self, value: complex) -> float:
        """How far a computed derivative may be from this measured one, whatever the error bar."""
        return self.atol + self.rtol * (abs(value) if np.isfinite(value) else 0)
