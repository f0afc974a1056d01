"""Losses of probabilities: of classes that exclude each other, and of those that do not (each a yes or no)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import softmax as kernels
from ..kernels.indexing import largest_unsigned
from .elementwise import clip, maximum, sigmoid, where
from .indexing import getitem
from .losses import check_reduction, paired, reduced, times_finite
from .reduction import sum
from .shape import reshape
from .softmax import log_softmax, real_numbers

# -- classes that exclude each other -----------------------------------------------------------------------------


@composite(constants=("target",))
def cross_entropy(
    logits: Array,
    target: Array,
    weight: Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    """Minus the log-probability (natural logarithm) that ``softmax(logits)`` gives to the target classes.

    logits: (N, C), (N, C, d1, ...) or (C,), unnormalised; target: integers below C, (N,), (N, d1, ...) or (), or the
    probabilities of all classes, in the logits' shape, which get a gradient if they require one. weight: (C,), how much
    each class counts. ignore_index: a class that does not count. reduction: "mean" (over the sum of the weights of
    those that count, NaN if none does; over all if the targets are probabilities), "sum" or "none". label_smoothing:
    the share of each target that is distributed evenly over all classes (Szegedy et al. 2016). Returns a scalar, or the
    logits' shape without C for "none". Raises ValueError for shapes that do not belong together, TypeError for targets
    of another kind, IndexError for classes that do not exist.

    >>> cross_entropy(randn(3, 4), integers(4, 3))
    >>> cross_entropy(randn(3, 4, 2), integers(4, 3, 2), positive(4), 1, "sum", 0.2)
    >>> cross_entropy(randn(2, 3), softmax(randn(2, 3)), positive(3), reduction="none", label_smoothing=0.1)
    """
    kind = np.asarray(raw(target)).dtype.kind
    if kind in "iu" and weight is None and label_smoothing == 0:
        return softmax_cross_entropy(logits, target, ignore_index, reduction)
    if not 0 <= label_smoothing <= 1:
        raise ValueError("label_smoothing is the share of a target that goes to all classes; pass one from 0 to 1")
    log_p = log_softmax(logits, _class_axis(logits))
    if kind == "f" and np.shape(raw(target)) == log_p.shape:
        return _loss_of_probabilities(log_p, target, weight, ignore_index, reduction, label_smoothing)
    return _loss_of_classes(log_p, target, weight, ignore_index, reduction, label_smoothing)


@composite(constants=("target",))
def nll_loss(
    x: Array, target: Array, weight: Array | None = None, ignore_index: int = -100, reduction: str = "mean"
) -> Array:
    """Minus the log-probability of the target classes, where `x` has log-probabilities already (of `log_softmax`).

    x: (N, C), (N, C, d1, ...) or (C,); target: integers below C, (N,), (N, d1, ...) or (). weight: (C,), how much each
    class counts. ignore_index: a class that does not count. reduction: "mean" (over the sum of the weights of those
    that count), "sum" or "none". Returns a scalar, or the target's shape for "none". Raises ValueError for shapes that
    do not belong together, TypeError for targets that are not integers, IndexError for classes that do not exist.

    >>> nll_loss(randn(3, 4), integers(4, 3))
    >>> nll_loss(randn(3, 4, 2), integers(4, 3, 2), positive(4), 1, "none")
    """
    return _loss_of_classes(x, target, weight, ignore_index, reduction)


def _loss_of_probabilities(
    log_p: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float
) -> Any:
    if ignore_index >= 0:
        raise ValueError("probabilities name no class that could be ignored; leave ignore_index, or pass classes")
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / log_p.shape[_class_axis(log_p)]
    return reduced(_sum_over_classes(target, log_p, weight), reduction)


def _loss_of_classes(
    log_p: Any, target: Any, weight: Any, ignore_index: int, reduction: str, label_smoothing: float = 0.0
) -> Any:
    check_reduction(reduction)
    shape, target = np.shape(raw(log_p)), np.asarray(raw(target))
    counted = _counted(shape, target, ignore_index)
    classes = target if counted is None else np.where(counted, target, 0)
    losses, factors = -getitem(log_p, _places(classes)), None
    if weight is not None:
        _check_weight(weight, log_p)
        factors = getitem(weight, classes)
        losses = times_finite(factors, losses)
    if label_smoothing:
        even = label_smoothing / shape[_class_axis(log_p)]
        losses = (1 - label_smoothing) * losses + _sum_over_classes(even, log_p, weight)
    if counted is None:
        return reduced(losses, reduction, None if factors is None else sum(factors))
    total = int(counted.sum()) if factors is None else sum(where(counted, factors, 0))
    return reduced(where(counted, losses, 0), reduction, total)


def _sum_over_classes(shares: Any, log_p: Any, weight: Any) -> Any:
    """``-sum(shares * weight * log_p)`` over the classes; what has no share may have the log-probability -inf."""
    if weight is not None:
        _check_weight(weight, log_p)
        shares = shares * (weight if log_p.ndim < 3 else reshape(weight, (-1, *(1,) * (log_p.ndim - 2))))
    return -sum(times_finite(shares, log_p), _class_axis(log_p))


def _check_weight(weight: Any, log_p: Any) -> None:
    classes = log_p.shape[_class_axis(log_p)]
    if np.shape(raw(weight)) != (classes,):
        raise ValueError(f"weight must have one number for each of the {classes} classes; check the sizes")


def _class_axis(x: Any) -> int:
    return 1 if np.ndim(raw(x)) > 1 else 0


def _places(classes: Any) -> tuple[Any, ...]:
    """The index of each target's own class in (N, C, ...)."""
    places = np.indices(classes.shape)
    return (*places[:1], classes, *places[1:])


