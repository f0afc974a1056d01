"""Reductions over one axis, several, or all. `axis` and `keepdims` are NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import reduction as kernels
from ..kernels.reduction import Axis
from .elementwise import conj, exp
from .shape import broadcast_to, reshape


def _kept(reduced: Any, x_shape: tuple[int, ...], axis: Axis) -> Any:
    """A reduced array with its reduced axes back, of length 1."""
    return reshape(reduced, kernels.kept_shape(x_shape, axis))


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
    return kernels.sum(x, axis, keepdims) / kernels.count(x.shape, axis)


@op(x=lambda g, x, axis, correction: _var_gradient(g, x, axis, correction))
def var(x: Array, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Array:
    """Variance along `axis`: the mean squared distance from the mean, with ``n - correction`` in the denominator.

    x: any shape. Returns x's shape without the reduced axes (of length 1 with keepdims), real.

    >>> var(randn(3, 2))
    >>> var(randn(3, 2, 4), axis=(0, -1), correction=1, keepdims=True)
    """
    return np.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def _var_gradient(g: Any, x: Any, axis: Axis, correction: float) -> Any:
    deviation = conj(x - mean(x, axis, keepdims=True))
    freedom = kernels.count(x.shape, axis) - correction
    return (
        _kept(g, x.shape, axis) * deviation * (2 / freedom if freedom > 0 else np.nan)
    )  # as undefined as the variance


@op(
    x=lambda g, x, out, axis: _extreme_gradient(g, x, out, axis),
    branch=lambda x, axis: np.equal(x, np.max(x, axis=axis, keepdims=True)),
)
def max(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Largest element along `axis` (of all for None).

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims). Elements that tie for
    the largest share the gradient equally.

    >>> max(distinct(3, 2))
    >>> max(distinct(3, 2, 2), axis=(0, -1), keepdims=True)
    """
    return np.max(x, axis=axis, keepdims=keepdims)


@op(
    x=lambda g, x, out, axis: _extreme_gradient(g, x, out, axis),
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


def _extreme_gradient(g: Any, x: Any, out: Any, axis: Axis) -> Any:
    return _kept(g, x.shape, axis) * tie_weights(x, _kept(out, x.shape, axis), axis)


@op()
def tie_weights(x: Array, extreme: Array, axis: Axis) -> Array:
    """The share of each element in the gradient of a max or min along `axis`. Has no gradient.

    x: any shape; extreme: x's with reduced axes of length 1. Returns x's shape.

    >>> tie_weights(randn(3, 2), randn(3, 1), 1)
    """
    return kernels.tie_weights(x, extreme, axis)


@op(x=lambda g, x, out, axis: _kept(g, x.shape, axis) * exp(x - _kept(out, x.shape, axis)))
def logsumexp(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """``log(sum(exp(x)))`` along `axis` (over all for None), without overflow.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims).

    >>> logsumexp(randn(3, 2))
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
