"""The different elements of an array, each once."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..core import Array, composite, op
from .gather import take_flat
from .indexing import getitem


class UniqueAll(NamedTuple):
    """What `unique_all` gives."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCounts(NamedTuple):
    """What `unique_counts` gives."""

    values: Any
    counts: Any


class UniqueInverse(NamedTuple):
    """What `unique_inverse` gives."""

    values: Any
    inverse_indices: Any


@composite()
def unique(
    x: Array,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
) -> Any:
    """The different elements in ascending order, or the different slices along `axis`.

    x: any shape. equal_nan: all NaN are the same one. Returns one axis (x's axes, as long as there are different slices
    along `axis`), or a tuple of that and, as asked for: the positions at which each occurs first, the positions in the
    result that x is made of, how often each occurs. The gradient goes to where an element occurs first.

    >>> unique(distinct(3, 2))
    >>> unique(distinct(2, 3), True, True, True, axis=1, equal_nan=False)
    """
    index, inverse, counts = unique_places(x, axis, equal_nan)
    if axis is None:
        values = take_flat(x, index)
    else:
        values = getitem(x, (*(slice(None),) * (axis % x.ndim), index))
    asked = zip((return_index, return_inverse, return_counts), (index, inverse, counts), strict=True)
    extra = tuple(result for wanted, result in asked if wanted)
    return (values, *extra) if extra else values


@composite()
def unique_all(x: Array) -> UniqueAll:
    """The different elements in ascending order, where each occurs first, which of them make x, how often they occur.

    x: any shape. Every NaN counts as different. Returns (values, indices, inverse_indices, counts), one axis each but
    for the inverse indices, which have x's shape. The gradient of the values goes to where each occurs first.

    >>> unique_all(distinct(3, 2))
    """
    return UniqueAll(*unique(x, True, True, True, equal_nan=False))


@composite()
def unique_counts(x: Array) -> UniqueCounts:
    """The different elements in ascending order, and how often each occurs.

    x: any shape. Every NaN counts as different. Returns (values, counts), one axis each. The gradient of the values
    goes to where each occurs first.

    >>> unique_counts(distinct(3, 2))
    """
    return UniqueCounts(*unique(x, return_counts=True, equal_nan=False))


@composite()
def unique_inverse(x: Array) -> UniqueInverse:
    """The different elements in ascending order, and which of them make x: ``values[inverse_indices]``.

    x: any shape. Every NaN counts as different. Returns (values, inverse_indices), one axis and x's shape. The gradient
    of the values goes to where each occurs first.

    >>> unique_inverse(distinct(3, 2))
    """
    return UniqueInverse(*unique(x, return_inverse=True, equal_nan=False))


@composite()
def unique_values(x: Array) -> Array:
    """The different elements in ascending order.

    x: any shape. Every NaN counts as different. Returns one axis. The gradient goes to where each occurs first.

    >>> unique_values(distinct(3, 2))
    """
    return unique(x, equal_nan=False)


@op(outputs=("index", "inverse", "counts"))
def unique_places(x: Array, axis: int | None, equal_nan: bool) -> tuple[Array, Array, Array]:
    """Where different elements (or slices along `axis`) are, and how many. Has no gradient.

    x: any shape. Returns integers: the position at which each occurs first, the positions in ``unique(x)`` that x is
    made of, how often each occurs.

    >>> unique_places(integers(3, 4), None, True)
    """
    _, *places = np.unique(x, True, True, True, axis, equal_nan=equal_nan)
    return tuple(places)  # type: ignore[return-value]
