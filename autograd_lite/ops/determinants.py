"""Determinants. Stacks of matrices as in numpy.linalg."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import decompositions as kernels
from .elementwise import conj, imag, safe_multiply, where
from .matrices import require_square
from .reduction import sum
from .solving import inv


@op(x=lambda g, x: g[..., None, None] * cofactors(x))
def det(x: Array) -> Array:
    """Determinant of each matrix.

    x: (..., n, n). Returns (...). The gradient, the matrix of cofactors, is right at singular matrices, too, and so is
    its derivative; derivatives of third order need regular ones. Raises ValueError for matrices that are not square.

    >>> det(randn(3, 3))
    >>> det(randn(2, 2, 2))
    """
    require_square(x)
    return np.linalg.det(x)


@op(outputs=("sign", "logabsdet"), x=lambda g, x, out: _slogdet_gradient(g[0], g[1], x, out[0]))
def slogdet(x: Array) -> tuple[Array, Array]:
    """Sign of the determinant (complex: its phase), and the logarithm of its modulus, without over- or underflow.

    x: (..., n, n). Returns (sign, logabsdet) of shape (...) both; 0 and -inf for singular matrices, where the gradient
    is NaN, or 0 if the incoming one is 0. Raises ValueError for matrices that are not square.

    >>> slogdet(randn(3, 3))
    >>> slogdet(randn(2, 2, 2))
    """
    require_square(x)
    return tuple(np.linalg.slogdet(x))


def _slogdet_gradient(g_sign: Any, g_log: Any, x: Any, sign: Any) -> Any:
    """d log|det x| is the real part, and d phase the imaginary part, of tr(inv(x) dx)."""
    weight = g_log - 1j * imag(conj(g_sign * sign)) if sign.dtype.kind == "c" else g_log
    singular = np.asarray(raw(sign) == 0)
    if singular.any():
        x = where(singular[..., None, None], np.eye(x.shape[-1], dtype=x.dtype), x)
        weight = safe_multiply(weight, np.where(singular, np.nan, 1).astype(g_log.dtype))
    return weight[..., None, None] * inv(x).mT


@op(x=lambda g, x: cofactor_change(x, g))
def cofactors(x: Array) -> Array:
    """The determinant's derivative: ``det(x) * inv(x).T``, which exists for singular matrices, too.

    x: (..., n, n). Returns the same shape.

    >>> cofactors(randn(3, 3))
    >>> cofactors(randn(2, 2, 2))
    """
    require_square(x)
    return kernels.cofactors(kernels.inexact(x))


@op(
    x=lambda g, x, change: _third_derivative(x, g, change),
    change=lambda g, x: cofactor_change(x, g),
)
def cofactor_change(x: Array, change: Array) -> Array:
    """The change of `cofactors` with x, to first order: the determinant's second derivative in one direction.

    x, change: (..., n, n). Returns the same shape.

    >>> cofactor_change(randn(4, 4), randn(4, 4))
    """
    require_square(x, change)
    return kernels.cofactor_change(kernels.inexact(x), kernels.inexact(change))


def _third_derivative(x: Any, a: Any, b: Any) -> Any:
    """The derivative of det(x) (tr(ya) tr(yb) - tr(yayb)), y being the inverse of x, with respect to x."""
    y = inv(x)
    ya, yb = y @ a, y @ b
    ta, tb = _trace(ya), _trace(yb)
    yayb, ybya = ya @ yb, yb @ ya
    inner = (ta * tb - _trace(yayb)) * y - (tb * ya + ta * yb - yayb - ybya) @ y
    return (det(x)[..., None, None] * inner).mT


def _trace(x: Any) -> Any:
    """tr(x), with two axes of length 1 in the place of the matrix."""
    return sum(x * np.eye(x.shape[-1], dtype=x.dtype), (-1, -2), keepdims=True)
