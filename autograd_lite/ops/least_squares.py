"""Systems with more or fewer equations than unknowns: pseudo-inverses and least squares.

The derivatives are those of G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least
squares problems whose variables separate" (1973): right where the rank does not change nearby.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import decompositions as kernels
from .comparison import greater
from .elementwise import astype, real
from .matrices import adjoint, conjugate, hermitian_part, require_matrix
from .reduction import sum
from .shape import expand_dims, reshape, squeeze
from .spectral import svdvals


@op(
    x=lambda g, x, out, hermitian: _pinv_gradient(g, x, out, hermitian),
    branch=lambda x, rcond, hermitian, rtol: _rank(x, rcond if rtol is None else rtol, hermitian),
)
def pinv(x: Array, rcond: Array | None = None, hermitian: bool = False, *, rtol: Array | None = None) -> Array:
    """Pseudo-inverse (Moore and Penrose) of each matrix.

    x: (..., m, n). rcond (or rtol): singular values below rcond times the largest (default 1e-15) count as 0; a
    number, or one for each matrix. hermitian: x is symmetric (Hermitian), which is faster; its symmetric part is taken.
    Returns (..., n, m). The gradient is right where the rank does not change nearby, as for matrices of full rank.
    Raises ValueError for both rcond and rtol.

    >>> pinv(randn(3, 2))
    >>> pinv(randn(2, 2, 3), rcond=1e-6)
    >>> pinv(randn(2, 2), hermitian=True, rtol=1e-6)
    """
    require_matrix(x)
    if rcond is not None and rtol is not None:
        raise ValueError("rcond and rtol mean the same; pass one of them")
    x = hermitian_part(x) if hermitian else x
    return np.linalg.pinv(x, rcond if rtol is None else rtol, hermitian)


def _rank(x: Any, rcond: Any, hermitian: bool) -> Any:
    """How many singular values `pinv` keeps."""
    x = hermitian_part(x) if hermitian else x
    return np.linalg.matrix_rank(x, hermitian=hermitian, rtol=1e-15 if rcond is None else rcond)


def _pinv_gradient(g: Any, x: Any, out: Any, hermitian: bool) -> Any:
    """The adjoint of dP = -P dA P + P P^H dA^H (1 - A P) + (1 - P A) dA^H P^H P."""
    a, p, g = hermitian_part(x) if hermitian else x, out, conjugate(g)
    p_h, g_h = adjoint(p), adjoint(g)
    left, right = g_h @ p, p @ g_h
    found = (left - a @ (p @ left)) @ p_h + p_h @ (right - (right @ p) @ a) - p_h @ g @ p_h
    return conjugate(hermitian_part(found) if hermitian else found)


@composite()
def lstsq(a: Array, b: Array, rcond: float | None = None) -> tuple[Array, ...]:
    """The x with the smallest ``norm(b - a @ x)``, and of these the smallest one.

    a: (m, n); b: (m,) or (m, k). rcond: singular values of a below rcond times the largest count as 0 (None: the
    precision of the dtype times the larger of m and n). Returns x, (n,) or (n, k); the sums of squares of b - a @ x,
    (1,) or (k,), empty unless m > n and the rank is n; the rank; and the singular values of a. The gradient is right
    where the rank does not change nearby, as for matrices of full rank. Raises ValueError for other shapes.

    >>> lstsq(randn(3, 2), randn(3))
    >>> lstsq(randn(2, 3), randn(2, 2), rcond=1e-6)
    """
    a_shape, b_shape = np.shape(raw(a)), np.shape(raw(b))
    if len(a_shape) != 2 or len(b_shape) not in (1, 2) or a_shape[0] != b_shape[0]:
        raise ValueError("a must be one matrix, and b a vector or a matrix with as many rows; stacks are not taken")
    m, n = a_shape
    kind = np.result_type(*(kernels.inexact(np.zeros(0, raw(v).dtype)) for v in (a, b)))
    eps = np.finfo(kind).eps
    rcond = float(eps) * max(m, n) if rcond is None else float(eps) if rcond < 0 else rcond
    a = a if a.dtype == kind else astype(a, kind)
    x = least_squares(a, b if b.ndim == 2 else expand_dims(b, -1), rcond)
    s = svdvals(a)
    rank = sum(greater(s, rcond * s[:1]))
    x = x if b.ndim == 2 else squeeze(x, -1)
    misfit = b - a @ x
    squares = real(conjugate(misfit) * misfit)
    squares = sum(squares, 0) if b.ndim == 2 else reshape(sum(squares), (1,))
    return x, squares if m > n == int(rank) else squares[:0], rank, s


@op(
    a=lambda g, a, b, out, rcond: _least_squares_a(g, a, b, out, rcond),
    b=lambda g, a, rcond: pinv(a, rcond).mT @ g,
    residuals=("rank",),
    branch=lambda rank: rank,
)
def least_squares(a: Array, b: Array, rcond: float) -> Any:
    """The solution that `lstsq` gives.

    a: (m, n); b: (m, k). Returns (n, k).

    >>> least_squares(randn(3, 2), randn(3, 2), 1e-15)
    >>> least_squares(randn(2, 3), randn(2, 1), 1e-15)
    """
    x, _, rank, _ = np.linalg.lstsq(a, b, rcond)
    return x, rank


def _least_squares_a(g: Any, a: Any, b: Any, out: Any, rcond: float) -> Any:
    """The adjoint of dx = -P dA x + P P^H dA^H (b - A x) + (1 - P A) dA^H P^H x, P being A's pseudo-inverse."""
    p, g = pinv(a, rcond), conjugate(g)
    h = adjoint(p) @ g
    found = (b - a @ out) @ adjoint(p @ h) + adjoint(p) @ out @ adjoint(g - p @ (a @ g)) - h @ adjoint(out)
    return conjugate(found)
