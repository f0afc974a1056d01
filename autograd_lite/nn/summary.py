"""What a model consists of, and what a call of it costs, as a table."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import core
from ..core import Call, raw
from ..ops.random import drawing_from
from ..tensor import Tensor
from .module import Module, Parameter


class Row(NamedTuple):
    """One module. Numbers are its own, without those of the modules inside it: columns add up to the totals."""

    path: str
    kind: str
    output: Any  # the shape of what it returned last, a tuple of them for several; None if it was not called
    parameters: int
    multiply_adds: int
    activation_bytes: int


class Summary(NamedTuple):
    """What `ag.summary` found; printed, it is a table."""

    rows: tuple[Row, ...]
    parameters: int
    learned: int  # of the parameters, those that require a gradient
    parameter_bytes: int
    multiply_adds: int
    activation_bytes: int

    def __str__(self) -> str:
        header = ("module", "type", "output", "parameters", "multiply-adds", "kept for backward")
        cells = [
            (row.path or "(model)", row.kind, "" if row.output is None else str(row.output), *_numbers(row))
            for row in self.rows
        ]
        lines = _aligned([header, *cells, ("total", "", "", *_numbers(self))])
        rule = "-" * max(map(len, lines))
        learned = "all" if self.learned == self.parameters else f"{self.learned:,}"
        footer = f"{self.parameters:,} parameters, {learned} of them learned, take {_size(self.parameter_bytes)}"
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], footer])

    def __repr__(self) -> str:
        return str(self)


def summary(model: Module, *inputs: Any) -> Summary:
    """Each module of `model` with the shape of its output, its parameters, multiply-adds, and memory for backward.

    inputs: what the model is called with; a tuple of integers stands for zeros of that shape (with the batch's axis) in
    the dtype of the model's first parameter. Returns a `Summary`, which prints as a table, with `rows` and totals.
    Shared modules have one row, shared parameters count once; what is computed in several calls adds up. Multiply-adds
    are those of convolutions, matrix products, einsum and recurrences. Memory is what the graph keeps for backward
    beside parameters and inputs, each array once, under the module that keeps it first. The model runs in evaluation
    mode, with each module in its place, and is afterwards as before: modes, buffers, attributes, random generators.
    Raises TypeError for what is no Module, and whatever the model raises.

    >>> print(ag.summary(ag.models.LeNet5(), (1, 1, 32, 32)))
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: the model is a {type(model).__name__}; pass a Module")
    arrays = [as_input(model, x) for x in inputs]
    costs = _Costs(model, arrays)
    with untouched(model), ExitStack() as stack:
        for module in model.modules():
            stack.enter_context(module.register_forward_hook(costs.see_output))
        stack.enter_context(drawing_from(np.random.default_rng(0)))
        stack.enter_context(core.enable_grad())
        stack.enter_context(core.observe(costs.see_operation))
        model.eval()(*arrays)
    return costs.result()


def as_input(model: Module, x: Any) -> Any:
    """Zeros for a shape; other inputs as they are."""
    if not (isinstance(x, tuple) and x and all(isinstance(n, int | np.integer) for n in x)):
        return x
    dtypes = (parameter.dtype for parameter in model.parameters() if parameter.dtype.kind in "fc")
    return Tensor(np.zeros(x, next(dtypes, core.get_default_dtype())))


class _Costs:
    """Collects, while the model runs, what each module returns, computes and keeps."""

    def __init__(self, model: Module, inputs: list[Any]):
        self.model = model
        self.outputs: dict[Module, Any] = {}
        self.multiply_adds: dict[Module, int] = defaultdict(int)
        self.activation_bytes: dict[Module, int] = defaultdict(int)
        there = [*model.parameters(), *model.buffers(), *inputs]
        self.counted = {id(array): array for array in map(owner, arrays_in(there))}  # holds them: ids stay theirs

    def see_output(self, module: Module, args: Any, output: Any) -> None:
        self.outputs[module] = _shapes(output)

    def see_operation(self, call: Call) -> None:
        module = call.modules[-1]
        if call.op.name in _MULTIPLY_ADDS:
            self.multiply_adds[module] += _MULTIPLY_ADDS[call.op.name](call.arguments, call.output)
        output = call.output[0] if isinstance(call.output, tuple) and call.output else call.output
        node = getattr(output, "node", None)
        node = node.parents[0] if isinstance(node, core.Output) else node
        for array in map(owner, arrays_in(node.saved if node is not None else ())):
            if id(array) not in self.counted:
                self.counted[id(array)] = array
                self.activation_bytes[module] += array.nbytes

    def result(self) -> Summary:
        rows, counted = [], set[Parameter]()
        for path, module in self.model.named_modules():
            own = {member for _, member in module._members() if isinstance(member, Parameter)} - counted
            counted |= own
            costs = self.multiply_adds[module], self.activation_bytes[module]
            size = sum(parameter.size for parameter in own)
            rows.append(Row(path, type(module).__name__, self.outputs.get(module), size, *costs))
        parameters = list(self.model.parameters())
        return Summary(
            tuple(rows),
            sum(parameter.size for parameter in parameters),
            sum(parameter.size for parameter in parameters if parameter.requires_grad),
            sum(parameter.nbytes for parameter in parameters),
            sum(self.multiply_adds.values()),
            sum(self.activation_bytes.values()),
        )


@contextmanager
def untouched(model: Module) -> Iterator[None]:
    """A block after which all modules have the attributes, buffers and states of generators that they had before."""
    attributes = [(module, dict(vars(module))) for module in model.modules()]
    buffers = [(buffer, buffer.node, buffer.data, buffer.data.copy()) for buffer in model.buffers()]
    generators = [x for _, held in attributes for x in held.values() if isinstance(x, np.random.Generator)]
    states = [(generator, generator.bit_generator.state) for generator in generators]
    try:
        yield
    finally:
        for module, held in attributes:
            vars(module).clear()
            vars(module).update(held)
        for buffer, node, array, values in buffers:
            array[...] = values
            buffer.data, buffer.node = array, node
        for generator, state in states:
            generator.bit_generator.state = state


# -- what is counted -------------------------------------------------------------------------------------------------


def _by_filters(arguments: Any, output: Any) -> int:
    """Each output takes a filter's length."""
    return output.size * math.prod(arguments["weight"].shape[1:])


def _by_filters_transposed(arguments: Any, output: Any) -> int:
    """Each input meets a filter."""
    return arguments["x"].size * math.prod(arguments["weight"].shape[1:])


def _by_places(arguments: Any, output: Any) -> int:
    """Each image meets all weights once."""
    return arguments["x"].shape[0] * arguments["weight"].size


def _by_inner_axis(arguments: Any, output: Any) -> int:
    return output.size * np.shape(raw(arguments["a"]))[-1]


def _by_steps(arguments: Any, output: Any) -> int:
    """Each step of each sequence meets both weights."""
    steps, batch = arguments["x"].shape[:2]
    return steps * batch * (arguments["weight_ih"].size + arguments["weight_hh"].size)


def _by_letters(arguments: Any, output: Any) -> int:
    """All combinations of all indices; none where nothing is multiplied."""
    terms, operands = arguments["subscripts"].split("->")[0].split(","), arguments["operands"]
    pairs = zip(terms, operands, strict=True)
    lengths = {letter: n for term, x in pairs for letter, n in zip(term, np.shape(raw(x)), strict=True)}
    return math.prod(lengths.values()) * (len(terms) - 1)


_MULTIPLY_ADDS: dict[str, Callable[[Any, Any], int]] = {
    "linear": _by_filters,
    "matmul": _by_inner_axis,
    "contract": _by_letters,
    **{f"conv{axes}d": _by_filters for axes in (1, 2, 3)},
    **{f"conv_transpose{axes}d": _by_filters_transposed for axes in (1, 2, 3)},
    **{f"local_conv{axes}d": _by_places for axes in (1, 2)},
    **dict.fromkeys(("rnn", "lstm", "gru"), _by_steps),
}


def arrays_in(value: Any) -> Iterator[np.ndarray[Any, Any]]:
    """The arrays that a value is or holds."""
    value = value.data if isinstance(value, Tensor) else value
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from arrays_in(item)


def owner(array: Any) -> Any:
    """The array whose memory a view shows."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _shapes(output: Any) -> Any:
    """The shape of a Tensor, shapes in a tuple for several, None for what has none."""
    if isinstance(output, tuple | list):
        return tuple(map(_shapes, output))
    return getattr(output, "shape", None)


# -- the table -------------------------------------------------------------------------------------------------------


def _numbers(row: Row | Summary) -> tuple[str, str, str]:
    return f"{row.parameters:,}", f"{row.multiply_adds:,}", _size(row.activation_bytes)


def _size(n: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if n < 1000:
            return f"{n:.{0 if unit == 'bytes' else 1}f} {unit}"
        n /= 1000
    return f"{n:.1f} GB"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Lines in columns: the first three to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    formats = [f"{{:{'<' if i < 3 else '>'}{width}}}" for i, width in enumerate(widths)]
    return ["  ".join(formats).format(*row).rstrip() for row in rows]
