"""What all language models can do, whatever they are made of: make up tokens, write, and judge a text."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..core import no_grad
from ..data import Vocabulary, text_batches
from ..nn.module import Module, evaluating
from ..ops.random import Generator
from .sampling import generate
from .tokens import token_loss


class LanguageModel:
    """Base of language models, which define `step` and `bits_per_token`."""

    def step(self, ids: np.ndarray[Any, Any], state: Any = None) -> tuple[Any, Any]:
        """Logits of the token that follows `ids`, and a state for the next call.

        ids: (T,) integers, the tokens that are new; state: what the last call returned, None at the beginning. Returns
        (V,) and the state: what a model with a memory remembers, all tokens that matter for one without.
        """
        raise NotImplementedError

    def bits_per_token(self, ids: Any) -> float:
        """What the model needs, on average, to spell out the text `ids` (N,); models may have further options."""
        raise NotImplementedError

    def perplexity(self, ids: Any, **options: Any) -> float:
        """Among how many equally likely tokens the model hesitates: ``2 ** bits_per_token(ids, **options)``."""
        return float(2 ** self.bits_per_token(ids, **options))

    def generate(
        self,
        ids: Any,
        length: int,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        rng: Generator | None = None,
    ) -> np.ndarray[Any, Any]:
        """`length` tokens that the model makes up after the prompt `ids` (T,).

        temperature: below 1 it dares less, above 1 more; 0 always takes the likeliest. top_k: it chooses among the k
        likeliest tokens only; top_p: among the fewest that have this share of the probability. rng: what chooses (None:
        the package's own generator). Returns (length,) int64, without the prompt. Raises ValueError for an empty prompt
        or numbers out of range.
        """
        with evaluating(self) if isinstance(self, Module) else nullcontext():
            return generate(self.step, np.asarray(ids), length, temperature, top_k, top_p, rng)

    def sample(
        self, vocabulary: Vocabulary, prompt: str = "\n", length: int = 200, temperature: float = 1.0, **options: Any
    ) -> str:
        """`length` characters that the model makes up after `prompt`, for a vocabulary of characters.

        temperature, and the options top_k, top_p and rng: as of `generate`. Raises ValueError for an empty prompt,
        unknown characters in it, or numbers out of range.
        """
        return vocabulary.decode(self.generate(vocabulary.encode(prompt), length, temperature, **options))


def mean_bits(model: Module, read: Callable[[Any, Any], tuple[Any, Any]], ids: Any, streams: int, length: int) -> float:
    """Bits per token of a text that `model`, in evaluation, reads in pieces.

    read: returns logits (T, B, V) and the next state for the inputs (T, B) of a piece and a state, None at first. ids:
    (N,) integers; streams and length: as of `data.text_batches`.
    """
    nats, count, state = 0.0, 0, None
    with evaluating(model), no_grad():
        for inputs, targets in text_batches(np.asarray(ids), streams, length):
            logits, state = read(inputs, state)
            nats += token_loss(logits, targets).item() * targets.size
            count += targets.size
    return nats / count / math.log(2)
