"""Triangular factors of matrices: Cholesky, QR and LU. Stacks of matrices as in numpy.linalg.

The derivatives of the first two are those of M. B. Giles, "Collected matrix derivative results for forward and reverse
mode algorithmic differentiation" (2008) and of S. F. Walter and L. Lehmann, "Algorithmic differentiation of linear
algebra functions" (2010), with adjoints for complex matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import decompositions as kernels
from .comparison import equal
from .elementwise import astype
from .matrices import (
    adjoint,
    conjugate,
    hermitian_part,
    lower_half,
    real_dtype,
    require_matrix,
    require_square,
    strictly_lower,
    upper,
)
from .shape import concatenate, expand_dims
from .triangular import substitute

# -- Cholesky ----------------------------------------------------------------------------------------------------


@op(x=lambda g, out, upper: _cholesky_gradient(g, out, upper))
def cholesky(x: Array, *, upper: bool = False) -> Array:
    """Triangular l with ``l @ l^H = x``; with `upper`, u with ``u^H @ u = x``.

    x: (..., n, n), symmetric (Hermitian) and positive definite. Of other matrices the symmetric part (x + x^H) / 2 is
    taken, so the gradient is symmetric. Returns the same shape. Raises ValueError for matrices that are not square, or
    not positive definite.

    >>> cholesky(0.2 * randn(2, 2, 2) + 2 * np.eye(2))
    >>> cholesky(0.2 * randn(3, 3) + 2 * np.eye(3), upper=True)
    """
    require_square(x)
    message = "a matrix is not positive definite; check that it is symmetric, or add a multiple of the identity"
    return kernels.refused(np.linalg.cholesky, message, hermitian_part(x), upper=upper)


def _cholesky_gradient(g: Any, out: Any, upper: bool) -> Any:
    """l^-H (half + half^H) l^-1 / 2, where half is the lower half of l^H g."""
    g, factor = conjugate(g), out
    if upper:
        g, factor = adjoint(g), adjoint(out)
    half = lower_half(adjoint(factor) @ g)
    inner = substitute(adjoint(factor), half + adjoint(half), False, False)
    return conjugate(adjoint(substitute(adjoint(factor), adjoint(inner), False, False))) / 2


# -- QR ----------------------------------------------------------------------------------------------------------


@composite()
def qr(x: Array, mode: str = "reduced") -> tuple[Array, ...] | Array:
    """q with orthonormal columns and upper triangular r with ``q @ r = x``.

    x: (..., m, n). mode: "reduced", "complete" for a square q, "r" for r alone. Returns (q, r), with k = min(m, n) of
    shapes (..., m, k) and (..., k, n), or (..., m, m) and (..., m, n). Has a gradient where the first k columns are
    independent, and backward raises ValueError elsewhere; for the columns that complete q it is that of losses which
    only depend on the space they span. Raises ValueError for another mode.

    >>> qr(randn(3, 2))
    >>> qr(randn(2, 2, 3), mode="r")
    >>> qr(randn(3, 2), "complete")
    """
    require_matrix(x)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f'mode {mode!r} is not known, or has no derivative; use "reduced", "complete" or "r"')
    q, r = orthogonal_triangular(x, mode == "complete")
    return r if mode == "r" else (q, r)


@op(
    outputs=("q", "r"),
    x=lambda g, x, out: conjugate(_qr_gradient(conjugate(g[0]), conjugate(g[1]), x, *out)),
    branch=lambda out: np.sign(np.diagonal(out[1], axis1=-2, axis2=-1)),
)
def orthogonal_triangular(x: Array, complete: bool) -> tuple[Array, ...]:
    """The two factors of `qr`.

    x: (..., m, n). Returns (..., m, k) and (..., k, n) with k = m if complete, else min(m, n).

    >>> orthogonal_triangular(randn(2, 2), False)
    >>> orthogonal_triangular(randn(3, 2), True)
    """
    return tuple(np.linalg.qr(x, "complete" if complete else "reduced"))


def _qr_gradient(g_q: Any, g_r: Any, x: Any, q: Any, r: Any) -> Any:
    m, n = x.shape[-2:]
    if m < n:  # the first m columns have the same q, and r[:, m:] is q^H x[:, m:]
        rest, g_rest = x[..., m:], g_r[..., m:]
        first = _qr_gradient(g_q + rest @ adjoint(g_rest), g_r[..., :m], x[..., :m], q, r[..., :m])
        return concatenate([first, q @ g_rest], -1)
    if q.shape[-1] > n:  # the columns that complete q turn against the others, and not among themselves
        more, g_more, q = q[..., n:], g_q[..., n:], q[..., :n]
        g_q, g_r, r = g_q[..., :n] - more @ (adjoint(g_more) @ q), g_r[..., :n, :], r[..., :n, :]
    size = np.abs(raw(r))
    if (np.diagonal(size, axis1=-2, axis2=-1) <= 4 * np.finfo(size.dtype).eps * size.max(-2, initial=0.0)).any():
        raise ValueError("the first columns of a matrix are linearly dependent, so its factors have no gradient")
    g_r = upper(g_r)
    q_g, r_g = adjoint(q) @ g_q, g_r @ adjoint(r)
    turn = q_g - r_g
    inner = r_g + lower_half(turn - adjoint(turn))
    g_x = q @ inner
    if m > n:  # what q does not span; of a square q that is nothing, and should not be divided by a small r
        g_x = g_x + g_q - q @ q_g
    return adjoint(substitute(r, adjoint(g_x), False, False))


# -- LU ----------------------------------------------------------------------------------------------------------


@composite()
def lu(x: Array, permute_l: bool = False, *, p_indices: bool = False) -> tuple[Array, ...]:
    """Permutation p, unit lower triangular l and upper triangular u with ``p @ l @ u = x``, by partial pivoting.

    x: (..., m, n). permute_l: give (p @ l, u). p_indices: p as the indices of rows with ``l[p] @ u = x``. Returns
    (p, l, u), of shapes (..., m, m), (..., m, k) and (..., k, n) with k = min(m, n). The permutation is locally
    constant. Has a gradient where the leading k x k part of the permuted matrix is regular.

    >>> lu(randn(2, 2, 2))
    >>> lu(randn(3, 2), permute_l=True)
    >>> lu(randn(2, 3), p_indices=True)
    """
    require_matrix(x)
    rows, l, u = pivoted_factors(x)  # noqa: E741  # its name everywhere
    if p_indices and not permute_l:
        return rows, l, u
    p = _permutation(rows, l)
    return (p @ l, u) if permute_l else (p, l, u)


@op(
    outputs=("rows", "l", "u"),
    x=lambda g, out: _lu_gradient(*g[1:], *out),
    branch=lambda out: (out[0], np.equal(np.diagonal(out[2], axis1=-2, axis2=-1), 0)),
)
def pivoted_factors(x: Array) -> tuple[Array, ...]:
    """The factors of `lu`, and for each row of x its row in their product.

    x: (..., m, n). Returns (..., m) integers, (..., m, k) and (..., k, n).

    >>> pivoted_factors(randn(2, 2, 2))
    >>> pivoted_factors(randn(3, 2))
    >>> pivoted_factors(randn(2, 3))
    """
    return kernels.lu(x)


def _permutation(rows: Any, like: Any) -> Any:
    """The matrix p with ``p @ l = l[rows]``."""
    return astype(equal(expand_dims(rows, -1), np.arange(rows.shape[-1])), real_dtype(like))


def _lu_gradient(g_l: Any, g_u: Any, rows: Any, l: Any, u: Any) -> Any:  # noqa: E741  # its name everywhere
    """For square factors p l^-T (strictly_lower(l^T g_l) + upper(g_u u^T)) u^-T.

    What is below a square (m > n) is l_2 = x_2 u^-1, what is right of it (m < n) u_2 = l^-1 x_2.
    """
    k = l.shape[-1]
    l_1, u_1, g_l1, g_u1 = l[..., :k, :], u[..., :k], g_l[..., :k, :], g_u[..., :k]
    more = []
    if l.shape[-2] > k:
        below = substitute(u_1, g_l[..., k:, :].mT, False, False).mT
        g_u1 = g_u1 - l[..., k:, :].mT @ below
        more = [below]
    elif u.shape[-1] > k:
        right = substitute(l_1.mT, g_u[..., k:], False, True)
        g_l1 = g_l1 - right @ u[..., k:].mT
        more = [right]
    inner = strictly_lower(l_1.mT @ g_l1) + upper(g_u1 @ u_1.mT)
    square = substitute(u_1, substitute(l_1.mT, inner, False, True).mT, False, False).mT
    return _permutation(rows, l) @ concatenate([square, *more], -2 if l.shape[-2] > k else -1)