def _counted(shape: tuple[int, ...], target: Any, ignore_index: int) -> Any:
    """Which targets count; None for all. `shape` is that of the logits. Errors as in `cross_entropy`."""
    if target.dtype.kind not in "iu":
        raise TypeError(
            "targets must be integers, the numbers of the classes, or probabilities in the logits' shape; pass integers"
            " (target.astype(int))"
        )
    expected = shape[:1] + shape[2:] if len(shape) > 1 else ()
    if not shape or target.shape != expected:
        raise ValueError(f"the target must have shape {expected}; axis 1 of the logits is for the classes")
    classes = shape[1 if len(shape) > 1 else 0]
    outside = target.size and largest_unsigned(target) >= classes
    if not outside and not 0 <= ignore_index < classes:
        return None
    counted = np.asarray(target != ignore_index)
    real = target[counted]
    if real.size and (real.min() < 0 or real.max() >= classes):
        raise IndexError(f"targets run from {real.min()} to {real.max()}, the classes to {classes - 1}; check them")
    return counted


def _softmax_cross_entropy_spec(logits: Any, target: Any, ignore_index: int = -100, reduction: str = "mean") -> Any:
    return _loss_of_classes(log_softmax(logits, _class_axis(logits)), target, None, ignore_index, reduction)


@op(
    spec=_softmax_cross_entropy_spec,
    residuals=("exponentials", "sums", "counted"),
    logits=lambda g, logits_shape, target, exponentials, sums, counted, reduction: _softmax_cross_entropy_gradient(
        g, logits_shape, target, exponentials, sums, counted, reduction
    ),
)
def softmax_cross_entropy(logits: Array, target: Array, ignore_index: int = -100, reduction: str = "mean") -> Array:
    """`cross_entropy` of classes that all count the same, in one go: its arguments, results and errors.

    logits: (N, C), (N, C, d1, ...) or (C,); target: integers. Returns a scalar, or the target's shape for "none".

    >>> softmax_cross_entropy(randn(3, 4), integers(4, 3))
    >>> softmax_cross_entropy(randn(3, 4, 2), integers(4, 3, 2), 1, "sum")
    >>> softmax_cross_entropy(randn(1, 4, 2), integers(4, 1, 2))
    >>> softmax_cross_entropy(randn(4), integers(4), reduction="none")
    """
    check_reduction(reduction)
    target = np.asarray(target)
    counted = _counted(logits.shape, target, ignore_index)
    counted = None if counted is None else counted.reshape(-1)
    losses, exponentials, sums = kernels.cross_entropy(_rows(real_numbers(logits)), target.reshape(-1), counted)
    if reduction == "none":
        return losses.reshape(target.shape), exponentials, sums, counted
    total = losses.sum()
    return (total if reduction == "sum" else total / _number(sums, counted)), exponentials, sums, counted


def _rows(x: Any) -> Any:
    """(N, C, ...) with the classes moved behind: one row of C numbers for each target."""
    return (np.moveaxis(x, 1, -1) if x.ndim > 2 else x).reshape(-1, x.shape[1 if x.ndim > 1 else 0])


def _number(sums: Any, counted: Any) -> Any:
    """How many rows count, in the dtype of the sums."""
    return sums.dtype.type(len(sums)) if counted is None else counted.sum(dtype=sums.dtype)


def _softmax_cross_entropy_gradient(
    g: Any, shape: Any, target: Any, exponentials: Any, sums: Any, counted: Any, reduction: str
) -> Any:
    weights = g / _number(sums, counted) if reduction == "mean" else np.reshape(g, -1)
    rows = kernels.cross_entropy_gradient(weights, exponentials, sums, np.reshape(target, -1), counted)
    if len(shape) < 3:
        return rows.reshape(shape)
    return np.moveaxis(rows.reshape(shape[0], *shape[2:], shape[1]), -1, 1)


# -- each a yes or no --------------------------------------------------------------------------------------------


