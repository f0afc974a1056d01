"""Eigenvalues and singular values. Stacks of matrices as in numpy.linalg.

Vectors are not unique: they have a free sign (complex ones a free phase), and where values coincide any basis of their
space will do. The gradient is that of losses which do not depend on such choices. Differences of values that are
nothing but rounding error count as 0, and so do their reciprocals, so the gradient stays finite: right for functions
of the values, but for functions of vectors it lacks the part that turns those of equal values into each other. Equal
values of symmetric matrices and equal singular values share their gradient equally, and a singular value of 0 has none:
so it does not depend on which basis was found.

Sources: M. B. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation"
(2008); M. Seeger et al., "Auto-differentiating linear algebra" (2017); Z.-Q. Wan and S.-X. Zhang, "Automatic
differentiation for complex valued SVD" (2019); C. Boeddeker et al., "On the computation of complex-valued gradients"
(2017) for general eigenvalues.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import decompositions as kernels
from .elementwise import abs, real, sign, where
from .gather import take_along_axis
from .matrices import (
    adjoint,
    columns_times,
    conjugate,
    hermitian_part,
    largest,
    negligible,
    reciprocal_or_zero,
    require_matrix,
    require_square,
    shared_by_equals,
    with_an_equal,
)
from .reduction import sum
from .solving import solve

_NO_CONVERGENCE = "the iteration for eigenvalues or singular values does not converge; look for inf or NaN"

# -- symmetric matrices ------------------------------------------------------------------------------------------


@op(
    outputs=("w", "v"),
    x=lambda g, out: conjugate(_eigh_gradient(*map(conjugate, g), *out)),
    branch=lambda out: (with_an_equal(out[0]), _signs(out[1])),
)
def eigh(x: Array, UPLO: str = "L") -> tuple[Array, Array]:
    """Eigenvalues w, rising, and orthonormal eigenvectors ``v[..., :, i]`` of symmetric (Hermitian) matrices.

    x: (..., n, n); of matrices that are not symmetric the symmetric part (x + x^H) / 2 is taken, so the gradient is
    symmetric. UPLO: "L" or "U", the triangle that LAPACK reads, which only can change signs and phases of vectors.
    Returns w (..., n), real, and v (..., n, n). The gradient is that of losses that depend on no sign or phase of
    vectors, and on no choice of basis where eigenvalues are equal. Raises ValueError for matrices that are not square.

    >>> eigh(randn(3, 3))
    >>> eigh(randn(2, 2, 2), "U")
    """
    require_square(x)
    return tuple(kernels.refused(np.linalg.eigh, _NO_CONVERGENCE, hermitian_part(x), UPLO))


@op(
    x=lambda g, x, UPLO: conjugate(_eigvalsh_gradient(g, *eigh(x, UPLO))),
    branch=lambda out: with_an_equal(out),
)
def eigvalsh(x: Array, UPLO: str = "L") -> Array:
    """Eigenvalues of symmetric (Hermitian) matrices, rising; the symmetric part is taken as in `eigh`.

    x: (..., n, n). UPLO: "L" or "U", the triangle that LAPACK reads. Returns (..., n), real. Equal eigenvalues share
    the gradient equally, which is right for functions that treat them alike; its derivative needs distinct ones.
    Raises ValueError for matrices that are not square.

    >>> eigvalsh(randn(3, 3))
    >>> eigvalsh(randn(2, 2, 2), "U")
    """
    require_square(x)
    return kernels.refused(np.linalg.eigvalsh, _NO_CONVERGENCE, hermitian_part(x), UPLO)


def _eigvalsh_gradient(g_w: Any, w: Any, v: Any) -> Any:
    return columns_times(v, shared_by_equals(g_w, w)) @ adjoint(v)


def _eigh_gradient(g_w: Any, g_v: Any, w: Any, v: Any) -> Any:
    """v (diag(g_w) + f * (v^H g_v)) v^H with f[i, j] = 1 / (w[j] - w[i])."""
    f = reciprocal_or_zero(w[..., None, :] - w[..., :, None], largest(w)[..., None])
    return _eigvalsh_gradient(g_w, w, v) + hermitian_part(v @ (f * (adjoint(v) @ g_v)) @ adjoint(v))


def _signs(vectors: Any) -> Any:
    """Which sign each vector has, as far as a sum tells in which few numbers cancel."""
    return np.sign(np.real(np.sqrt(np.arange(1, vectors.shape[-2] + 1)) @ vectors))


# -- general matrices --------------------------------------------------------------------------------------------


@op(outputs=("w", "v"), x=lambda g, out: conjugate(_eig_gradient(*map(conjugate, g), *out)))
def eig(x: Array) -> tuple[Array, Array]:
    """Eigenvalues w and eigenvectors ``v[..., :, i]`` of length 1.

    x: (..., n, n). Returns w (..., n) and v (..., n, n), complex unless all eigenvalues are real, as in NumPy. The
    gradient is that of losses that depend on no sign or phase of vectors; at matrices without a basis of eigenvectors
    there is none, and backward raises ValueError. Raises ValueError for matrices that are not square.

    >>> eig(0.2 * tanh(randn(3, 3)) + np.diag([1.0, 2.5, 4.0]))
    >>> eig(0.2 * tanh(randn(2, 2, 2)) + np.diag([1.0, 3.0]))
    """
    require_square(x)
    return tuple(kernels.refused(np.linalg.eig, _NO_CONVERGENCE, x))


@composite()
def eigvals(x: Array) -> Array:
    """Eigenvalues of general matrices, in the order of `eig`.

    x: (..., n, n). Returns (..., n), complex unless all are real, as in NumPy. At matrices without a basis of
    eigenvectors there is no gradient: backward raises ValueError. Raises ValueError for matrices that are not square.

    >>> eigvals(0.2 * randn(3, 3) + np.diag([1.0, 2.0, 4.0]))
    >>> eigvals(randn(1, 2, 2) + 2 * np.array([[0.0, -1.0], [1.0, 0.0]]))
    """
    return eig(x)[0]


def _eig_gradient(g_w: Any, g_v: Any, w: Any, v: Any) -> Any:
    """v^-H (diag(g_w) + f * (v^H g_v - v^H v diag(re(v^H g_v)))) v^H with f[i, j] = 1 / conj(w[j] - w[i]).

    The second term keeps the lengths of the vectors. Raises ValueError where v is singular but for rounding errors: the
    result would be wrong.
    """
    s = np.linalg.svd(raw(v), compute_uv=False)
    if (s[..., -1:] <= 4 * np.finfo(v.dtype).eps * s[..., :1]).any():
        raise ValueError("a matrix has no basis of eigenvectors, so they and the eigenvalues have no gradient")
    f = conjugate(reciprocal_or_zero(w[..., None, :] - w[..., :, None], largest(w)[..., None]))
    overlap = sum(real(conjugate(v) * g_v), axis=-2)
    turn = f * (adjoint(v) @ g_v - columns_times(adjoint(v) @ v, overlap))
    return solve(adjoint(v), g_w[..., :, None] * adjoint(v) + turn @ adjoint(v))


# -- singular values ---------------------------------------------------------------------------------------------


@composite()
def svd(x: Array, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Singular value decomposition: ``u * s @ vh = x`` with orthonormal columns of u and rows of vh, s falling.

    x: (..., m, n). full_matrices: u and vh are square (as in NumPy, by default), or have min(m, n) columns and rows.
    compute_uv: False for s alone. hermitian: x is symmetric (Hermitian), its symmetric part is taken; faster. Returns
    (u, s, vh) or s. The gradient is that of losses that depend on no sign or phase of vectors; for those that complete
    u or vh, of losses that depend on the space they span alone; and equal or vanishing singular values are as in
    `eigh`.

    >>> svd(randn(3, 2))
    >>> svd(randn(2, 2, 3), full_matrices=False)
    >>> svd(randn(2, 2), compute_uv=False)
    >>> svd(randn(2, 2), hermitian=True)
    """
    require_matrix(x)
    if not compute_uv:
        return svdvals(hermitian_part(x) if hermitian else x)
    return _svd_of_hermitian(x) if hermitian else singular_vectors(x, full_matrices)


