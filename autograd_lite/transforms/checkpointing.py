"""A forward that is run again in backward instead of being remembered: time for memory.

A checkpoint is one node of the graph, an operation whose only derivative is that of its spec: the function itself. The
first run is recorded like any other, and all that is kept of it is what it depended on. What the function was given,
and what it used besides, a parameter for instance, are the node's parents. When it is run again, its history ends at
them.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from ..core import Array, Handle, Leaf, Node, Output, is_grad_enabled, op, raw, tensor_of
from ..nodes import next_serial
from ..ops.random import default_rng, drawing_from
from . import trees
from .modules import present_stand_ins, standing_in

Generator = np.random.Generator


def checkpoint(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """What ``f(*args, **kwargs)`` returns, remembering only its arguments: backward runs `f` again.

    args, kwargs: trees of whatever `f` takes; it gets Tensors of its own for those among them. `f` may use other
    Tensors, such as the parameters of a module, which get their gradients. It must do the same each time, and what it
    does beside returning a result (running statistics) is done twice. Random numbers are the same: those of the
    package's own generator, and of generators that are arguments, attributes of a Module, or variables that `f` uses
    by name. Works to any order and inside another checkpoint; under `no_grad` it is a plain call. Returns what `f`
    returns: a Tensor, or a tree with Tensors.

    Backward raises RuntimeError if what `f` uses has moved on since (``x += 1``), was written by an optimizer, or if
    the result is another one.
    """
    segment = _Segment(f, args, kwargs)
    if _local.open or not is_grad_enabled():
        return segment.call(segment.inputs)
    segment.chance = _Chance(f, (args, kwargs))
    return segment.first()


class _ThreadState(threading.local):
    open = False


_local = _ThreadState()


@contextmanager
def opened() -> Iterator[None]:
    """A block in which checkpoints are plain calls, so that what is inside them is recorded."""
    before, _local.open = _local.open, True
    try:
        yield
    finally:
        _local.open = before


@dataclass(frozen=True)
class _Place:
    """Where an argument was: its number among the inputs of the node, and whether it was a Tensor."""

    number: int
    wrapped: bool


class _Segment:
    """A call of a function, with what is needed to run it again and to find its inputs in the graph then.

    inputs: what the node is to have as arguments, until it has them: the arrays and Tensors among the arguments, and
    after the first run whatever else it depended on. sources: the number of an input by where its history is. reached:
    the inputs with a history that the results depend on. numbers: which results depend on them.
    """

    chance: _Chance

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.f, self.__name__ = f, getattr(f, "__name__", type(f).__name__)  # the name is for pictures
        self.stand_ins = present_stand_ins()
        self.inputs: list[Any] = []
        self.sources: dict[Hashable, int] = {}
        self.arguments = trees.map_leaves(self._put, (args, kwargs))
        self.reached: set[int] = set()
        self.numbers: tuple[int, ...] = ()
        self.outputs: tuple[Any, ...] = ()  # the arrays of the results, until the node has them
        self.excerpts: list[Any] = []

    def _put(self, leaf: Any) -> Any:
        return _Place(self._number(leaf), isinstance(leaf, Handle)) if isinstance(leaf, Handle | np.ndarray) else leaf

    def _number(self, value: Any) -> int:
        """The number of an input, which is added; Tensors with the same history are one input."""
        source = _source(value.node) if getattr(value, "node", None) is not None else id(value)
        if source not in self.sources:
            self.sources[source] = len(self.inputs)
            self.inputs.append(value)
        return self.sources[source]

    def call(self, inputs: Any) -> Any:
        """Run the function with these in the place of the arrays and Tensors among its arguments."""

        def filled(leaf: Any) -> Any:
            if not isinstance(leaf, _Place):
                return leaf
            value = inputs[leaf.number]
            return tensor_of(raw(value), getattr(value, "node", None)) if leaf.wrapped else raw(value)

        args, kwargs = trees.map_leaves(filled, self.arguments)
        return self.f(*args, **kwargs)

    def first(self) -> Any:
        """Run it as ever, then put the node of a checkpoint in the place of what was recorded."""
        start = next_serial()
        with self.chance.first():
            result = self.call(self.inputs)
        leaves = trees.leaves(result)
        self.numbers = tuple(i for i, leaf in enumerate(leaves) if _is_inner(getattr(leaf, "node", None), start))
        for node in _inner_nodes([leaves[i] for i in self.numbers], start):
            for parent in node.parents:
                if parent is not None and not _is_inner(parent, start):
                    self.reached.add(self._number(tensor_of(_array_of(parent), parent)))
        self.outputs = tuple(leaves[i].data for i in self.numbers)
        self.excerpts = [_excerpt(array) for array in self.outputs]
        inputs, self.inputs = self.inputs, []
        recorded = _recorded(*inputs, f=self) if self.reached else ()
        for i, output in zip(self.numbers, recorded, strict=False):
            leaves[i] = output
        return trees.rebuild(result, leaves)

    def taken(self) -> tuple[Any, ...]:
        """The arrays of the results, which are not kept."""
        outputs, self.outputs = self.outputs, ()
        return outputs

    def again(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Run it once more, for a history that ends in `inputs`; the results that the node has."""
        start = next_serial()
        with self.chance.again(), standing_in(self.stand_ins):
            leaves = trees.leaves(self.call(inputs))
        outputs = [leaves[i] for i in self.numbers if i < len(leaves)]
        if not all(isinstance(output, Handle) for output in outputs) or len(outputs) < len(self.numbers):
            raise self._changed("has results of another kind")
        self._end_in(inputs, _inner_nodes(outputs, start), start)
        for excerpt, output in zip(self.excerpts, outputs, strict=True):
            if not _alike(excerpt, _excerpt(output.data)):
                raise self._changed(f"has another result {output.data.shape} {output.data.dtype}")
        return tuple(outputs)

    def _end_in(self, inputs: tuple[Any, ...], nodes: list[Node], start: int) -> None:
        """Let a history end in `inputs` where the first one ended in what they stand for."""
        given = {value.node: number for number, value in enumerate(inputs) if isinstance(value, Handle)}
        reached = set()

        def replaced(parent: Node | None) -> Node | None:
            if parent is None or _is_inner(parent, start):
                return parent
            number = given[parent] if parent in given else self.sources.get(_source(parent))
            if number is None:
                raise self._changed(f"uses a Tensor {parent.shape} {parent.dtype} that it did not use before")
            if parent not in given and _was_replaced(parent, raw(inputs[number])):
                raise self._changed(f"uses a Tensor {parent.shape} {parent.dtype} that has another value now")
            reached.add(number)
            stand_in: Node = inputs[number].node
            return stand_in

        for node in nodes:
            node.parents = tuple([replaced(parent) for parent in node.parents])
        if reached != self.reached:
            raise self._changed("does not use a Tensor that it used before")

    def _changed(self, how: str) -> RuntimeError:
        return RuntimeError(
            f"checkpoint: {self.__name__}, run again for backward, {how}; what it uses must not change or move on"
            " (x += 1) before backward, and generators that it draws from must be among its arguments"
        )


