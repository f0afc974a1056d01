"""Reading and writing at an index, in every form NumPy knows, and rows of a table.

The derivative of reading is adding at the same index, and the other way round. Both are deferred contributions: a loop
over ``x[t]`` adds each piece into one buffer, instead of making an array of x's size for every t.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, Handle, Index, deferred, op, raw
from ..kernels import indexing as kernels
from .elementwise import where
from .shape import reshape


@op(x=lambda g, x_shape, index: deferred(scatter_at, _add_each, g, index, x_shape))
def getitem(x: Array, index: Index) -> Array:
    """``x[index]``, in every form NumPy indexes: integers, slices, None, ..., integer and boolean arrays, Tensors.

    x: any shape. Returns the shape that NumPy gives. A value of its own: to write into x, write ``x[index] = value``.
    An element read twice gets both gradients.

    >>> getitem(randn(3, 2), 1)
    >>> getitem(randn(3, 4), (slice(None, None, -2), None, ...))
    >>> getitem(randn(3, 4), ([0, 2, 0], slice(1, 3)))
    """
    return x[index]


def scatter_at(g: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `g` added at `index`: the adjoint of ``x[index]``."""
    out = np.zeros(shape, g.dtype)
    if isinstance(g, Handle):
        return add_at(out, index, g)
    kernels.add_at(out, index, g)
    return out


def _add_each(buffer: Any, pieces: list[tuple[Any, ...]]) -> None:
    for g, index, _ in pieces:
        kernels.add_at(buffer, index, g)


@op(x=lambda g: g, values=lambda g, index: getitem(g, index))
def add_at(x: Array, index: Index, values: Array) -> Array:
    """A copy of `x` with `values` added at `index`, in every form NumPy indexes. What repeats adds up.

    x: any shape; values: broadcast to the shape of ``x[index]``. Returns x's shape and dtype. Raises TypeError for
    values that x's dtype cannot hold.

    >>> add_at(randn(3, 4), ([0, 2, 0], slice(1, 3)), randn(3, 2))
    >>> add_at(randn(3, 2), 1, randn(2))
    """
    check_fits(values, x)
    out = np.array(x)
    kernels.add_at(out, index, np.broadcast_to(np.asarray(values, out.dtype), out[index].shape))
    return out


@op(
    x=lambda g, index: setitem(g, index, 0),
    value=lambda g, index, value_shape: of_last_writers(
        getitem(g, index), kernels.last_writers(g.shape, index), value_shape
    ),
)
def setitem(x: Array, index: Index, value: Array) -> Array:
    """A copy of `x` in which ``x[index] = value``, in every form NumPy indexes.

    x: any shape; value: broadcasts to the shape of ``x[index]``. Returns x's shape and dtype. Where an index repeats,
    the last value stays and gets the gradient. Copies all of x: to fill an array piece by piece, collect the pieces
    and `stack` them. Raises TypeError for complex values in a real x; whole numbers round as in NumPy.

    >>> setitem(randn(3, 2), 1, randn(1, 2))
    >>> setitem(randn(3, 4), ([0, 2, 0], slice(1, 3)), randn(3, 2))
    """
    if value is None:
        raise TypeError("there is no value; pass a number, an array or a Tensor")
    if np.iscomplexobj(value) and not np.iscomplexobj(x):
        check_fits(value, x)
    return kernels.set_at(x, index, value)


def of_last_writers(g: Any, last: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of values of a shape of which only the `last` for each place were written."""
    return with_axes(g if last is True else where(last, g, 0), shape)


def with_axes(g: Any, shape: tuple[int, ...]) -> Any:
    """`g` with as many axes as `shape` has: an assignment drops axes of length 1 in front of the values."""
    return g if g.ndim >= len(shape) else reshape(g, (1,) * (len(shape) - g.ndim) + g.shape)


def check_keeps_gradient(x: Any, values: Any) -> None:
    """Raise TypeError for values with a gradient that are to be written among integers or booleans."""
    dtype = np.result_type(raw(x))
    if isinstance(values, Handle) and values.node is not None and dtype.kind not in "fc":
        raise TypeError(f"x is {dtype}, so the gradient of the values would be lost; convert x with astype('float32')")


def check_fits(values: Any, x: Any) -> None:
    """Raise TypeError for values that x's dtype cannot hold."""
    number = isinstance(values, int | float | complex)  # which does not promote
    given = np.result_type(values, x.dtype) if number else np.asarray(values).dtype
    if not np.can_cast(given, x.dtype, "same_kind"):
        raise TypeError(f"values of {given} do not fit into {x.dtype}; convert x or the values with astype")


@op(weight=lambda g, indices, weight_shape: deferred(scatter_rows, _add_rows, g, indices, weight_shape[0]))
def embedding(indices: Array, weight: Array) -> Array:
    """Rows of a table: ``weight[indices]``.

    indices: integers, any shape; weight: (rows, features). Returns the shape of the indices with features behind.
    Raises TypeError for indices that are not integers, IndexError for rows that the table does not have, ValueError for
    a table of other than two axes.

    >>> embedding(integers(5, 3, 2), randn(5, 4))
    """
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        raise TypeError(
            "indices must be integers; pass a list or an array of them, or convert with indices.astype(int)"
        )
    if np.ndim(weight) != 2:
        raise ValueError("the weight must be a table (rows, features); reshape it, or use take")
    if indices.size and kernels.largest_unsigned(indices) >= len(weight):
        raise IndexError(
            f"indices run from {np.min(indices)} to {np.max(indices)}, the table has rows 0 to {len(weight) - 1};"
            " check the vocabulary's size"
        )
    return np.take(weight, indices, axis=0)


@op(g_out=lambda g, indices: embedding(indices, g))
def scatter_rows(g_out: Array, indices: Array, rows: int) -> Array:
    """A table of zeros with ``g_out[i]`` added to row ``indices[i]``: the adjoint of `embedding`.

    g_out: the shape of the indices with features behind; indices: integers. Returns (rows, features). Raises
    ValueError where the shapes do not belong together.

    >>> scatter_rows(randn(3, 2, 4), integers(5, 3, 2), 5)
    """
    if g_out.shape[:-1] != np.shape(indices):
        raise ValueError("g_out must have the shape of the indices, and one axis more; look at what it belongs to")
    table = np.zeros((rows, g_out.shape[-1]), g_out.dtype)
    kernels.add_rows(table, g_out, indices)
    return table


def _add_rows(buffer: Any, pieces: list[tuple[Any, ...]]) -> None:
    for g, indices, _ in pieces:
        kernels.add_rows(buffer, g, indices)
