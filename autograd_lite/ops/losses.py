"""Losses of numbers: distances from a target, and likelihoods. And what all losses share: shapes, weights, reductions.

`reduction` is "mean", "sum" or "none" everywhere. Shapes must be equal: what would broadcast is rarely meant.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import reduction as kernels
from .elementwise import abs, astype, clip, exp, log, maximum, square, where
from .reduction import mean, sum
from .shape import numbers_as_arrays

REDUCTIONS = ("mean", "sum", "none")


# -- what all losses share ---------------------------------------------------------------------------------------


def check_reduction(reduction: Any, known: tuple[str, ...] = REDUCTIONS) -> None:
    """Raise ValueError for a reduction that is not known."""
    if reduction not in known:
        *first, last = (f'"{name}"' for name in known)
        raise ValueError(f"reduction {reduction!r:.60} is not known; use {', '.join(first)} or {last}")


def reduced(losses: Any, reduction: str, total: Any = None) -> Any:
    """The losses, their sum, or for "mean" their sum divided by `total` (None: their number)."""
    check_reduction(reduction)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return sum(losses)
    return mean(losses) if total is None else sum(losses) / total


def weighted(losses: Any, weight: Any, reduction: str) -> Any:
    """`reduced` losses, each multiplied with a weight of its own; a mean divides by the sum of the weights."""
    if weight is None:
        return reduced(losses, reduction)
    check_one_shape(losses, weight, "x and weight")
    return reduced(losses * weight, reduction, sum(weight))


def check_one_shape(a: Any, b: Any, names: str = "x and target") -> None:
    """Raise ValueError for different shapes."""
    if getattr(a, "shape", ()) != getattr(b, "shape", ()):
        raise ValueError(f"{names} must have one shape; reshape one, or broadcast_to if it is meant to repeat")


def in_dtype_of(x: Any, target: Any) -> Any:
    """A target, which has the dtype of `x` then if it had whole numbers or booleans: they never promote."""
    if getattr(target, "dtype", np.dtype(float)).kind in "fc":
        return target
    return astype(target, np.result_type(np.asarray(raw(x)), np.float16))


def paired(x: Any, target: Any) -> tuple[Any, Any]:
    """`x` and a target of its shape, both arrays, whole numbers in x's dtype. Raises ValueError for another shape."""
    check_one_shape(x, target)
    x, target = numbers_as_arrays((x, target))
    return x, in_dtype_of(x, target)


def times_finite(shares: Any, losses: Any) -> Any:
    """``shares * losses``, where an infinite loss costs nothing if nothing of it is wanted."""
    unwanted = np.isinf(raw(losses)) & (raw(shares) == 0)
    return shares * (where(unwanted, 0, losses) if unwanted.any() else losses)


# -- distances ---------------------------------------------------------------------------------------------------


def _error(x: Any, target: Any) -> Any:
    x, target = paired(x, target)
    return x - target


@composite()
def mse_loss(x: Array, target: Array, reduction: str = "mean", weight: Array | None = None) -> Array:
    """Squared error: ``(x - target) ** 2``.

    x, target, weight: of one shape; a mean with weights divides by their sum. Returns a scalar, or that shape for
    "none". Raises ValueError for different shapes.

    >>> mse_loss(randn(3, 2), randn(3, 2))
    >>> mse_loss(randn(3), randn(3), "none", positive(3))
    """
    if weight is not None:
        return weighted(square(_error(x, target)), weight, reduction)
    check_reduction(reduction)
    return squared_error(*paired(x, target), reduction)


@op(
    x=lambda g, x, target, reduction: _squared_error_gradient(g, x, target, reduction),
    target=lambda g, x, target, reduction: -_squared_error_gradient(g, x, target, reduction),
)
def squared_error(x: Array, target: Array, reduction: str) -> Array:
    """`mse_loss` without weights as one operation, where three would each take their time in a small network.

    x, target: of one shape. Returns a scalar, or that shape for "none".

    >>> squared_error(randn(3, 2), randn(3, 2), "mean")
    >>> squared_error(randn(3), randn(3), "none")
    """
    error = x - target
    error *= error
    if reduction == "none":
        return error
    total = kernels.sum(error, None, False)
    return total if reduction == "sum" else total / kernels.count(error.shape, None)


