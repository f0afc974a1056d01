"""Arithmetic and the elementwise functions that most is made of. All broadcast as in NumPy.

The engine sums gradients back over what was broadcast.

Where a slope is infinite or undefined (`sqrt` and `log` at 0, division by 0, powers) the gradient is 0 wherever the
incoming gradient is exactly 0, so that a masked-out branch never turns into NaN: `safe_multiply` and `safe_divide`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from ..kernels import elementwise as kernels
from .comparison import equal, isnan

# -- products that let no infinity through a zero ----------------------------------------------------------------


@op(
    g_out=lambda g, slope: safe_multiply(g, slope),
    slope=lambda g, g_out: safe_product(g, g_out),
)
def safe_multiply(g_out: Array, slope: Array) -> Array:
    """``g_out * slope``, and 0 wherever `g_out` is exactly 0, however infinite or undefined the slope is.

    g_out, slope: broadcast against each other. Returns the broadcast shape.

    >>> safe_multiply(randn(3, 2), randn(2))
    """
    return kernels.zero_wins(g_out * slope, g_out)


@op(a=lambda g, b: safe_product(g, b), b=lambda g, a: safe_product(g, a))
def safe_product(a: Array, b: Array) -> Array:
    """``a * b``, and 0 wherever one of them is exactly 0, however infinite or undefined the other is.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> safe_product(randn(3, 2), randn(2))
    """
    return kernels.zero_wins(a * b, a, b)


@op(
    g_out=lambda g, divisor: safe_divide(g, divisor),
    divisor=lambda g, out, divisor: -safe_divide(safe_product(out, g), divisor),
)
def safe_divide(g_out: Array, divisor: Array) -> Array:
    """``g_out / divisor``, and 0 wherever `g_out` is exactly 0, also where the divisor is 0.

    g_out, divisor: broadcast against each other. Returns the broadcast shape.

    >>> safe_divide(randn(3, 2), positive(2))
    """
    return kernels.zero_wins(np.divide(g_out, divisor), g_out)


def divide_or_zero(a: Any, b: Any) -> Any:
    """``a / b``, and 0 where b is 0; so are its derivatives of every order there."""
    zero = np.equal(raw(b), 0)
    return where(zero, 0, a / where(zero, 1, b)) if zero.any() else a / b


# -- arithmetic --------------------------------------------------------------------------------------------------


@op(a=lambda g: g, b=lambda g: g)
def add(a: Array, b: Array) -> Array:
    """Sum ``a + b``, elementwise.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> add(randn(3, 2), randn(2))
    """
    return np.add(a, b)


@op(a=lambda g: g, b=lambda g: -g)
def subtract(a: Array, b: Array) -> Array:
    """Difference ``a - b``, elementwise.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> subtract(randn(3, 2), randn(3, 1))
    """
    return np.subtract(a, b)


@op(a=lambda g, b: g * b, b=lambda g, a: g * a)
def multiply(a: Array, b: Array) -> Array:
    """Product ``a * b``, elementwise.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> multiply(randn(3, 2), randn(2))
    """
    return np.multiply(a, b)


@op(
    a=lambda g, b: safe_divide(g, b),
    b=lambda g, b, out: -safe_divide(safe_multiply(g, out), b),
)
def divide(a: Array, b: Array) -> Array:
    """Quotient ``a / b``, elementwise.

    a, b: broadcast against each other. Returns the broadcast shape. At b = 0 the slope is infinite; the gradient
    there is 0 where the incoming one is 0.

    >>> divide(randn(3, 2), positive(2))
    """
    return np.divide(a, b)


@op(x=lambda g: -g)
def negative(x: Array) -> Array:
    """Negation ``-x``, elementwise.

    x: any shape. Returns the same shape.

    >>> negative(randn(3, 2))
    """
    return np.negative(x)


@op(
    x=lambda g, x, exponent: safe_multiply(g, safe_multiply(exponent, power(x, exponent - 1))),
    exponent=lambda g, x, out: safe_multiply(g, safe_product(_log_or_zero(x, out), out)),
)
def power(x: Array, exponent: Array) -> Array:
    """``x ** exponent``, elementwise; for real operands a negative `x` takes only whole exponents (else NaN).

    x, exponent: broadcast against each other. Returns the broadcast shape. The slope at x = 0 is infinite for exponents
    below 1; the gradient there is 0 where the incoming one is 0. The gradient for the exponent is 0 where x = 0.

    >>> power(positive(3, 2), randn(2))
    >>> power(randn(3, 2), 3)
    """
    return kernels.power(x, exponent)


def _log_or_zero(x: Any, out: Any) -> Any:
    """``log(x)``, and 0 for 0: the base of the power `out`, whose exponent gets no gradient there."""
    if out.dtype.kind == "c":
        x = x + 0j  # a negative base has a logarithm then
    return log(where(equal(x, 0), 1, x)) if hasattr(x, "dtype") else np.log(x or 1).item()


@op(x=lambda g, x: g * (2 * x))
def square(x: Array) -> Array:
    """``x * x``, elementwise.

    x: any shape. Returns the same shape.

    >>> square(randn(3, 2))
    """
    return np.square(x)


@op(x=lambda g: g)
def positive(x: Array) -> Array:
    """The same numbers, ``+x``.

    x: any shape. Returns the same shape.

    >>> positive(randn(3, 2))
    """
    return np.positive(x)


@op(x=lambda g, out: -safe_multiply(safe_multiply(g, out), out))
def reciprocal(x: Array) -> Array:
    """``1 / x``, elementwise; of integers, a whole number.

    x: any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> reciprocal(positive(3, 2))
    """
    return np.reciprocal(x)


@op(
    start=lambda g, weight: safe_multiply(g, 1 - weight),
    end=lambda g, weight: safe_multiply(g, weight),
    weight=lambda g, start, end: safe_multiply(g, end - start),
)
def lerp(start: Array, end: Array, weight: Array) -> Array:
    """``start + weight * (end - start)``, elementwise: `start` for weight 0 and `end` for weight 1, exactly.

    start, end, weight: broadcast against each other. Returns the broadcast shape.

    >>> lerp(randn(3, 2), randn(2), randn(3, 1))
    """
    return kernels.lerp(start, end, weight)


# -- exponentials and roots --------------------------------------------------------------------------------------


@op(x=lambda g, out: safe_multiply(g, out))
def exp(x: Array) -> Array:
    """Exponential, elementwise.

    x: any shape. Returns the same shape. Where it overflows, the gradient is 0 where the incoming one is 0.

    >>> exp(randn(3, 2))
    """
    return np.exp(x)


@op(x=lambda g, x: safe_divide(g, x))
def log(x: Array) -> Array:
    """Natural logarithm, elementwise; -inf at 0 and NaN below.

    x: any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> log(positive(3, 2))
    """
    return np.log(x)


@op(x=lambda g, out: safe_divide(0.5 * g, out))
def sqrt(x: Array) -> Array:
    """Square root, elementwise; NaN below 0.

    x: any shape. Returns the same shape. At 0 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> sqrt(positive(3, 2))
    """
    return np.sqrt(x)


# -- activations -------------------------------------------------------------------------------------------------


@op(x=lambda g, out, out_dtype: _times(g, kernels.one(out_dtype) - out * out))
def tanh(x: Array) -> Array:
    """Hyperbolic tangent, elementwise.

    x: any shape. Returns the same shape.

    >>> tanh(randn(3, 2))
    """
    return np.tanh(x)


@op(x=lambda g, out, out_dtype: _times(g, _times(out, kernels.one(out_dtype) - out)))
def sigmoid(x: Array) -> Array:
    """Logistic function ``1 / (1 + exp(-x))``, elementwise, without overflow.

    x: real, any shape. Returns the same shape.

    >>> sigmoid(randn(3, 2))
    """
    return kernels.sigmoid(x)


def _times(g: Any, slope: Any) -> Any:
    """``g * slope`` in the slope's own array, which nobody else has."""
    slope *= g
    return slope


