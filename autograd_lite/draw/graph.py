"""What a computation graph is to whoever draws it: plain values, without arrays and without the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["op", "leaf", "constant", "reference"]


@dataclass(frozen=True, slots=True)
class Value:
    """An array that a node gives. `shape` and `dtype` are None for a constant of which nothing is kept."""

    shape: tuple[int, ...] | None
    dtype: str | None
    name: str | None = None  # what the user calls it
    slot: str | None = None  # which output of its operation it is, if there are several
    is_output: bool = False  # the graph was drawn for it


@dataclass(frozen=True, slots=True)
class Node:
    """An operation, a leaf that gets a gradient, a constant, or a reference to a node that stands far away.

    `parameters` are those off their defaults, as text.
    """

    id: int  # its position in `Graph.nodes`
    kind: Kind
    label: str  # the operation; for others what stands in for a missing name
    values: tuple[Value, ...]
    parameters: tuple[str, ...] = ()

    @property
    def is_output(self) -> bool:
        """Whether the graph was drawn for a value of this node."""
        return any(value.is_output for value in self.values)


@dataclass(frozen=True, slots=True)
class Edge:
    """One use of a value as an operand. A value that an operation takes twice has two edges to it."""

    source: int
    target: int
    operand: str  # the argument's name
    output: int = 0  # which of the source's values


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order in which they were computed, and the edges between them in the order of their use."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
