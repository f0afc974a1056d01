"""Elements that change places along their axes: flips, turns and rolls. `flip` itself is in `shape`."""

from __future__ import annotations

import operator

import numpy as np

from ..core import Array, composite, op
from .shape import flip


@composite()
def fliplr(x: Array) -> Array:
    """Columns in reverse order: a flip along axis 1.

    x: at least two axes. Returns the same shape.

    >>> fliplr(randn(3, 2))
    """
    return flip(x, 1)


@composite()
def flipud(x: Array) -> Array:
    """Rows in reverse order: a flip along axis 0.

    x: at least one axis. Returns the same shape.

    >>> flipud(randn(3, 2))
    """
    return flip(x, 0)


@op(x=lambda g, shift, axis: roll(g, np.negative(shift, dtype=np.intp), axis))
def roll(x: Array, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Array:
    """Elements moved on by `shift` places along `axis` (None: in the flattened array); what leaves returns in front.

    x: any shape. shift, axis: integers, or tuples of which one broadcasts against the other. Returns the same shape.
    Raises TypeError for a shift that is not whole.

    >>> roll(randn(3, 2), 2)
    >>> roll(randn(3, 4), (1, -2), (0, -1))
    """
    if np.asarray(shift).dtype.kind not in "iub":
        raise TypeError("shift must be whole numbers; round them")
    return np.roll(x, shift, axis)


@op(x=lambda g, k, axes: rot90(g, -operator.index(k), axes))
def rot90(x: Array, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """Turned `k` times by a right angle, from the first of two axes towards the second.

    x: at least two axes. Returns x's shape, with the two lengths exchanged for an odd `k`. Raises ValueError for axes
    that are not two different ones, TypeError for a `k` that is not whole.

    >>> rot90(randn(3, 2))
    >>> rot90(randn(2, 1, 3), -2, (2, 0))
    """
    return np.rot90(x, operator.index(k), axes)
