"""Plays without capitals, marks and lines: an LSTM in both directions tells what is said from who says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data, models
from ..data.plays import HELD_OUT
from ..screen import count_parameters, line
from .result import Figure, Result
from .sequences import curve_and_axes, learn_tokens

TAGS = ("speech", "speaker", "direction", "heading")
_PARTS = re.compile(
    r"\[(?P<direction>[^\]]*)|^(?P<heading>(?:ACT|SCENE)\b.*)$|(?<=\n\n)(?P<speaker>[^\[\]\n]{1,40}):$|(?P<speech>[^\[\n]+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Settings:
    """What to learn and how, and how good it has to be."""

    plays: tuple[str, ...] | None = None  # to learn from; None: all but those that are held out
    held_out: tuple[str, ...] = HELD_OUT
    validation: float = 0.05
    length: int = 64  # words in a sequence
    embedding: int = 64
    hidden: int = 96
    dropout: float = 0.3
    epochs: int = 5
    batch: int = 32
    rate: float = 4e-3
    required: float = 70.0  # mean F1 of the tags; the commonest tag of each word has 52


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data, and which of them are held back."""
    settings = settings or Settings()
    plays = data.shakespeare(settings.plays, held_out=settings.held_out)
    parts = [tagged(part.text) for part in plays]
    words = data.Vocabulary((word for word, _ in parts[0]), unknown="?", min_count=2)
    learned, held_out = ((words.encode([w for w, _ in part]), np.array([tag for _, tag in part])) for part in parts)
    line("data", f"{len(plays.train)} plays, {len(parts[0]):,} words; held out: {', '.join(plays.test)}")
    model = models.Tagger(
        len(words),
        len(TAGS),
        settings.embedding,
        settings.hidden,
        dropout=settings.dropout,
        rng=np.random.default_rng(seed),
    )
    line("model", f"LSTM in both directions, {len(words):,} words, {count_parameters(model):,} parameters")
    learn, watch = data.train_validation_split(
        tuple(in_sequences(part, settings.length) for part in learned), settings.validation, seed=seed
    )
    history = learn_tokens(model, learn, watch, settings, seed)
    wanted = in_sequences(held_out[1], settings.length)
    found = {
        "tagger": model.tag(in_sequences(held_out[0], settings.length).T).T,
        "commonest tag of each word": in_sequences(commonest(*learned, len(words))[held_out[0]], settings.length),
    }
    shares = {name: f1(tags, wanted) for name, tags in found.items()}
    line("F1 of", "".join(f"{tag:>12}" for tag in TAGS))
    for name, row in shares.items():
        line(f"  {name.split()[0]}", "".join(f"{100 * share:12.1f}" for share in row))
    figures = []
    for (name, tags), required in zip(found.items(), (settings.required, None), strict=True):
        figures += [
            Figure(f"{name}: words", 100 * float((tags == wanted).mean())),
            Figure(f"{name}: mean F1 of the {len(TAGS)} tags", 100 * float(shares[name].mean()), required=required),
        ]
    return Result(tuple(figures), plot(history, shares), model)


def tagged(text: str) -> list[tuple[str, int]]:
    """The words of a text of plays in small letters, without marks, each with the number of its tag."""
    return [
        (word.lower(), number)
        for part in _PARTS.finditer(text)
        for number, tag in enumerate(TAGS)
        for word in data.words(part[tag] or "")
        if word[0].isalnum()
    ]


def in_sequences(words: Any, length: int) -> Any:
    """(N,) as sequences (N // length, length); the rest is left out."""
    return words[: len(words) // length * length].reshape(-1, length)


def commonest(words: Any, tags: Any, vocabulary_size: int) -> Any:
    """The tag that each word of the vocabulary (V,) has most often."""
    counts = np.bincount(words * len(TAGS) + tags, minlength=vocabulary_size * len(TAGS))
    return counts.reshape(vocabulary_size, len(TAGS)).argmax(1)


def f1(found: Any, wanted: Any) -> Any:
    """For each tag the harmonic mean of precision and recall."""
    numbers = np.arange(len(TAGS))[:, None]
    found, wanted = found.reshape(-1) == numbers, wanted.reshape(-1) == numbers
    return 2 * (found & wanted).sum(1) / np.maximum(found.sum(1) + wanted.sum(1), 1)


def plot(history: Any, shares: dict[str, Any]) -> Any:
    """The loss, and the F1 of each tag."""
    figure, axes = curve_and_axes(history, (1, 1))
    for shift, (name, row) in zip((-0.2, 0.2), shares.items(), strict=True):
        axes.bar(np.arange(len(TAGS)) + shift, row, 0.4, label=name)
    axes.set_xticks(range(len(TAGS)), TAGS)
    axes.set(ylabel="F1 on the plays held out")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return figure
