"""Modified Bessel functions of the first kind, elementwise, under SciPy's names."""

from __future__ import annotations

from typing import Any

from ..core import Array, op
from ..kernels import special as kernels
from ..kernels.special import number, real, scipy_special
from .elementwise import abs, safe_multiply, sign


@op(x=lambda g, x: safe_multiply(g, i1(x)))
def i0(x: Array) -> Array:
    """Modified Bessel function of the first kind of order 0.

    x: real, any shape. Returns the same shape.

    >>> i0(randn(3, 2))
    """
    return scipy_special("i0")(x)


@op(x=lambda g, x: safe_multiply(g, 0.5 * (i0(x) + iv(2, x))))
def i1(x: Array) -> Array:
    """Modified Bessel function of the first kind of order 1.

    x: real, any shape. Returns the same shape.

    >>> i1(randn(3, 2))
    """
    return scipy_special("i1")(x)


@op(x=lambda g, v, x: safe_multiply(g, 0.5 * (iv(v - 1, x) + iv(v + 1, x))))
def iv(v: float, x: Array) -> Array:
    """Modified Bessel function of the first kind of order `v`.

    v: a constant; x: real, any shape (0 or more, if v is not whole). Returns x's shape. Raises TypeError for `v` that
    is no number.

    >>> iv(2, randn(3, 2))
    >>> iv(0.5, positive(3))
    """
    return scipy_special("iv")(number(v, "v"), real(x))


@op(x=lambda g, x: g * (sign(x) * i0e_derivative(abs(x), 1)), branch=lambda x: x > 0)
def i0e(x: Array) -> Array:
    """``exp(-abs(x)) i0(x)``, which does not overflow.

    x: real, any shape. Returns the same shape. At 0, where the slopes 1 and -1 meet, the gradient is 0.

    >>> i0e(distinct(3, 2))
    """
    return scipy_special("i0e")(x)


@op(x=lambda g, x: g * _i1e_slope(abs(x)))
def i1e(x: Array) -> Array:
    """``exp(-abs(x)) i1(x)``, which does not overflow.

    x: real, any shape. Returns the same shape. At 0 the gradient is 1/2 from both sides; the one of second order is 0.

    >>> i1e(distinct(3, 2))
    """
    return scipy_special("i1e")(x)


def _i1e_slope(x: Any) -> Any:
    """For x >= 0, where i1e is ``i0e + i0e'``, the sum of their derivatives."""
    return i0e_derivative(x, 1) + i0e_derivative(x, 2)


@op(x=lambda g, x, n: safe_multiply(g, i0e_derivative(x, n + 1)))
def i0e_derivative(x: Array, n: int) -> Array:
    """The derivative of order `n` of ``exp(-x) i0(x)``, to full precision also for large `x`.

    x: real, 0 or more, any shape. Returns the same shape; NaN below 0.

    >>> i0e_derivative(positive(3, 2), 1)
    """
    return kernels.i0e_derivative(x, n)
