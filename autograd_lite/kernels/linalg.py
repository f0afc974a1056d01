"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def matmul(a: Array, b: Array) -> Any:
    """``a @ b``. A batch of matrices times one matrix is one large product, not one for each member of the batch."""
    if a.ndim > 2 and b.ndim == 2:
        # (..., n, k) @ (k, m) -> (rows, k) @ (k, m) -> (..., n, m)
        return (a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) @ b).reshape(*a.shape[:-1], b.shape[-1])
    return a @ b


def matmul_reference(a: Array, b: Array) -> Any:
    """The same by NumPy's broadcasting."""
    return np.matmul(a, b)
