"""The activations of the field, with PyTorch's names, arguments and gradients at kinks.

`relu`, `sigmoid` and `tanh` are in `elementwise`, `softmax` has a file of its own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, composite, op, raw
from ..kernels import activations as kernels
from ..kernels.elementwise import sigmoid as logistic
from ..kernels.special import real
from .elementwise import abs, exp, maximum, relu, sigmoid, square, tanh, where
from .random import Generator, default_rng
from .shape import numbers_as_arrays, reshape, split
from .softmax import softmax
from .special import ndtr

# -- lines with a kink -------------------------------------------------------------------------------------------


@op(
    x=lambda g, x, negative_slope: g * leaky_slope(x, negative_slope),
    negative_slope=lambda g, x: where(x > 0, 0, g * x),
    branch=lambda x: x > 0,
)
def leaky_relu(x: Array, negative_slope: Array = 0.01) -> Array:
    """`x` where it is positive, ``negative_slope x`` elsewhere.

    x, negative_slope: real, broadcast against each other. Returns the broadcast shape. At 0 the gradient is
    `negative_slope`, the one from the left.

    >>> leaky_relu(distinct(3, 2))
    >>> leaky_relu(distinct(3, 2), positive(2))
    """
    return kernels.leaky_relu(real(x), negative_slope)


@op(negative_slope=lambda g, x: where(x > 0, 0, g), branch=lambda x: x > 0)
def leaky_slope(x: Array, negative_slope: Array) -> Array:
    """The slope of `leaky_relu`: 1 where `x` is positive, `negative_slope` elsewhere. Has no gradient for `x`.

    x, negative_slope: real, broadcast against each other. Returns the broadcast shape.

    >>> leaky_slope(distinct(3, 2), positive(2))
    """
    return kernels.leaky_slope(x, negative_slope)


@composite()
def prelu(x: Array, weight: Array) -> Array:
    """`leaky_relu` with a slope that is learned, one for each channel.

    x: real, (N, C, ...) or any shape if there is one weight; weight: (C,) or (1,). Returns x's shape. At 0 the gradient
    is the weight, the one from the left. Raises ValueError for another number of weights.

    >>> prelu(distinct(2, 3), positive(3))
    >>> prelu(distinct(2, 2, 2), positive(1))
    """
    x, weight = numbers_as_arrays((x, weight))
    shape, count = np.shape(raw(x)), np.size(raw(weight))
    if count == 1:
        return leaky_relu(x, reshape(weight, ()))
    if len(shape) < 2 or count != shape[1]:
        raise ValueError("axis 1 of x is for the channels; give one weight for each of them, or one for all")
    return leaky_relu(x, reshape(weight, (count,) + (1,) * (len(shape) - 2)))


def rrelu(
    x: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    slopes: Array | None = None,
    rng: Generator | None = None,
) -> Any:
    """`leaky_relu` with random slopes from `lower` to `upper` in training, and the one in the middle otherwise.

    x: real, any shape. slopes: an array to use in training, instead of drawing it from `rng` (None: the package's own
    generator). Returns x's shape. Raises ValueError if `lower` is above `upper`.
    """
    if lower > upper:
        raise ValueError(f"rrelu: lower = {lower} is above upper = {upper}; exchange them")
    if not training:
        return leaky_relu(x, (lower + upper) / 2)
    if slopes is None:
        array = np.asarray(raw(x))
        dtype = np.result_type(array, np.float16)
        slopes = default_rng(rng).uniform(lower, upper, array.shape).astype(dtype)
    return leaky_relu(x, slopes)


@op(x=lambda g, x, min_val, max_val: g * ((x > min_val) * (x < max_val)), branch=lambda x, out: np.sign(x - out))
def hardtanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """`x` limited to the interval from `min_val` to `max_val`.

    x: real, any shape. Returns the same shape. On a limit the gradient is 0 (and `clip`'s is 1). Raises ValueError
    if `min_val` is above `max_val`.

    >>> hardtanh(distinct(3, 2), -0.2, 0.4)
    """
    if min_val > max_val:
        raise ValueError("min_val is above max_val; exchange them")
    return np.clip(real(x), min_val, max_val)


@composite()
def relu6(x: Array) -> Array:
    """``min(max(x, 0), 6)``.

    x: real, any shape. Returns the same shape. At 0 and 6 the gradient is 0.

    >>> relu6(10 * distinct(4))
    """
    return hardtanh(x, 0.0, 6.0)


@op(x=lambda g, x: g * ((x > -3) * (x < 3)) * (1 / 6), branch=lambda x: np.sign(np.clip(x, -3, 3) - x))
def hardsigmoid(x: Array) -> Array:
    """``clip(x + 3, 0, 6) / 6``: `sigmoid` in three straight lines.

    x: real, any shape. Returns the same shape. At -3 and 3 the gradient is 0.

    >>> hardsigmoid(20 * distinct(4))
    """
    return np.clip(real(x) + 3, 0, 6) / 6


@op(
    x=lambda g, x: g * (((x > -3) * (x < 3)) * (x * (1 / 3) + 0.5) + (x >= 3)),
    branch=lambda x: np.sign(np.clip(x, -3, 3) - x),
)
def hardswish(x: Array) -> Array:
    """``x hardsigmoid(x)``.

    x: real, any shape. Returns the same shape. At -3 the gradient is 0, at 3 it is 1: those from outside.

    >>> hardswish(20 * distinct(4))
    """
    return kernels.hardswish(real(x))


@op(x=lambda g, x, lambd: g * (abs(x) > lambd), branch=lambda x, lambd: np.abs(x) > lambd)
def hardshrink(x: Array, lambd: float = 0.5) -> Array:
    """`x`, and 0 where its absolute value is at most `lambd`.

    x: real, any shape. Returns the same shape. At -lambd and lambd the gradient is 0.

    >>> hardshrink(distinct(3, 2), 0.2)
    """
    return x * (np.abs(real(x)) > lambd)


@op(x=lambda g, x, lambd: g * (abs(x) > lambd), branch=lambda x, lambd: np.abs(x) > lambd)
def softshrink(x: Array, lambd: float = 0.5) -> Array:
    """`x` moved towards 0 by `lambd`, and 0 where its absolute value is less.

    x: real, any shape. Returns the same shape. At -lambd and lambd the gradient is 0. Raises ValueError for a
    negative `lambd`.

    >>> softshrink(distinct(3, 2), 0.2)
    """
    if lambd < 0:
        raise ValueError("lambd is a distance; pass 0 or more")
    return x - np.clip(real(x), -lambd, lambd)


@composite()
def threshold(x: Array, threshold: float, value: float) -> Array:
    """`x` where it is above `threshold`, `value` elsewhere.

    x: real, any shape. Returns the same shape. At the threshold the gradient is 0.

    >>> threshold(distinct(3, 2), 0.2, 1.5)
    """
    return where(real(raw(x)) <= threshold, value, x)


# -- exponentials below 0 ----------------------------------------------------------------------------------------


@op(
    x=lambda g, x, alpha: g * (exp(-relu(-x)) * leaky_slope(x, alpha)),
    branch=lambda x: x > 0,
)
def elu(x: Array, alpha: float = 1.0) -> Array:
    """`x` where it is positive, ``alpha (exp(x) - 1)`` elsewhere.

    x: real, any shape. Returns the same shape. At 0 the gradient is `alpha`, the one from the left.

    >>> elu(distinct(3, 2), 1.5)
    """
    return kernels.elu(real(x), alpha, 1)


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


@composite()
def selu(x: Array) -> Array:
    """`elu` with the alpha, and times the factor, that keep mean 0 and variance 1 from layer to layer (Klambauer 2017).

    x: real, any shape. Returns the same shape. At 0 the gradient is the one from the left, alpha times the factor.

    >>> selu(distinct(3, 2))
    """
    return elu(x, _SELU_ALPHA) * _SELU_SCALE


@op(x=lambda g, x, alpha: g * exp(-relu(-x) * (1 / alpha)), branch=lambda x: x > 0)
def celu(x: Array, alpha: float = 1.0) -> Array:
    """`x` where it is positive, ``alpha (exp(x / alpha) - 1)`` elsewhere: once differentiable for every `alpha`.

    x: real, any shape. Returns the same shape. At 0 the gradient is 1, and the one of second order is 0. Raises
    ValueError if `alpha` is 0.

    >>> celu(distinct(3, 2), 1.5)
    """
    if alpha == 0:
        raise ValueError("alpha divides x; pass another number")
    return kernels.elu(real(x), alpha, alpha)


# -- smooth ------------------------------------------------------------------------------------------------------


@op(
    x=lambda g, x, beta, threshold: g * maximum(sigmoid(x * beta), x * beta > threshold),
    branch=lambda x, beta, threshold: x * beta > threshold,
)
def softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    """``log(1 + exp(beta x)) / beta``, and `x` itself where ``beta x`` is above `threshold`.

    x: real, any shape. Returns the same shape. At the threshold the gradient is the one from the left. Raises
    ValueError if `beta` is not positive, or `threshold` negative.

    >>> softplus(randn(3, 2))
    >>> softplus(distinct(4), 2.0, 0.5)
    """
    if beta <= 0 or threshold < 0:
        raise ValueError("beta must be positive and threshold not negative; for another sign negate x")
    return kernels.softplus(real(x), beta, threshold)


@op(x=lambda g, x: g * sigmoid(-x))
def logsigmoid(x: Array) -> Array:
    """``log(sigmoid(x))``, exact in both tails.

    x: real, any shape. Returns the same shape.

    >>> logsigmoid(randn(3, 2))
    """
    return kernels.logsigmoid(real(x))


@op(
    spec=lambda x: x * sigmoid(x),
    residuals=("gate",),
    x=lambda g, x, gate: kernels.silu_gradient(g, x, gate),
)
def silu(x: Array) -> Array:
    """``x sigmoid(x)``, also called swish.

    x: real, any shape. Returns the same shape.

    >>> silu(randn(3, 2))
    """
    gate = logistic(real(x))
    return x * gate, gate


def _gelu_spec(x: Any, approximate: str = "none") -> Any:
    if approximate == "none":
        return x * ndtr(x)
    return x * sigmoid((x + x * square(x) * 0.044715) * math.sqrt(8 / math.pi))


@op(
    spec=_gelu_spec,
    residuals=("gate",),
    x=lambda g, x, gate, approximate: kernels.gelu_gradient(g, x, gate, approximate),
)
def gelu(x: Array, approximate: str = "none") -> Array:
    """`x` times the probability that a standard normal number is below it, exact also in the lower tail.

    x: real, any shape. approximate: "tanh" for ``x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x**3))) / 2`` instead. Returns
    the same shape. Raises ValueError for another word.

    >>> gelu(randn(3, 2))
    >>> gelu(randn(3, 2), approximate="tanh")
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f'approximate={approximate!r} is not known; use "none" or "tanh"')
    gate = kernels.gelu_gate(real(x), approximate)
    return x * gate, gate