@op(x=lambda g, out: g * (out > 0), branch=lambda x: x > 0)
def relu(x: Array) -> Array:
    """``max(x, 0)``, elementwise.

    x: real, any shape. Returns the same shape. At 0, where the slopes 0 and 1 meet, the gradient is 0.

    >>> relu(distinct(3, 2))
    """
    return np.maximum(x, 0)


# -- choices -----------------------------------------------------------------------------------------------------


@op(x=lambda g, x, out: _abs_gradient(g, x, out), branch=lambda x: np.sign(x) if x.dtype.kind != "c" else x == 0)
def abs(x: Array) -> Array:
    """Absolute value (modulus of complex numbers), elementwise.

    x: any shape. Returns the same shape, real. At 0 the gradient is 0, to every order.

    >>> abs(distinct(3, 2))
    """
    return np.abs(x)


def _abs_gradient(g: Any, x: Any, out: Any) -> Any:
    return g * sign(x) if x.dtype.kind != "c" else safe_multiply(g, divide_or_zero(conj(x), out))


@op(
    a=lambda g, a, b: g * preference(a, b),
    b=lambda g, a, b: g * preference(b, a),
    branch=lambda a, b: np.sign(np.subtract(a, b)),
)
def maximum(a: Array, b: Array) -> Array:
    """The larger of two, elementwise; NaN if one of them is.

    a, b: broadcast against each other. Returns the broadcast shape. At a tie both get half of the gradient.

    >>> maximum(distinct(3, 2), distinct(3, 1) + 0.05)
    """
    return np.maximum(a, b)


