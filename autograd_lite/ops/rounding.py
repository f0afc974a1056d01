"""Rounding, remainders, and the parts of a number: before and after the point, mantissa and exponent, sign.

What is rounded has no gradient; what is left over moves with the number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op
from .comparison import equal, isfinite
from .elementwise import safe_divide, safe_multiply, sign, where

# -- to a whole number -------------------------------------------------------------------------------------------


@op(branch=lambda out: out)
def floor(x: Array) -> Array:
    """The largest whole number that is not larger than `x`, elementwise. Has no gradient.

    x: real, any shape. Returns the same shape.

    >>> floor(randn(3, 2))
    """
    return np.floor(x)


@op(branch=lambda out: out)
def ceil(x: Array) -> Array:
    """The smallest whole number that is not smaller than `x`, elementwise. Has no gradient.

    x: real, any shape. Returns the same shape.

    >>> ceil(randn(3, 2))
    """
    return np.ceil(x)


@op(branch=lambda out: out)
def trunc(x: Array) -> Array:
    """`x` without what is behind the point: the nearest whole number towards 0, elementwise. Has no gradient.

    x: real, any shape. Returns the same shape.

    >>> trunc(randn(3, 2))
    """
    return np.trunc(x)


@op(branch=lambda out: out)
def rint(x: Array) -> Array:
    """The nearest whole number, an even one between two, elementwise. Has no gradient.

    x: any shape. Returns the same shape.

    >>> rint(randn(3, 2))
    """
    return np.rint(x)


@op(branch=lambda out: out)
def round(x: Array, decimals: int = 0) -> Array:
    """`x` with so many digits behind the point, to even between two, elementwise. Has no gradient.

    x: any shape. decimals: negative for digits before the point. Returns the same shape.

    >>> round(randn(3, 2))
    >>> round(10 * randn(3, 2), -1)
    """
    return np.round(x, decimals)


# -- quotients and remainders ------------------------------------------------------------------------------------


@op(branch=lambda out: out)
def floor_divide(a: Array, b: Array) -> Array:
    """The largest whole number that is not larger than ``a / b``, elementwise: ``a // b``. Has no gradient.

    a, b: real, broadcast against each other. Returns the broadcast shape.

    >>> floor_divide(randn(3, 2), positive(2))
    """
    return np.floor_divide(a, b)


@op(
    a=lambda g: g,
    b=lambda g, a, b: -safe_multiply(g, floor_divide(a, b)),
    branch=lambda a, b: np.floor_divide(a, b),
)
def remainder(a: Array, b: Array) -> Array:
    """What is left of `a` after dividing by `b`, with the sign of `b`, elementwise: ``a % b``.

    a, b: real, broadcast against each other. Returns the broadcast shape. The gradient takes ``a // b`` as constant,
    also where it jumps; for b = 0 it is 0 where the incoming one is 0.

    >>> remainder(4 * randn(3, 2), positive(2))
    """
    return np.remainder(a, b)


@op(
    a=lambda g: g,
    b=lambda g, a, b, out: -safe_multiply(g, rint(safe_divide(a - out, b))),
    branch=lambda a, b: np.trunc(np.divide(a, b)),
)
def fmod(a: Array, b: Array) -> Array:
    """What is left of `a` after dividing by `b`, with the sign of `a`, elementwise, as in C.

    a, b: real, broadcast against each other. Returns the broadcast shape. The gradient takes the whole quotient as
    constant, also where it jumps; for b = 0 it is 0 where the incoming one is 0.

    >>> fmod(9 * randn(3, 2), 3 * positive(2))
    """
    return np.fmod(a, b)


@composite()
def divmod(a: Array, b: Array) -> tuple[Any, Any]:
    """Quotient ``a // b`` and remainder ``a % b``, elementwise.

    a, b: real, broadcast against each other. Returns two arrays of the broadcast shape. The quotient has no gradient.

    >>> divmod(4 * randn(3, 2), positive(2))
    """
    return floor_divide(a, b), remainder(a, b)


# -- the parts of a number ---------------------------------------------------------------------------------------


@op(x=lambda g: g, branch=lambda x: np.trunc(x))
def frac(x: Array) -> Array:
    """What is behind the point, with the sign of `x`, elementwise: ``x - trunc(x)``.

    x: real, any shape. Returns the same shape. The gradient is 1, also at whole numbers, where it jumps.

    >>> frac(2 * randn(3, 2))
    """
    return np.modf(x)[0]


@composite()
def modf(x: Array) -> tuple[Any, Any]:
    """What is behind the point and what is before it, both with the sign of `x`, elementwise.

    x: real, any shape. Returns two arrays of the same shape. The second has no gradient.

    >>> modf(2 * randn(3, 2))
    """
    fraction = frac(x)
    return fraction, trunc(x + 0 * fraction)  # floating-point for integers, too


@op(outputs=("mantissa", "exponent"), x=lambda g, out: ldexp(g[0], -out[1]), branch=lambda out: out[1])
def frexp(x: Array) -> tuple[Any, Any]:
    """Mantissa and exponent of ``x == mantissa * 2 ** exponent``, elementwise; the mantissa from 0.5 to 1, or 0.

    x: real, any shape. Returns two arrays of the same shape, the second of integers. The gradient takes the exponent as
    constant.

    >>> frexp(4 * randn(3, 2))
    """
    return np.frexp(x)


@op(x=lambda g, exponent: ldexp(g, exponent))
def ldexp(x: Array, exponent: Array) -> Array:
    """``x * 2 ** exponent``, elementwise and exactly.

    x: real; exponent: integers; broadcast against each other. Returns the broadcast shape. Raises TypeError for
    exponents that are no integers.

    >>> ldexp(randn(3, 2), integers(4, 2))
    """
    if np.result_type(exponent).kind not in "biu":
        raise TypeError("the exponents must be integers; use x * exp2(exponent) for others")
    return np.ldexp(x, exponent)


@op(a=lambda g: g)
def nextafter(a: Array, b: Array) -> Array:
    """The floating-point number next to `a` in the direction of `b`, elementwise.

    a, b: real, broadcast against each other. Returns the broadcast shape. The gradient is a's alone: its neighbour
    moves as it does.

    >>> nextafter(randn(3, 2), randn(2))
    """
    return np.nextafter(a, b)


@op()
def spacing(x: Array) -> Array:
    """The distance from `x` to the next floating-point number, away from 0, elementwise. Has no gradient.

    x: real, any shape. Returns the same shape.

    >>> spacing(randn(3, 2))
    """
    return np.spacing(x)


# -- signs, steps and what is no number ----------------------------------------------------------------------------


@op(x=lambda g, x: g * sign(x), branch=lambda x: np.sign(x))
def fabs(x: Array) -> Array:
    """Absolute value of real numbers, elementwise, floating-point also for integers.

    x: real, any shape. Returns the same shape. At 0 the gradient is 0.

    >>> fabs(distinct(3, 2))
    """
    return np.fabs(x)


@op(a=lambda g, a, out: g * (sign(a) * sign(out)), branch=lambda a, b: np.sign(a) * np.copysign(1, b))
def copysign(a: Array, b: Array) -> Array:
    """``abs(a)`` with the sign of `b` (that of a zero, too), elementwise.

    a, b: real, broadcast against each other. Returns the broadcast shape. The gradient is a's alone, and 0 where a = 0.

    >>> copysign(distinct(3, 2), randn(2))
    """
    return np.copysign(a, b)


@op(h0=lambda g, x: g * equal(x, 0), branch=lambda x: np.sign(x))
def heaviside(x: Array, h0: Array) -> Array:
    """The step from 0 to 1: 0 for negative `x`, 1 for positive ones and `h0` at 0, elementwise.

    x, h0: real, broadcast against each other. Returns the broadcast shape. The gradient is h0's alone, where x = 0.

    >>> heaviside(trunc(2 * randn(3, 2)), randn(2))
    """
    return np.heaviside(x, h0)


@op(
    x=lambda g, x: where(isfinite(x), g, 0),
    branch=lambda x: np.isfinite(x),
)
def nan_to_num(x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    """`x` with numbers in the place of NaN and of the infinities (None: the largest and smallest that there are).

    x: any shape. Returns the same shape. The gradient is 0 where a number was put in.

    >>> nan_to_num(randn(3, 2))
    >>> nan_to_num(randn(2), nan=1.0, posinf=2.0, neginf=3.0)
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
