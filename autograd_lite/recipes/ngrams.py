"""Counts of what followed the last few characters: how well do they tell the next one in plays never seen?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import models
from ..data.plays import HELD_OUT
from ..models.ngram import SMOOTHINGS
from .plays import bits_axes, bits_of_ngrams, plays_and_characters, write
from .result import Figure, Result


@dataclass(frozen=True)
class Settings:
    """Which models to count, and how good the best has to be."""

    plays: tuple[str, ...] | None = None  # to learn from; None: all but those that are held out
    held_out: tuple[str, ...] = HELD_OUT
    orders: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    sample_length: int = 400
    required: float = 2.25


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Count and test; `seed` chooses what the best model writes."""
    settings = settings or Settings()
    plays, characters = plays_and_characters(settings.plays, settings.held_out)
    learned, held_out = map(characters.encode, (plays.train.text, plays.test.text))
    figure, axes = bits_axes("order: characters that are looked at, the next one included")
    bits: dict[tuple[str, int], float] = {}
    for smoothing in SMOOTHINGS:
        found = bits_of_ngrams(learned, held_out, len(characters), settings.orders, smoothing)
        axes.plot(list(found), list(found.values()), marker=".", label=smoothing)
        bits |= {(smoothing, order): value for order, value in found.items()}
    axes.set_xticks(settings.orders)
    axes.legend()
    smoothing, order = best = min(bits, key=lambda which: bits[which])
    model = models.NGram(len(characters), order, smoothing).fit(learned)
    write(model, characters, settings.sample_length, np.random.default_rng(seed))
    figures = (
        Figure(
            f"{which[0]}, order {which[1]}",
            value,
            "bits per character",
            decimals=3,
            required=settings.required if which == best else None,
            lower_is_better=True,
        )
        for which, value in bits.items()
    )
    return Result(tuple(figures), figure, None)
