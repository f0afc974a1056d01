"""Kernels of indexing: reading is NumPy's own; adding at an index is its adjoint."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

Array = np.ndarray[Any, Any]


def may_repeat(index: Any) -> bool:
    """Whether an index can name the same element twice: only sequences of integers can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(_holds_integers(part) for part in parts)


def _holds_integers(part: Any) -> bool:
    if part is None or part is Ellipsis or isinstance(part, int | slice):
        return False
    part = np.asarray(part)
    return part.ndim > 0 and part.dtype.kind in "iu"


def add_at(buffer: Array, index: Any, values: Any) -> None:
    """``buffer[index] += values``, where an element that the index names twice gets both.

    values: the shape of ``buffer[index]``. (For some of more axes, np.add.at crashes.)
    """
    if isinstance(index, tuple) and len(index) == 1 and isinstance(index[0], np.ndarray):
        (index,) = index
    if not may_repeat(index):
        buffer[index] += values
    elif _names_rows(buffer, index):
        add_rows(buffer, values, whole(index, len(buffer)))
    else:
        np.add.at(buffer, index, values)


def set_at(x: Array, index: Any, values: Any) -> Array:
    """A copy of `x` with ``x[index] = values``. Where an index repeats, the last value stays.

    NumPy writes in the order of memory: the last value is the last in the order of the index if that is contiguous.
    """
    out = np.array(x)
    if may_repeat(index):
        index = tuple(map(_in_order, index)) if isinstance(index, tuple) else _in_order(index)
    out[index] = values
    return out


def _in_order(part: Any) -> Any:
    return np.asarray(part, order="C") if isinstance(part, np.ndarray) else part


def last_writers(shape: tuple[int, ...], index: Any) -> Any:
    """For each element of v, whether ``x[index] = v`` leaves it in x: where an index repeats, only the last stays."""
    if not may_repeat(index):
        return True
    owner = np.empty(shape, dtype=np.intp)
    places = np.arange(owner[index].size).reshape(owner[index].shape)
    owner = set_at(owner, index, places)
    return owner[index] == places


# -- places, counted row by row ----------------------------------------------------------------------------------


def places_along(shape: tuple[int, ...], axis: int, indices: Any, lengths: tuple[int, ...]) -> Array:
    """Where ``x[..., indices[..., k, ...], ...]`` is in x, counted row by row: the index replaces that of `axis`.

    x has `shape`; indices, whole numbers with as many axes, broadcast against `lengths`, the range of the other axes.
    Returns the broadcast shape. Raises what `whole` raises, ValueError for another number of axes.
    """
    if np.ndim(indices) != len(shape):
        raise ValueError(
            f"the indices must have as many axes as x, {len(shape)}, not {np.ndim(indices)};"
            " reshape them, or use take or index_select for indices along one axis"
        )
    axis = normalize_axis_index(axis, len(shape))
    strides = [math.prod(shape[d + 1 :]) for d in range(len(shape))]
    others = [d for d in range(len(shape)) if d != axis and lengths[d] != 1]
    ranges = [np.arange(lengths[d] if d in others else 1) * strides[d] for d in range(len(shape))]
    starts = sum(np.ix_(*ranges), np.zeros((1,) * len(shape), np.intp))
    places = whole(indices, shape[axis])
    return places + starts if strides[axis] == 1 else places * strides[axis] + starts


def whole(indices: Any, length: int) -> Array:
    """Indices into an axis of that length as integers from 0 on; negative ones count from the end.

    Raises TypeError for what are no integers, IndexError for what is out of range.
    """
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        if indices.size:
            raise TypeError(f"indices must be integers, not {indices.dtype}; convert them with astype(int)")
        return indices.astype(np.intp)
    if indices.size == 0 or largest_unsigned(indices) < length:
        return indices.astype(np.intp, copy=False)
    if indices.min() < -length or indices.max() >= length:
        raise IndexError(
            f"indices run from {indices.min()} to {indices.max()};"
            f" an axis of length {length} has the positions {-length} to {length - 1}"
        )
    indices = indices.astype(np.intp, copy=False)
    return np.where(indices < 0, indices + length, indices)


def in_range(indices: Any, length: int, mode: str) -> Array:
    """`whole`, or for the modes "wrap" and "clip" any integers, brought into the range."""
    if mode == "raise":
        return whole(indices, length)
    if mode not in ("wrap", "clip"):
        raise ValueError(f"mode {mode!r} is not known; use raise, wrap or clip")
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu" or (indices.size and not length):
        return whole(indices, length)  # raises
    return indices.astype(np.intp, copy=False) % max(length, 1) if mode == "wrap" else np.clip(indices, 0, length - 1)


