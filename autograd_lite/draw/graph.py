"""What a computation graph is to whoever draws it: plain values, without arrays and without the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["op", "leaf", "constant", "reference", "group"]
Side = Literal["forward", "backward"]

# What is to be seen of a node or an edge, beside what it is.
Mark = Literal[
    "nan",  # its value has NaN,
    "infinite",  # or infinite numbers
    "nan gradient",  # and so has its gradient
    "infinite gradient",
    "zero gradient",  # all of it
    "huge gradient",
    "saved",  # its value is kept for the backward pass
    "broadcast",  # an edge along which the operand is repeated
    "cast",  # an edge along which the type of the numbers changes
    "unused",  # nothing that was drawn depends on it
    "detached",  # its history was cut off
    "path",  # on the way that was asked for
    "added",  # in the second of two graphs only
    "removed",  # in the first only
    "changed",  # in both, with another shape, type or parameters
]
NOTHING: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Summary:
    """An array in a few numbers, which leave out NaN and infinite ones; `text` is all of it if it is small."""

    count: int
    minimum: float
    maximum: float
    mean: float
    norm: float
    zeros: float  # the share of numbers that are 0
    nans: int = 0
    infinities: int = 0
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """An array that a node gives. `shape` and `dtype` are None for a constant of which nothing is kept."""

    shape: tuple[int, ...] | None
    dtype: str | None
    name: str | None = None  # what the user calls it
    slot: str | None = None  # which output of its operation it is, if there are several
    is_output: bool = False  # the graph was drawn for it
    data: Summary | None = None
    gradient: Summary | None = None


class Source(NamedTuple):
    """A line of the user's."""

    file: str
    number: int
    function: str
    text: str = ""  # what stands in it


@dataclass(frozen=True, slots=True)
class Node:
    """An operation, a leaf that gets a gradient, a constant, or what stands for others.

    A reference stands for a node that is far away, a group for several: a module or operations that are folded, or a
    block that is repeated. `parameters` are those off their defaults, as text. What nobody measured is None.
    """

    id: int  # its position in `Graph.nodes`
    kind: Kind
    label: str  # the operation; for others what stands in for a missing name
    values: tuple[Value, ...]
    parameters: tuple[str, ...] = ()
    module: int | None = None  # the innermost that computes it, or whose parameter it is: a position in `Graph.modules`
    source: Source | None = None
    saved_bytes: int | None = None  # kept for the backward pass
    forward_seconds: float | None = None
    backward_seconds: float | None = None
    side: Side = "forward"
    pair: int | None = None  # of a node of the backward side: the forward node whose derivative it computes
    marks: frozenset[Mark] = NOTHING
    repeat: int = 1  # how often a group occurs, one after the other
    members: tuple[int, ...] = ()  # of a group: the nodes of the graph before it was folded
    before: Node | None = None  # of a node that is marked as changed: what it was in the first of two graphs

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
    derivative: str | None = None  # what flows back along it, in terms of the gradient that arrives at the target
    marks: frozenset[Mark] = NOTHING
    loop: bool = False  # from one round of a repeated block to the next: the only edges that may go back
    last: int | None = None  # into a block whose rounds take different values of the source: the last one's `output`


@dataclass(frozen=True, slots=True)
class ModuleInfo:
    """One call of a Module, whose forward computed some of the nodes; or a block of operations that is repeated.

    What lies within it comes later in `Graph.modules`.
    """

    path: str  # "encoder.layer1.0"; empty for the outermost, and for a block
    label: str  # its class; empty for a block
    parent: int | None = None  # a position in `Graph.modules`
    parameters: int = 0  # how many numbers it learns, with those of the modules within it
    call: int = 0  # a Module that is used several times is called as often
    repeat: int = 1  # of a block: how often it occurs; its nodes are those of the first time


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order in which they were computed, and the edges between them in the order of their use."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    modules: tuple[ModuleInfo, ...] = ()