@op(
    a=lambda g, a, b: g * preference(b, a),
    b=lambda g, a, b: g * preference(a, b),
    branch=lambda a, b: np.sign(np.subtract(a, b)),
)
def minimum(a: Array, b: Array) -> Array:
    """The smaller of two, elementwise; NaN if one of them is.

    a, b: broadcast against each other. Returns the broadcast shape. At a tie both get half of the gradient.

    >>> minimum(distinct(3, 2), distinct(3, 1) + 0.05)
    """
    return np.minimum(a, b)


@op(
    a=lambda g, a, b: g * (preference(a, b) + (isnan(b) > isnan(a))),
    b=lambda g, a, b: g * (preference(b, a) + (isnan(a) > isnan(b))),
    branch=lambda a, b: np.sign(np.subtract(a, b)),
)
def fmax(a: Array, b: Array) -> Array:
    """The larger of two, elementwise; the other one where one is NaN.

    a, b: broadcast against each other. Returns the broadcast shape. At a tie both get half of the gradient; NaN gets
    none.

    >>> fmax(distinct(3, 2), distinct(3, 1) + 0.05)
    """
    return np.fmax(a, b)


@op(
    a=lambda g, a, b: g * (preference(b, a) + (isnan(b) > isnan(a))),
    b=lambda g, a, b: g * (preference(a, b) + (isnan(a) > isnan(b))),
    branch=lambda a, b: np.sign(np.subtract(a, b)),
)
def fmin(a: Array, b: Array) -> Array:
    """The smaller of two, elementwise; the other one where one is NaN.

    a, b: broadcast against each other. Returns the broadcast shape. At a tie both get half of the gradient; NaN gets
    none.

    >>> fmin(distinct(3, 2), distinct(3, 1) + 0.05)
    """
    return np.fmin(a, b)


@op(
    x=lambda g, condition: where(condition, g, 0),
    y=lambda g, condition: where(condition, 0, g),
    branch=lambda condition: np.asarray(condition, dtype=bool),
)
def where(condition: Array, x: Array, y: Array) -> Array:
    """`x` where the condition holds, `y` elsewhere.

    condition, x, y: broadcast against each other. Returns the broadcast shape. The gradient goes to the operand that
    was chosen, and none to the condition.

    >>> where(mask(3, 2), randn(3, 2), randn(2))
    """
    return np.where(condition, x, y)


