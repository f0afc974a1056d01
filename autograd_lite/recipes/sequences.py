"""What the recipes share whose data are sequences of one length each."""

from __future__ import annotations

from typing import Any

from .. import data, models, optim
from ..extras import optional
from ..training import History, fit


def steps_first(batch: Any, rng: Any) -> tuple[Any, ...]:
    """A batch as recurrent layers take it: (B, T) becomes (T, B), and (B,) stays. A `DataLoader`'s transform."""
    return tuple(part.T for part in batch)


def learn_tokens(model: Any, learn: Any, watch: Any, settings: Any, seed: int) -> History:
    """Train a model to give the right token at each step, more and more slowly along a cosine.

    learn, watch: arrays (N, T) and (N,), the last one the tokens that are right. settings: has rate, batch and epochs.
    """
    optimizer = optim.Adam(model.parameters(), lr=settings.rate)
    return fit(
        model,
        models.token_loss,
        optimizer,
        data.DataLoader(learn, settings.batch, shuffle=True, seed=seed, transforms=steps_first),
        validation=data.DataLoader(watch, settings.batch, transforms=steps_first),
        schedule=optim.CosineAnnealingLR(optimizer, settings.epochs),
        epochs=settings.epochs,
        max_norm=1.0,
    )


def curve_and_axes(history: History, width_ratios: tuple[float, float]) -> tuple[Any, Any]:
    """A matplotlib figure with the loss of a training at the left, and the axes at its right, empty."""
    figure = optional("matplotlib.figure", "matplotlib", "train", extra="train").Figure((12, 5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=width_ratios)
    for column, label in (("loss", "training"), ("val_loss", "validation")):
        left.semilogy(range(1, len(history) + 1), history[column], marker=".", label=label)
    left.set(xlabel="epoch", ylabel="loss")
    left.xaxis.get_major_locator().set_params(integer=True)
    left.legend()
    return figure, right
