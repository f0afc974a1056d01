"""How far rounding alone moves what a function computes: two right results may differ by that much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..tensor import Tensor
from .branches import first_difference, traced

Array = np.ndarray[Any, Any]
Rounding = Callable[[Array], Array]

_TIMES = 10


def moved_by_rounding(
    run: Callable[[Rounding], Sequence[Array]], outputs: Callable[[], Any], leaves: Sequence[Tensor], precision: float
) -> list[Array]:
    """The largest change of each entry of the results that was seen when last digits of the leaves had changed.

    run: computes the results from the leaves' data; it is given a function that changes the last digits of other
    arrays, to be applied to whatever else was rounded. outputs: what takes branches; where these change, it is not
    rounding that is seen. precision: of the leaves, relative.
    """
    rng = np.random.default_rng(0)

    def rounded(array: Array) -> Array:
        return np.asarray(array * (1 + precision * rng.choice((-1.0, 1.0), array.shape)))

    originals = [leaf.data for leaf in leaves]
    base, trace = run(lambda array: array), traced(outputs)
    moved = [np.zeros(result.shape) for result in base]
    try:
        for _ in range(_TIMES):
            for leaf, original in zip(leaves, originals, strict=True):
                leaf.data = rounded(original)
            if first_difference(trace, traced(outputs)) is None:
                with np.errstate(invalid="ignore"):  # of infinite results
                    changes = [np.abs(there - here) for there, here in zip(run(rounded), base, strict=True)]
                moved = [np.fmax(most, change) for most, change in zip(moved, changes, strict=True)]
    finally:
        for leaf, original in zip(leaves, originals, strict=True):
            leaf.data = original
    return moved
