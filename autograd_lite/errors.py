"""What every error of the package says: the operation, its operands, the rule, one fix.

An operation only states the rule and the fix, as ``raise ValueError("rule; fix")``. Whoever calls it knows the
operands and completes the sentence here, so no operation formats shapes by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# What a forward may raise because of its operands; anything else is a bug and passes through untouched.
OPERAND_ERRORS = (ValueError, TypeError, IndexError)


# NumPy's own errors name a rule and no fix: for words of the one, the other. The first that fits counts.
_FIXES = {
    "could not be broadcast together with shapes": (
        "compare the shapes from the last axis: each pair must be equal or contain a 1; reshape or expand_dims one"
    ),
    "boolean index did not match": "a mask must have the lengths of the axes that it indexes",
    "too many indices": "give at most one index for each axis",
    "is out of bounds for axis": "an axis of length n has the positions -n to n - 1",
    "is out of bounds for array of dimension": "an array with n axes has the axes -n to n - 1",
    "arrays used as indices": "convert the index with astype(int), or compare to make a mask of booleans",
    "single ellipsis": "write ... once",
    "only integers, slices": "index with integers, slices, None, ..., or arrays of integers or booleans",
    "cannot reshape": "the numbers of elements must be equal; one length may be -1, which is computed",
    "axes don't match": "name each axis of the array once",
    "repeated axis": "name each axis once",
    "except for the concatenation axis": "arrays may differ only along the axis of joining; check axis= and the shapes",
    "must have the same shape": "reshape or broadcast the arrays to one shape",
    "must have same number of dimensions": "give the arrays equally many axes, with expand_dims",
    "need at least one array": "pass a list or tuple with at least one array",
    "only integer scalar arrays can be converted": "pass the arrays as one list or tuple, and axis= by name",
    "cannot select an axis to squeeze": "only axes of length 1 can be left out",
    "equal division": "the length of the axis must be a multiple of the number of parts; or give the positions of cuts",
    "zero-size array to reduction": "an empty array has no largest or smallest element; check its size first",
    "unsupported operand type": "pass numbers, arrays or Tensors",
    "einstein sum": "give one term of letters for each operand, one letter for each axis",
    "Size of label": "an axis must have the same length wherever its letter stands",
    "did not appear in the input": "each letter of the result must stand in a term",
    "appeared more than once in the output": "each letter of the result stands there once",
    "did not converge": "look for inf or NaN",
    "must not contain infs or NaNs": "look for them with isfinite",
    "is unsupported in linalg": "convert it, with astype('float32') or astype('float64')",
    "remapped shapes": "from the last axis on, each length must be 1 or the one that is asked for",
    "axis remapping": "give it no more axes than what it is to broadcast to",
    "could not broadcast input array": "from the last axis on, each length must be 1 or the one that is asked for",
    "FFT data points": "a transform has at least one point; pass n, or a longer axis",
    "subscript": "give one term of letters for each operand, one letter for each axis",
}


def _rule_and_fix(message: str) -> tuple[str, str]:
    """Rule and fix of an error: as an op states them, ``rule; fix``, or NumPy's words and ours."""
    for words, fix in _FIXES.items():
        if words in message:
            return "the shapes do not broadcast" if "could not be broadcast" in words else message, fix
    rule, _, fix = message.partition("; ")
    return rule, fix


def operand(value: object) -> str:
    """`value` as an error shows it: shape and dtype of an array, anything else as it is, shortened."""
    array = getattr(value, "data", None) if hasattr(value, "node") else value
    if isinstance(array, np.ndarray | np.generic):
        return f"{array.shape} {array.dtype}"
    if isinstance(value, tuple | list) and any(hasattr(item, "shape") for item in value):
        return "[" + ", ".join(map(operand, value)) + "]"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def describe(operation: str, operands: Mapping[str, object], error: Exception) -> Exception:
    """The built-in exception to raise instead of `error`: ``operation: rule (operands); fix``.

    If `error` is one of these already, by an operation that this one is made of, the outer one takes its place: that is
    what was called.
    """
    rule, fix = getattr(error, "described", None) or _rule_and_fix(str(error).strip())
    shown = ", ".join(f"{name} {operand(value)}" for name, value in operands.items())
    kind = next(kind for kind in OPERAND_ERRORS if isinstance(error, kind))
    help_ = f"help(autograd_lite.{operation}) says what it takes"
    described: Any = kind(f"{operation}: {rule} ({shown}); {fix or help_}")
    described.described = rule, fix  # an operation that has this one as a part says it anew
    return described


class LostGradientError(TypeError):
    """A Tensor that requires a gradient was to become a NumPy array, which has none."""


class GradientShapeError(ValueError):
    """The derivative of an operation has another shape than the argument that it is for; `rule` tells it, and a fix."""

    def __init__(self, operation: str, rule: str):
        super().__init__(operation, rule)
        self.operation, self.rule = operation, rule

    def __str__(self) -> str:
        return f"{self.operation}: {self.rule}"


def fix_of_shape(gradient: tuple[int, ...], array: tuple[int, ...]) -> str:
    """What to do with a gradient of another shape than the array that it is for."""
    try:
        broadcast = np.broadcast_shapes(gradient, array) == gradient
    except ValueError:
        broadcast = False
    if broadcast:
        return "sum it over the axes along which the input was broadcast"
    return "transpose it" if gradient == array[::-1] else "return one number for each entry of the input"
