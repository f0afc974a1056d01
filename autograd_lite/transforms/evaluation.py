"""One evaluation of a function, and the two directions in which derivatives are taken through it."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..core import Handle, alias, as_array, enable_grad, gradients, history, is_grad_enabled, tensor_of
from ..errors import operand
from ..tensor import Tensor
from . import trees

Argnums = int | Sequence[int]

# The leaves that were made here. Those whose transform is over stay in the history of what lasts, and nobody asks for
# their gradients: a transform around it need not keep a history for their sake.
_variables: weakref.WeakSet[Any] = weakref.WeakSet()


def _leaf(array: Any) -> Any:
    """A Tensor that starts a history."""
    tensor = Tensor(array, requires_grad=True)
    _variables.add(tensor.node)
    return tensor


class Run:
    """A function evaluated at variables of its own, in which its history ends: leaves, or aliases of the arguments.

    lasting: whether results have a history of their own, because something with one, beside the variables, is in it.
    plain: whether results are arrays: nothing lasts, and no argument is a Tensor.
    """

    def __init__(
        self,
        name: str,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        argnums: Argnums,
        has_aux: bool = False,
    ):
        recording = is_grad_enabled()
        self.single = isinstance(argnums, int | np.integer)
        positions = _positions(name, argnums, len(args))
        self.arguments = tuple(args[position] for position in positions)
        self.aux: Any = None
        self.variables: list[Any] = []
        with contextlib.nullcontext() if recording else enable_grad():
            given = list(args)
            for position in positions:
                given[position] = self._varied(name, position, args[position], recording)
            result = f(*given, **kwargs)
            self.result, self.aux = _split_aux(name, result) if has_aux else (result, None)
        self.outputs: list[Any] = [
            leaf if isinstance(leaf, Handle) else as_array(leaf) for leaf in trees.leaves(self.result)
        ]
        self.lasting = recording and self._has_other_history()
        self.plain = not self.lasting and not any_tensor(trees.leaves((args, kwargs)))

    def _varied(self, name: str, position: int, argument: Any, recording: bool) -> Any:
        found = [
            _variable(f"{name}: {path}", leaf, recording)
            for path, leaf in trees.named_leaves(argument, f"argument {position}")
        ]
        self.variables += found
        return trees.rebuild(argument, found)

    def _has_other_history(self) -> bool:
        if any(variable.node.parents for variable in self.variables):
            return True
        own = {variable.node for variable in self.variables}
        handles = (leaf for leaf in (*self.outputs, *trees.leaves(self.aux)) if isinstance(leaf, Handle))
        _, found = history(*handles)
        return any(leaf not in own and not (leaf in _variables and leaf.handle() is None) for leaf in found)

    def pull(self, weights: list[Any], lasting: bool, retain: bool = False) -> list[Any]:
        """The gradients of the weighted outputs for all variables; None is no weight."""
        outputs, seeds = _weighted(self.outputs, weights)
        kept: dict[str, Any] = {"retain_graph": retain or lasting, "create_graph": lasting, "allow_unused": True}
        found = gradients(outputs, self.variables, seeds, **kept)
        return [_zeros(v) if g is None else g for g, v in zip(found, self.variables, strict=True)]

    def handed_out(self, tree: Any, plain: bool | None = None) -> Any:
        """A result as the caller gets it."""
        return trees.map_leaves(
            lambda leaf: handed_out(leaf, self.lasting, self.plain if plain is None else plain), tree
        )

    def arranged(self, found: Iterable[Any], plain: bool | None = None) -> Any:
        """One value for each variable, in the structure of the arguments."""
        plain = self.plain if plain is None else plain
        arranged = trees.rebuild(self.arguments, (handed_out(value, True, plain) for value in found))
        return arranged[0] if self.single else arranged


class Forward:
    """The Jacobian times vectors. The gradient, J^T u, is linear in the weights u: its own transposed Jacobian is J."""

    def __init__(self, run: Run):
        self.run = run
        self.weights = {
            i: _leaf(np.zeros(output.shape, output.dtype))
            for i, output in enumerate(run.outputs)
            if getattr(output, "node", None) is not None
        }
        outputs, weights = [run.outputs[i] for i in self.weights], list(self.weights.values())
        self.pulled = gradients(outputs, run.variables, weights, create_graph=True, allow_unused=True)

    def push(self, tangents: list[Any], lasting: bool) -> list[Any]:
        """The derivatives of all outputs along tangents of the variables, None for zeros."""
        handles, along = _weighted(self.pulled, tangents)
        kept: dict[str, Any] = {"retain_graph": True, "create_graph": lasting, "allow_unused": True}
        found = dict(zip(self.weights, gradients(handles, list(self.weights.values()), along, **kept), strict=True))
        return [_zeros(output) if found.get(i) is None else found[i] for i, output in enumerate(self.run.outputs)]


# ---------------------------------------------------------------------------------------------------------------
# What comes in and what goes out
# ---------------------------------------------------------------------------------------------------------------


def check_argnums(name: str, argnums: Any) -> None:
    """Raise TypeError, before any call, for what are no positions."""
    positions = argnums if isinstance(argnums, Sequence) else (argnums,)
    if not all(isinstance(position, int | np.integer) and not isinstance(position, bool) for position in positions):
        raise TypeError(
            f"{name}: argnums is {operand(argnums)}; pass the position of an argument or a tuple of positions,"
            f" and call the function that comes back: ag.{name}(f)(x)"
        )


def _positions(name: str, argnums: Argnums, count: int) -> tuple[int, ...]:
    """Which of so many positional arguments are meant."""
    positions = (argnums,) if isinstance(argnums, int | np.integer) else tuple(argnums)
    for position in positions:
        if not -count <= position < count:
            raise ValueError(
                f"{name}: argnums={argnums}, but the function is called with {count} positional arguments;"
                " pass what is to be differentiated by position"
            )
    positions = tuple(position % count for position in positions)
    if len(set(positions)) < len(positions):
        raise ValueError(f"{name}: argnums={argnums} has an argument twice; name each once")
    return positions


def _variable(name: str, value: Any, recording: bool) -> Any:
    """A Tensor to differentiate for, with the history of `value`, if that is to be gone on with."""
    if recording and isinstance(value, Handle) and value.node is not None:
        return alias(value)
    array = value.data if isinstance(value, Handle) else as_array(value)
    if array.dtype.kind not in "fc":
        raise TypeError(
            f"{name} {array.shape} is {array.dtype}, which has no derivatives; convert it with astype('float32'), or"
            " leave it to an argument that is not differentiated"
        )
    return _leaf(array)


def _split_aux(name: str, result: Any) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"{name}: with has_aux=True the function must return (value, aux), not {operand(result)}")
    return result


def matched(name: str, what: str, tree: Any, others: Any, values: list[Any]) -> list[Any]:
    """The leaves of `others` as weights of `values`, which are the leaves of `tree`; None where there is nothing."""
    pairs = zip(trees.aligned(tree, others, f"{name}: {what}"), values, strict=True)
    return [_fitting(path, other, value) for (path, other), value in pairs]


def _fitting(path: str, weight: Any, value: Any) -> Any:
    if weight is None or value.dtype.kind not in "fc":
        return None
    weight = weight if isinstance(weight, Handle) else as_array(weight)
    shape, dtype = value.shape, value.dtype
    if weight.shape != shape:
        raise ValueError(f"{path} has shape {weight.shape}, there must be {shape}; pass one of that shape")
    if not np.can_cast(weight.dtype, dtype, "same_kind"):
        raise TypeError(f"{path} is {weight.dtype}, there must be {dtype}; convert it with astype('{dtype}')")
    return weight


def _weighted(handles: list[Any], weights: list[Any]) -> tuple[list[Any], list[Any]]:
    """Those that have both a history and a weight, and the weights."""
    pairs = zip(handles, weights, strict=True)
    kept = [pair for pair in pairs if pair[1] is not None and getattr(pair[0], "node", None) is not None]
    return [handle for handle, _ in kept], [weight for _, weight in kept]


def _zeros(value: Any) -> Any:
    return tensor_of(np.zeros(value.shape, value.dtype), None)


def handed_out(value: Any, lasting: bool, plain: bool) -> Any:
    """A result as the caller gets it: with its history only if that is to last, else an array if `plain`."""
    if not isinstance(value, Handle):
        return value if plain or not isinstance(value, np.ndarray) else tensor_of(value, None)
    if lasting and value.node is not None:
        return value
    return value.data if plain else tensor_of(value.data, None)


def any_tensor(values: Iterable[Any]) -> bool:
    """Whether there is a Tensor among values."""
    return any(isinstance(value, Handle) for value in values)


def any_history(values: Iterable[Any]) -> bool:
    """Whether there is a Tensor with a history among values."""
    return any(isinstance(value, Handle) and value.node is not None for value in values)
