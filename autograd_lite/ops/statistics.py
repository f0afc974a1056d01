"""Averages with weights, medians and quantiles, with and without NaN.

Quantiles lie between two elements in order. They are found by their ranks and taken from where they stand, so gradients
go to the elements themselves. Equal ones keep their order, so that those of two ranks are two elements.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core import Array, Handle, composite, op, raw, tensor_of
from ..kernels import sorting
from ..kernels import statistics as kernels
from ..kernels.reduction import Axis, count, joined_last, kept_shape
from .elementwise import where
from .gather import take_along_axis
from .reduction import joined, mean, sum
from .shape import broadcast_to, moveaxis, reshape, transpose


@composite()
def average(
    x: Array, axis: Axis = None, weights: Array | None = None, returned: bool = False, *, keepdims: bool = False
) -> Any:
    """Mean along `axis` (of all elements for None), each element counted with its weight.

    x: any shape; weights: x's shape, or the lengths of `axis` alone. Returns x's shape without the reduced axes (of
    length 1 with keepdims); with `returned` a pair of that and the sum of the weights. Raises ValueError for weights of
    another shape, or that add up to 0.

    >>> average(randn(3, 2))
    >>> average(randn(3, 2), weights=positive(3, 2))
    >>> average(randn(3, 2, 2), (0, -1), positive(3, 2), True, keepdims=True)
    """
    if weights is None:
        value = mean(x, axis, keepdims=keepdims)
        number = np.full(np.shape(raw(value)), count(np.shape(raw(x)), axis), raw(value).dtype)
        return (value, number) if returned else value
    weights = _along(weights, np.shape(raw(x)), axis)
    total = sum(weights, axis, keepdims=keepdims)
    if not np.all(raw(total)):
        raise ValueError("the weights add up to zero; check them")
    value = sum(x * weights, axis, keepdims=keepdims) / total
    return (value, total if total.dtype == value.dtype else total.astype(value.dtype)) if returned else value


def _along(weights: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Weights in the shape of what they belong to. Those for `axis` alone are repeated along the other axes."""
    if np.shape(raw(weights)) == shape:
        return weights
    order, kept = joined_last(len(shape), axis)
    if np.shape(raw(weights)) != tuple(shape[i] for i in order[kept:]):
        raise ValueError("weights must have x's shape, or the lengths of `axis` alone; broadcast them, or set axis=")
    spread = broadcast_to(weights, tuple(shape[i] for i in order))
    return transpose(spread, tuple(int(i) for i in np.argsort(order)))


# -- medians and quantiles ---------------------------------------------------------------------------------------


