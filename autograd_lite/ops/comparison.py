"""Comparisons, predicates, logic and bits. None of them has a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op, raw

# -- order ------------------------------------------------------------------------------------------------------


@op()
def equal(a: Array, b: Array) -> Array:
    """Whether ``a == b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> equal(randn(3, 2), randn(2))
    """
    return np.equal(a, b)


@op()
def not_equal(a: Array, b: Array) -> Array:
    """Whether ``a != b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> not_equal(randn(3, 2), randn(2))
    """
    return np.not_equal(a, b)


@op()
def less(a: Array, b: Array) -> Array:
    """Whether ``a < b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> less(randn(3, 2), randn(2))
    """
    return np.less(a, b)


@op()
def less_equal(a: Array, b: Array) -> Array:
    """Whether ``a <= b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> less_equal(randn(3, 2), randn(2))
    """
    return np.less_equal(a, b)


@op()
def greater(a: Array, b: Array) -> Array:
    """Whether ``a > b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> greater(randn(3, 2), randn(2))
    """
    return np.greater(a, b)


@op()
def greater_equal(a: Array, b: Array) -> Array:
    """Whether ``a >= b``, elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> greater_equal(randn(3, 2), randn(2))
    """
    return np.greater_equal(a, b)


# -- predicates -------------------------------------------------------------------------------------------------


@op()
def isnan(x: Array) -> Array:
    """Whether `x` is NaN (a part of it, of complex numbers), elementwise. Has no gradient.

    x: any shape. Returns booleans of the same shape.

    >>> isnan(randn(3, 2))
    """
    return np.isnan(x)


@op()
def isinf(x: Array) -> Array:
    """Whether `x` is infinite, elementwise. Has no gradient.

    x: any shape. Returns booleans of the same shape.

    >>> isinf(randn(3, 2))
    """
    return np.isinf(x)


@op()
def isfinite(x: Array) -> Array:
    """Whether `x` is neither infinite nor NaN, elementwise. Has no gradient.

    x: any shape. Returns booleans of the same shape.

    >>> isfinite(randn(3, 2))
    """
    return np.isfinite(x)


@op()
def isposinf(x: Array) -> Array:
    """Whether `x` is positive and infinite, elementwise. Has no gradient.

    x: real, any shape. Returns booleans of the same shape.

    >>> isposinf(randn(3, 2))
    """
    return np.isposinf(x)


@op()
def isneginf(x: Array) -> Array:
    """Whether `x` is negative and infinite, elementwise. Has no gradient.

    x: real, any shape. Returns booleans of the same shape.

    >>> isneginf(randn(3, 2))
    """
    return np.isneginf(x)


@op()
def signbit(x: Array) -> Array:
    """Whether `x` is negative, elementwise; of the two zeros and NaNs, those with a minus are. Has no gradient.

    x: real, any shape. Returns booleans of the same shape.

    >>> signbit(randn(3, 2))
    """
    return np.signbit(x)


@op()
def isclose(a: Array, b: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """Whether ``abs(a - b) <= atol + rtol * abs(b)``, elementwise; infinities are close to themselves only.

    a, b: broadcast against each other. equal_nan: NaN is close to NaN. Returns booleans of the broadcast shape. Has no
    gradient.

    >>> isclose(randn(3, 2), randn(2), 0.5, 0.1, True)
    """
    return np.isclose(a, b, rtol, atol, equal_nan)


def allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements of `a` and `b` are close to each other, as `isclose` says; a bool of Python's.

    Raises ValueError for shapes that do not broadcast.
    """
    return bool(np.all(raw(isclose(a, b, rtol, atol, equal_nan))))


def array_equal(a: Any, b: Any, equal_nan: bool = False) -> bool:
    """Whether `a` and `b` have the same shape and the same elements; a bool of Python's. equal_nan: NaN equals NaN."""
    return np.array_equal(raw(a), raw(b), equal_nan)


# -- logic ------------------------------------------------------------------------------------------------------


