"""Reductions of those elements that count: NumPy's ``where=`` and ``initial=``, and what passes over NaN.

An element that does not count gives way to a number that changes nothing, so its gradient is 0. The reductions proper
know nothing of this: they are called in every second line of a program, and this is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import raw
from ..kernels.reduction import Axis, kept_shape
from . import elementwise, reduction
from .reduction import joined, root, sum
from .shape import broadcast_to, concatenate, reshape

# What changes nothing in a reduction. The largest and the smallest of no elements exist only with an `initial`.
NEUTRAL = {"sum": 0, "prod": 1, "any": False, "all": True}
NAMES = (*NEUTRAL, "max", "min", "mean", "var", "std")
NAN_NAMES = ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd")


def reduced(
    name: str,
    x: Any,
    axis: Axis = None,
    *,
    where: Any = None,
    initial: Any = None,
    keepdims: bool = False,
    correction: float = 0,
) -> Any:
    """The reduction `name` of the elements at which `where` is true, and of the number `initial`, as NumPy has them.

    name: one of NAMES, or of NAN_NAMES, for which NaN does not count either. where: booleans that broadcast to x's
    shape. initial: for sums, products and extremes; in the dtype of the result. Raises ValueError for extremes with
    `where` and no `initial`.
    """
    counts = np.broadcast_to(True if where is None else np.asarray(raw(where), bool), np.shape(raw(x)))
    if name in NAN_NAMES:
        name, counts = name.removeprefix("nan"), counts & ~np.isnan(raw(x))
    if name == "mean":
        return mean_of(x, counts, axis, keepdims)
    if name in ("var", "std"):
        variance = var_of(x, counts, axis, correction, keepdims)
        return variance if name == "var" else root(variance)
    if name in ("max", "min"):
        return _extreme_of(getattr(reduction, name), x, counts, axis, initial, keepdims)
    value = getattr(reduction, name)(filled(x, counts, NEUTRAL[name]), axis, keepdims=keepdims)
    if initial is None:
        return value
    initial = np.asarray(initial, value.dtype)
    return value + initial if name == "sum" else value * initial


def filled(x: Any, counts: Any, value: Any) -> Any:
    """`x` where it counts, and a number elsewhere."""
    return x if counts.all() else elementwise.where(counts, x, value)


def mean_of(x: Any, counts: Any, axis: Axis, keepdims: bool) -> Any:
    """The mean of the elements that count; NaN, with NumPy's warning of a division by 0, where none does."""
    total = sum(filled(x, counts, 0), axis, keepdims=keepdims)
    return total / _number(x, counts, axis).reshape(np.shape(raw(total)))


def var_of(x: Any, counts: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    """The variance of the elements that count; NaN where they are no more than the correction."""
    number = _number(x, counts, axis)
    deviation = filled(x - mean_of(x, counts, axis, True), counts, 0)
    squares = deviation * deviation if raw(x).dtype.kind != "c" else elementwise.abs(deviation) ** 2
    total = sum(squares, axis, keepdims=keepdims)
    freedom = np.where(number > correction, number - number.dtype.type(correction), number.dtype.type(np.nan))
    return total / freedom.reshape(np.shape(raw(total)))


def _number(x: Any, counts: Any, axis: Axis) -> Any:
    """How many elements count, with the axes of length 1, in a dtype by which x can be divided."""
    return np.count_nonzero(counts, axis=axis, keepdims=True).astype(np.result_type(np.real(raw(x)), np.float16))


def _extreme_of(reduce: Any, x: Any, counts: Any, axis: Axis, initial: Any, keepdims: bool) -> Any:
    if initial is None:
        if not counts.all():
            raise ValueError("where= leaves perhaps nothing, which has no extreme; pass initial=, too")
        return reduce(x, axis, keepdims=keepdims)
    initial = np.asarray(initial, raw(x).dtype)
    rows = joined(filled(x, counts, initial), axis)  # (kept..., n), and the initial number as one more
    last = broadcast_to(initial, (*rows.shape[:-1], 1))
    value = reduce(concatenate([rows, last], -1), -1)
    return reshape(value, kept_shape(np.shape(raw(x)), axis)) if keepdims else value
