"""Exponential, logarithm and root of matrices. Stacks of matrices as in numpy.linalg.

The derivative L(x, e) of a matrix function f at x in the direction e stands in f([[x, e], [0, x]]) = [[f(x), L(x, e)],
[0, f(x)]]: R. Mathias, "A chain rule for matrix functions and applications" (1996). The adjoint of L(x, .) is
L(x^T, .), so the gradient is such a block, too, and its derivatives are those of f again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import decompositions as kernels
from .matrices import require_square
from .shape import concatenate


def _in_direction(function: Callable[[Any], Any], x: Any, direction: Any) -> Any:
    """The derivative of a matrix function at x."""
    n = x.shape[-1]
    above = concatenate([x, direction], -1)
    below = concatenate([np.zeros_like(x), x] if isinstance(x, np.ndarray) else [0 * x, x], -1)
    return function(concatenate([above, below], -2))[..., :n, n:]


@op(x=lambda g, x: _in_direction(expm, x.mT, g))
def expm(x: Array) -> Array:
    """Matrix exponential.

    x: (..., n, n). Returns the same shape. Raises ValueError for matrices that are not square.

    >>> expm(randn(2, 2))
    >>> expm(randn(2, 2, 2))
    """
    require_square(x)
    return kernels.expm(x)


def _logarithm_in_direction(x: Any, direction: Any) -> Any:
    """The derivative of the logarithm. Beside the cut, copies of an eigenvalue must not come to lie on both sides."""
    w = np.linalg.eigvals(raw(x))
    if ((w == 0) | (np.abs(np.angle(-w)) < np.sqrt(np.finfo(w.dtype).eps))).any():
        raise ValueError("an eigenvalue is negative or 0, where the principal logarithm jumps and has no gradient")
    return _in_direction(logm, x, direction)


@op(x=lambda g, x: _logarithm_in_direction(x.mT, g))
def logm(x: Array) -> Array:
    """Principal matrix logarithm, the inverse of `expm`.

    x: (..., n, n). Returns the same shape; complex where real matrices have no real logarithm. Where an eigenvalue is
    negative or 0 there is no gradient: backward raises ValueError. Raises ValueError for matrices that are not square.

    >>> logm(0.2 * randn(2, 2, 2) + np.eye(2))
    """
    require_square(x)
    return kernels.logm(x)


@op(x=lambda g, out: solve_sylvester(out.mT, out.mT, g))
def sqrtm(x: Array) -> Array:
    """Principal square root r of matrices: ``r @ r = x``.

    x: (..., n, n), without negative eigenvalues. Returns the same shape; complex where real matrices have no real root.
    The gradient needs regular matrices: at others backward raises ValueError. Raises ValueError for matrices that are
    not square.

    >>> sqrtm(0.2 * randn(2, 2, 2) + np.eye(2))
    """
    require_square(x)
    return kernels.sqrtm(x)


@op(
    a=lambda g, a, b, out: -(solve_sylvester(a.mT, b.mT, g) @ out.mT),
    b=lambda g, a, b, out: -(out.mT @ solve_sylvester(a.mT, b.mT, g)),
    q=lambda g, a, b: solve_sylvester(a.mT, b.mT, g),
)
def solve_sylvester(a: Array, b: Array, q: Array) -> Array:
    """x with ``a @ x + x @ b = q`` (Sylvester's equation).

    a: (..., m, m); b: (..., n, n); q: (..., m, n); the leading axes broadcast. Returns q's shape with all leading
    axes. Raises ValueError for shapes that do not fit, or where an eigenvalue of a is minus one of b.

    >>> solve_sylvester(0.2 * randn(2, 2) + np.eye(2), 0.2 * randn(2, 1, 1) + 1, randn(2, 1))
    """
    require_square(a, b)
    if np.shape(q)[-2:] != (a.shape[-1], b.shape[-1]):
        raise ValueError("q must have as many rows as a, and as many columns as b; check the shapes")
    message = "an eigenvalue of a is minus one of b, so there is no one solution; check the matrices"
    return kernels.refused(kernels.solve_sylvester, message, a, b, q)
