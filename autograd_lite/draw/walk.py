"""From the history of tensors to a `Graph`: one pass over the engine's nodes, oldest first."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

import numpy as np

from .. import core
from . import text
from .graph import NOTHING, Edge, Graph, Kind, Mark, ModuleInfo, Node, Value
from .trace import Operand, Run


def walk(outputs: Any, names: Any = None, *, constants: bool = True) -> Graph:
    """The graph of everything that `outputs` was computed from; arguments and errors as in `draw`."""
    return walked(outputs, names, constants=constants).graph


def walked(outputs: Any, names: Any = None, *, constants: bool = True) -> Walk:
    """The same, with what the graph was made of."""
    handles = _checked(outputs)
    inner, leaves = core.history(*handles)
    roots = [handle.node for handle in handles]
    return Walk(handles, roots, (*reversed(inner), *leaves), _Names(handles, names, inner), constants, Run())


def walked_run(run: Run, names: Any = None, *, constants: bool = True) -> Walk:
    """The graph of a run that was observed: with what needs no gradient, and with what nothing depends on."""
    found = list(dict.fromkeys(run.roots))
    seen = set(found)
    if constants:
        unused = [node for node in run.seen if node not in seen and not run.is_internal(node)]
        seen.update(unused)
        found += unused
    for node in found:  # grows as we go
        for parent in run.parents(node, stand_ins=constants):
            if parent not in seen:
                seen.add(parent)
                found.append(parent)
    inner = sorted((node for node in found if not isinstance(node, core.Leaf)), key=attrgetter("serial"))
    leaves = sorted((node for node in found if isinstance(node, core.Leaf)), key=attrgetter("serial"))
    return Walk(run.outputs, run.roots, (*inner, *leaves), _Names(run.outputs, names, inner, run.names), constants, run)


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


def origin_of(node: core.Node) -> Origin:
    """Where a value comes from: the engine gives each output of an operation with several a node of its own."""
    if isinstance(node, core.Output):
        (maker,), (slot,) = node.parents, node.params
        assert maker is not None
        return maker, slot
    return node, 0


class _Names:
    """What the user calls values: by their origin if they have a history, else by their array."""

    def __init__(self, outputs: list[Any], names: Any, nodes: Iterable[core.Node], others: Iterable[Any] = ()):
        self.by_origin: dict[Origin, str] = {}
        self.by_array: dict[int, str] = {}  # by id: valid while `names` is held by the caller
        self._add(_pairs(names))
        if core.named:
            self._add((core.named[node], node) for node in nodes if node in core.named)
        self._add((handle.name, handle) for handle in outputs if handle.name is not None)
        self._add((name, value) for name, value in others if getattr(value, "name", None) is None)

    def _add(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Names for tensors, arrays or nodes; the first that something is given counts."""
        for name, value in pairs:
            node = value if isinstance(value, core.Node) else getattr(value, "node", None)
            if node is not None:
                self.by_origin.setdefault(origin_of(node), name)
            else:
                self.by_array.setdefault(id(core.raw(value) if isinstance(value, core.Handle) else value), name)

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


def _operands(node: core.Node) -> list[Operand]:
    names = node.op.arrays * (len(node.parents) if node.op.sequence else 1)
    if all(parent is not None for parent in node.parents):
        return list(map(Operand, names, node.parents))
    known = {} if node.saved is core.FREED else dict(zip(node.op.saved_names, node.saved, strict=True))
    return [_operand(node, i, name, known) for i, name in enumerate(names)]


def _operand(node: core.Node, i: int, name: str, known: Mapping[str, Any]) -> Operand:
    array, shape = known.get(name), known.get(f"{name}_shape")
    if node.op.sequence:
        array, shape = (None if kept is None else kept[i] for kept in (array, shape))
    shape = shape if array is None else np.shape(array)
    optional = node.op.signature.parameters[name].default is None
    return Operand(name, node.parents[i], array, shape, optional, node.op.sequence)


