"""A `Graph` as plain text for a terminal: a tree from the outputs down to what they were computed from.

A value that is used several times is told once, where it is met first; elsewhere an arrow points to its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from .graph import Edge, Graph, Node
from .labels import edge_label, lines, module_title, title

MOST = 2000  # lines: nobody reads more, and a terminal should not have to show them


def to_text(graph: Graph, detail: str = "shapes", most: int = MOST) -> str:
    """The tree, at most so many lines of it."""
    text: list[str] = []
    for line in _tree(graph, detail):
        if len(text) == most:
            text.append(f"... and more: {len(graph.nodes):,} nodes in all")
            break
        text.append(line)
    return "\n".join(text)


class _Entry(NamedTuple):
    """A node that is to be told: what stands before it, before what is below it, and what it is to the node above."""

    id: int
    before: str
    below: str
    label: str


def _tree(graph: Graph, detail: str) -> Iterator[str]:
    operands: list[list[Edge]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        operands[edge.target].append(edge)
    uses = Counter(edge.source for edge in graph.edges)
    told = set[int]()
    # A stack instead of recursion: a graph may be as deep as it likes
    stack = [_Entry(root, "", "", "") for root in reversed(_roots(graph))]
    while stack:
        entry = stack.pop()
        node, inner = graph.nodes[entry.id], operands[entry.id]
        if entry.id in told and inner:
            yield f"{entry.before}{entry.label}\N{UPWARDS ARROW} [{node.id}] {title(node)}"
            continue
        told.add(entry.id)
        number = f"  [{node.id}]" if uses[node.id] > 1 and inner else ""
        yield f"{entry.before}{entry.label}{line(graph, node, detail)}{number}"
        for edge in reversed(inner):
            stack.append(_operand(graph, edge, entry.below, last=edge is inner[-1]))


def _roots(graph: Graph) -> list[int]:
    """The outputs, and what else nothing was computed from."""
    used = {edge.source for edge in graph.edges if not edge.loop}
    return [node.id for node in graph.nodes if node.is_output or node.id not in used]


def _operand(graph: Graph, edge: Edge, below: str, last: bool) -> _Entry:
    label = edge_label(graph, edge)
    told = (f"{label}: " if label else "") + ("(from the round before) " if edge.loop else "")
    return _Entry(edge.source, below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), told)


def line(graph: Graph, node: Node, detail: str = "shapes") -> str:
    """A node in a line: title, parameters, shape, and where it belongs."""
    told = [title(node), *lines(node, detail)]
    around = [] if node.module is None else [f"in {module_title(graph.modules[node.module])}"]
    return "  ".join([*told, *around])
