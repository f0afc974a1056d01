"""What the recipes share whose data are sequences of one length each."""

from __future__ import annotations

from typing import Any

from ..data.extras import optional
from ..training import History


def steps_first(batch: Any, rng: Any) -> tuple[Any, ...]:
    """A batch as recurrent layers take it: (B, T) becomes (T, B), and (B,) stays. A `DataLoader`'s transform."""
    return tuple(part.T for part in batch)


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
