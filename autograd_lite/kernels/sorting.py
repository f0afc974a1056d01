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


def first_of_rank(x: Array, ranks: Array, strict: bool = False) -> Any:
    """Positions along the last axis of the elements of these ranks (0: the smallest): the first of equal ones.

    x (..., n), ranks (m,), or (..., m) where they differ -> (..., m). NaN counts as the largest; where there is one and
    `strict`, its position for every rank. To sort a million doubles takes 7 ms, to find three ranks by partition 13.
    """
    ascending = np.sort(x, -1)
    values = ascending[..., ranks] if ranks.ndim == 1 else np.take_along_axis(ascending, ranks, -1)
    undefined = np.isnan(ascending[..., -1:] if strict else values)
    if ranks.shape[-1] > MANY:
        positions = _first_of_many_ranks(x, ranks)
    else:
        positions = np.empty(values.shape, np.intp)
        for m in range(ranks.shape[-1]):
            positions[..., m] = np.argmax(x == values[..., m : m + 1], -1)
    return np.where(undefined, np.argmax(np.isnan(x), -1)[..., None], positions) if undefined.any() else positions


def _first_of_many_ranks(x: Array, ranks: Array) -> Array:
    """The same by a stable sort, in which the first of equal ones is where they begin."""
    order = argsort(x, -1, False)
    ordered = np.take_along_axis(x, order, -1)
    changed = np.ones(x.shape, bool)
    changed[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    beginning = np.maximum.accumulate(np.where(changed, np.arange(x.shape[-1]), 0), -1)
    places = beginning[..., ranks] if ranks.ndim == 1 else np.take_along_axis(beginning, ranks, -1)
    return np.take_along_axis(order, places, -1)


def first_of_rank_reference(x: Array, ranks: Array) -> Any:
    """The same by a stable sort: the position at the rank, and from there to the first that is equal."""
    at_rank = np.take_along_axis(argsort_reference(x, -1), np.broadcast_to(ranks, (*x.shape[:-1], ranks.shape[-1])), -1)
    values = np.take_along_axis(x, at_rank, -1)
    return np.argmax(x[..., None, :] == values[..., None], -1)
