"""Layers of networks, with the joint backward that one writes by hand, and the mistakes that one makes there."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

import autograd_lite as ag

from .subject import exactly, normal, subject

# -- softmax and its loss ----------------------------------------------------------------------------------------------


@subject(
    normal((3, 3)),
    lambda op, x: ag.sum(op(x, 1) ** 2),
    x=lambda g, out, axis: out * (g - ag.sum(g * out, axis, keepdims=True)),
)
def probabilities(x: ag.Array, axis: int) -> ag.Array:
    return scipy_softmax(x, axis=axis)


probabilities.mistake("term", "the sum", x=lambda g, out: out * g)
probabilities.mistake("term", "the diagonal of the Jacobian only", x=lambda g, out: g * out * (1 - out))
probabilities.mistake(
    "axis", "summed over the other axis", x=lambda g, out: out * (g - ag.sum(g * out, 0, keepdims=True))
)


@subject(
    normal((3, 4)),
    lambda op, x: ag.sum(op(x)[:, 0] * x[:, 1]),
    x=lambda g, out: g - ag.exp(out) * ag.sum(g, -1, keepdims=True),
)
def log_probabilities(x: ag.Array) -> ag.Array:
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


log_probabilities.mistake("factor", "the sum of g, which is 1 for a cross-entropy", x=lambda g, out: g - ag.exp(out))
log_probabilities.mistake(
    "wrong value",
    "the logarithms in the place of the probabilities",
    x=lambda g, out: g - out * ag.sum(g, -1, keepdims=True),
)

TARGETS = np.array([0, 2, -1, 1])  # -1: ignored


def _one_hot(targets: Any, classes: int) -> Any:
    return np.eye(classes)[targets] * (targets >= 0)[:, None]


def _used(targets: Any) -> Any:
    return (targets >= 0)[:, None]


@subject(
    normal((4, 3), (3, 3)),
    lambda op, x, w: op(ag.tanh(x @ w), TARGETS),
    x=lambda g, x, targets: g * (ag.softmax(x) * _used(targets) - _one_hot(targets, x.shape[1])) / np.sum(targets >= 0),
)
def surprise(x: ag.Array, targets: Any) -> ag.Array:
    used = targets >= 0
    chosen = (x - np.log(np.exp(x).sum(-1, keepdims=True)))[np.arange(len(x)), targets]
    return -chosen[used].mean()


surprise.mistake(
    "factor",
    "divided by all rows, the ignored ones too",
    x=lambda g, x, targets: g * (ag.softmax(x) * _used(targets) - _one_hot(targets, x.shape[1])) / len(targets),
)
surprise.mistake(
    "path",
    "ignored rows have a gradient",
    x=lambda g, x, targets: g * (ag.softmax(x) - _one_hot(targets, x.shape[1])) / np.sum(targets >= 0),
)
surprise.mistake(
    "term",
    "the probability of the target only",
    x=lambda g, x, targets: g * (ag.softmax(x) - 1) * _one_hot(targets, x.shape[1]) / np.sum(targets >= 0),
)
surprise.mistake(
    "factor", "the mean", x=lambda g, x, targets: g * (ag.softmax(x) * _used(targets) - _one_hot(targets, x.shape[1]))
)

# -- normalization -----------------------------------------------------------------------------------------------------


def _normalized(x: Any, axis: int, eps: float) -> Any:
    distance = x - ag.mean(x, axis, keepdims=True)
    return distance / ag.sqrt(ag.mean(distance * distance, axis, keepdims=True) + eps)


def _batch_norm_pull(
    g: Any, x: Any, axis: int, eps: float, mean: bool = True, variance: bool = True, n: int = 0
) -> Any:
    scale = 1 / ag.sqrt(ag.var(x, axis, keepdims=True) + eps)
    out = (x - ag.mean(x, axis, keepdims=True)) * scale
    through_mean = ag.mean(g, axis, keepdims=True) if mean else 0
    count = n or x.shape[axis]
    through_variance = out * ag.sum(g * out, axis, keepdims=True) / count if variance else 0
    return scale * (g - through_mean - through_variance)


@subject(
    normal((5, 2), (2,)),
    lambda op, x, w: ag.sum(ag.tanh(op(x, 0.1) * w) * x),
    x=lambda g, x, eps: _batch_norm_pull(g, x, 0, eps),
)
def batch_norm_of(x: ag.Array, eps: float) -> ag.Array:
    return (x - x.mean(0)) / np.sqrt(x.var(0) + eps)


batch_norm_of.mistake("path", "through the mean", x=lambda g, x, eps: _batch_norm_pull(g, x, 0, eps, mean=False))
batch_norm_of.mistake(
    "path", "through the variance", x=lambda g, x, eps: _batch_norm_pull(g, x, 0, eps, variance=False)
)
batch_norm_of.mistake(
    "path",
    "through both: statistics taken for constants",
    x=lambda g, x, eps: _batch_norm_pull(g, x, 0, eps, mean=False, variance=False),
)
batch_norm_of.mistake(
    "off by one", "n - 1 in the place of n", x=lambda g, x, eps: _batch_norm_pull(g, x, 0, eps, n=x.shape[0] - 1)
)
batch_norm_of.mistake("wrong value", "without eps", x=lambda g, x: _batch_norm_pull(g, x, 0, 0.0))


@subject(
    normal((3, 3), (3,)),
    lambda op, x, w: ag.sum(op(x, w) ** 3),
    x=lambda g, x, weight: _batch_norm_pull(g * weight, x, -1, 0.01),
    weight=lambda g, x: g * _normalized(x, -1, 0.01),
)
def layer_norm_of(x: ag.Array, weight: ag.Array) -> ag.Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 0.01) * weight


layer_norm_of.mistake("factor", "the weight", x=lambda g, x: _batch_norm_pull(g, x, -1, 0.01))
layer_norm_of.mistake(
    "factor", "the weight, but for one term", x=lambda g, x, weight: _batch_norm_pull(g, x, -1, 0.01) * weight
)
layer_norm_of.mistake("axis", "over the batch", x=lambda g, x, weight: _batch_norm_pull(g * weight, x, 0, 0.01))
layer_norm_of.mistake("wrong value", "x that was not normalised, for the weight", weight=lambda g, x: g * x)

# -- dropout, pooling --------------------------------------------------------------------------------------------------

KEPT = np.array([[True, False, True], [True, True, False]])


@subject(normal((2, 3)), lambda op, x: ag.sum(op(x, KEPT, 0.4) * x), x=lambda g, kept, p: g * kept / (1 - p))
def dropped(x: ag.Array, kept: Any, p: float) -> ag.Array:
    return x * kept / (1 - p)


dropped.mistake("factor", "the scale", x=lambda g, kept: g * kept)
dropped.mistake("wrong value", "the scale of p, not 1 - p", x=lambda g, kept, p: g * kept / p)
dropped.mistake("mask swapped", "what was dropped", x=lambda g, kept, p: g * ~kept / (1 - p))


@subject(
    normal((4,), (4,)),
    lambda op, x, y: ag.sum(op(np.array([True, False, False, True]), x, y) * x * y),
    x=lambda g, condition: ag.where(condition, g, 0),
    y=lambda g, condition: ag.where(condition, 0, g),
)
def chosen(condition: Any, x: ag.Array, y: ag.Array) -> ag.Array:
    return np.where(condition, x, y)


chosen.mistake(
    "mask swapped",
    "for x and y both",
    x=lambda g, condition: ag.where(condition, 0, g),
    y=lambda g, condition: ag.where(condition, g, 0),
)
chosen.mistake("path", "y has it everywhere", y=lambda g: g)


def _windows(x: Any, size: int, stride: int, padding: int, fill: float) -> Any:
    full = np.pad(x, (padding, padding), constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(full, size)[::stride]


def _largest(x: Any, size: int, stride: int, padding: int) -> Any:
    """Where in x the largest of each window is."""
    best = np.argmax(_windows(x, size, stride, padding, -np.inf), -1)
    return best + stride * np.arange(len(best)) - padding


def _added_at(g: Any, places: Any, n: int) -> Any:
    return ag.index_add(np.zeros(n), 0, np.clip(places, 0, n - 1), g)


@subject(
    normal((7,)),
    lambda op, x: ag.sum(op(x, 3, 2, 1) ** 2),
    residuals=("places",),
    x=lambda g, places, x_shape: _added_at(g, places, x_shape[0]),
    branch=lambda places: places,
)
def pooled(x: ag.Array, size: int, stride: int, padding: int) -> ag.Array:
    places = _largest(x, size, stride, padding)
    return x[places], places


def _set_at(g: Any, places: Any, n: int) -> Any:
    buffer = np.zeros(n)
    buffer[places] = g
    return buffer


pooled.mistake(
    "padding",
    "indices of the padded array",
    x=lambda g, places, padding, x_shape: _added_at(g, places + padding, x_shape[0]),
)
pooled.mistake(
    "stride 2",
    "windows a step of 1 apart",
    x=lambda g, places, stride, x_shape: _added_at(g, places - (stride - 1) * np.arange(len(places)), x_shape[0]),
)
pooled.mistake(
    "wrong accumulate",
    "written, not added, where windows overlap",
    at=exactly([0.1, 0.4, 0.3, 2.0, 0.2, 0.5, 0.6]),
    x=lambda g, places, x_shape: _set_at(g, places, x_shape[0]),
)


@subject(
    normal((6,)),
    lambda op, x: ag.sum(op(x, 3, 1) ** 2),
    x=lambda g, size, padding: ag.convolve(g, np.ones(size))[padding : g.shape[0] + size - 1 - padding] / size,
)
def smoothed(x: ag.Array, size: int, padding: int) -> ag.Array:
    return _windows(x, size, 1, padding, 0.0).mean(-1)


smoothed.mistake(
    "padding",
    "windows at the ends divided by what is no padding",
    x=lambda g, size, padding: ag.convolve(g / np.r_[2, np.full(g.shape[0] - 2, 3), 2], np.ones(size))[
        padding : g.shape[0] + size - 1 - padding
    ],
)

# -- convolution -------------------------------------------------------------------------------------------------------


def _taps(n: int, size: int, stride: int, dilation: int, padding: int) -> Any:
    """For each output and tap, the place in x; and whether it is in x at all."""
    outputs = (n + 2 * padding - dilation * (size - 1) - 1) // stride + 1
    places = stride * np.arange(outputs)[:, None] + dilation * np.arange(size) - padding
    return np.clip(places, 0, n - 1), (places >= 0) & (places < n)


def _conv_of(x: Any, w: Any, stride: int, dilation: int, padding: int, groups: int) -> Any:
    places, inside = _taps(x.shape[1], w.shape[2], stride, dilation, padding)
    columns = (x[:, places] * inside).reshape(groups, w.shape[1], *places.shape)
    return np.einsum("gcok,gdck->gdo", columns, _by_group(w, groups)).reshape(w.shape[0], -1)


def _by_group(w: Any, groups: int) -> Any:
    return w.reshape(groups, w.shape[0] // groups, *w.shape[1:])


def _to_x(g: Any, w: Any, n: int, stride: int, dilation: int, padding: int, groups: int) -> Any:
    places, inside = _taps(n, w.shape[2], stride, dilation, padding)
    g = g.reshape(groups, -1, g.shape[1])[:, :, : len(places)]
    columns = np.einsum("gdo,gdck->gcok", g, _by_group(w, groups)) * inside[: g.shape[2]]
    x = np.zeros((groups * w.shape[1], n))
    np.add.at(x, (slice(None), places[: g.shape[2]]), columns.reshape(-1, *columns.shape[2:]))
    return x


def _to_w(g: Any, x: Any, w: Any, stride: int, dilation: int, padding: int, groups: int) -> Any:
    places, inside = _taps(x.shape[1], w.shape[2], stride, dilation, padding)
    columns = (x[:, places] * inside).reshape(groups, w.shape[1], *places.shape)
    return np.einsum("gdo,gcok->gdck", g.reshape(groups, -1, g.shape[1]), columns).reshape(w.shape)


@subject(
    normal((2, 9), (2, 1, 3)),
    lambda op, x, w: ag.sum(ag.tanh(op(x, w, 2, 2, 1, 2))),
    x=lambda g, w, x_shape, stride, dilation, padding, groups: _to_x(
        g, w, x_shape[1], stride, dilation, padding, groups
    ),
    w=lambda g, x, w, stride, dilation, padding, groups: _to_w(g, x, w, stride, dilation, padding, groups),
)
def conv(x: ag.Array, w: ag.Array, stride: int, dilation: int, padding: int, groups: int) -> ag.Array:
    return _conv_of(x, w, stride, dilation, padding, groups)


conv.mistake(
    "stride 2",
    "the stride taken to be 1, for x",
    x=lambda g, w, x_shape, dilation, padding, groups: _to_x(g, w, x_shape[1], 1, dilation, padding, groups),
)
conv.mistake(
    "dilation",
    "the dilation taken to be 1, for x",
    x=lambda g, w, x_shape, stride, padding, groups: _to_x(g, w, x_shape[1], stride, 1, padding, groups),
)
conv.mistake(
    "padding",
    "one place too far, for x",
    x=lambda g, w, x_shape, stride, dilation, padding, groups: np.roll(
        _to_x(g, w, x_shape[1], stride, dilation, padding, groups), 1, 1
    ),
)
conv.mistake(
    "groups",
    "in reverse order, for x",
    x=lambda g, w, x_shape, stride, dilation, padding, groups: _to_x(
        g, w, x_shape[1], stride, dilation, padding, groups
    )[::-1],
)
conv.mistake(
    "transpose",
    "a kernel that is not turned, for x",
    x=lambda g, w, x_shape, stride, dilation, padding, groups: _to_x(
        g, w[:, :, ::-1], x_shape[1], stride, dilation, padding, groups
    ),
)
conv.mistake(
    "groups",
    "of the neighbour's channels, for w",
    w=lambda g, x, w, stride, dilation, padding, groups: _to_w(g, x[::-1], w, stride, dilation, padding, groups),
)
conv.mistake(
    "transpose",
    "the kernel turned, for w",
    w=lambda g, x, w, stride, dilation, padding, groups: _to_w(g, x, w, stride, dilation, padding, groups)[:, :, ::-1],
)

# -- recurrent networks ------------------------------------------------------------------------------------------------


def _gates(a: Any) -> Any:
    i, f, g, o = np.split(a, 4)
    return expit(i), expit(f), np.tanh(g), expit(o)


def _cell_spec(a: Any, c: Any) -> Any:
    i, f, g, o = ag.split(a, 4)
    new = ag.sigmoid(f) * c + ag.sigmoid(i) * ag.tanh(g)
    return new, ag.sigmoid(o) * ag.tanh(new)


def _cell_pull(grads: Any, a: Any, c: Any, order: str = "ifgo", through: str = "co", bend: bool = True) -> Any:
    (i, f, g, o), (d_new, d_h) = _gates(a), grads
    bent = np.tanh(f * c + i * g)
    d_new = d_new * ("c" in through) + d_h * o * ((1 - bent * bent) if bend else 1)
    gates = {"i": d_new * g * i * (1 - i), "f": d_new * c * f * (1 - f), "g": d_new * i * (1 - g * g)}
    gates["o"] = d_h * bent * o * (1 - o)
    return np.concatenate([gates[gate] for gate in order]), d_new * f


@subject(
    normal((4, 3), (3,), (2,), (1,)),
    lambda op, w, x, _, c: _two_steps(op, w, x, c),
    outputs=("new", "h"),
    spec=_cell_spec,
    backward=lambda g, a, c: _cell_pull(g, a, c),
)
def lstm_cell(a: ag.Array, c: ag.Array) -> ag.Array:
    i, f, g, o = _gates(a)
    new = f * c + i * g
    return new, o * np.tanh(new)


def _two_steps(op: Any, w: Any, x: Any, c: Any) -> Any:
    c, h = op(w @ x, c)
    c, h = op(w @ (x * h), c)
    return ag.sum(c * h)


lstm_cell.mistake(
    "gate order", "input and forget gate exchanged", backward=lambda g, a, c: _cell_pull(g, a, c, order="figo")
)
lstm_cell.mistake(
    "gate order", "output gate before the candidate", backward=lambda g, a, c: _cell_pull(g, a, c, order="ifog")
)
lstm_cell.mistake("path", "the state's own gradient", backward=lambda g, a, c: _cell_pull(g, a, c, through="o"))
lstm_cell.mistake("factor", "the slope of tanh at the output", backward=lambda g, a, c: _cell_pull(g, a, c, bend=False))
lstm_cell.mistake(
    "factor", "the forget gate on the way to the old state", backward=lambda g, a, c: (_cell_pull(g, a, c)[0], g[0])
)


def _states(x: Any, w: Any) -> Any:
    """h of every step, the 0 before the first one too."""
    states = [np.zeros(w.shape[0])]
    for step in x:
        states.append(np.tanh(step + w @ states[-1]))
    return np.stack(states)


def _states_spec(x: Any, w: Any) -> Any:
    states = [ag.tanh(x[0])]
    for step in x[1:]:
        states.append(ag.tanh(step + w @ states[-1]))
    return ag.stack(states)


def _through_time(g: Any, x: Any, w: Any, late: int = 0, back: bool = True) -> Any:
    h = _states(x, w)
    d_x, d_w, d_h = np.zeros_like(x), np.zeros_like(w), np.zeros(w.shape[0])
    for t in reversed(range(len(x))):
        d_x[t] = (g[t] + d_h) * (1 - h[t + 1] ** 2)
        d_w += np.outer(d_x[t], h[t + late])
        d_h = w.T @ d_x[t] if back else 0 * d_h
    return d_x, d_w


@subject(
    normal((3, 2), (2, 2)),
    lambda op, x, w: ag.sum(op(ag.sin(x), w)[-1]),
    spec=_states_spec,
    backward=lambda g, x, w: _through_time(g, x, w),
)
def recurrence(x: ag.Array, w: ag.Array) -> ag.Array:
    return _states(x, w)[1:]


recurrence.mistake(
    "off by one", "h of the same step, for the weights", backward=lambda g, x, w: _through_time(g, x, w, late=1)
)
recurrence.mistake("path", "through earlier steps", backward=lambda g, x, w: _through_time(g, x, w, back=False))
recurrence.mistake(
    "transpose", "of the weights", backward=lambda g, x, w: (_through_time(g, x, w.T)[0], _through_time(g, x, w)[1])
)

# -- attention ---------------------------------------------------------------------------------------------------------

CAUSAL = np.tril(np.ones((3, 3), bool))


def _attention_spec(q: Any, k: Any, v: Any) -> Any:
    return ag.softmax(ag.where(CAUSAL, q @ k.T / np.sqrt(q.shape[1]), -np.inf)) @ v


def _attention_pull(g: Any, q: Any, k: Any, v: Any, scale: bool = True, total: bool = True, masked: bool = True) -> Any:
    root = np.sqrt(q.shape[1])
    scores = q @ k.T / root
    p = scipy_softmax(np.where(CAUSAL | (not masked), scores, -np.inf), axis=-1)
    d_p = g @ v.T
    d_s = p * (d_p - (p * d_p).sum(-1, keepdims=True) * total) / (root if scale else 1)
    return d_s @ k, d_s.T @ q, p.T @ g


@subject(
    normal((3, 2), (3, 2), (3, 2)),
    lambda op, q, k, v: ag.sum(ag.tanh(op(q, k, v)) * v),
    spec=_attention_spec,
    backward=lambda g, q, k, v: _attention_pull(g, q, k, v),
)
def attention(q: ag.Array, k: ag.Array, v: ag.Array) -> ag.Array:
    return scipy_softmax(np.where(CAUSAL, q @ k.T / np.sqrt(q.shape[1]), -np.inf), axis=-1) @ v


attention.mistake(
    "factor", "the scale of the scores", backward=lambda g, q, k, v: _attention_pull(g, q, k, v, scale=False)
)
attention.mistake("term", "the sum in softmax", backward=lambda g, q, k, v: _attention_pull(g, q, k, v, total=False))
attention.mistake("path", "without the mask", backward=lambda g, q, k, v: _attention_pull(g, q, k, v, masked=False))
attention.mistake(
    "wrong value",
    "gradients of q and k exchanged",
    backward=lambda g, q, k, v: tuple(_attention_pull(g, q, k, v)[i] for i in (1, 0, 2)),
)
