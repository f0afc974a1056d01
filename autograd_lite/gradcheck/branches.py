"""Which branches the operations of a run took, and where two runs part ways: the kinks between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core import raw
from ..recording import Call, Line, observe
from ..tensor import Tensor


@dataclass(frozen=True, slots=True)
class Kink:
    """Where two runs of a function, a small step apart, took different branches.

    op: the name of the operation. line: of the user's code. index: of the element, in the array of branches that the op
    reports: that of its output, for most. before, after: the element's branches in both runs, on the left of the kink
    and on its right. call: the number of the operation in the run, from 0. An op without a name is "": the values
    bend there, but no operation says that it does.
    """

    op: str
    line: Line | None
    index: tuple[int, ...]
    before: Any
    after: Any
    call: int

    @property
    def at(self) -> str:
        """The operation and its line: ``relu at model.py:12 in forward``."""
        return at(self.op, self.line) or "an operation that does not declare its branches (add branch= to its @ag.op)"

    def __str__(self) -> str:
        if not self.op:
            return self.at
        element = f", element {list(self.index)}" if self.index else ""
        return f"{self.at}{element}, which takes branch {self.before} on its left and {self.after} on its right"


class Step(NamedTuple):
    """One operation of a run that has branches, and those that its elements took."""

    op: str
    line: Line | None
    branches: tuple[np.ndarray[Any, Any], ...]  # one array; of an op with several outputs, one for each
    call: int


Trace = list[Step]


def traced(run: Callable[[], Any]) -> Trace:
    """The branches that `run` takes, operation by operation."""
    trace: Trace = []
    calls = 0

    def note(call: Call) -> None:
        nonlocal calls
        if branches := _branches(call):
            trace.append(Step(call.op.name, call.line, branches, calls))
        calls += 1

    with observe(note):
        run()
    return trace


def _branches(call: Call) -> tuple[np.ndarray[Any, Any], ...]:
    """What the op declares; else the indices that it is given or, if it has no derivative, the integers it gives."""
    if call.branch is not None:
        return tuple(map(np.asarray, members(call.branch)))
    indices = (value for name, value in call.arguments.items() if not call.op.takes_gradient(name))
    values = indices if call.op.differentiable else (call.output,)
    parts = (part for value in values for part in members(value) if isinstance(part, Tensor | np.ndarray | np.generic))
    return tuple(array for array in map(np.asarray, map(raw, parts)) if array.dtype.kind in "biu")


def first_difference(left: Trace, right: Trace) -> Kink | None:
    """The first operation that took another branch on the right than on the left; None if all took the same."""
    for before, after in zip(left, right, strict=False):
        if before.op != after.op or len(before.branches) != len(after.branches):  # the program itself has branched
            return Kink(before.op, before.line, (), before.op, after.op, before.call)
        for a, b in zip(before.branches, after.branches, strict=True):
            if a.shape != b.shape:
                return Kink(before.op, before.line, (), a.shape, b.shape, before.call)
            if not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
                different = (a != b) & ~((a != a) & (b != b))
                index = tuple(int(i) for i in np.argwhere(different)[0])
                return Kink(before.op, before.line, index, a[index].item(), b[index].item(), before.call)
    if len(left) != len(right):
        extra = (left if len(left) > len(right) else right)[min(len(left), len(right))]
        return Kink(extra.op, extra.line, (), len(left), len(right), extra.call)
    return None


def at(op: str, line: Line | None) -> str:
    """Where an operation is: ``relu at model.py:12 in forward``."""
    return f"{op} at {line}" if line else op


def members(value: Any) -> tuple[Any, ...]:
    """What is in a tuple or list; anything else, by itself."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)
