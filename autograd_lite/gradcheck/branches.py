"""Which branches the operations of a run took, and where two runs part ways: the kinks between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..recording import Line


@dataclass(frozen=True, slots=True)
class Kink:
    """Where two runs of a function, a small step apart, took different branches.

    op: the name of the operation. line: of the user's code. index: of the element, in the array of branches that the op
    reports: that of its output, for most. before, after: the element's branches in both runs, on the left of the kink
    and on its right. call: the how manieth operation of the run it is, from 0. An op without a name is "": the values
    bend there, but no operation says that it does.
    """

    op: str
    line: Line | None
    index: tuple[int, ...]
    before: Any
    after: Any
    call: int

    def __str__(self) -> str:
        if not self.op:
            return "an operation that does not declare its branches"
        element = f" element {list(self.index)}" if self.index else ""
        where = f" in {self.line.file}:{self.line.number}, {self.line.function}" if self.line else ""
        return f"{self.op}{element}{where} (branch {self.before} before, {self.after} behind)"
