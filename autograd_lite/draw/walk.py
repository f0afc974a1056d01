"""From the history of tensors to a `Graph`: one pass over the engine's nodes, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import core
from . import text
from .graph import Edge, Graph, Kind, Node, Value


def walk(outputs: Any, names: Any = None, *, constants: bool = True) -> Graph:
    """The graph of everything that `outputs` was computed from; arguments and errors as in `draw`."""
    handles = _checked(outputs)
    walker = _Walker(handles, _Names(handles, names), constants)
    inner, leaves = core.history(*handles)
    for node in (*reversed(inner), *leaves):
        walker.visit(node)
    return Graph(tuple(walker.nodes), tuple(walker.edges))


def _checked(outputs: Any) -> list[Any]:
    handles = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    if not handles:
        raise ValueError("draw: there is no output to draw; pass at least one Tensor")
    for number, handle in enumerate(handles):
        if not isinstance(handle, core.Handle):
            raise TypeError(f"draw: output {number} is a {type(handle).__name__}; pass a Tensor or a list of Tensors")
        if handle.node is None:
            raise ValueError(
                f"draw: output {number} {handle.data.shape} {handle.data.dtype} has no history, so there is no graph;"
                " make an input with requires_grad=True, and compute outside no_grad()"
            )
    return handles


Origin = tuple[core.Node, int]  # the node that computed a value, and which of its values it is


def _origin(node: core.Node) -> Origin:
    """Where a value comes from: the engine gives each output of an operation with several a node of its own."""
    if isinstance(node, core.Output):
        (maker,), (slot,) = node.parents, node.params
        assert maker is not None
        return maker, slot
    return node, 0


class _Names:
    """What the user calls values: by their origin if they have a history, else by their array."""

    def __init__(self, outputs: list[Any], names: Any):
        self.by_origin: dict[Origin, str] = {}
        self.by_array: dict[int, str] = {}  # by id: valid while `names` is held by the caller
        for name, value in _pairs(names):
            node = getattr(value, "node", None)
            if node is not None:
                self.by_origin.setdefault(_origin(node), name)
            else:
                self.by_array.setdefault(id(core.raw(value) if isinstance(value, core.Handle) else value), name)
        for handle in outputs:
            if handle.name is not None:
                self.by_origin.setdefault(_origin(handle.node), handle.name)

    def of_value(self, origin: Origin) -> str | None:
        """The name of a value with history; of a leaf that the user does not name, its own."""
        name = self.by_origin.get(origin)
        if name is None and isinstance(origin[0], core.Leaf):
            return origin[0].name
        return name

    def of_array(self, array: Any) -> str | None:
        """The name of a constant."""
        return self.by_array.get(id(array))


def _pairs(names: Any) -> Iterable[tuple[str, Any]]:
    if names is None:
        return ()
    if isinstance(names, Mapping):
        return names.items()
    if hasattr(names, "named_parameters"):
        return names.named_parameters()
    raise TypeError(f"draw: names is a {type(names).__name__}; pass a dict from name to tensor, or a Module")


class _Operand(NamedTuple):
    """An array argument of a recorded call. What history does not keep of one without a parent is None."""

    name: str
    parent: core.Node | None
    array: Any = None
    shape: tuple[int, ...] | None = None
    optional: bool = False  # it may not have been given at all
    of_several: bool = False  # its name is that of a sequence of arrays

    @property
    def is_number(self) -> bool:
        return self.array is not None and np.ndim(self.array) == 0


def _operands(node: core.Node) -> list[_Operand]:
    names = node.op.arrays * (len(node.parents) if node.op.sequence else 1)
    if all(parent is not None for parent in node.parents):
        return list(map(_Operand, names, node.parents))
    known = {} if node.saved is core.FREED else dict(zip(node.op.saved_names, node.saved, strict=True))
    return [_operand(node, i, name, known) for i, name in enumerate(names)]


def _operand(node: core.Node, i: int, name: str, known: Mapping[str, Any]) -> _Operand:
    array, shape = known.get(name), known.get(f"{name}_shape")
    if node.op.sequence:
        array, shape = (None if kept is None else kept[i] for kept in (array, shape))
    shape = shape if array is None else np.shape(array)
    optional = node.op.signature.parameters[name].default is None
    return _Operand(name, node.parents[i], array, shape, optional, node.op.sequence)


class _Walker:
    """Collects nodes and edges. A node is to be visited after those it was computed from."""

    def __init__(self, outputs: list[Any], names: _Names, constants: bool):
        self.outputs = {_origin(handle.node) for handle in outputs}
        self.names, self.constants = names, constants
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self._ids: dict[core.Node, int] = {}
        self._constants: dict[int, int] = {}  # by the id of the array, which the history keeps alive

    def visit(self, node: core.Node) -> None:
        """Add a node, and the edges to it, if it has not been added; a value of several has no node of its own."""
        if node in self._ids or isinstance(node, core.Output):
            return
        if isinstance(node, core.Leaf):
            self._ids[node] = self._add("leaf", "leaf", self._values(node))
        else:
            self._visit_op(node)

    def _visit_op(self, node: core.Node) -> None:
        operands = _operands(node)
        sources = [self._source(operand) for operand in operands]
        parameters = (*self._numbers(operands), *text.parameters(node.op, node.params))
        target = self._ids[node] = self._add("op", node.op.name, self._values(node), parameters)
        for operand, source in zip(operands, sources, strict=True):
            if source is not None:
                self.edges.append(Edge(source[0], target, operand.name, source[1]))

    def _add(self, kind: Kind, label: str, values: tuple[Value, ...], parameters: tuple[str, ...] = ()) -> int:
        self.nodes.append(Node(len(self.nodes), kind, label, values, parameters))
        return len(self.nodes) - 1

    def _values(self, node: core.Node) -> tuple[Value, ...]:
        if node.op is None or node.op.outputs is None:
            return (self._value((node, 0), node.shape, node.dtype, None),)
        shapes: Any = node.shape
        dtypes: Any = node.dtype  # one for each output, as the shapes
        slots = node.op.outputs or tuple(map(str, range(len(shapes))))
        return tuple(self._value((node, i), shapes[i], dtypes[i], slot) for i, slot in enumerate(slots))

    def _value(self, origin: Origin, shape: tuple[int, ...], dtype: Any, slot: str | None) -> Value:
        return Value(tuple(shape), str(dtype), self.names.of_value(origin), slot, origin in self.outputs)

    def _source(self, operand: _Operand) -> tuple[int, int] | None:
        """The node an operand comes from and which of its values it is; None if it is not to be shown as a node."""
        if operand.parent is not None:
            maker, slot = _origin(operand.parent)
            self.visit(maker)  # a leaf is numbered when it is first used, beside what uses it
            return self._ids[maker], slot
        hidden = not self.constants or self._is_number(operand) or (operand.array is None and operand.optional)
        return None if hidden else (self._constant(operand), 0)

    def _is_number(self, operand: _Operand) -> bool:
        return operand.is_number and self.names.of_array(operand.array) is None

    def _numbers(self, operands: list[_Operand]) -> Iterator[str]:
        """Numbers among the operands are shown as parameters of the operation are: a node for each would be noise."""
        for operand in operands:
            if self.constants and operand.parent is None and self._is_number(operand):
                yield f"{operand.name}={text.short(operand.array)}"

    def _constant(self, operand: _Operand) -> int:
        """The node of a constant: the same for the same array, however often it is used."""
        array = operand.array
        if array is not None and id(array) in self._constants:
            return self._constants[id(array)]
        dtype = None if array is None else str(np.asarray(array).dtype)
        label = "constant" if len(operand.name) == 1 or operand.of_several else operand.name
        added = self._add("constant", label, (Value(operand.shape, dtype, self.names.of_array(array)),))
        if array is not None:
            self._constants[id(array)] = added
        return added