@composite()
def median(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """The middle one of the elements in order along `axis` (of all for None); of an even number, the mean of the two.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims); NaN where an element is.
    Raises ValueError where there is no element. The gradient goes to the middle element, or half to each of the two;
    equal ones keep their order.

    >>> median(distinct(3, 2))
    >>> median(distinct(3, 1, 2), axis=(0, -1), keepdims=True)
    """
    return _median(x, axis, keepdims, ignore_nan=False)


@composite()
def nanmedian(x: Array, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """`median` of the elements that are not NaN.

    x: real, any shape. Returns x's shape without the reduced axes (of length 1 with keepdims); NaN, with a warning,
    where all are NaN. Raises ValueError where there is no element. The gradient goes where that of `median` goes.

    >>> nanmedian(distinct(3, 2))
    >>> nanmedian(distinct(3, 1, 2), axis=(0, -1), keepdims=True)
    """
    return _median(x, axis, keepdims, ignore_nan=True)


@composite()
def quantile(x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Array:
    """The value below which a part `q` of the elements along `axis` (of all for None) lies.

    x: real, any shape. q: from 0 to 1, a number or an array. method: how to interpolate between elements, in NumPy's
    words: "linear", "lower", "higher", "midpoint", "nearest", "hazen", "weibull", "median_unbiased", "normal_unbiased",
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf". Returns q's shape,
    followed by x's without the reduced axes (of length 1 with keepdims); NaN where an element is. Raises ValueError for
    q outside its range, for another method, and where there is no element, TypeError for complex x. The gradient goes
    to the elements on both sides, equal ones keeping their order; also to `q` where the method is continuous, as the
    slope to the right.

    >>> quantile(distinct(3, 2), 0.3)
    >>> quantile(distinct(3, 1, 2), [0.25, 0.65], axis=(0, -1), method="hazen", keepdims=True)
    >>> quantile(distinct(5), 0.3, method="nearest")
    """
    return _quantile(x, q, axis, method, keepdims, ignore_nan=False)


@composite()
def nanquantile(x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Array:
    """`quantile` of the elements that are not NaN.

    x: real, any shape; q and method: as in `quantile`. Returns q's shape, followed by x's without the reduced axes (of
    length 1 with keepdims); NaN, with a warning, where all are NaN. Raises ValueError as `quantile` does. The gradient
    goes where that of `quantile` goes.

    >>> nanquantile(distinct(3, 2), 0.3)
    >>> nanquantile(distinct(3, 1, 2), [0.25, 0.65], axis=(0, -1), method="weibull", keepdims=True)
    """
    return _quantile(x, q, axis, method, keepdims, ignore_nan=True)


@composite()
def percentile(x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Array:
    """`quantile` with `q` from 0 to 100.

    x: real, any shape; the rest as in `quantile`. Returns q's shape, followed by x's without the reduced axes (of
    length 1 with keepdims). Raises ValueError, and has its gradient, as `quantile` does.

    >>> percentile(distinct(3, 2), 30)
    >>> percentile(distinct(3, 1, 2), [25, 65], axis=(0, -1), method="hazen", keepdims=True)
    """
    return _quantile(x, _hundredth(q), axis, method, keepdims, ignore_nan=False)


@composite()
def nanpercentile(x: Array, q: Any, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Array:
    """`percentile` of the elements that are not NaN.

    x: real, any shape; the rest as in `quantile`. Returns q's shape, followed by x's without the reduced axes (of
    length 1 with keepdims). Raises ValueError, and has its gradient, as `nanquantile` does.

    >>> nanpercentile(distinct(3, 2), 30)
    >>> nanpercentile(distinct(3, 1, 2), [25, 65], axis=(0, -1), method="weibull", keepdims=True)
    """
    return _quantile(x, _hundredth(q), axis, method, keepdims, ignore_nan=True)


def _hundredth(q: Any) -> Any:
    return [float(each) / 100 for each in q] if isinstance(q, list | tuple) else q / 100


def _median(x: Any, axis: Axis, keepdims: bool, ignore_nan: bool) -> Any:
    rows = joined(x, axis)  # (kept..., n)
    number = _number(raw(rows), ignore_nan)
    below, above = _between(rows, np.maximum(number - 1, 0) // 2, number // 2, ignore_nan)
    middle = (0.5 * below + 0.5 * above)[..., 0]
    return reshape(middle, kept_shape(np.shape(raw(x)), axis)) if keepdims else middle


def _quantile(x: Any, q: Any, axis: Axis, method: str, keepdims: bool, ignore_nan: bool) -> Any:
    if not np.all((np.asarray(raw(q)) >= 0) & (np.asarray(raw(q)) <= 1)):
        raise ValueError("q must lie between 0 and 1, as percentages between 0 and 100; clip it, or check the scale")
    if np.iscomplexobj(raw(x)):
        raise TypeError("complex numbers have no order; take quantiles of real(x), imag(x) or abs(x)")
    if isinstance(q, Handle) and not isinstance(x, Handle):
        x = tensor_of(np.asarray(x), None)  # the result is a Tensor, also where q has no slope
    weak = isinstance(q, list | tuple | int | float)  # numbers of Python's never promote
    q = q if isinstance(q, Handle) else np.asarray(q, np.result_type(np.asarray(q), np.float16))
    rows = joined(x, axis)  # (kept..., n)
    values = _interpolated(rows, reshape(q, (-1,)), weak, method, ignore_nan)  # (kept..., number of q)
    lengths = kept_shape(np.shape(raw(x)), axis) if keepdims else rows.shape[:-1]
    return reshape(moveaxis(values, -1, 0), (*q.shape, *lengths))


def _interpolated(rows: Any, q: Any, weak: bool, method: str, ignore_nan: bool) -> Any:
    number = _number(raw(rows), ignore_nan)
    rank = _rank(number, q, method)
    below, above = kernels.neighbours(raw(rank), number)
    lower, upper = _between(rows, below, above, ignore_nan)
    if method in kernels.WHOLE_RANKS:
        return lower
    weight = rank - np.floor(raw(rank))
    if weak and rows.dtype.kind == "f":
        weight = weight.astype(rows.dtype)
    if np.isfinite(raw(lower)).all() and np.isfinite(raw(upper)).all():
        return lower + (upper - lower) * weight
    # The distance is infinite, or undefined: none between two that are the same, or on the way to what has no weight.
    still = np.equal(raw(lower), raw(upper)) | np.equal(raw(weight), 0)
    lower_part, upper_part = (1 - weight) * where(still, 0, lower), weight * where(still, 0, upper)
    return where(still, lower, lower_part + upper_part)


def _rank(number: Any, q: Any, method: str) -> Any:
    """Where the quantiles lie among so many elements in order, from 0; a Tensor where `q` is one and has a slope."""
    if method in kernels.ALPHA_BETA:
        alpha, beta = kernels.ALPHA_BETA[method]
        return q * np.asarray(number + (1 - alpha - beta), q.dtype) + (alpha - 1)
    ranks = kernels.WHOLE_RANKS | kernels.HALF_RANKS
    if method not in ranks:
        raise ValueError(f"method {method!r} is not known; use one of {', '.join([*kernels.ALPHA_BETA, *ranks])}")
    return ranks[method](number, raw(q))


def _number(rows: Any, ignore_nan: bool) -> Any:
    """How many elements each row has, NaN not counted with `ignore_nan`: (1,), or (kept..., 1)."""
    if rows.shape[-1] == 0:
        raise ValueError("there is no element along the axis; check the sizes first")
    if not ignore_nan:
        return np.array([rows.shape[-1]])
    number = np.count_nonzero(~np.isnan(rows), axis=-1, keepdims=True)
    if not number.all():
        warnings.warn("All-NaN slice encountered", RuntimeWarning, stacklevel=2)
    return number


def _between(rows: Any, below: Any, above: Any, ignore_nan: bool) -> tuple[Any, Any]:
    """The elements of these ranks, (m,) or (kept..., m), in each row."""
    ranks = np.concatenate([below, above], axis=-1)
    values = take_along_axis(rows, positions_of_rank(rows, ranks, not ignore_nan), -1)
    return values[..., : below.shape[-1]], values[..., below.shape[-1] :]


@op(branch=lambda out: out)
def positions_of_rank(x: Array, ranks: Array, strict: bool) -> Array:
    """Positions along the last axis of the elements of these ranks; equal ones keep their order. Has no gradient.

    x: (..., n), real; ranks: integers below n, (m,) or (..., m). strict: where one is NaN, its position for all ranks.
    Returns integers (..., m).

    >>> positions_of_rank(distinct(2, 4), np.array([1, 2]), True)
    """
    return sorting.of_rank(x, ranks, strict)
