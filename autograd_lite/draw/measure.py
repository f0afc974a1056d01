"""What nodes of a graph hold and cost: values, gradients, memory, time. All in one pass forward and one backward."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from .. import core
from ..nn.summary import arrays_in, owner
from . import text
from .graph import Graph, Mark, Node, Summary, Value
from .walk import Origin, Walk, origin_of

SMALL = 6  # numbers that are shown whole
HUGE = 1e3  # a gradient with a number beyond it is striking


def measured(walk: Walk, detail: str) -> Graph:
    """The graph of a walk with what belongs to this level of detail."""
    return walk.graph if detail == "shapes" else _Measures(walk, detail).graph()


class _Measures:
    """All that was measured, and how it is put into the nodes."""

    def __init__(self, walk: Walk, detail: str):
        self.walk = walk
        self.costs, values = detail in ("costs", "everything"), detail in ("values", "everything")
        self.made = {id: made for made, id in walk.ids.items()}
        self.backward = Backward(walk.handles)
        self.data = dict(_values(walk)) if values else {}
        self.saved_bytes = dict(_saved_bytes(walk)) if self.costs else {}
        self.kept = _kept(walk) if self.costs else set[int]()

    def graph(self) -> Graph:
        """The graph with what was measured."""
        return replace(self.walk.graph, nodes=tuple(map(self._node, self.walk.graph.nodes)))

    def _node(self, node: Node) -> Node:
        values = tuple(self._value(node.id, slot, value) for slot, value in enumerate(node.values))
        marks = {mark for value in values for mark in _striking(value)}
        if node.id in self.kept and node.kind != "leaf":
            marks.add("saved")
        made = self.made.get(node.id)
        if not self.costs or made is None:
            return replace(node, values=values, marks=node.marks | marks)
        seen = self.walk.run.seen.get(made)
        return replace(
            node,
            values=values,
            marks=node.marks | marks,
            saved_bytes=self.saved_bytes.get(made),
            forward_seconds=None if seen is None else seen.seconds,
            backward_seconds=self.backward.seconds.get(made),
        )

    def _value(self, id: int, slot: int, value: Value) -> Value:
        gradient = self.backward.gradients.get((self.made[id], slot)) if id in self.made else None
        return replace(value, data=self.data.get((id, slot)), gradient=gradient)


def _striking(value: Value) -> Iterator[Mark]:
    """What is wrong, or may be, with a value or its gradient."""
    if value.data is not None and value.data.nans:
        yield "nan"
    if value.data is not None and value.data.infinities:
        yield "infinite"
    g = value.gradient
    if g is None:
        return
    if g.nans:
        yield "nan gradient"
    if g.infinities:
        yield "infinite gradient"
    if g.count and g.zeros == 1:
        yield "zero gradient"
    if max(abs(g.minimum), abs(g.maximum)) > HUGE:
        yield "huge gradient"


def summarise(array: Any) -> Summary:
    """An array in a few numbers; of complex ones their absolute values count."""
    array = np.asarray(array)
    numbers = np.abs(array) if array.dtype.kind == "c" else array
    bad = 0 if array.dtype.kind in "biu" else array.size - int(np.count_nonzero(np.isfinite(numbers)))
    nans = int(np.count_nonzero(np.isnan(numbers))) if bad else 0
    finite = numbers[np.isfinite(numbers)] if bad else numbers
    zeros = 1 - np.count_nonzero(array) / array.size if array.size else 0.0
    whole = text.whole(array) if array.size <= SMALL else None
    if not finite.size:
        return Summary(array.size, math.nan, math.nan, math.nan, math.nan, zeros, nans, bad - nans, whole)
    flat = finite.reshape(-1).astype(float, copy=False)
    low, high, norm = float(flat.min()), float(flat.max()), math.sqrt(float(flat @ flat))
    return Summary(array.size, low, high, float(flat.mean()), norm, zeros, nans, bad - nans, whole)


# -- values ------------------------------------------------------------------------------------------------------------


def _values(walk: Walk) -> Iterator[tuple[tuple[int, int], Summary]]:
    """What is there of values, by the graph's node and output; in a run everything was written down as it came."""
    arrays = {(id, 0): array for id, array in walk.arrays.items()}
    for made, id in walk.ids.items():
        handle = made.handle() if isinstance(made, core.Leaf) else None
        if handle is not None and handle.node is made:
            arrays[id, 0] = handle.data
    for origin, array in _known_arrays(walk):
        if origin[0] in walk.ids:
            arrays.setdefault((walk.ids[origin[0]], origin[1]), array)
    for (made, slot), summary in walk.run.values.items():
        if made in walk.ids:
            yield (walk.ids[made], slot), summary
            arrays.pop((walk.ids[made], slot), None)
    for place, array in arrays.items():
        yield place, summarise(array)


