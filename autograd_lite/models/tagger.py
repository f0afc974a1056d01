"""A tag for each token of a sequence: what part of speech is this word, where does a name begin?

Huang, Xu and Yu (2015), "Bidirectional LSTM-CRF models for sequence tagging", without the CRF.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..nn import LSTM, Dropout, Embedding, Linear, Module
from ..nn.module import evaluating
from ..ops.random import Generator
from .tokens import IGNORED


class Tagger(Module):
    """Each token as a learned vector, an LSTM in both directions, a dense layer for each token.

    vocabulary_size: number of different tokens; tags: number of classes, C; hidden_size: of each direction; dropout: on
    what enters and what leaves the LSTM, and between its layers. rng: draws the initial values, and dropout's masks.
    """

    def __init__(
        self,
        vocabulary_size: int,
        tags: int,
        embedding_size: int = 64,
        hidden_size: int = 64,
        num_layers: int = 1,
        dropout: float = 0.0,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        self.embedding = Embedding(vocabulary_size, embedding_size, dtype=dtype, rng=rng)
        self.recurrent = LSTM(
            embedding_size, hidden_size, num_layers, dropout=dropout, bidirectional=True, dtype=dtype, rng=rng
        )
        self.output = Linear(2 * hidden_size, tags, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, ids: Any, lengths: Any = None) -> Any:
        """Logits of the tags of each token.

        ids: (T, B) integers; lengths: (B,) how many tokens each sequence has (None: all have T); what stands beyond the
        end changes nothing before it. Returns (T, B, C). The loss is `models.token_loss`.
        """
        remembered, _ = self.recurrent(self.dropout(self.embedding(ids)), lengths=lengths)
        return self.output(self.dropout(remembered))

    def tag(self, ids: Any, lengths: Any = None) -> np.ndarray[Any, Any]:
        """The likeliest tag of each token, (T, B) integers, `IGNORED` (-100) beyond the end of a sequence."""
        with evaluating(self):
            tags = self(ids, lengths).data.argmax(-1)
        return tags if lengths is None else np.where(np.arange(len(tags))[:, None] < lengths, tags, IGNORED)
