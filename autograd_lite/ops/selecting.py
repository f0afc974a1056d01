"""Reading and writing whole slices along one axis: NumPy's take, compress and choose, PyTorch's index_ family.

Like NumPy's, and unlike PyTorch's, indices may be negative and count from the end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, Arrays, composite, op, raw
from ..kernels import indexing as kernels
from .elementwise import multiply
from .gather import add_flat, put_flat, take_along_axis, take_flat
from .indexing import add_at, check_keeps_gradient, getitem, setitem
from .shape import broadcast_to, numbers_as_arrays, reshape, squeeze, stack, transpose, unstack


@composite(constants=("indices",))
def take(x: Array, indices: Array, axis: int | None = None, mode: str = "raise") -> Array:
    """``x[..., indices, ...]`` along `axis`; for None, elements counted row by row.

    x: any shape; indices: integers, any shape. mode: what becomes of indices out of range: "raise", "wrap" around, or
    "clip" to the range, where negative ones are 0. Returns x's shape with that of the indices in the place of the axis.
    What is read twice gets both gradients. Raises TypeError for indices that are no integers, IndexError for those out
    of range.

    >>> take(randn(3, 4), integers(4, 2, 2), 1)
    >>> take(randn(3, 2), integers(9, 4), mode="wrap")
    """
    shape = np.shape(raw(x))
    if axis is None:
        return take_flat(x, kernels.in_range(raw(indices), int(np.prod(shape)), mode))
    before = _axes_before(axis, len(shape))
    return getitem(x, (*before, kernels.in_range(raw(indices), shape[len(before)], mode)))


@composite(constants=("ind",))
def put(x: Array, ind: Array, v: Array, mode: str = "raise", *, accumulate: bool = False) -> Array:
    """A copy of `x` with the elements `v` at `ind`, counted row by row (NumPy's function writes into x).

    x: any shape; ind: integers, any shape; v: any shape, read row by row, again from the start if it is shorter. mode:
    as in `take`. accumulate: add, instead. Returns x's shape and dtype. Where an index repeats, the last value stays
    and gets the gradient, or all are added. Raises TypeError for indices that are no integers, IndexError for those out
    of range, ValueError for an empty v.

    >>> put(randn(3, 2), integers(6, 4), randn(3))
    >>> put(randn(3, 2), integers(9, 4), randn(4), "clip", accumulate=True)
    """
    places, length = kernels.in_range(raw(ind), np.size(raw(x)), mode).reshape(-1), np.size(raw(v))
    if places.size and not length:
        raise ValueError("there are indices but no values; pass at least one")
    values = v if np.ndim(raw(v)) == 0 else take_flat(v, np.arange(places.size) % max(length, 1))
    return (add_flat if accumulate else put_flat)(x, places, values)


@composite(constants=("condition",))
def compress(condition: Array, x: Array, axis: int | None = None) -> Array:
    """The slices of `x` along `axis` for which the condition holds; for None, elements counted row by row.

    condition: one axis, no longer than x's; x: any shape. Returns x's shape with fewer elements along the axis. Raises
    ValueError for a condition of several axes, IndexError where it holds beyond x's end. Those left out get the
    gradient 0.

    >>> compress(mask(4), randn(3, 4), -1)
    >>> compress(mask(5), randn(3, 2))
    """
    if np.ndim(raw(condition)) != 1:
        raise ValueError("the condition must have one axis; use x[condition] or extract for a mask of x's shape")
    return take(x, np.flatnonzero(raw(condition)), axis)


@composite(constants=("condition",))
def extract(condition: Array, x: Array) -> Array:
    """The elements of `x` for which the condition holds, counted row by row.

    condition, x: of the same size. Returns one axis. Raises IndexError where the condition holds beyond x's end. Those
    left out get the gradient 0.

    >>> extract(mask(3, 2), randn(3, 2))
    """
    return take(x, np.flatnonzero(raw(condition)))


@composite(constants=("indices",))
def choose(indices: Array, choices: Arrays, mode: str = "raise") -> Array:
    """For each position, the element of the choice that the index there names: ``choices[indices[i]][i]``.

    indices: integers; choices: arrays, or the rows of one; all broadcast against each other. mode: what becomes of
    indices out of range, as in `take`. Returns the broadcast shape. The gradient goes to what was chosen. Raises
    TypeError for indices that are no integers, IndexError for those out of range.

    >>> choose(integers(3, 4), [randn(2, 4), randn(4), randn(2, 1)])
    >>> choose(integers(5, 2), (randn(2), randn(2), randn(2)), "wrap")
    """
    choices = numbers_as_arrays(choices)
    chosen = kernels.in_range(raw(indices), len(choices), mode)
    shape = np.broadcast_shapes(chosen.shape, *(np.shape(raw(choice)) for choice in choices))
    every = stack([broadcast_to(choice, shape) for choice in choices])
    return squeeze(take_along_axis(every, np.broadcast_to(chosen, shape)[None], 0), 0)


@op()
def one_hot(x: Array, num_classes: int = -1) -> Array:
    """For each class a row of integers that is 1 at that position and 0 elsewhere. Has no gradient.

    x: classes, integers from 0 on, any shape. num_classes: the length of a row (-1: as long as the largest class
    needs). Returns x's shape with num_classes behind. Raises TypeError for classes that are no integers, ValueError for
    negative ones and those of num_classes or more.

    >>> one_hot(integers(3, 2, 2), 4)
    """
    classes = np.asarray(x)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"classes must be integers, not {classes.dtype}; convert them with astype(int)")
    if num_classes == -1:
        if classes.size == 0:
            raise ValueError("no classes, so their number is unknown; pass num_classes")
        num_classes = int(classes.max()) + 1
    if classes.size and (classes.min() < 0 or classes.max() >= num_classes):
        raise ValueError(
            f"classes run from {classes.min()} to {classes.max()}; there are those from 0 to num_classes - 1"
        )
    return (classes[..., None] == np.arange(num_classes)).astype(np.int64)


# -- PyTorch's, with one index for the slices along an axis --------------------------------------------------------


@composite(constants=("index",))
def index_select(x: Array, axis: int, index: Array) -> Array:
    """The slices of `x` along `axis` that the index names, in its order: PyTorch's.

    x: any shape; index: integers, one axis. Returns x's shape with the length of the index along the axis. What is read
    twice gets both gradients. Raises TypeError for an index that is not of integers, IndexError where it is out of
    range, ValueError where it has several axes.

    >>> index_select(randn(3, 4), 1, integers(4, 5))
    """
    return getitem(x, _slices(x, axis, index))


@composite(constants=("index",))
def index_add(x: Array, axis: int, index: Array, source: Array, alpha: Array = 1) -> Array:
    """A copy of `x` with ``alpha * source`` added to the slices along `axis` that the index names: PyTorch's.

    x: any shape; index: integers, one axis; source: broadcasts to what `index_select` returns. Returns x's shape and
    dtype. Where the index repeats, all are added. Raises the errors of `index_select`, and TypeError for a source that
    x's dtype cannot hold.

    >>> index_add(randn(3, 4), 1, integers(4, 5), randn(3, 5), alpha=-0.5)
    """
    return add_at(x, _slices(x, axis, index), multiply(alpha, source))


@composite(constants=("index",))
def index_copy(x: Array, axis: int, index: Array, source: Array) -> Array:
    """A copy of `x` with `source` in the slices along `axis` that the index names: PyTorch's.

    x: any shape; index: integers, one axis; source: broadcasts to what `index_select` returns. Returns x's shape and
    dtype. Where the index repeats, the last slice stays and gets the gradient. Raises the errors of `index_select`.

    >>> index_copy(randn(3, 4), 1, integers(4, 5), randn(3, 5))
    """
    check_keeps_gradient(x, source)
    return setitem(x, _slices(x, axis, index), source)


@composite(constants=("index",))
def index_fill(x: Array, axis: int, index: Array, value: Array) -> Array:
    """A copy of `x` with one value all over the slices along `axis` that the index names: PyTorch's.

    x: any shape; index: integers, one axis; value: a number. Returns x's shape and dtype. The value gets the gradients
    of all its places. Raises the errors of `index_select`, and ValueError for several values.

    >>> index_fill(randn(3, 4), 1, [2, 0], randn())
    """
    if np.ndim(raw(value)):
        raise ValueError("the value must be a number; use index_copy for an array")
    check_keeps_gradient(x, value)
    return setitem(x, _slices(x, axis, index), value)


def _slices(x: Any, axis: int, index: Any) -> tuple[Any, ...]:
    """An index in NumPy's form of the slices that PyTorch's names along an axis."""
    index = np.atleast_1d(raw(index))
    if index.ndim > 1:
        raise ValueError("the index must have one axis; use take or gather for others")
    before = _axes_before(axis, np.ndim(raw(x)))
    return (*before, kernels.whole(index, np.shape(raw(x))[len(before)]))


def _axes_before(axis: int, ndim: int) -> tuple[slice, ...]:
    return (slice(None),) * normalize_axis_index(axis, ndim)


# -- a function for each slice -----------------------------------------------------------------------------------


@composite()
def apply_along_axis(func1d: Callable[..., Any], axis: int, x: Array) -> Array:
    """`func1d` of each row of `x` along `axis`: one Python call for each, so prefer functions of whole arrays.

    func1d: takes one axis; returns any shape, the same for all rows. x: any shape. Returns x's shape with the result's
    in the place of the axis. The gradient flows through the function. Raises ValueError for an x without rows.

    >>> apply_along_axis(lambda row: row[1:] * row[:-1], 0, randn(3, 2))
    """
    shape = np.shape(raw(x))
    axis = normalize_axis_index(axis, len(shape))
    others = shape[:axis] + shape[axis + 1 :]
    if 0 in others:
        raise ValueError("there is no row to apply the function to; check the shape of x")
    last = (*(d for d in range(len(shape)) if d != axis), axis)
    rows = unstack(reshape(transpose(x, last), (math.prod(others), shape[axis])))
    found = stack([func1d(row) for row in rows])
    inner = np.shape(raw(found))[1:]
    result = reshape(found, others + inner)
    places = (*range(axis), *range(len(others), len(others) + len(inner)), *range(axis, len(others)))
    return transpose(result, places)
