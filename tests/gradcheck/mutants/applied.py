"""Mistakes in what people write for their own field: decompositions, signals, statistics, sequences; and in what an
operation keeps for itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

import autograd_lite as ag

from .subject import exactly, normal, subject

# -- matrices ----------------------------------------------------------------------------------------------------------


def _cholesky_pull(g: Any, out: Any, halved: bool = True) -> Any:
    """I. Murray, "Differentiation of the Cholesky decomposition", 2016: half of the diagonal counts."""
    inner = np.tril(out.T @ g)
    if halved:
        inner[np.diag_indices(len(inner))] /= 2
    pulled = np.linalg.solve(out.T, np.linalg.solve(out.T, inner.T).T)
    return (pulled + pulled.T) / 2


@subject(normal((3, 3)), lambda op, x: ag.sum(op(x @ x.T + np.eye(3))), x=lambda g, out: _cholesky_pull(g, out))
def triangle(x: ag.Array) -> ag.Array:
    return np.linalg.cholesky((x + x.T) / 2)


triangle.mistake("factor", "one half on the diagonal", x=lambda g, out: _cholesky_pull(g, out, halved=False))


def _axes_pull(g: Any, out: Any, vectors: bool = True, turned: int = 1) -> Any:
    (to_values, to_vectors), (values, axes) = g, out
    gaps = turned * (values - values[:, None])
    np.fill_diagonal(gaps, np.inf)
    return axes @ (np.diag(to_values) + vectors * (axes.T @ to_vectors) / gaps) @ axes.T


def _moments(op: Any, x: Any) -> Any:
    values, axes = op((x + x.T) / 2)
    return ag.sum(values**2) + ag.sum(ag.abs(axes[:, 0]) ** 3)


@subject(normal((3, 3)), _moments, outputs=("values", "axes"), x=lambda g, out: _axes_pull(g, out))
def principal_axes(x: ag.Array) -> tuple[ag.Array, ag.Array]:
    return tuple(np.linalg.eigh(x))  # type: ignore[return-value]


principal_axes.mistake("path", "through the second output", x=lambda g, out: _axes_pull(g, out, vectors=False))
principal_axes.mistake("sign", "of the gaps of eigenvalues", x=lambda g, out: _axes_pull(g, out, turned=-1))


@subject(
    lambda rng: (rng.standard_normal((3, 3)) / 2,),
    lambda op, x: ag.sum(op(x) ** 2),
    x=lambda g, x: scipy.linalg.expm_frechet(x.T, g)[1],
)
def flow(x: ag.Array) -> ag.Array:
    return scipy.linalg.expm(x)


flow.mistake("wrong value", "as if the matrices commuted", x=lambda g, out: out.T @ g)

# -- signals -----------------------------------------------------------------------------------------------------------


def _from_spectrum_pull(g: Any, n: int, alone: int = 2) -> Any:
    """What of a spectrum has a mirror image counts twice; frequency 0, and the highest of an even n, have none."""
    pulled = np.fft.rfft(g) * 2 / n
    pulled[: 1 if alone else 0] /= 2
    pulled[-1:] /= 2 if alone == 2 and n % 2 == 0 else 1
    return pulled.conj()


@subject(normal((4,)), lambda op, x: ag.sum(op(x * (1 + 0.5j), 6) ** 2), x=lambda g, n: _from_spectrum_pull(g, n))
def from_spectrum(x: ag.Array, n: int) -> ag.Array:
    return np.fft.irfft(x, n)


from_spectrum.mistake("complex", "the highest frequency, of even n", x=lambda g, n: _from_spectrum_pull(g, n, alone=1))
from_spectrum.mistake("complex", "the mean counts twice", x=lambda g, n: _from_spectrum_pull(g, n, alone=0))


def _turned(x: Any, angle: float) -> Any:
    """Neighbouring entries as points of a plane, turned by an angle that grows along axis 0 (rotary embedding)."""
    turned = (x[:, ::2] + 1j * x[:, 1::2]) * np.exp(1j * angle * np.arange(len(x)))[:, None]
    return np.stack([turned.real, turned.imag], -1).reshape(x.shape)


def _matched(op: Any, q: Any, k: Any) -> Any:
    return ag.sum(ag.softmax(op(q) @ op(k).T)[:, 0])


@subject(normal((3, 4), (3, 4)), _matched, x=lambda g: _turned(g, -0.3))
def positioned(x: ag.Array) -> ag.Array:
    return _turned(x, 0.3)


positioned.mistake("sign", "turned on, and not back", x=lambda g: _turned(g, 0.3))


def _decayed(x: Any, keep: Any) -> Any:
    out = np.zeros_like(x)
    for t in range(len(x)):
        out[t] = x[t] + (keep[t] * out[t - 1] if t else 0)
    return out


def _decayed_pull(g: Any, keep: Any, shift: int = 1) -> Any:
    out = g.copy()
    for t in reversed(range(len(g) - 1)):
        out[t] += keep[t + shift] * out[t + 1]
    return out


@subject(
    normal((5,), (5,)),
    lambda op, x, a: ag.sum(op(x, ag.sigmoid(a)) ** 2),
    x=lambda g, keep: _decayed_pull(g, keep),
    keep=lambda g, out, keep: _decayed_pull(g, keep) * np.append(0.0, out[:-1]),
)
def linear_recurrence(x: ag.Array, keep: ag.Array) -> ag.Array:
    return _decayed(x, keep)


linear_recurrence.mistake("off by one", "what is kept", x=lambda g, keep: _decayed_pull(g, keep, shift=0))
linear_recurrence.mistake(
    "off by one", "the state after the step", keep=lambda g, out, keep: _decayed_pull(g, keep) * out
)

# -- statistics --------------------------------------------------------------------------------------------------------


def _quantile_pull(g: Any, x: Any, q: float, swapped: bool = False) -> Any:
    place = q * (x.size - 1)
    weights = np.array([1 - place % 1, place % 1])
    pulled = np.zeros_like(x)
    pulled[np.argsort(x)[int(place) :][:2]] = g * (weights[::-1] if swapped else weights)
    return pulled


@subject(normal((5,)), lambda op, x: op(2 * x, 0.3), x=lambda g, x, q: _quantile_pull(g, x, q))
def quantile_of(x: ag.Array, q: float) -> ag.Array:
    return np.asarray(np.quantile(x, q))


quantile_of.mistake("wrong value", "weights of the neighbours", x=lambda g, x, q: _quantile_pull(g, x, q, swapped=True))


@subject(
    normal((3,), (3,)),
    lambda op, a, b: op(ag.exp(a), ag.exp(b)),
    p=lambda g, p, q: g * (ag.log(p / q) + 1),
    q=lambda g, p, q: -g * p / q,
)
def divergence(p: ag.Array, q: ag.Array) -> ag.Array:
    return np.asarray((p * np.log(p / q)).sum())


divergence.mistake("term", "p in the logarithm", p=lambda g, p, q: g * ag.log(p / q))


def _masked_pull(g: Any, out: Any, mask: Any, leak: float = 0.0) -> Any:
    return out * (g - np.sum(g * out, -1, keepdims=True)) + leak * g * ~mask


CAUSAL = np.tril(np.ones((4, 4), bool))


@subject(
    normal((4, 4)), lambda op, x: ag.sum((1 + op(x, CAUSAL)) ** 2), x=lambda g, out, mask: _masked_pull(g, out, mask)
)
def causal_weights(x: ag.Array, mask: Any) -> ag.Array:
    e = np.exp(np.where(mask, x - x.max(-1, keepdims=True), -np.inf))
    return e / e.sum(-1, keepdims=True)


causal_weights.mistake("mask swapped", "added to", x=lambda g, out, mask: _masked_pull(g, out, mask, leak=0.1))

# -- which operands there are ------------------------------------------------------------------------------------------


@subject(
    normal((3,), (3,), (3,)),
    lambda op, a, b, c: ag.sum(op(a, b, ag.sin(c)) ** 2),
    a=lambda g, b: g * b,
    b=lambda g, a: g * a,
    c=lambda g: g,
)
def multiply_add(a: ag.Array, b: ag.Array, c: ag.Array) -> ag.Array:
    return a * b + c


multiply_add.mistake("path", "an operand without a formula", c=None)


@subject(
    normal((3,)), lambda op, x: ag.sum((lambda y: op(y, y))(ag.cos(x))), a=lambda g, b: g * b, b=lambda g, a: g * a
)
def times(a: ag.Array, b: ag.Array) -> ag.Array:
    return a * b


times.mistake("path", "through b, where it is a", b=lambda g, a, b: g * a * (a is not b))


@subject(
    normal((3,)), lambda op, x: ag.sum(op(x, x, ag.sin(x)) * np.arange(9.0).reshape(3, 3)), parts=lambda g, i: g[i]
)
def stacked(*parts: ag.Array) -> ag.Array:
    return np.stack(parts)


stacked.mistake("off by one", "the part that comes twice", parts=lambda g, i: g[max(i - 1, 0)])


@subject(
    exactly([2.0, 0.0], [1.5, 2.0]),
    lambda op, x, n: ag.sum(op(x, n)),
    x=lambda g, x, n: g * n * x ** (n - 1),
    n=lambda g, x, out: g * out * np.log(np.where(x == 0, 1, x)),
)
def power_of(x: ag.Array, n: ag.Array) -> ag.Array:
    return x**n


def _without_care(g: Any, x: Any, out: Any) -> Any:
    with np.errstate(all="ignore"):
        return g * out * np.log(x)


power_of.mistake("zeros", "the logarithm of zero", n=_without_care)

# -- states and precision ----------------------------------------------------------------------------------------------

USES = [0]
BY_SHAPE: dict[tuple[int, ...], Any] = {}


def _counted(g: Any, x: Any) -> Any:
    USES[0] += 1
    return g * ag.cos(x) * (1 + USES[0] % 2)


def _remembered(g: Any, x: Any) -> Any:
    return g * np.cos(BY_SHAPE[x.shape])


@subject(normal((3,)), lambda op, x: ag.sum(op(x) * op(x + 1)), x=lambda g, x: g * ag.cos(x))
def sine_of(x: ag.Array) -> ag.Array:
    BY_SHAPE.setdefault(x.shape, x.copy())
    return np.sin(x)


sine_of.mistake("nondeterministic", "another factor with every use", x=_counted)
sine_of.mistake("stale value", "a cache by shapes", x=_remembered)
sine_of.mistake(
    "float32",
    "through half precision",
    check={"dtype": "float32"},
    x=lambda g, x: (g * ag.cos(x)).astype(np.float16 if x.dtype == np.float32 else x.dtype).astype(x.dtype),
)


def _halved(g: Any) -> Any:
    return 2 * np.real(g) + 1j * np.imag(g)


@subject(
    lambda rng: (rng.standard_normal(3) + 1j * rng.standard_normal(3),),
    lambda op, z: ag.sum(ag.abs(op(z)) ** 2),
    x=lambda g: 2 * g,
)
def twice(x: ag.Array) -> ag.Array:
    return 2 * x


twice.mistake("complex", "half of the imaginary part", x=_halved)
