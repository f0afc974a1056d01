"""Kernels of reductions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from .linalg import column_sums

Array = np.ndarray[Any, Any]
Axis = int | tuple[int, ...] | None

add_reduce: Any = np.add.reduce  # np.sum without its Python wrapper, which costs a microsecond
multiply_reduce: Any = np.multiply.reduce  # np.prod, likewise
maximum_reduce: Any = np.maximum.reduce
HALF = np.dtype(np.float16)
LARGE = 1 << 13  # elements from which a look at the order of memory pays
LONG = 1 << 16  # elements from which a sum should be taken in pairs


def sum(x: Array, axis: Axis, keepdims: bool) -> Any:
    """np.sum; as one product with ones where the kept axes are the inner ones in memory, as for channels-last images.

    For 64 images of 64x16x16 that takes 0.14 ms instead of 0.39, and the relative error in float32, for numbers of one
    sign, is a third: 2e-6 for sums of 16,384, where NumPy adds up one after the other.
    """
    if x.size < LARGE or x.dtype.char not in "fd" or axis is None:
        return add_reduce(x, axis=axis, keepdims=keepdims)
    axes, order = normalize_axis_tuple(axis, x.ndim), dense_order(x)
    kept = [i for i in order if i not in axes and x.shape[i] > 1]
    matrix = x.transpose(order)
    if not kept or [*order[-len(kept) :]] != kept or not matrix.flags.c_contiguous:
        return add_reduce(x, axis=axis, keepdims=keepdims)
    # (reduced axes, kept axes) -> (rows, columns) -> (columns,) -> the kept axes in their own order
    lengths = [x.shape[i] for i in kept]
    sums = column_sums(matrix.reshape(-1, math.prod(lengths))).reshape(lengths).transpose(np.argsort(kept))
    return sums.reshape([1 if i in axes else n for i, n in enumerate(x.shape) if keepdims or i not in axes])


def dense_order(x: Array) -> tuple[int, ...]:
    """The axes of x from the one with the longest steps in memory to the one with the shortest."""
    return tuple(sorted(range(x.ndim), key=lambda axis: -abs(x.strides[axis])))


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """`shape` with 1 for each reduced axis, as keepdims=True leaves it."""
    if axis is None:
        return (1,) * len(shape)
    axes = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))} if shape else set()
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def left_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """`shape` without the reduced axes."""
    order, kept = joined_last(len(shape), axis)
    return tuple(shape[i] for i in order[:kept])


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements are reduced to one."""
    if axis is None or not shape:
        return math.prod(shape)
    if not isinstance(axis, tuple):
        return shape[axis]
    number = 1
    for i in axis:
        number *= shape[i]
    return number


def joined_last(ndim: int, axis: Axis) -> tuple[tuple[int, ...], int]:
    """An order of the axes that has the reduced ones last, and how many are kept."""
    axes = tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)
    kept = tuple(i for i in range(ndim) if i not in axes)
    return kept + axes, len(kept)


def var(x: Array, axis: Axis, correction: float, keepdims: bool) -> Any:
    """np.var; over the last axis or all of them, the squares are summed as a product of the deviations with themselves.

    That saves a pass over the numbers: for (256, 1024) in float32 it takes 0.25 ms instead of 0.30 over the last axis,
    and 4 us instead of 9 for 32 numbers. Other axes are no faster that way, and long ones less exact: a product adds up
    without pairs, so that ten million numbers in float32 are off by 3e-5, where NumPy's are by 3e-8.
    """
    inner = axis is None or (x.ndim > 0 and axis in (-1, x.ndim - 1))
    freedom = count(x.shape, axis) - correction if inner else 0
    if freedom <= 0 or freedom > LONG or x.dtype.char not in "fd":
        return var_reference(x, axis, correction, keepdims)
    deviation = x - sum(x, axis, True) / count(x.shape, axis)
    if axis is None:
        deviation = deviation.ravel("K")
    out = np.vecdot(deviation, deviation) / freedom
    return out.reshape(kept_shape(x.shape, axis)) if keepdims else out


def var_reference(x: Array, axis: Axis, correction: float, keepdims: bool) -> Any:
    """The same by NumPy."""
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def logsumexp(x: Array, axis: Axis, keepdims: bool) -> Any:
    """``log(sum(exp(x)))`` without overflow: the largest element is taken out first."""
    x = np.asarray(x)
    x = x if x.dtype.kind == "f" else x.astype(np.result_type(x, np.float16))
    largest = np.asarray(maximum_reduce(x, axis=axis, keepdims=True, initial=-np.inf))
    largest[~np.isfinite(largest)] = 0
    terms = np.asarray(x - largest)
    np.exp(terms, out=terms)
    with np.errstate(divide="ignore"):  # log(0) = -inf is the right answer for a row of -inf
        out = np.log(sum(terms, axis, True)) + largest
    return out if keepdims else out.reshape(left_shape(x.shape, axis))


def tie_weights(x: np.ndarray[Any, Any], extreme: np.ndarray[Any, Any], axis: Axis) -> Any:
    """For each element its share in the gradient of a max or min: 1 / (number of elements equal to the extreme)."""
    tied = np.equal(x, extreme)
    dtype = np.result_type(x, np.float16)
    return tied / np.maximum(np.sum(tied, axis=axis, keepdims=True, dtype=dtype), 1, dtype=dtype)
