"""Wrong signs, missing factors, terms and paths."""

from __future__ import annotations

from math import log, pi, sqrt

import numpy as np
from scipy.special import erf as scipy_erf
from scipy.special import expit

import autograd_lite as ag

from .subject import between, exactly, normal, subject

# -- functions of one number ---------------------------------------------------------------------------------------


@subject(normal((4, 3), (3, 2)), lambda op, x, w: ag.sum(op(x @ w) ** 2), x=lambda g, out: g * (1 - out * out))
def bend(x: ag.Array) -> ag.Array:
    return np.tanh(x)


bend.mistake("sign", "1 + out * out", x=lambda g, out: g * (1 + out * out))
bend.mistake("sign", "the whole sign", x=lambda g, out: g * (out * out - 1))
bend.mistake("factor", "out without its square", x=lambda g, out: g * (1 - out))
bend.mistake("wrong value", "x in the place of out", x=lambda g, x: g * (1 - x * x))
bend.mistake("path", "the gradient is passed through", x=lambda g: g)


@subject(normal((5,), (5,)), lambda op, x, y: ag.mean(op(x * y) * y), x=lambda g, out: g * out * (1 - out))
def squash(x: ag.Array) -> ag.Array:
    return expit(x)


squash.mistake("factor", "1 - out is missing", x=lambda g, out: g * out)
squash.mistake("term", "out is not squared: out - out", x=lambda g, out: g * (out - out))


@subject(normal((3, 4)), lambda op, x: ag.sum(op(x) * x), x=lambda g, x: g * ag.sigmoid(x))
def soft_ramp(x: ag.Array) -> ag.Array:
    return np.logaddexp(0, x)


soft_ramp.mistake("sign", "the sigmoid of -x", x=lambda g, x: g * ag.sigmoid(-x))

CUBIC = 0.044715


def _gelu_slope(x, cubic):
    inner = sqrt(2 / pi) * (x + CUBIC * x**3)
    bent = ag.tanh(inner)
    return 0.5 * (1 + bent) + 0.5 * x * (1 - bent * bent) * sqrt(2 / pi) * (1 + cubic * CUBIC * x * x)


@subject(normal((2, 5)), lambda op, x: ag.sum(ag.cos(op(x))), x=lambda g, x: g * _gelu_slope(x, cubic=3))
def gelu_by_tanh(x: ag.Array) -> ag.Array:
    return 0.5 * x * (1 + np.tanh(sqrt(2 / pi) * (x + CUBIC * x**3)))


gelu_by_tanh.mistake("factor", "the 3 of the cube", x=lambda g, x: g * _gelu_slope(x, cubic=1))


@subject(normal((6,)), lambda op, x: ag.sum(op(x) * op(2 * x)), x=lambda g, x: g * (2 / sqrt(pi)) * ag.exp(-x * x))
def error_function(x: ag.Array) -> ag.Array:
    return scipy_erf(x)


error_function.mistake("factor", "a constant of four digits", x=lambda g, x: g * 1.128 * ag.exp(-x * x))
error_function.mistake("sign", "of the exponent", x=lambda g, x: g * (2 / sqrt(pi)) * ag.exp(x * x))


@subject(normal((4,)), lambda op, x: op(30 * x) * x, x=lambda g, x: g * ag.cos(x * (pi / 180)) * (pi / 180))
def sine_of_degrees(x: ag.Array) -> ag.Array:
    return np.sin(np.deg2rad(x))


sine_of_degrees.mistake("factor", "pi / 180", x=lambda g, x: g * ag.cos(x * (pi / 180)))


@subject(
    between(0.5, 2, (3, 2)),
    lambda op, x: ag.log(op(x, 3.5)),
    x=lambda g, x, exponent: g * exponent * x ** (exponent - 1),
)
def raised(x: ag.Array, exponent: float) -> ag.Array:
    return x**exponent


raised.mistake("factor", "the exponent", x=lambda g, x, exponent: g * x ** (exponent - 1))
raised.mistake("off by one", "the exponent is not reduced", x=lambda g, x, exponent: g * exponent * x**exponent)

# -- functions of several ------------------------------------------------------------------------------------------


@subject(
    between(0.5, 2, (3, 4), (4,)),
    lambda op, a, b: ag.sum(op(a, b) * a),
    a=lambda g, b: g / b,
    b=lambda g, a, b: -g * a / (b * b),
)
def ratio(a: ag.Array, b: ag.Array) -> ag.Array:
    return a / b


ratio.mistake("sign", "of the divisor's derivative", b=lambda g, a, b: g * a / (b * b))
ratio.mistake("factor", "the divisor's square", b=lambda g, a, b: -g * a / b)


