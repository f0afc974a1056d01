"""Random masks, and multiplying by one."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def bernoulli(rng: np.random.Generator, p: float, shape: tuple[int, ...]) -> Array:
    """Booleans that are true with probability `p`: one comparison of 32 random bits each, exact to 2**-32.

    Raw bits cost a quarter of what floating-point numbers do.
    """
    bits = np.frombuffer(rng.bytes(4 * int(np.prod(shape))), np.uint32)
    if p >= 1:
        return np.ones(shape, bool)
    return np.less(bits, np.uint32(p * 2**32)).reshape(shape)


def masked(x: Array, mask: Array, scale: float) -> Any:
    """``x * scale`` where the mask is true, 0 elsewhere; the dtype is x's."""
    out = np.multiply(x, mask.view(np.int8), dtype=x.dtype, casting="unsafe")
    out *= x.dtype.type(scale)
    return out
