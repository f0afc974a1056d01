"""Blocks that repeat, such as the steps of an unrolled recurrence, drawn once: "x 64", the state as a loop.

A *round* is one of the repetitions. The operations of a graph are compared by their *looks*: kind, name, parameters,
shapes. Where the looks of a stretch of operations come again and again, its edges decide: from round to round each
operation must take the same operands, from its own round, from the round before (the state), or from outside.
Linear in the size of the graph; a block within a block is found by a second pass, which `rolled` makes as often as one
finds something.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from .fold import total
from .graph import Edge, Graph, Mark, ModuleInfo, Node, Value

LEAST = 3  # rounds that are worth a box
MOST_PERIODS = 4  # distances that are tried from each operation
MOST_PASSES = 8

Operand = tuple[str, int, int]  # "round" or "state", the place there and the output; or "outside", which operation, -1


class Run(NamedTuple):
    """A stretch of operations that repeats: numbers count operations in their order, leaves and constants left out."""

    start: int
    period: int
    rounds: int


def rolled(graph: Graph, least: int = LEAST) -> Graph:
    """The graph with each block that comes at least so often, one after the other, drawn once."""
    for _ in range(MOST_PASSES):
        smaller = _Rolling(graph, least).result()
        if smaller is graph:
            break
        graph = smaller
    return graph


class _Rolling:
    """One pass. Numbers of nodes are the given graph's unless they say `new`."""

    def __init__(self, graph: Graph, least: int):
        self.graph, self.least = graph, least
        self.operands: list[list[Edge]] = [[] for _ in graph.nodes]
        self.users: list[list[int]] = [[] for _ in graph.nodes]
        for edge in graph.edges:
            if not edge.loop:
                self.operands[edge.target].append(edge)
                self.users[edge.source].append(edge.target)
        self.ops = [node.id for node in graph.nodes if node.kind in ("op", "group")]
        self.place = {id: place for place, id in enumerate(self.ops)}  # of each operation, among the operations

    def result(self) -> Graph:
        """The graph after this pass; the same object if nothing repeats."""
        runs = list(self._runs())
        return _merged(self.graph, [self._rounds(run) for run in runs]) if runs else self.graph

    def _rounds(self, run: Run) -> list[list[int]]:
        starts = range(run.start, run.start + run.rounds * run.period, run.period)
        return [self.ops[start : start + run.period] for start in starts]

    # -- finding ---------------------------------------------------------------------------------------------------

    def _runs(self) -> Iterator[Run]:
        """Runs that do not overlap, the first ones first; of those that begin at one place the longest."""
        looks = self._looks()
        places: dict[int, list[int]] = {}
        for place, look in enumerate(looks):
            places.setdefault(look, []).append(place)
        same_until: dict[int, int] = {}  # for a period: up to where operations look like those a period later
        place = 0
        while place < len(looks):
            found = max(self._from(place, looks, places[looks[place]], same_until), key=_length, default=None)
            if found is not None:
                yield found
            place += _length(found) if found is not None else 1

    def _looks(self) -> list[int]:
        """A number for each operation, equal for those that look the same."""
        numbers: dict[object, int] = {}
        return [numbers.setdefault(self._look(self.graph.nodes[id]), len(numbers)) for id in self.ops]

    def _look(self, node: Node) -> object:
        parameters = tuple(parameter for parameter in node.parameters if not _is_index(parameter))
        values = tuple((value.shape, value.dtype, value.slot) for value in node.values)
        modules = self._module_of(node)
        return node.kind, node.label, node.side, node.repeat, parameters, values, modules, len(self.operands[node.id])

    def _module_of(self, node: Node) -> object:
        """Where in its block a node belongs: two blocks repeat only if their modules are of the same class."""
        return None if node.module is None else self.graph.modules[node.module].label

    def _from(
        self, place: int, looks: Sequence[int], alike: Sequence[int], same_until: dict[int, int]
    ) -> Iterator[Run]:
        """Runs that begin at a place. alike: all places that look the same; their distances may be periods."""
        beyond = place
        for _ in range(MOST_PERIODS):
            number = bisect_right(alike, beyond)
            if number == len(alike):
                return
            period = alike[number] - place
            if same_until.get(period, -1) < place:
                end = place
                while end + period < len(looks) and looks[end] == looks[end + period]:
                    end += 1
                same_until[period] = end
            rounds = (same_until[period] - place) // period + 1
            if rounds >= self.least:
                rounds = self._agreeing(Run(place, period, rounds))
                if rounds >= self.least:
                    yield Run(place, period, rounds)
            beyond = same_until[period] + period  # a longer period can only begin behind what this one explains

    def _agreeing(self, run: Run) -> int:
        """How many rounds, from the first, take their operands in the same way."""
        expected: list[list[Operand]] | None = None
        for number, ids in enumerate(self._rounds(run)):
            found = [[self._operand(run, number, edge) for edge in self.operands[id]] for id in ids]
            if any(kind == "earlier" for operands in found for kind, _, _ in operands):
                return number
            if number == 1:
                expected = found
                if not _begins(self._pattern(run, 0), found):
                    return 1
            elif number > 1 and found != expected:
                return number
        state = any(kind == "state" for operands in expected or () for kind, _, _ in operands)
        return run.rounds if state or self._meet(run) else 1

    def _meet(self, run: Run) -> bool:
        """Whether the results of all rounds go to the same operations; else one box would not tell which goes where."""
        rounds = [set(ids) for ids in self._rounds(run)]
        first, *others = ({user for id in ids for user in self.users[id]} - ids for ids in rounds)
        return all(users == first for users in others)

    def _pattern(self, run: Run, number: int) -> list[list[Operand]]:
        ids = self._rounds(Run(run.start + number * run.period, run.period, 1))[0]
        return [[self._operand(run, number, edge) for edge in self.operands[id]] for id in ids]

    def _operand(self, run: Run, number: int, edge: Edge) -> Operand:
        """Where an operand of round `number` comes from."""
        place = self.place.get(edge.source, -1)
        begin = run.start + number * run.period
        if place >= begin:
            return "round", place - begin, edge.output
        if place >= max(begin - run.period, run.start):
            return "state", place - begin + run.period, edge.output
        if place >= run.start:
            return "earlier", -1, -1
        return (
            "outside",
            (edge.source if place >= 0 else -1),
            -1,
        )  # rounds may have leaves of their own


