"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import blas

Array = np.ndarray[Any, Any]

SMALL, VERY_WIDE = 1 << 13, 1 << 9  # elements; columns


def matmul(a: Array, b: Array) -> Any:
    """``a @ b``. A batch of matrices times one matrix is one large product, not one for each member of the batch.

    OpenBLAS is faster when the result is tall, so a wide one is computed as its transpose: (32, 1024) @ (1024, 256)
    takes 102 us and not 158 where the second is a transpose itself. It comes in Fortran's order then, and elementwise
    operations that meet both orders take twice as long, so a small one is copied (3 us). For very wide results of
    matrices in row-major order little is to be won (102 us and 117 for 1024 columns), and biases and parts along the
    last axis lose more: a loop over LSTM cells takes a tenth longer. `dot` takes half as long to call as `@`.
    """
    if a.ndim == b.ndim == 2:
        columns = b.shape[1]
        if columns <= a.shape[0] or (columns > VERY_WIDE and b.flags.c_contiguous):
            return a.dot(b)
        out = b.T.dot(a.T).T
        return np.ascontiguousarray(out) if out.size <= SMALL else out
    if b.ndim != 2 or a.ndim < 2:
        return a @ b
    # (..., n, k) @ (k, m) -> (rows, k) @ (k, m) -> (..., n, m)
    return a.reshape(math.prod(a.shape[:-1]), a.shape[-1]).dot(b).reshape(*a.shape[:-1], b.shape[-1])


def matmul_reference(a: Array, b: Array) -> Any:
    """The same by NumPy's broadcasting."""
    return np.matmul(a, b)


# -- sums over rows ----------------------------------------------------------------------------------------------


def product_of_rows(a: Array, b: Array) -> Any:
    """``a.T @ b`` in row-major order, which weights and optimizers have: a copy would take longer than is to be won."""
    return a.T.dot(b)


def add_products_of_rows(out: Array, pairs: list[tuple[Array, Array]]) -> None:
    """``out += a.T @ b`` for each pair (a, b) of matrices with equally many rows; out: (k, m), a: (n, k), b: (n, m).

    As one product of all their rows: 16 times (256, 32) @ (32, 768) take 1.6 ms and 0.3 ms to be added, one (256, 512)
    @ (512, 768) that adds to what is there 0.7 ms.
    """
    a, b = (np.concatenate(several) if len(several) > 1 else several[0] for several in zip(*pairs, strict=True))
    blas.add_product(out, a.T, b)


def add_products_of_rows_reference(out: Array, pairs: list[tuple[Array, Array]]) -> None:
    """The same, one after the other."""
    for a, b in pairs:
        out += np.matmul(a.T, b)


def column_sums(x: Array) -> Any:
    """``x.sum(0)`` of a matrix (n, m). A product with ones takes a third of the time where x has many elements.

    On one thread: it is a matter of memory, and would wake BLAS's threads, which then stand in the way of ours for
    milliseconds. A convolution's backward before which a bias gradient did so took 1.5 times as long.
    """
    if len(x) == 1:
        return x[0]
    if x.size < 256 or x.dtype.char not in "fd":
        return np.add.reduce(x, axis=0)
    ones = np.ones(len(x), x.dtype)
    if x.size < 8192:  # BLAS does not divide this
        return ones.dot(x)
    with blas.one_thread:
        return ones.dot(x)


def column_sums_reference(x: Array) -> Any:
    """The same by NumPy's sum."""
    return np.sum(x, axis=0)
