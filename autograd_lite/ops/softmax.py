"""Softmax, its logarithm, and the cross-entropy of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import softmax as kernels
from ..kernels.indexing import largest_unsigned
from ..kernels.reduction import Axis
from .elementwise import exp, log
from .indexing import getitem
from .reduction import sum


def _softmax_spec(x: Any, axis: Axis = -1) -> Any:
    exponentials = exp(x - kernels.largest(raw(x), axis))
    return exponentials / sum(exponentials, axis, keepdims=True)


@op(spec=_softmax_spec, x=lambda g, out, axis: kernels.softmax_gradient(g, out, axis))
def softmax(x: Array, axis: Axis = -1) -> Array:
    """``exp(x) / sum(exp(x))`` along `axis`: positive, and 1 in sum. Its Jacobian is ``y_i (delta_ij - y_j)``.

    x: real, any shape. Returns the same shape.

    >>> softmax(randn(3, 2))
    >>> softmax(randn(3, 2), axis=0)
    """
    return kernels.softmax(_real(x), axis)


def _log_softmax_spec(x: Any, axis: Axis = -1) -> Any:
    shifted = x - kernels.largest(raw(x), axis)
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


@op(spec=_log_softmax_spec, x=lambda g, out, axis: kernels.log_softmax_gradient(g, out, axis))
def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """``log(softmax(x))`` along `axis`, exact where the probabilities vanish.

    x: real, any shape. Returns the same shape.

    >>> log_softmax(randn(3, 2))
    >>> log_softmax(randn(3, 2), axis=0)
    """
    return kernels.log_softmax(_real(x), axis)


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
    residuals=("exponentials", "sums", "counted"),
    logits=lambda g, logits_shape, target, exponentials, sums, counted, reduction: _cross_entropy_gradient(
        g, logits_shape, target, exponentials, sums, counted, reduction
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
    counted = _counted(logits, target, ignore_index, reduction)
    losses, exponentials, sums = kernels.cross_entropy(_rows(_real(logits)), target.reshape(-1), counted)
    if reduction == "none":
        return losses.reshape(target.shape), exponentials, sums, counted
    total = losses.sum()
    return (total if reduction == "sum" else total / _number(sums, counted)), exponentials, sums, counted


def _real(x: Any) -> Any:
    """x, as floating-point numbers if it has integers. Raises TypeError for complex numbers."""
    if x.dtype.kind == "c":
        raise TypeError("complex numbers have no largest one; pass the real part, or ag.abs(x)")
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x, np.float16))


def _rows(x: Any) -> Any:
    """(N, C, ...) with the classes moved behind: one row of C numbers for each target."""
    return (np.moveaxis(x, 1, -1) if x.ndim > 2 else x).reshape(-1, x.shape[1 if x.ndim > 1 else 0])


def _number(sums: Any, counted: Any) -> Any:
    """How many rows count, in the dtype of the sums."""
    return sums.dtype.type(len(sums)) if counted is None else counted.sum(dtype=sums.dtype)


def _counted(logits: Any, target: Any, ignore_index: int, reduction: str) -> Any:
    """Which targets count, in one row; None for all. Errors as in `cross_entropy`."""
    if target.dtype.kind not in "iu":
        raise TypeError("targets must be integers, the numbers of the classes; pass integers, or target.astype(int)")
    expected = logits.shape[:1] + logits.shape[2:] if logits.ndim > 1 else ()
    if logits.ndim == 0 or target.shape != expected:
        raise ValueError(f"the target must have shape {expected}; axis 1 of the logits is for the classes")
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f'reduction {reduction!r} is not known; use "mean", "sum" or "none"')
    classes = logits.shape[1 if logits.ndim > 1 else 0]
    outside = target.size and largest_unsigned(target) >= classes
    if not outside and not 0 <= ignore_index < classes:
        return None
    counted = target.reshape(-1) != ignore_index
    real = target.reshape(-1)[counted]
    if real.size and (real.min() < 0 or real.max() >= classes):
        raise IndexError(f"targets run from {real.min()} to {real.max()}, the classes to {classes - 1}; check them")
    return counted


def _cross_entropy_gradient(
    g: Any, shape: Any, target: Any, exponentials: Any, sums: Any, counted: Any, reduction: str
) -> Any:
    weights = g / _number(sums, counted) if reduction == "mean" else np.reshape(g, -1)
    rows = kernels.cross_entropy_gradient(weights, exponentials, sums, np.reshape(target, -1), counted)
    if len(shape) < 3:
        return rows.reshape(shape)
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)
