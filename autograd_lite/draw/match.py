"""Which nodes of two graphs are the same ones: by their names, and by what is around them.

Passes from the strictest to the loosest each pair the nodes that have the same key and no partner yet, in their order;
in between, pairs spread along edges to operands and users that look alike. So what a change does not touch is found by
its history or by its future, and what it does touch by its neighbours. Every pass is linear in the size of the graphs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence

from .graph import Edge, Graph, Node

ROUNDS = 2  # of the neighbourhood: how many edges away it sees

Keys = Sequence[Hashable]  # of each node; None if it is not to be paired by this


def matched(a: Graph, b: Graph) -> dict[int, int]:
    """For nodes of `a` the node of `b` that is the same: of the same operation and names, whatever its shapes are.

    In the order of `b`, no node comes before one that it depends on in `a`: what was moved there has no partner.
    """
    matching = _Matching(a, b)
    matching.run()
    return matching.in_order()


class _Side:
    """A graph with its edges by the nodes at their ends, and how its nodes look; equal looks are equal numbers."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.operands: list[list[Edge]] = [[] for _ in graph.nodes]
        self.users: list[list[Edge]] = [[] for _ in graph.nodes]
        for edge in graph.edges:
            if not edge.loop:
                self.operands[edge.target].append(edge)
                self.users[edge.source].append(edge)
        self.looks: list[int] = []
        self.exact_looks: list[int] = []

    def names(self) -> set[str]:
        """Of values and of Modules: two nodes with names that both graphs know are the same only if these are."""
        return {name for node in self.graph.nodes if (name := _name(node))} | {
            module.path for module in self.graph.modules
        }


