"""Matrix computations of NumPy and SciPy for stacks of matrices, in the dtypes of their operands."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import blas

Array = np.ndarray[Any, Any]


def inexact(x: Any) -> Array:
    """x, as float64 if it is of integers, as in numpy.linalg."""
    x = np.asarray(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def refused(function: Callable[..., Any], message: str, *args: Any, **kwargs: Any) -> Any:
    """``function(*args)``, with "rule; fix" for what NumPy calls a LinAlgError."""
    try:
        return function(*args, **kwargs)
    except np.linalg.LinAlgError as error:
        raise ValueError(message) from error


def each(function: Callable[..., tuple[Array, ...]], *stacks: Array) -> tuple[Array, ...]:
    """The results of `function` for each member of stacks (..., n, m) whose leading axes broadcast.

    SciPy's functions take stacks only since 1.16, and no empty ones. What an empty stack gives is shaped as for an
    identity matrix.
    """
    batch = np.broadcast_shapes(*(x.shape[:-2] for x in stacks))
    if 0 in batch:
        single = function(*(np.eye(*x.shape[-2:], dtype=x.dtype) for x in stacks))
        return tuple(np.zeros(batch + result.shape, result.dtype) for result in single)
    stacks = tuple(np.broadcast_to(x, batch + x.shape[-2:]) for x in stacks)
    found = [function(*(x[i] for x in stacks)) for i in np.ndindex(batch)]
    return tuple(np.stack(results).reshape(*batch, *results[0].shape) for results in zip(*found, strict=True))


# -- triangular systems ------------------------------------------------------------------------------------------


def solve_triangular(a: Array, b: Array, lower: bool, unit_diagonal: bool) -> Array:
    """x with ``a @ x = b``; a: (..., n, n), of which one triangle is read; b: (..., n, k).

    Raises LinAlgError for a 0 on the diagonal. By NumPy's BLAS: SciPy's takes 8 us for each small matrix, not 1.5, and
    in the derivative of `qr` for (256, 64) 5.1 ms, not 0.1, as its pool of threads and NumPy's spin against each other.
    """
    kind = np.result_type(inexact(a), inexact(b))
    if not blas.can_substitute(kind):
        return solve_triangular_reference(a, b, lower, unit_diagonal)
    if not unit_diagonal and (np.diagonal(a, axis1=-2, axis2=-1) == 0).any():
        raise np.linalg.LinAlgError("a has a 0 on the diagonal")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    x = np.broadcast_to(b, batch + b.shape[-2:]).astype(kind, order="C")
    if a.ndim > 2:  # else one for all
        a = np.broadcast_to(a, batch + a.shape[-2:]).reshape(math.prod(batch), *a.shape[-2:])
    systems = x.reshape(math.prod(batch), *x.shape[-2:])
    blas.substitute(a.astype(kind, copy=False), systems, lower, unit_diagonal)
    return x


def solve_triangular_reference(a: Array, b: Array, lower: bool, unit_diagonal: bool) -> Array:
    """The same by SciPy."""
    from scipy.linalg import solve_triangular

    def one(a: Array, b: Array) -> tuple[Array, ...]:
        return (solve_triangular(a, b, lower=lower, unit_diagonal=unit_diagonal, check_finite=False),)

    return each(one, inexact(a), inexact(b))[0]


# -- decompositions ----------------------------------------------------------------------------------------------


def lu(x: Array) -> tuple[Array, ...]:
    """The rows of l @ u that make up x, l and u; x: (..., m, n)."""
    from scipy.linalg import lu

    m, n = x.shape[-2:]
    if not m * n:  # SciPy forgets the rows then
        single = np.arange(m), np.zeros((m, 0), inexact(x).dtype), np.zeros((0, n), inexact(x).dtype)
        return tuple(np.broadcast_to(factor, x.shape[:-2] + factor.shape).copy() for factor in single)
    rows, lower, upper = each(lambda x: lu(x, p_indices=True, check_finite=False), inexact(x))
    return rows.reshape(x.shape[:-1]), lower, upper


def cofactors(x: Array) -> Array:
    """det(x) inv(x).T, which exists for singular matrices, too; x: (..., n, n).

    Where x is singular (its determinant underflows, or overflows), from the singular values, as U and V have the
    cofactors det(U) conj(U): every product of all of them but one.
    """
    determinant = np.linalg.det(x)
    regular = np.isfinite(determinant) & (determinant != 0)
    if regular.all():
        return determinant[..., None, None] * np.linalg.inv(x).mT
    u, s, vh = np.linalg.svd(x)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    return (phase[..., None, None] * u.conj() * _products_but_one(s)[..., None, :]) @ vh.conj()


def cofactor_change(x: Array, change: Array) -> Array:
    """The change of the cofactors of x (..., n, n) with x, to first order. It is linear and symmetric in `change`.

    For a diagonal matrix s and a change c, the cofactors change by ``w @ diag(c)`` on the diagonal and ``-w * c.T`` off
    it, where w[i, j] is the product of all s but two. Unitary factors turn every matrix into that.
    """
    u, s, vh = np.linalg.svd(x)
    phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    c = u.conj().mT @ change @ vh.conj().mT
    w = _products_but_two(s)
    diagonal = (w @ np.diagonal(c, axis1=-2, axis2=-1)[..., None])[..., 0]
    turned = diagonal[..., None, :] * np.eye(x.shape[-1], dtype=s.dtype) - w * c.mT
    return phase * u.conj() @ turned @ vh.conj()


def _products_but_one(s: Array) -> Array:
    """(..., n) to (..., n): the product of all but the i-th."""
    ones = np.ones_like(s[..., :1])
    before = np.cumprod(np.concatenate([ones, s[..., :-1]], axis=-1), axis=-1)
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    return before * after


def _products_but_two(s: Array) -> Array:
    """(..., n) to (..., n, n): the product of all but the i-th and the j-th; 0 on the diagonal."""
    n = s.shape[-1]
    rest = np.where(np.eye(n, dtype=bool), s.dtype.type(1), s[..., None, :])  # row i: all but the i-th
    return np.where(np.eye(n, dtype=bool), s.dtype.type(0), _products_but_one(rest))


# -- functions of matrices ---------------------------------------------------------------------------------------


def expm(x: Array) -> Array:
    """The exponential of each matrix; x: (..., n, n)."""
    from scipy.linalg import expm

    x = inexact(x)
    return expm(x) if x.size else np.zeros_like(x)


def logm(x: Array) -> Array:
    """The principal logarithm of each matrix, computed in double precision; x: (..., n, n)."""
    from scipy.linalg import logm

    return _in_double(logm, x)


def sqrtm(x: Array) -> Array:
    """The principal square root of each matrix, computed in double precision; x: (..., n, n)."""
    from scipy.linalg import sqrtm

    return _in_double(sqrtm, x)


def solve_sylvester(a: Array, b: Array, q: Array) -> Array:
    """x with ``a @ x + x @ b = q``; a: (..., m, m), b: (..., n, n), q: (..., m, n).

    Raises LinAlgError where no digit of x would be right: where x times the rounding errors of a and b is as large as q
    (Higham, Accuracy and Stability of Numerical Algorithms, 16.3). SciPy's own `solve_sylvester` says nothing then.
    """
    kind = np.result_type(inexact(a), inexact(b), inexact(q))  # LAPACK's operands have one dtype
    return each(_solve_one_sylvester, *(np.asarray(x, kind) for x in (a, b, q)))[0]


def _solve_one_sylvester(a: Array, b: Array, q: Array) -> tuple[Array, ...]:
    """By R. H. Bartels and G. W. Stewart's algorithm (1972): with Schur's forms a = u r u^H and b = v s v^H."""
    from scipy.linalg import get_lapack_funcs, schur

    if not q.size:
        return (q,)
    (r, u), (s, v) = schur(a), schur(b)
    y, scale, perturbed = get_lapack_funcs("trsyl", (r, s, q))(r, s, u.conj().T @ q @ v)
    x = u @ (y / scale) @ v.conj().T
    error = max(q.shape) * np.finfo(q.dtype).eps * (np.abs(a).max() + np.abs(b).max()) * np.abs(x).max()
    if perturbed or error > np.abs(q).max():
        raise np.linalg.LinAlgError("an eigenvalue of a is minus one of b")
    return (x.astype(q.dtype, copy=False),)


def _in_double(function: Callable[..., Any], x: Array) -> Array:
    """``function`` of each matrix; real where all results are."""
    x = inexact(x)
    wide = x.astype(np.result_type(x, np.float64), copy=False)
    out = each(lambda x: (np.asarray(function(x)),), wide)[0] if x.size else np.zeros_like(wide)
    kind = np.result_type(x, np.complex64) if out.dtype.kind == "c" else x.dtype
    return out.astype(kind, copy=False)