@subject(
    normal((4,), (4,)),
    lambda op, y, x: op(y, x) * y,
    y=lambda g, y, x: g * x / (x * x + y * y),
    x=lambda g, y, x: -g * y / (x * x + y * y),
)
def angle_of(y: ag.Array, x: ag.Array) -> ag.Array:
    return np.arctan2(y, x)


angle_of.mistake("sign", "for x", x=lambda g, y, x: g * y / (x * x + y * y))
angle_of.mistake("wrong value", "operands exchanged", y=lambda g, y, x: g * y / (x * x + y * y))


@subject(
    normal((4, 3), (3,), (4,)),
    lambda op, x, w, y: op(ag.tanh(x @ w), y),
    a=lambda g, a, b: g * 2 * (a - b) / a.size,
    b=lambda g, a, b: g * 2 * (b - a) / a.size,
)
def mean_square_error(a: ag.Array, b: ag.Array) -> ag.Array:
    return np.mean((a - b) ** 2)


mean_square_error.mistake("factor", "1 / n of the mean", a=lambda g, a, b: g * 2 * (a - b))
mean_square_error.mistake("factor", "2 of the square", a=lambda g, a, b: g * (a - b) / a.size)
mean_square_error.mistake("sign", "for the target", b=lambda g, a, b: g * 2 * (a - b) / a.size)


@subject(
    normal((6,), (6,), (6,)),
    lambda op, x, mean, log_scale: ag.mean(op(x, mean, log_scale)),
    x=lambda g, x, mean, log_scale: g * (x - mean) * ag.exp(-2 * log_scale),
    mean=lambda g, x, mean, log_scale: g * (mean - x) * ag.exp(-2 * log_scale),
    log_scale=lambda g, x, mean, log_scale: g * (1 - (x - mean) ** 2 * ag.exp(-2 * log_scale)),
)
def normal_surprise(x: ag.Array, mean: ag.Array, log_scale: ag.Array) -> ag.Array:
    return 0.5 * (x - mean) ** 2 * np.exp(-2 * log_scale) + log_scale + 0.5 * log(2 * pi)


normal_surprise.mistake(
    "term",
    "the logarithm of the scale",
    log_scale=lambda g, x, mean, log_scale: -g * (x - mean) ** 2 * ag.exp(-2 * log_scale),
)
normal_surprise.mistake(
    "factor", "of two scales, one", x=lambda g, x, mean, log_scale: g * (x - mean) * ag.exp(-log_scale)
)


@subject(
    exactly([0.2, -0.5, 1.5, -3.0]),
    lambda op, x: ag.sum(op(x, 0.7) ** 2),
    x=lambda g, x, delta: g * ag.clip(x, -delta, delta),
)
def huber(x: ag.Array, delta: float) -> ag.Array:
    return np.where(np.abs(x) < delta, 0.5 * x * x, delta * (np.abs(x) - 0.5 * delta))


huber.mistake(
    "factor",
    "delta, where the loss is linear",
    x=lambda g, x, delta: g * ag.where(ag.abs(x) < delta, x, ag.sign(x)),
)

# -- an operand that is used twice ---------------------------------------------------------------------------------


@subject(
    normal((3, 3)),
    lambda op, x: ag.sum(op(x) @ x),
    x=lambda g, x: g * ag.sigmoid(x) * (1 + x * (1 - ag.sigmoid(x))),
)
def swish(x: ag.Array) -> ag.Array:
    return x * expit(x)


swish.mistake("path", "through the sigmoid", x=lambda g, x: g * ag.sigmoid(x))


@subject(
    normal((3,), (3, 3)),
    lambda op, x, a: ag.exp(0.1 * op(x, a)),
    x=lambda g, x, a: g * ((a + a.T) @ x),
    a=lambda g, x: g * ag.outer(x, x),
)
def quadratic_form(x: ag.Array, a: ag.Array) -> ag.Array:
    return x @ a @ x


quadratic_form.mistake("path", "a is taken to be symmetric", x=lambda g, x, a: g * 2 * (a @ x))
quadratic_form.mistake("path", "x on the left", x=lambda g, x, a: g * (a.T @ x))


@subject(
    normal((4,), (4,)),
    lambda op, x, y: ag.sum(op(x) * y),
    x=lambda g, x, out: (g - out * ag.sum(g * out)) / ag.sqrt(ag.sum(x * x)),
)
def direction(x: ag.Array) -> ag.Array:
    return x / np.sqrt(np.sum(x * x))


direction.mistake("path", "through the length", x=lambda g, x: g / ag.sqrt(ag.sum(x * x)))
direction.mistake("factor", "1 / length", x=lambda g, x, out: g - out * ag.sum(g * out))