class _Matching:
    """The pairs that are known, and the passes that find them. `pairs` counts nodes of `a`, `taken` those of `b`."""

    def __init__(self, a: Graph, b: Graph):
        self.sides = self.a, self.b = _Side(a), _Side(b)
        self.pairs: dict[int, int] = {}
        self.taken = set[int]()
        self._numbers: dict[Hashable, int] = {}
        self._fresh = deque[tuple[int, int]]()  # pairs that have not spread yet
        shared = self.a.names() & self.b.names()
        for side in self.sides:
            side.looks = [self._number(_look(side.graph, node, shared)) for node in side.graph.nodes]
            side.exact_looks = [
                self._number((look, node.parameters, tuple((value.shape, value.dtype) for value in node.values)))
                for look, node in zip(side.looks, side.graph.nodes, strict=True)
            ]

    def run(self) -> None:
        """All passes, as long as there is something to pair."""
        passes: tuple[tuple[Callable[[_Side], Keys], ...], ...] = (
            (self._named,),
            (self._exact_history, self._future),
            (self._exact_history,),
            (self._future,),
            (self._history,),
            (self._in_module,),
            (self._neighbourhood,),
        )
        for number, keys in enumerate(passes):
            if len(self.pairs) == min(len(side.graph.nodes) for side in self.sides):
                return
            a, b = (list(zip(*(key(side) for key in keys), strict=True)) for side in self.sides)
            self._pair(enumerate(a), enumerate(b))
            if number >= 2:  # what looks exactly alike comes before what is only near something that does
                self._spread()

    def in_order(self) -> dict[int, int]:
        """The pairs, without those whose operands in `a` would come after them in `b`."""
        latest = [-1] * len(self.a.graph.nodes)  # the place in b that a node comes at or after
        for node in self.a.graph.nodes:
            operands = self.a.operands[node.id]
            if not operands:
                continue  # it may come as early as it is needed
            before = max(latest[edge.source] for edge in operands)
            if self.pairs.get(node.id, len(self.b.graph.nodes)) <= before:
                del self.pairs[node.id]
            latest[node.id] = self.pairs.get(node.id, before)
        return self.pairs

    # -- pairs -----------------------------------------------------------------------------------------------------

    def _pair(self, a: Iterable[tuple[int, Hashable]], b: Iterable[tuple[int, Hashable]]) -> None:
        """Pair nodes of equal keys in their order."""
        waiting: dict[Hashable, deque[int]] = {}
        for id, key in b:
            if id not in self.taken and key != (None,):
                waiting.setdefault(key, deque()).append(id)
        for id, key in a:
            found = waiting.get(key)
            while found and id not in self.pairs:
                other = found.popleft()
                if other not in self.taken:  # by another edge from the same node
                    self.pairs[id] = other
                    self.taken.add(other)
                    self._fresh.append((id, other))

    def _spread(self) -> None:
        """From each pair to operands and users that look alike, and on from these."""
        while self._fresh:
            a, b = self._fresh.popleft()
            self._pair(
                [(edge.source, self._use(self.a, edge, edge.source)) for edge in self.a.operands[a]],
                [(edge.source, self._use(self.b, edge, edge.source)) for edge in self.b.operands[b]],
            )
            self._pair(
                [(edge.target, self._use(self.a, edge, edge.target)) for edge in self.a.users[a]],
                [(edge.target, self._use(self.b, edge, edge.target)) for edge in self.b.users[b]],
            )

    def _use(self, side: _Side, edge: Edge, end: int) -> Hashable:
        return edge.operand, edge.output, side.looks[end]

    # -- keys ------------------------------------------------------------------------------------------------------

    def _number(self, key: Hashable) -> int:
        """The same small number for the same key: comparing nested keys would not be linear."""
        return self._numbers.setdefault(key, len(self._numbers))

    def _named(self, side: _Side) -> Keys:
        return [look if _name(node) else None for look, node in zip(side.looks, side.graph.nodes, strict=True)]

    def _exact_history(self, side: _Side) -> Keys:
        return self._histories(side, side.exact_looks)

    def _history(self, side: _Side) -> Keys:
        return self._histories(side, side.looks)

    def _histories(self, side: _Side, looks: Sequence[int]) -> Keys:
        """All that a node was computed from; leaves, which all look alike, are found by what uses them."""
        keys = [-1] * len(looks)
        for id, look in enumerate(looks):
            keys[id] = self._number((look, tuple((e.operand, e.output, keys[e.source]) for e in side.operands[id])))
        return [key if side.operands[id] else None for id, key in enumerate(keys)]

    def _future(self, side: _Side) -> Keys:
        """All that is computed from a node, whatever the shapes are."""
        keys = [-1] * len(side.looks)
        for node in reversed(side.graph.nodes):
            users = tuple((edge.operand, edge.output, keys[edge.target]) for edge in side.users[node.id])
            keys[node.id] = self._number((side.looks[node.id], node.is_output, users))
        return keys

    def _in_module(self, side: _Side) -> Keys:
        """The same operation in the same Module: its path is in the look."""
        return [
            look if node.module is not None else None for look, node in zip(side.looks, side.graph.nodes, strict=True)
        ]

    def _neighbourhood(self, side: _Side) -> Keys:
        keys = side.looks
        for _ in range(ROUNDS):
            keys = [
                self._number(
                    (
                        key,
                        tuple((edge.operand, keys[edge.source]) for edge in side.operands[id]),
                        tuple((edge.operand, keys[edge.target]) for edge in side.users[id]),
                    )
                )
                for id, key in enumerate(keys)
            ]
        return keys


def _look(graph: Graph, node: Node, shared: set[str]) -> Hashable:
    """What two nodes must have in common to be the same."""
    name = _name(node)
    path = None if node.module is None else graph.modules[node.module].path
    return (
        *(node.kind, node.side, len(node.values)),
        node.label if node.kind in ("op", "group") else None,
        name if name in shared else None,
        path if path in shared else None,
    )


def _name(node: Node) -> str | None:
    """The name of the first value that has one."""
    return next((value.name for value in node.values if value.name), None)
