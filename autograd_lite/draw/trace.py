"""A run that is observed: what its history does not know of the operations.

That is the Module whose forward computed each, the user's line, the time it took, all of its operands, and the
operations that need no gradient: these get nodes of their own, *stand-ins*, so that whoever walks the run need not tell
them apart.
"""

from __future__ import annotations

import inspect
import linecache
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from .. import core
from ..nn import Module
from ..nn.summary import as_input, untouched
from ..nodes import next_serial, raw_index
from ..recording import Line, Running
from ..transforms import trees
from .graph import ModuleInfo, Source, Summary

_PACKAGE = f"{__name__.partition('.')[0]}."


class Operand(NamedTuple):
    """An array argument of a call. What history does not keep of one without a parent is None."""

    name: str
    parent: core.Node | None
    array: Any = None
    shape: tuple[int, ...] | None = None
    optional: bool = False  # it may not have been given at all
    of_several: bool = False  # its name is that of a sequence of arrays
    cut: bool = False  # what computed it is known, but no gradient flows there

    @property
    def is_number(self) -> bool:
        """Whether it is a number, rather than an array that deserves a node."""
        return self.array is not None and np.ndim(self.array) == 0


class Seen(NamedTuple):
    """What is known of a node of a run beside its history."""

    module: int | None  # a position in `Run.modules`
    source: Source | None
    seconds: float


