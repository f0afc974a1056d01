"""Scans: sums, products and extremes of all elements up to each one, along an axis.

The derivative of a product has products of all other elements, which division gives only where nothing is zero. Here
they come from `linear_recurrence`, which multiplies and adds, and whose derivative is a recurrence again: so products
and scans are exact at zeros to any order, in linear time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import scan as kernels
from .elementwise import exp, safe_multiply, where
from .gather import take_along_axis
from .shape import concatenate, flip, reshape


def _along(axis: int, ndim: int, part: slice) -> tuple[slice, ...]:
    """The index that takes a part of one axis."""
    return (*(slice(None),) * (axis % ndim), part)


def _but_first(x: Any, axis: int) -> Any:
    return x[_along(axis, x.ndim, slice(1, None))]


def _but_last(x: Any, axis: int) -> Any:
    return x[_along(axis, x.ndim, slice(None, -1))]


def _after_first(first: float, x: Any, axis: int) -> Any:
    """`x` moved on by one along the axis, behind the number `first`; of the same length."""
    start = raw(x)[_along(axis, x.ndim, slice(1))]
    return concatenate([np.full(start.shape, first, x.dtype), _but_last(x, axis)], axis)


# -- the recurrence that derivatives of products are made of -----------------------------------------------------


@op(
    a=lambda g, a, out, axis, reverse: _recurrence_factor_gradient(g, a, out, axis, reverse),
    b=lambda g, a, axis, reverse: linear_recurrence(a, g, axis, not reverse),
)
def linear_recurrence(a: Array, b: Array, axis: int = -1, reverse: bool = False) -> Array:
    """``h[0] = b[0]`` and ``h[k + 1] = a[k] * h[k] + b[k + 1]`` along `axis`; with `reverse` from the last one down,
    ``h[k] = a[k] * h[k + 1] + b[k]``.

    b: any shape with the axis; a: the same shape, but one shorter along the axis: ``a[k]`` joins k and k + 1. Returns
    b's shape. Raises ValueError for other shapes.

    >>> linear_recurrence(randn(2, 3), randn(2, 4))
    >>> linear_recurrence(randn(3, 2), randn(4, 2), 0, True)
    """
    lengths = list(b.shape)
    lengths[axis] = lengths[axis] - (lengths[axis] > 0)
    if list(a.shape) != lengths:
        raise ValueError(f"a must have shape {tuple(lengths)}, one shorter than b along the axis; cut or pad it")
    return kernels.linear_recurrence(a, b, axis, reverse)


def _recurrence_factor_gradient(g: Any, a: Any, out: Any, axis: int, reverse: bool) -> Any:
    """Each factor joins two neighbours: the state on one side times what arrives, from behind, on the other."""
    arriving = linear_recurrence(a, g, axis, not reverse)
    if reverse:
        return _but_first(out, axis) * _but_last(arriving, axis)
    return _but_last(out, axis) * _but_first(arriving, axis)


# -- sums and products -------------------------------------------------------------------------------------------


@op(x=lambda g, x_shape, axis: reshape(flip(cumsum(flip(g, axis), axis), axis), x_shape))
def cumsum(x: Array, axis: int | None = None) -> Array:
    """Sums of the elements up to each one along `axis` (None: of the flattened array).

    x: any shape. Returns the same shape (one axis for None).

    >>> cumsum(randn(3, 2))
    >>> cumsum(randn(3, 2), 0)
    """
    return np.cumsum(x, axis)


@op(x=lambda g, x, out, axis: _cumprod_gradient(g, x, out, axis or 0))
def cumprod(x: Array, axis: int | None = None) -> Array:
    """Products of the elements up to each one along `axis` (None: of the flattened array).

    x: any shape. Returns the same shape (one axis for None). The gradient is exact where elements are zero, too.

    >>> cumprod(randn(3, 2))
    >>> cumprod(randn(3, 2, 2), -2)
    """
    return np.cumprod(x, axis)


def _cumprod_gradient(g: Any, x: Any, out: Any, axis: int) -> Any:
    """``y[k + 1] = x[k + 1] * y[k]``: what arrives at y[k] comes from behind, times the product before k."""
    factors = reshape(x, out.shape)
    arriving = linear_recurrence(_but_first(factors, axis), g, axis, True)
    return reshape(safe_multiply(arriving, _after_first(1, out, axis)), x.shape)


@composite()
def exclusive_prod(x: Array, axis: int = -1) -> Array:
    """For each element the product of all others along `axis`, without a division.

    x: any shape with the axis. Returns the same shape. The gradient is exact where elements are zero, too.

    >>> exclusive_prod(randn(2, 3))
    >>> exclusive_prod(randn(3, 2), 0)
    """
    before = _after_first(1, cumprod(x, axis), axis)
    behind = flip(_after_first(1, cumprod(flip(x, axis), axis), axis), axis)
    return before * behind


@composite()
def cumulative_sum(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    """Sums of the elements up to each one along `axis`, from 0 on with `include_initial`.

    x: any shape; the axis can be left out if there is no other. Returns the same shape (of none, one axis), one longer
    along the axis with `include_initial`. Raises ValueError where the axis is missing.

    >>> cumulative_sum(randn(3))
    >>> cumulative_sum(randn(3, 2), axis=0, include_initial=True)
    """
    axis = _only_axis(x, axis)
    return _with_initial(0, cumsum(x, axis), axis) if include_initial else cumsum(x, axis)


@composite()
def cumulative_prod(x: Array, *, axis: int | None = None, include_initial: bool = False) -> Array:
    """Products of the elements up to each one along `axis`, from 1 on with `include_initial`.

    x: any shape; the axis can be left out if there is no other. Returns the same shape (of none, one axis), one longer
    along the axis with `include_initial`. Raises ValueError where the axis is missing. The gradient is exact where
    elements are zero, too.

    >>> cumulative_prod(randn(3))
    >>> cumulative_prod(randn(3, 2), axis=0, include_initial=True)
    """
    axis = _only_axis(x, axis)
    return _with_initial(1, cumprod(x, axis), axis) if include_initial else cumprod(x, axis)


def _only_axis(x: Any, axis: int | None) -> int:
    if axis is None and np.ndim(raw(x)) > 1:
        raise ValueError("an array with several axes needs to be told along which; pass axis=")
    return 0 if axis is None else axis


def _with_initial(first: float, x: Any, axis: int) -> Any:
    lengths = list(x.shape)
    lengths[axis] = 1
    return concatenate([np.full(lengths, first, x.dtype), x], axis)


# -- extremes ----------------------------------------------------------------------------------------------------


@composite()
def cummax(x: Array, axis: int = -1) -> tuple[Array, Array]:
    """The largest element up to each one along `axis`, and its position.

    x: real, any shape with the axis. Returns (values, indices), both of x's shape. The gradient goes to the element at
    that position: the first of equal ones (PyTorch: the last), the first NaN.

    >>> cummax(distinct(2, 4))
    >>> cummax(distinct(3, 2), 0)
    """
    indices = running_argmax(x, axis)
    return take_along_axis(x, indices, axis), indices


@composite()
def cummin(x: Array, axis: int = -1) -> tuple[Array, Array]:
    """The smallest element up to each one along `axis`, and its position.

    x: real, any shape with the axis. Returns (values, indices), both of x's shape. The gradient goes to the element at
    that position: the first of equal ones (PyTorch: the last), the first NaN.

    >>> cummin(distinct(2, 4))
    >>> cummin(distinct(3, 2), 0)
    """
    indices = running_argmin(x, axis)
    return take_along_axis(x, indices, axis), indices


@op(branch=lambda out: out)
def running_argmax(x: Array, axis: int) -> Array:
    """The position of the largest element up to each one along `axis`, the first at a tie. Has no gradient.

    x: real, any shape with the axis. Returns integers of the same shape.

    >>> running_argmax(distinct(3, 2), 0)
    """
    return kernels.running_argmax(np.asarray(x), axis)


@op(branch=lambda out: out)
def running_argmin(x: Array, axis: int) -> Array:
    """The position of the smallest element up to each one along `axis`, the first at a tie. Has no gradient.

    x: real, any shape with the axis. Returns integers of the same shape.

    >>> running_argmin(distinct(3, 2), 0)
    """
    return kernels.running_argmin(np.asarray(x), axis)


# -- logarithms of sums ------------------------------------------------------------------------------------------


@op(x=lambda g, x, out, axis: _logcumsumexp_gradient(g, x, out, axis))
def logcumsumexp(x: Array, axis: int = -1) -> Array:
    """``log(cumsum(exp(x)))`` along `axis`, without overflow.

    x: real, any shape with the axis. Returns the same shape. Where all elements so far are -inf, the gradient is 0.

    >>> logcumsumexp(randn(2, 3))
    >>> logcumsumexp(randn(3, 2), 0)
    """
    return kernels.logcumsumexp(np.asarray(x), axis)


def _logcumsumexp_gradient(g: Any, x: Any, out: Any, axis: int) -> Any:
    """``exp(x[k] - y[k])`` is the share of element k in y[k], ``exp(y[k] - y[k + 1])`` that of y[k] in the next."""
    handed_on = share(_but_last(out, axis), _but_first(out, axis))
    return linear_recurrence(handed_on, g, axis, True) * share(x, out)


def share(x: Any, total: Any) -> Any:
    """``exp(x - total)``: what `x` contributes to a logarithm of a sum of exponentials; 0 where both are -inf."""
    nothing = np.equal(raw(total), -np.inf)
    return exp(x - (where(nothing, 0, total) if nothing.any() else total))
