"""Other inputs for a pair, with other signs, constants and shapes: what holds by chance does not hold for these."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .layers import Array, is_variable

Place = tuple[int, int]  # an axis: the number of an input, and the axis
Sizes = Mapping[int | Place, int]  # new lengths of axes by the old ones, or of single axes
Forward = Callable[[Sequence[Any]], Sequence[Array] | None]  # the outputs; None if inputs are not taken
Taken = Callable[[Sequence[Any]], bool]  # whether backward takes them, too

_LARGEST = 2000  # entries of inputs, as each is measured
_APART = 8  # axes of one length, among which those that hang together are searched


def fresh_inputs(
    inputs: Sequence[Any], forward: Forward, taken: Taken, rng: np.random.Generator, kept: Container[int] = ()
) -> Iterator[list[Any]]:
    """Inputs of the same shapes, then of others, then of others where axes of one length have several, if taken.

    kept: numbers of the inputs whose rows stay what they are, as targets that sum to 1; there may be more or fewer.
    """

    def draw(lengths: Sizes, signs: bool = False, constants: bool = False) -> list[Any]:
        return [
            _rows(value, number, lengths, rng)
            if number in kept
            else _drawn(value, number, lengths, rng, signs, constants)
            for number, value in enumerate(inputs)
        ]

    def good(lengths: Sizes) -> list[tuple[int, ...]] | None:
        """The shapes of the outputs, if they depend on the last entries: if not, forward does not expect so many."""
        values = draw(lengths)
        small = sum(value.size for value in values if is_variable(value)) <= _LARGEST
        outputs = forward(values) if small else None
        used = outputs is not None and taken(values) and used_axes <= _axes_used(values, forward)
        return [output.shape for output in outputs] if outputs is not None and used else None

    used_axes = _axes_used(draw({}), forward)
    fixed = {size for number, value in enumerate(inputs) if number in kept for size in np.shape(value)[1:]}
    sizes = _other_sizes([value for value in inputs if _is_array(value)], fixed, good)
    apart = _apart(inputs, fixed, sizes, good)
    for lengths in [{}, *([sizes] if sizes else []), *([apart] if apart != sizes else [])]:
        for constants, signs in itertools.product((True, False), repeat=2):
            values = draw(lengths, signs, constants)
            if forward(values) is not None and taken(values):
                yield values
                break


def _other_sizes(
    arrays: Sequence[Array], fixed: Container[int], good: Callable[[Sizes], list[tuple[int, ...]] | None]
) -> dict[int | Place, int]:
    """Axes of one length are given another one, all at once; lengths that hang together are doubled together.

    The first good one is used, but rather one that an axis of the outputs follows. No two lengths grow by the same
    number, so that no difference stays what it is. fixed: lengths that are kept.
    """
    lengths = dict.fromkeys(size for array in arrays for size in array.shape if size > 1 and size not in fixed)
    found: dict[int | Place, int] = {}
    for size in lengths:
        before, used = good(found), {*lengths, *found.values()}
        steps = {new - old for old, new in found.items() if isinstance(old, int)}
        others = [n for n in range(size + 1, 2 * size + 6) if n not in used and n - size not in steps][:4]
        after = {other: good(found | {size: other}) for other in others}
        taken = sorted((other for other in others if after[other] is not None), key=lambda n: after[n] == before)
        found |= {size: taken[0]} if taken else {}
    left = {size: 2 * size for size in lengths if size not in found}
    return found | left if left and good(found | left) is not None else found


def _apart(
    inputs: Sequence[Any], fixed: Container[int], sizes: Sizes, good: Callable[[Sizes], Any]
) -> dict[int | Place, int]:
    """The same, and axes that have one length by chance, as those of a square matrix, are given different ones."""
    found, by_length = dict(sizes), dict[int, list[Place]]()
    for number, value in enumerate(inputs):
        for axis, size in enumerate(value.shape if _is_array(value) else ()):
            if size > 1 and size not in fixed:
                by_length.setdefault(size, []).append((number, axis))
    for places in by_length.values():
        left = places if len(places) <= _APART else []
        for together in itertools.chain(itertools.combinations(left, 1), itertools.combinations(left, 2)):
            if set(together) < set(left):
                other = max([*by_length, *found.values()]) + 1
                trial = found | dict.fromkeys(together, other)
                if good(trial) is not None:
                    found, left = trial, [place for place in left if place not in together]
    return found


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


def _drawn(
    value: Any, number: int, sizes: Sizes, rng: np.random.Generator, signs: bool = False, constants: bool = False
) -> Any:
    """A value of the same kind: an array of other entries, with other signs if wanted, or another constant.

    number: that of the input; -1 for a part of one.
    """
    if isinstance(value, Mapping):
        return {key: _drawn(part, -1, sizes, rng, signs, constants) for key, part in value.items()}
    if isinstance(value, float) and constants:
        return value * rng.uniform(0.6, 0.95)
    if not _is_array(value):
        return value
    shape = tuple(sizes.get((number, axis), sizes.get(size, size)) for axis, size in enumerate(value.shape))
    if not is_variable(value) or set(np.unique(value)) == {0, 1}:  # indices, labels, masks
        return rng.choice(value.reshape(-1), shape) if value.size else np.empty(shape, value.dtype)
    drawn = rng.choice(np.abs(value).reshape(-1), shape) * rng.uniform(0.7, 1.3, shape)
    drawn = drawn if np.any(drawn) else rng.uniform(0.5, 1.5, shape)
    return np.asarray(drawn * (rng.choice([-1.0, 1.0], shape) if signs or (value < 0).any() else 1))


def _rows(value: Any, number: int, sizes: Sizes, rng: np.random.Generator) -> Any:
    """The same rows in another order, as many as wanted."""
    if not _is_array(value) or not value.ndim or not len(value):
        return value
    count = sizes.get((number, 0), sizes.get(len(value), len(value)))
    return value[rng.integers(len(value), size=count)]


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray)
