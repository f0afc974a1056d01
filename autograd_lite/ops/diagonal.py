"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core import Array, composite, op, raw
from ..kernels import shape as kernels
from .indexing import check_fits, with_axes
from .shape import ravel


@op(x=lambda g, x_shape, offset, axis1, axis2: scatter_diagonal(g, x_shape, offset, axis1, axis2))
def diagonal(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """The diagonals of the matrices that two axes make; a view.

    x: at least two axes. offset: above (positive) or below the main diagonal. Returns x's shape without the two axes,
    and the diagonal last. Raises ValueError for axes that are not two different ones.

    >>> diagonal(randn(2, 3))
    >>> diagonal(randn(2, 2, 3), 1, axis1=2, axis2=0)
    """
    return np.diagonal(x, offset, axis1, axis2)


@op(g_out=lambda g, offset, axis1, axis2: diagonal(g, offset, axis1, axis2))
def scatter_diagonal(g_out: Array, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Array:
    """Zeros of `shape` with `g_out` on the diagonals of two axes: the adjoint of `diagonal`.

    g_out: the shape that `diagonal` gives. Returns `shape`. Raises ValueError for another shape.

    >>> scatter_diagonal(randn(2, 1), (3, 2, 2), -2, 0, -1)
    """
    out = np.zeros(shape, np.result_type(g_out))
    view = kernels.writable_diagonal(out, offset, axis1, axis2)
    if view.shape != np.shape(g_out):
        raise ValueError(f"g_out must have the shape of the diagonals, {view.shape}; look at what it belongs to")
    view[...] = g_out
    return out


@op(
    x=lambda g, offset, axis1, axis2: diagonal_scatter(g, 0, offset, axis1, axis2),
    src=lambda g, src_shape, offset, axis1, axis2: with_axes(diagonal(g, offset, axis1, axis2), src_shape),
)
def diagonal_scatter(x: Array, src: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """A copy of `x` with `src` on the diagonals of two axes: what `numpy.fill_diagonal` does, as a value.

    x: at least two axes; src: broadcasts to the shape of ``diagonal(x, offset, axis1, axis2)``. Returns x's shape and
    dtype. Raises TypeError for values that x's dtype cannot hold.

    >>> diagonal_scatter(randn(2, 3), randn(2))
    >>> diagonal_scatter(randn(2, 2, 3), randn(2, 1), 1, axis1=2, axis2=0)
    """
    check_fits(src, x)
    out = np.array(x)
    kernels.writable_diagonal(out, offset, axis1, axis2)[...] = src
    return out


@composite()
def diag(x: Array, k: int = 0) -> Array:
    """A vector as a matrix with it on the k-th diagonal, or the k-th diagonal of a matrix (a view).

    x: (n,) or (n, m). Returns (n + abs(k), n + abs(k)), or a vector. Raises ValueError for other shapes.

    >>> diag(randn(2), -1)
    >>> diag(randn(2, 3), 1)
    """
    ndim = np.ndim(raw(x))
    if ndim not in (1, 2):
        raise ValueError("x must have one axis or two; use diagonal or diag_embed for batches")
    return diagonal(x, k) if ndim == 2 else diag_embed(x, k)


@composite()
def diagflat(x: Array, k: int = 0) -> Array:
    """A matrix with all elements of `x`, in row-major order, on its k-th diagonal.

    x: any shape. Returns (n + abs(k), n + abs(k)) for n elements.

    >>> diagflat(randn(2, 1), -1)
    """
    return diag_embed(ravel(x), k)


@composite()
def diag_embed(x: Array, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Array:
    """Matrices with the vectors along the last axis of `x` on a diagonal, and zeros elsewhere, as in PyTorch.

    x: (..., n). axis1, axis2: where the rows and columns are in the result. Returns two axes of n + abs(offset) in the
    place of the last. Raises ValueError for axes that are not two different ones.

    >>> diag_embed(randn(2, 2))
    >>> diag_embed(randn(2, 2), 1, axis1=0, axis2=-2)
    """
    shape = np.shape(raw(x))
    if not shape:
        raise ValueError("x must have one axis at least; use reshape")
    axes = normalize_axis_tuple((axis1, axis2), len(shape) + 1)
    lengths = list(shape[:-1])
    for axis in sorted(axes):
        lengths.insert(axis, shape[-1] + abs(offset))
    return scatter_diagonal(x, tuple(lengths), offset, *axes)


@op(x=lambda g, k: tril(g, k))
def tril(x: Array, k: int = 0) -> Array:
    """The lower triangle of each matrix, zeros above its k-th diagonal.

    x: (..., n, m); a vector stands for equal rows. Returns the same shape.

    >>> tril(randn(2, 3))
    >>> tril(randn(2, 3, 2), -1)
    """
    return np.tril(_at_least_a_vector(x), k)


@op(x=lambda g, k: triu(g, k))
def triu(x: Array, k: int = 0) -> Array:
    """The upper triangle of each matrix, zeros below its k-th diagonal.

    x: (..., n, m); a vector stands for equal rows. Returns the same shape.

    >>> triu(randn(2, 3))
    >>> triu(randn(2, 3, 2), 1)
    """
    return np.triu(_at_least_a_vector(x), k)


def _at_least_a_vector(x: Any) -> Any:
    if np.ndim(x) == 0:
        raise ValueError("x must have one axis at least; a triangle is part of a matrix (..., n, m)")
    return x
