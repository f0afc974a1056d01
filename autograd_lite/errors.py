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
    """The built-in exception to raise instead of `error`: ``operation: rule (operands); fix``."""
    if getattr(error, "described", False):
        return error
    rule, _, fix = str(error).strip().partition("; ")
    if "could not be broadcast" in rule:
        rule = "the shapes do not broadcast"
        fix = "compare them from the last axis: each pair must be equal or contain a 1; reshape or expand_dims one"
    shown = ", ".join(f"{name} {operand(value)}" for name, value in operands.items())
    fix = fix or f"see help(autograd_lite.{operation})"
    kind = next(kind for kind in OPERAND_ERRORS if isinstance(error, kind))
    described: Any = kind(f"{operation}: {rule} ({shown}); {fix}")
    described.described = True  # so that an outer operation does not wrap it again
    return described