def _known_arrays(walk: Walk) -> Iterator[tuple[Origin, Any]]:
    """The values that the user holds, and those that operations keep."""
    for handle in walk.handles:
        yield origin_of(handle.node), handle.data
    yield from _kept_arrays(walk)


def _kept_arrays(walk: Walk) -> Iterator[tuple[Origin, Any]]:
    """What operations keep of values with a history: their own, and what they were given."""
    for made in walk.ids:
        if made.op is None or made.saved is core.FREED:
            continue
        known = dict(zip(made.op.saved_names, made.saved, strict=False))
        out = known.get("out")
        if out is not None:
            yield from (((made, slot), a) for slot, a in enumerate(out if made.op.outputs is not None else (out,)))
        for parent, array in zip(made.parents, _operands_kept(made, known), strict=True):
            if parent is not None and array is not None:
                yield origin_of(parent), array


def _operands_kept(made: core.Node, known: dict[str, Any]) -> Iterable[Any]:
    if made.op.sequence:
        return known.get(made.op.arrays[0]) or [None] * len(made.parents)
    return [known.get(name) for name in made.op.arrays]


# -- memory ------------------------------------------------------------------------------------------------------------


def _saved_bytes(walk: Walk) -> Iterator[tuple[core.Node, int]]:
    """What each node keeps for backward: each array counts once, what leaves and inputs hold anyway does not."""
    leaves = (made.handle() for made in walk.ids if isinstance(made, core.Leaf))
    given = [value for _, value in walk.run.names]
    held = {id(owner(array)) for array in arrays_in([leaf for leaf in (*leaves, *given) if leaf is not None])}
    for made in walk.ids:
        if made.op is None or made.saved is core.FREED:
            continue
        total = 0
        for array in map(owner, arrays_in(made.saved)):
            if id(array) not in held:
                held.add(id(array))
                total += array.nbytes
        yield made, total


def _kept(walk: Walk) -> set[int]:
    """The graph's nodes whose values are kept for backward."""
    made = {walk.ids[origin[0]] for origin, _ in _kept_arrays(walk) if origin[0] in walk.ids}
    kept = {id(owner(array)) for node in walk.ids for array in arrays_in(node.saved)}
    return made | {number for number, array in walk.arrays.items() if id(owner(array)) in kept}


# -- gradients ---------------------------------------------------------------------------------------------------------


class Backward:
    """A backward pass that frees nothing, writes no `.grad`, and looks at every gradient and at the clock.

    gradients: of every value that one arrives at; seconds: what the derivative of an operation took. Both are empty if
    an earlier backward has freed the graph. Several outputs, and those with several numbers, count as their sum.
    """

    def __init__(self, handles: list[Any]):
        self.gradients: dict[Origin, Summary] = {}
        self.seconds: dict[core.Node, float] = {}
        self._table: dict[core.Node, Any] = {}
        nodes, leaves = core.history(*handles)
        if any(node.saved is core.FREED for node in nodes):
            return
        for handle in handles:
            self._give(handle.node, np.ones(handle.data.shape, handle.data.dtype))
        with np.errstate(all="ignore"):
            for node in (*nodes, *leaves):
                if node in self._table:
                    self._visit(node, self._table.pop(node))

    def _visit(self, node: core.Node, g: Any) -> None:
        if isinstance(node, core.Output):
            (maker,), (slot,) = node.parents, node.params
            assert maker is not None
            self._table.setdefault(maker, [None] * len(maker.shape))[slot] = g
            return
        several = node.op is not None and node.op.outputs is not None
        for slot, part in enumerate(g if several else [g]):
            if part is not None:
                self.gradients[node, slot] = summarise(part)
        if node.op is not None:
            g = _filled(node, g) if several else g
            pullback = node.op.pullback  # built when it is first wanted, which is not to be measured
            started = perf_counter()
            pullback(node, g, node.parents, self._give)
            self.seconds[node] = perf_counter() - started

    def _give(self, node: core.Node, contribution: Any) -> None:
        if contribution is not None:
            contribution = contribution.alone() if isinstance(contribution, core.Deferred) else contribution
            contribution = core.fit(contribution, node)
            known = self._table.get(node)
            self._table[node] = contribution if known is None else known + contribution


def _filled(node: core.Node, parts: list[Any]) -> tuple[Any, ...]:
    """The gradients of all outputs of a node; zeros where none arrived."""
    shapes: Any = node.shape
    dtypes: Any = node.dtype
    return tuple(np.zeros(shapes[i], dtypes[i]) if part is None else part for i, part in enumerate(parts))
