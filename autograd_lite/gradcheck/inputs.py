"""The inputs of a check: which of them are differentiated, how a function gets them, and why the others are not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import operand
from ..tensor import Tensor
from ..transforms import trees
from .signatures import argument_names, takes, takes_nothing

DOUBLE: np.dtype[Any] = np.dtype(np.float64)
SINGLE: np.dtype[Any] = np.dtype(np.float32)
COMPLEX: dict[np.dtype[Any], np.dtype[Any]] = {DOUBLE: np.dtype(np.complex128), SINGLE: np.dtype(np.complex64)}

_LISTED = 5  # inputs, of which an error says why they have no gradient


class Way(NamedTuple):
    """How inputs are taken: in the precision `real`; others are converted to it, or refused in the caller's name."""

    real: np.dtype[Any]
    convert: bool
    caller: str = "gradcheck"

    def taken(self, name: str, value: Any) -> Any:
        """An input as the function gets it: a leaf where a gradient is to be checked."""
        if not is_floating(value):
            return value
        wanted = value.requires_grad if isinstance(value, Tensor) else True
        precision = COMPLEX[self.real] if value.dtype.kind == "c" else self.real
        data = value.data if isinstance(value, Tensor) else value
        if self.convert and value.dtype != precision:
            return Tensor(np.asarray(data).astype(precision), requires_grad=wanted)
        if not wanted:
            return value
        if value.dtype != precision:
            raise TypeError(f"{self.caller}: {name} {value.shape} is {value.dtype}, {self._fix(value.dtype)}")
        if isinstance(value, Tensor) and value.is_leaf and not self.convert:
            return value
        return Tensor(np.array(data), requires_grad=True)

    def _fix(self, dtype: np.dtype[Any]) -> str:
        """What to do about this dtype, where differences need another."""
        wanted = COMPLEX[self.real] if dtype.kind == "c" else self.real
        if dtype.itemsize > wanted.itemsize:
            return f"not {wanted}; convert it with astype('{wanted}')"
        in_single = (
            "pass dtype='float32'" if self.caller.endswith("gradcheck") else "call gradcheck with dtype='float32'"
        )
        return (
            f"too coarse for finite differences; convert it with astype('{wanted}'), make the model with"
            f" dtype='float64', or {in_single} to check float32 gradients against differences in float64"
        )

    def all_taken(self, names: Sequence[str], values: Sequence[Any]) -> tuple[list[Any], list[tuple[str, Tensor]]]:
        """All inputs, each perhaps a tree, as the function gets them; and those that are differentiated, by name."""
        arguments, leaves = [], []
        for name, value in zip(names, values, strict=True):
            members = list(trees.named_leaves(value, name))
            taken = [self.taken(path, member) for path, member in members]
            same = all(new is member for new, (_, member) in zip(taken, members, strict=True))
            arguments.append(value if same else trees.rebuild(value, taken))
            leaves += [(path, new) for new, (path, _) in zip(taken, members, strict=True) if _is_wanted(new)]
        return arguments, leaves


def is_floating(value: Any) -> bool:
    """Whether it is an array of real or complex numbers."""
    return isinstance(value, Tensor | np.ndarray | np.generic) and value.dtype.kind in "fc"


def _is_wanted(value: Any) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


# -- what a function takes -------------------------------------------------------------------------------------------


def check_function(caller: str, what: str, f: Any) -> None:
    """Raise TypeError for what is no function, and for a class of Modules in the place of a Module."""
    if isinstance(f, type) and hasattr(f, "named_parameters"):
        raise TypeError(f"{caller}: {what} is the class {f.__name__}; pass a Module, such as {f.__name__}(...)")
    if not callable(f):
        raise TypeError(f"{caller}: {what} is {operand(f)}; pass a function, or a Module")


def unpacked(f: Callable[..., Any], inputs: Sequence[Any], way: Way) -> Sequence[Any]:
    """The inputs, out of the tuple in which PyTorch has them: if it is the only one, and `f` does not take it as one.

    Those of a function without arguments, which are there to be varied only, out of any tree.
    """
    if takes_nothing(f):
        return [leaf for value in inputs for leaf in trees.leaves(value)]
    if len(inputs) != 1 or type(inputs[0]) is not tuple or not takes(f, len(inputs[0])):
        return inputs
    if not takes(f, 1):
        return inputs[0]
    return inputs[0] if len(inputs[0]) == 1 and not _takes_a_tuple(f, inputs, way) else inputs


def _takes_a_tuple(f: Callable[..., Any], inputs: Sequence[Any], way: Way) -> bool:
    """Whether `f` can be called with this tuple: no signature tells one argument from a tuple of one."""
    arguments, _ = way.all_taken(argument_names(f, 1), inputs)
    try:
        f(*arguments)
    except (TypeError, AttributeError):
        return False
    return True


# -- why there is nothing to check -----------------------------------------------------------------------------------


def why_none(names: Sequence[str], values: Sequence[Any]) -> str:
    """Why no input requires a gradient, for each of them, with what to pass instead."""
    if not values:
        return "there is no input; pass arrays after f, and after an f without arguments the leaves that it uses"
    reasons = [reason for pair in zip(names, values, strict=True) for reason in _reasons(*pair)]
    more = [f"and {len(reasons) - _LISTED} more"] if len(reasons) > _LISTED else []
    return "no input requires a gradient: " + "; ".join([*reasons[:_LISTED], *more])


def _reasons(name: str, value: Any) -> Iterator[str]:
    leaves = trees.leaves(value)
    if isinstance(value, tuple | list) and leaves and all(map(_is_number, leaves)):
        yield f"{name} is a {type(value).__name__} of numbers, pass np.array(..., float)"
        return
    if not leaves:
        yield f"{name} is {operand(value)}"
    for path, leaf in trees.named_leaves(value, name):
        if _is_number(leaf):
            yield f"{path} is the number {leaf}, pass np.array({float(leaf.real)})"
        elif not isinstance(leaf, Tensor | np.ndarray | np.generic):
            yield f"{path} is a {type(leaf).__name__}"
        elif leaf.dtype.kind in "fc":
            yield f"{path} {operand(leaf)} is a Tensor without requires_grad=True"
        else:
            yield f"{path} {leaf.shape} is {leaf.dtype}, convert it with astype(float)"


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic)