def _squared_error_gradient(g: Any, x: Any, target: Any, reduction: str) -> Any:
    return g * (2 / max(1, kernels.count(x.shape, None)) if reduction == "mean" else 2) * (x - target)


@composite()
def l1_loss(x: Array, target: Array, reduction: str = "mean", weight: Array | None = None) -> Array:
    """Absolute error: ``abs(x - target)``.

    x, target, weight: of one shape; a mean with weights divides by their sum. Returns a scalar, or that shape for
    "none". The gradient is 0 where x equals the target. Raises ValueError for different shapes.

    >>> l1_loss(distinct(3, 2), distinct(3, 2) + 0.05)
    >>> l1_loss(distinct(3), distinct(3) + 0.05, "none", positive(3))
    """
    return weighted(abs(_error(x, target)), weight, reduction)


@composite()
def huber_loss(
    x: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Array | None = None
) -> Array:
    """Half the squared error up to a distance `delta`, from there on a line of slope `delta`. Huber 1964.

    x, target, weight: of one shape; a mean divides by the number of losses with weights, too, as PyTorch's. Returns a
    scalar, or that shape for "none". The gradient is continuous; its own at the distance `delta` is that of the square.
    Raises ValueError for different shapes, and unless delta > 0.

    >>> huber_loss(distinct(3, 2), distinct(3, 2) + 0.05)
    >>> huber_loss(distinct(5), distinct(5) + 0.05, "none", 0.3, positive(5))
    """
    if not delta > 0:
        raise ValueError("delta must be positive; pass the distance from which on the loss is a line")
    losses = half_square_then_line(_error(x, target), delta)
    if weight is not None:
        check_one_shape(x, weight, "x and weight")
        losses = losses * weight
    return reduced(losses, reduction)


@composite()
def smooth_l1_loss(x: Array, target: Array, reduction: str = "mean", beta: float = 1.0) -> Array:
    """The absolute error, rounded off up to a distance `beta`: `huber_loss` divided by it. Girshick 2015.

    x, target: of one shape; beta: 0 for the absolute error itself. Returns a scalar, or that shape for "none". The
    gradient is continuous (for beta = 0 it is 0 where x equals the target). Raises ValueError for different shapes, and
    unless beta >= 0.

    >>> smooth_l1_loss(distinct(3, 2), distinct(3, 2) + 0.05)
    >>> smooth_l1_loss(distinct(5), distinct(5) + 0.05, "none", 0.3)
    """
    if not beta >= 0:
        raise ValueError("beta must not be negative; pass the distance from which on the loss is a line, 0 for none")
    error = _error(x, target)
    return reduced(abs(error) if beta == 0 else half_square_then_line(error, beta) / beta, reduction)


@op(x=lambda g, x, delta: g * clip(x, -delta, delta), branch=lambda x, delta: np.abs(x) > delta)
def half_square_then_line(x: Array, delta: float) -> Array:
    """``x**2 / 2`` up to delta, then ``delta * (abs(x) - delta / 2)``: with a clipped slope both are this.

    x: real, any shape. Returns the same shape. The gradient is continuous. Raises TypeError for complex numbers.

    >>> half_square_then_line(distinct(3, 2) + 0.05, 0.3)
    """
    if np.result_type(x).kind == "c":
        raise TypeError("complex numbers have no sign; pass real and imaginary parts apart")
    slope = np.clip(x, -delta, delta)
    out = np.asarray(slope / -2)  # slope * (x - slope / 2), in place: new memory takes longer than the sums
    out += x
    out *= slope
    return out


# -- likelihoods -------------------------------------------------------------------------------------------------