@composite()
def binary_cross_entropy(x: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """Minus the log-likelihood of yes or no: ``-target * log(x) - (1 - target) * log(1 - x)``, both logs at least -100.

    x: probabilities; target: 0, 1 or what is between, x's shape; weight: broadcasts to it. Returns a scalar (a mean
    divides by the number of losses), or x's shape for "none". For probabilities of 0 and 1 the gradient is as large as
    PyTorch's: up to 1e12. Raises ValueError for other shapes, and for what are no probabilities.

    >>> binary_cross_entropy(0.4 * positive(3, 2), 0.4 * positive(3, 2))
    >>> binary_cross_entropy(0.4 * positive(3, 2), 0.4 * positive(3, 2), positive(2), "none")
    """
    return _with_weight(bernoulli_loss(*paired(x, target)), weight, reduction)


@composite()
def binary_cross_entropy_with_logits(
    x: Array,
    target: Array,
    weight: Array | None = None,
    reduction: str = "mean",
    pos_weight: Array | None = None,
) -> Array:
    """`binary_cross_entropy` of ``sigmoid(x)``, without overflow, and exact where the probabilities are near 0 or 1.

    x: logits; target: 0, 1 or what is between, x's shape; weight: broadcasts to it, as does pos_weight, which
    multiplies what is lost on a yes. Returns a scalar (a mean divides by the number of losses), or x's shape for
    "none". Raises ValueError for other shapes.

    >>> binary_cross_entropy_with_logits(randn(3, 2), 0.4 * positive(3, 2))
    >>> binary_cross_entropy_with_logits(randn(3, 2), 0.4 * positive(3, 2), positive(2), "none", positive(3, 1))
    """
    x, target = paired(x, target)
    yes = target if pos_weight is None else target * _fitting(pos_weight, x, "pos_weight")
    return _with_weight(logistic_loss(x, yes, 1 - target), weight, reduction)


@composite()
def sigmoid_focal_loss(
    x: Array, target: Array, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none"
) -> Array:
    """`binary_cross_entropy_with_logits`, times ``(1 - p) ** gamma`` for the probability p that x gives to the target.

    x: logits; target: 0, 1 or what is between, x's shape. alpha: the weight of a yes, 1 - alpha being that of a no; no
    weights if negative. Returns x's shape, or a scalar for the reductions "mean" and "sum". Raises ValueError for other
    shapes. Lin et al. 2017; arguments and defaults are those of torchvision.

    >>> sigmoid_focal_loss(randn(3, 2), 0.4 * positive(3, 2))
    >>> sigmoid_focal_loss(randn(3), 0.4 * positive(3), -1, 1.5, "sum")
    """
    x, target = paired(x, target)
    missed = sigmoid(x) * (1 - target) + sigmoid(-x) * target  # 1 - p, which would lose its digits where p is near 1
    nothing = float(np.sqrt(np.finfo(np.result_type(raw(missed))).tiny))  # whose powers of -2 and above are finite
    losses = logistic_loss(x, target, 1 - target) * clip(missed, nothing) ** gamma
    return reduced(losses if alpha < 0 else losses * (alpha * target + (1 - alpha) * (1 - target)), reduction)


def _with_weight(losses: Any, weight: Any, reduction: str) -> Any:
    return reduced(losses if weight is None else losses * _fitting(weight, losses, "weight"), reduction)


def _fitting(weight: Any, x: Any, name: str) -> Any:
    """A weight that broadcasts to the shape of x. Raises ValueError if it does not."""
    shape, own = np.shape(raw(x)), np.shape(raw(weight))
    if len(own) > len(shape) or any(n not in (1, m) for n, m in zip(own[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{name} must broadcast to x's shape {shape}; compare the shapes from the last axis")
    return weight


@op(
    x=lambda g, x, target: g * ((x - target) / maximum(x * (1 - x), 1e-12)),
    target=lambda g, x: g * (bernoulli_loss(x, 1) - bernoulli_loss(x, 0)),
)
def bernoulli_loss(x: Array, target: Array) -> Array:
    """``-target * log(x) - (1 - target) * log(1 - x)``, elementwise, both logarithms at least -100.

    x: probabilities; target: broadcast against each other. Returns the broadcast shape. The gradient of x, infinite at
    0 and 1, is that of a denominator of at least 1e-12. Raises ValueError for what are no probabilities.

    >>> bernoulli_loss(0.4 * positive(3, 2), randn(2))
    """
    x = real_numbers(x)
    if np.size(x) and (np.min(x) < 0 or np.max(x) > 1):
        raise ValueError("x must be probabilities; pass numbers from 0 to 1, or logits to the version with logits")
    return kernels.bernoulli_loss(x, target)


@op(
    x=lambda g, x, yes, no: g * (no * sigmoid(x) - yes * sigmoid(-x)),
    yes=lambda g, x: g * logistic_loss(x, 1, 0),
    no=lambda g, x: g * logistic_loss(x, 0, 1),
)
def logistic_loss(x: Array, yes: Array, no: Array) -> Array:
    """``yes * log(1 + exp(-x)) + no * log(1 + exp(x))``, elementwise, without overflow, and exact in both tails.

    x: real logits; yes, no: how much is lost on each answer; broadcast against each other. Returns the broadcast shape.

    >>> logistic_loss(randn(3, 2), randn(2), randn(3, 1))
    """
    if np.result_type(x, yes, no).kind == "c":
        raise TypeError("complex numbers have no sign; pass the real part")
    return kernels.logistic_loss(x, yes, no)
