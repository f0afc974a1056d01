"""Wrong only in second order, and complex numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.core import raw

from .subject import Inputs, between, normal, subject

SECOND, THIRD = {"order": 2}, {"order": 3}

# -- second order: what the derivative does not record -----------------------------------------------------------------


@subject(normal((4,)), lambda op, x: ag.sum(op(x)), x=lambda g, x: g * 3 * x * x)
def cubed(x: ag.Array) -> ag.Array:
    return x**3


cubed.mistake("second order", "the saved value is a constant", check=SECOND, x=lambda g, x: g * 3 * np.square(raw(x)))
cubed.mistake("second order", "the incoming gradient is a constant", check=SECOND, x=lambda g, x: raw(g) * 3 * x * x)
cubed.mistake("second order", "one of the two factors is a constant", check=SECOND, x=lambda g, x: g * 3 * x * raw(x))


@subject(normal((3,)), lambda op, x: ag.sum(op(x) * x), x=lambda g, x: g * ag.cos(x))
def sine(x: ag.Array) -> ag.Array:
    return np.sin(x)


cubed.mistake(
    "third order",
    "its derivative is linear in what is not a constant",
    check=THIRD,
    x=lambda g, x: g * 3 * raw(x) * (2 * x - raw(x)),
)


def _computed_outside(x: Any) -> Any:
    with ag.no_grad():
        return ag.cos(x)


sine.mistake("second order", "computed under no_grad", check=SECOND, x=lambda g, x: g * _computed_outside(x))


@subject(
    normal((3, 3), (3, 3)),
    lambda op, a, b: ag.sum(op(a, b) ** 2),
    a=lambda g, b: g @ b.T,
    b=lambda g, a: a.T @ g,
)
def matrix_product(a: ag.Array, b: ag.Array) -> ag.Array:
    return a @ b


matrix_product.mistake("second order", "b is detached", check=SECOND, a=lambda g, b: g @ raw(b).T)


def _norm_spec(x: Any, eps: float) -> Any:
    return x / ag.sqrt(ag.mean(x * x, -1, keepdims=True) + eps)


def _norm_pull(g: Any, x: Any, out: Any, eps: float) -> Any:
    scale = np.sqrt(np.mean(x * x, -1, keepdims=True) + eps)
    return (g - out * np.mean(g * out, -1, keepdims=True)) / scale


@subject(
    normal((2, 4)),
    lambda op, x: ag.sum(op(x, 0.1) ** 3),
    spec=_norm_spec,
    x=lambda g, x, out, eps: _norm_pull(g, x, out, eps),
)
def fused_rms_norm(x: ag.Array, eps: float) -> ag.Array:
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + eps)


fused_rms_norm.mistake(
    "second order", "its expression has no eps", check=SECOND, spec=lambda x, eps: _norm_spec(x, 0.0)
)
fused_rms_norm.mistake(
    "second order",
    "its expression detaches the scale",
    check=SECOND,
    spec=lambda x, eps: x / np.sqrt(np.mean(raw(x) ** 2, -1, keepdims=True) + eps),
)
fused_rms_norm.mistake(
    "path", "through the scale", x=lambda g, x, eps: g / np.sqrt(np.mean(x * x, -1, keepdims=True) + eps)
)

# -- complex numbers ---------------------------------------------------------------------------------------------------


def turning(*shapes: tuple[int, ...]) -> Inputs:
    """Complex inputs of these shapes."""
    return lambda rng: tuple(rng.standard_normal(shape) + 1j * rng.standard_normal(shape) for shape in shapes)


@subject(turning((4,)), lambda op, z: ag.sum(ag.real(op(z) * z * z)), x=lambda g: ag.conj(g))
def mirrored(x: ag.Array) -> ag.Array:
    return np.conj(x)


mirrored.mistake("complex", "the conjugate of g", x=lambda g: g)


@subject(turning((4,)), lambda op, z: ag.sum(op(z) ** 2), x=lambda g, x: g * 2 * ag.conj(x))
def energy(x: ag.Array) -> ag.Array:
    return np.abs(x) ** 2


energy.mistake("complex", "x in the place of its conjugate", x=lambda g, x: g * 2 * x)
energy.mistake("complex", "the real part only", x=lambda g, x: g * 2 * ag.real(x))


@subject(turning((3,), (3,)), lambda op, a, b: ag.sum(ag.imag(op(a, b))), a=lambda g, b: g * b, b=lambda g, a: g * a)
def complex_product(a: ag.Array, b: ag.Array) -> ag.Array:
    return a * b


complex_product.mistake("complex", "a conjugate too many", a=lambda g, b: g * ag.conj(b))


@subject(turning((3,)), lambda op, z: ag.sum(op(z) ** 2), x=lambda g: g * -1j)
def imaginary_part(x: ag.Array) -> ag.Array:
    return np.imag(x)


imaginary_part.mistake("complex", "the sign of i", x=lambda g: g * 1j)


@subject(
    turning((4,)),
    lambda op, z: ag.sum(ag.real(op(z) * np.arange(1, 5))),
    x=lambda g: ag.fft(g),
)
def spectrum(x: ag.Array) -> ag.Array:
    return np.fft.fft(x)


spectrum.mistake("complex", "the inverse transform", x=lambda g: ag.ifft(g))
spectrum.mistake("complex", "transformed back without the factor", x=lambda g: ag.conj(ag.fft(ag.conj(g))))


@subject(between(0.5, 2, (3,)), lambda op, x: ag.sum(op(x) ** 2), x=lambda g, x: g * 0.5 / ag.sqrt(x))
def root_of(x: ag.Array) -> ag.Array:
    return np.sqrt(x)


root_of.mistake("factor", "one half", x=lambda g, x: g / ag.sqrt(x))
root_of.mistake("second order", "the output is taken for a constant", check=SECOND, x=lambda g, out: g * 0.5 / raw(out))
