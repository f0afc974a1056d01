"""Linear systems with triangular matrices. Stacks of matrices as in numpy.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import decompositions as kernels
from .matrices import adjoint, require_matrix, require_right_side, require_square, strictly_lower, upper
from .shape import expand_dims, squeeze


@composite()
def solve_triangular(
    a: Array, b: Array, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False
) -> Array:
    """x with ``a @ x = b``, where only one triangle of `a` is read; the other has the gradient 0.

    a: (..., n, n); b: (n,) or (..., n, k); the leading axes broadcast. trans: 1 or "T" for the transpose of a, 2 or "C"
    for its adjoint. lower: read the lower triangle. unit_diagonal: take the diagonal to be 1. Returns b's shape, with
    the leading axes. Raises ValueError for matrices that are not square, or have a 0 on the diagonal.

    >>> solve_triangular(randn(2, 2) + 2 * np.eye(2), randn(2))
    >>> solve_triangular(randn(2, 2, 2) + 2 * np.eye(2), randn(2, 1), trans=1, lower=True)
    >>> solve_triangular(randn(2, 2), randn(2, 1), "C", unit_diagonal=True)
    """
    require_square(a)
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise ValueError(f"trans={trans!r} is not known; use 0, 1 (transposed) or 2 (conjugated, too)")
    if trans not in (0, "N"):
        a, lower = adjoint(a) if trans in (2, "C") else a.mT, not lower
    if np.ndim(raw(b)) == 1:
        return squeeze(substitute(a, expand_dims(b, -1), lower, unit_diagonal), -1)
    return substitute(a, b, lower, unit_diagonal)


@op(
    a=lambda g, a, out, lower, unit_diagonal: _triangle(
        -(substitute(a.mT, g, not lower, unit_diagonal) @ out.mT), lower, unit_diagonal
    ),
    b=lambda g, a, lower, unit_diagonal: substitute(a.mT, g, not lower, unit_diagonal),
)
def substitute(a: Array, b: Array, lower: bool, unit_diagonal: bool) -> Array:
    """`solve_triangular` for matrices on the right: forward substitution (lower) or back substitution.

    a: (..., n, n); b: (..., n, k); the leading axes broadcast. Returns (..., n, k).

    >>> substitute(randn(2, 2, 2) + 2 * np.eye(2), randn(2, 1), True, False)
    >>> substitute(randn(2, 2), randn(2, 2, 1), False, True)
    """
    require_matrix(b)
    require_right_side(a, b)
    return kernels.refused(
        kernels.solve_triangular, "a has a 0 on the diagonal; no system has a solution then", a, b, lower, unit_diagonal
    )


def _triangle(x: Any, lower: bool, without_diagonal: bool) -> Any:
    if not lower:
        return _triangle(x.mT, True, without_diagonal).mT
    return strictly_lower(x) if without_diagonal else upper(x.mT).mT


@composite()
def cholesky_solve(b: Array, factor: Array, *, upper: bool = False) -> Array:
    """x with ``a @ x = b``, given the Cholesky factor of a: lower, with ``a = l @ l^H``, or upper, ``a = u^H @ u``.

    b: (n,) or (..., n, k); factor: (..., n, n), of which the other triangle is not read. Returns b's shape, with the
    leading axes of both.

    >>> cholesky_solve(randn(2, 1), randn(2, 2) + 2 * np.eye(2))
    >>> cholesky_solve(randn(2), randn(2, 2) + 2 * np.eye(2), upper=True)
    """
    first, last = ("C", 0) if upper else (0, "C")
    half = solve_triangular(factor, b, first, lower=not upper)
    return solve_triangular(factor, half, last, lower=not upper)
