"""Reductions and scans that pass over NaN: it counts as missing, and its gradient is 0.

Each is the function without "nan" in its name, of the elements that are numbers. Medians and quantiles are in
`statistics`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels.reduction import Axis
from .reduction import extreme_gradient, prod, root, sum
from .reduction_where import filled, mean_of, var_of
from .scan import cumprod, cumsum


def _numbers(x: Any) -> Any:
    """Which elements count."""
    return ~np.isnan(raw(x))


# -- sums and products -------------------------------------------------------------------------------------------


@composite()
def nansum(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Sum of the elements along `axis` (of all for None) that are not NaN.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). The gradient of NaN is 0.

    >>> nansum(randn(3, 2))
    >>> nansum(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return sum(filled(x, _numbers(x), 0), axis, keepdims=keepdims)


@composite()
def nanprod(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Product of the elements along `axis` (of all for None) that are not NaN.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). The gradient of NaN is 0.

    >>> nanprod(randn(3, 2))
    >>> nanprod(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return prod(filled(x, _numbers(x), 1), axis, keepdims=keepdims)


@composite()
def nancumsum(x: Array, axis: int | None = None) -> Array:
    """Sums of the elements up to each one along `axis` (None: of the flattened array), NaN counting as 0.

    x: any shape. Returns the same shape (one axis for None). The gradient of NaN is 0.

    >>> nancumsum(randn(3, 2))
    >>> nancumsum(randn(3, 2), 0)
    """
    return cumsum(filled(x, _numbers(x), 0), axis)


@composite()
def nancumprod(x: Array, axis: int | None = None) -> Array:
    """Products of the elements up to each one along `axis` (None: of the flattened array), NaN counting as 1.

    x: any shape. Returns the same shape (one axis for None). The gradient of NaN is 0.

    >>> nancumprod(randn(3, 2))
    >>> nancumprod(randn(3, 2), 0)
    """
    return cumprod(filled(x, _numbers(x), 1), axis)


# -- mean and spread ---------------------------------------------------------------------------------------------


@composite()
def nanmean(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Mean of the elements along `axis` (of all for None) that are not NaN; NaN where there is none.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). The gradient of NaN is 0.

    >>> nanmean(randn(3, 2))
    >>> nanmean(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return mean_of(x, _numbers(x), axis, keepdims)


@composite()
def nanvar(x: Array, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Array:
    """Variance of the elements along `axis` that are not NaN, with ``n - correction`` in the denominator.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims), real; NaN where the
    denominator is not positive. The gradient of NaN is 0.

    >>> nanvar(randn(3, 2))
    >>> nanvar(randn(3, 2, 2), axis=(0, -1), correction=1, keepdims=True)
    """
    return var_of(x, _numbers(x), axis, correction, keepdims)


@composite()
def nanstd(x: Array, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Array:
    """Standard deviation of the elements along `axis` that are not NaN, with ``n - correction`` in the denominator.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims), real; NaN where the
    denominator is not positive. The gradient of NaN is 0, and so is every gradient where the result is 0.

    >>> nanstd(randn(3, 2))
    >>> nanstd(randn(3, 2, 2), axis=(0, -1), correction=1, keepdims=True)
    """
    return root(var_of(x, _numbers(x), axis, correction, keepdims))


# -- extremes ----------------------------------------------------------------------------------------------------


@op(
    x=lambda g, x, out, axis: extreme_gradient(g, x, out, axis),
    branch=lambda x, axis: np.equal(x, np.fmax.reduce(x, axis=axis, keepdims=True)),
)
def nanmax(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Largest element along `axis` (of all for None) that is not NaN; NaN, with a warning, where there is none.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the largest share the gradient equally; that of NaN is 0.

    >>> nanmax(distinct(3, 2))
    >>> nanmax(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.nanmax(x, axis=axis, keepdims=keepdims)


@op(
    x=lambda g, x, out, axis: extreme_gradient(g, x, out, axis),
    branch=lambda x, axis: np.equal(x, np.fmin.reduce(x, axis=axis, keepdims=True)),
)
def nanmin(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Smallest element along `axis` (of all for None) that is not NaN; NaN, with a warning, where there is none.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the smallest share the gradient equally; that of NaN is 0.

    >>> nanmin(distinct(3, 2))
    >>> nanmin(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.nanmin(x, axis=axis, keepdims=keepdims)


@op()
def nanargmax(x: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Position of the largest element along `axis` (in the flattened array for None) that is not NaN.

    x: real, any shape. Returns integers of x's shape without the axis (of length 1 with keepdims); the first position
    at a tie. Raises ValueError where all elements are NaN. Has no gradient.

    >>> nanargmax(randn(3, 2), axis=1, keepdims=True)
    """
    return np.nanargmax(x, axis=axis, keepdims=keepdims)


@op()
def nanargmin(x: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Position of the smallest element along `axis` (in the flattened array for None) that is not NaN.

    x: real, any shape. Returns integers of x's shape without the axis (of length 1 with keepdims); the first position
    at a tie. Raises ValueError where all elements are NaN. Has no gradient.

    >>> nanargmin(randn(3, 2), axis=1, keepdims=True)
    """
    return np.nanargmin(x, axis=axis, keepdims=keepdims)
