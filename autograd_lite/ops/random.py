"""Chance: the package's own generator, and dropout. Whatever is random takes `rng`; no op draws by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import random as kernels

Generator = np.random.Generator

_generator = np.random.default_rng()


def seed(seed: int) -> None:
    """Start the package's own generator anew, so that a program that draws from it alone can be repeated.

    seed: a whole number. NumPy's global generator is left alone.
    """
    global _generator
    _generator = np.random.default_rng(seed)


def default_rng(rng: Generator | None = None) -> Generator:
    """`rng` itself, or for None the package's own generator, which `ag.seed` starts anew."""
    return _generator if rng is None else rng


@op(x=lambda g, mask, p: apply_dropout(g, mask, p))
def apply_dropout(x: Array, mask: Array, p: float) -> Array:
    """`x` where the mask is true, divided by ``1 - p`` so that the expectation stays, and 0 elsewhere.

    x: any shape; mask: booleans of the same shape, drawn outside (true with probability ``1 - p``). Returns x's shape
    and dtype. Raises ValueError for a mask of another shape, TypeError for one that is not of booleans.

    >>> apply_dropout(randn(3, 2), mask(3, 2), 0.25)
    """
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError("the mask must be of booleans, true for what stays; convert it with mask.astype(bool)")
    if mask.shape != x.shape:
        raise ValueError(f"the mask must have x's shape {x.shape}; draw one for this input")
    return kernels.masked(x, mask, 0.0 if p == 1 else 1 / (1 - p))


def dropout(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`x` with each element set to 0 with probability `p` and the others divided by ``1 - p``; `x` if not training.

    x: any shape. mask: booleans of x's shape, true for what stays, instead of drawing them from `rng` (None: the
    package's own generator). Returns x's shape. Raises ValueError for a `p` outside of 0 to 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p = {p} is not a probability; pass a number from 0 to 1")
    if not training or (p == 0 and mask is None):
        return x
    shape = np.shape(raw(x))
    return apply_dropout(x, kernels.bernoulli(default_rng(rng), 1 - p, shape) if mask is None else mask, p)
