"""Which branches the operations of a run took, and where two runs part ways: the kinks between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core import raw
from ..recording import Call, Line, is_grad_enabled, observe
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
        return _at(self.op, self.line) or "an operation that does not declare its branches"

    def __str__(self) -> str:
        if not self.op:
            return self.at
        element = f", element {list(self.index)}" if self.index else ""
        return f"{self.at}{element} (branch {self.before} on its left, {self.after} on its right)"


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
        return tuple(map(np.asarray, _parts(call.branch)))
    indices = (value for name, value in call.arguments.items() if not call.op.takes_gradient(name))
    values = indices if call.op.differentiable else (call.output,)
    parts = (part for value in values for part in _parts(value) if isinstance(part, Tensor | np.ndarray | np.generic))
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


class Cut(NamedTuple):
    """An operation that gets or gives a value which depends on an input, but has no history that leads to it."""

    op: str
    line: Line | None
    how: str  # what is known of the way in which it was cut

    def __str__(self) -> str:
        return f"{_at(self.op, self.line)} {self.how}"


def first_cut(run: Callable[[], Any], other: Callable[[], Any]) -> Cut | None:
    """The first operation with a value that differs between two runs and is a constant to `gradients`.

    The runs differ in one entry of an input that requires a gradient: there, or just before, its path was cut.
    """
    for mine, theirs in zip(_constants(run), _constants(other), strict=False):
        if [cut.op for cut, _ in mine[:1]] != [cut.op for cut, _ in theirs[:1]]:
            return None
        for (cut, a), (_, b) in zip(mine, theirs, strict=False):
            if a.shape == b.shape and not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
                return cut
    return None


def _constants(run: Callable[[], Any]) -> list[list[tuple[Cut, np.ndarray[Any, Any]]]]:
    """For each operation of a run, the values without history among its arguments and results."""
    found = []

    def note(call: Call) -> None:
        given = [part for value in call.arguments.values() for part in _parts(value)]
        told = [(_how_given(value), value) for value in given] + [(_how_lost(v), v) for v in _parts(call.output)]
        found.append(
            [
                (Cut(call.op.name, call.line, how), np.array(raw(value)))
                for how, value in told
                if isinstance(value, Tensor | np.ndarray) and not getattr(value, "requires_grad", False)
            ]
        )

    with observe(note):
        run()
    return found


def _how_given(argument: Any) -> str:
    if isinstance(argument, Tensor):
        return "gets a Tensor without history, from detach() or made of .data"
    return "gets an array, which has no history: .data, or what NumPy made of it"


def _how_lost(result: Any) -> str:
    if not is_grad_enabled():
        return "runs under no_grad, so its result has no history"
    return f"gives {getattr(result, 'dtype', 'a result')}, which has no history"


def _at(op: str, line: Line | None) -> str:
    return f"{op} at {line}" if line else op


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)
