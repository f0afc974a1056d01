"""Whether a function gives the same values twice; of one that draws random numbers, no slope can be measured."""

from __future__ import annotations

import numpy as np

from .cuts import first_change
from .numeric import largest
from .subjects import Array, Subject, data_of_their_own

_SAME = 1e-10  # relative to the largest element: sums by several threads may differ in their order, and no more


def check_deterministic(subject: Subject, caller: str) -> None:
    """ValueError, which names the operation that differs first, if two runs differ."""
    first, second = (_values(subject) for _ in range(2))
    if len(first) == len(second) and all(map(_same, first, second)):
        return
    raise ValueError(
        f"{caller}: f gave two different results for the same inputs; draw random numbers outside of f, or switch"
        f" dropout off with eval(). {first_change(subject.outputs)}".rstrip(" .")
    )


def _values(subject: Subject) -> list[Array]:
    """The outputs. Should the function write into its inputs, which is a finding of its own, they are restored."""
    with data_of_their_own(list(subject.leaves.values())):
        return [output.data.copy() for output in subject.outputs()]


def _same(a: Array, b: Array) -> bool:
    return a.shape == b.shape and np.allclose(a, b, rtol=0.0, atol=_SAME * largest(a), equal_nan=True)
