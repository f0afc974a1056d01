"""The engine: how an operation is called and recorded, and how gradients flow back.

Read it top-down after `nodes` (handles and history) and `definition` (what an op is): the decorator that makes an op,
the meaning of a call, `gradients`. Nothing here names an operation of the library; whatever is irregular is expressed
as an op with several outputs, an op with a `spec`, or a deferred contribution.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from operator import attrgetter
from time import perf_counter
from typing import Any, NamedTuple, TypeVar

import numpy as np

from . import callers
from .definition import Array, Arrays, Composite, Definition, Index, Op
from .errors import OPERAND_ERRORS, GradientShapeError, describe, fix_of_shape
from .errors import operand as describe_operand
from .kernels.linalg import column_sums
from .nodes import (
    FREED,
    Handle,
    Leaf,
    Node,
    Output,
    as_array,
    constant_operand,
    get_default_dtype,
    label,
    named,
    next_serial,
    operand,
    raw,
    raw_index,
    retain,
    retained,
    set_default_dtype,
    written,
    written_since,
)
from .recording import Call, enable_grad, gate, is_grad_enabled, leave, local, no_grad, observe, position, user_line

# Layers above import what they need of the engine from here.
__all__ = [
    "FREED",
    "Array",
    "Arrays",
    "Call",
    "Composite",
    "Deferred",
    "Definition",
    "Handle",
    "Index",
    "Leaf",
    "Node",
    "Op",
    "Output",
    "as_array",
    "backward",
    "composite",
    "deferred",
    "enable_grad",
    "gate",
    "get_default_dtype",
    "gradients",
    "history",
    "is_grad_enabled",
    "label",
    "leave",
    "local",
    "named",
    "no_grad",
    "observe",
    "op",
    "position",
    "raw",
    "register_tensor_class",
    "registry",
    "retain",
    "retained",
    "set_default_dtype",
    "tensor_of",
    "written",
]

F = TypeVar("F", bound=Callable[..., Any])
Give = Callable[[Node, Any], None]  # adds a contribution to the gradient of a node

registry: dict[str, Definition] = {}


def op(
    *misplaced: Any,
    residuals: tuple[str, ...] = (),
    outputs: tuple[str, ...] | None = None,
    spec: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
    branch: Callable[..., Any] | None = None,
    registered: bool = True,
    **formulas: Callable[..., Any],
) -> Callable[[F], F]:
    """Make an operation of a function of arrays; each keyword is the derivative for the argument of that name.

    A formula takes the gradient `g` of the output and *names* what else it needs: `out`, an argument, a residual,
    or `x_shape`, `x_dtype`, `out_shape`, `out_dtype`; only that is kept for backward. The op of a sequence of arrays
    (annotated `Arrays`, or ``*arrays: Array``) has one formula, whose second argument is the position `i`.

    residuals: names of what the function returns beside its output, ``(output, *residuals)``, for formulas to name;
        a residual must be locally constant, or the op has a `spec`.
    outputs: names of the outputs, if there are several (an empty tuple: as many as the call gives); the function
        then returns a tuple of them (``(outputs, *residuals)`` with residuals), and `g` is a tuple, zeros where unused.
    spec: the same function in terms of other ops. The formulas may then use NumPy: create_graph=True replays the spec.
        Without formulas every backward does.
    backward: with a spec, ``backward(g, needs, ...)``, which gives the gradients of all inputs at once.
    branch: which branch each element took, for functions with kinks; named like a formula, without `g`.
    registered: whether it is one of the operations that the registry lists by name.

    Raises, when the function is defined, TypeError for names that do not exist or that mean two things, ValueError
    for the name of an operation that exists elsewhere.
    """
    _require_parentheses(misplaced, "op(x=lambda g, x: ...), with the derivative for each array argument")

    def define(forward: F) -> F:
        definition = Op(
            forward, formulas, residuals=residuals, outputs=outputs, spec=spec, backward=backward, branch=branch
        )
        callers.specialise(definition, _namespace)
        if registered:
            _check_name(definition)
            registry[definition.name] = definition
        return definition.function  # type: ignore[return-value]

    return define


def composite(*misplaced: Any, constants: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Make an operation of a function that is written in terms of other operations, and has its derivatives from them.

    It is found, sampled, checked and documented as one made by `op`; a graph shows what it consists of. The array
    arguments come as they are passed, Tensors as Tensors; lists come as arrays.

    constants: names of array arguments that have no gradient (arrays of integers and booleans have none anyway).

    Raises, when the function is defined, as `op` does.
    """
    _require_parentheses(misplaced, "composite()")

    def define(forward: F) -> F:
        definition = Composite(forward, constants)
        _check_name(definition)
        callers.complete(definition, _namespace)
        registry[definition.name] = definition
        return definition.function  # type: ignore[return-value]

    return define


