"""Trigonometric and hyperbolic functions, their inverses, and angles. `tanh` is in `elementwise`.

Slopes go through `safe_multiply` and `safe_divide`, and are written without squares that overflow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import elementwise as kernels
from ..kernels import sinc as sinc_kernels
from .elementwise import divide_or_zero, power, safe_divide, safe_multiply, safe_product, sqrt

# -- trigonometric -----------------------------------------------------------------------------------------------


@op(x=lambda g, x: safe_multiply(g, cos(x)))
def sin(x: Array) -> Array:
    """Sine, elementwise.

    x: any shape, in radians. Returns the same shape.

    >>> sin(randn(3, 2))
    """
    return np.sin(x)


@op(x=lambda g, x: -safe_multiply(g, sin(x)))
def cos(x: Array) -> Array:
    """Cosine, elementwise.

    x: any shape, in radians. Returns the same shape.

    >>> cos(randn(3, 2))
    """
    return np.cos(x)


@op(x=lambda g, out: safe_multiply(g, 1 + power(out, 2)))
def tan(x: Array) -> Array:
    """Tangent, elementwise.

    x: any shape, in radians. Returns the same shape.

    >>> tan(randn(3, 2))
    """
    return np.tan(x)


@op(x=lambda g, x: _over_roots(g, 1 - x, 1 + x))
def arcsin(x: Array) -> Array:
    """Inverse sine, elementwise; for real numbers from -pi / 2 to pi / 2, and NaN outside of -1 to 1.

    x: any shape. Returns the same shape. At -1 and 1 the slope is infinite; the gradient is 0 where the incoming one
    is 0.

    >>> arcsin(tanh(randn(3, 2)))
    """
    return np.arcsin(x)


@op(x=lambda g, x: -_over_roots(g, 1 - x, 1 + x))
def arccos(x: Array) -> Array:
    """Inverse cosine, elementwise; for real numbers from 0 to pi, and NaN outside of -1 to 1.

    x: any shape. Returns the same shape. At -1 and 1 the slope is infinite; the gradient is 0 where the incoming one
    is 0.

    >>> arccos(tanh(randn(3, 2)))
    """
    return np.arccos(x)


def _over_roots(g: Any, a: Any, b: Any) -> Any:
    """``g / sqrt(a * b)``; the product could overflow, and of complex numbers it has another root on a branch cut."""
    return safe_divide(safe_divide(g, sqrt(a)), sqrt(b))


@op(x=lambda g, x: _over_one_plus_square(g, x))
def arctan(x: Array) -> Array:
    """Inverse tangent, elementwise; for real numbers from -pi / 2 to pi / 2.

    x: any shape. Returns the same shape.

    >>> arctan(randn(3, 2))
    """
    return np.arctan(x)


def _over_one_plus_square(g: Any, x: Any) -> Any:
    """``g / (1 + x ** 2)``, where the square may overflow."""
    if x.dtype.kind == "c":
        return safe_divide(safe_divide(g, 1 + 1j * x), 1 - 1j * x)
    root = root_of_one_plus_square(x)
    return safe_divide(safe_divide(g, root), root)


@op(x=lambda g, x, out: safe_multiply(g, safe_divide(x, out)))
def root_of_one_plus_square(x: Array) -> Array:
    """``sqrt(1 + x ** 2)``, elementwise, without overflow.

    x: real, any shape. Returns the same shape.

    >>> root_of_one_plus_square(randn(3, 2))
    """
    return kernels.root_of_one_plus_square(x)


@op(
    a=lambda g, a, b: safe_multiply(g, over_square_norm(b, a)),
    b=lambda g, a, b: -safe_multiply(g, over_square_norm(a, b)),
    branch=lambda a, b: np.equal(a, 0) & np.less_equal(b, 0),
)
def arctan2(a: Array, b: Array) -> Array:
    """The angle of the point with the coordinates b and a, that of ``b + 1j * a``: from -pi to pi.

    a, b: real, broadcast against each other. Returns the broadcast shape. At the origin, which has no angle, the
    gradient is 0; where it jumps from -pi to pi, it is that of both sides.

    >>> arctan2(randn(3, 2), randn(2))
    """
    return np.arctan2(a, b)


@op(
    a=lambda g, a, b, out: safe_multiply(g, power(over_square_norm(b, a), 2) - power(out, 2)),
    b=lambda g, a, b, out: -2 * safe_multiply(g, safe_product(out, over_square_norm(b, a))),
    branch=lambda a, b: np.equal(a, 0) & np.equal(b, 0),
)
def over_square_norm(a: Array, b: Array) -> Array:
    """``a / (a ** 2 + b ** 2)``, elementwise, without overflow, and 0 at the origin.

    a, b: real, broadcast against each other. Returns the broadcast shape. (With ``over_square_norm(b, a)`` it makes the
    two parts of 1 / z, whose derivative is ``-(1 / z) ** 2``.) At the origin the gradient is 0.

    >>> over_square_norm(randn(3, 2), randn(2))
    """
    return kernels.over_square_norm(a, b)


@op(
    a=lambda g, a, out: safe_multiply(g, divide_or_zero(a, out)),
    b=lambda g, b, out: safe_multiply(g, divide_or_zero(b, out)),
    branch=lambda out: np.equal(out, 0),
)
def hypot(a: Array, b: Array) -> Array:
    """``sqrt(a ** 2 + b ** 2)``, elementwise, without overflow: the hypotenuse of a right triangle.

    a, b: real, broadcast against each other. Returns the broadcast shape. At (0, 0) the gradient is 0, to
    every order.

    >>> hypot(randn(3, 2), randn(2))
    """
    return np.hypot(a, b)


@op(x=lambda g, x: safe_multiply(g, sinc_derivative(x, 1)))
def sinc(x: Array) -> Array:
    """``sin(pi x) / (pi x)``, elementwise, and 1 at 0.

    x: any shape. Returns the same shape. Gradients of every order are exact near 0 as well.

    >>> sinc(randn(3, 2))
    """
    return np.sinc(x)


@op(x=lambda g, x, order: safe_multiply(g, sinc_derivative(x, order + 1)))
def sinc_derivative(x: Array, order: int) -> Array:
    """The derivative of `sinc` of that order, elementwise.

    x: any shape. Returns the same shape.

    >>> sinc_derivative(randn(3, 2), 1)
    >>> sinc_derivative(3 * randn(3, 2), 4)
    """
    return sinc_kernels.derivative(x, order)


# -- hyperbolic --------------------------------------------------------------------------------------------------


@op(x=lambda g, x: safe_multiply(g, cosh(x)))
def sinh(x: Array) -> Array:
    """Hyperbolic sine, elementwise.

    x: any shape. Returns the same shape. Where it overflows, the gradient is 0 where the incoming one is 0.

    >>> sinh(randn(3, 2))
    """
    return np.sinh(x)


@op(x=lambda g, x: safe_multiply(g, sinh(x)))
def cosh(x: Array) -> Array:
    """Hyperbolic cosine, elementwise.

    x: any shape. Returns the same shape. Where it overflows, the gradient is 0 where the incoming one is 0.

    >>> cosh(randn(3, 2))
    """
    return np.cosh(x)


@op(x=lambda g, x: _over_root_of_one_plus_square(g, x))
def arcsinh(x: Array) -> Array:
    """Inverse hyperbolic sine, elementwise.

    x: any shape. Returns the same shape.

    >>> arcsinh(randn(3, 2))
    """
    return np.arcsinh(x)


def _over_root_of_one_plus_square(g: Any, x: Any) -> Any:
    return _over_roots(g, 1 + 1j * x, 1 - 1j * x) if x.dtype.kind == "c" else safe_divide(g, root_of_one_plus_square(x))


@op(x=lambda g, x: _over_roots(g, x - 1, x + 1))
def arccosh(x: Array) -> Array:
    """Inverse hyperbolic cosine, elementwise; NaN for real numbers below 1.

    x: any shape. Returns the same shape. At 1 the slope is infinite; the gradient is 0 where the incoming one is 0.

    >>> arccosh(1 + positive(3, 2))
    """
    return np.arccosh(x)


@op(x=lambda g, x: safe_divide(safe_divide(g, 1 - x), 1 + x))
def arctanh(x: Array) -> Array:
    """Inverse hyperbolic tangent, elementwise; infinite at -1 and 1, NaN for real numbers outside.

    x: any shape. Returns the same shape. At -1 and 1 the slope is infinite; the gradient is 0 where the incoming one
    is 0.

    >>> arctanh(tanh(randn(3, 2)))
    """
    return np.arctanh(x)


# -- units of angles ---------------------------------------------------------------------------------------------


@op(x=lambda g: deg2rad(g))
def deg2rad(x: Array) -> Array:
    """Degrees as radians: ``x * pi / 180``.

    x: real, any shape. Returns the same shape.

    >>> deg2rad(randn(3, 2))
    """
    return np.deg2rad(x)


@op(x=lambda g: rad2deg(g))
def rad2deg(x: Array) -> Array:
    """Radians as degrees: ``x * 180 / pi``.

    x: real, any shape. Returns the same shape.

    >>> rad2deg(randn(3, 2))
    """
    return np.rad2deg(x)