def _operation() -> Callable[..., tuple[Any, ...]]:
    @op(outputs=(), spec=lambda *inputs, f: f.again(inputs), registered=False)
    def checkpoint(*inputs: Array, f: _Segment) -> tuple[Array, ...]:
        """The results of a function that has been run on the inputs already."""
        return f.taken()

    return checkpoint


_recorded = _operation()


# ---------------------------------------------------------------------------------------------------------------
# Where the history of a segment ends
# ---------------------------------------------------------------------------------------------------------------


def _is_inner(node: Node | None, start: int) -> bool:
    """Whether a node was made since `start`; one output of an older node counts as that."""
    if node is None or node.serial < start:
        return False
    return not isinstance(node, Output) or _is_inner(node.parents[0], start)


def _inner_nodes(handles: list[Any], start: int) -> list[Node]:
    """The nodes made since `start` that Tensors depend on."""
    found = list(dict.fromkeys(handle.node for handle in handles if _is_inner(handle.node, start)))
    seen = set(found)
    for node in found:  # grows as we go
        for parent in node.parents:
            if parent not in seen and _is_inner(parent, start):
                seen.add(parent)
                found.append(parent)  # None is not inner
    return found


def _source(node: Node) -> Hashable:
    """What identifies a value of the history: an output of an operation with several may have more than one node."""
    return (node.parents[0], *node.params) if isinstance(node, Output) else node