def _require_parentheses(misplaced: tuple[Any, ...], call: str) -> None:
    if misplaced:
        raise TypeError(f"{call.partition('(')[0]}: the decorator takes its arguments by name; write @ag.{call}")


def _check_name(definition: Definition) -> None:
    known = registry.get(definition.name)
    if known is not None and known.forward.__module__ != definition.forward.__module__:  # the same cell may run twice
        raise ValueError(
            f"op {definition.name}: {known.forward.__module__} defines an operation of that name already;"
            " choose another name"
        )


# ---------------------------------------------------------------------------------------------------------------
# The meaning of a call. callers.py builds a faster function for each op; tests hold the two against each other.
# ---------------------------------------------------------------------------------------------------------------


def call(op: Op, values: tuple[Any, ...]) -> Any:
    """Compute `op` on `values`, one for each argument; record it if a gradient may be wanted; tell observers."""
    try:
        # A sequence of arrays may be a generator, or a Tensor that iterates over its rows: go through it once.
        values = tuple(tuple(v) if role == "arrays" else v for role, v in zip(op.roles.values(), values, strict=True))
        plain = tuple(_plain_value(op, *item) for item in zip(op.roles.items(), values, strict=True))
        handles = list(_array_values(op, values))
        started = perf_counter()
        result = op.bind(op.forward, plain)
        seconds = perf_counter() - started
    except OPERAND_ERRORS as error:
        raise describe(op.name, op.arguments(values), error) from error
    except AttributeError as error:
        return with_arrays(op, values, error)
    out, residuals = (result[0], result[1:]) if op.residuals else (result, ())
    output = _wrap_outputs(op, out, residuals, plain, handles)
    if local.observers:
        _report(op, values, plain, out, residuals, output, seconds)
    return output


def with_arrays(op: Definition, values: tuple[Any, ...], error: AttributeError) -> Any:
    """The call once more with arrays in the place of Python numbers, whose lack of an attribute was the error.

    They take the dtype of the arrays beside them, or the default one. Raises the error itself if there is none of
    these, TypeError if an operand is no array at all.
    """
    dtypes = (np.result_type(raw(value)) for value in values if isinstance(value, Handle | np.ndarray))
    beside = [dtype for dtype in dtypes if dtype.kind in "fc"]

    def as_beside(number: Any) -> Any:
        return np.asarray(number, np.result_type(number, *beside)) if beside else as_array(number)

    arrays = tuple(
        as_beside(value) if role == "array" and isinstance(value, bool | int | float | complex) else value
        for role, value in zip(op.roles.values(), values, strict=True)
    )
    if any(array is not value for array, value in zip(arrays, values, strict=True)):
        return op.bind(op.function, arrays)
    for (name, role), value in zip(op.roles.items(), values, strict=True):
        if role == "array" and not isinstance(value, Handle | np.ndarray | np.generic):
            required = value is not None or op.signature.parameters[name].default is not None
            if required:
                rule = TypeError(f"{name} is no array; pass an array, a Tensor, a number or a list of numbers")
                raise describe(op.name, op.arguments(values), rule) from error
    raise error


def _plain_value(op: Op, argument: tuple[str, str], value: Any) -> Any:
    name, role = argument
    if role == "array":
        return raw(value, operand if op.takes_gradient(name) else constant_operand)
    if role == "arrays":
        return tuple(map(raw, value))
    return raw_index(value) if role == "index" else value


def _array_values(op: Op, values: tuple[Any, ...]) -> Iterator[Any]:
    for role, value in zip(op.roles.values(), values, strict=True):
        if role == "arrays":
            yield from value
        elif role == "array":
            yield value


def _wrap_outputs(op: Op, out: Any, residuals: tuple[Any, ...], plain: tuple[Any, ...], handles: list[Any]) -> Any:
    """Raw results if every operand was raw, else Tensors, with a node if one of the operands has one."""
    if not any(isinstance(handle, Handle) for handle in handles):
        return out
    names = op.arrays * len(handles) if op.sequence else op.arrays
    parents = tuple(
        handle.node if isinstance(handle, Handle) and op.takes_gradient(name) else None
        for name, handle in zip(names, handles, strict=True)
    )
    node = None
    if local.recording and op.differentiable and any(parent is not None for parent in parents):
        node = _new_node(op, out, residuals, plain, parents)
    if op.outputs is None:
        return tensor_of(np.asarray(out), node if node is None or node.dtype.kind in "fc" else None)
    return outputs_of(node, out)


