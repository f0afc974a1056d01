"""A Transformer language model: which token comes next, given the ones in its context?

Vaswani et al. (2017), "Attention is all you need"; Radford et al. (2019), "Language models are unsupervised multitask
learners", whose decoder-only form with normalization in front this is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..nn import Dropout, Embedding, LayerNorm, Linear, Module, ModuleList, TransformerEncoderLayer, init
from ..ops.random import Generator
from .language_model import LanguageModel, mean_bits


class TransformerLM(LanguageModel, Module):
    """Learned vectors of tokens and positions, layers in which each step looks at those before it, a dense layer.

    vocabulary_size: number of different tokens, V. context: how many steps the model can see at most. d_model, nhead,
    dim_feedforward (None: 4 d_model), dropout: of each of `num_layers` layers. tied: the dense layer's weight is the
    table of the tokens (Press and Wolf 2017). Both tables start normally distributed with 0.02. rng: draws the initial
    values, and the dropout's masks. Raises ValueError for a d_model that nhead does not divide, or more steps than
    `context`.
    """

    def __init__(
        self,
        vocabulary_size: int,
        context: int = 128,
        d_model: int = 128,
        nhead: int = 4,
        num_layers: int = 4,
        dim_feedforward: int | None = None,
        dropout: float = 0.0,
        tied: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        inside = 4 * d_model if dim_feedforward is None else dim_feedforward
        self.context = context
        self.tokens = Embedding(vocabulary_size, d_model, dtype=dtype, rng=rng)
        self.positions = Embedding(context, d_model, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        self.layers = ModuleList(
            TransformerEncoderLayer(d_model, nhead, inside, dropout, "gelu", norm_first=True, dtype=dtype, rng=rng)
            for _ in range(num_layers)
        )
        self.norm = LayerNorm(d_model, dtype=dtype)
        self.output = Linear(d_model, vocabulary_size, bias=False, dtype=dtype, rng=rng)
        for table in (self.tokens, self.positions):
            init.normal_(table.weight, std=0.02, rng=rng)
        if tied:
            self.output.weight = self.tokens.weight

    def forward(self, ids: Any) -> Any:
        """Logits of the next token at each step, which depend on this step and those before it.

        ids: (T, B) integers, T not above `context`. Returns (T, B, V).
        """
        steps = len(ids)
        if steps > self.context:
            raise ValueError(
                f"TransformerLM: ids has {steps} steps, the model sees {self.context}; pass ids[-{self.context}:], or"
                f" make the model with context={steps}"
            )
        x = self.tokens(ids) + self.positions(np.arange(steps)[:, None])  # (T, B, d_model)
        x = self.dropout(x)
        for layer in self.layers:
            x = layer(x, is_causal=True)
        return self.output(self.norm(x))

    def bits_per_token(self, ids: Any, streams: int = 16, length: int | None = None) -> float:
        """What the model needs, on average, to spell out a text: bits per character if its tokens are characters.

        ids: the text, (N,) integers; it is read in `streams` parallel streams, each in pieces of `length` steps (None:
        as many as the model can see), at whose beginning nothing of the piece before is known. Raises ValueError for
        fewer tokens than streams, or a length above `context`.
        """
        pieces = self.context if length is None else length
        return mean_bits(self, lambda inputs, state: (self(inputs), None), ids, streams, pieces)

    def step(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Logits (V,) of the token that follows `ids` (T,) and those of the state: the last `context` tokens."""
        seen = (ids if state is None else np.concatenate([state, ids]))[-self.context :]
        return self(seen[:, None])[-1, 0], seen
