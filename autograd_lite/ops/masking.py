"""Choosing elements by conditions: PyTorch's masked_ family, NumPy's select and piecewise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import Array, Arrays, composite, raw
from .elementwise import astype, where
from .indexing import check_fits, check_keeps_gradient, getitem, setitem
from .shape import broadcast_to, numbers_as_arrays, reshape


@composite(constants=("mask",))
def masked_fill(x: Array, mask: Array, value: Array) -> Array:
    """`x` with `value` where the mask is true: PyTorch's.

    x, mask (booleans): broadcast against each other; value: a number. Returns the broadcast shape, in x's dtype. What
    was replaced gets the gradient 0, even if it is infinite. Raises TypeError for a mask that is not of booleans and
    for a value that x's dtype cannot hold, ValueError for several values.

    >>> masked_fill(randn(3, 2), mask(2), randn())
    >>> masked_fill(randn(2), mask(3, 2), -1.5)
    """
    if np.ndim(raw(value)):
        raise ValueError("the value must be a number; use where for an array")
    dtype = np.asarray(raw(x)).dtype
    check_fits(raw(value), np.asarray(raw(x)))
    return where(_booleans(mask), value if np.result_type(raw(value), dtype) == dtype else astype(value, dtype), x)


@composite(constants=("mask",))
def masked_select(x: Array, mask: Array) -> Array:
    """The elements of `x` where the mask is true, row by row: PyTorch's.

    x, mask (booleans): broadcast against each other. Returns one axis. The others get the gradient 0. Raises TypeError
    for a mask that is not of booleans.

    >>> masked_select(randn(3, 2), mask(3, 1))
    """
    return getitem(*_broadcast(x, mask))


@composite(constants=("mask",))
def masked_scatter(x: Array, mask: Array, source: Array) -> Array:
    """`x` with the elements of `source`, row by row, where the mask is true: PyTorch's.

    x, mask (booleans): broadcast against each other; source: any shape with at least as many elements as are true.
    Returns the broadcast shape, in x's dtype. Elements that were not needed get the gradient 0. Raises TypeError for a
    mask that is not of booleans and for a source that x's dtype cannot hold, ValueError for a source that is too short.

    >>> masked_scatter(randn(3, 2), mask(3, 1), randn(3, 3))
    """
    x, source = numbers_as_arrays((x, source))
    x, mask = _broadcast(x, mask)
    wanted, given = int(np.count_nonzero(mask)), np.size(raw(source))
    if given < wanted:
        raise ValueError(f"the mask is true {wanted} times, source has {given} elements; pass at least as many")
    check_fits(raw(source), np.asarray(raw(x)))
    return setitem(x, mask, getitem(reshape(source, (-1,)), slice(wanted)))


def _booleans(mask: Any) -> Any:
    mask = np.asarray(raw(mask))
    if mask.dtype != bool:
        raise TypeError(f"the mask must be of booleans, not {mask.dtype}; convert it with mask.astype(bool)")
    return mask


def _broadcast(x: Any, mask: Any) -> tuple[Any, Any]:
    """Both in the shape that they broadcast to."""
    mask, shape = _booleans(mask), np.shape(raw(x))
    common = np.broadcast_shapes(mask.shape, shape)
    return x if shape == common else broadcast_to(x, common), np.broadcast_to(mask, common)


@composite(constants=("condlist",))
def select(condlist: Arrays, choicelist: Arrays, default: Array = 0) -> Array:
    """For each position, the element of the first choice whose condition holds there, or `default`.

    condlist: arrays of booleans; choicelist: as many arrays or numbers; default: an array or a number; all broadcast
    against each other. Returns the broadcast shape. The gradient goes to what was chosen, even if another choice is
    infinite. Raises ValueError for no condition or lists of different lengths, TypeError for conditions that are not of
    booleans.

    >>> select([mask(3, 2), mask(2)], [randn(3, 2), randn(3, 1)], 0.5)
    >>> select([mask(3)], [randn(3)])
    """
    conditions, choices = tuple(map(_booleans, condlist)), list(choicelist)
    if not 0 < len(conditions) == len(choices):
        raise ValueError(f"{len(conditions)} conditions and {len(choices)} choices; pass one choice for each condition")
    *choices, out = numbers_as_arrays((*choices, default))
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        out = where(condition, choice, out)
    return out


@composite(constants=("condlist",))
def piecewise(x: Array, condlist: Arrays, funclist: Sequence[Any]) -> Array:
    """A function of `x` that is put together of pieces: each of `funclist`, of the elements where its condition holds.

    x: any shape; condlist: arrays of booleans of x's shape, or a single one; funclist: for each a function of an array
    with one axis, or a number; one more for the elements where no condition holds (else 0). Returns x's shape and
    dtype. Where several conditions hold, the last counts. The gradient flows through the functions, each on its own
    elements only. Raises ValueError for another number of functions and for conditions of another shape, TypeError for
    those that are not of booleans, and for values with a gradient where x has integers.

    >>> piecewise(distinct(5), [np.arange(5) > 3, np.arange(5) < 2], [lambda x: x * x, tanh, 2.0])
    """
    shape, conditions = np.shape(raw(x)), [_booleans(condition) for condition in condlist]
    if shape and len(conditions) == shape[0] and all(condition.shape == shape[1:] for condition in conditions):
        conditions = [np.array(conditions)]  # the rows of a single one
    if any(condition.shape != shape for condition in conditions):
        raise ValueError("the conditions must have x's shape; broadcast them")
    if len(funclist) == len(conditions) + 1:
        rest = ~np.logical_or.reduce(conditions)
        conditions.append(rest)
    if len(funclist) != len(conditions):
        raise ValueError(f"{len(conditions)} conditions and {len(funclist)} functions; pass one for each, or one more")
    out = np.zeros(shape, np.asarray(raw(x)).dtype)
    for condition, function in zip(conditions, funclist, strict=True):
        if condition.any():
            values = function(getitem(x, condition)) if callable(function) else function
            check_keeps_gradient(out, values)
            out = setitem(out, condition, values)
    return out
