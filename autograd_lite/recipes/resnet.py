"""Clothes of Fashion-MNIST: a small residual network, on images that are mirrored at random."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .. import data, models, optim
from ..screen import count_parameters, line
from .classifying import learn_and_test
from .result import Result


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be."""

    blocks: int = 1
    width: int = 32
    epochs: int = 6
    batch: int = 128
    rate: float = 0.1  # the highest, a quarter of the way: it rises before, and falls to nearly 0 (one-cycle)
    momentum: float = 0.9
    weight_decay: float = 5e-4
    held_back: float = 0.05
    required: float = 92.5


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data and what is mirrored or held back."""
    settings = settings or Settings()
    clothes = data.standardize(data.fashion_mnist())
    model = models.SmallResNet(settings.blocks, in_channels=1, width=settings.width, rng=np.random.default_rng(seed))
    line("model", f"residual network of {6 * settings.blocks + 2} layers, {count_parameters(model):,} parameters")
    line("data", f"{len(clothes.train.labels):,} pictures of clothes, {len(clothes.test.labels):,} more to test")
    optimizer = optim.SGD(
        model.parameters(),
        lr=settings.rate,
        momentum=settings.momentum,
        nesterov=True,
        weight_decay=settings.weight_decay,
    )
    steps = settings.epochs * math.ceil((1 - settings.held_back) * len(clothes.train.labels) / settings.batch)
    return learn_and_test(
        model,
        optimizer,
        clothes,
        settings,
        seed,
        transforms=[data.on_inputs(data.random_flip)],
        schedule=optim.OneCycleLR(optimizer, settings.rate, total_steps=steps + 1, pct_start=0.25),
        schedule_steps="batch",
    )
