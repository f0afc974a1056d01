"""Digits on photographs: a U-Net tells of each pixel whether it is part of a digit, and of which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import data, models, optim
from ..extras import optional
from ..screen import count_parameters, line
from ..training import History
from .classifying import confusion, learn_classes, mean_iou, predict
from .pictures import curves_and_pictures
from .result import Figure, Result


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be.

    size: of the scenes, in pixels. background: how much a pixel that is no digit's, as most are, counts in the loss.
    shown: how many scenes are in the plot.
    """

    scenes: int = 2000
    test_scenes: int = 250
    size: int = 40
    depth: int = 2
    width: int = 16
    epochs: int = 10
    batch: int = 16
    rate: float = 4e-3
    background: float = 0.5
    held_back: float = 0.05
    shown: int = 5
    required: float = 50.0


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the scenes, the initial values, the order and which scenes are held back."""
    settings = settings or Settings()
    scenes = data.digit_scenes(count=settings.scenes, test_count=settings.test_scenes, size=settings.size, seed=seed)
    prepared = data.standardize(scenes)
    classes = data.BACKGROUND + 1
    model = models.UNet(classes, 1, settings.depth, settings.width, rng=np.random.default_rng(seed))
    line("model", f"U-Net of depth {settings.depth}, {count_parameters(model):,} parameters")
    size = f"{settings.size} x {settings.size} pixels"
    line("data", f"{settings.scenes:,} photographs of {size} with digits on them, {settings.test_scenes} more to test")
    optimizer = optim.Adam(model.parameters(), lr=settings.rate)
    history = learn_classes(
        model,
        optimizer,
        prepared.train,
        batch=settings.batch,
        epochs=settings.epochs,
        held_back=settings.held_back,
        seed=seed,
        weight=np.array([1] * data.BACKGROUND + [settings.background], np.float32),
        schedule=optim.CosineAnnealingLR(optimizer, settings.epochs),
    )
    guessed = predict(model, prepared.test.images)
    counts = confusion(guessed, scenes.test.labels, classes)
    figures = (
        Figure("mean IoU", 100 * mean_iou(counts), required=settings.required),
        Figure("pixel accuracy", float(100 * counts.trace() / counts.sum())),
    )
    return Result(figures, plot(history, scenes.test, guessed, settings.shown), model)


def plot(history: History, test: data.Scenes, guessed: Any, shown: int) -> Any:
    """The curves and, below, the first scenes of the test with what is right and what the model says."""
    colours = optional("matplotlib", "matplotlib", "train", extra="train").colormaps["tab10"].colors
    colours = np.array([*colours, (0, 0, 0)])  # of the digits and, black, the background
    return curves_and_pictures(
        history,
        {
            "scene": test.images[:shown, 0],
            "truth, a colour for each digit": colours[test.labels[:shown]],
            "prediction": colours[guessed[:shown]],
        },
    )
