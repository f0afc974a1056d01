"""Kernels of reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

Axis = int | tuple[int, ...] | None

add_reduce: Any = np.add.reduce  # np.sum without its Python wrapper, which costs a microsecond


def kept_shape(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """`shape` with 1 for each reduced axis, as keepdims=True leaves it."""
    if axis is None:
        return (1,) * len(shape)
    axes = {i % len(shape) for i in (axis if isinstance(axis, tuple) else (axis,))} if shape else set()
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """How many elements are reduced to one."""
    if axis is None:
        axis = tuple(range(len(shape)))
    number = 1
    for i in axis if isinstance(axis, tuple) else (axis,):
        number *= shape[i] if shape else 1
    return number


def logsumexp(x: np.ndarray[Any, Any], axis: Axis, keepdims: bool) -> Any:
    """``log(sum(exp(x)))`` without overflow: the largest element is taken out first."""
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, np.zeros((), x.dtype)).astype(x.dtype, copy=False)
    with np.errstate(divide="ignore"):  # log(0) = -inf is the right answer for a row of -inf
        out = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return out if keepdims else out.reshape(np.sum(np.empty(x.shape, bool), axis=axis).shape)


def tie_weights(x: np.ndarray[Any, Any], extreme: np.ndarray[Any, Any], axis: Axis) -> Any:
    """For each element its share in the gradient of a max or min: 1 / (number of elements equal to the extreme)."""
    tied = np.equal(x, extreme)
    dtype = np.result_type(x, np.float16)
    return tied / np.maximum(np.sum(tied, axis=axis, keepdims=True, dtype=dtype), 1, dtype=dtype)