@op(
    x=lambda g, x, a_min, a_max: g * inside(x, a_min, a_max),
    a_min=lambda g, x, a_min, out: g * ((x < out) & (out == a_min)),
    a_max=lambda g, x, a_min, out: g * ((x > out) | (False if a_min is None else out < a_min)),
    branch=lambda x, out: np.sign(np.subtract(x, out)),
)
def clip(x: Array, a_min: Array | None = None, a_max: Array | None = None) -> Array:
    """`x` limited to the interval from `a_min` to `a_max` (None: no limit on that side).

    x, a_min, a_max: broadcast against each other. Returns the broadcast shape. On a limit the gradient is x's. Where
    `a_min` is above `a_max`, the result is `a_max`.

    >>> clip(distinct(3, 2), -0.25, 0.35)
    >>> clip(distinct(3, 2), a_max=distinct(2) + 0.05)
    >>> clip(distinct(3, 2), distinct(2) + 0.05)
    """
    if a_min is None and a_max is None:
        return x + 0
    if isinstance(x, int | float):  # which does not promote, but np.clip would make an array of it
        x = np.asarray(x, np.result_type(*[value for value in (x, a_min, a_max) if value is not None]))
    return np.clip(x, a_min, a_max)


# -- without a gradient: piecewise constant ----------------------------------------------------------------------


@op(branch=lambda out: out)
def sign(x: Array) -> Array:
    """-1, 0 or 1 as the sign of `x`, elementwise. Has no gradient.

    x: real, any shape. Returns the same shape. Raises TypeError for complex numbers, whose sign has one: see `sgn`.

    >>> sign(randn(3, 2))
    """
    if np.result_type(x).kind == "c":
        raise TypeError("the sign of a complex number has a gradient, which would be lost; use sgn(x)")
    return np.sign(x)


@op(branch=lambda out: out)
def preference(a: Array, b: Array) -> Array:
    """1 where ``a > b``, a half at a tie, 0 elsewhere: the share of `a` in a maximum. Has no gradient.

    a, b: broadcast against each other. Returns the broadcast shape.

    >>> preference(randn(3, 2), randn(2))
    """
    return kernels.preference(a, b)


@op()
def inside(x: Array, a_min: Array | None, a_max: Array | None) -> Array:
    """Whether `x` lies in the closed interval from `a_min` to `a_max` (None: no limit). Has no gradient.

    x, a_min, a_max: broadcast against each other. Returns booleans of the broadcast shape.

    >>> inside(randn(3, 2), -1, None)
    """
    above = True if a_min is None else np.greater_equal(x, a_min)
    below = True if a_max is None else np.less_equal(x, a_max)
    return np.logical_and(above, below)


# -- complex numbers and dtypes ----------------------------------------------------------------------------------


@op(x=lambda g: conj(g))
def conj(x: Array) -> Array:
    """Complex conjugate, elementwise; real numbers stay as they are.

    x: any shape. Returns the same shape.

    >>> conj(randn(3, 2))
    >>> conj(randn(3, 2) + 1j * randn(3, 2))
    """
    return np.conj(x)


@op(x=lambda g: g)
def real(x: Array) -> Array:
    """Real part, elementwise.

    x: any shape. Returns the same shape, real.

    >>> real(randn(3, 2))
    >>> real(randn(3, 2) + 1j * randn(3, 2))
    """
    return np.real(x)


@op(x=lambda g: g * -1j)
def imag(x: Array) -> Array:
    """Imaginary part, elementwise; 0 for real numbers.

    x: any shape. Returns the same shape, real.

    >>> imag(randn(3, 2))
    >>> imag(randn(3, 2) + 1j * randn(3, 2))
    """
    return np.imag(x)


@composite()
def sgn(x: Array) -> Array:
    """``x / abs(x)``, elementwise, and 0 for 0: the sign of real numbers, the direction of complex ones.

    x: any shape. Returns the same shape. At 0 the gradient is 0; of real numbers it is 0 everywhere.

    >>> sgn(randn(3, 2) + 1j * randn(3, 2))
    """
    return divide_or_zero(x, abs(x)) if np.result_type(raw(x)).kind == "c" else sign(x)


@op(x=lambda g: g)
def astype(x: Array, dtype: Any) -> Array:
    """`x` in another dtype; the gradient comes back in x's own. An integer or boolean result is a constant.

    x: any shape. Returns the same shape; always a copy.

    >>> astype(randn(3, 2), "float64")
    """
    return x.astype(dtype)
