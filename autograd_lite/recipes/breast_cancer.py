"""Thirty measurements of cells, two hidden layers: is the tumour malignant?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import data, models, nn, optim
from ..screen import count_parameters, line
from ..training import fit
from .classifying import accuracy, percent_right
from .result import Figure, Result


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be."""

    epochs: int = 60
    batch: int = 32
    rate: float = 1e-3
    weight_decay: float = 1e-2
    hidden: tuple[int, ...] = (32, 16)
    required: float = 97.0


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data and which of them are held back."""
    settings = settings or Settings()
    cells = data.standardize(data.breast_cancer(seed=seed))
    model = models.MLP(30, settings.hidden, num_classes=2, rng=np.random.default_rng(seed))
    line("model", f"multilayer perceptron, {count_parameters(model):,} parameters")
    line("data", f"{len(cells.train.labels)} biopsies of 30 measurements, {len(cells.test.labels)} more to test")
    learn, watch = data.train_validation_split(cells.train, 0.15, seed=seed, stratify=cells.train.labels)
    history = fit(
        model,
        nn.CrossEntropyLoss(),
        optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.weight_decay),
        data.DataLoader(learn, settings.batch, shuffle=True, seed=seed),
        validation=data.DataLoader(watch, settings.batch),
        metrics={"accuracy": accuracy},
        epochs=settings.epochs,
    )
    right = percent_right(model, data.DataLoader(cells.test, settings.batch))
    return Result((Figure("test accuracy", right, required=settings.required),), history.plot(), model)