class Run:
    """What an observer wrote down; empty for a history that nobody watched.

    roots: the nodes of the results. seen: by node, in the order of the calls. operands: of each node. stand_ins: the
    nodes that no history has; detached: those of them that depend on a leaf nevertheless. names: what inputs,
    parameters and buffers are called. owners: by the id of a leaf or an array, the call of the Module that has it as
    parameter or buffer; None for inputs. values: by node and output, if there is a function that makes summaries.
    """

    def __init__(self, summarise: Callable[[Any], Summary] | None = None):
        self.summarise = summarise
        self.values: dict[tuple[core.Node, int], Summary] = {}
        self.roots: list[core.Node] = []
        self.outputs: list[Any] = []
        self.seen: dict[core.Node, Seen] = {}
        self.operands: dict[core.Node, list[Operand]] = {}
        self.stand_ins: set[core.Node] = set()
        self.detached: set[core.Node] = set()
        self.modules: list[ModuleInfo] = []
        self.names: list[tuple[str, Any]] = []
        self.owners: dict[int, int | None] = {}
        self._internal: set[core.Node] = set()
        self._makers: dict[int, tuple[weakref.ref[Any], core.Node]] = {}  # by the id of an array, while it lives
        self._positions: dict[int, int] = {}  # of a call of a Module, by its id
        self._running: list[Running] = []  # holds them: ids stay theirs
        self._paths: dict[int, dict[int, str]] = {}  # for an outermost Module: paths of those within it, by id
        self._calls: Counter[int] = Counter()
        self._sizes: dict[int, int] = {}

    # -- what a walk asks --------------------------------------------------------------------------------------------

    def parents(self, node: core.Node, stand_ins: bool = True) -> Iterator[core.Node]:
        """The nodes that a node takes values from; stand_ins: also those that need no gradient."""
        operands = self.operands.get(node)
        parents = node.parents if operands is None else [operand.parent for operand in operands]
        return (p for p in parents if p is not None and (stand_ins or p not in self.stand_ins))

    def is_internal(self, node: core.Node) -> bool:
        """Whether a layer of the package computed it, beside its result: running statistics, for example."""
        return node in self._internal

    # -- what the observer does --------------------------------------------------------------------------------------

    def see(self, call: core.Call) -> None:
        """Write down a call, if Tensors took part in it."""
        outputs = call.output if isinstance(call.output, tuple) else (call.output,)
        if not any(isinstance(output, core.Handle) for output in outputs):
            return
        operands = [self._operand(call.op, name, value) for name, value in _arrays(call)]
        node = _maker(outputs)
        if node is None:
            node = _stand_in(call, outputs, operands)
            self.stand_ins.add(node)
            if any(operand.parent is not None and self._has_gradient(operand.parent) for operand in operands):
                self.detached.add(node)
        if call.modules and type(call.modules[-1]).__module__.startswith(_PACKAGE):
            self._internal.add(node)
        self.operands[node] = operands
        self.seen[node] = Seen(self._module(call.modules), _source(call.line), call.seconds)
        self._register(node, call, outputs)

    def _operand(self, op: core.Op, name: str, value: Any) -> Operand:
        array = value.data if isinstance(value, core.Handle) else value
        if value is None:
            return Operand(name, None, optional=True)
        node = getattr(value, "node", None)
        if node is not None:
            self._know_leaf(value)
            return Operand(name, node)
        maker = self._maker_of(array)
        if maker is not None:
            return Operand(name, maker, cut=self._has_gradient(maker))
        return Operand(name, None, array, np.shape(array), of_several=op.sequence)

    def _has_gradient(self, node: core.Node) -> bool:
        """Whether a value depends on a leaf, by its history or but for what was cut off."""
        made = node.parents[0] if isinstance(node, core.Output) else node
        return made not in self.stand_ins or made in self.detached

    def _maker_of(self, array: Any) -> core.Node | None:
        """The node of an array that the run has computed, although its handle has no history."""
        reference, node = self._makers.get(id(array), (None, None))
        return node if reference is not None and reference() is array else None

    def _know_leaf(self, handle: Any) -> None:
        """Let a leaf be known although its values are used without its history."""
        if isinstance(handle.node, core.Leaf):
            self._makers.setdefault(id(handle.data), (weakref.ref(handle.data), handle.node))

    def _register(self, node: core.Node, call: core.Call, outputs: tuple[Any, ...]) -> None:
        given = {id(value.data) for _, value in _arrays(call) if isinstance(value, core.Handle)}
        for slot, output in enumerate(outputs):
            own = output.node or (node if call.op.outputs is None else _stand_in_output(node, slot))
            if id(output.data) not in given:
                self._replace(self._maker_of(output.data))
                self._makers[id(output.data)] = weakref.ref(output.data), own
            if self.summarise is not None:
                self.values[node, slot] = self.summarise(output.data)

    def _replace(self, inner: core.Node | None) -> None:
        """What computed an array that is now the result of another operation is within that one, as in a checkpoint."""
        found = [] if inner is None else [inner]
        for node in found:  # grows as we go
            if node not in self._internal:
                self._internal.add(node)
                found += self.parents(node)

    # -- Modules -----------------------------------------------------------------------------------------------------

    def _module(self, running: Running) -> int | None:
        """The position of the innermost Module that runs; those around it are added before it."""
        new: list[Running] = []
        around: Running | None = running
        while around and id(around) not in self._positions:
            new.append(around)
            around = around.outer
        position = self._positions[id(around)] if around else None
        for each in reversed(new):
            position = self._positions[id(each)] = self._add_module(each, position)
            self._running.append(each)
        return position

    def _add_module(self, running: Running, parent: int | None) -> int:
        outermost, module = running[0], running[-1]
        if id(outermost) not in self._paths:
            self._paths[id(outermost)] = {id(inner): path for path, inner in outermost.named_modules()}
        if id(module) not in self._sizes:
            self._sizes[id(module)] = sum(p.size for p in module.parameters() if p.requires_grad)
        call = self._calls[id(module)]
        self._calls[id(module)] += 1
        path = self._paths[id(outermost)].get(id(module), "")
        position = len(self.modules)
        self.modules.append(ModuleInfo(path, type(module).__name__, parent, self._sizes[id(module)], call))
        for key, tensor in _own_tensors(module):
            self.owners.setdefault(id(tensor.node if tensor.node is not None else tensor.data), position)
            self.names.append((f"{path}.{key}" if path else key, tensor))
            self._know_leaf(tensor)
        return position

    # -- beginning and end -------------------------------------------------------------------------------------------

    def begin(self, inputs: Mapping[str, Any]) -> None:
        """Write down the inputs, by name."""
        self.names += inputs.items()
        for value in inputs.values():
            node = getattr(value, "node", None)
            self.owners[id(node if node is not None else core.raw(value))] = None
            if node is not None:
                self._know_leaf(value)

    def finish(self, outputs: Any) -> None:
        """Write down the results. Raises TypeError, ValueError if there is nothing to draw."""
        self.outputs = [leaf for leaf in trees.leaves(outputs) if isinstance(leaf, core.Handle)]
        if not self.outputs:
            raise TypeError(
                f"draw: the run returned a {type(outputs).__name__} without Tensors; return one, or several"
            )
        for output in self.outputs:
            root = output.node if output.node is not None else self._maker_of(output.data)
            if root is None:
                raise ValueError(
                    f"draw: result {output.data.shape} {output.data.dtype} comes from no operation; return what"
                    " operations of the package computed"
                )
            self.roots.append(root)


