"""Polynomials by their coefficients, the one of the highest power first, as NumPy's older functions have them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .shape import concatenate
from .signal import convolve


@composite()
def polyval(p: Array, x: Array) -> Array:
    """The polynomial with coefficients `p` at the points `x`, by Horner's rule.

    p: (n,); x: any shape. Returns x's shape; zeros for no coefficients.

    >>> polyval(randn(3), randn(2))
    """
    out: Any = 0 * x
    for coefficient in _coefficients("p", p):
        out = out * x + coefficient
    return out


@composite()
def polyadd(a: Array, b: Array) -> Array:
    """Coefficients of the sum of two polynomials.

    a: (n,); b: (m,). Returns the longer of the two lengths.

    >>> polyadd(randn(3), randn(2))
    """
    return _longer(a, b) + _longer(b, a)


@composite()
def polysub(a: Array, b: Array) -> Array:
    """Coefficients of the difference of two polynomials.

    a: (n,); b: (m,). Returns the longer of the two lengths.

    >>> polysub(randn(3), randn(2))
    """
    return _longer(a, b) - _longer(b, a)


@composite()
def polymul(a: Array, b: Array) -> Array:
    """Coefficients of the product of two polynomials: the convolution of theirs.

    a: (n,); b: (m,). Returns (n + m - 1,).

    >>> polymul(randn(3), randn(2))
    """
    return convolve(_coefficients("a", a), _coefficients("b", b))


@composite()
def polyder(p: Array, m: int = 1) -> Array:
    """Coefficients of the m-th derivative of a polynomial.

    p: (n,). Returns (n - m,), nothing for a derivative that is 0. Raises ValueError for a negative m.

    >>> polyder(randn(4))
    >>> polyder(randn(4), 2)
    """
    if m < 0:
        raise ValueError("m is negative; polyint integrates")
    p = _coefficients("p", p)
    n = len(p)
    powers = [float(math.perm(n - 1 - i, m)) for i in range(max(0, n - m))]
    return p[: len(powers)] * np.asarray(powers, _real_dtype(p))


@composite()
def polyint(p: Array, m: int = 1, k: Array | None = None) -> Array:
    """Coefficients of the m-th integral of a polynomial.

    p: (n,). k: constants of integration, one for all or (m,), that of the first integration first (None: zeros).
    Returns (n + m,). Raises ValueError for a negative m, or another number of constants.

    >>> polyint(randn(3))
    >>> polyint(randn(3), 2, randn(2))
    """
    if m < 0:
        raise ValueError("m is negative; polyder differentiates")
    p = _coefficients("p", p)
    k = np.zeros(m, _real_dtype(p)) if k is None else k
    if np.shape(raw(k)) not in ((), (1,), (m,)):
        raise ValueError(f"k has shape {np.shape(raw(k))}; give {m} constants, or one for all")
    for i in range(m):
        divisors = np.arange(len(p), 0, -1).astype(_real_dtype(p))
        constant = k if np.ndim(raw(k)) == 0 else k[i % len(k)]
        p = concatenate([p / divisors, (0 * p[:1] + constant) if len(p) else constant.reshape((1,))])
    return p


def _coefficients(name: str, p: Any) -> Any:
    if np.ndim(raw(p)) != 1:
        raise ValueError(f"{name} must be one row of coefficients; flatten it, or take them one polynomial at a time")
    return p


def _real_dtype(p: Any) -> np.dtype[Any]:
    return np.result_type(raw(p).real.dtype, np.float16)


def _longer(p: Any, other: Any) -> Any:
    """`p` with zeros before it, as long as the other one if that is longer."""
    missing = len(_coefficients("b", other)) - len(_coefficients("a", p))
    return p if missing <= 0 else concatenate([np.zeros(missing, p.dtype), p])
