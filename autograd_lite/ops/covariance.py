"""Covariances and correlations of variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .diagonal import diagonal
from .elementwise import astype, clip, real, sqrt
from .linalg import matmul
from .matrices import adjoint, real_dtype
from .reduction import mean, sum
from .shape import concatenate, expand_dims, reshape, squeeze


@composite(constants=("fweights",))
def cov(
    x: Array,
    y: Array | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: float | None = None,
    fweights: Array | None = None,
    aweights: Array | None = None,
) -> Array:
    """Covariances of variables: the mean product of their deviations from their means.

    x: (variables, observations), or (observations,) of one variable; with rowvar=False the other way round. y: more
    variables with the same observations. bias: divide by the number n of observations, not n - 1. ddof: by n - ddof.
    fweights: integers (observations,), how often each observation counts. aweights: its weight, positive. Returns
    (variables, variables), or a scalar for one variable. Raises ValueError for more axes, weights of another length,
    TypeError for fweights that are not integers.

    >>> cov(randn(2, 3))
    >>> cov(randn(3, 1), randn(3, 2), rowvar=False, bias=True)
    >>> cov(randn(3), ddof=0, fweights=np.array([1, 2, 1]), aweights=positive(3))
    """
    x = _rows(x, rowvar or np.ndim(raw(x)) == 1)
    if y is not None:
        x = concatenate([x, _rows(y, rowvar or np.ndim(raw(y)) == 1 or np.shape(raw(y))[0] == 1)], 0)
    n, dtype = x.shape[1], real_dtype(x)
    ddof = ddof if ddof is not None else 0 if bias else 1
    weights = [astype(w, dtype) for w in _checked_weights(fweights, aweights, n)]
    if not weights:
        deviation = x - mean(x, 1, keepdims=True)
        weighted, freedom = deviation, n - ddof
    else:
        each = weights[0] if len(weights) == 1 else weights[0] * weights[1]
        total = sum(each)
        deviation = x - expand_dims(matmul(x, each) / total, 1)
        weighted = deviation * each
        freedom = total - (ddof if aweights is None else ddof * sum(each * weights[-1]) / total)
    product = matmul(weighted, adjoint(deviation)) / (freedom if raw(freedom) > 0 else 0.0)
    return squeeze(product)


def _rows(x: Any, rows: bool) -> Any:
    """Variables as rows, of floating-point numbers."""
    if np.ndim(raw(x)) > 2:
        raise ValueError("variables and observations are two axes at most; reshape the array")
    x = x if x.dtype.kind in "fc" else astype(x, np.float64)
    x = reshape(x, (1, -1)) if x.ndim < 2 else x
    return x if rows else x.mT


def _checked_weights(fweights: Any, aweights: Any, n: int) -> list[Any]:
    given = [w for w in (fweights, aweights) if w is not None]
    if any(np.shape(raw(w)) != (n,) for w in given):
        raise ValueError(f"weights must be one number for each of {n} observations; check their shape")
    if any((raw(w) < 0).any() for w in given):
        raise ValueError("weights must not be negative; leave observations out instead")
    if fweights is not None and (np.floor(raw(fweights)) != raw(fweights)).any():
        raise TypeError("fweights must be integers, how often each observation counts; use aweights= for others")
    return given


@composite()
def corrcoef(x: Array, y: Array | None = None, rowvar: bool = True) -> Array:
    """Correlation coefficients of variables: covariances, divided by both standard deviations.

    x: (variables, observations), or (observations,) of one variable; with rowvar=False the other way round. y: more
    variables with the same observations. Returns (variables, variables), or a scalar for one variable, from -1 to 1:
    what rounding leads beyond is cut off and has the gradient 0.

    >>> corrcoef(randn(2, 3))
    >>> corrcoef(randn(3, 1), randn(3, 2), rowvar=False)
    """
    c = cov(x, y, rowvar)
    if not np.ndim(raw(c)):
        return c / c
    deviation = sqrt(real(diagonal(c)))
    c = c / expand_dims(deviation, 1) / deviation
    return c if c.dtype.kind == "c" else clip(c, -1, 1)
