"""What the recipes that learn characters of Shakespeare's plays share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import data, models
from ..extras import optional
from ..ops.random import Generator
from ..screen import block, line

PROMPT = "HAMLET:\nTo be, or not to be: that is the question:\n"


def plays_and_characters(
    learned: Iterable[str] | None, held_out: Iterable[str]
) -> tuple[data.Split[data.Texts], data.Vocabulary]:
    """The plays with these titles to learn from (None: all that are not held out), and their characters."""
    plays = data.shakespeare(learned, held_out=held_out)
    characters = data.Vocabulary(plays.train.text, unknown="\N{REPLACEMENT CHARACTER}")
    line("data", f"{len(plays.train)} plays, {len(plays.train.text):,} characters, {len(characters)} different ones")
    line("held out", ", ".join(plays.test))
    return plays, characters


def bits_of_ngrams(
    learned: Any, held_out: Any, vocabulary_size: int, orders: Iterable[int], smoothing: str = "kneser-ney"
) -> dict[int, float]:
    """What n-gram models of a text, (N,) integers, need for another: bits per character by order, printed."""
    line(smoothing, "bits per character on the plays held out")
    bits = {}
    for order in orders:
        model = models.NGram(vocabulary_size, order, smoothing).fit(learned)
        bits[order] = model.bits_per_token(held_out)
        line(f"  order {order}", f"{bits[order]:.3f}")
    return bits


def write(model: models.LanguageModel, characters: data.Vocabulary, length: int, rng: Generator) -> None:
    """Print what the model makes up, a little more careful than what it has learned."""
    line("it writes", "")
    block(PROMPT + model.sample(characters, PROMPT, length, temperature=0.7, rng=rng))


def bits_axes(xlabel: str) -> tuple[Any, Any]:
    """A matplotlib figure and its axes, for bits over anything."""
    figure = optional("matplotlib.figure", "matplotlib", "train", extra="train").Figure(layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=xlabel, ylabel="bits per character")
    return figure, axes
