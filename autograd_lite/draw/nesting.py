"""The nodes of a graph in the order in which text is written: those of a Module together, within its brackets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from .graph import Graph


class Step(NamedTuple):
    """A node, or the beginning or end of a Module or block, at a level of nesting that counts from 0."""

    kind: Literal["node", "begin", "end"]
    id: int  # of the node, or of the Module
    level: int


def steps(graph: Graph) -> Iterator[Step]:
    """All nodes once; what lies in a Module stands between its beginning and its end, where its first node is."""
    inside = _contents(graph)
    # A stack instead of recursion: Modules may be nested as deep as they like
    stack: list[tuple[Iterator[tuple[bool, int]], int]] = [(iter(inside.get(None, [])), -1)]
    while stack:
        items, module = stack[-1]
        level = len(stack) - 1
        found = next(items, None)
        if found is None:
            stack.pop()
            if module >= 0:
                yield Step("end", module, level - 1)
            continue
        is_module, id = found
        yield Step("begin" if is_module else "node", id, level)
        if is_module:
            stack.append((iter(inside[id]), id))


def _contents(graph: Graph) -> dict[int | None, list[tuple[bool, int]]]:
    """For each Module, and for the outside, the nodes and Modules that lie directly in it, in order."""
    inside: dict[int | None, list[tuple[bool, int]]] = {}
    placed = set[int]()
    for node in graph.nodes:
        item, around = (False, node.id), node.module
        while True:
            inside.setdefault(around, []).append(item)
            if around is None or around in placed:
                break
            placed.add(around)
            item, around = (True, around), graph.modules[around].parent
    return inside