def traced(what: Callable[..., Any], inputs: tuple[Any, ...], summarise: Callable[[Any], Summary] | None = None) -> Run:
    """What is seen of one call of `what`, a Module or a function, which leaves no trace in a Module."""
    run = Run(summarise)
    with ExitStack() as stack:
        if isinstance(what, Module):
            inputs = tuple(as_input(what, x) for x in inputs)
            stack.enter_context(untouched(what))
        run.begin(_names_of(what.forward if isinstance(what, Module) else what, inputs))
        stack.enter_context(core.observe(run.see))
        run.finish(what(*inputs))
    return run


def _names_of(function: Callable[..., Any], inputs: tuple[Any, ...]) -> dict[str, Any]:
    """The arrays among the inputs by the names of the parameters that took them."""
    try:
        bound = inspect.signature(function).bind(*inputs).arguments
    except (TypeError, ValueError):  # a built-in function has no signature
        return {}
    named: dict[str, Any] = {}
    for name, value in bound.items():
        if isinstance(value, core.Handle | np.ndarray):
            named[name] = value
        elif isinstance(value, tuple | list):
            named |= {f"{name}[{i}]": v for i, v in enumerate(value) if isinstance(v, core.Handle | np.ndarray)}
    return named


def _own_tensors(module: Any) -> Iterator[tuple[str, Any]]:
    """The parameters and buffers of a Module with their keys, without those of the Modules inside."""
    yield from ((key, member) for key, member in module._members() if isinstance(member, core.Handle))
    yield from ((key, buffer) for key, buffer, _ in module._own_buffers())


def _arrays(call: core.Call) -> Iterator[tuple[str, Any]]:
    """The array arguments of a call with their names, as they were passed."""
    for name in call.op.arrays:
        for value in call.arguments[name] if call.op.sequence else (call.arguments[name],):
            yield name, value


def _maker(outputs: tuple[Any, ...]) -> core.Node | None:
    """The node of a recorded call; None if it was not recorded."""
    for output in outputs:
        if output.node is not None:
            return output.node.parents[0] if isinstance(output.node, core.Output) else output.node
    return None


def _stand_in(call: core.Call, outputs: tuple[Any, ...], operands: list[Operand]) -> core.Node:
    """A node for a call that was not recorded."""
    node = core.Node()
    node.op, node.saved, node.serial = call.op, (), next_serial()
    node.parents = tuple(operand.parent for operand in operands)
    node.params = tuple(raw_index(call.arguments[name]) for name in call.op.params)
    if call.op.outputs is None:
        node.shape, node.dtype = outputs[0].data.shape, outputs[0].data.dtype
    else:
        several: Any = tuple(o.data.shape for o in outputs), tuple(o.data.dtype for o in outputs)
        node.shape, node.dtype = several
    return node


def _stand_in_output(node: core.Node, slot: int) -> core.Node:
    shapes: Any = node.shape
    dtypes: Any = node.dtype
    return core.Output(node, slot, shapes[slot], dtypes[slot])


def _source(line: Line | None) -> Source | None:
    if line is None:
        return None
    return Source(*line, linecache.getline(line.file, line.number).strip())
