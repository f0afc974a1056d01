"""Reductions over one axis, several, or all. `axis` and `keepdims` are NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import reduction as kernels
from ..kernels.reduction import Axis
from .diagonal import diagonal
from .elementwise import conj, divide_or_zero, safe_multiply
from .scan import exclusive_prod, share
from .shape import broadcast_to, reshape, transpose


def _kept(reduced: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduced array with its reduced axes back, of length 1."""
    return reshape(reduced, kernels.kept_shape(x_shape, axis))


def joined(x: Any, axis: Axis) -> Any:
    """The axes that are to be reduced as one, at the end: (kept axes..., number of elements)."""
    shape = np.shape(raw(x))
    order, kept = kernels.joined_last(len(shape), axis)
    return reshape(transpose(x, order), (*(shape[i] for i in order[:kept]), kernels.count(shape, axis)))


def separated(rows: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """What `joined` made of an array of this shape, back in its place."""
    order, _ = kernels.joined_last(len(shape), axis)
    back = tuple(int(i) for i in np.argsort(order))
    return transpose(reshape(rows, tuple(shape[i] for i in order)), back)


@op(x=lambda g, x_shape, axis: broadcast_to(_kept(g, x_shape, axis), x_shape))
def sum(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Sum of the elements along `axis` (all of them for None).

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims).

    >>> sum(randn(3, 2))
    >>> sum(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return kernels.sum(x, axis, keepdims)


@op(x=lambda g, x_shape, axis: broadcast_to(_kept(g / kernels.count(x_shape, axis), x_shape, axis), x_shape))
def mean(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Mean of the elements along `axis` (all of them for None).

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims).

    >>> mean(randn(3, 2))
    >>> mean(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    if x.dtype is kernels.HALF:  # the sum may overflow
        return np.mean(x, axis=axis, keepdims=keepdims)
    return kernels.sum(x, axis, keepdims) / kernels.count(x.shape, axis)


@op(x=lambda g, x, axis: _prod_gradient(g, x, axis))
def prod(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Product of the elements along `axis` (all of them for None).

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). The gradient is exact where
    elements are zero, too: the product of all others, without a division.

    >>> prod(randn(3, 2))
    >>> prod(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return kernels.multiply_reduce(x, axis=axis, keepdims=keepdims)


def _prod_gradient(g: Any, x: Any, axis: Axis) -> Any:
    others = separated(exclusive_prod(joined(x, axis)), x.shape, axis)
    return safe_multiply(_kept(g, x.shape, axis), others)


@composite()
def trace(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Sum of the diagonal of the matrices that two axes make.

    x: at least two axes. offset: above (positive) or below the main diagonal. Returns x's shape without the two axes.

    >>> trace(randn(2, 3))
    >>> trace(randn(2, 2, 3), -1, axis1=-1, axis2=0)
    """
    return sum(diagonal(x, offset, axis1, axis2), -1)


# -- spread ------------------------------------------------------------------------------------------------------


@op(x=lambda g, x, axis, correction: _var_gradient(g, x, axis, correction))
def var(x: Array, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Array:
    """Variance along `axis`: the mean squared distance from the mean, with ``n - correction`` in the denominator.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims), real.

    >>> var(randn(3, 2))
    >>> var(randn(3, 2, 4), axis=(0, -1), correction=2, keepdims=True)
    """
    return kernels.var(x, axis, correction, keepdims)


def _var_gradient(g: Any, x: Any, axis: Axis, correction: float) -> Any:
    deviation = conj(x - mean(x, axis, keepdims=True))
    freedom = kernels.count(x.shape, axis) - correction
    scale = 2 / freedom if freedom > 0 else np.nan  # as undefined as the variance
    return _kept(g, x.shape, axis) * deviation * scale


@composite()
def std(x: Array, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Array:
    """Standard deviation along `axis`: the root of the variance, with ``n - correction`` in its denominator.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims), real. Where the result is 0,
    the gradient is 0.

    >>> std(randn(3, 2))
    >>> std(randn(3, 2, 4), axis=(0, -1), correction=1, keepdims=True)
    """
    return root(var(x, axis, correction=correction, keepdims=keepdims))


@op(x=lambda g, out: divide_or_zero(0.5 * g, out), branch=lambda out: np.equal(out, 0))
def root(x: Array) -> Array:
    """Square root of a sum of squares, elementwise.

    x: any shape. Returns the same shape. At 0 the gradient is 0, as that of a norm, to every order.

    >>> root(positive(3, 2))
    """
    return np.sqrt(x)


# -- extremes ----------------------------------------------------------------------------------------------------


@op(
    x=lambda g, x, out, axis: extreme_gradient(g, x, out, axis),
    branch=lambda x, axis: np.equal(x, np.max(x, axis=axis, keepdims=True)),
)
def max(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Largest element along `axis` (of all for None).

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the largest share the gradient equally.

    >>> max(distinct(3, 2))
    >>> max(distinct(3, 2), 1)
    >>> max(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.max(x, axis=axis, keepdims=keepdims)


@op(
    x=lambda g, x, out, axis: extreme_gradient(g, x, out, axis),
    branch=lambda x, axis: np.equal(x, np.min(x, axis=axis, keepdims=True)),
)
def min(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Smallest element along `axis` (of all for None).

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the smallest share the gradient equally.

    >>> min(distinct(3, 2))
    >>> min(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.min(x, axis=axis, keepdims=keepdims)


def extreme_gradient(g: Any, x: Any, out: Any, axis: Axis) -> Any:
    """The derivative of a largest or smallest element: shared by those that tie."""
    return _kept(g, x.shape, axis) * tie_weights(x, _kept(out, x.shape, axis), axis)


@op(branch=lambda out: out)
def tie_weights(x: Array, extreme: Array, axis: Axis) -> Array:
    """The share of each element in the gradient of a max or min along `axis`. Has no gradient.

    x: any shape; extreme: x's with reduced axes of length 1. Returns x's shape.

    >>> tie_weights(randn(3, 2), randn(3, 1), 1)
    """
    return kernels.tie_weights(x, extreme, axis)


@composite()
def ptp(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Peak to peak: the largest element along `axis` (of all for None) minus the smallest.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the largest or the smallest share its gradient equally.

    >>> ptp(distinct(3, 2))
    >>> ptp(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return max(x, axis, keepdims=keepdims) - min(x, axis, keepdims=keepdims)


@op(x=lambda g, x, out, axis: safe_multiply(_kept(g, x.shape, axis), share(x, _kept(out, x.shape, axis))))
def logsumexp(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """``log(sum(exp(x)))`` along `axis` (over all for None), without overflow.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Where all elements are
    -inf, the gradient is 0.

    >>> logsumexp(randn(3, 2), 1)
    >>> logsumexp(randn(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return kernels.logsumexp(x, axis, keepdims)


@op()
def argmax(x: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Position of the largest element along `axis` (in the flattened array for None); the first one at a tie.

    x: real, any shape. Returns integers of x's shape without the axis (of length 1 with keepdims). Has no gradient.

    >>> argmax(randn(3, 2), axis=1, keepdims=True)
    """
    return np.argmax(x, axis=axis, keepdims=keepdims)


@op()
def argmin(x: Array, axis: int | None = None, *, keepdims: bool = False) -> Array:
    """Position of the smallest element along `axis` (in the flattened array for None); the first one at a tie.

    x: real, any shape. Returns integers of x's shape without the axis (of length 1 with keepdims). Has no gradient.

    >>> argmin(randn(3, 2), axis=1, keepdims=True)
    """
    return np.argmin(x, axis=axis, keepdims=keepdims)


# -- truth -------------------------------------------------------------------------------------------------------


@op()
def any(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Whether an element along `axis` (of all for None) is true, that is not zero. Has no gradient.

    x: any shape. Returns booleans of x's shape without the reduced axes (of length 1 with keepdims).

    >>> any(mask(3, 2))
    >>> any(mask(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.any(x, axis=axis, keepdims=keepdims)


@op()
def all(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Whether all elements along `axis` (all of them for None) are true, that is not zero. Has no gradient.

    x: any shape. Returns booleans of x's shape without the reduced axes (of length 1 with keepdims).

    >>> all(mask(3, 2))
    >>> all(mask(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.all(x, axis=axis, keepdims=keepdims)


@op()
def count_nonzero(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """How many elements along `axis` (of all for None) are not zero. Has no gradient.

    x: any shape. Returns integers of x's shape without the reduced axes (of length 1 with keepdims).

    >>> count_nonzero(mask(3, 2))
    >>> count_nonzero(mask(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.count_nonzero(x, axis=axis, keepdims=keepdims)