def _svd_of_hermitian(x: Any) -> Any:
    """By eigenvalues, as in NumPy: their moduli, falling; the signs go to vh."""
    w, v = eigh(x)
    falling = np.argsort(-np.abs(raw(w)), axis=-1, kind="stable")
    w, v = take_along_axis(w, falling, -1), take_along_axis(v, falling[..., None, :], -1)
    return v, abs(w), adjoint(columns_times(v, sign(w)))


@op(
    x=lambda g, x: conjugate(_svdvals_gradient(g, *singular_vectors(x, False))),
    branch=lambda out: _equal_or_zero(out),
)
def svdvals(x: Array) -> Array:
    """Singular values, falling.

    x: (..., m, n). Returns (..., min(m, n)), real. Equal singular values share the gradient equally, which is right for
    functions that treat them alike, and it is 0 for those that are 0. The second derivative needs distinct ones that
    are not 0, except for sums of them.

    >>> svdvals(randn(3, 2))
    >>> svdvals(randn(2, 2, 3))
    """
    require_matrix(x)
    return kernels.refused(np.linalg.svd, _NO_CONVERGENCE, x, compute_uv=False)


def _equal_or_zero(s: Any) -> Any:
    """Which singular values equal another one, or 0, where they have kinks as well."""
    return with_an_equal(s) | negligible(s, largest(s))