def take_flat(x: Array, places: Array) -> Array:
    """The elements of `x` at `places`, counted row by row."""
    if not x.flags.c_contiguous and 4 * places.size < x.size:  # otherwise a copy in order is as cheap
        return x[np.unravel_index(places, x.shape)]
    return x.reshape(-1).take(places)


def put_flat(x: Array, places: Array, values: Any) -> Array:
    """A copy of `x` with `values` at `places`, counted row by row; where a place repeats, the last value stays."""
    return set_at(x.reshape(-1), places, values).reshape(x.shape)


def add_flat(buffer: Array, places: Array, values: Any) -> None:
    """``buffer.flat[places] += values``, where a place that stands twice gets both."""
    values = np.broadcast_to(values, places.shape)
    if buffer.flags.c_contiguous:  # without axes np.add.at takes a seventh of the time
        buffer, places = buffer.reshape(-1), places.reshape(-1)
        np.add.at(buffer, places, values.reshape(-1).astype(buffer.dtype, copy=False))
    else:
        np.add.at(buffer, np.unravel_index(places, buffer.shape), values)


def extreme_flat(x: Array, places: Array, values: Any, extreme: np.ufunc, include_self: bool) -> Array:
    """A copy of `x` with the largest (np.maximum) or smallest of its element and the `values` at each of `places`."""
    out = np.array(x, order="C")
    if not include_self:
        out.reshape(-1)[places] = values  # any of them
    with np.errstate(invalid="ignore"):  # NaN wins, without the warning
        extreme.at(out.reshape(-1), places, values)
    return out


def counts(places: Array, shape: tuple[int, ...]) -> Array:
    """How often each element of an array of `shape` is named."""
    return np.bincount(places.reshape(-1), minlength=math.prod(shape)).reshape(shape)


def pairs(keys: Array) -> tuple[Array, Array]:
    """Positions in sorted `keys` of the first, third, ... of each run of equal ones, and of the others."""
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)])
    runs = np.diff(starts, append=len(keys))
    odd = (np.arange(len(keys)) - np.repeat(starts, runs)) % 2 == 1
    return np.flatnonzero(~odd), np.flatnonzero(odd)


# -- rows of a table ---------------------------------------------------------------------------------------------


def _names_rows(buffer: Array, index: Any) -> bool:
    """Whether an index is one array of integers, for which `add_rows` is the faster way."""
    return isinstance(index, np.ndarray) and buffer.ndim > 1 and buffer.flags.c_contiguous and buffer.size > 0


def largest_unsigned(indices: Array) -> int:
    """The largest of some integers where negative ones count as huge: one look finds what is out of range."""
    return int(indices.view(indices.dtype.str.replace("i", "u")).max())


def add_rows(buffer: Array, g: Any, rows: Array) -> None:
    """``buffer[rows[i]] += g[i]`` for all i, repeated rows included.

    buffer (V, ...), rows any shape, g that shape with a row's behind it. Raises IndexError for rows that do not exist,
    ValueError for a g of another size. A sparse (V, n) matrix with a 1 in each column, times g as (n, D), visits every
    row of g once; np.add.at visits every element, in 10 to 40 times as long for V from 65 to 1000, and a product with a
    dense matrix of ones and zeros takes 5 times as long for V = 65 already. SciPy's public product would make a second
    array of (V, D): its inner function, which adds to what is there, halves the time.
    """
    rows = np.ascontiguousarray(rows, np.intp).reshape(-1)
    if len(rows) == 0:
        return
    if largest_unsigned(rows) >= len(buffer):
        raise IndexError(f"rows run from {rows.min()} to {rows.max()}, the table has {len(buffer)}; check the indices")
    if g.size * len(buffer) != buffer.size * len(rows):  # SciPy's function would not notice
        raise ValueError(f"{len(rows)} rows of {buffer.shape[1:]} are not {g.shape}; check the shapes")
    g = np.ascontiguousarray(g, buffer.dtype).reshape(len(rows), *buffer.shape[1:])
    add_product = _sparse_add_product()
    if add_product is None or buffer.dtype.char not in "fdFD" or not buffer.flags.c_contiguous:
        add_rows_reference(buffer, g, rows)
        return
    number, one_each, ones = len(rows), np.arange(len(rows) + 1), np.ones(len(rows), buffer.dtype)
    add_product(len(buffer), number, g.size // number, one_each, rows, ones, g.reshape(-1), buffer.reshape(-1))


@functools.cache
def _sparse_add_product() -> Any:
    """SciPy's ``y += a @ x`` for a sparse matrix a, by columns; None if this version hides it elsewhere."""
    try:
        from scipy.sparse._sparsetools import csc_matvecs
    except ImportError:
        return None
    return csc_matvecs


def add_rows_reference(buffer: Array, g: Any, rows: Array) -> None:
    """The same, as it is defined."""
    np.add.at(buffer, rows, g)