@composite()
def kl_div(x: Array, target: Array, reduction: str = "mean", log_target: bool = False) -> Array:
    """Divergence of Kullback and Leibler for each probability: ``target * (log(target) - x)``, x being logarithms.

    x: log-probabilities; target: probabilities of that shape, or with `log_target` their logarithms. reduction:
    "batchmean" is the sum divided by the length of the first axis, which is what the divergence of a batch is. Returns
    a scalar, or that shape for "none". At a target of 0 the loss is 0, and the gradient of the target is -x. Raises
    ValueError for different shapes.

    >>> kl_div(randn(3, 2), positive(3, 2), "batchmean")
    >>> kl_div(randn(3), randn(3), log_target=True)
    """
    check_reduction(reduction, (*REDUCTIONS, "batchmean"))
    x, target = paired(x, target)
    if log_target:
        losses = exp(target) * (target - x)
    else:
        losses = times_finite(target, log(where(target == 0, 1, target)) - x)
    batchmean = reduction == "batchmean"
    return reduced(losses, "mean" if batchmean else reduction, _first_length(x) if batchmean else None)


def _first_length(x: Any) -> int:
    shape: tuple[int, ...] = np.shape(raw(x))
    return shape[0] if shape else 1


@composite()
def poisson_nll_loss(
    x: Array, target: Array, log_input: bool = True, full: bool = False, eps: float = 1e-8, reduction: str = "mean"
) -> Array:
    """Minus the log-likelihood of counts: ``exp(x) - target * x``, where ``exp(x)`` is what Poisson's law expects.

    x: the logarithm of what is expected, or without `log_input` that itself, for ``x - target * log(x + eps)``; target:
    counts of that shape. full: add the logarithm of the factorial of targets above 1, by Stirling's formula. Returns a
    scalar, or that shape for "none". Raises ValueError for different shapes.

    >>> poisson_nll_loss(randn(3, 2), positive(3, 2), full=True)
    >>> poisson_nll_loss(positive(3), positive(3), False, False, 0.1, "none")
    """
    x, target = paired(x, target)
    losses = exp(x) - target * x if log_input else x - target * log(x + eps)
    return reduced(losses + _log_factorial(target) if full else losses, reduction)


def _log_factorial(n: Any) -> Any:
    """Stirling's formula where n > 1, else 0."""
    large = n > 1
    n = where(large, n, 1)
    return where(large, n * log(n) - n + 0.5 * log(2 * math.pi * n), 0)


@composite()
def gaussian_nll_loss(
    x: Array, target: Array, var: Array, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Array:
    """Minus the log-likelihood of a normal distribution: ``(log(var) + (x - target) ** 2 / var) / 2``.

    x: means; target: of that shape; var: variances of that shape, with a last axis of length 1 or without one, or one
    number. full: add ``log(2 * pi) / 2``. Returns a scalar, or x's shape for "none". A variance below `eps` counts as
    `eps`, and its gradient is the one there. Raises ValueError for other shapes and for negative variances. Nix and
    Weigend 1994.

    >>> gaussian_nll_loss(randn(3, 2), randn(3, 2), positive(3))
    >>> gaussian_nll_loss(randn(3, 2), randn(3, 2), positive(3, 1), True, 0.4, "none")
    """
    (x, target), var = paired(x, target), _variances(x, var)
    values = raw(var)
    if np.any(values < 0):
        raise ValueError("variances must not be negative; predict their logarithm and pass its exp")
    var = var + maximum(eps - values, 0).astype(np.result_type(values))
    losses = 0.5 * (log(var) + square(x - target) / var)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _variances(x: Any, var: Any) -> Any:
    """`var` as an array that broadcasts along x. Raises ValueError for a shape that does not belong to x's."""
    shape, own = np.shape(raw(x)), np.shape(raw(var))
    if not own:
        return np.asarray(var, np.result_type(raw(x), np.float16)) if isinstance(var, int | float) else var
    if own == shape[:-1]:
        return var[..., None]
    differing = [(n, m) for n, m in zip(shape, own, strict=False) if n != m]
    if len(own) != len(shape) or len(differing) > 1 or any(m != 1 for _, m in differing):
        raise ValueError("var must have x's shape, that with one axis of length 1, or without its last; reshape it")
    return var
