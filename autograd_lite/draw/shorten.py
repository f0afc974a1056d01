"""Large graphs without long edges.

Weights that are used at every step of a sequence have edges across the whole picture: they hide everything, and
Graphviz needs minutes to place sixteen steps of an LSTM. So where there are many long edges, what they come from is
shown again beside its use: leaves and constants whole, operations as a reference to them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .graph import Edge, Graph, Node

REACH = 9  # rows of the picture that an edge may span in a large graph: the state of a recurrent cell just does
ENOUGH = 1500  # rows that all edges together may span before long ones are cut


def shorten(graph: Graph) -> Graph:
    """The graph itself if its edges are short; else one in which none spans more than `REACH` rows."""
    rows = _rows(graph)
    spans = [rows[edge.target] - rows[edge.source] for edge in graph.edges if not edge.loop]
    if sum(spans) <= ENOUGH:
        return graph
    shortened = _Shortened(graph, rows)
    uses: list[list[Edge]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        if not edge.loop:
            uses[edge.target].append(edge)
    for node in graph.nodes:
        shortened.add(node, uses[node.id])
    shortened.add_loops(edge for edge in graph.edges if edge.loop)
    return Graph(tuple(shortened.nodes), tuple(shortened.edges), graph.modules)


def _rows(graph: Graph) -> list[int]:
    """How far down each node stands, in rows above the end (so none is positive): just above its highest use."""
    rows = [0] * len(graph.nodes)
    for edge in reversed(graph.edges):
        if edge.loop:
            continue
        rows[edge.source] = min(rows[edge.source], rows[edge.target] - 1)
    return rows


class _Shortened:
    """Collects the nodes and edges of the new graph. Numbers of nodes are the old graph's unless they say `new`."""

    def __init__(self, graph: Graph, rows: list[int]):
        self.old, self.rows = graph, rows
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self._new: list[int] = []  # the new number of each old node
        self._latest: dict[tuple[int, int], tuple[int, int]] = {}  # of a value: its latest copy, and the row it is for

    def add(self, node: Node, uses: list[Edge]) -> None:
        """Add a node with the edges to it, and before it what is to be shown again for them."""
        sources = [self._near(edge) for edge in uses]
        self._new.append(self._append(node))
        for edge, (source, output) in zip(uses, sources, strict=True):
            last = edge.last if source == self._new[edge.source] else None  # a reference has one value
            self.edges.append(replace(edge, source=source, target=self._new[node.id], output=output, last=last))

    def add_loops(self, loops: Iterable[Edge]) -> None:
        """Add edges that go back, when all nodes are there; they are as long as they are."""
        for edge in loops:
            self.edges.append(replace(edge, source=self._new[edge.source], target=self._new[edge.target]))

    def _append(self, node: Node) -> int:
        self.nodes.append(replace(node, id=len(self.nodes)))
        return len(self.nodes) - 1

    def _near(self, edge: Edge) -> tuple[int, int]:
        """Where the edge is to start: a new node that is near enough to its target, and which of its values."""
        source, row = self.old.nodes[edge.source], self.rows[edge.target]
        if row - self.rows[source.id] <= REACH:
            return self._new[source.id], edge.output
        copy, copy_row = self._latest.get((source.id, edge.output), (None, 0))
        if copy is None or abs(row - copy_row) > REACH:
            copy = self._append(source if source.kind != "op" else self._reference(source, edge.output))
            self._latest[source.id, edge.output] = copy, row
        return copy, 0

    def _reference(self, node: Node, output: int) -> Node:
        value = node.values[output]
        label = node.label if value.slot is None else f"{node.label} {value.slot}"
        shown = replace(value, slot=None, is_output=False)
        return Node(0, "reference", f"{label} (n{self._new[node.id]})", (shown,))
