"""Bags of words: rows of a table, summed or averaged over each bag, without a table of all of them where that helps."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .elementwise import where
from .indexing import embedding, getitem, scatter_rows
from .reduction import max


@composite(constants=("indices", "offsets"))
def embedding_bag(
    indices: Array,
    weight: Array,
    offsets: Array | None = None,
    mode: str = "mean",
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:
    """Sum, mean or maximum of the rows of a table that each bag of indices names.

    indices: integers, (B, L), a bag in each row, or (N,) with `offsets` (B,), where each bag begins (the first at 0;
    with include_last_offset the end of the last one too). weight: (rows, features). mode: "sum", "mean" or "max".
    per_sample_weights: of the shape of the indices, factors for the rows in a sum. padding_idx: an index that does not
    count, negative from the end. Returns (B, features), zeros for an empty bag. A tie for the maximum shares the
    gradient. Raises ValueError for offsets that do not fit, an unknown mode and weights beside another mode than "sum",
    TypeError for indices that are not integers, IndexError for rows that do not exist (padding_idx too).

    >>> embedding_bag(integers(4, 2, 3), randn(4, 2))
    >>> embedding_bag(integers(4, 5), randn(4, 2), [0, 2, 2, 5], "sum", randn(5), True)
    >>> embedding_bag(integers(3, 2, 4), randn(3, 2), mode="max", padding_idx=-1)
    """
    places = np.asarray(raw(indices))
    _check(places, mode, per_sample_weights)
    bags, number = _bags(places.shape, offsets, include_last_offset)
    rows = embedding(places, weight)
    counted = np.ones(places.shape, bool)
    if padding_idx is not None:
        if not -len(raw(weight)) <= padding_idx < len(raw(weight)):
            raise IndexError(f"padding_idx {padding_idx} is not one of the {len(raw(weight))} rows; leave it out")
        counted = places != (padding_idx + len(raw(weight)) if padding_idx < 0 else padding_idx)
    if mode == "max":
        return _largest(rows, bags, number, counted)
    factors = counted.astype(rows.dtype)
    if per_sample_weights is not None:
        factors = where(counted, per_sample_weights, 0)
    elif mode == "mean":
        sizes = np.bincount(bags[counted], minlength=number)
        factors = factors / np.maximum(sizes, 1).astype(rows.dtype)[bags]
    return scatter_rows(rows * factors[..., None], bags, number)


def _check(indices: Any, mode: str, per_sample_weights: Any) -> None:
    if mode not in ("sum", "mean", "max"):
        raise ValueError(f'mode {mode!r} is not known; use "sum", "mean" or "max"')
    if per_sample_weights is None:
        return
    if mode != "sum":
        raise ValueError(f'per_sample_weights are for mode "sum", not {mode!r}; leave them out')
    if np.shape(raw(per_sample_weights)) != indices.shape:
        raise ValueError(f"per_sample_weights must have the indices' shape {indices.shape}; give one for each")


def _bags(shape: tuple[int, ...], offsets: Any, include_last_offset: bool) -> tuple[Any, int]:
    """The number of the bag that each index is in, and how many bags there are."""
    if len(shape) == 2 and offsets is None:
        return np.broadcast_to(np.arange(shape[0])[:, None], shape), shape[0]
    if len(shape) != 1 or offsets is None:
        raise ValueError("indices must be (bags, length), or (N,) with offsets; reshape them, or say where bags begin")
    starts = np.asarray(raw(offsets))
    if starts.ndim != 1 or starts.dtype.kind not in "iu":
        raise ValueError("offsets must be integers in one row; pass a list of where each bag begins")
    starts = starts[:-1] if include_last_offset else starts
    ends = np.append(starts[1:], shape[0])
    if not starts.size or starts[0] != 0 or (ends < starts).any():
        raise ValueError(f"offsets must rise from 0 to at most {shape[0]}, the number of indices; sort the bags")
    return np.repeat(np.arange(len(starts)), ends - starts), len(starts)


def _largest(rows: Any, bags: Any, number: int, counted: Any) -> Any:
    """The maximum of each bag: bags of one length side by side, -inf where there is nothing."""
    flat, of_bag = np.flatnonzero(counted), bags[counted]
    sizes = np.bincount(of_bag, minlength=number)
    longest = int(sizes.max(initial=0))
    if longest == 0:
        return scatter_rows(rows * 0, bags, number)
    there = np.arange(longest) < sizes[:, None]
    order = np.zeros((number, longest), np.intp)
    order[there] = flat[np.argsort(of_bag, kind="stable")]
    rows = rows.reshape((-1, rows.shape[-1]))
    table = where(there[..., None], getitem(rows, order), -np.inf)  # (bags, longest, features)
    return where(sizes[:, None] > 0, max(table, 1), 0)
