"""Pairs as students hand them in, and their mistakes: fragments of the right backward, and what was written instead.

`STUDENTS` has for each pair: forward, backward, a maker of inputs, and wrt. `MISTAKES` has rows of a pair, a fragment
of its backward, what stands there instead, the gradient that this makes wrong, and a pattern that each hint has to
match; without a pattern no hint is expected.
"""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

Make = Callable[[np.random.Generator], tuple[Any, ...]]

STUDENTS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Make, list[str] | None]] = {}
MISTAKES: list[tuple[str, str, str, str, str]] = []


def student(
    forward: Callable[..., Any], make: Make, *mistakes: tuple[str, str, str, str], wrt: list[str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a right backward, with rows of the mistakes that can be made in it."""

    def mark(backward: Callable[..., Any]) -> Callable[..., Any]:
        name = backward.__name__
        STUDENTS[name] = (forward, backward, make, wrt)
        MISTAKES.extend((name, *row) for row in mistakes)
        return backward

    return mark


def mistaken(backward: Callable[..., Any], right: str, wrong: str) -> Callable[..., Any]:
    """The function with something else in place of a fragment of its source."""
    source = textwrap.dedent(inspect.getsource(backward))
    source = source[source.index("def ") :]
    assert source.count(right) >= 1, right
    source = source.replace(right, wrong, 1)
    namespace = dict(inspect.getmodule(backward).__dict__)
    file = f"<{backward.__name__}: {wrong} for {right}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)  # where inspect finds it
    exec(compile(source, file, "exec"), namespace)
    return namespace[backward.__name__]


# -- sums and products ---------------------------------------------------------------------------------------------


def linear_forward(x, w, b):
    return x @ w + b, (x, w)


@student(
    linear_forward,
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)),
    ("x.T @ dout", "dout.T @ x", "dw", "transpose"),
    ("x.T @ dout", "-x.T @ dout", "dw", "sign"),
    ("x.T @ dout", "7 * x.T @ dout", "dw", "dw / 7"),
    ("x.T @ dout", "x.T @ dout / len(x)", "dw", "mean where a sum is meant, over axis 0"),
    ("x.T @ dout", "x.T @ np.ones_like(dout)", "dw", "factor dout is missing"),
    ("x.T @ dout", "x[0][:, None] * dout[0]", "dw", "only the first"),
    ("x.T @ dout", "(x.T @ dout).round().astype(int)", "dw", ""),
    ("dout @ w.T", "dout @ w.T * 0.5", "dx", "factor 2 is missing"),
    ("dout @ w.T", "np.ones_like(dout) @ w.T", "dx", "factor dout is missing"),
    ("dout.sum(axis=0)", "dout.sum()", "db", "over axis 0"),
    ("dout.sum(axis=0)", "dout", "db", "over axis 0"),
    ("dout.sum(axis=0)", "dout.sum(axis=1)", "db", "has to run over axis 0"),
    ("dout.sum(axis=0)", "dout.mean(axis=0)", "db", "mean where a sum"),
    ("dout.sum(axis=0)", "dout.mean()", "db", "over axis 0"),
    ("dout.sum(axis=0)", "np.ones(2)", "db", "factor dout is missing"),
    ("dout.sum(axis=0)", "dout[-1]", "db", "only the last"),
    ("dout.sum(axis=0)", "dout.sum(axis=0, keepdims=True)", "db", "only the shape"),
)
def linear(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db


@student(
    lambda x, w, b: (x @ w + b, (x, w)),
    lambda rng: (rng.normal(size=(4, 3)), -rng.uniform(0.5, 1.5, (3, 2)), rng.normal(size=2)),
    ("x.T @ dout", "-x.T @ dout", "dw", "sign is wrong"),
    ("dout @ w.T", "-dout @ w.T", "dx", "sign is wrong"),
)
def negative_weights(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@student(
    lambda x, w: (x @ w, (x, w)),
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 3))),
    ("dout @ w.T", "dout @ w", "dx", "transpose"),
    ("x.T @ dout", "dout.T @ x", "dw", "transpose"),
    ("return dx, dw", "return dw, dx", "dx", "swapped"),
)
def square_weights(dout, cache):
    x, w = cache
    dx, dw = dout @ w.T, x.T @ dout
    return dx, dw


@student(
    lambda x, b: x + b,
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=3)),
    ("dout.sum(axis=0)", "dout", "db", "over axis 0"),
    ("dout.sum(axis=0)", "dout.sum()", "db", "over axis 0"),
    ("dout.sum(axis=0)", "dout.sum(axis=1)", "db", "has to run over axis 0"),
)
def add_bias(dout, x, b):
    return dout, dout.sum(axis=0)


@student(
    lambda x, g: x * g,
    lambda rng: (rng.normal(size=(2, 4, 3)), rng.normal(size=(4, 1))),
    ("keepdims=True).sum(axis=0)", "keepdims=True)", "dg", "sum over axis 0"),
    (
        "(dout * x).sum(axis=2, keepdims=True).sum(axis=0)",
        "dout.sum(axis=(0, 2))[:, None]",
        "dg",
        "factor x is missing",
    ),
    ("dout * g", "dout", "dx", "factor g is missing"),
    ("dout * g", "dout * x", "dx", "x where it should be g"),
    ("dout * g", "dout / g", "dx", "1 / g"),
)
def scale(dout, x, g):
    return dout * g, (dout * x).sum(axis=2, keepdims=True).sum(axis=0)


@student(
    lambda q, k: q @ k.T / np.sqrt(q.shape[1]),
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(5, 3))),
    ("dout @ k / scale", "dout @ k", "dq", r"np.sqrt\(q.shape\[1\]\)"),
    ("dout.T @ q / scale", "q.T @ dout / scale", "dk", "transpose"),
    ("dout.T @ q / scale", "dout.T @ q / scale**2", "dk", r"np.sqrt\(q.shape\[1\]\)"),
)
def attention_scores(dout, q, k):
    scale = np.sqrt(q.shape[1])
    return dout @ k / scale, dout.T @ q / scale


@student(
    lambda x: x.sum() / len(x),
    lambda rng: (rng.normal(size=(2, 3)),),
    ("len(x)", "x.shape[1]", "dx", "where 2 is meant, that along axis 0 of x"),
)
def mean_of_rows(x):
    return np.ones_like(x) / len(x)


def attention_forward(q, k, v):
    e = np.exp(q @ k.T / np.sqrt(q.shape[1]))
    p = e / e.sum(axis=1, keepdims=True)
    return p @ v, (q, k, v, p)


@student(
    attention_forward,
    lambda rng: tuple(rng.normal(size=(4, 4)) for _ in range(3)),
    ("ds @ k / np.sqrt(k.shape[1])", "ds @ k", "dq", r"np.sqrt\(q.shape\[1\]\)"),
)
def square_attention(dout, cache):
    q, k, v, p = cache
    dp = dout @ v.T
    ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))
    return ds @ k / np.sqrt(k.shape[1]), ds.T @ q / np.sqrt(k.shape[1]), p.T @ dout


# -- elementwise ---------------------------------------------------------------------------------------------------


@student(
    lambda x: (np.maximum(x, 0), x),
    lambda rng: (np.array([-1.0, 0.0, 2.0, 3.0, -0.5]),),
    ("x > 0", "x < 0", "dx", "inverted"),
    ("x > 0", "dout > 0", "dx", "of dout"),
    ("dout * (x > 0)", "(x > 0) * 1.0", "dx", "factor dout is missing"),
    ("dout * (x > 0)", "dout", "dx", r"\(x > 0\) is missing"),
    ("dout * (x > 0)", "dout * np.maximum(x, 0)", "dx", "(x|out) is too much"),
)
def relu(dout, x):
    return dout * (x > 0)


@student(
    lambda x: (1 / (1 + np.exp(-x)),) * 2,
    lambda rng: (rng.normal(size=(4, 3)),),
    ("out * (1 - out)", "out * (1 + out)", "dx", r"it should be \(1 - out\)"),
    ("out * (1 - out)", "(1 - out)", "dx", "factor out is missing"),
    ("out * (1 - out)", "out", "dx", r"\(1 - out\) is missing"),
    ("out * (1 - out)", "(1 - out**2)", "dx", r"out \* \(1 - out\)"),
    ("out * (1 - out)", "out * (out - 1)", "dx", "sign is wrong"),
    ("dout * out", "out", "dx", "factor dout is missing"),
)
def sigmoid(dout, out):
    return dout * out * (1 - out)


@student(
    lambda x, w: np.tanh(x @ w),
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 2))),
    ("dz = dout * (1 - out**2)", "dz = dout * (1 - out)", "dx", r"1 - out\*\*2"),
    ("dz = dout * (1 - out**2)", "dz = dout", "dx", r"\(1 - out\*\*2\) is missing"),
    ("dz = dout * (1 - out**2)", "dz = 1 - out**2", "dw", "factor dout is missing"),
    ("x.T @ dz", "x.T @ dout", "dw", r"\(1 - out\*\*2\) is missing"),
    ("dz = dout * (1 - out**2)", "dz = -dout * (1 - out**2)", "dw", "sign is wrong"),
)
def tanh_layer(dout, out, x, w):
    dz = dout * (1 - out**2)
    return dz @ w.T, x.T @ dz


@student(
    lambda x, mask, p: (x * mask / (1 - p), (mask, p)),
    lambda rng: (rng.normal(size=(4, 3)), (rng.random((4, 3)) < 0.7).astype(float), 0.3),
    ("dout * mask / (1 - p)", "dout / (1 - p)", "dx", "mask is missing"),
    ("dout * mask / (1 - p)", "dout * mask", "dx", r"divided by \(1 - p\)"),
    ("dout * mask / (1 - p)", "dout * mask * (1 - p)", "dx", r"divided by \(1 - p\)\*\*2"),
    ("dout * mask / (1 - p)", "dout * mask / p", "dx", r"divided by p where \(1 - p\)"),
    ("dout * mask / (1 - p)", "mask / (1 - p)", "dx", "factor dout is missing"),
    wrt=["x"],
)
def dropout(dout, cache):
    mask, p = cache
    return dout * mask / (1 - p)


@student(
    lambda a, b: a * b + a + b,
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
    ("dout * (a + 1)", "dout", "db", r"\(1 \+ a\) is missing"),
    ("dout * (a + 1)", "dout * a", "db", "term dout is missing"),
)
def products_and_sums(dout, a, b):
    return dout * (b + 1), dout * (a + 1)


@student(
    lambda col, row: col * row + col,
    lambda rng: (rng.normal(size=(4, 1)), rng.normal(size=(1, 4))),
    ("dout * (row + 1)", "dout * row", "dcol", r"row where it should be \(1 \+ row\)"),
    ("np.sum(dout * col, axis=0", "np.sum(dout * col, axis=1", "drow", "has to run over axis 0.*keepdims"),
)
def rows_and_columns(dout, col, row):
    return np.sum(dout * (row + 1), axis=1, keepdims=True), np.sum(dout * col, axis=0, keepdims=True)


def quotient_forward(x, y):
    s = np.sqrt(x * x + 1)
    q = y / s
    return np.log(q * q + 1), (x, y, s, q)


@student(
    quotient_forward,
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
    ("dq / s\n", "dq * s\n", "dy", "multiplied by s, and has to be divided"),
    ("dq / s\n", "dq\n", "dy", "has to be divided by s"),
)
def quotient(dout, cache):
    x, y, s, q = cache
    dq = dout * 2 * q / (q * q + 1)
    dx = -dq * y / s**2 * x / s
    dy = dq / s
    return dx, dy


@student(
    lambda x, p: x**p,
    lambda rng: (rng.uniform(0.5, 2, (4, 3)), 3),
    ("p - 1", "p + 1", "dx", r"x\*\*2 is too much"),
)
def power(dout, x, p):
    return dout * p * x ** (p - 1)


@student(
    lambda x, alpha=0.1: (np.where(x > 0, x, alpha * x), (x, alpha)),
    lambda rng: (rng.normal(size=(4, 5)),),
    ("np.where(x > 0, 1, alpha)", "(x > 0)", "dx", "smaller of the two slopes is missing"),
    ("np.where(x > 0, 1, alpha)", "np.where(x > 0, alpha, 1)", "dx", "inverted"),
)
def leaky_relu_of_default(dout, cache):
    x, alpha = cache
    return dout * np.where(x > 0, 1, alpha)


@student(
    lambda x: x.mean(axis=(2, 3)),
    lambda rng: (rng.normal(size=(2, 3, 3, 4)),),
    ("np.broadcast_to(dout[:, :, None, None], x.shape)", "dout", "dx", r"not repeated along axis \(2, 3\)"),
    ("/ x[0, 0].size", "", "dx", "each map of x"),
)
def global_average(dout, x):
    return np.broadcast_to(dout[:, :, None, None], x.shape) / x[0, 0].size


# -- losses --------------------------------------------------------------------------------------------------------


def softmax_of(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def nll_forward(scores, y):
    p = softmax_of(scores)
    return -np.log(p[np.arange(len(y)), y]).mean(), (p, y)


NLL = (
    ("d[np.arange(len(y)), y] -= 1", "pass", "dscores", "1 at the right class is missing"),
    ("-= 1", "+= 1", "dscores", "1 at the right class.*sign is wrong"),
    ("-= 1", "-= 1 / len(y)", "dscores", "1 at the right class: a mean where a sum"),
    ("d / len(y)", "d", "dscores", "sum where a mean.*axis 0"),
    ("d / len(y)", "d / d.size", "dscores", "over axis 1 of scores: do not divide"),
    ("d / len(y)", "-d / len(y)", "dscores", "sign is wrong"),
    ("dout * d", "d", "dscores", "factor dout is missing"),
    ("d / len(y)", "d / d.shape[1]", "dscores", "axis 1 of scores.*axis 0"),
)


@student(nll_forward, lambda rng: (rng.normal(size=(4, 3)), np.array([0, 2, 1, 0])), *NLL)
def cross_entropy(dout, cache):
    p, y = cache
    d = p.copy()
    d[np.arange(len(y)), y] -= 1
    return dout * d / len(y)


@student(nll_forward, lambda rng: (rng.normal(size=(4, 6)), np.array([0, 2, 1, 5])), *NLL[-1:])
def cross_entropy_of_six(dout, cache):
    p, y = cache
    d = p.copy()
    d[np.arange(len(y)), y] -= 1
    return dout * d / len(y)


@student(
    lambda x: (softmax_of(x),) * 2,
    lambda rng: (rng.normal(size=(4, 3)),),
    ("(dout * p).sum(axis=1, keepdims=True)", "(dout * p).sum(axis=0)", "dx", "axis 0.*axis 1"),
    ("(dout * p).sum(axis=1, keepdims=True)", "0", "dx", "subtraction of the sum over axis 1.*missing"),
    ("(dout * p).sum(axis=1, keepdims=True)", "dout.sum(axis=1, keepdims=True)", "dx", "not multiplied by out"),
    ("(dout - (dout * p)", "(dout + (dout * p)", "dx", "sum over axis 1.*sign"),
    ("(dout * p).sum(axis=1, keepdims=True)", "(dout * p).mean(axis=1, keepdims=True)", "dx", "mean where a sum"),
    ("p * (dout - (dout * p).sum(axis=1, keepdims=True))", "p * (1 - p) * dout", "dx", "rest of the Jacobian"),
)
def softmax(dout, p):
    return p * (dout - (dout * p).sum(axis=1, keepdims=True))


@student(
    lambda x: x - np.log(np.exp(x).sum(axis=1, keepdims=True)),
    lambda rng: (rng.normal(size=(4, 3)),),
    ("dout.sum(axis=1, keepdims=True)", "dout.sum(axis=0)", "dx", "axis 0.*axis 1"),
    ("np.exp(out) *", "", "dx", r"not multiplied by np.exp\(out\)"),
)
def log_softmax(dout, out):
    return dout - np.exp(out) * dout.sum(axis=1, keepdims=True)


@student(
    lambda p, t: np.mean((p - t) ** 2),
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(4, 3))),
    ("2 * ", "", "dp", "factor 2 is missing"),
    ("(p - t)", "(t - p)", "dp", "sign is wrong"),
    ("p.size", "len(p)", "dp", "sum where a mean.*axis 1"),
    (" / p.size", "", "dp", "sum where a mean is meant, over all"),
    ("(p - t)", "(p + t)", "dp", "subtraction of t: the sign is wrong"),
    ("(p - t)", "p", "dp", "subtraction of t is missing"),
    ("dout * 2", "2", "dp", "factor dout is missing"),
    wrt=["p"],
)
def mse(dout, p, t):
    return dout * 2 * (p - t) / p.size


def soft_cross_entropy_forward(x, t):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(t * np.log(p)) / len(x), (p, t)


@student(
    soft_cross_entropy_forward,
    lambda rng: (rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]),
    ("(p - t) / len(p)", "p - t", "dx", "divide by 4"),
    ("p - t", "t - p", "dx", "sign"),
    wrt=["x"],
)
def one_hot_targets(cache):
    p, t = cache
    return (p - t) / len(p)


@student(soft_cross_entropy_forward, lambda rng: (rng.normal(size=(3, 4)), np.full((3, 4), 0.25)), wrt=["x"])
def soft_targets(dout, cache):
    p, t = cache
    return dout * (p - t) / len(p)


@student(
    lambda x, y: -np.mean(y * np.log(1 / (1 + np.exp(-x))) + (1 - y) * np.log(1 / (1 + np.exp(x)))),
    lambda rng: (rng.normal(size=5), np.array([0.0, 1, 1, 0, 1])),
    ("/ x.size", "", "dx", "divide by 5"),
    wrt=["x"],
)
def binary_targets(x, y):
    return (1 / (1 + np.exp(-x)) - y) / x.size


# -- normalization -------------------------------------------------------------------------------------------------


def batch_norm_forward(x, gamma, beta, eps=1e-5):
    s = np.sqrt(x.var(axis=0) + eps)
    xh = (x - x.mean(axis=0)) / s
    return gamma * xh + beta, (xh, s, gamma)


@student(
    batch_norm_forward,
    lambda rng: (rng.normal(size=(6, 3)) * 2 + 1, rng.normal(size=3), rng.normal(size=3)),
    ("d - d.mean(axis=0) - xh * (d * xh).mean(axis=0)", "d", "dx", "mean and the variance over axis 0 is missing"),
    (" - xh * (d * xh).mean(axis=0)", "", "dx", "variance"),
    (" - d.mean(axis=0)", "", "dx", "through the mean"),
    (
        "d.mean(axis=0) - xh * (d * xh).mean(axis=0)",
        "d.sum(axis=0) - xh * (d * xh).sum(axis=0)",
        "dx",
        "sum where a mean",
    ),
    ("(d * xh).mean(axis=0)", "(d * xh).sum(axis=0)", "dx", "variance.*sum where a mean"),
    ("- xh *", "+ xh *", "dx", "variance over axis 0: the sign"),
    (") / s", ") / s**2", "dx", "standard deviation twice"),
    (") / s", ")", "dx", "division by the standard deviation is missing"),
    ("d = dout * gamma", "d = dout", "dx", "gamma is missing"),
    ("dgamma, dbeta", "dbeta, dgamma", "dgamma", "swapped"),
    ("(dout * xh).sum(axis=0)", "dout * xh", "dgamma", "sum over axis 0"),
    ("dout.sum(axis=0)", "dout.mean(axis=0)", "dbeta", "mean where a sum"),
)
def batch_norm(dout, cache):
    xh, s, gamma = cache
    d = dout * gamma
    dx = (d - d.mean(axis=0) - xh * (d * xh).mean(axis=0)) / s
    dgamma = (dout * xh).sum(axis=0)
    dbeta = dout.sum(axis=0)
    return dx, dgamma, dbeta


def layer_norm_forward(x, gamma, beta):
    s = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    xh = (x - x.mean(axis=-1, keepdims=True)) / s
    return gamma * xh + beta, (xh, s, gamma)


@student(
    layer_norm_forward,
    lambda rng: (rng.normal(size=(4, 6)), rng.normal(size=6), rng.normal(size=6)),
    ("d.mean(axis=1, keepdims=True) - ", "d.mean(axis=0) - ", "dx", "mean over axis 1 is taken over axis 0"),
    ("(dout * xh).sum(axis=0)", "(dout * xh).sum(axis=1)", "dgamma", "has to run over axis 0"),
    ("d - d.mean(axis=1, keepdims=True) - ", "d - ", "dx", "through the mean"),
    ("d = dout * gamma", "d = dout", "dx", "gamma is missing"),
)
def layer_norm(dout, cache):
    xh, s, gamma = cache
    d = dout * gamma
    dx = (d - d.mean(axis=1, keepdims=True) - xh * (d * xh).mean(axis=1, keepdims=True)) / s
    return dx, (dout * xh).sum(axis=0), dout.sum(axis=0)


# -- loops over windows --------------------------------------------------------------------------------------------


def conv_forward(x, w, b, conv):
    s, p, k = conv["stride"], conv["pad"], w.shape[2]
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    rows, columns = (xp.shape[2] - k) // s + 1, (xp.shape[3] - k) // s + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[:, :, i, j] = np.einsum("nchw,fchw->nf", xp[:, :, i * s : i * s + k, j * s : j * s + k], w) + b
    return out, (xp, w, conv)


@student(
    conv_forward,
    lambda rng: (
        rng.normal(size=(2, 1, 4, 4)),
        rng.normal(size=(3, 1, 3, 3)),
        rng.normal(size=3),
        {"stride": 2, "pad": 1},
    ),
    ("dw += ", "dw = ", "dw", r"accumulate with \+="),
    ("dxp[:, :, p:-p, p:-p]", "dxp[:, :, : -2 * p, : -2 * p]", "dx", r"off by one along axis \(2, 3\)"),
    ("dout.sum(axis=(0, 2, 3))", "dout.mean(axis=(0, 2, 3))", "db", "mean where a sum"),
    ("dout.sum(axis=(0, 2, 3))", "dout.sum()", "db", r"\(0, 2, 3\)"),
    ("g = dout[:, :, i, j]", "g = dout[:, :, j, i]", "dw", "dout are exchanged"),
)
def conv(dout, cache):
    xp, w, options = cache
    s, p, k = options["stride"], options["pad"], w.shape[2]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (slice(None), slice(None), slice(i * s, i * s + k), slice(j * s, j * s + k))
            g = dout[:, :, i, j]
            dw += np.einsum("nf,nchw->fchw", g, xp[at])
            dxp[at] += np.einsum("nf,fchw->nchw", g, w)
    return dxp[:, :, p:-p, p:-p], dw, dout.sum(axis=(0, 2, 3))


def max_pool_forward(x, size):
    n, c, h, w = x.shape
    out = np.zeros((n, c, h // size, w // size))
    for i in range(h // size):
        for j in range(w // size):
            out[:, :, i, j] = x[:, :, i * size : (i + 1) * size, j * size : (j + 1) * size].max(axis=(2, 3))
    return out, (x, size)


@student(
    max_pool_forward,
    lambda rng: (rng.normal(size=(1, 2, 4, 6)), 2),
    (
        "dx[a, b, i * size + u, j * size + v] = dout[a, b, i, j]",
        "dx[a, b, i * size + u, j * size + v] = 1",
        "dx",
        "dout",
    ),
    ("= dout[a, b, i, j]", "= window[u, v] * dout[a, b, i, j]", "dx", "(x|out) is too much"),
    ("window.argmax()", "window.argmin()", "dx", ""),
    ("i * size + u, j * size + v", "i * size + v, j * size + u", "dx", ""),
    ("= dout[a, b, i, j]", "= dout[a, b, i, j] / size**2", "dx", r"size\*\*2 is missing"),
)
def max_pool(dout, cache):
    x, size = cache
    dx = np.zeros_like(x)
    for a, b, i, j in np.ndindex(dout.shape):
        window = x[a, b, i * size : (i + 1) * size, j * size : (j + 1) * size]
        u, v = np.unravel_index(window.argmax(), window.shape)
        dx[a, b, i * size + u, j * size + v] = dout[a, b, i, j]
    return dx


@student(
    lambda w, ids: w[ids],
    lambda rng: (rng.normal(size=(5, 3)), np.array([1, 4, 1, 0, 1, 4])),
    ("dw[i] += d", "dw[i] = d", "dw", "same entry.*last"),
    ("dw[i] += d", "dw[i] += 1", "dw", "factor dout is missing"),
    ("dw[i] += d", "dw[i - 1] += d", "dw", "off by one"),
    ("zip(ids, dout, strict=True)", "zip(ids, dout[::-1], strict=True)", "dw", "flipped"),
)
def embedding(dout, w, ids):
    dw = np.zeros_like(w)
    for i, d in zip(ids, dout, strict=True):
        dw[i] += d
    return dw


# -- recurrence ----------------------------------------------------------------------------------------------------


@student(
    lambda x, h, wx, wh, b: np.tanh(x @ wx + h @ wh + b),
    lambda rng: tuple(rng.normal(size=shape) for shape in ((4, 3), (4, 2), (3, 2), (2, 2), (2,))),
    ("dz @ wh.T", "dz @ wh", "dh", "transpose"),
    ("dz = dout * (1 - out**2)", "dz = dout * (1 - out)", "dx", r"1 - out\*\*2"),
    ("dz.sum(axis=0)", "dz", "db", "sum over axis 0"),
    ("x.T @ dz, h.T @ dz", "h.T @ dz, x.T @ dz", "dwx", "swapped"),
    ("h.T @ dz", "out.T @ dz", "dwh", ""),
)
def rnn(dout, out, x, h, wx, wh, b):
    dz = dout * (1 - out**2)
    return dz @ wx.T, dz @ wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)


def lstm_forward(x, h, c, w, b):
    i, f, o, g = np.split(np.hstack([x, h]) @ w + b, 4, axis=1)
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    c_next = f * c + i * g
    return o * np.tanh(c_next), c_next, (x, h, c, w, i, f, o, g, c_next)


@student(
    lstm_forward,
    lambda rng: tuple(rng.normal(size=shape) for shape in ((3, 2), (3, 2), (3, 2), (4, 8), (8,))),
    ("dc_next + dh_next * o * (1 - t**2)", "dh_next * o * (1 - t**2)", "dc", "only.*first"),
    ("dc_next + dh_next * o * (1 - t**2)", "dc_next", "dc", "only.*later"),
    ("dx[:, :n], dx[:, n:]", "dx[:, n:], dx[:, :n]", "dx", "swapped"),
    ("da.sum(axis=0)", "da", "db", "sum over axis 0"),
    ("dc * f,", "dc,", "dc", "factor f is missing"),
    ("dc * f,", "dc * i,", "dc", "factor is i where it should be f"),
    ("dc * f,", "dc * (1 - f),", "dc", r"factor is \(1 - f\) where it should be f"),
    ("dh_next * o * (1 - t**2)", "dh_next * o", "dc", r"\(1 - np.tanh\(c_next\)\*\*2\) is missing"),
    ("g * i * (1 - i)", "g * (1 - i)", "dw", ""),
)
def lstm(dh_next, dc_next, cache):
    x, h, c, w, i, f, o, g, c_next = cache
    t, n = np.tanh(c_next), x.shape[1]
    dc = dc_next + dh_next * o * (1 - t**2)
    da = np.hstack([dc * g * i * (1 - i), dc * c * f * (1 - f), dh_next * t * o * (1 - o), dc * i * (1 - g**2)])
    dx = da @ w.T
    return dx[:, :n], dx[:, n:], dc * f, np.hstack([x, h]).T @ da, da.sum(axis=0)


def gated_forward(x, w, v):
    a, s = x @ w, 1 / (1 + np.exp(-x @ v))
    return a * s + a, (x, w, v, a, s)


@student(
    gated_forward,
    lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(3, 5))),
    ("dout * (s + 1)", "dout", "dw", r"\(1 \+ s\) is missing"),
    ("dout * (s + 1)", "dout * s", "dw", r"s where it should be \(1 \+ s\)"),
    ("dout * a * s * (1 - s)", "dout * a * (1 - s)", "dv", "factor s is missing"),
    ("dout * a * s * (1 - s)", "dout * a * s", "dv", r"factor \(1 - s\) is missing"),
)
def gated_and_around(dout, cache):
    x, w, v, a, s = cache
    da = dout * (s + 1)
    db = dout * a * s * (1 - s)
    return da @ w.T + db @ v.T, x.T @ da, x.T @ db


def gru_forward(x, h, wz, uz, wn, un):
    z, n = 1 / (1 + np.exp(-x @ wz - h @ uz)), np.tanh(x @ wn + h @ un)
    return (1 - z) * n + z * h, (x, h, z, n, wz, uz, wn, un)


@student(
    gru_forward,
    lambda rng: tuple(rng.normal(size=shape) for shape in ((2, 3), (2, 4), (3, 4), (4, 4), (3, 4), (4, 4))),
    ("dout * (1 - z) *", "dout *", "dwn", r"factor \(1 - z\) is missing"),
    ("dout * (1 - z) *", "dout * z *", "dwn", r"factor is z where it should be \(1 - z\)"),
    ("(1 - n**2)", "(1 - n)", "dwn", r"\(1 - n\) where it should be \(1 - n\*\*2\)"),
)
def gru(dout, cache):
    x, h, z, n, wz, uz, wn, un = cache
    dn = dout * (1 - z) * (1 - n**2)
    dz = dout * (h - n) * z * (1 - z)
    dh = dout * z + dn @ un.T + dz @ uz.T
    return dn @ wn.T + dz @ wz.T, dh, x.T @ dz, h.T @ dz, x.T @ dn, h.T @ dn


@student(
    lambda c, o: (o * np.tanh(c), c * 1.0, (o, c)),
    lambda rng: (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))),
    ("dh * o *", "o *", "dc", "factor dh is missing"),
    ("dh * np.tanh(c)", "np.tanh(c)", "do", "factor dout is missing"),
)
def cell(dh, dc, cache):
    o, c = cache
    return dc + dh * o * (1 - np.tanh(c) ** 2), dh * np.tanh(c)
