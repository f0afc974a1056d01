"""Memory that a kernel needs only while it runs, kept for the next call: fresh pages cost more than filling them."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

LIMIT = 32 * 2**20  # bytes that a thread keeps; what needs more is allocated anew each time


class _Kept(threading.local):
    memory = np.empty(0, np.uint8)


_kept = _Kept()


def workspace(shape: tuple[int, ...], dtype: Any) -> np.ndarray[Any, Any]:
    """An array of anything, valid until this thread's next call: never return it or a view, never hold two at once."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > LIMIT:
        return np.empty(shape, dtype)
    if size > _kept.memory.size:
        _kept.memory = np.empty(size, np.uint8)
    return _kept.memory[:size].view(dtype).reshape(shape)
