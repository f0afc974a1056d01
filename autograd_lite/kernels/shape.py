"""Kernels that rearrange elements, where NumPy's own functions take long to get going."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SMALL = 1024  # elements: a copy of so many is faster than np.broadcast_to, which takes 3 us for its view


def broadcast_to(x: Array, shape: int | tuple[int, ...]) -> Array:
    """``np.broadcast_to(x, shape)``: a view that cannot be written into, or a copy if it is small."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if math.prod(shape) > SMALL or x.ndim > len(shape):
        return np.broadcast_to(x, shape)
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


def split(x: Array, indices_or_sections: int | tuple[int, ...], axis: int) -> tuple[Array, ...]:
    """``np.split(x, indices_or_sections, axis)``; equal parts in a third of its time."""
    n = indices_or_sections
    if not (isinstance(n, int) and -x.ndim <= axis < x.ndim and n > 0 and x.shape[axis] % n == 0):
        return tuple(np.split(x, indices_or_sections, axis))
    size, before = x.shape[axis] // n, (slice(None),) * (axis % x.ndim)
    return tuple([x[(*before, slice(i * size, i * size + size))] for i in range(n)])
