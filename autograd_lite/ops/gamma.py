"""The gamma and beta functions, elementwise, under SciPy's names."""

from __future__ import annotations

import math
import numbers
from typing import Any

import numpy as np

from ..core import Array, composite, is_grad_enabled, op, raw
from ..kernels import special as kernels
from ..kernels.special import number, order, real, scipy_special
from .elementwise import safe_multiply, safe_product
from .shape import numbers_as_arrays


@op(x=lambda g, x, out: safe_multiply(g, safe_product(out, digamma(x))))
def gamma(x: Array) -> Array:
    """The gamma function, ``(x - 1)!`` for whole numbers.

    x: real, any shape. Returns the same shape.

    >>> gamma(positive(3, 2))
    >>> gamma(distinct(4))
    """
    return scipy_special("gamma")(real(x))


@op(x=lambda g, x: safe_multiply(g, digamma(x)))
def gammaln(x: Array) -> Array:
    """``log(abs(gamma(x)))``, without overflow.

    x: real, any shape. Returns the same shape.

    >>> gammaln(positive(3, 2))
    >>> gammaln(distinct(4))
    """
    return scipy_special("gammaln")(x)


@op(x=lambda g, x: safe_multiply(g, polygamma(1, x)))
def digamma(x: Array) -> Array:
    """The derivative of `gammaln`.

    x: real, any shape. Returns the same shape.

    >>> digamma(positive(3, 2))
    >>> digamma(distinct(4))
    """
    return scipy_special("psi")(real(x))


@op(x=lambda g, n, x: safe_multiply(g, polygamma(n + 1, x)))
def polygamma(n: int, x: Array) -> Array:
    """The derivative of order `n` of `digamma`.

    n: a constant, 0 or more; x: real, any shape. Returns x's shape. Raises ValueError for another `n`.

    >>> polygamma(0, positive(3, 2))
    >>> polygamma(2, distinct(4))
    """
    return kernels.polygamma(order(n), real(x))


@composite()
def multigammaln(a: Array, d: int) -> Array:
    """The logarithm of the gamma function of symmetric matrices of size `d`, as in the Wishart distribution.

    a: real, any shape, above ``(d - 1) / 2``. Returns the same shape. Raises ValueError for `a` that is not.

    >>> multigammaln(1 + positive(3, 2), 3)
    """
    if not isinstance(d, numbers.Integral) or d < 1:
        raise ValueError("d is the size of a matrix; pass a whole number, 1 or more")
    if np.any(np.asarray(raw(a)) <= 0.5 * (d - 1)):
        raise ValueError(f"a must be above (d - 1) / 2 = {0.5 * (d - 1)}; pass larger ones, or a smaller d")
    result = gammaln(a)
    for j in range(1, d):
        result = result + gammaln(a - 0.5 * j)
    return result + 0.25 * d * (d - 1) * math.log(math.pi)


@op(
    a=lambda g, a, b, out: safe_multiply(g, safe_product(out, digamma(a) - digamma(a + b))),
    b=lambda g, a, b, out: safe_multiply(g, safe_product(out, digamma(b) - digamma(a + b))),
)
def beta(a: Array, b: Array) -> Array:
    """The beta function, ``gamma(a) gamma(b) / gamma(a + b)``.

    a, b: real, broadcast against each other. Returns the broadcast shape.

    >>> beta(positive(3, 2), positive(2))
    """
    return scipy_special("beta")(*numbers_as_arrays((a, b)))


@op(
    a=lambda g, a, b: safe_multiply(g, digamma(a) - digamma(a + b)),
    b=lambda g, a, b: safe_multiply(g, digamma(b) - digamma(a + b)),
)
def betaln(a: Array, b: Array) -> Array:
    """``log(abs(beta(a, b)))``, without overflow.

    a, b: real, broadcast against each other. Returns the broadcast shape.

    >>> betaln(positive(3, 2), positive(2))
    """
    return scipy_special("betaln")(*numbers_as_arrays((a, b)))


@op(q=lambda g, x, q: safe_multiply(g, zeta(x + 1, q) * -x))
def zeta(x: float, q: Array) -> Array:
    """Hurwitz' zeta function, the sum of ``(k + q)**-x`` over k = 0, 1, ...; Riemann's for q = 1.

    x: a constant above 1; q: real, any shape. Returns q's shape. Raises TypeError for `x` that is no number.

    >>> zeta(2.5, positive(3, 2))
    """
    return scipy_special("zeta")(number(x, "x"), q)


@composite(constants=("a",))
def gammainc(a: Array, x: Array) -> Array:
    """The regularized lower incomplete gamma function: the gamma distribution's function of distribution.

    a, x: real, 0 or more, broadcast against each other. Returns the broadcast shape. The gradient is for `x` only;
    at x = 0 the slope is infinite for `a` below 1, and the gradient is 0 where the incoming one is 0. Raises TypeError
    if `a` requires a gradient.

    >>> gammainc(positive(3, 2), positive(2))
    """
    return incomplete_gamma(_without_gradient(a), x)


@composite(constants=("a",))
def gammaincc(a: Array, x: Array) -> Array:
    """The regularized upper incomplete gamma function, ``1 - gammainc(a, x)``, exact where that is close to 1.

    a, x: real, 0 or more, broadcast against each other. Returns the broadcast shape. The gradient is for `x` only;
    at x = 0 the slope is infinite for `a` below 1, and the gradient is 0 where the incoming one is 0. Raises TypeError
    if `a` requires a gradient.

    >>> gammaincc(positive(3, 2), positive(2))
    """
    return incomplete_gamma(_without_gradient(a), x, upper=True)


def _without_gradient(a: Any) -> Any:
    """`a` as an array. Raises TypeError where a gradient for it would be lost."""
    if is_grad_enabled() and getattr(a, "requires_grad", False):
        raise TypeError("there is no derivative for a; pass a.detach() if it is a constant here")
    return raw(a)


@op(x=lambda g, a, x, upper: safe_multiply(-g if upper else g, gamma_density(a, x)))
def incomplete_gamma(a: Array, x: Array, upper: bool = False) -> Array:
    """`gammainc`, or `gammaincc` if `upper`, of a constant `a`.

    a, x: real, broadcast against each other. Returns the broadcast shape. The gradient is for `x` only.

    >>> incomplete_gamma(positive(3, 2), positive(2))
    >>> incomplete_gamma(positive(2), positive(3, 2), upper=True)
    """
    return scipy_special("gammaincc" if upper else "gammainc")(*numbers_as_arrays((a, x)))


@op(x=lambda g, a, x: safe_multiply(g, gamma_density(a - 1, x) - gamma_density(a, x)))
def gamma_density(a: Array, x: Array) -> Array:
    """``x**(a - 1) exp(-x) / gamma(a)``, the density of the gamma distribution of shape `a`, a constant.

    a, x: real, broadcast against each other. Returns the broadcast shape. The gradient is for `x` only.

    >>> gamma_density(positive(3, 2), positive(2))
    >>> gamma_density(distinct(4), positive(4))
    """
    return kernels.gamma_density(a, x)
