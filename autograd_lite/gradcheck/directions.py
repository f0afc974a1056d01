"""Derivatives along random directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def gaussian(array: Array, rng: np.random.Generator) -> Array:
    """Standard normal numbers like an array: in both parts of a complex one, 0 where it is not finite."""
    numbers: Any = rng.standard_normal(array.shape)
    if array.dtype.kind == "c":
        numbers = numbers + 1j * rng.standard_normal(array.shape)
    return np.asarray(np.where(np.isfinite(array), numbers, 0), array.dtype)


def direction_at(array: Array, rng: np.random.Generator) -> Array:
    """A Gaussian direction to move an array in, in units of its size, if that is above 1."""
    finite = np.abs(array[np.isfinite(array)])
    size = max(1.0, float(np.sqrt(np.mean(finite**2)))) if finite.size else 1.0
    return np.asarray(gaussian(array, rng) * size, array.dtype)


def suspects(
    agrees: Callable[[dict[str, Array]], bool], point: Mapping[str, Array], rng: np.random.Generator, limit: int
) -> list[tuple[str, int]]:
    """Entries in which a derivative is wrong, at most so many, each by the name of its array and its flat position.

    agrees: whether both derivatives agree along a direction, which is 0 in the arrays that it does not name. Halves of
    the arrays that disagree are halved again, down to single entries.
    """
    found: list[tuple[str, int]] = []
    waiting = [(name, 0, array.size) for name, array in reversed(list(point.items())) if array.size]
    while waiting and len(found) < limit:
        name, start, stop = waiting.pop()
        direction = np.zeros(point[name].size, point[name].dtype)
        direction[start:stop] = direction_at(point[name].reshape(-1)[start:stop], rng)
        if agrees({name: direction.reshape(point[name].shape)}):
            continue
        if stop - start == 1:
            found.append((name, start))
        else:
            middle = (start + stop) // 2
            waiting += [(name, middle, stop), (name, start, middle)]
    return found


def inner(left: Iterable[Array], right: Iterable[Array]) -> float:
    """The inner product of two lists of arrays; of complex ones as vectors of real and imaginary parts."""
    return float(sum(np.vdot(a, b).real for a, b in zip(left, right, strict=True)))
