"""The backward pass as a graph of its own, or beside the forward one.

Each operation that a gradient arrives at has a node for its derivative, which takes the gradient of the result and
gives those of the operands; where several gradients arrive at one value they are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from .. import core
from .derivatives import flows
from .graph import Edge, Graph, Mark, Node, Value

SIDES = ("forward", "backward", "both")
_OF_GRADIENTS: frozenset[Mark] = frozenset(
    ("nan gradient", "infinite gradient", "zero gradient", "huge gradient", "path")
)

Place = tuple[int, int]  # a node, and which of its values


def sided(graph: Graph, ops: Mapping[int, core.Op], side: str) -> Graph:
    """The graph of one of `SIDES`. ops: the operations that a gradient arrives at; edges have their derivatives."""
    if side == "forward":
        return graph
    back = _Backward(graph, ops, both=side == "both")
    if side == "both":
        return Graph((*graph.nodes, *back.nodes), (*graph.edges, *back.edges), (*graph.modules, *back.modules))
    return Graph(tuple(back.nodes), tuple(back.edges), graph.modules)


class _Backward:
    """Collects the nodes and edges of the backward side, in the order in which a backward pass computes them."""

    def __init__(self, graph: Graph, ops: Mapping[int, core.Op], both: bool):
        self.graph, self.ops, self.both = graph, ops, both
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.first = len(graph.nodes) if both else 0  # the number of the first node
        self._shift = len(graph.modules) if both else 0
        self.modules = [replace(m, parent=None if m.parent is None else m.parent + self._shift) for m in graph.modules]
        self._operands: list[list[Edge]] = [[] for _ in graph.nodes]
        self._arrivals: dict[Place, list[Place]] = {}  # by the forward value: the gradients for it
        for edge in graph.edges:
            self._operands[edge.target].append(edge)
        for node in reversed(graph.nodes):
            if node.id in ops:
                self._visit(node)
        for node in graph.nodes:
            if node.kind == "leaf" and (node.id, 0) in self._arrivals:
                self._add_leaf(node)

    def _visit(self, node: Node) -> None:
        """Add the derivative of an operation, and before it the sums of what arrives at its results."""
        gradients = [self._gradient(node, slot) for slot in range(len(node.values))]
        wanted = [edge for edge in self._operands[node.id] if flows(self.graph, edge, self.ops)]
        if not wanted or all(place is None for place in gradients):
            return
        values = [self._value(edge, edge.operand if len(wanted) > 1 else None) for edge in wanted]
        texts = [(edge.operand, (edge.derivative or "").rpartition(" = ")[2]) for edge in wanted]
        told = [f"{operand}: {text}" if len(wanted) > 1 else text for operand, text in texts if text]
        label = f"\N{PARTIAL DIFFERENTIAL}{node.label}"
        id = self._add(node, "op", label, values, tuple(told), node.backward_seconds)
        self._connect(id, gradients, [value.slot for value in node.values])
        if self.both:
            self._connect_kept(node, id)
        for slot, edge in enumerate(wanted):
            self._arrivals.setdefault((edge.source, edge.output), []).append((id, slot))

    def _gradient(self, node: Node, slot: int) -> Place | None:
        """Where the gradient of a value is; it is added up, or begins here if the graph was drawn for the value."""
        arrived, value = self._arrivals.get((node.id, slot), []), node.values[slot]
        if node.kind == "leaf":  # which has a node for its gradient
            value = replace(value, name=None)
        if value.is_output:
            seed = self._value_of(value, None)
            arrived = [(self._add(node, "constant", "1", [replace(seed, name=seed.name or "dL/dL")]), 0), *arrived]
        if not arrived:
            return None
        if len(arrived) > 1:
            id = self._add(node, "op", "add", [self._value_of(value, None)])
            self._connect(id, arrived, [None] * len(arrived))
            return id, 0
        self._name(arrived[0], value)
        return arrived[0]

    def _add_leaf(self, node: Node) -> None:
        """What a backward gives: the gradient of a leaf."""
        place = self._gradient(node, 0)
        assert place is not None
        shown = replace(self._value_of(node.values[0], None), is_output=True)
        self._connect(self._add(node, "leaf", "gradient", [shown]), [place], [None])

    def _add(
        self,
        node: Node,
        kind: str,
        label: str,
        values: Iterable[Value],
        parameters: tuple[str, ...] = (),
        seconds: float | None = None,
    ) -> int:
        id = self.first + len(self.nodes)
        made = replace(
            node,
            id=id,
            kind=kind,  # type: ignore[arg-type]
            label=label,
            values=tuple(values),
            parameters=parameters,
            module=None if node.module is None else node.module + self._shift,
            saved_bytes=None,
            forward_seconds=None,
            backward_seconds=seconds,
            side="backward",
            pair=node.id if self.both else None,
            marks=node.marks & _OF_GRADIENTS,
        )
        self.nodes.append(made)
        return id

    def _value(self, edge: Edge, slot: str | None) -> Value:
        """The gradient that flows along an edge, in the shape of what it is the gradient of."""
        value = self.graph.nodes[edge.source].values[edge.output]
        return Value(value.shape, value.dtype, slot=slot)

    def _value_of(self, value: Value, slot: str | None) -> Value:
        """All of the gradient of a value."""
        name = f"dL/d{value.name}" if value.name else None
        return Value(value.shape, value.dtype, name, slot, data=value.gradient)

    def _name(self, place: Place, value: Value) -> None:
        """What a derivative gives is all of the gradient of a value: call it so."""
        node = self.nodes[place[0] - self.first]
        values = list(node.values)
        values[place[1]] = self._value_of(value, values[place[1]].slot)
        self.nodes[place[0] - self.first] = replace(node, values=tuple(values))

    def _connect(self, target: int, places: Iterable[Place | None], slots: Iterable[str | None]) -> None:
        for place, slot in zip(places, slots, strict=True):
            if place is not None:
                self.edges.append(Edge(place[0], target, f"g {slot}" if slot else "g", place[1]))

    def _connect_kept(self, node: Node, target: int) -> None:
        """Edges from the values of the forward side that the derivative needs."""
        op = self.ops[node.id]
        kept = frozenset[Mark](["saved"])
        for name in op.saved_names:
            if not self._is_needed(op, name, node.id):
                continue
            if name == "out" and len(node.values) == 1:
                self.edges.append(Edge(node.id, target, "out", marks=kept))
            for edge in self._operands[node.id]:
                if edge.operand == name:
                    self.edges.append(Edge(edge.source, target, name, edge.output, marks=kept))

    def _is_needed(self, op: core.Op, name: str, id: int) -> bool:
        """Whether a derivative that is wanted names an operand or the result."""
        if op.backward or op.spec or op.sequence:
            return True
        wanted = (op.formulas[e.operand] for e in self._operands[id] if flows(self.graph, e, self.ops))
        return any(name in formula.needs for formula in wanted)
