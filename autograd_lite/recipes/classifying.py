"""What the recipes that put things into classes share."""

from __future__ import annotations

from typing import Any

from ..training import evaluate


def accuracy(logits: Any, labels: Any) -> float:
    """The share of rows whose largest logit is that of their class: (N, C) and (N,)."""
    return float((logits.argmax(axis=1).data == labels).mean())


def percent_right(model: Any, batches: Any) -> float:
    """How many of 100 items the model puts into the right class."""
    return 100 * evaluate(model, {"accuracy": accuracy}, batches)["accuracy"]