def _is_index(parameter: str) -> bool:
    return parameter.startswith("[")  # which step of a sequence is taken differs from round to round


def _length(run: Run | None) -> int:
    return run.period * run.rounds if run else 0


def _begins(first: list[list[Operand]], second: list[list[Operand]]) -> bool:
    """Whether a first round may come before a second: the state comes from outside, all else is the same."""
    return all(
        a == b or (b[0] == "state" and a[0] == "outside")
        for operands in zip(first, second, strict=True)
        for a, b in zip(*operands, strict=True)
    )


# -- drawing once ----------------------------------------------------------------------------------------------------


def _merged(graph: Graph, runs: list[list[list[int]]]) -> Graph:
    """The graph with the nodes of all rounds of each run in the place of those of its first."""
    first = list(range(len(graph.nodes)))  # for each node the one that stands for it
    for rounds in runs:
        for later in rounds[1:]:
            for id, stands in zip(later, rounds[0], strict=True):
                first[id] = stands
    _absorb_operands(graph, first)
    modules, module_of = _with_blocks(graph, runs)
    kept = [id for id, stands in enumerate(first) if stands == id]
    new = {id: number for number, id in enumerate(kept)}
    rounds_of: dict[int, list[Node]] = {}
    for id, stands in enumerate(first):
        rounds_of.setdefault(stands, []).append(graph.nodes[id])
    pairs = [None if node.pair is None else new[first[node.pair]] for node in graph.nodes]
    nodes = (_moved(_together(rounds_of[id]), new[id], module_of[id], pairs[id]) for id in kept)
    return Graph(tuple(nodes), tuple(_edges(graph, first, new, runs)), modules)


def _moved(node: Node, id: int, module: int | None, pair: int | None) -> Node:
    if (node.id, node.module, node.pair) == (id, module, pair):
        return node  # most are where they were
    return replace(node, id=id, module=module, pair=pair)


def _absorb_operands(graph: Graph, first: list[int]) -> None:
    """Leaves and constants that only later rounds use are drawn with those of the first that stand in their place."""
    users: dict[int, list[Edge]] = {}
    for edge in graph.edges:
        if graph.nodes[edge.source].kind in ("leaf", "constant", "reference"):
            users.setdefault(edge.source, []).append(edge)
    standing = {(edge.target, edge.operand, number): edge.source for edge, number in _numbered(graph)}
    numbers = {id(edge): number for edge, number in _numbered(graph)}
    for source, edges in users.items():
        places = {(first[e.target], e.operand, numbers[id(e)]) for e in edges}
        if all(first[edge.target] != edge.target for edge in edges) and len(places) == 1:
            stands = standing.get(places.pop(), source)
            if graph.nodes[stands].kind == graph.nodes[source].kind and _same_shape(graph, stands, source):
                first[source] = first[stands]


def _numbered(graph: Graph) -> Iterator[tuple[Edge, int]]:
    """The edges, each with its number among those of the same target."""
    counts: dict[int, int] = {}
    for edge in graph.edges:
        number = counts.get(edge.target, 0)
        counts[edge.target] = number + 1
        yield edge, number


def _same_shape(graph: Graph, a: int, b: int) -> bool:
    return [value.shape for value in graph.nodes[a].values] == [value.shape for value in graph.nodes[b].values]


