"""The error function, the logistic one and entropies, elementwise, under SciPy's names.

Derivatives are written so that they keep their precision in the tails: where the usual formula subtracts nearly equal
numbers, a family of functions stands in that is closed under differentiation. See `gamma` and `bessel` for those.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..core import Array, composite, op
from ..kernels import special as kernels
from ..kernels.special import real, scipy_special
from .elementwise import exp, log, power, safe_divide, safe_multiply, sigmoid, where
from .shape import numbers_as_arrays

# -- the error function and its relatives ------------------------------------------------------------------------


@op(x=lambda g, x: safe_multiply(g, exp(-power(x, 2)) * (2 / math.sqrt(math.pi))))
def erf(x: Array) -> Array:
    """Error function, ``2 / sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to `x`.

    x: any shape, real or complex. Returns the same shape.

    >>> erf(randn(3, 2))
    """
    return scipy_special("erf")(x)


@op(x=lambda g, x: safe_multiply(g, exp(-power(x, 2)) * (-2 / math.sqrt(math.pi))))
def erfc(x: Array) -> Array:
    """``1 - erf(x)``, exact where erf is close to 1.

    x: any shape, real or complex. Returns the same shape.

    >>> erfc(randn(3, 2))
    """
    return scipy_special("erfc")(x)


@op(x=lambda g, x: safe_multiply(g, erfcx_derivative(x, 1)))
def erfcx(x: Array) -> Array:
    """``exp(x**2) erfc(x)``: the tail of erfc without its decay.

    x: any shape, real or complex. Returns the same shape.

    >>> erfcx(randn(3, 2))
    """
    return scipy_special("erfcx")(x)


@op(x=lambda g, x, n: safe_multiply(g, erfcx_derivative(x, n + 1)))
def erfcx_derivative(x: Array, n: int) -> Array:
    """The derivative of order `n` of `erfcx`, to full precision also for large `x` (DLMF 7.18).

    x: any shape, real or complex. Returns the same shape.

    >>> erfcx_derivative(randn(2, 2), 1)
    >>> erfcx_derivative(3 * positive(3), 2)
    """
    return kernels.erfcx_derivative(x, n)


@op(x=lambda g, out: safe_multiply(g, exp(power(out, 2)) * (math.sqrt(math.pi) / 2)))
def erfinv(x: Array) -> Array:
    """The inverse of `erf`; NaN outside of -1 to 1.

    x: real, any shape. Returns the same shape. At -1 and 1 the slope is infinite; the gradient there is 0 where the
    incoming one is 0.

    >>> erfinv(distinct(3, 2))
    """
    return scipy_special("erfinv")(x)


@op(x=lambda g, out: safe_multiply(g, exp(power(out, 2)) * (-math.sqrt(math.pi) / 2)))
def erfcinv(x: Array) -> Array:
    """The inverse of `erfc`; NaN outside of 0 to 2.

    x: real, any shape. Returns the same shape. At 0 and 2 the slope is infinite; the gradient there is 0 where the
    incoming one is 0.

    >>> erfcinv(0.5 * positive(3, 2))
    """
    return scipy_special("erfcinv")(x)


@op(x=lambda g, x: safe_multiply(g, exp(-0.5 * power(x, 2)) * (1 / math.sqrt(2 * math.pi))))
def ndtr(x: Array) -> Array:
    """The distribution function of the standard normal: how probable a value below `x` is.

    x: any shape, real or complex. Returns the same shape.

    >>> ndtr(randn(3, 2))
    """
    return scipy_special("ndtr")(x)


@op(x=lambda g, out: safe_multiply(g, exp(0.5 * power(out, 2)) * math.sqrt(2 * math.pi)))
def ndtri(x: Array) -> Array:
    """The inverse of `ndtr`, quantiles of the standard normal; NaN outside of 0 to 1.

    x: real, any shape. Returns the same shape. At 0 and 1 the slope is infinite; the gradient there is 0 where the
    incoming one is 0.

    >>> ndtri(0.4 * positive(3, 2))
    """
    return scipy_special("ndtri")(x)


@op(x=lambda g, x: safe_multiply(g, _density_by_probability(x)))
def log_ndtr(x: Array) -> Array:
    """``log(ndtr(x))``, exact in both tails.

    x: real, any shape. Returns the same shape.

    >>> log_ndtr(randn(3, 2))
    >>> log_ndtr(-4 * positive(3))
    """
    return scipy_special("log_ndtr")(real(x))


def _density_by_probability(x: Any) -> Any:
    """``exp(-x**2 / 2) / sqrt(2 pi) / ndtr(x)``; below 0 both go to 0, and their quotient is a power of erfcx."""
    below = x < 0
    low, high = where(below, x, 0), where(below, 0, x)
    tail = math.sqrt(2 / math.pi) / erfcx(low * -math.sqrt(0.5))
    return where(below, tail, exp(-0.5 * power(high, 2)) / (ndtr(high) * math.sqrt(2 * math.pi)))


# -- the logistic function -----------------------------------------------------------------------------------------


@composite()
def expit(x: Array) -> Array:
    """SciPy's name of `sigmoid`, there so that ``scipy.special.expit(tensor)`` works, as its other ufuncs do.

    x: real, any shape. Returns the same shape.

    >>> expit(randn(3, 2))
    """
    return sigmoid(x)


@op(x=lambda g, x: safe_divide(safe_divide(g, x), 1 - x))
def logit(x: Array) -> Array:
    """``log(x / (1 - x))``, the inverse of `sigmoid`; NaN outside of 0 to 1.

    x: real, any shape. Returns the same shape. At 0 and 1 the slope is infinite; the gradient there is 0 where the
    incoming one is 0. (For PyTorch's `eps`, clip x before.)

    >>> logit(0.4 * positive(3, 2))
    """
    return scipy_special("logit")(x)


# -- entropies -----------------------------------------------------------------------------------------------------


@op(
    x=lambda g, x, y: _where_told((x == 0) * (y <= 0), x, y, lambda y: xlogy(g, y)),
    y=lambda g, x, y: _where_told((x == 0) * (y <= 0), x, y, lambda y: safe_divide(safe_multiply(g, x), y)),
)
def xlogy(x: Array, y: Array) -> Array:
    """``x log(y)``, and 0 where x is 0, whatever y is (NaN apart).

    x, y: real, broadcast against each other. Returns the broadcast shape. Where x is 0 and y not positive both
    gradients are 0; elsewhere at y = 0 the slope is infinite, and the gradient is 0 where the incoming one is 0.

    >>> xlogy(randn(3, 2), positive(2))
    """
    return scipy_special("xlogy")(*numbers_as_arrays((real(x), real(y))))


@op(
    x=lambda g, x, y: _where_told((x == 0) * (y <= -1), x, y, lambda y: xlog1py(g, y)),
    y=lambda g, x, y: _where_told((x == 0) * (y <= -1), x, y, lambda y: safe_divide(safe_multiply(g, x), 1 + y)),
)
def xlog1py(x: Array, y: Array) -> Array:
    """``x log(1 + y)``, exact for small y; and 0 where x is 0, whatever y is (NaN apart).

    x, y: real, broadcast against each other. Returns the broadcast shape. Where x is 0 and 1 + y not positive both
    gradients are 0; elsewhere at y = -1 the slope is infinite, and the gradient is 0 where the incoming one is 0.

    >>> xlog1py(randn(3, 2), positive(2))
    """
    return scipy_special("xlog1py")(*numbers_as_arrays((real(x), real(y))))


@op(x=lambda g, x: -safe_multiply(g, log(x) + 1))
def entr(x: Array) -> Array:
    """``-x log(x)``, the entropy of a probability; 0 at 0 and -inf below.

    x: real, any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one
    is 0.

    >>> entr(positive(3, 2))
    """
    return scipy_special("entr")(x)


@op(
    x=lambda g, x, y: _where_told((x == 0) * (y == 0), x, y, lambda y: safe_multiply(g, log(x / y) + 1)),
    y=lambda g, x, y: _where_told((x == 0) * (y == 0), x, y, lambda y: -safe_divide(safe_multiply(g, x), y)),
)
def rel_entr(x: Array, y: Array) -> Array:
    """``x log(x / y)``, whose sum is the divergence of Kullback and Leibler; 0 at x = 0.

    x, y: real, broadcast against each other. Returns the broadcast shape; inf where one is negative, or y is 0 and x
    is not. At x = y = 0 both gradients are 0; elsewhere at x = 0 the slope for x is infinite, and the gradient is 0
    where the incoming one is 0.

    >>> rel_entr(positive(3, 2), positive(2))
    """
    return scipy_special("rel_entr")(x, y)


def _where_told(neither: Any, x: Any, y: Any, slope: Callable[[Any], Any]) -> Any:
    """``slope(y)``, and 0 where there is no telling what it is; it sees 1 there, so that no NaN comes of it."""
    _, y = numbers_as_arrays((x, y))
    return where(neither, 0, slope(where(neither, 1, y)))