@op(spec=lambda x: x * tanh(softplus(x)), x=lambda g, x: kernels.mish_gradient(g, x))
def mish(x: Array) -> Array:
    """``x tanh(softplus(x))``.

    x: real, any shape. Returns the same shape.

    >>> mish(randn(3, 2))
    """
    return kernels.mish(real(x))


@op(x=lambda g, x: g / square(1 + abs(x)))
def softsign(x: Array) -> Array:
    """``x / (1 + abs(x))``.

    x: real, any shape. Returns the same shape. At 0 the gradient is 1, and the one of second order is 0.

    >>> softsign(distinct(3, 2))
    """
    return x / (1 + np.abs(real(x)))


@op(x=lambda g, x: g * square(tanh(x)))
def tanhshrink(x: Array) -> Array:
    """``x - tanh(x)``, to the last digits near 0, too.

    x: any shape. Returns the same shape.

    >>> tanhshrink(randn(3, 2))
    """
    return kernels.tanhshrink(x)


# -- along an axis -----------------------------------------------------------------------------------------------


@composite()
def glu(x: Array, axis: int = -1) -> Array:
    """The first half of `x` along `axis`, times the `sigmoid` of the second.

    x: real, any shape with an even length there. Returns that shape with half the length. Raises ValueError for an odd
    length, or an axis that is not there.

    >>> glu(randn(2, 4))
    >>> glu(randn(4, 2), axis=0)
    """
    shape = np.shape(raw(x))
    if shape[normalize_axis_index(axis, len(shape))] % 2:
        raise ValueError("the axis is divided in two halves; it must have an even length")
    values, gates = split(x, 2, axis)
    return values * sigmoid(gates)


@composite()
def softmin(x: Array, axis: int = -1) -> Array:
    """``softmax(-x)`` along `axis`.

    x: real, any shape. Returns the same shape.

    >>> softmin(randn(3, 2))
    >>> softmin(randn(3, 2), axis=0)
    """
    return softmax(-x, axis)
