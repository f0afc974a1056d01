"""Norms of vectors and matrices, condition numbers, ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, composite, op, raw
from ..kernels import norms as kernels
from ..kernels.reduction import Axis, kept_shape
from .comparison import not_equal
from .elementwise import abs, astype, power, sign, where
from .matrices import conjugate, largest, negligible, real_dtype, require_matrix, require_square
from .reduction import max, min, sum
from .shape import reshape, transpose
from .solving import inv
from .spectral import svdvals

Order = Any  # a number, "fro", "nuc" or None


# -- norms -------------------------------------------------------------------------------------------------------


@composite()
def norm(x: Array, ord: Order = None, axis: Axis = None, keepdims: bool = False) -> Array:
    """Norm of vectors along one axis, or of matrices along two.

    x: any shape. ord: as in `vector_norm` where axis is a number, as in `matrix_norm` where it is a pair; None: root of
    the sum of squares. axis: None for all axes; then x has one or two unless ord is None. Returns x's shape without
    the axes (of length 1 with keepdims), real. At 0 the gradient is 0. Raises ValueError for an order that does not
    exist, or another number of axes.

    >>> norm(randn(3, 2))
    >>> norm(randn(3, 2), 1, axis=0, keepdims=True)
    >>> norm(randn(2, 3, 2), "nuc", axis=(2, 0))
    """
    shape = np.shape(raw(x))
    if ord is None:
        return vector_norm(x, axis=axis, keepdims=keepdims)
    axes = tuple(range(len(shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return vector_norm(x, axis=axes, keepdims=keepdims, ord=ord)
    if len(axes) != 2:
        raise ValueError(f"ord={ord!r} is for vectors and matrices; pass one or two axes, or ord=None for all")
    row, column = (normalize_axis_index(i, len(shape)) for i in axes)
    if row == column:
        raise ValueError("an axis is named twice; name each axis once")
    rest = (i for i in range(len(shape)) if i not in (row, column))
    result = matrix_norm(transpose(x, (*rest, row, column)), ord=ord)
    return reshape(result, kept_shape(shape, (row, column))) if keepdims else result


@composite()
def vector_norm(x: Array, *, axis: Axis = None, keepdims: bool = False, ord: Order = 2) -> Array:
    """Norm of vectors, ``sum(abs(x) ** ord) ** (1 / ord)``, also for negative orders and those below 1.

    x: any shape. axis: one, several, or None for all. ord: any number; inf and -inf for the largest and the smallest
    modulus, which share the gradient equally where they tie; 0 for the number of elements that are not 0, without a
    gradient. Returns x's shape without the axes (of length 1 with keepdims), real. At 0 the gradient is 0; so is that
    of single elements that are 0 where it would be infinite.

    >>> vector_norm(randn(3, 2))
    >>> vector_norm(randn(3, 2), axis=0, keepdims=True, ord=3)
    >>> vector_norm(distinct(3, 2) + 0.05, axis=(0, 1), ord=-np.inf)
    """
    if isinstance(ord, str) or ord is None:
        raise ValueError(f"vectors have no norm of order {ord!r}; use a number, inf or -inf")
    x = _inexact(x)
    if ord == np.inf:
        return _largest(abs(x), axis, keepdims)
    if ord == -np.inf:
        return min(abs(x), axis, keepdims=keepdims)
    if ord == 0:
        return sum(astype(not_equal(x, 0), real_dtype(x)), axis, keepdims=keepdims)
    return power_norm(x, float(ord), axis, keepdims=keepdims)


@op(x=lambda g, x, p, axis, out: _power_norm_gradient(g, x, p, axis, out), branch=lambda x: np.equal(x, 0))
def power_norm(x: Array, p: float, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """`vector_norm` of a finite order that is not 0.

    x: any shape. Returns x's shape without the axes (of length 1 with keepdims), real. At 0 the gradient is 0.

    >>> power_norm(randn(3, 2), 2.0)
    >>> power_norm(randn(3, 2), 3.5, axis=0, keepdims=True)
    >>> power_norm(randn(3), 1.0)
    >>> power_norm(distinct(3), -0.5)
    """
    return kernels.power_norm(x, p, axis, keepdims)


def _power_norm_gradient(g: Any, x: Any, p: float, axis: Axis, out: Any) -> Any:
    """g * conj(x) / abs(x) * (abs(x) / out)^(p - 1), with 0 for what would be divided by 0."""
    shape = kept_shape(x.shape, axis)
    g, out = reshape(g, shape), reshape(out, shape)
    zero = raw(out) == 0
    g, out = where(zero, 0, g), where(zero, 1, out)
    if p == 2:
        return conjugate(x) * (g / out)
    if p == 1 and x.dtype.kind != "c":
        return g * sign(x)
    nothing = raw(x) == 0
    modulus = abs(where(nothing, 1, x))
    unit = sign(x) if x.dtype.kind != "c" else conjugate(x) / modulus
    return g * unit * (1 if p == 1 else where(nothing, 0, power(modulus / out, p - 1)))


@composite()
def matrix_norm(x: Array, *, keepdims: bool = False, ord: Order = "fro") -> Array:
    """Norm of each matrix.

    x: (..., m, n). ord: "fro" for the root of the sum of squares, "nuc" for the sum of the singular values, 2 and -2
    for the largest and the smallest of them, 1 and -1 for the largest and smallest sum of moduli of a column, inf and
    -inf for those of a row. Returns (...), with two axes of length 1 behind with keepdims, real. At 0 the gradient is
    0; sums and singular values that tie share it equally. Raises ValueError for other orders.

    >>> matrix_norm(randn(3, 2))
    >>> matrix_norm(randn(2, 2, 2), keepdims=True, ord=2)
    >>> matrix_norm(distinct(3, 2), ord=-np.inf)
    """
    require_matrix(x)
    if ord not in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(f'matrices have no norm of order {ord!r}; use "fro", "nuc", 1, -1, 2, -2, inf or -inf')
    if ord == "fro":
        result = vector_norm(x, axis=(-2, -1))
    elif ord == "nuc" or ord in (2, -2):
        s = svdvals(x)
        result = sum(s, -1) if ord == "nuc" else _largest(s, -1) if ord == 2 else min(s, -1)
    else:
        sums = sum(abs(_inexact(x)), -2 if ord in (1, -1) else -1)
        result = _largest(sums, -1) if ord in (1, np.inf) else min(sums, -1)
    return reshape(result, (*result.shape, 1, 1)) if keepdims else result


def _largest(moduli: Any, axis: Axis, keepdims: bool = False) -> Any:
    """The largest of moduli along `axis`: 0 of nothing."""
    reduction = max if raw(moduli).size else sum
    return reduction(moduli, axis, keepdims=keepdims)


def _inexact(x: Any) -> Any:
    return x if x.dtype.kind in "fc" else astype(x, np.float64)


# -- what depends on norms ---------------------------------------------------------------------------------------


@composite()
def cond(x: Array, p: Order = None) -> Array:
    """Condition number of each matrix: its norm times that of its inverse.

    x: (..., m, n); square unless p is None, 2 or -2. p: the order of `matrix_norm`; None as 2: the largest over the
    smallest singular value. Returns (...), real; inf for singular matrices, or a huge number where rounding hides
    that they are; their gradient is 0. Raises ValueError for matrices that are not square where they must be.

    >>> cond(randn(3, 2))
    >>> cond(randn(2, 2, 2), "fro")
    """
    require_matrix(x)
    if p in (None, 2, -2):
        s = svdvals(x)
        above, below = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        zero = raw(below) == 0
        found = where(zero, np.inf, above / where(zero, 1, below))
        return where(negligible(s, largest(s))[..., 0 if p == -2 else -1], raw(found), found)
    require_square(x)
    singular = np.isinf(np.linalg.cond(raw(x), p))
    regular = where(np.expand_dims(singular, (-1, -2)), np.eye(x.shape[-1], dtype=x.dtype), x)
    return where(singular, np.inf, matrix_norm(x, ord=p) * matrix_norm(inv(regular), ord=p))


@op()
def matrix_rank(x: Array, tol: Array | None = None, hermitian: bool = False, *, rtol: Array | None = None) -> Array:
    """How many singular values of each matrix are not nearly 0. Has no gradient.

    x: (..., m, n). tol, rtol: what counts as 0, absolutely or relative to the largest one (default: rtol is the
    precision of the dtype times the larger of m and n). hermitian: x is symmetric (Hermitian), which is faster.
    Returns integers (...).

    >>> matrix_rank(randn(2, 3, 2))
    >>> matrix_rank(randn(2, 2), 0.1, True)
    >>> matrix_rank(randn(2, 2), rtol=0.1)
    """
    return np.linalg.matrix_rank(x, tol, hermitian, rtol=rtol)