def _svdvals_gradient(g_s: Any, u: Any, s: Any, vh: Any) -> Any:
    return columns_times(u, where(negligible(s, largest(s)), 0, shared_by_equals(g_s, s))) @ vh


@op(
    outputs=("u", "s", "vh"),
    x=lambda g, out: conjugate(_svd_gradient(*map(conjugate, g), *out)),
    branch=lambda out: (_equal_or_zero(out[1]), _signs(out[0])),
)
def singular_vectors(x: Array, full_matrices: bool) -> tuple[Array, ...]:
    """The three factors of `svd`.

    x: (..., m, n). Returns u, s and vh; the gradient is as for `svd`.

    >>> singular_vectors(randn(3, 2), True)
    >>> singular_vectors(randn(2, 2, 3), False)
    """
    return tuple(kernels.refused(np.linalg.svd, _NO_CONVERGENCE, x, full_matrices))


def _svd_gradient(g_u: Any, g_s: Any, g_vh: Any, u: Any, s: Any, vh: Any) -> Any:
    """u (f * skew(u^H g_u) s + s f * skew(v^H g_v) + diag(g_s)) v^H and what leaves the spaces of u and v.

    f[i, j] = 1 / (s[j]^2 - s[i]^2), skew(x) = x - x^H. In its place are 1 / (s[j] - s[i]) for what turns u and v alike,
    and 1 / (s[j] + s[i]) for what turns them apart: of equal values, functions that treat them alike only have that.
    The vectors that complete u (or v) turn against the others, and not among themselves. On the diagonal is the common
    phase of u and v, which the paper of Wan and Zhang gives to u, and which is shared here.
    """
    k = s.shape[-1]
    v, g_v = adjoint(vh), adjoint(g_vh)
    u, g_u = _without_completion(u, g_u, k)
    v, g_v = _without_completion(v, g_v, k)
    scale = largest(s)[..., None]
    inverse = reciprocal_or_zero(s, largest(s))
    s_row, s_column = s[..., None, :], s[..., :, None]
    u_g, v_g = adjoint(u) @ g_u, adjoint(v) @ g_v
    turn_u, turn_v = u_g - adjoint(u_g), v_g - adjoint(v_g)
    alike = reciprocal_or_zero(s_row - s_column, scale) * (turn_u + turn_v)
    inner = (alike + reciprocal_or_zero(s_row + s_column, scale) * (turn_u - turn_v)) / 2
    found = u @ inner @ adjoint(v) + _svdvals_gradient(g_s, u, s, adjoint(v))
    found = found + columns_times(g_u - u @ u_g, inverse) @ adjoint(v)
    return found + columns_times(u, inverse) @ adjoint(g_v - v @ v_g)


def _without_completion(u: Any, g: Any, k: int) -> tuple[Any, Any]:
    """The first k vectors, and their gradient together with that of the others, which stay orthogonal to them."""
    if u.shape[-1] == k:
        return u, g
    first, more = u[..., :k], u[..., k:]
    return first, g[..., :k] - more @ (adjoint(g[..., k:]) @ first)
