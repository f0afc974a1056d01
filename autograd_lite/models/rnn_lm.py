"""Recurrent language models: which token comes next, given all before it?

Mikolov, Karafiát, Burget, Černocký and Khudanpur (2010), "Recurrent neural network based language model".
"""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from ..nn import GRU, LSTM, RNN, Dropout, Embedding, Linear, Module
from ..ops.random import Generator
from .language_model import LanguageModel, mean_bits

RECURRENT = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


class RNNLM(LanguageModel, Module):
    """Each token as a learned vector, recurrent layers that remember, a dense layer that bets on the next.

    vocabulary_size: number of different tokens, V. recurrent: "LSTM", "GRU" or "RNN" (Elman's). dropout: on what enters
    and what leaves the recurrent layers, not on what they remember (Zaremba, Sutskever and Vinyals 2014). tied: the
    dense layer's weight is the table of the embedding (Press and Wolf 2017), which starts as the dense layer does; both
    sizes must be equal. rng: draws the initial values, and the dropout's masks. Raises ValueError for another recurrent
    layer, or for sizes that differ with tied.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int = 64,
        hidden_size: int = 256,
        num_layers: int = 1,
        recurrent: str = "LSTM",
        dropout: float = 0.0,
        tied: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        title = type(self).__name__
        if recurrent not in RECURRENT:
            raise ValueError(f"{title}: no recurrent layer is called {recurrent!r}; pass one of {', '.join(RECURRENT)}")
        if tied and embedding_size != hidden_size:
            raise ValueError(
                f"{title}: with tied the embedding and the dense layer share a table, but embedding_size is"
                f" {embedding_size} and hidden_size {hidden_size}; pass equal ones"
            )
        layer = RECURRENT[recurrent]
        self.embedding = Embedding(vocabulary_size, embedding_size, dtype=dtype, rng=rng)
        self.recurrent = layer(embedding_size, hidden_size, num_layers, dropout=dropout, dtype=dtype, rng=rng)
        self.output = Linear(hidden_size, vocabulary_size, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)
        if tied:
            self.embedding.weight = self.output.weight

    def forward(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Logits of the next token at each step, and the state after the last.

        ids: (T, B) integers; state: what an earlier call returned (None: nothing is remembered). For truncated
        back-propagation pass ``models.detached(state)``. Returns (T, B, V) and the state.
        """
        remembered, state = self.recurrent(self.dropout(self.embedding(ids)), state)
        return self.output(self.dropout(remembered)), state

    def bits_per_token(self, ids: Any, streams: int = 16, length: int = 100) -> float:
        """What the model needs, on average, to spell out a text: bits per character if its tokens are characters.

        ids: the text, (N,) integers; it is read in `streams` parallel streams, each of which starts without a memory,
        `length` steps at once (only memory depends on that). Raises ValueError for fewer tokens than streams.
        """
        return mean_bits(self, self, ids, streams, length)

    def step(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Logits (V,) of the token that follows `ids` (T,), and the state."""
        logits, state = self(ids[:, None], state)
        return logits[-1, 0], state


class CharLM(RNNLM):
    """A recurrent language model of characters, for which the defaults of `RNNLM` are meant."""