def _together(rounds: list[Node]) -> Node:
    """The node of the first round, with what those of later ones add."""
    node = rounds[0]
    if len(rounds) == 1:
        return node
    parameters = tuple(
        a if a == b else f"{a} ... {b}" for a, b in zip(node.parameters, rounds[-1].parameters, strict=True)
    )
    values = tuple(_value([each.values[i] for each in rounds]) for i in range(len(node.values)))
    return replace(
        node,
        parameters=parameters,
        values=values,
        saved_bytes=total(each.saved_bytes for each in rounds),
        forward_seconds=total(each.forward_seconds for each in rounds),
        backward_seconds=total(each.backward_seconds for each in rounds),
        marks=frozenset[Mark]().union(*(each.marks for each in rounds)),
        members=tuple(member for each in rounds for member in (each.members or (each.id,))),
    )


def _value(rounds: list[Value]) -> Value:
    names = [value.name for value in rounds if value.name]
    name = None if not names else names[0] if names[0] == names[-1] else f"{names[0]} ... {names[-1]}"
    return replace(rounds[-1], name=name, is_output=any(value.is_output for value in rounds))


def _with_blocks(graph: Graph, runs: list[list[list[int]]]) -> tuple[tuple[ModuleInfo, ...], list[int | None]]:
    """The modules with a block for each run, and the module of each node."""
    modules = list(graph.modules)
    module_of = [node.module for node in graph.nodes]
    for rounds in runs:
        around = _innermost_around(graph, [id for round in rounds for id in round])
        block = len(modules)
        modules.append(ModuleInfo("", "", around, repeat=len(rounds)))
        for id in rounds[0]:
            inner, chain = module_of[id], []
            while inner is not None and inner != around and inner != block:
                chain.append(inner)
                inner = modules[inner].parent
            if chain:
                modules[chain[-1]] = replace(modules[chain[-1]], parent=block)
            else:
                module_of[id] = block
        for id in (id for round in rounds[1:] for id in round):
            module_of[id] = None  # it is not drawn
    return _sorted(modules, module_of)


def _innermost_around(graph: Graph, ids: list[int]) -> int | None:
    """The innermost module that all of these nodes are in."""
    common: list[int] | None = None
    for module in dict.fromkeys(graph.nodes[id].module for id in ids):
        chain: list[int] = []
        while module is not None:
            chain.append(module)
            module = graph.modules[module].parent
        common = chain if common is None else [each for each in common if each in set(chain)]
    return common[0] if common else None


def _sorted(modules: list[ModuleInfo], module_of: list[int | None]) -> tuple[tuple[ModuleInfo, ...], list[int | None]]:
    """Modules numbered so that each comes after the one it lies in; those without a node are left out."""
    used = set[int]()
    for module in module_of:
        while module is not None and module not in used:
            used.add(module)
            module = modules[module].parent
    depths = [0] * len(modules)
    for number in used:
        inner = modules[number].parent
        while inner is not None:
            depths[number] += 1
            inner = modules[inner].parent
    order = sorted(used, key=lambda number: (depths[number], number))
    new = {old: number for number, old in enumerate(order)}
    infos = [replace(m, parent=None if m.parent is None else new[m.parent]) for m in (modules[old] for old in order)]
    return tuple(infos), [None if module is None else new.get(module) for module in module_of]


def _edges(graph: Graph, first: list[int], new: dict[int, int], runs: list[list[list[int]]]) -> Iterator[Edge]:
    """The edges of what is drawn: from the state of a round to the next is a loop; what repeats is drawn once."""
    round_of = {id: (number, r) for number, rounds in enumerate(runs) for r, ids in enumerate(rounds) for id in ids}
    drawn: dict[tuple[int, int, str, int, int, bool], Edge] = {}
    last: dict[tuple[int, int, str, int], int] = {}  # of edges into a block: the output that the last round takes
    for edge, number in _numbered(graph):
        source, target = round_of.get(edge.source), round_of.get(edge.target)
        loop = edge.loop or (source is not None and target is not None and source[0] == target[0] and source != target)
        # An operand that a first round takes twice has two edges; what later rounds take is one of these already. And
        # what all rounds give to one operation, such as a stack, is one edge.
        several = source is not None and target is None
        ends = first[edge.source], first[edge.target], edge.operand
        key = (*ends, edge.output, -1 if several else number, loop)
        if target is not None and target[1] > 0 and not loop and _varies(graph, first, edge):
            last[*ends, number] = edge.output
        else:
            drawn.setdefault(key, edge)
    for (source_id, target_id, operand, output, number, loop), edge in drawn.items():
        until = last.get((source_id, target_id, operand, number), output)
        shown = replace(edge, source=new[source_id], target=new[target_id], loop=loop)
        yield shown if until == output or loop else replace(shown, last=until)


def _varies(graph: Graph, first: list[int], edge: Edge) -> bool:
    """Whether a later round takes another output of an operation than the first did: one edge shows it."""
    return first[edge.source] == edge.source and len(graph.nodes[edge.source].values) > 1
