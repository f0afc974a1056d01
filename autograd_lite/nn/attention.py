"""Attention of several heads."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import raw
from ..ops.attention import masked_softmax
from ..ops.elementwise import where
from ..ops.linalg import matmul
from ..ops.linear import linear
from ..ops.padding import pad
from ..ops.random import Generator, dropout
from ..ops.reduction import mean
from ..ops.shape import broadcast_to, concatenate, expand_dims, reshape, split, squeeze, swapaxes, transpose, unstack
from . import init
from .checks import check_probability, check_sizes, checked_dtype, matching
from .linear import Linear, empty
from .module import Module

Mask = tuple[Any, Any]  # which keys a query may look at, booleans or None, and what is added to the scores, or None


class MultiheadAttention(Module):
    """Each of `num_heads` heads projects queries, keys and values to its own few features, and attends there.

    query: (L, N, embed_dim), key: (S, N, kdim), value: (S, N, vdim), with the batch in front for batch_first, or
    without a batch; kdim and vdim are embed_dim for None. dropout: the share of attention weights that is dropped in
    training, drawn from `rng` (None: the package's own generator). bias: of the projections. add_bias_kv: one more
    key and value, which are learned. add_zero_attn: one more key and value of zeros, something to look at for a query
    that finds nothing.

    key_padding_mask: (N, S), or (S,) without a batch; attn_mask: (L, S), or (N * num_heads, L, S). In both, True is
    what may *not* be looked at, as in PyTorch (in `ag.scaled_dot_product_attention` it is the other way round, as
    there); numbers are added to the scores. is_causal: query i looks at the keys up to i, whether there is a mask as
    well or none. A query that may look at nothing gets zeros from the heads, where PyTorch's layer can give NaN.

    Returns the outputs (L, N, embed_dim) and the weights, after the dropout: the mean over the heads (N, L, S), for
    average_attn_weights=False those of each (N, num_heads, L, S), and None for need_weights=False. Projections start
    with `xavier_uniform_`, the output's weight as a Linear's, biases at 0. Raises ValueError where sizes do not fit,
    TypeError for an input of another dtype, or a mask of neither booleans nor numbers of the layer's dtype. Vaswani et
    al. 2017.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        kdim, vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        check_sizes(self, least=1, embed_dim=embed_dim, num_heads=num_heads, kdim=kdim, vdim=vdim)
        check_probability(self, "dropout", dropout)
        if embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: {embed_dim} features do not divide into {num_heads} heads; pass an embed_dim that"
                " is a multiple of num_heads"
            )
        dtype = checked_dtype(self, dtype, kinds="f")
        self.embed_dim, self.kdim, self.vdim = embed_dim, kdim, vdim
        self.num_heads, self.head_dim = num_heads, embed_dim // num_heads
        self.dropout, self.add_zero_attn, self.batch_first, self.rng = dropout, add_zero_attn, batch_first, rng
        packed = embed_dim == kdim == vdim
        self.in_proj_weight = empty((3 * embed_dim, embed_dim), dtype) if packed else None
        self.q_proj_weight = None if packed else empty((embed_dim, embed_dim), dtype)
        self.k_proj_weight = None if packed else empty((embed_dim, kdim), dtype)
        self.v_proj_weight = None if packed else empty((embed_dim, vdim), dtype)
        self.in_proj_bias = empty((3 * embed_dim,), dtype) if bias else None
        self.bias_k = empty((1, 1, embed_dim), dtype) if add_bias_kv else None
        self.bias_v = empty((1, 1, embed_dim), dtype) if add_bias_kv else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, dtype=dtype, rng=rng)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        self.out_proj.reset_parameters(rng)
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight, rng=rng)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra, rng=rng)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Outputs and weights."""
        itself = query is key and key is value
        inputs = {"query": query, "key": key, "value": value}
        query, key, value = (matching(self, x, self.out_proj.weight, name) for name, x in inputs.items())
        self._check_shapes(query, key, value)
        batched = len(query.shape) == 3
        query, key, value = (self._turned(x) if batched else expand_dims(x, 0) for x in (query, key, value))

        masks = self._masks(query.shape[:2], key.shape[1], batched, attn_mask, key_padding_mask, is_causal)
        q, k, v = self._heads_of_itself(query) if itself else self._heads(query, key, value)
        (k, v), masks = self._extended(k, v, masks)
        weights = self._weights(q, k, masks)  # (N, H, L, S)
        out = swapaxes(matmul(weights, v), 1, 2)  # (N, L, H, D)
        out = self.out_proj(reshape(out, query.shape))

        weights = (mean(weights, 1) if average_attn_weights else weights) if need_weights else None
        if not batched:
            return squeeze(out, 0), None if weights is None else squeeze(weights, 0)
        return self._turned(out), weights

    def _turned(self, x: Any) -> Any:
        """(L, N, E) to (N, L, E), or back."""
        return x if self.batch_first else swapaxes(x, 0, 1)

    def _check_shapes(self, query: Any, key: Any, value: Any) -> None:
        """ValueError unless the three belong together."""
        shapes = f"query {query.shape}, key {key.shape}, value {value.shape}"
        if len(query.shape) not in (2, 3) or not len(query.shape) == len(key.shape) == len(value.shape):
            axes = "(N, L, E)" if self.batch_first else "(L, N, E)"
            raise ValueError(
                f"MultiheadAttention: the inputs must all be {axes}, or all (L, E) ({shapes}); reshape them"
            )
        made_for = ("query", query, self.embed_dim), ("key", key, self.kdim), ("value", value, self.vdim)
        for name, x, features in made_for:
            if x.shape[-1] != features:
                raise ValueError(
                    f"MultiheadAttention: {name} has {x.shape[-1]} features, the layer was made for {features}"
                    f" ({shapes}); pass {name} (..., {features}), or make the layer with other sizes"
                )
        batch = 0 if self.batch_first else 1
        if key.shape[:-1] != value.shape[:-1] or (len(query.shape) == 3 and query.shape[batch] != key.shape[batch]):
            raise ValueError(
                f"MultiheadAttention: each key needs one value, and each query's sequence its keys ({shapes}); pass the"
                f" same number of keys and values, and the same batch on axis {batch}, where batch_first says it is"
            )

    # -- projections: (N, L, E) to (N, H, L, D) ------------------------------------------------------------------

    def _heads_of_itself(self, x: Any) -> tuple[Any, Any, Any]:
        """Queries, keys and values of one sequence, in one product."""
        if self.in_proj_weight is None:
            return self._heads(x, x, x)
        projected = linear(x, self.in_proj_weight, self.in_proj_bias)
        projected = reshape(projected, (*x.shape[:2], 3, self.num_heads, self.head_dim))
        q, k, v = unstack(transpose(projected, (2, 0, 3, 1, 4)))
        return q, k, v

    def _heads(self, *inputs: Any) -> tuple[Any, ...]:
        """Queries, keys and values of different sequences."""
        packed = self.in_proj_weight is not None
        weights = (
            split(self.in_proj_weight, 3) if packed else (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        )
        biases = (None, None, None) if self.in_proj_bias is None else split(self.in_proj_bias, 3)
        return tuple(self._by_head(linear(*parts)) for parts in zip(inputs, weights, biases, strict=True))

    def _by_head(self, x: Any) -> Any:
        return swapaxes(reshape(x, (*x.shape[:2], self.num_heads, self.head_dim)), 1, 2)

    def _extended(self, k: Any, v: Any, masks: Mask) -> tuple[tuple[Any, Any], Mask]:
        """Keys and values with those that belong to no position, which no mask hides."""
        extra: list[tuple[Any, Any]] = []
        if self.bias_k is not None:
            extra.append((self._by_head(self.bias_k), self._by_head(self.bias_v)))
        if self.add_zero_attn:
            zeros = np.zeros((1, 1, 1, self.head_dim), k.dtype)
            extra.append((zeros, zeros))
        if not extra:
            return (k, v), masks
        one = (*k.shape[:2], 1, self.head_dim)
        k, v = (concatenate([x, *(broadcast_to(more[i], one) for more in extra)], -2) for i, x in enumerate((k, v)))
        allowed, added = masks
        width = {-1: (0, len(extra))}
        allowed = None if allowed is None else pad(allowed, width, constant_values=True)
        return (k, v), (allowed, None if added is None else pad(added, width))

    def _weights(self, q: Any, k: Any, masks: Mask) -> Any:
        """How much of each value each query takes, in training with dropout."""
        allowed, added = masks
        scores = matmul(q * self.head_dim**-0.5, swapaxes(k, -1, -2))
        weights = masked_softmax(scores if added is None else scores + added, allowed)
        return dropout(weights, self.dropout, self.training, rng=self.rng)

    # -- masks ---------------------------------------------------------------------------------------------------

    def _masks(
        self, queries: tuple[int, int], keys: int, batched: bool, attn_mask: Any, key_padding_mask: Any, causal: bool
    ) -> Mask:
        """All masks in one, each part broadcasting to (N, H, L, S)."""
        n, length = queries
        parts = []
        if causal:
            parts.append((np.tri(length, keys, dtype=bool), None))
        if attn_mask is not None:
            mask = self._checked(attn_mask, "attn_mask", (length, keys), (n * self.num_heads, length, keys))
            parts.append(_read(mask if len(mask.shape) == 2 else reshape(mask, (n, self.num_heads, length, keys))))
        if key_padding_mask is not None:
            mask = self._checked(key_padding_mask, "key_padding_mask", (n, keys) if batched else (keys,))
            parts.append(_read(reshape(mask, (n, 1, 1, keys))))
        allowed, added = None, None
        for may, plus in parts:
            allowed = may if allowed is None else allowed if may is None else allowed & may
            added = plus if added is None else added if plus is None else added + plus
        return allowed, added

    def _checked(self, mask: Any, name: str, *shapes: tuple[int, ...]) -> Any:
        """A mask of one of the shapes, of booleans or of numbers of the layer's dtype."""
        mask = mask if hasattr(mask, "dtype") else np.asarray(mask)
        if mask.shape not in shapes:
            expected = " or ".join(map(str, shapes))
            raise ValueError(
                f"MultiheadAttention: {name} is {mask.shape}, for these inputs it must be {expected}; reshape it"
            )
        if mask.dtype.kind not in "bf":
            raise TypeError(
                f"MultiheadAttention: {name} is {mask.dtype}; pass booleans, True for what is hidden, which"
                f" {name}.astype(bool) gives, or numbers of dtype {self.out_proj.weight.dtype} to add to the scores"
            )
        return raw(mask) if mask.dtype == bool else matching(self, mask, self.out_proj.weight, name)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.embed_dim}, {self.num_heads}" + (f", dropout={self.dropout}" if self.dropout else "")


def _read(mask: Any) -> Mask:
    """What a mask of booleans, or of numbers to add, allows and adds. What it lowers without end it forbids."""
    values = raw(mask)
    if values.dtype == bool:
        return ~values, None
    allowed = values != -np.inf
    return (None, mask) if allowed.all() else (allowed, where(allowed, mask, 0.0))
