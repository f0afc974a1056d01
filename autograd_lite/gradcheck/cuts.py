"""Where the path from an input to the outputs is cut: what depends on the input, and is a constant to `gradients`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..core import Composite, Definition, Leaf, Node, raw
from ..nodes import next_serial
from ..recording import Call, Exit, Line, is_grad_enabled, observe, observe_exits
from ..tensor import Tensor
from .branches import at, members
from .calls import has_history
from .culprit import module_path

Array = np.ndarray[Any, Any]

OUTPUT = "output "  # how an output of the function itself leaves the graph, with its number


class Cut(NamedTuple):
    """An operation that gets or gives a value which depends on an input, but has no history that leads to it.

    op: its name; of an output of the function that is no operation's, what it is called. line: of the user's code.
    """

    op: str
    line: Line | None
    how: str  # what is known of the way in which it was cut

    def __str__(self) -> str:
        return f"{at(self.op, self.line)} {self.how}"


class _Value(NamedTuple):
    """What an operation gets or gives."""

    array: Array
    what: str  # in words, if its history does not tell how it came to be; else empty
    source: str = ""  # where such a value may come from


class _Step(NamedTuple):
    """An operation of a run, or an output, with what it gets and gives."""

    op: str
    line: Line | None
    values: tuple[_Value, ...]
    given: int  # how many of them it gets
    exits: int  # how many Tensors had left the graph by then
    module: str = ""  # that called it

    @property
    def place(self) -> str:
        return at(self.op, self.line) + (f" inside {self.module}" if self.module else "")


def first_cut(run: Callable[[], Any], other: Callable[[], Any]) -> Cut | None:
    """The first operation with a value that differs between two runs and is a constant to `gradients`.

    The runs differ in one entry of an input that requires a gradient: there, or just before, its path was cut.
    """
    mine, theirs = _Watch(run), _Watch(other)
    for step, same in zip(mine.steps, theirs.steps, strict=False):
        if step.op != same.op:
            return None
        for value, varied in zip(step.values, same.values, strict=False):
            if value.what and _differ(value.array, varied.array):
                left = zip(mine.exits[: step.exits], theirs.exits, strict=False)
                exits = [exit for exit, (_, array) in left if _differ(exit[1], array)]
                return Cut(step.op, step.line, _told(value, exits))
    return None


def first_change(run: Callable[[], Any]) -> str:
    """A sentence on the first operation that is not the same in a second run; empty if all are."""
    for step, again in zip(_Watch(run).steps, _Watch(run).steps, strict=False):
        if step.op != again.op:
            return f"In a second run, {again.place} is in the place of {step.place}."
        pairs = zip(step.values, again.values, strict=False)
        changed = [
            value.array.shape != other.array.shape or _differ(value.array, other.array) for value, other in pairs
        ]
        if any(changed):
            does = "gets other numbers" if any(changed[: step.given]) else "gives another result"
            return f"In a second run, {step.place} {does}."
    return ""


def _told(value: _Value, exits: list[tuple[Exit, Array]]) -> str:
    """How the value came to be a constant: where it left the graph, if that was seen; else where it may have."""
    same = [exit for exit, array in exits if not _differ(array, value.array) and array.size == value.array.size]
    if not value.source:
        return value.what
    if same:
        return f"{value.what}: {at(same[-1].how, same[-1].line)}"
    perhaps = f"; perhaps by {at(exits[-1][0].how, exits[-1][0].line)}" if exits else ""
    return f"{value.what}: {value.source}{perhaps}"


def _differ(a: Array, b: Array) -> bool:
    return a.shape == b.shape and not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


class _Watch:
    """A run: all values that its operations get and give, and what left the graph."""

    def __init__(self, run: Callable[[], Any]):
        self.steps: list[_Step] = []
        self.exits: list[tuple[Exit, Array]] = []
        self._results: dict[Node, Array] = {}  # as they were given
        self._start = next_serial()
        with observe(self._see), observe_exits(self._see_exit):
            run()

    def _see(self, call: Call) -> None:
        results = members(call.output)
        if not isinstance(results[0], Tensor):  # arrays of arrays, which get into the graph later, if at all
            self.exits += ((Exit(array, f"{call.op.name} of arrays", call.line), np.array(array)) for array in results)
            return
        given = tuple(self._given(call))
        values, module = (*given, *self._lost(call)), module_path(call.modules)
        self.steps.append(_Step(call.op.name, call.line, values, len(given), len(self.exits), module))

    def _see_exit(self, exit: Exit) -> None:
        if not exit.how.startswith(OUTPUT):
            self.exits.append((exit, np.array(raw(exit.handle))))
        elif exit.handle.dtype.kind in "fc":
            value = self._value(exit.handle, "is")
            self.steps.append(_Step(exit.how, None, (value,), 1, len(self.exits)))

    def _given(self, call: Call) -> Iterator[_Value]:
        for name, argument in call.arguments.items():
            derivative = call.op.takes_gradient(name)
            for value in members(argument) if call.op.roles[name] != "index" else ():
                if _kind(value) not in ("iufc" if derivative else "fc"):
                    continue
                if derivative or not has_history(value):
                    yield self._value(value, "gets")
                else:
                    yield _Value(np.array(raw(value)), _how_constant(call.op, name) if call.op.differentiable else "")

    def _lost(self, call: Call) -> Iterator[_Value]:
        for result in members(call.output):
            array = np.array(raw(result))
            if has_history(result):
                self._results[result.node] = array
            yield _Value(array, "" if has_history(result) else _how_lost(call, array))

    def _value(self, value: Any, verb: str) -> _Value:
        """A value, and in words whether its history is lost."""
        array = np.array(raw(value))
        if not isinstance(value, Tensor):
            kind, source = (
                ("an array", "from .data, or what NumPy made of it")
                if isinstance(value, np.ndarray)
                else ("a number", "from item(), float() or .data")
            )
            return _Value(array, f"{verb} {kind}, which has no history", source)
        if value.node is None:
            return _Value(array, f"{verb} a Tensor without history", "from detach(), or made of .data or .grad")
        if isinstance(value.node, Leaf) and value.node.serial > self._start:
            return _Value(array, f"{verb} a new leaf, where history begins", "made of .data")
        if _differ(array, self._results.get(value.node, array)):
            return _Value(array, f"{verb} a Tensor whose data was written into, which its history does not tell")
        return _Value(array, "")


def _kind(value: Any) -> str:
    """The kind of the numbers of an argument; empty if it has none."""
    if isinstance(value, bool) or not isinstance(value, Tensor | np.ndarray | np.generic | int | float | complex):
        return "none"
    return np.asarray(raw(value)).dtype.kind


def _how_constant(op: Definition, name: str) -> str:
    """What becomes of an argument with a history that gets no gradient; what to add to an operation of the user's."""
    told = f"takes {name} as a constant, though it has a history"
    if op.forward.__module__.partition(".")[0] == __name__.partition(".")[0]:
        return told
    if isinstance(op, Composite):
        return f"{told}: it is among its constants"
    others = ", ".join(["g", *(other for other in op.arrays if other != name)])
    return f"{told}: {op.name} has no derivative for {name}; add {name}=lambda {others}: ... to @ag.op"


def _how_lost(call: Call, result: Array) -> str:
    if not is_grad_enabled():
        return "runs under no_grad, so its result has no history"
    if result.dtype.kind not in "fc":
        return f"gives {result.dtype}, which has no history"
    if not call.op.differentiable:
        return "has no derivative, so its result has no history"
    return "gives a result without history"
