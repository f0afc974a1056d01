"""What deserves attention in a graph: broadcasts, changes of type, what was for nothing, and the way between two nodes.

Each function takes a graph and gives one with more marks; all are linear in its size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from .graph import Edge, Graph, Mark, Node

T = TypeVar("T", Node, Edge)


def marked(graph: Graph, elementwise: Callable[[str], bool]) -> Graph:
    """The graph with what can be seen of it by itself. elementwise: whether the operation of that name is one."""
    used = reaching(graph, (node.id for node in graph.nodes if node.is_output))
    nodes = (node if node.id in used or node.side == "backward" else with_marks(node, "unused") for node in graph.nodes)
    edges = (_with_edge_marks(edge, graph.nodes, elementwise) for edge in graph.edges)
    return replace(graph, nodes=tuple(nodes), edges=tuple(edges))


def _with_edge_marks(edge: Edge, nodes: Sequence[Node], elementwise: Callable[[str], bool]) -> Edge:
    target = nodes[edge.target]
    if target.kind != "op":
        return edge
    given, result = nodes[edge.source].values[edge.output], target.values[0]
    if elementwise(target.label) and given.shape is not None and given.shape != result.shape:
        edge = with_marks(edge, "broadcast")
    if given.dtype is not None and result.dtype is not None and _is_cast(given.dtype, result.dtype, target.label):
        edge = with_marks(edge, "cast")
    return edge


def _is_cast(before: str, after: str, label: str) -> bool:
    """Whether numbers are converted: by astype, or because others beside them are wider; not by abs of complex."""
    kinds = np.dtype(before).kind + np.dtype(after).kind
    return before != after and (label == "astype" or kinds in ("ff", "fc", "cc"))


def with_path(graph: Graph, start: int, end: int) -> Graph:
    """The graph with all ways from a node to one that was computed from it, marked. Raises ValueError without any."""
    on = reaching(graph, [end]) & reached(graph, [start])
    if not on:
        raise ValueError("draw: there is no path, the tensor was not computed from the parameter; check path=")
    nodes = (with_marks(node, "path") if node.id in on else node for node in graph.nodes)
    edges = (with_marks(e, "path") if e.source in on and e.target in on else e for e in graph.edges)
    return replace(graph, nodes=tuple(nodes), edges=tuple(edges))


def reaching(graph: Graph, ends: Iterable[int]) -> set[int]:
    """The nodes that one of `ends` was computed from, with these. Edges stand in the order of their targets."""
    return _closed(set(ends), ((edge.target, edge.source) for edge in reversed(graph.edges)))


def reached(graph: Graph, starts: Iterable[int]) -> set[int]:
    """The nodes that were computed from one of `starts`, with these."""
    return _closed(set(starts), ((edge.source, edge.target) for edge in graph.edges))


def _closed(found: set[int], steps: Iterable[tuple[int, int]]) -> set[int]:
    for before, after in steps:
        if before in found:
            found.add(after)
    return found


def with_marks(thing: T, *marks: Mark) -> T:
    """The same node or edge with further marks."""
    return replace(thing, marks=thing.marks | set(marks)) if marks else thing
