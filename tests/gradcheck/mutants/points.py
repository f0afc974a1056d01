"""Mistakes that show only somewhere: at ties and kinks, for large, negative or no numbers at all."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit

import autograd_lite as ag

from .subject import between, exactly, normal, subject

# -- ties and kinks --------------------------------------------------------------------------------------------------


@subject(
    exactly([1.0, -2.0, 0.5], [1.0, -1.0, 0.5]),
    lambda op, a, b: ag.sum(op(a, b) ** 2),
    a=lambda g, a, b: g * ((a > b) + 0.5 * (a == b)),
    b=lambda g, a, b: g * ((b > a) + 0.5 * (a == b)),
    branch=lambda a, b: np.sign(a - b),
)
def larger(a: ag.Array, b: ag.Array) -> ag.Array:
    return np.maximum(a, b)


larger.mistake("ties", "a tie counts twice", a=lambda g, a, b: g * (1.0 * (a >= b) + (a == b)))
larger.mistake("ties", "a tie has no quotient", a=lambda g, a, b: g * (1 + (a - b) / ag.abs(a - b)) / 2)
larger.mistake(
    "ties",
    "both have all of it where both are the same",
    at=exactly([1.0, -2.0, 0.5]),
    model=lambda op, x: ag.sum(op(x, x) ** 2),
    a=lambda g, a, b: g * (a >= b),
    b=lambda g, a, b: g * (b >= a),
)
larger.mistake("wrong value", "the smaller one gets it", at=normal((4,), (4,)), a=lambda g, a, b: g * (a < b))


@subject(
    exactly([0.0, 1.0, -2.0]),
    lambda op, x: ag.sum(op(x) * 3),
    x=lambda g, x: g * (x > 0),
    branch=lambda x: x > 0,
)
def ramp(x: ag.Array) -> ag.Array:
    return np.maximum(x, 0)


ramp.mistake("kink", "out / x at 0", x=lambda g, x, out: g * out / x)
ramp.mistake("kink", "-1 at 0", x=lambda g, x: g * ((x > 0) - 1.0 * (x == 0)))
ramp.mistake("wrong value", "where x is below 0", x=lambda g, x: g * (x < 0))


@subject(
    exactly([0.0, 1.5, -2.0]),
    lambda op, x: ag.sum(op(x) * x + op(x)),
    x=lambda g, x: g * ag.sign(x),
    branch=lambda x: np.sign(x),
)
def size(x: ag.Array) -> ag.Array:
    return np.abs(x)


size.mistake("kink", "x / out at 0", x=lambda g, x, out: g * x / out)
size.mistake("kink", "2 where it must lie from -1 to 1", x=lambda g, x: g * (ag.sign(x) + 2 * (x == 0)))


@subject(
    exactly([-2.0, -1.0, 0.3, 1.0, 3.0]),
    lambda op, x: ag.sum(op(x, -1.0, 1.0) * np.arange(1.0, 6)),
    x=lambda g, x, low, high: g * ((x >= low) & (x <= high)),
    branch=lambda x, low, high: 1 * (x > low) + (x >= low) + (x > high) + (x >= high),
)
def limited(x: ag.Array, low: float, high: float) -> ag.Array:
    return np.clip(x, low, high)


limited.mistake(
    "kink",
    "2 on the limits",
    x=lambda g, x, low, high: g * (1.0 * (x >= low) + (x <= high) - 1 + (x == low) + (x == high)),
)
limited.mistake("path", "passed on outside, too", x=lambda g: g)


@subject(
    exactly([[3.0, 0.0, 4.0], [1.0, 2.0, 2.0]]),
    lambda op, x: ag.sum(op(x) * np.array([2.0, -1.0])),
    x=lambda g, x, out: ag.expand_dims(g / out, -1) * x,
)
def lengths(x: ag.Array) -> ag.Array:
    return np.sqrt((x * x).sum(-1))


lengths.mistake("factor", "of 2", x=lambda g, x, out: ag.expand_dims(g / out, -1) * x * 2)
lengths.mistake(
    "large numbers",
    "the square of the length",
    at=exactly([[3e4, 0.0, 4e4], [1.0, 2.0, 2.0]]),
    x=lambda g, x, out: ag.expand_dims(g / (out * out), -1) * x,
)

# -- some numbers only -----------------------------------------------------------------------------------------------


@subject(
    exactly([-1.0, 2.0, 800.0]), lambda op, x: ag.sum(op(x) * np.array([1.0, 2, 3])), x=lambda g, x: g * ag.sigmoid(x)
)
def soft_plus(x: ag.Array) -> ag.Array:
    return np.logaddexp(0, x)


def _naive_sigmoid(x: Any) -> Any:
    with np.errstate(over="ignore"):
        return ag.exp(x) / (1 + ag.exp(x))


soft_plus.mistake("large numbers", "inf / inf", x=lambda g, x: g * _naive_sigmoid(x))
soft_plus.mistake(
    "large numbers",
    "1 from 5 on",
    at=exactly([0.0, 6.0]),
    model=lambda op, x: ag.sum(op(x)),
    x=lambda g, x: g * ag.where(x > 5, 1.0, ag.sigmoid(x)),
)


@subject(normal((6,)), lambda op, x: ag.sum(op(x, 0.3) ** 2), x=lambda g, x, slope: g * ag.where(x > 0, 1.0, slope))
def leaky(x: ag.Array, slope: float) -> ag.Array:
    return np.where(x > 0, x, slope * x)


leaky.mistake("negative", "nothing below 0", x=lambda g, x: g * (x > 0))
leaky.mistake("negative", "the default slope", x=lambda g, x: g * ag.where(x > 0, 1.0, 0.01))


@subject(
    normal((6,)),
    lambda op, x: ag.sum(op(x, 0.6) * x),
    x=lambda g, x, out, alpha: g * ag.where(x > 0, 1.0, out + alpha),
)
def elu_like(x: ag.Array, alpha: float) -> ag.Array:
    return np.where(x > 0, x, alpha * np.expm1(x))


elu_like.mistake("negative", "alpha taken to be 1", x=lambda g, x, out: g * ag.where(x > 0, 1.0, out + 1))


@subject(exactly([-2.0, -0.5, 3.0]), lambda op, x: ag.sum(op(x) * x), x=lambda g, x: g / x)
def log_of_size(x: ag.Array) -> ag.Array:
    return np.log(np.abs(x))


log_of_size.mistake("negative", "1 / |x|", x=lambda g, x: g / ag.abs(x))


@subject(
    exactly([-5.3, 4.1, -2.2], [2.0, 1.5, 0.7]),
    lambda op, a, b: ag.sum(op(a, b) * np.array([1.0, -2, 3])),
    a=lambda g: g,
    b=lambda g, a, b: -g * ag.floor(a / b),
)
def remainder_of(a: ag.Array, b: ag.Array) -> ag.Array:
    return np.remainder(a, b)


remainder_of.mistake("negative", "towards 0, not down", b=lambda g, a, b: -g * ag.trunc(a / b))


def _all_but_one(x: Any) -> Any:
    return ag.stack([ag.prod(ag.delete(x, i)) for i in range(x.shape[0])])


@subject(exactly([2.0, 0.0, -1.5]), lambda op, x: op(x) + ag.sum(x), x=lambda g, x: g * _all_but_one(x))
def product_of_all(x: ag.Array) -> ag.Array:
    return np.prod(x)


product_of_all.mistake("zeros", "out / x", x=lambda g, x, out: g * out / x)


def _sinc_slope(x: Any) -> Any:
    return ag.where(x == 0, 0.0, (ag.cos(x) - ag.sin(x) / ag.where(x == 0, 1.0, x)) / ag.where(x == 0, 1.0, x))


@subject(exactly([0.0, 1.0, -2.0]), lambda op, x: ag.sum(op(x) * x), x=lambda g, x: g * _sinc_slope(x))
def sine_over_x(x: ag.Array) -> ag.Array:
    return np.sinc(x / np.pi)


sine_over_x.mistake("zeros", "0 / 0", x=lambda g, x: g * (ag.cos(x) - ag.sin(x) / x) / x)
sine_over_x.mistake(
    "zeros", "1 at 0", x=lambda g, x: g * (_sinc_slope(x) + (x == 0)), model=lambda op, x: ag.sum(op(x))
)

# -- 0-d, nothing at all ---------------------------------------------------------------------------------------------


@subject(
    lambda rng: (rng.standard_normal(3), np.asarray(rng.standard_normal())),
    lambda op, x, scale: ag.sum(op(x) * op(scale)),
    x=lambda g, x: g * 2 * x,
)
def squared(x: ag.Array) -> ag.Array:
    return x * x


squared.mistake("0-d", "nothing for 0-d", x=lambda g, x: g * 2 * x * (x.ndim > 0))
squared.mistake("0-d", "as if it had one entry of its own", x=lambda g, x: g * 2 * (x if x.ndim else x * x))


@subject(
    lambda rng: (np.zeros((0, 3)), rng.standard_normal(3), np.asarray(0.7)),
    lambda op, x, w, scale: op(x @ w, scale) + ag.sum(w**2),
    x=lambda g, x, scale: ag.broadcast_to(g * scale / max(x.size, 1), x.shape),
    scale=lambda g, x: g * ag.sum(x) / max(x.size, 1),
)
def mean_or_zero(x: ag.Array, scale: ag.Array) -> ag.Array:
    return scale * x.sum() / max(x.size, 1)


mean_or_zero.mistake("zero size", "0 / 0 rows", scale=lambda g, x: g * ag.sum(x) / np.float64(x.size))


@subject(
    between(-1, 1, (3, 4)),
    lambda op, x: ag.sum(op(x.T) * x.T),
    x=lambda g, out: g * out * (1 - out),
)
def squash_all(x: ag.Array) -> ag.Array:
    return expit(x)


def _in_memory_order(x: Any) -> Any:
    return np.ravel(x, order="K").reshape(x.shape)


squash_all.mistake(
    "non-contiguous",
    "the saved array read as it lies in memory",
    x=lambda g, out: g * _in_memory_order(out * (1 - out)),
)
