"""An LSTM reads Shakespeare's plays letter by letter, and bets on the next: on plays never seen, beside n-grams."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .. import data, models, optim
from ..data.plays import HELD_OUT
from ..ops.random import Generator
from ..screen import count_parameters, line, progress_bars
from .plays import bits_axes, bits_of_ngrams, plays_and_characters, write
from .result import Figure, Result


@dataclass(frozen=True)
class Settings:
    """What to learn and how, and how good it has to be."""

    plays: tuple[str, ...] | None = None  # to learn from; None: all but those that are held out
    held_out: tuple[str, ...] = HELD_OUT
    validation: str = "Othello"  # one of them that is only watched
    hidden: int = 512
    embedding: int = 64
    dropout: float = 0.1
    epochs: int = 3
    streams: int = 32
    length: int = 64  # characters along which gradients run
    passage: int = 4096  # characters that stay together when the text is shuffled
    rate: float = 2e-3  # the highest: it rises in the first steps, then falls to 0 along a cosine
    warm_up: int = 200
    orders: tuple[int, ...] = (1, 2, 3, 4, 5, 6)
    sample_length: int = 600
    required: float = 2.15


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the passages, and what the model writes."""
    settings = settings or Settings()
    rng = np.random.default_rng(seed)
    plays, characters = plays_and_characters(settings.plays, settings.held_out)
    watched = characters.encode(plays.train.pop(settings.validation))
    learned, held_out = map(characters.encode, (plays.train.text, plays.test.text))
    model = models.RNNLM(len(characters), settings.embedding, settings.hidden, dropout=settings.dropout, rng=rng)
    line("model", f"LSTM of {settings.hidden} units, {count_parameters(model):,} parameters")
    curves = learn(model, learned, watched, rng, settings)
    bits = model.bits_per_token(held_out)
    write(model, characters, settings.sample_length, rng)
    counted = bits_of_ngrams(learned, held_out, len(characters), settings.orders)
    line("  LSTM", f"{bits:.3f}")
    figure = Figure("LSTM", bits, "bits per character", decimals=3, required=settings.required, lower_is_better=True)
    beside = [Figure(f"{n}-grams", value, figure.unit, figure.decimals) for n, value in counted.items()]
    return Result((figure, *beside), plot(curves, counted, figure), model)


class Curves(NamedTuple):
    """What happened in a training, in bits per character."""

    batch: int  # characters in a batch
    training: list[float]  # of each batch
    validation: list[float]  # after each epoch


def learn(model: models.RNNLM, learned: Any, watched: Any, rng: Generator, settings: Settings) -> Curves:
    """Truncated back-propagation along parallel streams of the text, whose passages are shuffled in each epoch.

    In the order of the plays, the model would soon adapt to those few that are being read, and forget the others.
    """
    curves = Curves(settings.streams * settings.length, [], [])
    optimizer = optim.Adam(model.parameters(), lr=settings.rate)
    progress = progress_bars("train")
    schedule: Any = None
    for epoch in range(1, settings.epochs + 1):
        batches = data.text_batches(shuffled(learned, settings.passage, rng), settings.streams, settings.length)
        schedule = schedule or _schedule(optimizer, settings, settings.epochs * len(batches))
        state = None
        with progress(total=len(batches), unit="batch") as bar:
            for inputs, targets in batches:
                logits, state = model(inputs, state)
                loss = models.token_loss(logits, targets)
                optimizer.zero_grad()
                loss.backward()
                optim.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                state = models.detached(state)
                curves.training.append(loss.item() / math.log(2))
                bar.set_postfix_str(f"epoch {epoch}, {curves.training[-1]:.2f} bits per character", refresh=False)
                bar.update()
        curves.validation.append(model.bits_per_token(watched))
        learning = np.mean(curves.training[-len(batches) :])
        line(f"epoch {epoch}", f"{learning:.3f} bits per character, {curves.validation[-1]:.3f} on the play watched")
    return curves


def shuffled(ids: Any, passage: int, rng: Generator) -> Any:
    """A text (N,) in passages of that length, cut at places that `rng` chooses, in an order that it chooses."""
    starts = np.arange(-int(rng.integers(passage)), len(ids), passage)
    return np.concatenate([ids[max(start, 0) : start + passage] for start in rng.permutation(starts)])


def _schedule(optimizer: optim.Adam, settings: Settings, steps: int) -> optim.LRScheduler:
    rise, fall = optim.WarmUp(optimizer, settings.warm_up), optim.CosineAnnealingLR(optimizer, steps - settings.warm_up)
    return optim.SequentialLR(optimizer, [rise, fall], [settings.warm_up])


def plot(curves: Curves, counted: dict[int, float], held_out: Figure) -> Any:
    """The curves over the characters seen, and levels of what was found on the plays held out."""
    figure, axes = bits_axes("million characters seen")
    seen = np.arange(1, len(curves.training) + 1) * curves.batch / 1e6
    smooth = [list(map(np.mean, np.array_split(part, min(len(seen), 100)))) for part in (seen, curves.training)]
    axes.plot(*smooth, label="training")
    axes.plot(seen[-1] * np.arange(1, len(curves.validation) + 1) / len(curves.validation), curves.validation,
              marker=".", label="play watched")  # fmt: skip
    axes.axhline(held_out.value, color="black", label=f"plays held out: {held_out.value:.2f}")
    for order, bits in counted.items():
        if order > 1:
            axes.axhline(bits, color="grey", linestyle=":")
            axes.annotate(f"{order}-grams", (seen[-1], bits), ha="right", va="bottom", fontsize="small")
    axes.legend()
    return figure
