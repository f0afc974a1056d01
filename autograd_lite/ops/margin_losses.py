"""Losses that are 0 beyond a margin: of a yes or no, of classes, of orders and of distances. The lectures' SVM.

At the margin itself, where the loss begins, the gradient is 0, as `relu`'s at 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .cross_entropy import logistic_loss
from .elementwise import minimum, relu, sqrt, square, where
from .gather import take_along_axis
from .indexing import getitem
from .losses import check_one_shape, in_dtype_of, paired, reduced
from .reduction import mean, sum
from .shape import expand_dims
from .similarity import pairwise_distance


def _signs(x: Any, target: Any, shape: tuple[int, ...] | None = None) -> Any:
    """A target of -1 and 1 in x's dtype, of x's shape if no other is given. Raises ValueError for anything else."""
    values = np.asarray(raw(target))
    if values.shape != (np.shape(raw(x)) if shape is None else shape):
        raise ValueError("the target must have one number for each loss; reshape it")
    if np.any(np.abs(values) != 1):
        raise ValueError("targets must be -1 or 1; from 0 and 1 they are 2 * target - 1")
    return in_dtype_of(x, target)


# -- yes or no ---------------------------------------------------------------------------------------------------


@composite(constants=("target",))
def hinge_loss(x: Array, target: Array, margin: float = 1.0, reduction: str = "mean") -> Array:
    """``max(0, margin - target * x)``: what is lost on a prediction that is not on the target's side of the margin.

    x: predictions of any sign; target: -1 or 1, x's shape. Returns a scalar, or x's shape for "none". At the margin the
    gradient is 0. Raises ValueError for other targets. Scikit-learn's and Keras' loss of that name.

    >>> hinge_loss(distinct(3, 2), 2 * mask(3, 2) - 1)
    >>> hinge_loss(distinct(4), 2 * mask(4) - 1, 0.2, "none")
    """
    return reduced(relu(margin - _signs(x, target) * x), reduction)


@composite(constants=("target",))
def squared_hinge_loss(x: Array, target: Array, margin: float = 1.0, reduction: str = "mean") -> Array:
    """``max(0, margin - target * x) ** 2``: `hinge_loss` without a kink.

    x: predictions of any sign; target: -1 or 1, x's shape. Returns a scalar, or x's shape for "none". The gradient is
    continuous. Raises ValueError for other targets.

    >>> squared_hinge_loss(distinct(3, 2), 2 * mask(3, 2) - 1)
    >>> squared_hinge_loss(distinct(4), 2 * mask(4) - 1, 0.2, "none")
    """
    return reduced(square(relu(margin - _signs(x, target) * x)), reduction)


@composite(constants=("target",))
def soft_margin_loss(x: Array, target: Array, reduction: str = "mean") -> Array:
    """``log(1 + exp(-target * x))``, without overflow: logistic regression with targets of -1 and 1.

    x: predictions of any sign; target: -1 or 1, x's shape. Returns a scalar, or x's shape for "none". Raises ValueError
    for other targets.

    >>> soft_margin_loss(randn(3, 2), 2 * mask(3, 2) - 1)
    >>> soft_margin_loss(randn(3), 2 * mask(3) - 1, "none")
    """
    return reduced(logistic_loss(_signs(x, target) * x, 1, 0), reduction)


@composite(constants=("target",))
def hinge_embedding_loss(x: Array, target: Array, margin: float = 1.0, reduction: str = "mean") -> Array:
    """`x` where the target is 1, and ``max(0, margin - x)`` where it is -1; x being distances of what is (un)like.

    x: any shape; target: -1 or 1, x's shape. Returns a scalar, or x's shape for "none". At the margin the gradient is
    0. Raises ValueError for other targets.

    >>> hinge_embedding_loss(distinct(3, 2), 2 * mask(3, 2) - 1)
    >>> hinge_embedding_loss(distinct(4), 2 * mask(4) - 1, 0.2, "none")
    """
    return reduced(where(raw(_signs(x, target)) > 0, x, relu(margin - x)), reduction)


# -- classes -----------------------------------------------------------------------------------------------------


@composite(constants=("target",))
def multi_margin_loss(
    x: Array,
    target: Array,
    p: float = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    reduction: str = "mean",
) -> Array:
    """The lectures' multiclass SVM: the mean over classes of ``max(0, margin - x[target] + x[other]) ** p``.

    x: scores (N, C) or (C,); target: integers below C, (N,) or (); p: 1, or 2 for squares; weight: (C,), a factor for
    each target class. The sum over the other classes is divided by C. Returns a scalar, or the target's shape for
    "none". At the margin the gradient is 0. Raises ValueError for shapes that do not belong together, TypeError for
    targets that are not integers, IndexError for classes that do not exist. Weston and Watkins 1999.

    >>> multi_margin_loss(distinct(3, 3), integers(3, 3))
    >>> multi_margin_loss(distinct(4), integers(4), 2, 0.3, positive(4), "none")
    """
    shape, classes = np.shape(raw(x)), np.asarray(raw(target))
    if len(shape) not in (1, 2) or classes.shape != shape[:-1]:
        raise ValueError("x must be (N, C) with targets (N,), or (C,) with one target; reshape them")
    if p not in (1, 2):
        raise ValueError("p must be 1, or 2 for squares; pass one of them")
    if weight is not None and np.shape(raw(weight)) != shape[-1:]:
        raise ValueError(f"weight must have one number for each of the {shape[-1]} classes; check the sizes")
    _check_classes(classes, 0, shape[-1])
    own = np.arange(shape[-1]) == classes[..., None]
    missed = relu(margin - take_along_axis(x, classes[..., None], -1) + x)
    losses = sum(where(own, 0, missed if p == 1 else square(missed)), -1) / max(1, shape[-1])
    return reduced(losses if weight is None else losses * getitem(weight, classes), reduction)


@composite(constants=("target",))
def multilabel_margin_loss(x: Array, target: Array, reduction: str = "mean") -> Array:
    """The mean over classes of ``max(0, 1 - x[label] + x[other])``, for every label and every other class.

    x: scores (N, C) or (C,); target: integers of that shape, the labels of each row and then -1; what follows the first
    -1 does not count. Returns a scalar, or (N,) or () for "none". At the margin the gradient is 0. Raises ValueError
    for another shape, TypeError for targets that are not integers, IndexError for classes that do not exist.

    >>> multilabel_margin_loss(distinct(2, 3), np.array([[2, -1, 0], [0, 1, -1]]))
    >>> multilabel_margin_loss(distinct(4), np.array([3, 0, -1, -1]), "none")
    """
    check_one_shape(x, target)
    labels = np.asarray(raw(target))
    if labels.ndim not in (1, 2):
        raise ValueError("x and target must be (N, C) or (C,); reshape them")
    classes = labels.shape[-1]
    _check_classes(labels, -1, classes)
    counted = np.logical_and.accumulate(labels >= 0, axis=-1)
    most = counted.sum(axis=-1).max(initial=0)  # lists are short, even of many classes
    counted, labels = counted[..., :most, None], labels[..., :most]
    is_label = (counted & (labels[..., None] == np.arange(classes))).any(axis=-2, keepdims=True)  # (N, 1, C)
    scores = expand_dims(take_along_axis(x, labels, -1), -1)  # (N, places in the list, 1)
    pairs = counted & ~is_label  # (N, places in the list, C)
    missed = where(pairs, relu(1 - scores + expand_dims(x, -2)), 0)
    return reduced(sum(missed, (-2, -1)) / max(1, classes), reduction)


@composite()
def multilabel_soft_margin_loss(x: Array, target: Array, weight: Array | None = None, reduction: str = "mean") -> Array:
    """`binary_cross_entropy_with_logits`, its mean over the last axis first: each class is there or not.

    x: logits (..., C); target: 0 or 1, of that shape; weight: (C,), how much each class counts. Returns a scalar, or
    x's shape without C for "none". Raises ValueError for shapes that do not belong together.

    >>> multilabel_soft_margin_loss(randn(3, 2), 0.4 * positive(3, 2))
    >>> multilabel_soft_margin_loss(randn(3, 2), 0.4 * positive(3, 2), positive(2), "none")
    """
    x, target = paired(x, target)
    losses = logistic_loss(x, target, 1 - target)
    if weight is not None:
        if np.shape(raw(weight)) not in ((), np.shape(raw(x))[-1:]):
            raise ValueError("weight must have one number for each class, the last axis of x; check the sizes")
        losses = losses * weight
    return reduced(mean(losses, -1), reduction)


def _check_classes(classes: Any, least: int, number: int) -> None:
    if classes.dtype.kind not in "iu":
        raise TypeError("targets must be integers, the numbers of the classes; pass integers, or target.astype(int)")
    if classes.size and not least <= classes.min() <= classes.max() < number:
        raise IndexError(
            f"targets run from {classes.min()} to {classes.max()}, the classes to {number - 1}; check them"
        )


# -- orders and distances ----------------------------------------------------------------------------------------


@composite(constants=("target",))
def margin_ranking_loss(a: Array, b: Array, target: Array, margin: float = 0.0, reduction: str = "mean") -> Array:
    """``max(0, margin - target * (a - b))``: 1 asks for `a` above `b`, -1 for `a` below.

    a, b: of one shape; target: -1 or 1, of that shape. Returns a scalar, or that shape for "none". At the margin the
    gradient is 0. Raises ValueError for other shapes and targets.

    >>> margin_ranking_loss(distinct(3, 2), distinct(3, 2) + 0.05, 2 * mask(3, 2) - 1)
    >>> margin_ranking_loss(distinct(4), distinct(4) + 0.05, 2 * mask(4) - 1, 0.3, "none")
    """
    check_one_shape(a, b, "a and b")
    difference = a - b
    return reduced(relu(margin - _signs(difference, target) * difference), reduction)


@composite(constants=("target",))
def cosine_embedding_loss(a: Array, b: Array, target: Array, margin: float = 0.0, reduction: str = "mean") -> Array:
    """``1 - cos`` where the target is 1, and ``max(0, cos - margin)`` where it is -1; cos of the angle of `a` and `b`.

    a, b: (N, D) or (D,); target: -1 or 1, (N,) or (). Squared lengths are 1e-12 more than they are, so that vectors of
    0 have a cosine of 0, and finite gradients. Returns a scalar, or the target's shape for "none". At the margin the
    gradient is 0. Raises ValueError for other shapes and targets.

    >>> cosine_embedding_loss(randn(2, 3), randn(2, 3), np.array([1, -1]))
    >>> cosine_embedding_loss(randn(3), randn(3) + 1, np.array(-1), -0.9, "none")
    """
    check_one_shape(a, b, "a and b")
    target = _signs(a, target, np.shape(raw(a))[:-1])
    lengths = sqrt((sum(a * a, -1) + 1e-12) * (sum(b * b, -1) + 1e-12))
    cosine = sum(a * b, -1) / lengths
    return reduced(where(raw(target) > 0, 1 - cosine, relu(cosine - margin)), reduction)


@composite()
def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """``max(0, margin + distance(anchor, positive) - distance(anchor, negative))``. Balntas et al. 2016.

    anchor, positive, negative: (N, D) or (D,). The distance is `pairwise_distance` with `p` and `eps`.
    swap: take the distance of the positive from the negative, if that is less than the anchor's. Returns a scalar, or
    (N,) or () for "none". At the margin the gradient is 0. Raises ValueError for different shapes.

    >>> triplet_margin_loss(randn(2, 3), randn(2, 3), randn(2, 3))
    >>> triplet_margin_loss(randn(3), randn(3), randn(3), 5.0, 3.0, 0.1, True, "none")
    """

    return _of_triplets(
        lambda a, b: pairwise_distance(a, b, p, eps), anchor, positive, negative, margin, swap, reduction
    )


@composite()
def triplet_margin_with_distance_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Array:
    """`triplet_margin_loss` with any distance: a function of two arrays (N, D), which gives (N,).

    anchor, positive, negative: (N, D) or (D,). distance_function: None for `pairwise_distance`. Returns a scalar, or
    (N,) or () for "none". At the margin the gradient is 0. Raises ValueError for different shapes.

    >>> triplet_margin_with_distance_loss(randn(2, 3), randn(2, 3), randn(2, 3))
    >>> triplet_margin_with_distance_loss(
    ...     randn(3), randn(3), randn(3), distance_function=lambda a, b: sum((a - b) ** 2, -1), margin=9.0, swap=True,
    ...     reduction="none")
    """
    return _of_triplets(distance_function or pairwise_distance, anchor, positive, negative, margin, swap, reduction)


def _of_triplets(
    distance: Callable[[Any, Any], Any],
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float,
    swap: bool,
    reduction: str,
) -> Any:
    check_one_shape(anchor, positive, "anchor and positive")
    check_one_shape(anchor, negative, "anchor and negative")
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(relu(margin + near - far), reduction)
