"""Several nodes as one: Modules below a chosen depth, and chains of elementwise operations.

Linear in the size of the graph. What is folded is a node of the kind "group", whose `members` are the nodes that it
stands for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from .graph import Edge, Graph, Mark, ModuleInfo, Node, Value

MOST_NAMES = 4  # of the operations of a chain
OPERANDS = ("leaf", "constant", "reference")  # what nothing within the graph computes


def folded(graph: Graph, depth: int) -> Graph:
    """The graph with the Modules that lie so deep as one node each, with their parameters and all within them.

    depth: 0 folds the outermost Modules, 1 those directly within them, and so on. Repeated blocks do not count.
    """
    depths = _depths(graph.modules)
    group: list[Hashable] = [_folded_into(graph.modules, depths, node.module, depth) for node in graph.nodes]
    _take_along_operands(graph, group)
    inside = {id for id, key in enumerate(group) if key is not None and graph.nodes[id].kind in OPERANDS}
    edges = (e for e in graph.edges if e.source not in inside or group[e.source] == group[e.target])
    graph = replace(graph, edges=tuple(edges))  # other calls have their parameters without saying so
    return _grouped(graph, group, lambda key, nodes: _module_node(graph, int(str(key)), nodes))


def chained(graph: Graph, elementwise: Callable[[str], bool]) -> Graph:
    """The graph with each chain of elementwise operations, of which only the next one takes the result, as one node.

    elementwise: whether the operation of that name is one.
    """
    uses = [0] * len(graph.nodes)
    before: list[list[int]] = [[] for _ in graph.nodes]
    for edge in graph.edges:
        uses[edge.source] += 1
        before[edge.target].append(edge.source)
    group: list[Hashable] = [None] * len(graph.nodes)
    for node in graph.nodes:
        if node.kind != "op" or not elementwise(node.label):
            continue
        group[node.id] = node.id
        for source in before[node.id]:
            inner = graph.nodes[source]
            if group[source] is not None and uses[source] == 1 and _belong_together(inner, node):
                group[node.id] = group[source]  # the chain goes on; another that ends here stays a node
                break
    lengths = Counter(group)
    chains = [key if lengths[key] > 1 else None for key in group]
    return _grouped(graph, chains, lambda _, nodes: _chain_node(nodes))


def _belong_together(inner: Node, outer: Node) -> bool:
    named = any(value.name for value in inner.values)
    same = inner.module == outer.module and inner.side == outer.side
    return same and not named and not inner.is_output and inner.values[0].shape == outer.values[0].shape


# -- which Module a node is folded into --------------------------------------------------------------------------------


def _depths(modules: Sequence[ModuleInfo]) -> list[int]:
    """How many Modules each lies in; a repeated block is none, but lies as deep as what it is in."""
    depths: list[int] = []
    for module in modules:
        around = -1 if module.parent is None else depths[module.parent]
        depths.append(around + (module.repeat == 1))
    return depths


def _folded_into(modules: Sequence[ModuleInfo], depths: Sequence[int], module: int | None, depth: int) -> int | None:
    """The outermost Module around that lies deep enough to be folded."""
    found = None
    while module is not None and depths[module] >= depth:
        if modules[module].repeat == 1:
            found = module
        module = modules[module].parent
    return found


def _take_along_operands(graph: Graph, group: list[Hashable]) -> None:
    """Constants and a Module's parameters that are used in one group only are part of it; what it is given is not.

    A Module that is called several times is as many groups: its parameters are part of the first.
    """
    users: dict[int, dict[Hashable, None]] = {}
    for edge in graph.edges:
        if graph.nodes[edge.source].kind in OPERANDS:
            users.setdefault(edge.source, {})[group[edge.target]] = None
    for source, groups in users.items():
        owner = graph.nodes[source].module
        first = next(iter(groups))
        alone = len(groups) == 1 or (None not in groups and len({_whose(graph, key) for key in groups}) == 1)
        group[source] = first if owner is not None and alone else None  # else it is an input


def _whose(graph: Graph, module: Hashable) -> tuple[str, str]:
    """Equal for all calls of a Module."""
    info = graph.modules[int(str(module))]
    return info.path, info.label


# -- one node for each group -------------------------------------------------------------------------------------------

Place = tuple[int, int]  # a node, and which of its values


def _grouped(graph: Graph, group: Sequence[Hashable], make: Callable[[Hashable, list[Node]], Node]) -> Graph:
    """The graph with one node for all nodes of a group; None: the node stays as it is.

    A group stands where its last member does, after all of its operands.
    """
    members: dict[tuple[bool, Hashable], list[Node]] = {}
    for node, key in zip(graph.nodes, group, strict=True):
        members.setdefault((key is not None, node.id if key is None else key), []).append(node)
    lasting = sorted(members.items(), key=lambda item: item[1][-1].id)
    new = {node.id: number for number, (_, nodes) in enumerate(lasting) for node in nodes}
    places = _outer_places(graph, new)
    nodes: list[Node] = []
    for number, ((is_group, key), inner) in enumerate(lasting):
        node = inner[0]
        if is_group:
            values = tuple(graph.nodes[id].values[output] for id, output in places[number])
            node = replace(make(key, inner), values=_slotted(values))
        nodes.append(replace(node, id=number, pair=None if node.pair is None else new[node.pair]))
    return Graph(tuple(nodes), tuple(_outer_edges(graph, new, nodes, places)), graph.modules)


def _outer_places(graph: Graph, new: dict[int, int]) -> list[list[Place]]:
    """For each new node the values within that others take, or that the graph was drawn for."""
    places: list[dict[Place, None]] = [{} for _ in range(len(set(new.values())))]
    for edge in graph.edges:
        if new[edge.source] != new[edge.target]:
            places[new[edge.source]][edge.source, edge.output] = None
    for node in graph.nodes:
        for output, value in enumerate(node.values):
            if value.is_output:
                places[new[node.id]][node.id, output] = None
    return [sorted(found) for found in places]


def _slotted(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Values of one node, numbered if there are several."""
    if len(values) == 1:
        return (replace(values[0], slot=None),)
    return tuple(replace(value, slot=str(number)) for number, value in enumerate(values))


