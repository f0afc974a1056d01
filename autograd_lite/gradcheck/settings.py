"""What the user of a check may set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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

    def __post_init__(self) -> None:
        if not 0 < self.eps < np.inf:
            raise ValueError(f"gradcheck: eps={self.eps} is no step; pass a positive number, such as 1e-4")
        for name, tolerance in (("atol", self.atol), ("rtol", self.rtol)):
            if not tolerance >= 0:
                raise ValueError(f"gradcheck: {name}={tolerance} is no tolerance; pass 0 or more")
        if self.directions is not None and self.directions < 1:
            raise ValueError(f"gradcheck: directions={self.directions} checks nothing; pass a larger one, or None")
        if self.max_entries is not None and self.max_entries < 1:
            raise ValueError(f"gradcheck: max_entries={self.max_entries} checks nothing; pass a larger one, or None")
        if self.resample < 0:
            raise ValueError(f"gradcheck: resample={self.resample} is no number of times; pass 0 or more")

    def allowance(self, value: complex) -> float:
        """How far a computed derivative may be from this measured one, whatever the error bar."""
        return self.atol + self.rtol * (abs(value) if np.isfinite(value) else 0)
