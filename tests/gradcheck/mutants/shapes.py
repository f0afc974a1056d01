"""Missing sums and transposes, wrong axes, indices that are off by one."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag

from .subject import between, normal, subject

# -- sums over what was broadcast, means -----------------------------------------------------------------------------


@subject(
    normal((4, 3), (3, 2), (2,)),
    lambda op, x, w, b: ag.sum(ag.tanh(op(x, w, b))),
    x=lambda g, w: g @ w.T,
    w=lambda g, x: x.T @ g,
    b=lambda g: ag.sum(g, 0),
)
def dense(x: ag.Array, w: ag.Array, b: ag.Array) -> ag.Array:
    return x @ w + b


dense.mistake("broadcast", "one row in the place of the sum", b=lambda g: g[0])
dense.mistake("broadcast", "the mean in the place of the sum", b=lambda g: ag.mean(g, 0))
dense.mistake("wrong accumulate", "weights of the last row only", w=lambda g, x: ag.outer(x[-1], g[-1]))


@subject(
    normal((3, 4), (1, 4)),
    lambda op, x, scale: ag.sum(op(x, scale) ** 2),
    x=lambda g, scale: g * scale,
    scale=lambda g, x: ag.sum(g * x, 0, keepdims=True),
)
def scaled(x: ag.Array, scale: ag.Array) -> ag.Array:
    return x * scale


scaled.mistake("broadcast", "summed before the product", scale=lambda g, x: ag.sum(g, 0, keepdims=True) * ag.sum(x, 0))


def _spread(g: Any, shape: Any, axis: int, keepdims: bool) -> Any:
    return ag.broadcast_to(g if keepdims else ag.expand_dims(g, axis), shape)


@subject(
    normal((3, 3)),
    lambda op, x: ag.sum(op(x, 1, True) * x) + ag.sum(op(x, 0, False) ** 2),
    x=lambda g, x_shape, axis, keepdims: _spread(g, x_shape, axis, keepdims),
)
def added(x: ag.Array, axis: int, keepdims: bool) -> ag.Array:
    return x.sum(axis=axis, keepdims=keepdims)


added.mistake(
    "axis", "the other axis of a square", x=lambda g, x_shape, axis, keepdims: _spread(g, x_shape, 1 - axis, keepdims)
)
added.mistake(
    "keepdims",
    "without keepdims, g lies along the last axis",
    x=lambda g, x_shape: ag.broadcast_to(g, x_shape),
    model=lambda op, x: ag.sum(op(x, 1, False) ** 2),
)


@subject(
    normal((2, 5)),
    lambda op, x: ag.sum(op(x, 0) * x),
    x=lambda g, x_shape, axis: _spread(g, x_shape, axis, False) / x_shape[axis],
)
def averaged(x: ag.Array, axis: int) -> ag.Array:
    return x.mean(axis=axis)


averaged.mistake(
    "axis",
    "divided by the length of the last axis",
    x=lambda g, x_shape, axis: _spread(g, x_shape, axis, False) / x_shape[-1],
)
averaged.mistake("factor", "not divided by the length", x=lambda g, x_shape, axis: _spread(g, x_shape, axis, False))


@subject(
    normal((6,)),
    lambda op, x: op(x, 1) * x,
    x=lambda g, x, correction: g * 2 * (x - ag.mean(x)) / (x.size - correction),
)
def variance(x: ag.Array, correction: int) -> ag.Array:
    return np.var(x, ddof=correction)


variance.mistake("off by one", "n in the place of n - 1", x=lambda g, x: g * 2 * (x - ag.mean(x)) / x.size)
variance.mistake("term", "the mean is not subtracted", x=lambda g, x, correction: g * 2 * x / (x.size - correction))

# -- matrices --------------------------------------------------------------------------------------------------------


@subject(
    normal((3, 3), (3, 3)),
    lambda op, a, b: ag.sum(ag.sin(op(a, b))),
    a=lambda g, b: g @ b.T,
    b=lambda g, a: a.T @ g,
)
def product(a: ag.Array, b: ag.Array) -> ag.Array:
    return a @ b


product.mistake("transpose", "b is not transposed", a=lambda g, b: g @ b)
product.mistake("transpose", "the result is transposed", b=lambda g, a: (a.T @ g).T)
product.mistake("transpose", "factors exchanged", b=lambda g, a: g @ a.T)


@subject(
    normal((2, 2, 2), (2, 2, 2)),
    lambda op, a, b: ag.sum(op(a, b) ** 2),
    a=lambda g, b: g @ ag.swapaxes(b, -1, -2),
    b=lambda g, a: ag.swapaxes(a, -1, -2) @ g,
)
def stacked_product(a: ag.Array, b: ag.Array) -> ag.Array:
    return a @ b


stacked_product.mistake("transpose", "the axis of the stack, too", a=lambda g, b: g @ b.T)
stacked_product.mistake("axis", "axes 0 and 1 exchanged", b=lambda g, a: ag.swapaxes(a, 0, 1) @ g)


@subject(
    normal((3,), (3,)),
    lambda op, a, b: ag.sum(op(a, b) ** 3),
    a=lambda g, b: g @ b,
    b=lambda g, a: g.T @ a,
)
def outer_product(a: ag.Array, b: ag.Array) -> ag.Array:
    return np.outer(a, b)


outer_product.mistake("transpose", "g is not transposed", b=lambda g, a: g @ a)


def _well_conditioned(rng: np.random.Generator) -> tuple[Any, ...]:
    return 3 * np.eye(3) + rng.standard_normal((3, 3)), rng.standard_normal((3, 2))


@subject(
    _well_conditioned,
    lambda op, a, b: ag.sum(op(a, b) ** 2),
    a=lambda g, a, out: -ag.solve(a.T, g) @ out.T,
    b=lambda g, a: ag.solve(a.T, g),
)
def solution(a: ag.Array, b: ag.Array) -> ag.Array:
    return np.linalg.solve(a, b)


solution.mistake("transpose", "the system is not transposed", b=lambda g, a: ag.solve(a, g))
solution.mistake("sign", "for the matrix", a=lambda g, a, out: ag.solve(a.T, g) @ out.T)


@subject(
    lambda rng: _well_conditioned(rng)[:1],
    lambda op, a: ag.sum(op(a) * a),
    x=lambda g, out: -out.T @ g @ out.T,
)
def inverse(x: ag.Array) -> ag.Array:
    return np.linalg.inv(x)


inverse.mistake("factor", "one inverse of the two", x=lambda g, out: -out.T @ g)
inverse.mistake("transpose", "the inverse on the left", x=lambda g, out: -out @ g @ out.T)


@subject(
    lambda rng: _well_conditioned(rng)[:1],
    lambda op, a: ag.log(ag.abs(op(a))),
    x=lambda g, x, out: g * out * ag.inv(x).T,
)
def volume(x: ag.Array) -> ag.Array:
    return np.linalg.det(x)


volume.mistake("transpose", "of the inverse", x=lambda g, x, out: g * out * ag.inv(x))


@subject(normal((3, 3)), lambda op, a: ag.exp(op(a)) * a, x=lambda g, x_shape: g * np.eye(x_shape[0]))
def trace_of(x: ag.Array) -> ag.Array:
    return np.trace(x)


trace_of.mistake("wrong value", "all entries in the place of the diagonal", x=lambda g, x_shape: g * np.ones(x_shape))


@subject(normal((4, 4)), lambda op, a: op(a, -1) @ a, x=lambda g, k: ag.tril(g, k))
def lower(x: ag.Array, k: int) -> ag.Array:
    return np.tril(x, k)


lower.mistake("off by one", "the diagonal as if k were 0", x=lambda g: ag.tril(g))

# -- places ----------------------------------------------------------------------------------------------------------


@subject(
    normal((2, 2, 2)),
    lambda op, x: ag.sum(op(x, (1, 2, 0)) * x**2),
    x=lambda g, axes: ag.transpose(g, tuple(np.argsort(axes))),
)
def permuted(x: ag.Array, axes: tuple[int, ...]) -> ag.Array:
    return x.transpose(axes)


permuted.mistake("transpose", "the permutation in the place of its inverse", x=lambda g, axes: ag.transpose(g, axes))


@subject(normal((5,)), lambda op, x: op(x, 2) * x**2, x=lambda g, shift: ag.roll(g, -shift))
def rolled(x: ag.Array, shift: int) -> ag.Array:
    return np.roll(x, shift)


rolled.mistake("sign", "of the shift", x=lambda g, shift: ag.roll(g, shift))
rolled.mistake("off by one", "one place too far", x=lambda g, shift: ag.roll(g, -shift - 1))


@subject(normal((5,)), lambda op, x: op(x) * x, x=lambda g: ag.flip(ag.cumsum(ag.flip(g))))
def running_sum(x: ag.Array) -> ag.Array:
    return np.cumsum(x)


running_sum.mistake("wrong value", "summed from the front", x=lambda g: ag.cumsum(g))
running_sum.mistake("off by one", "without the element itself", x=lambda g: ag.flip(ag.cumsum(ag.flip(g))) - g)


def _both_ends(g: Any, back: int) -> Any:
    zero = np.zeros(1)
    after, before = ag.concatenate([zero, g]), ag.concatenate([g, zero])
    return after - (before if back else ag.roll(before, 1))


@subject(normal((5,)), lambda op, x: op(x) ** 3, x=lambda g: _both_ends(g, back=1))
def steps(x: ag.Array) -> ag.Array:
    return np.diff(x)


steps.mistake("off by one", "both contributions at one place", x=lambda g: _both_ends(g, back=0))


@subject(
    normal((4,)),
    lambda op, x: op(x, 2, 1) ** 2 * np.arange(1, 8),
    x=lambda g, left, right: g[left : g.shape[0] - right],
)
def padded(x: ag.Array, left: int, right: int) -> ag.Array:
    return np.pad(x, (left, right))


padded.mistake("off by one", "left and right exchanged", x=lambda g, left, right: g[right : g.shape[0] - left])


@subject(
    normal((3,), (3,), (3,)),
    lambda op, a, b, c: op(a, ag.sin(b), c) ** 2 * np.arange(1.0, 10),
    parts=lambda g, i, parts_shape: g[3 * i : 3 * i + 3],
)
def joined(*parts: ag.Array) -> ag.Array:
    return np.concatenate(parts)


joined.mistake(
    "off by one", "each gets the part of its neighbour", parts=lambda g, i: ag.roll(g, -3)[3 * i : 3 * i + 3]
)
joined.mistake("path", "the last one gets nothing", parts=lambda g, i: g[3 * i : 3 * i + 3] * (i < 2))


def _written(g: Any, indices: Any, shape: Any) -> Any:
    rows = np.zeros(shape)
    rows[indices] = g
    return rows


@subject(
    normal((4, 2)),
    lambda op, table: ag.sum(op(table, np.array([1, 3, 1, 0])) ** 2),
    x=lambda g, indices, x_shape: ag.scatter_add(np.zeros(x_shape), 0, np.repeat(indices[:, None], x_shape[1], 1), g),
)
def looked_up(x: ag.Array, indices: Any) -> ag.Array:
    return x[indices]


looked_up.mistake(
    "wrong accumulate",
    "written, not added, where a row is taken twice",
    x=lambda g, indices, x_shape: _written(g, indices, x_shape),
)


@subject(
    normal((3,)),
    lambda op, x: op(x) ** 2 * np.arange(1.0, 7),
    x=lambda g: ag.sum(g.reshape(-1, 2), 1),
)
def doubled(x: ag.Array) -> ag.Array:
    return np.repeat(x, 2)


doubled.mistake("broadcast", "one of the two copies", x=lambda g: g.reshape(-1, 2)[:, 0])
doubled.mistake("off by one", "pairs begin at the second", x=lambda g: ag.sum(ag.roll(g, -1).reshape(-1, 2), 1))


@subject(
    between(-1, 1, (2, 3)),
    lambda op, x: ag.sum(op(x, (3, 2)) * np.arange(1.0, 7).reshape(3, 2) * x.reshape(3, 2)),
    x=lambda g, x_shape: g.reshape(x_shape),
)
def reshaped(x: ag.Array, shape: tuple[int, ...]) -> ag.Array:
    return x.reshape(shape)


reshaped.mistake("transpose", "transposed instead", x=lambda g: g.T)