def _array_of(node: Node) -> Any:
    """The array of a leaf, so that the engine notices if it is written into; of another value only shape and dtype."""
    handle = node.handle() if isinstance(node, Leaf) else None
    return np.broadcast_to(np.zeros((), node.dtype), node.shape) if handle is None else handle.data


def _was_replaced(node: Node, array: Any) -> bool:
    """Whether a leaf has another array than it had, which happens under no_grad."""
    handle = node.handle() if isinstance(node, Leaf) else None
    return handle is not None and handle.data is not array


# ---------------------------------------------------------------------------------------------------------------
# The same once more: random numbers, and whether results are equal
# ---------------------------------------------------------------------------------------------------------------


class _Chance:
    """The states of generators before the first run, and how to have them again.

    Other threads may draw from the package's own generator, so a run has a copy in its place. The others are rewound.
    """

    def __init__(self, f: Callable[..., Any], values: Any):
        self.own = default_rng().bit_generator.state
        self.others = [(generator, generator.bit_generator.state) for generator in _generators(f, values)]

    @contextmanager
    def first(self) -> Iterator[None]:
        """A block that draws from copies of the package's generator, which moves on as if it had been drawn from."""
        shared, copy = default_rng(), self._copy()
        with drawing_from(copy):
            yield
        if shared.bit_generator.state == self.own:  # else another thread has moved it on
            shared.bit_generator.state = copy.bit_generator.state

    @contextmanager
    def again(self) -> Iterator[None]:
        """A block that draws the same random numbers; generators are then as they were before it."""
        now = [(generator, generator.bit_generator.state) for generator, _ in self.others]
        _set(self.others)
        try:
            with drawing_from(self._copy()):
                yield
        finally:
            _set(now)

    def _copy(self) -> Generator:
        copy = np.random.default_rng(0)
        copy.bit_generator.state = self.own
        return copy


def _set(states: list[tuple[Generator, Any]]) -> None:
    for generator, state in states:
        generator.bit_generator.state = state


def _generators(f: Callable[..., Any], values: Any) -> list[Generator]:
    """The generators among values, in what a function uses by name, and in the attributes of modules among both."""
    found: dict[int, Generator] = {}
    for value in (*trees.leaves(values), *_used_by(f)):
        candidates = [value]
        if callable(getattr(type(value), "modules", None)):
            candidates += [attribute for module in value.modules() for attribute in vars(module).values()]
        found.update({id(candidate): candidate for candidate in candidates if isinstance(candidate, Generator)})
    return list(found.values())


def _used_by(f: Any) -> Iterator[Any]:
    while isinstance(f, functools.partial):
        yield from trees.leaves((f.args, f.keywords))
        f = f.func
    yield f
    yield getattr(f, "__self__", None)
    f = getattr(f, "__func__", f)
    if isinstance(f, FunctionType):
        yield from trees.leaves((f.__defaults__, f.__kwdefaults__))
        yield from (f.__globals__.get(name) for name in f.__code__.co_names)
        for cell in f.__closure__ or ():
            with suppress(ValueError):  # a variable that has no value yet
                yield cell.cell_contents


_EXCERPT = 64  # elements that are compared


def _excerpt(array: Any) -> Any:
    """Shape, dtype and some elements of an array."""
    return array.shape, array.dtype, np.array(array.flat[:: max(1, array.size // _EXCERPT)])


def _alike(excerpt: Any, other: Any) -> bool:
    """Whether two are of the same result. Sums may have been taken in another order, if there are more threads now."""
    *kind, known = excerpt
    *other_kind, found = other
    if kind != other_kind:
        return False
    tolerance = float(np.sqrt(np.finfo(known.dtype).eps))
    scale = np.abs(known[np.isfinite(known)]).max(initial=0)
    return bool(np.allclose(known, found, rtol=tolerance, atol=tolerance * scale, equal_nan=True))
