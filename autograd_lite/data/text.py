"""Between text and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np


class Vocabulary:
    """The distinct tokens of a text, numbered from 0 in sorted order.

    tokens: a string (each character is a token) or an iterable of strings. unknown: what stands, under the last
    number, for tokens that are not in the vocabulary; None: such tokens are an error. Raises ValueError if empty.
    """

    def __init__(self, tokens: Iterable[str], *, unknown: str | None = None):
        known = sorted(set(tokens) - {unknown})
        self.tokens: tuple[str, ...] = tuple(known if unknown is None else [*known, unknown])
        self.unknown = unknown
        self._numbers = {token: number for number, token in enumerate(self.tokens)}
        if not self.tokens:
            raise ValueError("Vocabulary: there are no tokens to number; pass the training text")

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._numbers

    def __repr__(self) -> str:
        return f"<Vocabulary of {len(self)} tokens, {'without unknown' if self.unknown is None else 'with unknown'}>"

    def encode(self, tokens: Iterable[str]) -> np.ndarray[Any, Any]:
        """The numbers of the tokens, (N,) int64. Raises ValueError for an unknown one, unless there is `unknown`."""
        try:
            if self.unknown is None:
                return np.fromiter(map(self._numbers.__getitem__, tokens), np.int64)
            last = self._numbers[self.unknown]
            return np.fromiter((self._numbers.get(token, last) for token in tokens), np.int64)
        except KeyError as error:
            raise ValueError(
                f"Vocabulary: the token {error.args[0]!r} is not among the {len(self)} known ones;"
                ' give the vocabulary a token for such cases, Vocabulary(text, unknown="?")'
            ) from None

    def decode(self, numbers: Iterable[int]) -> str:
        """The tokens with these numbers, joined. Raises IndexError for a number that is none of 0 to len - 1."""
        numbers = np.asarray(numbers if hasattr(numbers, "__len__") else list(numbers), np.int64)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(
                f"Vocabulary: numbers run from {numbers.min()} to {numbers.max()}, the vocabulary from 0 to"
                f" {len(self) - 1}; decode what this vocabulary encoded"
            )
        return "".join(self.tokens[number] for number in numbers)
