"""Functions of scipy.special, loaded when the first of them is called, and the few derivatives that it has not."""

from __future__ import annotations

import functools
import math
import numbers
from typing import Any

import numpy as np

_FAR = 2.0  # from here on the continued fraction of `erfcx_derivative` converges fast
_TERMS = 60  # of it: enough for double precision at _FAR


@functools.cache
def scipy_special(name: str) -> Any:
    """The function of that name; importing scipy.special takes longer than importing this package."""
    import scipy.special

    return getattr(scipy.special, name)


def real(x: Any) -> Any:
    """`x`, if it is real. Raises TypeError for complex numbers, which SciPy may take, but not the derivative."""
    if np.iscomplexobj(x):
        raise TypeError("the derivative is there for real numbers only; pass the real part, ag.real(x)")
    return x


def number(value: Any, name: str) -> float:
    """`value`, if it is a number and no array. Raises TypeError if not."""
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name} is a constant and must be a number; call the function once for each {name}")
    return float(value)


def order(n: Any) -> int:
    """`n`, if it can be the order of a derivative. Raises ValueError if not."""
    if not isinstance(n, numbers.Integral) or n < 0:
        raise ValueError("n is the order of a derivative; pass a whole number, 0 or more")
    return int(n)


def polygamma(n: int, x: Any) -> Any:
    """The derivative of order `n` of digamma. (SciPy's own gives float64 for float32.)"""
    if n == 0:
        return scipy_special("psi")(x)
    return scipy_special("zeta")(n + 1.0, x) * ((-1.0) ** (n + 1) * math.factorial(n))


def erfcx_derivative(x: Any, n: int) -> Any:
    """The derivative of order `n` of ``erfcx(x) = exp(x**2) erfc(x)``, without cancellation for large `x`.

    Each derivative F_n follows from two before: ``F_1 = 2 x F_0 - 2 / sqrt(pi)``, and ``F_n = 2 x F_(n-1) +
    2 (n - 1) F_(n-2)``. For large x those terms cancel. There, as F_n is ``(-2)**n n! exp(x**2) i^n erfc(x)``
    (DLMF 7.18.4), the continued fraction of the quotient of neighbours is used (DLMF 7.18.13).
    """
    wide = np.asarray(x, np.result_type(x, np.float64))
    real = wide.real
    near = _by_recurrence(np.where(real < _FAR, wide, 0), n)
    far = _by_continued_fraction(np.where(real < _FAR, _FAR, wide), n)
    with np.errstate(over="ignore"):  # the result is infinite then in x's precision
        return np.where(real < _FAR, near, far).astype(np.result_type(x, np.float16))


def _by_recurrence(x: Any, n: int) -> Any:
    before, last = -1 / math.sqrt(math.pi), scipy_special("erfcx")(x)  # such that the rule holds for F_1 too
    for k in range(n):
        before, last = last, 2 * x * last + 2 * (k or 1) * before
    return last


def _by_continued_fraction(x: Any, n: int) -> Any:
    tail, result = x, scipy_special("erfcx")(x)
    for k in range(_TERMS + n, 0, -1):
        tail = x + 0.5 * (k + 1) / tail
        if k <= n:  # here F_k is -k / tail times F_(k-1)
            result = result * -k / tail
    return result


def gamma_density(a: Any, x: Any) -> Any:
    """``x**(a - 1) exp(-x) / gamma(a)``, also for `a` below 0; 0 where `a` is a pole of gamma.

    In double precision inside, because the exponents cancel where `a` and `x` are large.
    """
    dtype = np.result_type(a, x, np.float16)
    a, x = np.asarray(a, np.float64), np.minimum(np.asarray(x, np.float64), 1e300)  # not inf - inf at infinity
    pole = (a <= 0) & (a == np.floor(a))
    shape = np.where(pole, 1.0, a)
    exponent = scipy_special("xlogy")(shape - 1, x) - x - scipy_special("gammaln")(shape)
    with np.errstate(over="ignore"):
        return np.where(pole, 0, scipy_special("gammasgn")(shape) * np.exp(exponent)).astype(dtype)


def i0e_derivative(x: Any, n: int) -> Any:
    """The derivative of order `n` of ``exp(-x) I0(x)``, without cancellation for large `x`; NaN for `x` below 0.

    That function is ``1F1(1/2; 1; -2 x)`` (DLMF 13.6.9), and each derivative of 1F1 is one of its neighbours (13.3.16).
    """
    factor = (-2.0) ** n * math.gamma(n + 0.5) / math.gamma(0.5) / math.factorial(n)
    inside = np.greater_equal(x, 0) & np.isfinite(x)  # outside SciPy's is NaN, or takes forever
    values = scipy_special("hyp1f1")(n + 0.5, n + 1.0, np.where(inside, x, np.zeros_like(x)) * -2) * factor
    return np.where(inside, values, np.where(np.isposinf(x), 0, np.nan).astype(values.dtype))
