"""Softmax and what is computed with it, and the losses of a yes or no.

Rows are along the last axis. They are short as a rule (the classes), so that a sum or a maximum of each would cost more
than the exponentials: sums are products with ones (9 us for 2048 rows of 65, where ``sum`` takes 53), and the largest
element is only looked for if the exponentials or their sums leave the safe range. What is one number for a row is
written out to the row's length before it meets the others (30 us instead of 45).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHORT = 1024  # rows up to this length are short


def softmax(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """exp(x) / sum(exp(x)) along `axis`, without overflow."""
    if not _by_rows(x, axis):
        return softmax_reference(x, axis)
    exponentials, sums, _ = _exponentials(x.reshape(-1, x.shape[-1]))
    return _by_row(np.multiply, exponentials, 1 / sums).reshape(x.shape)


def softmax_reference(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """The same along any axis; the largest element is subtracted first, so nothing overflows."""
    y = np.asarray(x - largest(x, axis))  # of a number, too
    np.exp(y, out=y)
    y /= np.sum(y, axis=axis, keepdims=True)
    return y


def softmax_gradient(g: Array, y: Array, axis: int | tuple[int, ...] | None) -> Array:
    """``y * (g - sum(g * y))`` along `axis`: the gradient of x where y = softmax(x)."""
    product = g * y
    if not _by_rows(y, axis):
        return product - y * np.sum(product, axis=axis, keepdims=True)
    rows = product.reshape(-1, y.shape[-1])
    rows -= _by_row(np.multiply, y.reshape(rows.shape), rows @ np.ones(rows.shape[1], rows.dtype))
    return rows.reshape(y.shape)


def log_softmax(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """x - log(sum(exp(x))) along `axis`, without overflow."""
    if not _by_rows(x, axis):
        return log_softmax_reference(x, axis)
    rows = x.reshape(-1, x.shape[-1])
    _, sums, highest = _exponentials(rows)
    if highest is not None:  # first, as what is near the largest loses no digits then
        rows = _by_row(np.subtract, rows, highest)
    return _by_row(np.subtract, rows, np.log(sums)).reshape(x.shape)


def log_softmax_reference(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """The same along any axis; the largest element is subtracted first."""
    y = np.asarray(x - largest(x, axis))  # of a number, too
    y -= np.log(np.sum(np.exp(y), axis=axis, keepdims=True))
    return y


def log_softmax_gradient(g: Array, y: Array, axis: int | tuple[int, ...] | None) -> Array:
    """``g - exp(y) * sum(g)`` along `axis`: the gradient of x where y = log_softmax(x)."""
    if not _by_rows(y, axis):
        return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)
    rows = g.reshape(-1, y.shape[-1])
    weighted = _by_row(np.multiply, np.exp(y).reshape(rows.shape), rows @ np.ones(rows.shape[1], rows.dtype))
    return np.subtract(rows, weighted, out=weighted).reshape(y.shape)


def cross_entropy(logits: Array, target: Array, counted: Array | None) -> tuple[Array, Array, Array]:
    """Losses (N,), and for the derivative exponentials (N, C) and the sums of their rows (N,); logits (N, C).

    target: classes (N,). counted: which rows count (N,); None for all. The others have loss 0.
    """
    exponentials, sums, highest = _exponentials(logits)
    places = _places(logits.shape, target, counted)
    chosen = exponentials.reshape(-1)[places]
    safe = chosen > 1 / _high(logits.dtype)
    # log(sum / chosen) is never below 0, and keeps the digits of small losses that a difference of logarithms loses
    if safe.all():
        losses = np.log(sums / chosen)
    else:  # where the quotient might overflow, the loss is large
        losses = np.log(sums) - (logits.reshape(-1)[places] - (0 if highest is None else highest))
        losses[safe] = np.log(sums[safe] / chosen[safe])
    return losses if counted is None else np.where(counted, losses, losses.dtype.type(0)), exponentials, sums


def cross_entropy_gradient(
    weights: Any, exponentials: Array, sums: Array, target: Array, counted: Array | None
) -> Array:
    """(N, C): weights, one or (N,), times probabilities minus one-hot targets; 0 in rows that do not count."""
    weights = np.asarray(weights, sums.dtype) if counted is None else np.where(counted, weights, 0).astype(sums.dtype)
    gradient = _by_row(np.multiply, exponentials, weights / sums)
    gradient.reshape(-1)[_places(gradient.shape, target, counted)] -= weights
    return gradient


def _places(shape: tuple[int, ...], target: Array, counted: Array | None) -> Array:
    """Where the targets are in the flattened (N, C); the first class in rows that do not count."""
    n, c = shape
    return np.arange(0, n * c, max(1, c))[:n] + (target if counted is None else np.where(counted, target, 0))


def _by_rows(x: Array, axis: Any) -> bool:
    return x.dtype.kind == "f" and x.size > 0 and x.ndim > 0 and type(axis) is int and axis in (-1, x.ndim - 1)


def _exponentials(x: Array) -> tuple[Array, Array, Any]:
    """exp(x - largest) (N, C), the sums of its rows (N,), and the rows' largest elements (N,), or None for zeros."""
    ones = np.ones(x.shape[1], x.dtype)
    with np.errstate(over="ignore"):
        y = np.exp(x, order="C")
        sums = y @ ones
    # Between these bounds neither the sum nor what counts in it has lost a digit.
    high = _high(x.dtype)
    if x.size and sums.max() < high and sums.min() > 1 / high:
        return y, sums, None
    highest = largest(x, -1)
    np.subtract(x, highest, out=y)
    np.exp(y, out=y)
    return y, y @ ones, highest[:, 0]


@functools.cache
def _high(dtype: Any) -> Any:
    """Numbers between this and its inverse are divided without overflow."""
    return np.sqrt(np.finfo(dtype).max)


def largest(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """The largest element along `axis`, which keeps length 1; -inf of nothing."""
    return np.max(x, axis=axis, keepdims=True, initial=-np.inf).astype(x.dtype, copy=False)


def _by_row(ufunc: np.ufunc, x: Array, numbers: Array) -> Array:
    """``ufunc(x, numbers[:, None])`` for x (N, C) and numbers (N,), which are written out first if rows are short."""
    if x.shape[1] > SHORT:
        return np.asarray(ufunc(x, numbers[:, None]))
    out = np.empty(x.shape, numbers.dtype)
    out[...] = numbers[:, None]
    return np.asarray(ufunc(x, out, out=out))


def bernoulli_loss(x: Any, target: Any) -> Any:
    """``-target * log(x) - (1 - target) * log(1 - x)``, both logarithms at least -100, so that 0 * log(0) is 0."""
    with np.errstate(divide="ignore"):
        return -(target * np.maximum(np.log(x), -100) + (1 - target) * np.maximum(np.log1p(-x), -100))


def logistic_loss(x: Any, yes: Any, no: Any) -> Any:
    """``yes * log(1 + exp(-x)) + no * log(1 + exp(x))``: each is the larger of 0 and its exponent, and a remainder."""
    remainder = np.log1p(np.exp(-np.abs(x)))
    return yes * (np.maximum(-x, 0) + remainder) + no * (np.maximum(x, 0) + remainder)
