"""Exponentials and logarithms other than `exp`, `log` and `power`; the cube root, and powers in double precision."""

from __future__ import annotations

import math

import numpy as np

from ..core import Array, Handle, composite, op, raw
from ..kernels import elementwise as kernels
from .elementwise import astype, exp, power, safe_divide, safe_multiply, sigmoid

# -- exponentials ------------------------------------------------------------------------------------------------


@op(x=lambda g, out: safe_multiply(g * math.log(2), out))
def exp2(x: Array) -> Array:
    """``2 ** x``, elementwise.

    x: any shape. Returns the same shape. Where it overflows, the gradient is 0 where the incoming one is 0.

    >>> exp2(randn(3, 2))
    """
    return np.exp2(x)


@op(x=lambda g, x: safe_multiply(g, exp(x)))
def expm1(x: Array) -> Array:
    """``exp(x) - 1``, elementwise, exact near 0.

    x: any shape. Returns the same shape. Where it overflows, the gradient is 0 where the incoming one is 0.

    >>> expm1(randn(3, 2))
    """
    return np.expm1(x)


# -- logarithms and roots ----------------------------------------------------------------------------------------


@op(x=lambda g, x: safe_divide(g, 1 + x))
def log1p(x: Array) -> Array:
    """``log(1 + x)``, elementwise, exact near 0; -inf at -1 and NaN below.

    x: any shape. Returns the same shape. At -1 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> log1p(positive(3, 2))
    """
    return np.log1p(x)


@op(x=lambda g, x: safe_divide(g * (1 / math.log(2)), x))
def log2(x: Array) -> Array:
    """Logarithm to the base 2, elementwise; -inf at 0 and NaN below.

    x: any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> log2(positive(3, 2))
    """
    return np.log2(x)


@op(x=lambda g, x: safe_divide(g * (1 / math.log(10)), x))
def log10(x: Array) -> Array:
    """Logarithm to the base 10, elementwise; -inf at 0 and NaN below.

    x: any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> log10(positive(3, 2))
    """
    return np.log10(x)


@op(x=lambda g, out: safe_divide(safe_divide(g * (1 / 3), out), out))
def cbrt(x: Array) -> Array:
    """Cube root, elementwise, negative for negative numbers.

    x: real, any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one
    is 0.

    >>> cbrt(distinct(3, 2))
    """
    return np.cbrt(x)


@composite()
def float_power(x: Array, exponent: Array) -> Array:
    """``x ** exponent``, elementwise, in double precision at least, also of integers.

    x, exponent: broadcast against each other. Returns the broadcast shape. NaN, infinite slopes and the gradient at 0
    are as in `power`; each gradient has its operand's own dtype.

    >>> float_power(positive(3, 2), randn(2))
    >>> float_power(randn(3, 2), 3)
    """
    dtype = np.result_type(raw(x), raw(exponent), np.float64)
    return power(*[astype(v, dtype) if isinstance(v, Handle) else np.asarray(raw(v), dtype) for v in (x, exponent)])


# -- sums in logarithms ------------------------------------------------------------------------------------------


@op(
    a=lambda g, a, b: safe_multiply(g, sigmoid(safe_subtract(a, b))),
    b=lambda g, a, b: safe_multiply(g, sigmoid(safe_subtract(b, a))),
)
def logaddexp(a: Array, b: Array) -> Array:
    """``log(exp(a) + exp(b))``, elementwise, without overflow.

    a, b: real, broadcast against each other. Returns the broadcast shape. Where both are the same infinity, each gets
    half of the gradient, as where they are equal otherwise.

    >>> logaddexp(randn(3, 2), randn(2))
    """
    return np.logaddexp(a, b)


@op(
    a=lambda g, a, b: safe_multiply(g, sigmoid(safe_subtract(a, b) * math.log(2))),
    b=lambda g, a, b: safe_multiply(g, sigmoid(safe_subtract(b, a) * math.log(2))),
)
def logaddexp2(a: Array, b: Array) -> Array:
    """``log2(2 ** a + 2 ** b)``, elementwise, without overflow.

    a, b: real, broadcast against each other. Returns the broadcast shape. Where both are the same infinity, each gets
    half of the gradient, as where they are equal otherwise.

    >>> logaddexp2(randn(3, 2), randn(2))
    """
    return np.logaddexp2(a, b)


@op(a=lambda g: g, b=lambda g: -g)
def safe_subtract(a: Array, b: Array) -> Array:
    """``a - b``, and 0 where both are the same infinity.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> safe_subtract(randn(3, 2), randn(2))
    """
    return kernels.safe_subtract(a, b)
