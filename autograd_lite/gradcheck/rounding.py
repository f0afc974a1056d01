"""How far rounding moves what is computed: two right results may differ by that much.

It is computed several times. Either the last digits of the inputs differ, so that the branches that operations take can
be held fixed; or there are other rounding errors on the way, which shows what cancels there. For that, the result of
each operation is moved by eps relatively, one to two units in the last place, up or down at random, in the forward and,
if it is recorded, in the backward pass.

The idea is that of J. Vignes, "A stochastic arithmetic for reliable scientific computation", 1993, who rounds each
result up or down at random and has the bar of two or three runs from Student's t. Here the results of kernels are
moved, which hide the roundings within them, so the errors are larger and the runs more; and the bar is a multiple of
their range, which needs no mean: of normal numbers, two are further apart than 16 times the range of 8 others with a
probability of 7e-9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..core import Call, Node, observe
from ..tensor import Tensor
from .branches import first_difference, members, traced

Array = np.ndarray[Any, Any]
Rounding = Callable[[Array], Array]
T = TypeVar("T")

_TIMES = 8  # runs
SPREADS = 16  # so many times the range of what is drawn, rounding may explain: see above


# -- on the way ----------------------------------------------------------------------------------------------------


def spread(compute: Callable[[], float]) -> float:
    """By how much results of `compute` differ among roundings; 0 if they are not finite."""
    found = drawn(compute)
    return float(np.ptp(found)) if np.isfinite(found).all() else 0.0


def noise(compute: Callable[[], float]) -> float:
    """The same of a function that may refuse numbers with rounding errors; 0 then, too."""
    try:
        return spread(compute)
    except (ArithmeticError, ValueError):
        return 0.0


def drawn(compute: Callable[[], T]) -> list[T]:
    """What it computes, with one set of rounding errors after the other."""
    found = []
    for seed in range(_TIMES):
        with rounded_at_random(np.random.default_rng(seed)):
            found.append(compute())
    return found


def rounded_at_random(rng: np.random.Generator) -> observe:
    """A block in which the floating-point results of all operations on Tensors have a rounding error more."""

    def move(call: Call) -> None:
        results = members(call.output)
        for result in results:
            if isinstance(result, Tensor) and result.dtype.kind in "fc":
                result.data = moved(result.data, rng)
        if len(results) == 1 and isinstance(getattr(call.output, "node", None), Node):
            _save_again(call.output)

    return observe(move)


def moved(array: Array, rng: np.random.Generator) -> Array:
    """Each number times 1 plus or minus eps, both parts of a complex one apart."""
    if array.dtype.kind == "c":
        return np.asarray(moved(array.real, rng) + 1j * moved(array.imag, rng))
    return np.asarray(array * (1 + np.finfo(array.dtype).eps * rng.choice((-1, 1), array.shape)), array.dtype)


def _save_again(output: Tensor) -> None:
    """Let the node keep the result as it is now, if it keeps it."""
    node = output.node
    assert node is not None
    names = node.op.saved_names
    if "out" in names and node.saved[names.index("out")] is not None:
        place = names.index("out")
        node.saved = (*node.saved[:place], output.data, *node.saved[place + 1 :])


# -- of the inputs -------------------------------------------------------------------------------------------------


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
        return np.asarray(array * (1 + precision * rng.choice((-1.0, 1.0), array.shape)), array.dtype)

    originals = [leaf.data for leaf in leaves]
    base, trace = run(lambda array: array), traced(outputs)
    most = [np.zeros(result.shape) for result in base]
    try:
        for _ in range(_TIMES):
            for leaf, original in zip(leaves, originals, strict=True):
                leaf.data = rounded(original)
            if first_difference(trace, traced(outputs)) is None:
                with np.errstate(invalid="ignore"):  # of infinite results
                    changes = [np.abs(there - here) for there, here in zip(run(rounded), base, strict=True)]
                most = [np.fmax(so_far, change) for so_far, change in zip(most, changes, strict=True)]
    finally:
        for leaf, original in zip(leaves, originals, strict=True):
            leaf.data = original
    return most
