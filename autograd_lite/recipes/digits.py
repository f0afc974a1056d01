"""Handwritten digits of 8 x 8 pixels: a small residual network, on images that are moved at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import data, models, optim
from ..screen import count_parameters, line
from .classifying import learn_and_test
from .result import Result


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be. shift: the images are moved by up to so many pixels."""

    blocks: int = 1
    width: int = 16
    epochs: int = 20
    batch: int = 32
    rate: float = 3e-3
    weight_decay: float = 1e-2
    shift: int = 1
    held_back: float = 0.1
    required: float = 98.5


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data, the shifts and which are held back."""
    settings = settings or Settings()
    digits = data.standardize(data.digits(seed=seed))
    model = models.SmallResNet(settings.blocks, in_channels=1, width=settings.width, rng=np.random.default_rng(seed))
    line("model", f"residual network of {6 * settings.blocks + 2} layers, {count_parameters(model):,} parameters")
    line("data", f"{len(digits.train.labels):,} digits of 8 x 8 pixels, {len(digits.test.labels)} more to test")
    optimizer = optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.weight_decay)
    transforms = [data.on_inputs(data.shifted, most=settings.shift)]
    return learn_and_test(model, optimizer, digits, settings, seed, transforms)
