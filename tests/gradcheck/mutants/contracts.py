"""Mistakes in what a derivative does beside its value: memory, randomness, what it saved, and single precision."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.core import raw

from .subject import between, exactly, normal, subject

# -- what was saved ----------------------------------------------------------------------------------------------------

LAST: dict[str, Any] = {}  # what an op remembers of its last call, as a layer does that keeps `self.x`


@subject(normal((3,), (3,)), lambda op, x, y: ag.sum(op(x) * op(y)), x=lambda g, x: g * 2 * x)
def remembered_square(x: ag.Array) -> ag.Array:
    LAST["x"] = x
    return x * x


remembered_square.mistake("stale value", "x of the last call, not of this one", x=lambda g: g * 2 * LAST["x"])


@subject(normal((3, 3)), lambda op, x: ag.sum(op(op(x)) ** 2), x=lambda g, out: g * (1 - out * out))
def remembered_bend(x: ag.Array) -> ag.Array:
    LAST["out"] = np.tanh(x)
    return LAST["out"].copy()


remembered_bend.mistake("stale value", "the output of the last call", x=lambda g: g * (1 - LAST["out"] ** 2))


@subject(normal((4,)), lambda op, x: ag.sum(op(x)), x=lambda g, x: -g * ag.sin(x))
def remembered_cosine(x: ag.Array) -> ag.Array:
    LAST["old"] = x + 1e-3 * np.sign(x)
    return np.cos(x)


remembered_cosine.mistake("stale value", "x before an update of the weights", x=lambda g: -g * np.sin(LAST["old"]))

# -- memory ------------------------------------------------------------------------------------------------------------


def _in_place(target: Any, factor: Any) -> Any:
    """target *= factor, also where the derivative is recorded."""
    if isinstance(target, np.ndarray):
        target *= factor
        return target
    return target * factor


@subject(normal((2, 3)), lambda op, x: ag.sum(ag.tanh(op(x) + x)), x=lambda g, x: g * ag.cos(x))
def sine_beside(x: ag.Array) -> ag.Array:
    return np.sin(x)


sine_beside.mistake(
    "changes g", "the gradient that another path shares is written into", x=lambda g, x: _in_place(g, ag.cos(x))
)


@subject(normal((4,)), lambda op, x: ag.sum(op(ag.exp(x)) * x), x=lambda g, x: g * 2 * x)
def square_of(x: ag.Array) -> ag.Array:
    return x * x


square_of.mistake(
    "changes saved", "its operand, which exp needs yet, is written into", x=lambda g, x: g * _in_place(x, 2)
)


@subject(normal((4,)), lambda op, x: ag.sum(op(x) * x), x=lambda g, out: g * out)
def grown(x: ag.Array) -> ag.Array:
    return np.exp(x)


grown.mistake("changes saved", "its own output", x=lambda g, out: _in_place(out, g))


@subject(normal((4,)), lambda op, x: ag.sum(op(x) * x), x=lambda g, out: g * (out > 0))
def rectified(x: ag.Array) -> ag.Array:
    return np.maximum(x, 0)


rectified.mistake(
    "changes saved", "the gradient is built in the saved output", x=lambda g, out: _built_in(out, g * (out > 0))
)


def _built_in(buffer: Any, value: Any) -> Any:
    if not isinstance(buffer, np.ndarray):
        return value
    buffer[...] = value
    return buffer


# -- randomness --------------------------------------------------------------------------------------------------------

RNG = np.random.default_rng(0)


@subject(
    normal((3, 4)),
    lambda op, x: ag.sum(op(x, np.arange(12).reshape(3, 4) % 3 > 0) ** 2),
    x=lambda g, kept: g * kept,
)
def masked(x: ag.Array, kept: Any) -> ag.Array:
    return x * kept


masked.mistake("nondeterministic", "a mask drawn anew", x=lambda g: g * (RNG.random(g.shape) > 0.3))
masked.mistake(
    "nondeterministic", "noise of 1e-4", x=lambda g, kept: g * kept * (1 + 1e-4 * RNG.standard_normal(g.shape))
)

# -- single precision --------------------------------------------------------------------------------------------------

SINGLE = {"dtype": "float32"}


def _single(x: Any) -> bool:
    return x.dtype == np.float32


@subject(normal((4, 2)), lambda op, x: ag.sum(op(x) ** 2), x=lambda g, x: g * ag.cos(x))
def wave(x: ag.Array) -> ag.Array:
    return np.sin(x)


wave.mistake(
    "float32",
    "computed in half precision",
    check=SINGLE,
    x=lambda g, x: g * (ag.cos(x.astype("float16")).astype("float32") if _single(x) else ag.cos(x)),
)
wave.mistake(
    "float32", "sine in the fast path", check=SINGLE, x=lambda g, x: g * (ag.sin(x) if _single(x) else ag.cos(x))
)


@subject(exactly([0.5, 30.0, 46.0]), lambda op, x: ag.sum(op(x) * x), x=lambda g, out: g * (1 - out * out))
def saturated(x: ag.Array) -> ag.Array:
    return np.tanh(x)


def _by_exponentials(x: Any) -> Any:
    with np.errstate(over="ignore"):
        grown = np.exp(2 * raw(x))
        return grown * 4 / (grown + 1) ** 2


saturated.mistake("float32", "overflows, where float64 does not", check=SINGLE, x=lambda g, x: g * _by_exponentials(x))


@subject(between(1e-3, 2e-3, (4,)), lambda op, x: ag.sum(op(x)), x=lambda g, x: g * 2e6 * ag.sin(x / 2) ** 2)
def sine_defect(x: ag.Array) -> ag.Array:
    return 1e6 * (x - np.sin(x))


sine_defect.mistake("float32", "1 - cos(x) cancels", check=SINGLE, x=lambda g, x: g * 1e6 * (1 - ag.cos(x)))
