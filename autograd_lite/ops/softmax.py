"""Softmax, its logarithm, and the cross-entropy of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import softmax as kernels
from ..kernels.reduction import Axis
from .elementwise import exp
from .indexing import getitem
from .reduction import sum


@op(x=lambda g, out, axis: out * (g - sum(g * out, axis, keepdims=True)))
def softmax(x: Array, axis: Axis = -1) -> Array:
    """``exp(x) / sum(exp(x))`` along `axis`: positive, and 1 in sum. Its Jacobian is ``y_i (delta_ij - y_j)``.

    x: real, any shape. Returns the same shape.

    >>> softmax(randn(3, 2))
    >>> softmax(randn(3, 2), axis=0)
    """
    return kernels.softmax(x, axis)


@op(x=lambda g, out, axis: g - exp(out) * sum(g, axis, keepdims=True))
def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """``log(softmax(x))`` along `axis`, exact where the probabilities vanish.

    x: real, any shape. Returns the same shape.

    >>> log_softmax(randn(3, 2))
    >>> log_softmax(randn(3, 2), axis=0)
    """
    return kernels.log_softmax(x, axis)


def _cross_entropy_spec(logits: Any, target: Any, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """The same as an expression: minus the log-probability of each target, where it is not to be ignored."""
    target = np.asarray(getattr(target, "data", target))
    counted = target != ignore_index
    log_p = log_softmax(logits, 1 if logits.ndim > 1 else 0)
    places = np.indices(target.shape)
    losses = -getitem(log_p, (*places[:1], np.where(counted, target, 0), *places[1:])) * counted
    if reduction == "none":
        return losses
    return sum(losses) if reduction == "sum" else sum(losses) / counted.sum()


@op(
    spec=_cross_entropy_spec,
    residuals=("probabilities", "counted"),
    logits=lambda g, logits_shape, target, probabilities, counted, reduction: _cross_entropy_gradient(
        g, logits_shape, target, probabilities, counted, reduction
    ),
)
def cross_entropy(logits: Array, target: Array, ignore_index: int = -100, reduction: str = "mean") -> Array:
    """Minus the log-probability (natural logarithm) that ``softmax(logits)`` gives to the target classes.

    logits: (N, C), (N, C, d1, ...) or (C,), unnormalised; target: integers below C, (N,), (N, d1, ...) or ().
    ignore_index: a target that does not count. reduction: "mean" (over those that count), "sum" or "none".
    Returns a scalar, or the target's shape for "none". Raises ValueError for shapes that do not belong together,
    TypeError for targets that are not integers, IndexError for classes that do not exist.

    >>> cross_entropy(randn(3, 4), integers(4, 3))
    >>> cross_entropy(randn(3, 4, 2), integers(4, 3, 2), 1, "sum")
    >>> cross_entropy(randn(4), integers(4), reduction="none")
    """
    target = np.asarray(target)
    _check_targets(logits, target, ignore_index, reduction)
    rows, dtype = _rows(logits), logits.dtype
    losses, probabilities, counted = kernels.cross_entropy(rows, target.reshape(-1), ignore_index)
    if reduction == "none":
        return losses.reshape(target.shape), probabilities, counted
    total = losses.sum(dtype=dtype)
    return (total if reduction == "sum" else total / counted.sum(dtype=dtype)), probabilities, counted


def _rows(x: Any) -> Any:
    """(N, C, ...) with the classes moved behind: one row of C numbers for each target."""
    return (np.moveaxis(x, 1, -1) if x.ndim > 2 else x).reshape(-1, x.shape[1 if x.ndim > 1 else 0])


def _check_targets(logits: Any, target: Any, ignore_index: int, reduction: str) -> None:
    if target.dtype.kind not in "iu":
        raise TypeError("targets must be integers, the numbers of the classes; pass integers, or target.astype(int)")
    expected = logits.shape[:1] + logits.shape[2:] if logits.ndim > 1 else ()
    if logits.ndim == 0 or target.shape != expected:
        raise ValueError(f"the target must have shape {expected}; axis 1 of the logits is for the classes")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'reduction {reduction!r} is not known; use "mean", "sum" or "none"')
    classes = logits.shape[1 if logits.ndim > 1 else 0]
    real = target[target != ignore_index]
    if real.size and (real.min() < 0 or real.max() >= classes):
        raise IndexError(f"targets run from {real.min()} to {real.max()}, the classes to {classes - 1}; check them")


def _cross_entropy_gradient(g: Any, shape: Any, target: Any, probabilities: Any, counted: Any, reduction: str) -> Any:
    weights = g / counted.sum(dtype=probabilities.dtype) if reduction == "mean" else g
    weights = np.broadcast_to(np.reshape(weights, -1), counted.shape)
    rows = kernels.cross_entropy_gradient(weights, probabilities, np.asarray(target).reshape(-1), counted)
    if len(shape) < 3:
        return rows.reshape(shape)
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)
