"""Other inputs for a pair, with other signs, constants and shapes: what holds by chance does not hold for these."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .layers import Array, is_variable

Sizes = Mapping[int, int]  # new lengths of axes by the old ones
Forward = Callable[[Sequence[Any]], Sequence[Array] | None]  # the outputs; None if inputs are not taken
Taken = Callable[[Sequence[Any]], bool]  # whether backward takes them, too

_LARGEST = 2000  # entries of inputs, as each is measured


def fresh_inputs(
    inputs: Sequence[Any], forward: Forward, taken: Taken, rng: np.random.Generator, kept: Container[int] = ()
) -> Iterator[list[Any]]:
    """Inputs of the same shapes, then of others, as far as both functions take them.

    kept: numbers of the inputs whose rows stay what they are, as targets that sum to 1; there may be more or fewer.
    """

    def draw(lengths: Sizes, signs: bool = False, constants: bool = False) -> list[Any]:
        return [
            _rows(value, lengths, rng) if number in kept else _drawn(value, lengths, rng, signs, constants)
            for number, value in enumerate(inputs)
        ]

    fixed = {size for number, value in enumerate(inputs) if number in kept for size in np.shape(value)[1:]}
    sizes = _other_sizes(inputs, fixed, forward, taken, draw)
    for lengths in ({}, sizes) if sizes else ({},):
        for constants, signs in itertools.product((True, False), repeat=2):
            values = draw(lengths, signs, constants)
            if forward(values) is not None and taken(values):
                yield values
                break


def _other_sizes(
    inputs: Sequence[Any], fixed: Container[int], forward: Forward, taken: Taken, draw: Callable[[Sizes], list[Any]]
) -> dict[int, int]:
    """Axes of one length are given another one, all at once; lengths that hang together are doubled together.

    A length is no good if the outputs do not depend on the last entries: forward does not expect so many. The first
    good one is used, but rather one that an axis of the outputs follows. fixed: lengths that are kept.
    """
    arrays = [value for value in inputs if _is_array(value)]
    lengths = dict.fromkeys(size for array in arrays for size in array.shape if size > 1 and size not in fixed)
    found: dict[int, int] = {}
    used_axes = _axes_used(draw({}), forward)

    def shapes(sizes: Sizes) -> list[tuple[int, ...]] | None:
        values = draw(sizes)
        small = sum(value.size for value in values if is_variable(value)) <= _LARGEST
        outputs = forward(values) if small else None
        good = outputs is not None and taken(values) and used_axes <= _axes_used(values, forward)
        return [output.shape for output in outputs] if outputs is not None and good else None

    for size in lengths:
        before, used = shapes(found), {*lengths, *found.values()}
        others = [n for n in range(size + 1, 2 * size + 6) if n not in used][:4]
        after = {other: shapes(found | {size: other}) for other in others}
        good = sorted((other for other in others if after[other] is not None), key=lambda n: after[n] == before)
        found |= {size: good[0]} if good else {}
    left = {size: 2 * size for size in lengths if size not in found}
    return found | left if left and shapes(found | left) is not None else found


def _axes_used(values: Sequence[Any], forward: Forward) -> set[tuple[int, int]]:
    """The axes whose last entries the outputs depend on: numbers of inputs, and of their axes."""
    outputs, used = forward(values), set()
    for number, value in enumerate(values):
        for axis in range(value.ndim if is_variable(value) else 0):
            moved = value.copy()
            last = np.moveaxis(moved, axis, 0)[-1:]
            last += (1 + np.abs(value).max(initial=0)) * np.linspace(1, 2, last.size).reshape(last.shape)
            others = forward([*values[:number], moved, *values[number + 1 :]])
            if outputs is None or others is None or not all(map(np.allclose, outputs, others)):
                used.add((number, axis))
    return used


def _drawn(value: Any, sizes: Sizes, rng: np.random.Generator, signs: bool = False, constants: bool = False) -> Any:
    """A value of the same kind: an array of other entries, with other signs if wanted, or another constant."""
    if isinstance(value, Mapping):
        return {key: _drawn(part, sizes, rng, signs, constants) for key, part in value.items()}
    if isinstance(value, float) and constants:
        return value * rng.uniform(0.6, 0.95)
    if not _is_array(value):
        return value
    shape = tuple(sizes.get(size, size) for size in value.shape)
    if not is_variable(value) or set(np.unique(value)) == {0, 1}:  # indices, labels, masks
        return rng.choice(value.reshape(-1), shape) if value.size else np.empty(shape, value.dtype)
    drawn = rng.choice(np.abs(value).reshape(-1), shape) * rng.uniform(0.7, 1.3, shape)
    drawn = drawn if np.any(drawn) else rng.uniform(0.5, 1.5, shape)
    return np.asarray(drawn * (rng.choice([-1.0, 1.0], shape) if signs or (value < 0).any() else 1))


def _rows(value: Any, sizes: Sizes, rng: np.random.Generator) -> Any:
    """The same rows in another order, as many as wanted."""
    if not _is_array(value) or not value.ndim or not len(value):
        return value
    return value[rng.integers(len(value), size=sizes.get(len(value), len(value)))]


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)
