"""Kernels of sorting: positions, from which the values are then taken."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MANY = 64  # ranks up to which a pass over the numbers for each takes less time than to sort positions


def argsort(x: Array, axis: int | None, descending: bool) -> Any:
    """Positions of the elements in order, equal ones in the order they have in x; NaN counts as the largest."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    if not descending:
        return _argsort(x, axis)
    # Backwards twice, so that equal elements keep their order.
    return x.shape[axis] - 1 - np.flip(_argsort(np.flip(x, axis), axis), axis)


def _argsort(x: Array, axis: int) -> Any:
    """np.argsort(x, axis, stable=True). NumPy's other way is four times as fast, and the same where nothing is equal.

    A million doubles take 39 ms instead of 122. Among integers something is equal as a rule.
    """
    if x.dtype.kind != "f":
        return argsort_reference(x, axis)
    positions = np.argsort(x, axis)
    ordered = np.moveaxis(np.take_along_axis(x, positions, axis), axis, -1)
    return positions if (ordered[..., 1:] > ordered[..., :-1]).all() else argsort_reference(x, axis)


def argsort_reference(x: Array, axis: int) -> Any:
    """The same, as it is defined."""
    return np.argsort(x, axis, stable=True)


def topk(x: Array, k: int, largest: bool, ordered: bool) -> Any:
    """Positions along the last axis of the k largest (or smallest) elements: the first of equal ones, NaN as largest.

    (..., n) -> (..., k), in descending (or ascending) order, or in that of x if not `ordered`.
    """
    chosen = _candidates(x, k, largest)
    if chosen is None:
        chosen = topk_reference(x, k, largest)
    chosen.sort(-1)
    if ordered:
        order = argsort(np.take_along_axis(x, chosen, -1), -1, largest)
        chosen = np.take_along_axis(chosen, order, -1)
    return chosen


def _candidates(x: Array, k: int, largest: bool) -> Any:
    """The positions in any order, by partition: None where an element beside them is as good as the last of them."""
    n = x.shape[-1]
    if k in (0, n) or x.size == 0:
        return np.broadcast_to(np.arange(k), (*x.shape[:-1], k)).copy()
    last = n - k if largest else k - 1
    positions = np.argpartition(x, last, -1)
    boundary = np.take_along_axis(x, positions[..., last : last + 1], -1)
    chosen = positions[..., last:] if largest else positions[..., :k]
    equal = np.count_nonzero(x == boundary, axis=-1)
    if np.isnan(boundary).any() or (equal != np.count_nonzero(np.take_along_axis(x, chosen, -1) == boundary, -1)).any():
        return None
    return chosen


def topk_reference(x: Array, k: int, largest: bool) -> Any:
    """The same by sorting all, always in order."""
    return argsort(x, -1, largest)[..., :k]


def of_rank(x: Array, ranks: Array, strict: bool = False) -> Any:
    """Positions along the last axis of the elements of these ranks (0: the smallest); equal ones keep their order.

    x (..., n), ranks (m,), or (..., m) where they differ -> (..., m). NaN counts as the largest; where there is one and
    `strict`, the position of the first for every rank. To sort a million doubles takes 7 ms, to find three ranks by
    partition 13, to sort their positions 39 or more: that is left to rows with equal elements at the ranks.
    """
    ranks = np.broadcast_to(ranks, (*x.shape[:-1], ranks.shape[-1]))
    positions = of_rank_reference(x, ranks) if ranks.shape[-1] > MANY else _of_few_ranks(x, ranks)
    if strict:
        nan = np.isnan(x)
        positions = np.where(nan.any(-1, keepdims=True), np.argmax(nan, -1)[..., None], positions)
    return positions


def _of_few_ranks(x: Array, ranks: Array) -> Array:
    ascending = np.sort(x, -1)
    values = np.take_along_axis(ascending, ranks, -1)
    positions = np.empty(ranks.shape, np.intp)
    for m in range(ranks.shape[-1]):
        positions[..., m] = np.argmax(x == values[..., m : m + 1], -1)  # the first of equal ones
    before = np.take_along_axis(ascending, np.maximum(ranks - 1, 0), -1)
    later = ((ranks > 0) & (before == values) | np.isnan(values)).any(-1)  # rows in which it may be another
    if later.any():
        positions[later] = of_rank_reference(x[later], ranks[later])
    return positions


def of_rank_reference(x: Array, ranks: Array) -> Any:
    """The same as it is defined, NaN being a number like others."""
    return np.take_along_axis(argsort(x, -1, False), ranks, -1)
