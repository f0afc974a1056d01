"""From one sequence to another: translation, and whatever else can be said in other words.

Without attention as Sutskever, Vinyals and Le (2014), "Sequence to sequence learning with neural networks"; with
attention as Luong, Pham and Manning (2015), "Effective approaches to attention-based neural machine translation":
global, with the "general" score, without input feeding, so that all steps of the decoder are computed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from ..nn import GRU, Dropout, Embedding, Linear, Module
from ..nn.module import evaluating
from ..ops.elementwise import tanh, where
from ..ops.random import Generator
from ..ops.shape import concatenate, expand_dims, swapaxes
from ..ops.softmax import log_softmax, softmax
from .tokens import IGNORED, padded

Array = np.ndarray[Any, Any]


class Memory(NamedTuple):
    """What attention looks at: the encoder's outputs at all S steps of B sequences."""

    keys: Any  # (B, S, H), to be compared with the decoder's outputs
    values: Any  # (B, S, 2 H)
    counts: Array  # (B, 1, S) booleans, false beyond the end of a sequence


class Seq2Seq(Module):
    """An encoder that reads a sequence in both directions, a decoder that starts with what the encoder remembers.

    source_size, target_size: numbers of different tokens; start, end: the target tokens that come before the first one
    and after the last. attention: to each output of the decoder comes the mean of the encoder's outputs, weighted by
    how well they fit; without it all that is known of the source is one vector. dropout: on the embedded tokens and on
    what the last layer gets. rng: draws the initial values, and dropout's masks. Raises ValueError for a start or end
    that is no target token.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        start: int,
        end: int,
        embedding_size: int = 64,
        hidden_size: int = 128,
        attention: bool = True,
        dropout: float = 0.0,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if not (0 <= start < target_size and 0 <= end < target_size):
            raise ValueError(
                f"Seq2Seq: start {start} and end {end} must be target tokens, below target_size {target_size}; give the"
                " target vocabulary two tokens more"
            )
        self.start, self.end, self.attention = start, end, attention
        self.source_embedding = Embedding(source_size, embedding_size, dtype=dtype, rng=rng)
        self.encoder = GRU(embedding_size, hidden_size, bidirectional=True, dtype=dtype, rng=rng)
        self.bridge = Linear(2 * hidden_size, hidden_size, dtype=dtype, rng=rng)
        self.target_embedding = Embedding(target_size, embedding_size, dtype=dtype, rng=rng)
        self.decoder = GRU(embedding_size, hidden_size, dtype=dtype, rng=rng)
        if attention:
            self.key = Linear(2 * hidden_size, hidden_size, bias=False, dtype=dtype, rng=rng)
            self.combine = Linear(3 * hidden_size, hidden_size, bias=False, dtype=dtype, rng=rng)
        self.output = Linear(hidden_size, target_size, dtype=dtype, rng=rng)
        self.dropout = Dropout(dropout, rng=rng)

    # -- learning ------------------------------------------------------------------------------------------------

    def forward(self, source: Any, inputs: Any, lengths: Any = None) -> Any:
        """Logits of all target tokens, each given the right ones before it ("teacher forcing").

        source: (S, B) integers; lengths: (B,) how many of them each sequence has (None: all have S). inputs: (T, B),
        the target without its last token, as `forced` makes it. Returns (T, B, V).
        """
        logits, _ = self.decode(inputs, *self.encode(source, lengths))
        return logits

    def forced(self, targets: Sequence[Any]) -> tuple[Array, Array]:
        """From target sequences, without start and end, what the decoder is given and what it shall answer.

        Returns inputs and answers, both (T, B), T being the longest with its end; beyond the end of a sequence the
        answer is `IGNORED`: ``models.token_loss(model(source, inputs), answers)``.
        """
        inputs, _ = padded([[self.start, *target] for target in targets], self.end)
        answers, _ = padded([[*target, self.end] for target in targets], IGNORED)
        return inputs, answers

    def encode(self, source: Any, lengths: Any = None) -> tuple[Any, Memory | None]:
        """The decoder's first state (1, B, H), and what attention looks at (None without). source: (S, B) integers."""
        outputs, h = self.encoder(self.dropout(self.source_embedding(source)), lengths=lengths)
        state = expand_dims(tanh(self.bridge(concatenate([h[0], h[1]], -1))), 0)
        if not self.attention:
            return state, None
        steps, count = source.shape
        counts = np.arange(steps) < np.reshape([steps] * count if lengths is None else lengths, (count, 1, 1))
        return state, Memory(swapaxes(self.key(outputs), 0, 1), swapaxes(outputs, 0, 1), counts)

    def decode(self, inputs: Any, state: Any, memory: Memory | None) -> tuple[Any, Any]:
        """Logits (T, B, V) of the tokens that follow `inputs` (T, B), and the state after the last."""
        outputs, state = self.decoder(self.dropout(self.target_embedding(inputs)), state)
        if memory is not None:
            context = swapaxes(self.weights(outputs, memory) @ memory.values, 0, 1)  # (T, B, 2 H)
            outputs = tanh(self.combine(concatenate([context, outputs], -1)))
        return self.output(self.dropout(outputs)), state

    def weights(self, outputs: Any, memory: Memory) -> Any:
        """How much each step of the decoder looks at each step of the encoder: (B, T, S), each row adds up to 1.

        outputs: (T, B, H) of the decoder.
        """
        scores = swapaxes(outputs, 0, 1) @ swapaxes(memory.keys, 1, 2)
        return softmax(where(memory.counts, scores, -np.inf))

    # -- answering -----------------------------------------------------------------------------------------------

    def greedy(self, source: Any, lengths: Any = None, most: int = 100) -> list[Array]:
        """The answers to the sequences `source` (S, B), if the likeliest token is taken at each step.

        most: an answer without an end is cut after so many tokens. Returns B arrays of tokens, without start and end.
        """
        tokens, steps = np.full(source.shape[1], self.start), list[Array]()
        with evaluating(self):
            state, memory = self.encode(source, lengths)
            ended = np.zeros(len(tokens), bool)
            while len(steps) < most and not ended.all():
                logits, state = self.decode(tokens[None], state, memory)
                tokens = logits.data[0].argmax(-1)
                ended |= tokens == self.end
                steps.append(tokens)
        return [_until(self.end, answer) for answer in np.reshape(steps, (len(steps), len(tokens))).T]

    def beam_search(
        self, source: Any, lengths: Any = None, beam: int = 5, most: int = 100, alpha: float = 0.6
    ) -> list[Array]:
        """The best answers to the sequences `source` (S, B) that are found if, at each step, the `beam` best go on.

        An answer's score is ``log P / ((5 + L) / 6) ** alpha``, where L is its length with the end (Wu et al. 2016,
        "Google's neural machine translation system", section 7): alpha = 0 takes the likeliest, which are short, larger
        ones longer answers. It ends when none that goes on can become better than the best that has ended. most: the
        largest L. Returns B arrays of tokens, without start and end. Raises ValueError for beam or most below 1.
        """
        if beam < 1 or most < 1 or alpha < 0:
            raise ValueError(
                f"Seq2Seq.beam_search: beam is {beam}, most {most}, alpha {alpha}; pass beam and most from 1 on, and"
                " alpha from 0 on"
            )
        with evaluating(self):
            return [
                self._search(source[:, b : b + 1], None if lengths is None else lengths[b : b + 1], beam, most, alpha)
                for b in range(source.shape[1])
            ]

    def _search(self, source: Any, lengths: Any, beam: int, most: int, alpha: float) -> Array:
        """The answer to one sequence (S, 1)."""
        state, memory = self.encode(source, lengths)
        going = np.full((1, 1), self.start)  # (answers that go on, their tokens)
        scores = np.zeros(1)
        best, answer = -np.inf, going[0, 1:]
        for length in range(1, most + 1):
            logits, state = self.decode(going[None, :, -1], state, memory)
            total = scores[:, None] + log_softmax(logits.data[0].astype(float))
            ends = total[:, self.end] / _penalty(length, alpha)
            if ends.max() > best:
                best, answer = ends.max(), going[ends.argmax(), 1:]
            total[:, self.end] = -np.inf
            chosen = np.argsort(-total, axis=None, kind="stable")[:beam]
            rows, tokens = np.unravel_index(chosen, total.shape)
            scores, state = total[rows, tokens], state[:, rows]
            going = np.concatenate([going[rows], tokens[:, None]], 1)
            if scores[0] / _penalty(most, alpha) <= best:
                break  # a longer answer is never likelier, and no length is forgiven more than the largest
        return answer


def _penalty(length: int, alpha: float) -> float:
    return float(((5 + length) / 6) ** alpha)


def _until(end: int, tokens: Array) -> Array:
    """The tokens before the first `end`."""
    ends = np.flatnonzero(tokens == end)
    return tokens[: ends[0]] if len(ends) else tokens