@op()
def logical_and(a: Array, b: Array) -> Array:
    """Whether both are true (not zero), elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> logical_and(mask(3, 2), mask(2))
    """
    return np.logical_and(a, b)


@op()
def logical_or(a: Array, b: Array) -> Array:
    """Whether one of the two is true (not zero), elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> logical_or(mask(3, 2), mask(2))
    """
    return np.logical_or(a, b)


@op()
def logical_xor(a: Array, b: Array) -> Array:
    """Whether exactly one of the two is true (not zero), elementwise. Has no gradient.

    a, b: broadcast against each other. Returns booleans of the broadcast shape.

    >>> logical_xor(mask(3, 2), mask(2))
    """
    return np.logical_xor(a, b)


@op()
def logical_not(x: Array) -> Array:
    """Whether `x` is false (zero), elementwise. Has no gradient.

    x: any shape. Returns booleans of the same shape.

    >>> logical_not(mask(3, 2))
    """
    return np.logical_not(x)


# -- bits -------------------------------------------------------------------------------------------------------


@op()
def bitwise_and(a: Array, b: Array) -> Array:
    """The bits that are set in both, elementwise: ``a & b``. Has no gradient.

    a, b: integers or booleans, broadcast against each other. Returns the broadcast shape.

    >>> bitwise_and(integers(8, 3, 2), integers(8, 2))
    """
    return np.bitwise_and(a, b)


@op()
def bitwise_or(a: Array, b: Array) -> Array:
    """The bits that are set in one of the two or in both, elementwise: ``a | b``. Has no gradient.

    a, b: integers or booleans, broadcast against each other. Returns the broadcast shape.

    >>> bitwise_or(integers(8, 3, 2), integers(8, 2))
    """
    return np.bitwise_or(a, b)


@op()
def bitwise_xor(a: Array, b: Array) -> Array:
    """The bits that are set in exactly one of the two, elementwise: ``a ^ b``. Has no gradient.

    a, b: integers or booleans, broadcast against each other. Returns the broadcast shape.

    >>> bitwise_xor(integers(8, 3, 2), integers(8, 2))
    """
    return np.bitwise_xor(a, b)


@op()
def invert(x: Array) -> Array:
    """Every bit turned over, elementwise: ``~x``; of booleans, the other one. Has no gradient.

    x: integers or booleans, any shape. Returns the same shape.

    >>> invert(integers(8, 3, 2))
    """
    return np.invert(x)


@op()
def bitwise_count(x: Array) -> Array:
    """How many bits are set in ``abs(x)``, elementwise. Has no gradient.

    x: integers or booleans, any shape. Returns small integers of the same shape.

    >>> bitwise_count(integers(8, 3, 2))
    """
    return np.bitwise_count(x)


@op()
def left_shift(a: Array, b: Array) -> Array:
    """The bits of `a` moved b places to the left, elementwise: ``a << b``. Has no gradient.

    a, b: integers, broadcast against each other. Returns the broadcast shape.

    >>> left_shift(integers(8, 3, 2), integers(8, 2))
    """
    return np.left_shift(a, b)


@op()
def right_shift(a: Array, b: Array) -> Array:
    """The bits of `a` moved b places to the right, elementwise: ``a >> b``. Has no gradient.

    a, b: integers, broadcast against each other. Returns the broadcast shape.

    >>> right_shift(integers(8, 3, 2), integers(8, 2))
    """
    return np.right_shift(a, b)


# -- divisors ---------------------------------------------------------------------------------------------------


@op()
def gcd(a: Array, b: Array) -> Array:
    """The greatest common divisor, elementwise. Has no gradient.

    a, b: integers, broadcast against each other. Returns the broadcast shape.

    >>> gcd(integers(8, 3, 2), integers(8, 2))
    """
    return np.gcd(a, b)


@op()
def lcm(a: Array, b: Array) -> Array:
    """The least common multiple, elementwise. Has no gradient.

    a, b: integers, broadcast against each other. Returns the broadcast shape.

    >>> lcm(integers(8, 3, 2), integers(8, 2))
    """
    return np.lcm(a, b)
