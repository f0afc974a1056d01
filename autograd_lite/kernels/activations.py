"""Activations in few passes over the array. A choice is made by products with masks, which are 0 or 1: np.where takes
ten times as long where the mask is irregular.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .elementwise import sigmoid
from .special import scipy_special

_TANH = math.sqrt(8 / math.pi)  # gelu's approximation is x sigmoid(_TANH (x + _CUBIC x**3))
_CUBIC = 0.044715


def leaky_slope(x: Any, negative_slope: Any) -> Any:
    """1 where x > 0, `negative_slope` elsewhere."""
    dtype = np.result_type(np.result_type(x, negative_slope), np.float16)  # two numbers of Python's are no float16
    positive = np.greater(x, 0)
    if _is_share(negative_slope):
        return np.maximum(positive, negative_slope, dtype=dtype)
    return np.add(positive, np.multiply(~positive, negative_slope, dtype=dtype), dtype=dtype)


def leaky_relu(x: Any, negative_slope: Any) -> Any:
    """`x` times that slope."""
    if _is_share(negative_slope):
        return np.maximum(x, x * negative_slope)
    return x * leaky_slope(x, negative_slope)


def _is_share(slope: Any) -> bool:
    """Whether a slope is one number from 0 to 1, without the 0, whose product with infinity is undefined."""
    return np.ndim(slope) == 0 and 0 < slope <= 1


def elu(x: Any, alpha: float, scale: float) -> Any:
    """``alpha expm1(x / scale)`` where x < 0, `x` elsewhere: one of two summands is 0."""
    low = np.asarray(np.minimum(x, 0.0))
    if scale != 1:
        low /= scale
    np.expm1(low, out=low)
    if alpha != 1:
        low *= alpha
    low += np.maximum(x, 0)
    return low


def softplus(x: Any, beta: float, threshold: float) -> Any:
    """``log(1 + exp(beta x)) / beta``, and `x` where ``beta x > threshold``; beta > 0, threshold >= 0."""
    scaled = x if beta == 1 else x * beta
    out = _log1p_exp(scaled)
    out *= np.less_equal(scaled, threshold)
    if beta != 1:
        out /= beta
    out += np.maximum(x, 0)
    return out


def logsigmoid(x: Any) -> Any:
    """``-log(1 + exp(-x))``."""
    return np.minimum(x, 0) - _log1p_exp(x)


def _log1p_exp(x: Any) -> Any:
    """``log(1 + exp(-abs(x)))``."""
    out = np.asarray(np.exp(-np.abs(x)))
    return np.log1p(out, out=out)


def tanhshrink(x: Any) -> Any:
    """``x - tanh(x)``, near 0 by Lambert's continued fraction of tanh (DLMF 4.39.1), in which nothing cancels."""
    near = np.abs(x) < 1
    squares = np.where(near, np.square(x), 0)
    fraction = squares / 19
    for odd in range(17, 1, -2):  # x^2 / (3 + x^2 / (5 + x^2 / (7 + ...)))
        fraction = squares / (odd + fraction)
    return np.where(near, x * (fraction / (1 + fraction)), x - np.tanh(x))[()]


def hardswish(x: Any) -> Any:
    """``x clip(x + 3, 0, 6) / 6``."""
    return x * np.clip(x + 3, 0, 6) / 6


def silu_gradient(g: Any, x: Any, gate: Any) -> Any:
    """g times the slope of x sigmoid(x), which is ``gate (1 + x (1 - gate))``."""
    slope = np.asarray(1 - gate)
    slope *= x
    slope += 1
    slope *= gate
    slope *= g
    return slope


def gelu_gate(x: Any, approximate: str) -> Any:
    """What gelu multiplies x with: the normal distribution function, or a logistic one that is close to it."""
    if approximate == "none":
        return np.asarray(scipy_special("ndtr")(x), np.result_type(np.asarray(x), np.float16))  # SciPy widens float16
    inner = np.asarray(x * x * (_CUBIC * _TANH))
    inner += _TANH
    inner *= x
    return sigmoid(inner)


def gelu_gradient(g: Any, x: Any, gate: Any, approximate: str) -> Any:
    """g times the slope of x gate(x), which is ``gate + x gate'``."""
    slope = np.asarray(x * x)
    if approximate == "none":
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= 1 / math.sqrt(2 * math.pi)
    else:
        slope *= 3 * _CUBIC * _TANH
        slope += _TANH
        slope *= gate
        slope *= 1 - gate
    slope *= x
    slope += gate
    slope *= g
    return slope


def mish(x: Any) -> Any:
    """``x tanh(log(1 + exp(x)))``; with e = exp(x) and n = e (e + 2) the tangent is n / (n + 2)."""
    n = _limited(x)
    np.exp(n, out=n)
    n *= n + 2
    n /= n + 2
    n *= x
    return n


def mish_gradient(g: Any, x: Any) -> Any:
    """g times the slope of mish, ``(n + 4 x / (n + 2) e (e + 1)) / (n + 2)`` with e and n as there."""
    x = _limited(x)
    e = np.exp(x)
    n = e * (e + 2)
    slope = np.asarray(4 / (n + 2))
    slope *= e
    slope *= e + 1
    slope *= x
    slope += n
    slope /= n + 2
    slope *= g
    return slope


def _limited(x: Any) -> Any:
    """`x`, or where the square of exp(x) would overflow, something so large that mish's tangent and slope are 1."""
    return np.asarray(np.minimum(x, _largest_root(np.result_type(np.asarray(x), np.float16))))


@functools.cache
def _largest_root(dtype: np.dtype[Any]) -> Any:
    """The logarithm, as an array of that type, of a number whose square is below the largest of the type."""
    return np.array(0.48 * np.log(np.finfo(dtype).max), dtype)
