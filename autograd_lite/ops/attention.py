"""Attention: each query looks up a mean of values, weighted by how well their keys answer it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .elementwise import where
from .linalg import matmul
from .random import Generator, dropout
from .softmax import softmax
from .tiling import repeat


@composite(constants=("dropout_mask",))
def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    *,
    dropout_mask: Array | None = None,
    rng: Generator | None = None,
) -> Array:
    """``softmax(query @ key.mT * scale + attn_mask) @ value``: for each query a weighted mean of the values.

    query: real, (..., L, E); key: (..., S, E); value: (..., S, Ev). attn_mask: broadcasts to (..., L, S); numbers are
    added to the scores, booleans say which keys a query may look at. is_causal: query i looks at the keys up to i.
    scale: None for ``1 / sqrt(E)``. enable_gqa: the axis before the last two is of heads, and each head of key and
    value serves several of the query. dropout_p: the share of weights that is dropped, drawn from `rng` (None: the
    package's own generator), or by `dropout_mask`, booleans (..., L, S), true for what stays. Returns (..., L, Ev). A
    query that may look at nothing gets zeros, and no gradient. Raises ValueError where shapes do not fit, or for a mask
    beside is_causal. Vaswani et al. 2017.

    >>> scaled_dot_product_attention(randn(1, 2, 2), randn(1, 3, 2), randn(1, 3, 1))
    >>> scaled_dot_product_attention(randn(3, 1), randn(3, 1), randn(3, 2), is_causal=True, scale=0.7)
    >>> scaled_dot_product_attention(randn(2, 1), randn(2, 1), randn(2, 1), randn(2, 2), 0.5,
    ...     dropout_mask=mask(2, 2), rng=np.random.default_rng(0))
    >>> scaled_dot_product_attention(randn(2, 1, 1), randn(1, 2, 1), randn(1, 2, 1), mask(2, 1, 2), enable_gqa=True)
    """
    queries, keys = np.shape(raw(query)), np.shape(raw(key))
    _check(queries, keys, np.shape(raw(value)), attn_mask, is_causal)
    if enable_gqa:
        key, value = (repeat(x, _heads(queries, np.shape(raw(x))), axis=-3) for x in (key, value))
    scores = matmul(query, key.mT) * (max(1, queries[-1]) ** -0.5 if scale is None else scale)
    if is_causal:
        attn_mask = np.tri(queries[-2], keys[-2], dtype=bool)
    weights = masked_softmax(scores, attn_mask)
    if dropout_p or dropout_mask is not None:
        weights = dropout(weights, dropout_p, mask=dropout_mask, rng=rng)
    return matmul(weights, value)


def masked_softmax(scores: Any, attn_mask: Any) -> Any:
    """The softmax over keys of the scores (..., L, S) that count, 0 where none does; mask as `attn_mask` above."""
    if attn_mask is None:
        return softmax(scores, -1)
    values = raw(attn_mask)
    if np.asarray(values).dtype != bool:
        return softmax(scores + attn_mask, -1)
    some = np.any(values, axis=-1, keepdims=True)
    weights = softmax(where(values | ~some, scores, -np.inf), -1)
    return weights if some.all() else where(some, weights, 0)


def _heads(queries: tuple[int, ...], keys: tuple[int, ...]) -> int:
    """How many heads of the query share one of the key."""
    if min(len(queries), len(keys)) < 3 or keys[-3] == 0 or queries[-3] % keys[-3]:
        raise ValueError("enable_gqa needs (..., heads, L, E), the query's heads a multiple of the key's; reshape them")
    return queries[-3] // keys[-3]


def _check(
    queries: tuple[int, ...], keys: tuple[int, ...], values: tuple[int, ...], attn_mask: Any, is_causal: bool
) -> None:
    if min(len(queries), len(keys), len(values)) < 2:
        raise ValueError("query, key and value need at least two axes, (length, features); add those that they lack")
    if queries[-1] != keys[-1]:
        raise ValueError(f"query has {queries[-1]} features, key {keys[-1]}; project one to the size of the other")
    if keys[-2] != values[-2]:
        raise ValueError(f"there are {keys[-2]} keys and {values[-2]} values; each key needs one value")
    if is_causal and attn_mask is not None:
        raise ValueError("attn_mask and is_causal exclude each other; put the causal mask into attn_mask")
