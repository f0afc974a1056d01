"""n-gram language models: counts of what followed the last few tokens, and what to believe about what never did."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np

from .language_model import LanguageModel

Array = np.ndarray[Any, Any]

SMOOTHINGS = ("kneser-ney", "witten-bell")


class Level(NamedTuple):
    """All n-grams of one length n that occur: G different ones after C different contexts of n - 1 tokens.

    An n-gram's code is ``context * V + token``, context being the number of its first n - 1 tokens one level below; its
    own number is its place among the sorted codes. So no code exceeds V times the length of the text, for any n.
    """

    codes: Array  # (G,) sorted
    shares: Array  # (G,) the probability of the token after its context, as far as this level gives it away
    backoffs: Array  # (C,) the probability that is left after a context, for the level below to give away


class NGram(LanguageModel):
    """The probability of a token after the last ``order - 1`` ones, interpolated with that after fewer.

    P_n(w | c) = share(c w) + backoff(c) P_{n-1}(w | c without its first token), and P_0 is 1 / V for each of the V
    tokens, so that nothing is impossible. What a level gives away is a matter of the smoothing:

    - "kneser-ney": counts are discounted, and below the highest level an n-gram counts once for each different token
      that stood before it, not as often as it occurs (interpolated, with three discounts per level: Chen and Goodman
      1998, "An empirical study of smoothing techniques for language modeling", section 3);
    - "witten-bell": something new comes as often as it came: backoff(c) = T / (N + T), where the context c occurred N
      times with T different continuations (Bell, Cleary and Witten 1990; section 2.6 there).

    vocabulary_size: V; tokens are the integers below it. Raises ValueError for sizes below 1 or another smoothing.

    >>> model = models.NGram(len(vocabulary), order=6).fit(vocabulary.encode(text))
    >>> model.bits_per_token(vocabulary.encode(other_text))
    """

    def __init__(self, vocabulary_size: int, order: int = 6, smoothing: str = "kneser-ney"):
        if vocabulary_size < 1 or order < 1:
            raise ValueError(f"NGram: vocabulary_size is {vocabulary_size}, order {order}; pass 1 or more for both")
        if smoothing not in SMOOTHINGS:
            raise ValueError(f"NGram: no smoothing is called {smoothing!r}; pass one of {', '.join(SMOOTHINGS)}")
        self.vocabulary_size, self.order, self.smoothing = vocabulary_size, order, smoothing
        self.levels: list[Level] = []

    def __repr__(self) -> str:
        grams = f"{sum(len(level.codes) for level in self.levels):,} different n-grams" if self.levels else "not fitted"
        return f"<NGram of order {self.order}, {self.smoothing}, {self.vocabulary_size} tokens: {grams}>"

    # -- learning ------------------------------------------------------------------------------------------------

    def fit(self, ids: Any) -> Self:
        """Count the n-grams of the text `ids` (N,), forgetting earlier texts; returns itself.

        Raises ValueError for a text with fewer tokens than `order`, or for ids that are no tokens.
        """
        ids = self._checked(ids)
        if len(ids) < self.order:
            raise ValueError(f"NGram: {len(ids)} tokens have no n-gram of order {self.order}; pass a longer text")
        self.levels = []
        codes, counts, suffixes = self._count(ids)
        contexts = 1  # the empty one
        for n in range(self.order):
            if self.smoothing == "kneser-ney" and n + 1 < self.order:
                # The beginning of the text counts as one more token that stood before: no count is 0.
                counts[n] = np.maximum(np.bincount(suffixes[n + 1], minlength=len(codes[n])), 1)
            self.levels.append(self._smoothed(codes[n], counts[n], contexts))
            contexts = len(codes[n])
        return self

    def _count(self, ids: Array) -> tuple[list[Array], list[Array], list[Array]]:
        """For each n the codes of the n-grams, how often each occurs, and the number of each without its first token.

        The last one is a number one level below.
        """
        codes, counts, suffixes = [], [], []
        ending = np.zeros(len(ids) + 1, np.int64)  # the number of the n-gram that ends at each place, from the n-th on
        for n in range(1, self.order + 1):
            level, first, numbers, count = np.unique(
                ending[:-1] * self.vocabulary_size + ids[n - 1 :],
                return_index=True,
                return_inverse=True,
                return_counts=True,
            )
            codes.append(level)
            counts.append(count)
            suffixes.append(ending[1:][first])
            ending = numbers
        return codes, counts, suffixes

    def _smoothed(self, codes: Array, counts: Array, contexts: int) -> Level:
        """Divide the probability after each context among the tokens that followed it and the level below."""
        context = codes // self.vocabulary_size
        total = np.bincount(context, counts, contexts)
        if self.smoothing == "witten-bell":
            left = np.bincount(context, minlength=contexts).astype(float)
            given, total = counts.astype(float), total + left
        else:
            discount = _discounts(counts)[np.minimum(counts, 3)]
            left = np.bincount(context, discount, contexts)
            given = counts - discount
        # After a context that only ends the text nothing was counted: all is left to the level below.
        backoffs = np.divide(left, total, out=np.ones(contexts), where=total > 0)
        return Level(codes, given / total[context], backoffs)

    # -- asking --------------------------------------------------------------------------------------------------

    def probabilities(self, ids: Any) -> Array:
        """The probability of each token of a text, given those before it.

        ids: (N,). Returns (N,) float64; the first tokens have a shorter context. Raises ValueError before `fit`.
        """
        ids = self._checked(ids)
        result = np.full(len(ids), 1 / self.vocabulary_size)
        before = np.zeros(len(ids), np.int64)  # number of the context of each token, -1 for one that never occurred
        for level in self._fitted():
            known = before >= 0
            grams = np.where(known, _places(level.codes, before * self.vocabulary_size + ids), -1)
            result *= np.where(known, level.backoffs[before], 1.0)
            result += np.where(grams >= 0, level.shares[grams], 0.0)
            before = np.concatenate([[-1], grams[:-1]])[: len(ids)]
        return result

    def next_probabilities(self, ids: Any) -> Array:
        """The probability of each token to come next after the text `ids` (N,), which may be empty. Returns (V,)."""
        levels = self._fitted()
        ids = self._checked(ids)[max(0, len(ids) - self.order + 1) :]
        result = np.full(self.vocabulary_size, 1 / self.vocabulary_size)
        for n, level in enumerate(levels[: len(ids) + 1]):
            context = self._number(ids[len(ids) - n :])
            if context < 0:
                break  # longer contexts did not occur either
            start, end = np.searchsorted(level.codes, [context * len(result), (context + 1) * len(result)])
            result *= level.backoffs[context]
            result[level.codes[start:end] - context * len(result)] += level.shares[start:end]
        return result

    def _number(self, ids: Array) -> int:
        """The number of one n-gram among those of its length, -1 if it did not occur."""
        number = 0
        for token, level in zip(ids, self.levels, strict=False):
            if number >= 0:
                number = int(_places(level.codes, np.array(number * self.vocabulary_size + token)))
        return number

    def bits_per_token(self, ids: Any) -> float:
        """What the model needs, on average, to spell out the text `ids` (N,)."""
        return float(-np.log2(self.probabilities(ids)).mean())

    def step(self, ids: Array, state: Array | None = None) -> tuple[Array, Array]:
        """Logits (V,) of the token that follows `ids` (T,), and the last tokens that were read."""
        read = (ids if state is None else np.concatenate([state, ids]))[-self.order :]
        return np.log(self.next_probabilities(read)), read

    def _fitted(self) -> list[Level]:
        if not self.levels:
            raise ValueError("NGram: nothing was counted yet; call fit(ids) with a text first")
        return self.levels

    def _checked(self, ids: Any) -> Array:
        ids = np.asarray(ids)
        if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
            raise ValueError(f"NGram: ids are {ids.shape} {ids.dtype}; pass one text as integers (N,)")
        if ids.size and not 0 <= ids.min() <= ids.max() < self.vocabulary_size:
            raise ValueError(
                f"NGram: ids run from {ids.min()} to {ids.max()}, tokens from 0 to {self.vocabulary_size - 1}; encode"
                " the text with the vocabulary whose length you passed"
            )
        return ids.astype(np.int64)


def _places(codes: Array, wanted: Array) -> Array:
    """Where each wanted code stands among the sorted ones, -1 for those that do not."""
    places = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    return np.where(codes[places] == wanted, places, -1)


def _discounts(counts: Array) -> Array:
    """What to subtract from counts of 0, 1, 2, and of 3 or more: Chen and Goodman's estimates, (4,).

    They come from how many n-grams have a count of 1 to 4. Where one of these numbers is too small for that (of single
    characters almost none is rare), they are 0.5, 1 and 1.5, as in KenLM (Heafield, Pouzyrevsky, Clark and Koehn 2013).
    """
    frequencies = np.bincount(np.minimum(counts, 5), minlength=6)[1:5]
    if not frequencies.all():
        return np.array([0, 0.5, 1, 1.5])
    y = frequencies[0] / (frequencies[0] + 2 * frequencies[1])
    found = [n - (n + 1) * y * more / less for n, (less, more) in enumerate(pairwise(frequencies), 1)]
    return np.array([0, *found]) if min(found) > 0 else np.array([0, 0.5, 1, 1.5])
