"""What the recipes that put things into classes share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import data, nn, optim
from ..data.loader import Transform
from ..nn.module import evaluating
from ..training import History, evaluate, fit
from .result import Figure, Result


def learn_classes(
    model: Any,
    optimizer: Any,
    part: Any,
    *,
    batch: int,
    epochs: int,
    held_back: float,
    seed: int,
    transforms: Sequence[Transform] = (),
    weight: Any = None,
    **options: Any,
) -> History:
    """Train a model to tell the classes of the training part, by cross-entropy.

    part: (inputs, labels), of which the share `held_back` is not learned from but watched; where an item has one label,
    with each class in its proportion. transforms: of the batches to learn from. weight: how
    much each class counts in the loss (None: all the same). options: more of `fit`'s.
    """
    stratify = part.labels if part.labels.ndim == 1 else None
    learn, watch = data.train_validation_split(part, held_back, seed=seed, stratify=stratify)
    return fit(
        model,
        nn.CrossEntropyLoss(weight),
        optimizer,
        data.DataLoader(learn, batch, shuffle=True, seed=seed, transforms=transforms),
        validation=data.DataLoader(watch, batch),
        metrics={"accuracy": accuracy},
        epochs=epochs,
        **options,
    )


def learn_and_test(
    model: Any,
    optimizer: Any,
    parts: data.Split[Any],
    settings: Any,
    seed: int,
    transforms: Sequence[Transform] = (),
    **options: Any,
) -> Result:
    """Learn the classes of the training part, more and more slowly along a cosine, and test once.

    settings: has batch, epochs, held_back, and the percentage that is required. options: more of `fit`'s.
    """
    history = learn_classes(
        model,
        optimizer,
        parts.train,
        batch=settings.batch,
        epochs=settings.epochs,
        held_back=settings.held_back,
        seed=seed,
        transforms=transforms,
        **{"schedule": optim.CosineAnnealingLR(optimizer, settings.epochs), **options},
    )
    right = percent_right(model, parts.test)
    return Result((Figure("test accuracy", right, required=settings.required),), history.plot(), model)


def accuracy(logits: Any, labels: Any) -> float:
    """The share of labels whose logit is the largest: (N, C, ...) and (N, ...)."""
    return float((logits.argmax(axis=1).data == labels).mean())


def percent_right(model: Any, part: Any, batch: int = 256) -> float:
    """How many of 100 labels of a part, (inputs, labels), the model gets right."""
    return 100 * evaluate(model, {"accuracy": accuracy}, data.DataLoader(part, batch))["accuracy"]


def predict(model: Any, inputs: Any, batch: int = 64) -> Any:
    """The class of the largest logit for each item or pixel: (N, ...)."""
    with evaluating(model):
        return np.concatenate([model(some).argmax(axis=1).data for some in data.DataLoader(inputs, batch)])


def confusion(guessed: Any, labels: Any, num_classes: int) -> Any:
    """How often an item of class i was taken for class j, over two arrays of one shape: (num_classes, num_classes)."""
    pairs = num_classes * np.ravel(labels) + np.ravel(guessed)
    return np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)


def mean_iou(counts: Any) -> float:
    """The mean over classes of intersection over union: the hits among all that is, or is taken for, the class.

    counts: what `confusion` returns. A class that does not occur, on either side, is left out of the mean.
    """
    hits = counts.diagonal()
    either = counts.sum(axis=0) + counts.sum(axis=1) - hits
    return float((hits[either > 0] / either[either > 0]).mean())
