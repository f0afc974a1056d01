"""The loss of sequences whose labels are known and whose alignment is not: connectionist temporal classification."""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import ctc as kernels
from .elementwise import exp, log, where
from .indexing import getitem
from .losses import check_reduction, reduced
from .shape import concatenate


@composite(constants=("targets", "input_lengths", "target_lengths"))
def ctc_loss(
    log_probs: Array,
    targets: Array,
    input_lengths: Array,
    target_lengths: Array,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Array:
    """Minus the log-probability of label sequences, over all their alignments with longer sequences of frames.

    In an alignment each label takes one frame or several in a row, with any number of blanks between labels, at least
    one between equal ones. log_probs: (T, N, C), logarithms of probabilities, as of `log_softmax`, or (T, C) for one
    sequence; targets: classes (N, L) padded with anything, or those of all sequences one behind the other, without the
    blank; input_lengths, target_lengths: how many frames and labels of each count, (N,), or () for one. reduction:
    "mean" divides each loss by the number of its labels first. zero_infinity: 0 instead of inf where there are too few
    frames. Returns a scalar, or (N,) for "none". Where the loss is inf, the gradient is 0. The gradient is that for
    log_probs as they are, and behind `log_softmax` the same as PyTorch's. Raises TypeError for classes and lengths
    that are not integers, ValueError for shapes and lengths that do not belong together. Graves et al. 2006.

    >>> ctc_loss(randn(4, 2, 3), np.array([[1, 1], [2, 0]]), np.array([4, 3]), np.array([2, 1]))
    >>> ctc_loss(randn(3, 3), np.array([0, 1]), np.array(3), np.array(2), 2, "none", True)
    """
    check_reduction(reduction)
    classes, frames, labels = (_integers(v) for v in (targets, input_lengths, target_lengths))
    alone = np.ndim(raw(log_probs)) == 2
    if alone:
        log_probs, classes = log_probs[:, None], classes.reshape(1, -1)
    frames, labels = np.atleast_1d(frames), np.atleast_1d(labels)
    losses = ctc_losses(log_probs, _padded(classes, labels), frames, labels, blank)
    if zero_infinity:
        losses = where(raw(losses) == np.inf, 0, losses)
    if reduction == "mean":
        losses = losses / np.maximum(labels, 1).astype(losses.dtype)
    return reduced(losses[0] if alone else losses, reduction)


def _integers(values: Any) -> Any:
    values = np.asarray(raw(values))
    if values.dtype.kind not in "iu":
        raise TypeError("classes and lengths must be integers; convert them with astype(int)")
    return values


def _padded(classes: Any, lengths: Any) -> Any:
    """Classes (N, L), also of sequences that come one behind the other (sum of the lengths,)."""
    if classes.ndim != 1:
        return classes
    if (lengths.size and lengths.min() < 0) or lengths.sum() != len(classes):
        raise ValueError("targets in one row must be as many as target_lengths in sum; check the lengths")
    counts = np.arange(lengths.max(initial=0)) < lengths[:, None]
    padded = np.zeros(counts.shape, classes.dtype)
    padded[counts] = classes
    return padded


def _ctc_losses_spec(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0) -> Any:
    """The same as an expression: the forward variables, frame by frame."""
    paths = kernels.lattice(raw(targets), raw(input_lengths), raw(target_lengths), blank)
    rows = np.arange(len(paths.labels))[:, None]
    before = kernels.start(paths).astype(log_probs.dtype)
    nowhere = np.full((len(rows), 2), -np.inf, log_probs.dtype)
    for t in range(log_probs.shape[0]):
        emitted = getitem(log_probs, (t, rows, paths.labels))
        from_left = concatenate((nowhere, before), axis=1)
        jumped = where(paths.jumps, from_left[:, :-2], -np.inf)
        reached = _log_sum(before, from_left[:, 1:-1], jumped) + emitted
        before = where((t < paths.frames)[:, None], reached, before)
    ended = where(paths.ends, before, -np.inf)
    columns = (ended[:, i] for i in range(ended.shape[1]))
    return -_log_sum(*columns)


def _log_sum(*terms: Any) -> Any:
    """``log(exp(a) + exp(b) + ...)``; -inf, with gradients of 0, of nothing but -inf."""
    highest = np.maximum.reduce([raw(term) for term in terms])
    highest = np.where(highest == -np.inf, 0, highest)
    total = functools.reduce(operator.add, (exp(term - highest) for term in terms))
    possible = raw(total) > 0
    return where(possible, log(where(possible, total, 1)) + highest, -np.inf)


@op(
    spec=_ctc_losses_spec,
    residuals=("paths", "losses", "alphas"),
    log_probs=lambda g, log_probs, paths, losses, alphas: kernels.backward(g, log_probs, paths, losses, alphas),
)
def ctc_losses(log_probs: Array, targets: Array, input_lengths: Array, target_lengths: Array, blank: int = 0) -> Array:
    """Minus the log-probability of each label sequence of a batch, as `ctc_loss` describes it.

    log_probs: (T, N, C); targets: (N, L); input_lengths, target_lengths: (N,). Returns (N,), inf for a sequence without
    an alignment, whose gradient is 0. Raises ValueError for shapes, lengths and classes that do not belong together.

    >>> ctc_losses(randn(4, 2, 3), np.array([[1, 1], [0, 2]]), np.array([4, 3]), np.array([2, 1]), 2)
    """
    if log_probs.ndim != 3 or log_probs.dtype.kind != "f":
        raise ValueError("log_probs must be real numbers (T, N, C), or (T, C); bring the frames to the front")
    frames, n, number = log_probs.shape
    if targets.ndim != 2 or not len(targets) == len(input_lengths) == len(target_lengths) == n:
        raise ValueError(f"there must be targets (N, L) and lengths (N,) for each of N = {n} sequences; check them")
    for name, lengths, most in (("input", input_lengths, frames), ("target", target_lengths, targets.shape[1])):
        if n and not 0 <= lengths.min() <= lengths.max() <= most:
            raise ValueError(
                f"{name}_lengths run from {lengths.min()} to {lengths.max()}, there are {most}; check them"
            )
    counted = targets[np.arange(targets.shape[1]) < target_lengths[:, None]]
    if not 0 <= blank < number or np.any((counted < 0) | (counted >= number) | (counted == blank)):
        raise ValueError(f"targets must be classes from 0 to {number - 1} other than blank={blank}; check both")
    paths = kernels.lattice(targets, input_lengths, target_lengths, blank)
    losses, alphas = kernels.forward(log_probs, paths)
    return losses.astype(log_probs.dtype), paths, losses, alphas
