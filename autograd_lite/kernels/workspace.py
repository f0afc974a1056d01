"""Memory that a kernel needs only while it runs, kept for the next call: fresh pages cost more than filling them."""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np

LIMIT = 32 * 2**20  # bytes that a thread keeps in a slot; what needs more is allocated anew each time


class _Kept(threading.local):
    def __init__(self) -> None:
        self.slots: dict[int, np.ndarray[Any, Any]] = {}


_kept = _Kept()
_NOTHING = np.empty(0, np.uint8)


def workspace(shape: tuple[int, ...], dtype: Any, slot: int = 0) -> np.ndarray[Any, Any]:
    """An array of anything, valid until this thread asks for the same slot again: never return it or a view.

    slot: a small number. A kernel that needs two such arrays at once takes two slots, and calls no other meanwhile.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > LIMIT:
        return np.empty(shape, dtype)
    memory = _kept.slots.get(slot, _NOTHING)
    if size > memory.size:
        memory = _kept.slots[slot] = np.empty(size, np.uint8)
    return memory[:size].view(dtype).reshape(shape)