def _outer_edges(
    graph: Graph, new: dict[int, int], nodes: Sequence[Node], places: Sequence[Sequence[Place]]
) -> Iterator[Edge]:
    """The edges between new nodes; within a group only loops are left, once each."""
    numbers = [{place: number for number, place in enumerate(found)} for found in places]
    loops = set[Edge]()
    for edge in graph.edges:
        source, target = new[edge.source], new[edge.target]
        is_group = nodes[source].kind == "group" and graph.nodes[edge.source].kind != "group"
        output = numbers[source].get((edge.source, edge.output), 0) if is_group else edge.output
        moved = replace(edge, source=source, target=target, output=output, last=None if is_group else edge.last)
        if source != target:
            yield moved
        elif edge.loop and moved not in loops:
            loops.add(moved)
            yield moved


def _module_node(graph: Graph, module: int, nodes: list[Node]) -> Node:
    """A folded Module: outside, what its operands are called is the business of what is inside."""
    info = graph.modules[module]
    told = (info.path, f"{info.parameters:,} parameters" if info.parameters else "")
    parameters = tuple(text for text in told if text)
    return replace(_sum_of(nodes), label=info.label, parameters=parameters, module=info.parent)


def _chain_node(nodes: list[Node]) -> Node:
    names = [node.label for node in nodes]
    shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], "...", names[-1]]
    return replace(_sum_of(nodes), label=" \N{RIGHTWARDS ARROW} ".join(shown), module=nodes[-1].module)


def _sum_of(nodes: list[Node]) -> Node:
    """A group of these nodes, with all that they cost and all their marks."""
    last = nodes[-1]
    return Node(
        last.id,
        "group",
        last.label,
        last.values,
        source=last.source,
        saved_bytes=total(node.saved_bytes for node in nodes),
        forward_seconds=total(node.forward_seconds for node in nodes),
        backward_seconds=total(node.backward_seconds for node in nodes),
        side=last.side,
        pair=last.pair,
        marks=frozenset[Mark]().union(*(node.marks for node in nodes)),
        repeat=last.repeat,
        members=tuple(member for node in nodes for member in (node.members or (node.id,))),
    )


def total(numbers: Iterable[Any]) -> Any:
    """The sum of what was measured; None if nothing was."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
