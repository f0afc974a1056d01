"""Clothes of Fashion-MNIST: LeNet-5, ten epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import data, models, optim
from ..screen import count_parameters, line
from .classifying import learn_and_test
from .result import Result


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be."""

    epochs: int = 10
    batch: int = 64
    rate: float = 1e-3
    held_back: float = 0.05
    required: float = 90.0


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data and which of them are held back."""
    settings = settings or Settings()
    clothes = data.standardize(data.fashion_mnist(size=32))
    model = models.LeNet5(rng=np.random.default_rng(seed))
    line("model", f"LeNet-5, {count_parameters(model):,} parameters")
    line("data", f"{len(clothes.train.labels):,} pictures of clothes, {len(clothes.test.labels):,} more to test")
    optimizer = optim.Adam(model.parameters(), lr=settings.rate)
    return learn_and_test(model, optimizer, clothes, settings, seed)
