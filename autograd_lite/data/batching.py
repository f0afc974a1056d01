"""Cutting data into the portions that one training step sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Seed = np.random.Generator | int | None


@dataclass(frozen=True)
class Batches:
    """Pairs (inputs, targets), one pass over the data each time they are iterated; `len` is the number of pairs."""

    count: int
    one_pass: Callable[[], Iterator[tuple[Array, Array]]]

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[Array, Array]]:
        return self.one_pass()


def batches(inputs: Array, labels: Array, batch_size: int, *, seed: Seed = None, drop_last: bool = False) -> Batches:
    """Inputs and labels in batches, in an order that is new in each pass.

    inputs (N, ...), labels (N, ...); seed: a number or a generator chooses the order (None: as they are).
    drop_last: leave out a last batch that is not full. Each pass gives pairs (batch_size, ...), (batch_size, ...).
    Raises ValueError for lengths that differ or a batch_size below 1.
    """
    if len(inputs) != len(labels):
        raise ValueError(f"batches: {len(inputs)} inputs but {len(labels)} labels; pass one label for each input")
    _check_positive("batches", batch_size=batch_size)
    end = len(labels) - len(labels) % batch_size if drop_last else len(labels)
    starts = range(0, end, batch_size)
    rng = None if seed is None else np.random.default_rng(seed)

    def one_pass() -> Iterator[tuple[Array, Array]]:
        order = np.arange(len(labels)) if rng is None else rng.permutation(len(labels))
        for start in starts:
            chosen = order[start : start + batch_size]
            yield inputs[chosen], labels[chosen]

    return Batches(len(starts), one_pass)


def text_batches(ids: Array, batch_size: int, length: int, *, drop_last: bool = False) -> Batches:
    """A long text as parallel streams, for truncated back-propagation through time.

    ids: the text's tokens, (N,) integers. It is cut into `batch_size` streams of equal length, and a pass walks along
    all of them: pairs (length, batch_size) of inputs and of targets, which are the inputs one step later. Column b of a
    batch continues column b of the batch before, so a recurrent state may be carried over. The last pair may be
    shorter (drop_last leaves it out). Raises ValueError for a text with less than one step for each stream.
    """
    _check_positive("text_batches", batch_size=batch_size, length=length)
    steps = (len(ids) - 1) // batch_size
    if steps < 1:
        raise ValueError(
            f"text_batches: {len(ids)} tokens are not enough for {batch_size} streams; pass {batch_size + 1} or more"
        )
    used = steps * batch_size
    inputs, targets = (np.reshape(part, (batch_size, steps)).T for part in (ids[:used], ids[1 : used + 1]))
    starts = range(0, steps - steps % length if drop_last else steps, length)

    def one_pass() -> Iterator[tuple[Array, Array]]:
        for start in starts:
            yield inputs[start : start + length], targets[start : start + length]

    return Batches(len(starts), one_pass)


def _check_positive(function: str, **numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{function}: {name} is {number}; pass 1 or more")
