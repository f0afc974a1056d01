"""How far rounding moves what is computed: it is computed several times, each time with other rounding errors.

The result of each operation is moved by one unit in the last place, up or down at random, in the forward and, if it is
recorded, in the backward pass. Whatever cancels later then shows how many digits are left. (J. Vignes, "A stochastic
arithmetic for reliable scientific computation", 1993, lets the processor round at random.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Call, Node, observe
from ..tensor import Tensor

Array = np.ndarray[Any, Any]

_TIMES = 8
SPREADS = 16  # so many times what is seen, rounding may explain


def spread(compute: Callable[[], float]) -> float:
    """By how much results of `compute` differ among roundings."""
    found = []
    for seed in range(_TIMES):
        with rounded_at_random(np.random.default_rng(seed)):
            found.append(compute())
    return float(np.ptp(found))


def rounded_at_random(rng: np.random.Generator) -> observe:
    """A block in which the floating-point results of all operations on Tensors have a rounding error more."""

    def move(call: Call) -> None:
        results = call.output if isinstance(call.output, tuple) else (call.output,)
        for result in results:
            if isinstance(result, Tensor) and result.dtype.kind in "fc":
                result.data = moved(result.data, rng)
        if len(results) == 1 and isinstance(getattr(call.output, "node", None), Node):
            _save_again(call.output)

    return observe(move)


def moved(array: Array, rng: np.random.Generator) -> Array:
    """Each number times 1 plus or minus the rounding unit, both parts of a complex one apart."""
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