class Walk:
    """Collects nodes and edges: a node of the history after those it was computed from.

    graph: the result. ids: where in it a node of the history is; arrays: what the values of its constants are.
    handles: those of the outputs that have a history.
    """

    def __init__(
        self,
        outputs: list[Any],
        roots: Iterable[core.Node],
        nodes: Iterable[core.Node],
        names: _Names,
        constants: bool,
        run: Run,
    ):
        self.handles = [output for output in outputs if output.node is not None]
        self.outputs = set(map(origin_of, roots))
        self.names, self.constants, self.run = names, constants, run
        self.ids: dict[core.Node, int] = {}
        self.arrays: dict[int, Any] = {}
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._constants: dict[int, int] = {}  # by the id of the array, which the history or the run keeps alive
        self._fixed = set[int]()  # leaves and constants of which it is known what Module they belong to
        for node in nodes:
            self._visit(node)
        self._place_operands()
        self.graph = Graph(tuple(self._nodes), tuple(self._edges), tuple(run.modules))

    def differentiated(self) -> dict[int, core.Op]:
        """The operations that a gradient arrives at, by the number of the node."""
        nodes, _ = core.history(*self.handles)
        return {self.ids[node]: node.op for node in nodes if node.op is not None}

    def find(self, value: Any) -> int:
        """The number of the node that gives a tensor, or a value of that name. Raises ValueError if there is none."""
        if isinstance(value, str):
            found = [node.id for node in self.graph.nodes if any(each.name == value for each in node.values)]
        else:
            node, array = getattr(value, "node", None), core.raw(value)
            maker = None if node is None else self.ids.get(origin_of(node)[0])
            found = [maker] if maker is not None else [id for id, a in self.arrays.items() if a is array]
        if not found:
            what = repr(value) if isinstance(value, str) else f"the tensor {np.shape(array)}"
            raise ValueError(f"draw: {what} is not in the graph; a path is from a tensor to a parameter it depends on")
        return found[0]

    def _visit(self, node: core.Node) -> None:
        """Add a node, and the edges to it, if it has not been added; a value of several has no node of its own."""
        if node in self.ids or isinstance(node, core.Output):
            return
        if isinstance(node, core.Leaf):
            self.ids[node] = self._add_operand("leaf", "leaf", self._values(node), id(node))
        else:
            self._visit_op(node)

    def _visit_op(self, node: core.Node) -> None:
        operands = self.run.operands.get(node) or _operands(node)
        sources = [self._source(operand) for operand in operands]
        parameters = (*self._numbers(operands), *text.parameters(node.op, node.params))
        seen, values = self.run.seen.get(node), self._values(node)
        about: dict[str, Any] = {} if seen is None else {"module": seen.module, "source": seen.source}
        marks = _DETACHED if node in self.run.detached else NOTHING
        target = self.ids[node] = self._add("op", node.op.name, values, parameters, marks=marks, **about)
        for operand, source in zip(operands, sources, strict=True):
            if source is not None:
                marks = _DETACHED if operand.cut else NOTHING
                self._edges.append(Edge(source[0], target, operand.name, source[1], marks=marks))

    def _add(
        self, kind: Kind, label: str, values: tuple[Value, ...], parameters: tuple[str, ...] = (), **about: Any
    ) -> int:
        self._nodes.append(Node(len(self._nodes), kind, label, values, parameters, **about))
        return len(self._nodes) - 1

    def _values(self, node: core.Node) -> tuple[Value, ...]:
        if node.op is None or node.op.outputs is None:
            return (self._value((node, 0), node.shape, node.dtype, None),)
        shapes: Any = node.shape
        dtypes: Any = node.dtype  # one for each output, as the shapes
        slots = node.op.outputs or tuple(map(str, range(len(shapes))))
        return tuple(self._value((node, i), shapes[i], dtypes[i], slot) for i, slot in enumerate(slots))

    def _value(self, origin: Origin, shape: tuple[int, ...], dtype: Any, slot: str | None) -> Value:
        return Value(tuple(shape), _name(dtype), self.names.of_value(origin), slot, origin in self.outputs)

    # -- operands ----------------------------------------------------------------------------------------------------

    def _source(self, operand: Operand) -> tuple[int, int] | None:
        """The node an operand comes from and which of its values it is; None if it is not to be shown as a node."""
        if operand.parent is not None:
            maker, slot = origin_of(operand.parent)
            if not self.constants and maker in self.run.stand_ins:
                return None
            self._visit(maker)  # a leaf is numbered when it is first used, beside what uses it
            return self.ids[maker], slot
        hidden = not self.constants or self._is_number(operand) or (operand.array is None and operand.optional)
        return None if hidden else (self._constant(operand), 0)

    def _is_number(self, operand: Operand) -> bool:
        return operand.is_number and self.names.of_array(operand.array) is None

    def _numbers(self, operands: list[Operand]) -> Iterator[str]:
        """Numbers among the operands are shown as parameters of the operation are: a node for each would be noise."""
        for operand in operands:
            if self.constants and operand.parent is None and self._is_number(operand):
                yield f"{operand.name}={text.short(operand.array)}"

    def _constant(self, operand: Operand) -> int:
        """The node of a constant: the same for the same array, however often it is used."""
        array = operand.array
        if array is not None and id(array) in self._constants:
            return self._constants[id(array)]
        dtype = None if array is None else _name(np.asarray(array).dtype)
        label = "constant" if len(operand.name) == 1 or operand.of_several else operand.name
        value = Value(operand.shape, dtype, self.names.of_array(array))
        added = self._add_operand("constant", label, (value,), id(array))
        if array is not None:
            self._constants[id(array)] = added
            self.arrays[added] = array
        return added

    def _add_operand(self, kind: Kind, label: str, values: tuple[Value, ...], identity: int) -> int:
        """Add a leaf or constant, with the Module that owns it; `identity` is the id of the one or its array."""
        added = self._add(kind, label, values, module=self.run.owners.get(identity))
        if identity in self.run.owners:
            self._fixed.add(added)
        return added

    def _place_operands(self) -> None:
        """Put each other leaf and constant into the innermost Module that all of its uses are in."""
        places: dict[int, int | None] = {}
        for edge in self._edges if self.run.modules else ():
            if self._nodes[edge.source].kind != "op" and edge.source not in self._fixed:
                module = self._nodes[edge.target].module
                known = places.get(edge.source, module)
                places[edge.source] = _common(self.run.modules, known, module)
        for id, module in places.items():
            self._nodes[id] = replace(self._nodes[id], module=module)


def _common(modules: Sequence[ModuleInfo], a: int | None, b: int | None) -> int | None:
    """The innermost Module that two are in: of two that differ, the later one cannot be around the other."""
    while a != b:
        if a is None or b is None:
            return None
        a, b = (modules[a].parent, b) if a > b else (a, modules[b].parent)
    return a


@functools.cache
def _name(dtype: np.dtype[Any]) -> str:
    return str(dtype)  # which takes NumPy longer than all else that is done for a node


_DETACHED = frozenset[Mark](["detached"])
