"""What every data set here is: one part to learn from, one part to be tested on."""

from __future__ import annotations

from collections.abc import Iterator
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
    last = (
        np.arange(count) >= count - held
        if stratify is None
        else _spread(_classes("train_validation_split", stratify, count), order, held)
    )
    return take(data, order[~last]), take(data, order[last])


def k_folds(data: Data, folds: int = 10, *, seed: int = 0, stratify: Array | None = None) -> Iterator[Split[Data]]:
    """For cross-validation: splits in which each item is in the test part once, and in the training part otherwise.

    data: an array, or a tuple, named tuple or dict of arrays with N items each. The items' fold is chosen by `seed`;
    their order stays. stratify: a class for each item, (N,): each test part gets the same share, up to one item.
    Raises ValueError for fewer than two folds, more folds than items, or lengths that differ.
    """
    data, count = as_arrays("k_folds", data)
    if not 2 <= folds <= count:
        raise ValueError(f"k_folds: {folds} folds of {count} items; pass 2 or more, and no more than there are items")
    order = np.random.default_rng(seed).permutation(count)
    if stratify is not None:
        order = order[np.argsort(_classes("k_folds", stratify, count)[order], kind="stable")]
    fold = np.empty(count, int)
    fold[order] = np.arange(count) % folds  # dealt like cards, class by class
    return (Split(take(data, fold != number), take(data, fold == number)) for number in range(folds))


def _spread(classes: Array, order: Array, held: int) -> Array:
    """Which places of `order` to hold out: `held` of them, evenly spaced when they are sorted by class. (N,) bool."""
    steps = np.arange(len(order) + 1) * held // len(order)
    chosen = np.empty(len(order), bool)
    chosen[np.argsort(classes[order], kind="stable")] = np.diff(steps) > 0
    return chosen


def _classes(function: str, stratify: Array, count: int) -> Array:
    """`stratify` as an array. Raises ValueError if it is not a class for each of `count` items."""
    classes = np.asarray(stratify)
    if classes.shape != (count,):
        raise ValueError(f"{function}: stratify has shape {classes.shape} for {count} items; pass one class each")
    return classes