def _new_node(op: Op, out: Any, residuals: tuple[Any, ...], plain: tuple[Any, ...], parents: Any) -> Node:
    known = {**op.arguments(plain), "out": out, **dict(zip(op.residuals, residuals, strict=True))}
    node = Node()
    node.op, node.parents, node.serial = op, parents, next_serial()
    node.params = tuple(known[name] for name in op.params)
    node.saved = tuple(look_up(name, known) if op.keeps(name, parents) else None for name in op.saved_names)
    if op.outputs is None:
        node.shape, node.dtype = np.shape(out), np.asarray(out).dtype
    else:
        node.shape, node.dtype = tuple(map(np.shape, out)), tuple(np.asarray(o).dtype for o in out)  # type: ignore[assignment]
    return node


def look_up(name: str, known: Mapping[str, Any]) -> Any:
    """The value that a formula means by `name`: one that is known, or a shape or dtype of one."""
    if name in known:
        return known[name]
    source, _, what = name.rpartition("_")
    read: Any = np.shape if what == "shape" else np.result_type
    value = known[source]
    return tuple(map(read, value)) if isinstance(value, tuple) else read(value)


def tensor_of(data: Any, node: Node | None) -> Any:
    """A new handle of the registered class."""
    handle = _new(tensor_class())
    handle.data, handle.grad, handle.node = data, None, node
    return handle


def as_tensors(result: Any) -> Any:
    """Arrays as Tensors without history, also in a tuple; Tensors as they are."""
    if type(result) is tuple:
        return tuple(map(as_tensors, result))
    return tensor_of(np.asarray(result), None) if isinstance(result, np.ndarray | np.generic) else result


def outputs_of(node: Node | None, arrays: Iterable[Any]) -> tuple[Any, ...]:
    """Handles for the outputs of a node with several; integer and boolean ones have no history."""
    handles = []
    for slot, array in enumerate(map(np.asarray, arrays)):
        history = node is not None and array.dtype.kind in "fc"
        handles.append(tensor_of(array, Output(node, slot, array.shape, array.dtype) if history else None))  # type: ignore[arg-type]
    return tuple(handles)


def _report(
    op: Op, values: tuple[Any, ...], plain: tuple[Any, ...], out: Any, residuals: Any, output: Any, seconds: float
) -> None:
    branch = None
    if op.branch:
        known = {**op.arguments(plain), "out": out, **dict(zip(op.residuals, residuals, strict=True))}
        branch = op.branch.function(*(look_up(name, known) for name in op.branch.needs))
    event = Call(op, op.arguments(values), output, branch, user_line(), local.modules, seconds)
    for observer in local.observers:
        observer(event)


# ---------------------------------------------------------------------------------------------------------------
# Gradients
# ---------------------------------------------------------------------------------------------------------------


class Deferred:
    """A contribution that is computed later, with others for the same node, and added into the engine's buffer."""

    __slots__ = ("add", "args", "function")

    def __init__(self, function: Callable[..., Any], add: Callable[..., None], args: tuple[Any, ...]):
        self.function, self.add, self.args = function, add, args

    def alone(self) -> Any:
        """The contribution as an array of its own."""
        return self.function(*self.args)


def deferred(function: Callable[..., Any], add: Callable[..., None], g: Any, *args: Any) -> Any:
    """For formulas: ``function(g, *args)`` when it must be recorded, else a contribution that `add` puts in place.

    `function` consists of ops; ``add(buffer, many)`` adds to an array what it would return for each tuple
    ``(g, *args)`` in the list `many`.
    """
    return function(g, *args) if isinstance(g, Handle) else Deferred(function, add, (g, *args))


def gradients(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
) -> list[Any]:
    """The gradients of `outputs` (a Tensor or several, weighted by `grad_outputs`) with respect to each of `inputs`.

    Writes no `.grad`. Shapes and dtypes are those of the inputs. For complex inputs the gradient is PyTorch's: the
    direction of steepest ascent of a real output, dL/d(Re z) + i dL/d(Im z).

    grad_outputs: for each output a weight of its shape; None: 1, which only a real scalar may have.
    retain_graph: keep what the graph saved, so that it can be used again (default: as create_graph).
    create_graph: record the computation of the gradients, so that they can be differentiated.
    allow_unused: give None, instead of an error, for an input that the outputs do not depend on.

    Raises ValueError for an input or output without history, an output that needs a weight, or an unused input;
    RuntimeError if the graph was freed, or a saved array was written into.
    """
    targets = [_target(number, handle) for number, handle in enumerate(_as_list(inputs))]
    seeds = _seeds("gradients", _as_list(outputs), grad_outputs)
    plan = _plan_towards(set(targets), seeds)
    for number, target in enumerate(targets):
        if target not in plan.reached and not allow_unused:
            raise ValueError(
                f"gradients: the outputs do not depend on input {number} {target.shape} {target.dtype};"
                " pass allow_unused=True to get None for it"
            )
    table = _sweep(plan, seeds, retain_graph, create_graph)
    last_use = {target: number for number, target in enumerate(targets)}
    found = [
        _hand_out(table, target, number == last_use[target]) if target in plan.reached else None
        for number, target in enumerate(targets)
    ]
    if gate.special and not create_graph:
        for gradient in found:
            if gradient is not None:
                leave(gradient, "gradients() without create_graph=True")
    return found


