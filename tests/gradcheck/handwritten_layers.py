"""Functions as students write them: for each of the usual layers a right pair, and its usual mistakes.

`PAIRS` has the right ones, `MISTAKES` wrong backwards for the forward of one of these, with words of the expected hint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Make = Callable[[np.random.Generator], tuple[Any, ...]]

PAIRS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Make, list[str] | None]] = {}  # the last one is wrt
MISTAKES: list[
    tuple[str, str, Callable[..., Any], str, str]
] = []  # layer, mistake, backward, gradient, words of the hint


def pair(
    make: Make, forward: Callable[..., Any], wrt: list[str] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks the right backward of a layer."""

    def mark(backward: Callable[..., Any]) -> Callable[..., Any]:
        PAIRS[backward.__name__] = (forward, backward, make, wrt)
        return backward

    return mark


def mistake(layer: str, gradient: str, words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a wrong backward: which gradient is wrong, and what the hint has to say."""

    def mark(backward: Callable[..., Any]) -> Callable[..., Any]:
        MISTAKES.append((layer, backward.__name__, backward, gradient, words))
        return backward

    return mark


# -- dense layer ---------------------------------------------------------------------------------------------------


def dense_forward(x, w, b):
    return x @ w + b, (x, w)


@pair(lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)), dense_forward)
def dense(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


@mistake("dense", "dw", "transpose")
def dense_transpose_of_the_gradient(dout, cache):
    x, w = cache
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)


@mistake("dense", "db", "sum over axis 0")
def dense_unsummed_bias(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout


@mistake("dense", "db", "the sum runs over axis 1, and has to run over axis 0")
def dense_bias_summed_over_the_wrong_axis(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=1)


@mistake("dense", "db", "a mean where a sum is meant")
def dense_mean_for_sum(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.mean(axis=0)


@mistake("dense", "dw", "dout is missing")
def dense_forgets_dout(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ np.ones_like(dout), dout.sum(axis=0)


@mistake("dense", "dx", "sign")
def dense_sign(dout, cache):
    x, w = cache
    return -dout @ w.T, x.T @ dout, dout.sum(axis=0)


@mistake("dense", "dx", "swapped")
def dense_swapped(dout, cache):
    x, w = cache
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)


@mistake("dense", "dw", "only the last")
def dense_assigns_in_a_loop(dout, cache):
    x, w = cache
    for n in range(len(x)):
        dw = np.outer(x[n], dout[n])
    return dout @ w.T, dw, dout.sum(axis=0)


@mistake("dense", "dw", "only the first")
def dense_leaves_the_loop(dout, cache):
    x, w = cache
    return dout @ w.T, np.outer(x[0], dout[0]), dout.sum(axis=0)


@mistake("dense", "dw", "fractions are cut off")
def dense_integers(dout, cache):
    x, w = cache
    return dout @ w.T, (x.T @ dout).astype(int), dout.sum(axis=0)


@mistake("dense", "db", "the sum runs over axis (0, 1), and has to run over axis 0")
def dense_sums_too_much(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout, dout.sum()


@mistake("dense", "dw", "off by one")
def dense_off_by_one(dout, cache):
    x, w = cache
    return dout @ w.T, np.roll(x.T @ dout, 1, axis=0), dout.sum(axis=0)


@mistake("dense", "dx", "constant factor")
def dense_unknown_factor(dout, cache):
    x, w = cache
    return 0.37 * dout @ w.T, x.T @ dout, dout.sum(axis=0)


def square_forward(x, w):
    return x @ w, (x, w)


@pair(lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=(3, 3))), square_forward)
def square(dout, cache):
    x, w = cache
    return dout @ w.T, x.T @ dout


@mistake("square", "dx", "w should be transposed")
def square_misses_a_transpose(dout, cache):
    x, w = cache
    return dout @ w, x.T @ dout


@mistake("square", "dw", "a transpose is missing")
def square_transpose_of_the_gradient(dout, cache):
    x, w = cache
    return dout @ w.T, dout.T @ x


# -- elementwise functions -----------------------------------------------------------------------------------------


def array(rng):
    return (rng.normal(size=(4, 3)),)


def relu_forward(x):
    return np.maximum(x, 0)


@pair(array, relu_forward)
def relu(dout, x):
    return dout * (x > 0)


@mistake("relu", "dx", "made of dout")
def relu_mask_of_the_gradient(dout, x):
    return dout * (dout > 0)


@mistake("relu", "dx", "inverted")
def relu_inverted(dout, x):
    return dout * (x < 0)


@mistake("relu", "dx", "(x > 0) is missing")
def relu_without_mask(dout, x):
    return dout


@mistake("relu", "dx", "dout is missing")
def relu_forgets_dout(dout, x):
    return (x > 0) * 1.0


@mistake("relu", "dx", "factor x is too much")
def relu_times_x(dout, x):
    return dout * x * (x > 0)


def leaky_relu_forward(x, alpha):
    return np.where(x > 0, x, alpha * x)


@pair(lambda rng: (*array(rng), 0.1), leaky_relu_forward)
def leaky_relu(dout, x, alpha):
    return dout * np.where(x > 0, 1, alpha)


@mistake("leaky_relu", "dx", "inverted")
def leaky_relu_inverted(dout, x, alpha):
    return dout * np.where(x > 0, alpha, 1)


@mistake("leaky_relu", "dx", "made of dout")
def leaky_relu_mask_of_the_gradient(dout, x, alpha):
    return np.where(dout > 0, dout, alpha * dout)


@mistake("leaky_relu", "dx", "np.where(x > 0, 1, alpha) is missing")
def leaky_relu_without_slope(dout, x, alpha):
    return dout


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, out


@pair(array, sigmoid_forward)
def sigmoid(dout, out):
    return dout * out * (1 - out)


@mistake("sigmoid", "dx", "(1 - out) is missing")
def sigmoid_misses_a_factor(dout, out):
    return dout * out


@mistake("sigmoid", "dx", "out * (1 - out) is missing")
def sigmoid_misses_both_factors(dout, out):
    return dout


@mistake("sigmoid", "dx", "sign")
def sigmoid_sign(dout, out):
    return dout * out * (out - 1)


@mistake("sigmoid", "dx", "(1 - out**2) where it should be out * (1 - out)")
def sigmoid_as_tanh(dout, out):
    return dout * (1 - out**2)


def tanh_forward(x):
    out = np.tanh(x)
    return out, (x, out)


@pair(array, tanh_forward)
def tanh(dout, cache):
    _, out = cache
    return dout * (1 - out**2)


@mistake("tanh", "dx", "(1 - x**2) where it should be (1 - out**2)")
def tanh_of_the_input(dout, cache):
    x, _ = cache
    return dout * (1 - x**2)


@mistake("tanh", "dx", "(1 - out) where it should be (1 - out**2)")
def tanh_without_square(dout, cache):
    _, out = cache
    return dout * (1 - out)


@mistake("tanh", "dx", "dout is used twice")
def tanh_dout_twice(dout, cache):
    _, out = cache
    return dout * dout * (1 - out**2)


# -- softmax and losses --------------------------------------------------------------------------------------------


def softmax_forward(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    out = e / e.sum(axis=1, keepdims=True)
    return out, out


@pair(array, softmax_forward)
def softmax(dout, out):
    return out * (dout - (dout * out).sum(axis=1, keepdims=True))


@mistake("softmax", "dx", "subtraction of the sum")
def softmax_without_sum(dout, out):
    return out * dout


@mistake("softmax", "dx", "only for the output at its own place|rest of the Jacobian")
def softmax_as_sigmoid(dout, out):
    return dout * out * (1 - out)


def cross_entropy_forward(scores, labels):
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean(), (np.exp(log_p), labels)


@pair(lambda rng: (rng.normal(size=(5, 3)), rng.integers(0, 3, 5)), cross_entropy_forward)
def cross_entropy(dout, cache):
    p, labels = cache
    dscores = p.copy()
    dscores[np.arange(len(labels)), labels] -= 1
    return dout * dscores / len(labels)


@mistake("cross_entropy", "dscores", "divide by 5")
def cross_entropy_sum_for_mean(dout, cache):
    p, labels = cache
    dscores = p.copy()
    dscores[np.arange(len(labels)), labels] -= 1
    return dout * dscores


@mistake("cross_entropy", "dscores", "1 at the right class")
def cross_entropy_probabilities_only(dout, cache):
    p, labels = cache
    return dout * p / len(labels)


@mistake("cross_entropy", "dscores", "a mean where a sum is meant, over axis 1 of scores")
def cross_entropy_mean_over_all(dout, cache):
    return cross_entropy(dout, cache) / cache[0].shape[1]


def mse_forward(prediction, target):
    return np.mean((prediction - target) ** 2)


@pair(lambda rng: (rng.normal(size=(5, 2)), rng.normal(size=(5, 2))), mse_forward, ["prediction"])
def mse(prediction, target):
    return 2 * (prediction - target) / prediction.size


@mistake("mse", "dprediction", "factor 2 is missing")
def mse_without_two(prediction, target):
    return (prediction - target) / prediction.size


@mistake("mse", "dprediction", "divide by 10")
def mse_sum_for_mean(prediction, target):
    return 2 * (prediction - target)


@mistake("mse", "dprediction", "sign")
def mse_sign(prediction, target):
    return 2 * (target - prediction) / prediction.size


@mistake("mse", "dprediction", "the subtraction of target is missing")
def mse_without_target(prediction, target):
    return 2 * prediction / prediction.size


# -- normalization and dropout -------------------------------------------------------------------------------------


def batch_norm_forward(x, gamma, beta, eps):
    std = np.sqrt(x.var(axis=0) + eps)
    x_hat = (x - x.mean(axis=0)) / std
    return gamma * x_hat + beta, (x_hat, std, gamma)


@pair(lambda rng: (rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3), 1e-4), batch_norm_forward)
def batch_norm(dout, cache):
    x_hat, std, gamma = cache
    d = dout * gamma
    dx = (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)) / std
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batch_norm", "dx", "through the mean and the variance")
def batch_norm_constant_statistics(dout, cache):
    _, std, gamma = cache
    return dout * gamma / std, *batch_norm(dout, cache)[1:]


@mistake("batch_norm", "dx", "through the variance")
def batch_norm_without_variance(dout, cache):
    _, std, gamma = cache
    d = dout * gamma
    return (d - d.mean(axis=0)) / std, *batch_norm(dout, cache)[1:]


@mistake("batch_norm", "dx", "through the mean")
def batch_norm_without_mean(dout, cache):
    x_hat, std, gamma = cache
    d = dout * gamma
    return (d - x_hat * (d * x_hat).mean(axis=0)) / std, *batch_norm(dout, cache)[1:]


@mistake("batch_norm", "dx", "gamma is missing")
def batch_norm_without_gamma(dout, cache):
    _, _, gamma = cache
    return batch_norm(dout, cache)[0] / gamma, *batch_norm(dout, cache)[1:]


@mistake("batch_norm", "dgamma", "sum over axis 0")
def batch_norm_unsummed(dout, cache):
    x_hat, _, _ = cache
    return batch_norm(dout, cache)[0], dout * x_hat, dout.sum(axis=0)


@mistake("batch_norm", "dbeta", "swapped")
def batch_norm_swapped(dout, cache):
    dx, dgamma, dbeta = batch_norm(dout, cache)
    return dx, dbeta, dgamma


def layer_norm_forward(x, gamma):
    std = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)
    x_hat = (x - x.mean(axis=-1, keepdims=True)) / std
    return gamma * x_hat, (x_hat, std, gamma)


@pair(lambda rng: (rng.normal(size=(3, 5)), rng.normal(size=5)), layer_norm_forward)
def layer_norm(dout, cache):
    x_hat, std, gamma = cache
    d = dout * gamma
    dx = (d - d.mean(axis=-1, keepdims=True) - x_hat * (d * x_hat).mean(axis=-1, keepdims=True)) / std
    return dx, (dout * x_hat).sum(axis=0)


@mistake("layer_norm", "dgamma", "the sum runs over axis 1, and has to run over axis 0")
def layer_norm_wrong_axis(dout, cache):
    x_hat, _, _ = cache
    return layer_norm(dout, cache)[0], (dout * x_hat).sum(axis=1)


@mistake("layer_norm", "dx", "through the mean and the variance over axis 1")
def layer_norm_constant_statistics(dout, cache):
    _, std, gamma = cache
    return dout * gamma / std, layer_norm(dout, cache)[1]


def dropout_forward(x, mask, p):
    return x * mask / (1 - p), (mask, p)


@pair(
    lambda rng: (rng.normal(size=(4, 3)), np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [1, 1, 1]]), 0.3),
    dropout_forward,
)
def dropout(dout, cache):
    mask, p = cache
    return dout * mask / (1 - p)


@mistake("dropout", "dx", "factor mask is missing")
def dropout_without_mask(dout, cache):
    _, p = cache
    return dout / (1 - p)


@mistake("dropout", "dx", "divided by (1 - p)")
def dropout_without_scale(dout, cache):
    mask, _ = cache
    return dout * mask


@mistake("dropout", "dx", "factor (1 - p) is missing")
def dropout_scaled_twice(dout, cache):
    mask, p = cache
    return dout * mask / (1 - p) ** 2


# -- convolution and pooling ---------------------------------------------------------------------------------------


def conv_forward(x, w, b, options):
    stride, pad = options["stride"], options["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    size = w.shape[2]
    rows, columns = ((n - size) // stride + 1 for n in padded.shape[2:])
    out = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = padded[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
            out[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, options)


def conv_gradients(dout, cache, stride=None, crop=True, assign=False, w_of=lambda w: w):
    x, w, options = cache
    step, pad, size = options["stride"], options["pad"], w.shape[2]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            at = (slice(None), slice(None), slice(i * step, i * step + size), slice(j * step, j * step + size))
            dw += np.tensordot(dout[:, :, i, j], padded[at], (0, 0))
            near = (stride or step) * i, (stride or step) * j
            to = (slice(None), slice(None), slice(near[0], near[0] + size), slice(near[1], near[1] + size))
            part = np.tensordot(dout[:, :, i, j], w_of(w), (1, 0))
            dx[to] = part if assign else dx[to] + part
    if crop and pad:
        dx = dx[:, :, pad:-pad, pad:-pad]
    return dx, dw, dout.sum(axis=(0, 2, 3))


@pair(
    lambda rng: (
        rng.normal(size=(2, 2, 4, 4)),
        rng.normal(size=(3, 2, 3, 3)),
        rng.normal(size=3),
        {"stride": 2, "pad": 1},
    ),
    conv_forward,
)
def conv(dout, cache):
    return conv_gradients(dout, cache)


@mistake("conv", "dx", "padding is still there")
def conv_keeps_padding(dout, cache):
    return conv_gradients(dout, cache, crop=False)


@mistake("conv", "dx", "stride = 2 is ignored")
def conv_ignores_stride(dout, cache):
    return conv_gradients(dout, cache, stride=1)


@mistake("conv", "dx", "w is not flipped")
def conv_flipped_kernel(dout, cache):
    return conv_gradients(dout, cache, w_of=lambda w: w[..., ::-1, ::-1])


@mistake("conv", "dw", "180 degrees")
def conv_flipped_gradient(dout, cache):
    dx, dw, db = conv_gradients(dout, cache)
    return dx, dw[..., ::-1, ::-1], db


@mistake("conv", "dx", "same entry, only the last")
def conv_overwrites(dout, cache):
    return conv_gradients(dout, cache, assign=True)


@mistake("conv", "db", "sum over axis (1, 2)|sum over axis (2, 3)|is missing")
def conv_bias_keeps_samples(dout, cache):
    dx, dw, _ = conv_gradients(dout, cache)
    return dx, dw, dout.sum(axis=(2, 3))


@mistake("conv", "dw", "two axes are exchanged")
def conv_exchanged_axes(dout, cache):
    dx, dw, db = conv_gradients(dout, cache)
    return dx, dw.transpose(1, 0, 2, 3), db


def max_pool_forward(x):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    out = blocks.max(axis=(3, 5))
    return out, (x, out)


def spread(values):
    return values.repeat(2, axis=2).repeat(2, axis=3)


@pair(lambda rng: (rng.normal(size=(1, 2, 4, 4)),), max_pool_forward)
def max_pool(dout, cache):
    x, out = cache
    return spread(dout) * (x == spread(out))


@mistake("max_pool", "dx", "dout is missing")
def max_pool_forgets_dout(dout, cache):
    x, out = cache
    return (x == spread(out)) * 1.0


@mistake("max_pool", "dx", "factor x is too much")
def max_pool_times_x(dout, cache):
    return max_pool(dout, cache) * cache[0]


@mistake("max_pool", "dx", "there it should be zero")
def max_pool_to_all(dout, cache):
    return spread(dout)


# -- recurrence and embedding --------------------------------------------------------------------------------------


def rnn_forward(x, h, wx, wh, b):
    out = np.tanh(x @ wx + h @ wh + b)
    return out, (x, h, wx, wh, out)


def rnn_inputs(rng):
    return tuple(rng.normal(size=shape) for shape in ((4, 3), (4, 2), (3, 2), (2, 2), (2,)))


@pair(rnn_inputs, rnn_forward)
def rnn(dout, cache):
    x, h, wx, wh, out = cache
    dz = dout * (1 - out**2)
    return dz @ wx.T, dz @ wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)


@mistake("rnn", "dwx", "(1 - out**2) is missing")
def rnn_without_slope(dout, cache):
    x = cache[0]
    return *rnn(dout, cache)[:2], x.T @ dout, *rnn(dout, cache)[3:]


@mistake("rnn", "dwx", "(1 - out) where it should be (1 - out**2)")
def rnn_without_square(dout, cache):
    x, *_, out = cache
    return *rnn(dout, cache)[:2], x.T @ (dout * (1 - out)), *rnn(dout, cache)[3:]


@mistake("rnn", "dh", "wh should be transposed")
def rnn_misses_a_transpose(dout, cache):
    *_, wh, out = cache
    dx, _, *others = rnn(dout, cache)
    return dx, (dout * (1 - out**2)) @ wh, *others


def lstm_forward(x, h, c, w):
    i, f, o, g = np.split(np.concatenate([x, h], axis=1) @ w, 4, axis=1)
    i, f, o, g = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), 1 / (1 + np.exp(-o)), np.tanh(g)
    next_c = f * c + i * g
    return o * np.tanh(next_c), next_c, (x, h, c, w, i, f, o, g, next_c)


def lstm_gradients(dnext_h, dnext_c, cache, through_h=True):
    x, h, c, w, i, f, o, g, next_c = cache
    t = np.tanh(next_c)
    dc = dnext_c + (dnext_h * o * (1 - t**2) if through_h else 0)
    gates = [dc * g * i * (1 - i), dc * c * f * (1 - f), dnext_h * t * o * (1 - o), dc * i * (1 - g**2)]
    dz = np.concatenate(gates, axis=1)
    dxh = dz @ w.T
    return dxh[:, : x.shape[1]], dxh[:, x.shape[1] :], dc * f, np.concatenate([x, h], axis=1).T @ dz


@pair(lambda rng: tuple(rng.normal(size=shape) for shape in ((3, 2), (3, 2), (3, 2), (4, 8))), lstm_forward)
def lstm(dnext_h, dnext_c, cache):
    return lstm_gradients(dnext_h, dnext_c, cache)


@mistake("lstm", "dc", "only the gradient of the later outputs")
def lstm_forgets_the_output(dnext_h, dnext_c, cache):
    return lstm_gradients(dnext_h, dnext_c, cache, through_h=False)


@mistake("lstm", "dc", "only the gradient of the first output")
def lstm_forgets_the_cell(dnext_h, dnext_c, cache):
    dx, dh, _, dw = lstm_gradients(dnext_h, dnext_c, cache)
    return dx, dh, lstm_gradients(dnext_h, 0 * dnext_c, cache)[2], dw


@mistake("lstm", "dx", "dx and dh are swapped")
def lstm_swapped(dnext_h, dnext_c, cache):
    dx, dh, dc, dw = lstm_gradients(dnext_h, dnext_c, cache)
    return dh, dx, dc, dw


def embedding_forward(w, ids):
    return w[ids]


@pair(lambda rng: (rng.normal(size=(5, 3)), np.array([1, 4, 1, 0, 1, 4])), embedding_forward)
def embedding(dout, w, ids):
    dw = np.zeros_like(w)
    np.add.at(dw, ids, dout)
    return dw


@mistake("embedding", "dw", "np.add.at")
def embedding_without_add_at(dout, w, ids):
    dw = np.zeros_like(w)
    dw[ids] += dout
    return dw


@mistake("embedding", "dw", "off by one")
def embedding_off_by_one(dout, w, ids):
    dw = np.zeros_like(w)
    np.add.at(dw, (ids + 1) % len(w), dout)
    return dw
