"""Yes or no about a whole sequence: is this review a favourable one?"""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from ..nn import LSTM, Dropout, Embedding, Linear, Module
from ..nn.module import evaluating
from ..ops.elementwise import sigmoid
from ..ops.random import Generator
from ..ops.shape import squeeze


class SequenceClassifier(Module):
    """Each token as a learned vector, an LSTM that reads them all, a dense layer on what it remembers, the sigmoid.

    vocabulary_size: number of different tokens; dropout: on what enters and what leaves the LSTM, and between its
    layers. rng: draws the initial values, and dropout's masks.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int = 64,
        hidden_size: int = 64,
        num_layers: int = 1,
        dropout: float = 0.0,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        self.embedding = Embedding(vocabulary_size, embedding_size, dtype=dtype, rng=rng)
        self.recurrent = LSTM(embedding_size, hidden_size, num_layers, dropout=dropout, dtype=dtype, rng=rng)
        self.output = Linear(hidden_size, 1, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)

    def forward(self, ids: Any, lengths: Any = None) -> Any:
        """Logits of "yes"; the sigmoid is part of the loss that goes with them, `nn.BCEWithLogitsLoss`.

        ids: (T, B) integers; lengths: (B,) how many tokens each sequence has (None: all have T). Returns (B,).
        """
        _, (h, _) = self.recurrent(self.dropout(self.embedding(ids)), lengths=lengths)
        return squeeze(self.output(self.dropout(h[-1])), -1)

    def probability(self, ids: Any, lengths: Any = None) -> Any:
        """The sigmoid of the logits, (B,): how sure the model is of "yes"."""
        with evaluating(self):
            return sigmoid(self(ids, lengths))
