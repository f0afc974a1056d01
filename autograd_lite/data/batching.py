"""Cutting data into the portions that one training step sees, in the two usual ways."""

from __future__ import annotations

import numpy as np

from .loader import DataLoader, Seed
from .structure import Array


def batches(
    inputs: Array, labels: Array, batch_size: int, *, seed: Seed = None, drop_last: bool = False
) -> DataLoader[tuple[Array, Array]]:
    """Inputs and labels in batches, in an order that is new in each pass: a `DataLoader` of pairs.

    inputs (N, ...), labels (N, ...); seed: a generator, or a number for one, from which each pass draws its order
    (None: as they are). drop_last: leave out a last batch that is not full. Each pass gives pairs (batch_size, ...),
    (batch_size, ...). Raises ValueError for lengths that differ or a batch_size below 1.
    """
    if len(inputs) != len(labels):
        raise ValueError(f"batches: {len(inputs)} inputs but {len(labels)} labels; pass one label for each input")
    _check_positive("batches", batch_size=batch_size)
    rng = None if seed is None else np.random.default_rng(seed)
    return DataLoader((inputs, labels), batch_size, shuffle=rng is not None, seed=rng, drop_last=drop_last)


def text_batches(
    ids: Array, batch_size: int, length: int, *, drop_last: bool = False
) -> DataLoader[tuple[Array, Array]]:
    """A long text as parallel streams, for truncated back-propagation through time.

    ids: the text's tokens, (N,) integers. It is cut into `batch_size` streams of equal length, and a pass walks along
    all of them: pairs (length, batch_size) of inputs and of targets, which are the inputs one step later. Column b of a
    batch continues column b of the batch before, so a recurrent state may be carried over. The last pair may be
    shorter (drop_last leaves it out). Raises ValueError for a text with less than one step for each stream, or, with
    drop_last, with less than `length` steps.
    """
    _check_positive("text_batches", batch_size=batch_size, length=length)
    steps = (len(ids) - 1) // batch_size
    if steps < 1:
        raise ValueError(
            f"text_batches: {len(ids)} tokens are not enough for {batch_size} streams; pass {batch_size + 1} or more"
        )
    used = steps * batch_size
    inputs, targets = (np.reshape(part, (batch_size, steps)).T for part in (ids[:used], ids[1 : used + 1]))
    return DataLoader((inputs, targets), length, drop_last=drop_last)  # its items are steps in time


def _check_positive(function: str, **numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{function}: {name} is {number}; pass 1 or more")