def backward(
    outputs: Any, grad_outputs: Any = None, *, retain_graph: bool | None = None, create_graph: bool = False
) -> None:
    """Add the gradients of `outputs` to the `.grad` of every leaf (and retained tensor) they were computed from.

    Arguments and errors as in `gradients`. Nothing is written if anything fails.
    """
    seeds = _seeds("backward", _as_list(outputs), grad_outputs)
    table = _sweep(_plan_to_leaves(seeds), seeds, retain_graph, create_graph)
    for node in list(table):
        reference = node.handle if isinstance(node, Leaf) else retained.get(node)
        handle = reference() if reference is not None else None
        if handle is not None and handle.node is node:
            gradient = _hand_out(table, node)
            with _adding_to_grad:
                handle.grad = gradient if handle.grad is None else _sum_of_grads(handle.grad, gradient, create_graph)


_adding_to_grad = threading.RLock()  # two threads may run backward to the same leaf: no contribution is lost


def _renew_lock() -> None:
    """In a child process no other thread is left that could let go of it."""
    global _adding_to_grad
    _adding_to_grad = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def _sum_of_grads(old: Any, new: Any, create_graph: bool) -> Any:
    if not isinstance(old, Handle) or old.data.shape != new.data.shape:
        raise TypeError(
            f"backward: .grad was set to {describe_operand(old)}, the gradient is {describe_operand(new)};"
            " set it to None or to a Tensor of that shape"
        )
    return old + new if create_graph else tensor_of(np.asarray(old.data + new.data), None)


def _target(number: int, handle: Any) -> Node:
    if not isinstance(handle, Handle) or handle.node is None:
        raise ValueError(
            f"gradients: input {number} {describe_operand(handle)} does not require a gradient;"
            " call requires_grad_() on it first"
        )
    return handle.node


