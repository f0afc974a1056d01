"""Between text and numbers."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def words(text: str) -> list[str]:
    """The words, numbers and marks of a text, one by one, as they are written; spaces and line ends are left out.

    "Who's there?" gives ["Who's", "there", "?"].
    """
    return re.findall(r"\w+(?:['\u2019-]\w+)*|[^\w\s]", text)


class Vocabulary:
    """The distinct tokens of a text, numbered from 0 in sorted order.

    tokens: a string (each character is a token) or an iterable of strings, such as `words` gives.
    unknown: what stands, under the last number, for tokens that are not in the vocabulary; None: such are an error.
    end: a token that marks where a text ends, the number after; None: there is none. min_count: tokens that occur
    fewer times count as unknown. separator: what `decode` puts between tokens, " " for words.
    Raises ValueError if empty, if rare tokens are left out but there is no `unknown`, or `unknown` and `end` are one.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        unknown: str | None = None,
        end: str | None = None,
        min_count: int = 1,
        separator: str = "",
    ):
        special = [token for token in (unknown, end) if token is not None]
        if len(special) != len(set(special)):
            raise ValueError(f"Vocabulary: unknown and end are both {end!r}; pass two different tokens")
        if min_count > 1 and unknown is None:
            raise ValueError(
                f'Vocabulary: min_count={min_count} leaves tokens out, which need a stand-in; pass unknown="?", say'
            )
        counts = Counter(tokens)
        known = sorted(token for token, count in counts.items() if count >= min_count and token not in special)
        self.tokens: tuple[str, ...] = (*known, *special)
        self.unknown, self.end, self.separator = unknown, end, separator
        self._numbers = {token: number for number, token in enumerate(self.tokens)}
        if not self.tokens:
            raise ValueError("Vocabulary: there are no tokens to number; pass the training text")

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._numbers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.tokens)

    def __repr__(self) -> str:
        marks = f"with{'out' if self.unknown is None else ''} unknown{'' if self.end is None else ', with end'}"
        return f"<Vocabulary of {len(self)} tokens, {marks}>"

    def number(self, token: str) -> int:
        """The number of one token; raises as `encode` does."""
        return int(self.encode([token])[0])

    def encode(self, tokens: Iterable[str], *, end: bool = False) -> np.ndarray[Any, Any]:
        """The numbers of the tokens, (N,) int64; end: with that of the end token after them, (N + 1,).

        Raises ValueError for a token that is not known, unless there is `unknown`, or if there is no end token.
        """
        if end and self.end is None:
            raise ValueError('Vocabulary: it has no end token; make it with one, Vocabulary(text, end="\\x03")')
        tokens = [*tokens, self.end] if end else tokens  # type: ignore[list-item]
        try:
            if self.unknown is None:
                return np.fromiter(map(self._numbers.__getitem__, tokens), np.int64)
            stand_in = self._numbers[self.unknown]
            return np.fromiter((self._numbers.get(token, stand_in) for token in tokens), np.int64)
        except KeyError as error:
            raise ValueError(
                f"Vocabulary: the token {error.args[0]!r} is not among the {len(self)} known ones;"
                ' give the vocabulary a token for such cases, Vocabulary(text, unknown="?")'
            ) from None

    def decode(self, numbers: Iterable[int], *, until_end: bool = False) -> str:
        """The tokens with these numbers, joined; until_end: only those before the first end token.

        Raises IndexError for a number that is none of 0 to len - 1.
        """
        numbers = np.asarray(numbers if hasattr(numbers, "__len__") else list(numbers), np.int64)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < len(self):
            raise IndexError(
                f"Vocabulary: numbers run from {numbers.min()} to {numbers.max()}, the vocabulary from 0 to"
                f" {len(self) - 1}; decode what this vocabulary encoded"
            )
        tokens = [self.tokens[number] for number in numbers]
        if until_end and self.end in tokens:
            tokens = tokens[: tokens.index(self.end)]
        return self.separator.join(tokens)

    # -- as a file ---------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """All there is to it, in the types of JSON; `from_dict` makes the vocabulary of it again."""
        return {
            "tokens": list(self.tokens),
            "unknown": self.unknown,
            "end": self.end,
            "separator": self.separator,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Vocabulary:
        """The vocabulary of `to_dict`. Raises ValueError if `saved` is anything else."""
        try:
            options = {name: saved[name] for name in ("unknown", "end", "separator")}
            tokens = saved["tokens"]
            if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
                raise TypeError("tokens must be a list of strings")
            if not all(isinstance(option, str | None) for option in options.values()) or saved["separator"] is None:
                raise TypeError("unknown, end and separator must be strings")
            vocabulary = cls(tokens, **options)
        except (KeyError, TypeError) as error:
            raise ValueError(f"Vocabulary: this is not what to_dict gave ({error!r}); save it again") from error
        if vocabulary.tokens != tuple(tokens):  # other numbers than those that a model was trained with
            raise ValueError("Vocabulary: the tokens are not in the order that to_dict gave them; save it again")
        return vocabulary

    def save(self, file: str | Path) -> None:
        """Written as a JSON text, whole or not at all."""
        part = Path(f"{file}.part")
        part.write_text(json.dumps(self.to_dict(), indent=0) + "\n", encoding="utf-8")
        os.replace(part, file)

    @classmethod
    def load(cls, file: str | Path) -> Vocabulary:
        """The vocabulary in a file of `save`. Raises ValueError if it holds anything else, FileNotFoundError."""
        try:
            saved = json.loads(Path(file).read_text(encoding="utf-8"))
            return cls.from_dict(saved if isinstance(saved, dict) else {})
        except ValueError as error:  # JSON's and Unicode's errors are such too
            raise ValueError(f"{file} holds no vocabulary: {error}") from error
