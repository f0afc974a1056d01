"""What every data set here is: one part to learn from, one part to be tested on."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import numpy as np

from .structure import Array, Data, as_arrays, take

Part = TypeVar("Part")


class Split(NamedTuple, Generic[Part]):
    """A data set in two parts: ``train, test = data.digits()``, or by name."""

    train: Part
    test: Part


def train_validation_split(
    data: Data, validation_fraction: float = 0.2, *, seed: int = 0, stratify: Array | None = None
) -> tuple[Data, Data]:
    """All items in an order chosen by `seed`, the first to learn from and the last share to choose settings by.

    data: an array, or a tuple, named tuple or dict of arrays with N items each; both parts have the same structure.
    stratify: a class for each item, (N,): of each, the validation part gets the same share, up to one item.
    Raises ValueError if a part would be empty, or lengths differ.
    """
    data, count = as_arrays("train_validation_split", data)
    held = round(validation_fraction * count)
    if not 0 < held < count:
        raise ValueError(
            f"train_validation_split: a share of {validation_fraction} leaves a part of {count} items empty;"
            " pass 0.2, say"
        )
    order = np.random.default_rng(seed).permutation(count)
    last = np.arange(count) >= count - held if stratify is None else _spread(np.asarray(stratify), order, held)
    return take(data, order[~last]), take(data, order[last])


def _spread(classes: Array, order: Array, held: int) -> Array:
    """Which places of `order` to hold out: `held` of them, evenly spaced when they are sorted by class. (N,) bool."""
    if classes.shape != order.shape:
        raise ValueError(
            f"train_validation_split: stratify has shape {classes.shape} for {len(order)} items; pass one class each"
        )
    steps = np.arange(len(order) + 1) * held // len(order)
    chosen = np.empty(len(order), bool)
    chosen[np.argsort(classes[order], kind="stable")] = np.diff(steps) > 0
    return chosen
