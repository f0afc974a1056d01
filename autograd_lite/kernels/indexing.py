"""Kernels of indexing: reading is NumPy's own; adding at an index is its adjoint."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def may_repeat(index: Any) -> bool:
    """Whether an index can name the same element twice: only arrays or lists of integers can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(np.asarray(p).dtype.kind in "iu" and np.ndim(p) > 0 for p in parts if isinstance(p, np.ndarray | list))


def add_at(buffer: Array, g: Any, index: Any) -> None:
    """``buffer[index] += g``, where an element that the index names twice gets both."""
    if may_repeat(index):
        np.add.at(buffer, index, g)
    else:
        buffer[index] += g


def scatter(g: Any, index: Any, shape: tuple[int, ...]) -> Array:
    """Zeros of `shape` with `g` added at `index`: the adjoint of ``x[index]``."""
    buffer = np.zeros(shape, np.asarray(g).dtype)
    add_at(buffer, g, index)
    return buffer


def last_writers(shape: tuple[int, ...], index: Any) -> Any:
    """For each element of v, whether ``x[index] = v`` leaves it in x: where an index repeats, only the last stays."""
    if not may_repeat(index):
        return True
    owner = np.empty(shape, dtype=np.intp)
    places = np.arange(owner[index].size).reshape(owner[index].shape)
    owner[index] = places
    return owner[index] == places


def add_rows(buffer: Array, g: Any, rows: Array) -> None:
    """``buffer[rows[i]] += g[i]`` for all i, repeated rows included.

    buffer (V, D); rows (...); g (..., D). A sparse (V, n) matrix with one 1 in each column, times g (n, D), visits
    every row of g once; np.add.at visits every element.
    """
    from scipy.sparse import csc_matrix

    rows = np.asarray(rows).reshape(-1)
    if len(rows) == 0:
        return
    g = np.asarray(g).reshape(len(rows), -1)
    ones = np.ones(len(rows), g.dtype if g.dtype.kind in "fc" and g.dtype.itemsize >= 4 else np.float64)
    selection = csc_matrix((ones, rows, np.arange(len(rows) + 1)), shape=(len(buffer), len(rows)))
    buffer += (selection @ g).reshape(buffer.shape)


def add_rows_reference(buffer: Array, g: Any, rows: Array) -> None:
    """The same, as it is defined."""
    np.add.at(buffer, rows, g)
