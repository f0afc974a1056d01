"""Inverses and solutions of square linear systems. Stacks of matrices as in numpy.linalg.

The derivatives are those of M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, composite, op, raw
from ..kernels import decompositions as kernels
from .matrices import require_right_side, require_square
from .shape import expand_dims, numbers_as_arrays, reshape, squeeze, transpose

_SINGULAR = "a matrix is singular; add a multiple of the identity, or use pinv or lstsq"


@op(x=lambda g, out: -(out.mT @ g @ out.mT))
def inv(x: Array) -> Array:
    """Inverse of each matrix.

    x: (..., n, n). Returns the same shape. Raises ValueError for matrices that are not square, or are singular.

    >>> inv(randn(2, 2))
    >>> inv(randn(2, 3, 3))
    """
    require_square(x)
    return kernels.refused(np.linalg.inv, _SINGULAR, x)


@op(
    a=lambda g, a, b_shape, out: _solve_a(g, a, len(b_shape), out),
    b=lambda g, a, b_shape: _solve_b(g, a, len(b_shape)),
)
def solve(a: Array, b: Array) -> Array:
    """x with ``a @ x = b``.

    a: (..., n, n); b: (n,), one vector for all matrices, or (..., n, k); the leading axes broadcast. Returns (..., n)
    for a vector, else (..., n, k). Raises ValueError for matrices that are not square or are singular, or do not fit.

    >>> solve(randn(2, 2), randn(2, 1))
    >>> solve(randn(2, 2, 2), randn(2))
    """
    require_right_side(a, b)
    return kernels.refused(np.linalg.solve, _SINGULAR, a, b)


def _solve_b(g: Any, a: Any, b_ndim: int) -> Any:
    if b_ndim == 1 and a.ndim > 2:  # one vector for a stack of matrices: g (..., n) as columns
        return squeeze(solve(a.mT, expand_dims(g, -1)), -1)
    return solve(a.mT, g)


def _solve_a(g: Any, a: Any, b_ndim: int, out: Any) -> Any:
    h = _solve_b(g, a, b_ndim)
    return -(expand_dims(h, -1) * expand_dims(out, -2)) if b_ndim == 1 else -(h @ out.mT)


# -- tensors as matrices -----------------------------------------------------------------------------------------


@composite()
def tensorsolve(a: Array, b: Array, axes: tuple[int, ...] | None = None) -> Array:
    """x with ``tensordot(a, x, x.ndim) = b``.

    a: b's shape and then the shape of x, with equally many elements each; b: any shape. axes: axes of a to be moved to
    its end before. Returns the shape of x. Raises ValueError where the numbers of elements differ.

    >>> tensorsolve(randn(2, 2, 4), randn(2, 2))
    >>> tensorsolve(randn(2, 4, 2), randn(2, 2), axes=(1,))
    """
    a, b = numbers_as_arrays((a, b))
    ndim = np.ndim(raw(a))
    if axes is not None:
        last = [normalize_axis_index(i, ndim) for i in axes]
        a = transpose(a, (*(i for i in range(ndim) if i not in last), *last))
    shape = a.shape[np.ndim(raw(b)) :]
    n = math.prod(shape)
    if math.prod(a.shape) != n * n or n != np.size(raw(b)):
        raise ValueError("a must have as many elements for b as for x; check the shapes and axes=")
    return reshape(solve(reshape(a, (n, n)), reshape(b, n)), shape)


@composite()
def tensorinv(x: Array, ind: int = 2) -> Array:
    """The y with ``tensordot(y, b, ind)`` being the solution of ``tensordot(x, solution, ...) = b``.

    x: the first `ind` axes have as many elements as the rest. Returns the rest of the shape and then the first axes.
    Raises ValueError where the numbers of elements differ.

    >>> tensorinv(randn(2, 1, 1, 2))
    >>> tensorinv(randn(4, 2, 2), ind=1)
    """
    shape = np.shape(raw(x))
    n = math.prod(shape[:ind])
    if ind < 1 or n != math.prod(shape[ind:]):
        raise ValueError(f"the first {ind} axes must have as many elements as the others; check ind=")
    return reshape(inv(reshape(x, (n, n))), shape[ind:] + shape[:ind])
