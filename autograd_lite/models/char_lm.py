"""A language model of characters: which one comes next, given all before it?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import no_grad
from ..data import Vocabulary
from ..nn import GRU, LSTM, RNN, Embedding, Linear, Module
from ..ops.random import Generator, default_rng

RECURRENT = {"RNN": RNN, "LSTM": LSTM, "GRU": GRU}


class CharLM(Module):
    """Each character as a learned vector, a recurrent layer that remembers, a dense layer that bets on the next.

    vocabulary_size: number of different characters, V; recurrent: "LSTM", "GRU" or "RNN".
    Raises ValueError for another.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int = 64,
        hidden_size: int = 256,
        num_layers: int = 1,
        recurrent: str = "LSTM",
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if recurrent not in RECURRENT:
            raise ValueError(f"CharLM: no recurrent layer is called {recurrent!r}; pass one of {', '.join(RECURRENT)}")
        self.embedding = Embedding(vocabulary_size, embedding_size, dtype=dtype, rng=rng)
        self.recurrent = RECURRENT[recurrent](embedding_size, hidden_size, num_layers, dtype=dtype, rng=rng)
        self.output = Linear(hidden_size, vocabulary_size, dtype=dtype, rng=rng)

    def forward(self, ids: Any, state: Any = None) -> tuple[Any, Any]:
        """Logits of the next character at each step, and the state after the last.

        ids: (T, B) integers; state: what an earlier call returned (None: nothing is remembered).
        Returns (T, B, V) and the state.
        """
        remembered, state = self.recurrent(self.embedding(ids), state)
        return self.output(remembered), state

    def sample(
        self,
        vocabulary: Vocabulary,
        prompt: str = "\n",
        length: int = 200,
        temperature: float = 1.0,
        rng: Generator | None = None,
    ) -> str:
        """`length` characters that the model makes up after `prompt`.

        temperature: below 1 it dares less, above 1 more; 0 always takes the likeliest. rng: what chooses (None:
        the package's own generator). Raises ValueError for an empty prompt, unknown characters in it, or a temperature
        below 0.
        """
        if not prompt or temperature < 0:
            raise ValueError(
                f"CharLM.sample: prompt {prompt!r}, temperature {temperature}: the first must not be empty, the second"
                ' not negative; pass prompt="\\n" and temperature=1, say'
            )
        rng = default_rng(rng)
        ids, state, written = vocabulary.encode(prompt), None, []
        with no_grad():
            for _ in range(length):
                logits, state = self(ids[:, None], state)
                ids = np.array([draw(logits.data[-1, 0], temperature, rng)])
                written.append(int(ids[0]))
        return vocabulary.decode(written)


def draw(logits: np.ndarray[Any, Any], temperature: float, rng: Generator) -> int:
    """A class, drawn with the probabilities ``softmax(logits / temperature)``.

    logits: (V,). The largest of Gumbel-distributed disturbances of the logits has exactly these probabilities.
    """
    return int(np.argmax(logits + temperature * rng.gumbel(size=logits.shape)))
