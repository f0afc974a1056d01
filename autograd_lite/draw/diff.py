"""Two graphs in one picture, and in few words: what was added, removed, changed. And an assertion for tests."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .graph import NOTHING, Edge, Graph, Mark, ModuleInfo, Node
from .labels import changes, edge_label, module_title, sign, title
from .match import matched
from .picture import Picture
from .records import from_json, to_json
from .tree import line

MOST = 100  # lines of a summary: whoever changed more looks at the picture
UPDATE = "AUTOGRAD_LITE_UPDATE"


class Difference(Picture):
    """Two graphs as one picture: what both have once, and what only one has, marked; `print` tells it in words."""

    @property
    def equal(self) -> bool:
        """Whether the graphs are the same, in operations, parameters, shapes, types, names and edges."""
        return next(self._lines(), None) is None

    def summary(self) -> str:
        """How many nodes were added, removed and changed, and a line for each."""
        counts = Counter(mark for node in self.graph.nodes for mark in node.marks)
        told = [f"{counts[mark]} {mark}" for mark in ("added", "removed", "changed") if counts[mark]]
        lines = list(self._lines())
        if not lines:
            return "the graphs are the same"
        more = [f"... and {len(lines) - MOST:,} lines more"] if len(lines) > MOST else []
        return "\n".join([", ".join(told) or "the same nodes, with other edges", *lines[:MOST], *more])

    def _lines(self) -> Iterator[str]:
        """One for each node that differs, and for each edge that does between nodes that both graphs have."""
        differing = {node.id for node in self.graph.nodes if _mark(node.marks) in ("added", "removed")}
        for module in self.graph.modules:
            if module.label and module.repeat > 1:
                yield f"~ block {module.label}"
        for node in self.graph.nodes:
            if _mark(node.marks):
                yield line(self.graph, node)
        for edge in self.graph.edges:
            if _mark(edge.marks) and not {edge.source, edge.target} & differing:
                source, target = (title(self.graph.nodes[end]) for end in (edge.source, edge.target))
                told = f" ({edge_label(self.graph, edge) or edge.operand})"
                yield f"{sign(edge.marks)}edge {source} \N{RIGHTWARDS ARROW} {target}{told}"

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<Difference: {self.summary().splitlines()[0]}>"


def _mark(marks: frozenset[Mark]) -> Mark | None:
    return next((mark for mark in ("added", "removed", "changed") if mark in marks), None)


def compare(a: Graph, b: Graph, rankdir: str = "TB", detail: str = "shapes", theme: str = "light") -> Difference:
    """The difference of two graphs; `a` was before."""
    return Difference(_Union(a, b).graph(), rankdir, detail, theme)


class _Union:
    """Collects what two graphs have: `b`, and among it what only `a` has.

    Nodes have three numbers: their own in `a` or `b`, and in between one for all: those of `b`, then those that only
    `a` has. From these comes their place in the new graph.
    """

    def __init__(self, a: Graph, b: Graph):
        self.a, self.b = a, b
        pairs = matched(a, b)
        only_a = [node.id for node in a.nodes if node.id not in pairs]
        self.of_a = {**pairs, **{id: len(b.nodes) + number for number, id in enumerate(only_a)}}
        self.before = {other: a.nodes[id] for id, other in pairs.items()}
        self.modules, self.module_of_a = _modules(a, b, pairs)
        self.nodes = [*map(self._node_of_b, b.nodes), *(self._removed(a.nodes[id]) for id in only_a)]
        self.edges = list(self._edges())

    def graph(self) -> Graph:
        """Everything, in an order in which operands come first."""
        order = self._order()
        new = {number: place for place, number in enumerate(order)}
        nodes = (
            replace(node, id=place, pair=None if node.pair is None else new[node.pair])
            for place, node in enumerate(self.nodes[number] for number in order)
        )
        edges = (replace(edge, source=new[edge.source], target=new[edge.target]) for edge in self.edges)
        return Graph(tuple(nodes), tuple(sorted(edges, key=lambda edge: edge.target)), tuple(self.modules))

    def _node_of_b(self, node: Node) -> Node:
        before = self.before.get(node.id)
        if before is None:
            return replace(node, marks=node.marks | {"added"})
        return replace(node, marks=node.marks | {"changed"}, before=before) if changes(before, node) else node

    def _removed(self, node: Node) -> Node:
        module = None if node.module is None else self.module_of_a[node.module]
        pair = None if node.pair is None else self.of_a[node.pair]
        values = tuple(replace(value, is_output=False) for value in node.values)
        return replace(node, values=values, module=module, pair=pair, members=(), marks=node.marks | {"removed"})

    def _edges(self) -> Iterator[Edge]:
        """Those of `b`, and those of `a` that `b` does not have as often."""
        before = [replace(e, source=self.of_a[e.source], target=self.of_a[e.target]) for e in self.a.edges]
        left = Counter(map(_use, before))
        for edge in self.b.edges:
            both = left[_use(edge)] > 0
            left[_use(edge)] -= both
            yield edge if both else replace(edge, marks=edge.marks | {"added"})
        for edge in reversed(before):
            if left[_use(edge)] > 0:
                left[_use(edge)] -= 1
                yield replace(edge, marks=edge.marks | {"removed"})

    def _order(self) -> list[int]:
        """Numbers of nodes: `b`'s order, each of `a` behind its last operand, and what has none before its first use.

        A place is compared by the number of a node of `b`, then by that of one of `a` behind it.
        """
        places: list[tuple[int, int, int]] = [(number, 0, 0) for number in range(len(self.nodes))]
        operands: list[list[int]] = [[] for _ in self.nodes]
        users: list[list[int]] = [[] for _ in self.nodes]
        for edge in self.edges:
            if not edge.loop:
                operands[edge.target].append(edge.source)
                users[edge.source].append(edge.target)
        for number in range(len(self.b.nodes), len(self.nodes)):
            behind = max((places[source][0] for source in operands[number] if operands[source]), default=-1)
            places[number] = (behind, number, 0)
        for number, found in enumerate(operands):
            if not found and users[number]:
                first = min(places[user] for user in users[number])
                places[number] = (first[0], first[1], -1)
        return sorted(range(len(self.nodes)), key=places.__getitem__)


def _use(edge: Edge) -> tuple[Any, ...]:
    return edge.source, edge.target, edge.operand, edge.output, edge.loop


def _modules(a: Graph, b: Graph, pairs: Mapping[int, int]) -> tuple[list[ModuleInfo], dict[int, int]]:
    """The Modules of both, and where those of `a` are among them: two are the same if nodes in them are."""
    modules, found = list(b.modules), dict[int, int]()
    for id, other in pairs.items():
        ours, theirs = a.nodes[id].module, b.nodes[other].module
        while ours is not None and theirs is not None and ours not in found:
            before, now = a.modules[ours], b.modules[theirs]
            if (before.label, before.repeat > 1) != (now.label, now.repeat > 1):
                break
            if before.repeat != now.repeat:
                label = f"{module_title(before)} \N{RIGHTWARDS ARROW} {module_title(now)}"
                modules[theirs] = replace(now, label=label)
            found[ours] = theirs
            ours, theirs = before.parent, now.parent
    for number, module in enumerate(a.modules):
        if number not in found:
            found[number] = len(modules)
            modules.append(replace(module, parent=None if module.parent is None else found[module.parent]))
    return modules, found


# -- for tests ---------------------------------------------------------------------------------------------------------


def complaint(graph: Graph, path: Path, update: bool | None) -> str | None:
    """What `assert_graph_equal` says of a graph that is not the one in the file; writes the file if it is to."""
    if update is None:
        update = os.environ.get(UPDATE, "") not in ("", "0")
    if update or not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(to_json(_lasting(graph)), encoding="utf-8")
        return None
    difference = compare(from_json(path.read_text(encoding="utf-8")), _lasting(graph))
    if difference.equal:
        return None
    return (
        f"the graph is not the one in {path}:\n{difference.summary()}\n"
        f"If it is right as it is now, write it to the file: run with {UPDATE}=1, or pass update=True once."
    )


def _lasting(graph: Graph) -> Graph:
    """The graph without what differs from run to run, and what it takes to compute it."""
    nodes = (
        replace(
            node,
            values=tuple(replace(value, data=None, gradient=None) for value in node.values),
            source=None,
            saved_bytes=None,
            forward_seconds=None,
            backward_seconds=None,
            marks=NOTHING,
            members=(),
        )
        for node in graph.nodes
    )
    edges = (replace(edge, marks=NOTHING) for edge in graph.edges)
    return Graph(tuple(nodes), tuple(edges), graph.modules)