def _as_list(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def _seeds(caller: str, outputs: list[Any], weights: Any) -> dict[Node, Any]:
    """The gradient that each output starts with. The same tensor may stand twice; its weights add up."""
    weights = [None] * len(outputs) if weights is None else _as_list(weights)
    if len(weights) != len(outputs):
        raise ValueError(f"{caller}: {len(outputs)} outputs but {len(weights)} grad_outputs; pass one for each output")
    seeds: dict[Node, Any] = {}
    for number, (output, weight) in enumerate(zip(outputs, weights, strict=True)):
        node = getattr(output, "node", None)
        if node is None:
            raise ValueError(
                f"{caller}: output {number} {describe_operand(output)} has no history to differentiate;"
                " make an input with requires_grad=True, and compute outside no_grad()"
            )
        seed = _seed(caller, number, output, weight)
        seeds[node] = seeds[node] + seed if node in seeds else seed
    return seeds


def _seed(caller: str, number: int, output: Any, weight: Any) -> Any:
    shape, dtype = output.data.shape, output.data.dtype
    if weight is None:
        if output.data.size != 1 or dtype.kind == "c":
            raise ValueError(
                f"{caller}: output {number} {shape} {dtype} is not a real scalar and no gradient was given;"
                " reduce it (for example .sum()) or pass gradient= of its shape"
            )
        return np.ones(shape, dtype)
    if np.shape(raw(weight)) != shape:
        raise ValueError(
            f"{caller}: the gradient given for output {number} has shape {np.shape(raw(weight))}, the output {shape};"
            " pass one of the same shape"
        )
    weight = weight if isinstance(weight, Handle) else np.asarray(weight)
    if not np.can_cast(weight.dtype, dtype, "same_kind"):
        raise TypeError(
            f"{caller}: the gradient given for output {number} is {weight.dtype}, the output {dtype};"
            f" pass gradient.astype('{dtype}')"
        )
    weight = weight if weight.dtype == dtype else weight.astype(dtype)
    return weight.conj() if dtype.kind == "c" else weight


class _Plan(NamedTuple):
    """What a backward will do: nodes to visit, newest first, and for each the parents that want a gradient."""

    nodes: list[Node]
    parents: list[tuple[Node | None, ...]]
    kept: Set[Node]  # inner nodes whose gradient is asked for, too
    reached: Set[Node]  # the targets that the outputs depend on


def _plan_to_leaves(roots: Iterable[Node]) -> _Plan:
    """To all leaves, keeping the gradients of retained nodes."""
    nodes, _ = _history(roots)
    kept = {node for node in nodes if node in retained} if retained else set()
    return _checked(_Plan(nodes, [node.parents for node in nodes], kept, set()))


def _plan_towards(targets: set[Node], roots: Iterable[Node]) -> _Plan:
    """Only to nodes from which a target can be reached, and no further than the targets."""
    nodes, leaves = _history(roots, min(map(_serial_of, targets), default=0))
    reaching, visited, wanted = set(targets), [], []
    for node in reversed(nodes):
        parents = tuple(parent if parent in reaching else None for parent in node.parents)
        if any(parent is not None for parent in parents):
            reaching.add(node)
            visited.append(node)
            wanted.append(parents)
    return _checked(_Plan(visited[::-1], wanted[::-1], targets, targets & ({*nodes} | {*leaves})))


def _checked(plan: _Plan) -> _Plan:
    """The plan, if everything it needs is there: all checks run before anything changes."""
    for node in plan.nodes:
        if node.saved is FREED:
            raise RuntimeError(
                f"backward through {label(node)} {node.shape} {node.dtype}: an earlier backward has already freed this"
                " graph (or has failed half-way); pass retain_graph=True to that one, or compute the result again"
            )
    _check_not_written(plan)
    return plan


def _sweep(plan: _Plan, seeds: dict[Node, Any], retain: bool | None, create: bool) -> dict[Node, Any]:
    """Run the derivatives from the seeds back; returns the table of gradients that is left at the end.

    The table belongs to this call: a backward may run inside a backward, and two threads may share a history.
    """
    retain = create if retain is None else retain
    # An infinite or undefined slope is a result here, not an accident: the forward has warned where NumPy does.
    with np.errstate(divide="ignore", invalid="ignore"):
        if not create:
            return _conjugated(_run(plan, {node: raw(seed) for node, seed in seeds.items()}, retain, recorded=False))
        with enable_grad():
            seeds = {node: _lift(seed, None) for node, seed in seeds.items()}
            return _conjugated(_run(plan, seeds, retain, recorded=True))


def _conjugated(table: dict[Node, Any]) -> dict[Node, Any]:
    """Formulas know no conjugates; here, at the boundary, their gradients become PyTorch's."""
    for node in table:
        if node.dtype.kind == "c":
            table[node] = table[node].conj()
    return table


_serial_of = attrgetter("serial")


def _history(roots: Iterable[Node], oldest: int = 0) -> tuple[list[Node], list[Leaf]]:
    """All nodes that `roots` were made from: the inner ones, newest first, and the leaves.

    What nodes up to the number `oldest` were made from is left out: nothing of that number can be among it.
    """
    seen = set(roots)
    found = list(seen)
    for node in found:  # grows as we go
        if node.serial > oldest:
            for parent in node.parents:
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    found.append(parent)
    nodes = [node for node in found if type(node) is not Leaf]
    leaves = [node for node in found if type(node) is Leaf]
    nodes.sort(key=_serial_of, reverse=True)
    return nodes, leaves


def history(*handles: Any) -> tuple[list[Node], list[Leaf]]:
    """The nodes that Tensors were computed from, newest first, and the leaves apart; for whoever walks graphs."""
    return _history(handle.node for handle in handles if handle.node is not None)


def _check_not_written(plan: _Plan) -> None:
    """Raise if an optimizer wrote into an array after a node of the plan saved it, a view of it, or it detached."""
    since = written_since(plan.nodes[-1].serial) if plan.nodes else []  # empty after every ordinary step
    for leaf in since:
        handle = leaf.handle()
        for node in plan.nodes:
            if handle is not None and node.serial < leaf.stamp and _saves(node, handle.data):
                raise RuntimeError(
                    f"backward through {label(node)} {node.shape}: it saved a parameter {leaf.shape} {leaf.dtype} that"
                    " an optimizer has changed since; call backward before step(), or compute the result again"
                )


def _saves(node: Node, array: np.ndarray[Any, Any]) -> bool:
    flat = itertools.chain.from_iterable(value if type(value) is tuple else (value,) for value in node.saved)
    return any(isinstance(value, np.ndarray) and np.may_share_memory(value, array) for value in flat)


def _run(plan: _Plan, table: dict[Node, Any], retain: bool, recorded: bool) -> dict[Node, Any]:
    """The backward pass: on plain arrays, or `recorded`, on Tensors through the same formulas."""
    late: dict[Node, list[Deferred]] = {}  # contributions that are yet to be computed
    give, settle = _adding_tensors(table) if recorded else _adding_arrays(table, late)
    kept = plan.kept
    for node, parents in zip(plan.nodes, plan.parents, strict=True):
        if node in late:
            settle(node)
        g = table.get(node) if node in kept else table.pop(node, None)
        if g is None:
            continue
        op = node.op
        if op is None:
            _collect_output(table, node, g)
            continue
        try:
            if op.outputs is not None:
                g = _filled(node, g)
            if recorded:
                pull_recorded(node, g, parents, give)
            else:
                op.pullback(node, g, parents, give)
        except Exception as error:
            refusal = _refusal(error, node)
            if refusal is not None:
                raise refusal from error
            error.add_note(f"in the derivative of {node!r}")
            raise
        if not retain and node.saved:
            node.saved = FREED
    for node in list(late):
        settle(node)
    return table


def _refusal(error: Exception, node: Node) -> Exception | None:
    """The error with the name of the operation, if it is about what a formula returned, and not from within one."""
    if isinstance(error, _UnfitError):
        return _unfit(error, node)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or trace.tb_frame.f_code.co_filename != __file__:
        return None
    if isinstance(error, AttributeError):
        returned = type(error.obj).__name__
        return TypeError(f"{node.op.name}: a formula of its derivative returned {returned}; return an array")
    return ValueError(f"{node.op.name}: {error}") if isinstance(error, ValueError) else None


def _unfit(error: _UnfitError, node: Node) -> GradientShapeError:
    """The same error in terms of the operation whose derivative it is, and its argument."""
    op, places = node.op, [i for i, parent in enumerate(node.parents) if parent is error.node]
    name = " or ".join(f"{op.arrays[0]}[{i}]" if op.sequence else op.arrays[i] for i in places)
    fix = fix_of_shape(error.shape, error.node.shape)
    return GradientShapeError(
        op.name, f"the derivative for {name} has shape {error.shape}, {name} {error.node.shape}; {fix}"
    )


# So many deferred contributions to a node are collected, at most: what they hold is memory that backward has not freed.
_TOGETHER = 16


def _adding_arrays(table: dict[Node, Any], late: dict[Node, list[Deferred]]) -> tuple[Give, Callable[[Node], None]]:
    """Two functions: one adds a contribution to the gradient that `table` has for a node, or collects it in `late` if
    it is deferred; the other computes what was collected for a node.

    A first contribution may be the gradient of another node, too, so the first sum is a new array. That buffer is the
    engine's own, and what comes later is added in place.
    """
    owned: set[Node] = set()

    def give(node: Node, contribution: Any) -> None:
        if contribution is None:
            return
        if type(contribution) is Deferred:
            waiting = late.setdefault(node, [])
            waiting.append(contribution)
            if len(waiting) == _TOGETHER:
                settle(node)
            return
        if contribution.shape != node.shape or contribution.dtype is not node.dtype:
            contribution = fit(contribution, node)
        known: Any = table.get(node)
        if known is None:
            table[node] = contribution
        elif node in owned:
            known += contribution
        else:
            table[node] = np.asarray(known + contribution)
            owned.add(node)

    def settle(node: Node) -> None:
        waiting, known = late.pop(node), table.get(node)
        if known is None and len(waiting) == 1:
            table[node] = fit(waiting[0].alone(), node)
        else:
            if node not in owned:
                table[node] = known = np.zeros(node.shape, node.dtype) if known is None else np.array(known)
            for add, several in itertools.groupby(waiting, _add_of):
                add(known, [contribution.args for contribution in several])
        owned.add(node)

    return give, settle


_add_of = attrgetter("add")


def _adding_tensors(table: dict[Node, Any]) -> tuple[Give, Callable[[Node], None]]:
    """The same for a backward that is recorded: every sum is a new Tensor, and nothing is deferred."""

    def give(node: Node, contribution: Any) -> None:
        if contribution is not None:
            contribution = fit(_lift(contribution, None), node)
            table[node] = table[node] + contribution if node in table else contribution

    return give, lambda _: None


def _collect_output(table: dict[Node, Any], node: Node, g: Any) -> None:
    """Put the gradient of one output where the node with several outputs collects them."""
    (parent,), (slot,) = node.parents, node.params
    assert parent is not None
    collected = table.setdefault(parent, [None] * len(parent.shape))
    collected[slot] = g if collected[slot] is None else collected[slot] + g


def _filled(node: Node, collected: list[Any]) -> tuple[Any, ...]:
    shapes: Any = zip(collected, node.shape, node.dtype, strict=True)  # type: ignore[call-overload]  # one for each output
    return tuple(np.zeros(shape, dtype) if g is None else g for g, shape, dtype in shapes)


def fit(contribution: Any, node: Node) -> Any:
    """A contribution in the shape and dtype of what it is the gradient of; Tensor or array, through shared methods.

    Sums over the axes along which the input was broadcast, takes the real part for a real input, casts.
    """
    shape, dtype = node.shape, node.dtype
    if contribution.shape != shape:
        contribution = _summed(contribution, node)
    if contribution.dtype != dtype:
        if contribution.dtype.kind == "c" and dtype.kind != "c":
            contribution = contribution.real
        contribution = contribution.astype(dtype)
    return contribution


class _UnfitError(ValueError):
    """A contribution to the gradient of a node has a shape of which no sum has that of the node."""

    def __init__(self, shape: tuple[int, ...], node: Node):
        super().__init__(f"a derivative has shape {shape}, which does not fit the input's {node.shape}")
        self.shape, self.node = shape, node


def _summed(contribution: Any, node: Node) -> Any:
    """Summed over the axes that the node lacks or has with length 1; what has length 1 itself is only reshaped."""
    lengths, shape = contribution.shape, node.shape
    new = len(lengths) - len(shape)
    if new == 1 and len(lengths) == 2 and lengths[1:] == shape and type(contribution) is np.ndarray:
        return column_sums(contribution)
    axes = tuple([i for i, n in enumerate(lengths) if n != 1 and (i < new or shape[i - new] == 1)])
    if new < 0 or any(n != shape[i - new] for i, n in enumerate(lengths) if i >= new and i not in axes):
        raise _UnfitError(lengths, node)
    if axes:
        contribution = contribution.sum(axis=axes, keepdims=True)
    return contribution.reshape(shape)


def _pull(node: Node, g: Any, parents: tuple[Node | None, ...], give: Give) -> None:
    """The derivatives of a node, given to its parents. callers.py builds a faster one for each op that it can."""
    _give_each(give, parents, plain_pullback(node, g, parents))


def pull_recorded(node: Node, g: Any, parents: tuple[Node | None, ...], give: Give) -> None:
    """The same as Tensors with a history of their own."""
    _give_each(give, parents, recorded_pullback(node, g, parents))


def _give_each(give: Give, parents: tuple[Node | None, ...], contributions: tuple[Any, ...]) -> None:
    for parent, contribution in zip(parents, contributions, strict=True):
        if parent is not None:
            give(parent, contribution)


def plain_pullback(node: Node, g: Any, parents: tuple[Node | None, ...]) -> tuple[Any, ...]:
    """The derivatives of a node by its formulas, as they are defined: one for each parent, None where it is None."""
    op = node.op
    if op.replayed:
        with enable_grad():
            replayed = _replay(node, g, parents, create_graph=False)
        return tuple(None if gradient is None else gradient.data for gradient in replayed)
    known = _known(node)
    if op.backward:
        known["needs"] = tuple(parent is not None for parent in parents)
        joint = tuple(op.backward.function(g, *(look_up(name, known) for name in op.backward.needs)))
        if len(joint) != len(parents):
            raise ValueError(
                f"backward gave {len(joint)} gradients for {len(parents)} arrays; give one (or None) for each"
            )
        return joint
    contributions: list[Any] = []
    for i, parent in enumerate(parents):
        target = op.arrays[0 if op.sequence else i]
        formula = op.formulas.get(target)
        if parent is None or formula is None:
            contributions.append(None)
            continue
        if not op.sequence:
            known[f"{target}_shape"], known[f"{target}_dtype"] = parent.shape, parent.dtype
        first = (g, i) if op.sequence else (g,)
        contributions.append(formula.function(*first, *(look_up(name, known) for name in formula.needs)))
    return tuple(contributions)


def _known(node: Node) -> dict[str, Any]:
    known = dict(zip(node.op.params, node.params, strict=True))
    known |= dict(zip(node.op.saved_names, node.saved, strict=True))
    known["out_shape"], known["out_dtype"] = node.shape, node.dtype
    return known


def recorded_pullback(node: Node, g: Any, parents: tuple[Node | None, ...]) -> tuple[Any, ...]:
    """The derivatives of a node as Tensors with a history of their own: saved values get their own history back."""
    if node.op.spec:
        return _replay(node, g, parents, create_graph=True)
    lifted = Node()
    lifted.op, lifted.params, lifted.shape, lifted.dtype = node.op, node.params, node.shape, node.dtype
    lifted.saved = tuple(_lift_saved(node, *item) for item in zip(node.op.saved_names, node.saved, strict=True))
    return plain_pullback(lifted, g, parents)


def _lift(value: Any, node: Node | None) -> Any:
    return value if isinstance(value, Handle) else tensor_of(np.asarray(value), node)


def _lift_saved(node: Node, name: str, value: Any) -> Any:
    op = node.op
    if name == "out":
        return _lift(value, node) if op.outputs is None else outputs_of(node, value)
    if name not in op.arrays or value is None:
        return value
    if op.sequence:
        return tuple(_lift(v, p) if p is not None else v for v, p in zip(value, node.parents, strict=True))
    parent = node.parents[op.arrays.index(name)]
    return value if parent is None else _lift(value, parent)


def _replay(node: Node, g: Any, parents: tuple[Node | None, ...], create_graph: bool) -> tuple[Any, ...]:
    """The derivatives of a fused op, to any order: run the expression it stands for, and differentiate that."""
    op, known = node.op, _known(node)
    originals = [_lift_saved(node, name, known[name]) for name in op.arrays]
    originals = list(originals[0]) if op.sequence else originals
    # An alias apart for each input: the same tensor may be passed twice, and each position has a gradient of its own.
    aliases = [o if parent is None else alias(o) for o, parent in zip(originals, parents, strict=True)]
    remaining = iter([tuple(aliases)] if op.sequence else aliases)
    values = [next(remaining) if name in op.arrays else known[name] for name in op.roles]
    outputs = op.bind(op.spec, values)
    pairs = [(outputs, g)] if op.outputs is None else list(zip(outputs, g, strict=True))
    pairs = [(output, seed) for output, seed in pairs if isinstance(output, Handle) and output.node is not None]
    wanted = [a for a, parent in zip(aliases, parents, strict=True) if parent is not None]
    weights = [seed if seed.dtype.kind != "c" else seed.conj() for _, seed in pairs]
    found = gradients([output for output, _ in pairs], wanted, weights, create_graph=create_graph, allow_unused=True)
    found = [gradient if gradient is None or gradient.dtype.kind != "c" else gradient.conj() for gradient in found]
    results = iter(found)
    return tuple(None if parent is None else next(results) for parent in parents)


def _hand_out(table: dict[Node, Any], node: Node, last_use: bool = True) -> Any:
    """A Tensor with the gradient of `node`: writable, and sharing memory with nothing; zeros if none arrived."""
    if node not in table:
        return tensor_of(np.zeros(node.shape, node.dtype), None)
    g = table.pop(node) if last_use else table[node]
    if isinstance(g, Handle):
        return tensor_of(np.array(g.data), g.node)
    return tensor_of(g if last_use and callers.alone(g) else np.array(g), None)


# ---------------------------------------------------------------------------------------------------------------
# The class of handles is registered from above, by tensor.py
# ---------------------------------------------------------------------------------------------------------------

_new = object.__new__

# What the generated callers see. `_Tensor` is set by `register_tensor_class`.
_namespace: dict[str, Any] = {
    "_Handle": Handle,
    "_Node": Node,
    "_Tensor": Handle,
    "_new": _new,
    "_serial": next_serial,
    "_gate": gate,
    "_local": local,
    "_call": call,
    "_pull": _pull,
    "_operand": operand,
    "_constant_operand": constant_operand,
    "_raw": raw,
    "_raw_index": raw_index,
    "_outputs_of": outputs_of,
    "_ndarray": np.ndarray,
    "_asarray": np.asarray,
    "_shape": np.shape,
    "_dtype": np.result_type,
    "_describe": describe,
    "_tensor_of": tensor_of,
    "_as_tensors": as_tensors,
    "_with_arrays": with_arrays,
    "_ERRORS": OPERAND_ERRORS,
}


def register_tensor_class(tensor: type[Handle]) -> None:
    """Let `tensor` be the class of every result, also of the ops that exist already."""
    ops = (definition for definition in registry.values() if isinstance(definition, Op))
    for names in (_namespace, *(definition.function.__globals__ for definition in ops)):
        names["_Tensor"] = tensor


def tensor_class() -> type[Handle]:
    """The registered class of results."""
    return _namespace["_Tensor"]


@op(x=lambda g: g)
def alias(x: Array) -> Array:
    """The same value with a place of its own in the graph.

    x: any shape. Returns the same shape.

    >>> alias(randn(2, 3))
    """
    return x
