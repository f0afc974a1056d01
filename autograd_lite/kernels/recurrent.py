"""Recurrence over a whole sequence: one layer, one direction, forward and backward.

Shapes: T steps, batch B, I inputs, H units, G gates. The state lives transposed, (H, B), because the product
``W (G*H, H) @ h (H, B)`` runs at twice the speed of ``h @ W.T``. The input products of all steps are made before the
loop, into the array where the loop adds the rest and leaves the activated gates; the weight gradients are one product
each after the loop.

The loops over plain cells that these replace are the specs in ops/recurrent.py; tests hold the two against each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .elementwise import sigmoid

Array = np.ndarray[Any, Any]


# -- LSTM --------------------------------------------------------------------------------------------------------


def lstm(x: Array, h: Array, c: Array, weight_ih: Array, weight_hh: Array, bias: Array | None) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h and c (B, H); for backward the gates i, f, g, o (T, 4H, B) and cells (T+1, H, B)."""
    gates = _input_products(x, weight_ih, bias)
    steps, units, batch = len(x), h.shape[1], h.shape[0]
    out, cells = np.empty((steps, batch, units), gates.dtype), np.empty((steps + 1, units, batch), gates.dtype)
    cells[0] = c.T
    state, product = _transposed(h, gates.dtype), np.empty_like(gates[0])
    work = np.empty_like(state)
    for t, z in enumerate(gates):
        z += np.matmul(weight_hh, state, out=product)  # (4H, H) @ (H, B)
        i, f, g, o = z.reshape(4, units, batch)
        sigmoid_in_place(z[: 2 * units])  # i and f
        np.tanh(g, out=g)
        sigmoid_in_place(o)
        cell = np.multiply(f, cells[t], out=cells[t + 1])
        cell += np.multiply(i, g, out=work)
        np.tanh(cell, out=state)
        state *= o
        out[t] = state.T
    return out, out[-1].copy(), cells[-1].T.copy(), gates, cells


def lstm_backward(
    g_out: Array, g_h: Array, g_c: Array, weight_hh: Array, gates: Array, cells: Array
) -> tuple[Array, Array, Array]:
    """Gradients of what goes into the gates (4H, T*B), and of the initial h and c (B, H)."""
    steps, units, batch = len(gates), cells.shape[1], cells.shape[2]
    flat, slopes = _side_by_side(gates)
    d_h, d_c = _transposed(g_h, gates.dtype), _transposed(g_c, gates.dtype)
    d_z, slope = np.empty_like(gates[0]), np.empty_like(gates[0])
    tanh_c, work = np.empty_like(d_h), np.empty_like(d_h)
    d_i, d_f, d_g, d_o = d_z.reshape(4, units, batch)
    slope_g = slope[2 * units : 3 * units]
    for t in reversed(range(steps)):
        i, f, g, o = gates[t].reshape(4, units, batch)
        d_h += g_out[t].T
        # h = o * tanh(c)
        np.tanh(cells[t + 1], out=tanh_c)
        np.multiply(d_h, tanh_c, out=d_o)
        d_h *= o
        d_c += d_h
        np.multiply(tanh_c, tanh_c, out=work)
        d_c -= np.multiply(d_h, work, out=work)
        # c = f * c_before + i * g
        np.multiply(d_c, g, out=d_i)
        np.multiply(d_c, cells[t], out=d_f)
        np.multiply(d_c, i, out=d_g)
        d_c *= f
        # through the sigmoids of i, f, o, whose slope is s * (1 - s), and the tanh of g
        np.subtract(1, gates[t], out=slope)
        slope *= gates[t]
        np.subtract(1, np.multiply(g, g, out=work), out=slope_g)
        d_z *= slope
        slopes[:, t] = d_z
        np.matmul(weight_hh.T, d_z, out=d_h)  # (H, 4H) @ (4H, B)
    return flat, d_h.T, d_c.T


# -- GRU ---------------------------------------------------------------------------------------------------------


def gru(
    x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias_ih: Array | None, bias_hh: Array | None
) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h (B, H); for backward the gates r, z, n (T, 3H, B) and what r scales (T, H, B)."""
    gates = _input_products(x, weight_ih, bias_ih)
    steps, units, batch = len(x), h.shape[1], h.shape[0]
    out, scaled = np.empty((steps, batch, units), gates.dtype), np.empty((steps, units, batch), gates.dtype)
    state, product = _transposed(h, gates.dtype), np.empty_like(gates[0])
    for t, a in enumerate(gates):
        np.matmul(weight_hh, state, out=product)  # (3H, H) @ (H, B)
        if bias_hh is not None:
            product += bias_hh[:, None]
        r, z, n = a.reshape(3, units, batch)
        a[: 2 * units] += product[: 2 * units]
        sigmoid_in_place(a[: 2 * units])  # r and z
        scaled[t] = product[2 * units :]
        n += np.multiply(r, scaled[t], out=product[2 * units :])
        np.tanh(n, out=n)
        # h = (1 - z) * n + z * h = n + z * (h - n)
        state -= n
        state *= z
        state += n
        out[t] = state.T
    return out, out[-1].copy(), gates, scaled


def gru_backward(
    g_out: Array, g_h: Array, h: Array, weight_hh: Array, out: Array, gates: Array, scaled: Array
) -> tuple[Array, Array]:
    """Gradients of what goes into r, z and n, with what r scales before n, (4H, T*B); and of the initial h (B, H)."""
    steps, units, batch = scaled.shape
    flat, slopes = _side_by_side(gates, units)
    d_h = _transposed(g_h, gates.dtype)
    d, work = np.empty((4, units, batch), gates.dtype), np.empty_like(d_h)
    d_r, d_z, d_scaled, d_n = d
    through_gates = d[:3].reshape(3 * units, batch)
    for t in reversed(range(steps)):
        r, z, n = gates[t].reshape(3, units, batch)
        before = (out[t - 1] if t else h).T
        d_h += g_out[t].T
        # h = (1 - z) * n + z * before
        np.multiply(np.subtract(before, n, out=work), d_h, out=d_z)
        np.multiply(np.subtract(1, z, out=work), d_h, out=d_n)
        d_z *= z
        d_z *= work
        # n = tanh(... + r * scaled)
        d_n *= np.subtract(1, np.multiply(n, n, out=work), out=work)
        np.multiply(d_n, r, out=d_scaled)
        np.multiply(d_scaled, scaled[t], out=d_r)
        d_r *= np.subtract(1, r, out=work)
        slopes[:, t] = d.reshape(4 * units, batch)
        d_h *= z
        d_h += np.matmul(weight_hh.T, through_gates, out=work)  # (H, 3H) @ (3H, B)
    return flat, d_h.T


# -- Elman's -----------------------------------------------------------------------------------------------------


def rnn(
    x: Array, h: Array, weight_ih: Array, weight_hh: Array, bias: Array | None, nonlinearity: str
) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h (B, H); backward needs no more than the outputs."""
    products = _input_products(x, weight_ih, bias)
    out = np.empty((len(x), *h.shape), products.dtype)
    state = _transposed(h, products.dtype)
    work = np.empty_like(state)
    for t, z in enumerate(products):
        z += np.matmul(weight_hh, state, out=work)  # (H, H) @ (H, B)
        if nonlinearity == "tanh":
            np.tanh(z, out=state)
        else:
            np.maximum(z, 0, out=state)
        out[t] = state.T
    return out, out[-1].copy()


def rnn_backward(g_out: Array, g_h: Array, weight_hh: Array, out: Array, nonlinearity: str) -> tuple[Array, Array]:
    """Gradients of what goes into the nonlinearity (H, T*B), and of the initial h (B, H)."""
    steps, batch, units = out.shape
    flat, slopes = _side_by_side(np.empty((steps, 0, batch), out.dtype), units)
    d_h = _transposed(g_h, out.dtype)
    work = np.empty_like(d_h)
    for t in reversed(range(steps)):
        d_h += g_out[t].T
        state = out[t].T
        if nonlinearity == "tanh":
            d_h *= np.subtract(1, np.multiply(state, state, out=work), out=work)
        else:
            d_h *= state > 0
        slopes[:, t] = d_h
        d_h = np.matmul(weight_hh.T, d_h)  # (H, H) @ (H, B)
    return flat, d_h.T


# -- what they share ---------------------------------------------------------------------------------------------


def sigmoid_in_place(x: Array) -> None:
    """``1 / (1 + exp(-x))``. For float32 as ``(1 + tanh(x / 2)) / 2``, ten times as fast, and off by 6e-8 at most: far
    below zero, where the sigmoid itself is smaller than that, it may give 0. Other dtypes: exact in both tails."""
    if x.dtype != np.float32:
        x[...] = sigmoid(x)
        return
    x *= 0.5
    np.tanh(x, out=x)
    x *= 0.5
    x += 0.5


def input_gradient(slopes: Array, x_shape: tuple[int, ...], weight_ih: Array) -> Array:
    """Gradient of x (T, B, I). slopes: (G*H, T*B); weight_ih: (G*H, I)."""
    return (slopes.T @ weight_ih).reshape(x_shape)


def weight_ih_gradient(slopes: Array, x: Array) -> Array:
    """Gradient of the input weights, (G*H, T*B) @ (T*B, I)."""
    return slopes @ x.reshape(-1, x.shape[2])


def weight_hh_gradient(slopes: Array, h: Array, out: Array) -> Array:
    """Gradient of the state weights, (G*H, T*B) @ (T*B, H): the states are h and all outputs but the last."""
    batch, units = h.shape
    gradient = slopes[:, batch:] @ out[:-1].reshape(-1, units)
    gradient += slopes[:, :batch] @ h
    return gradient


def bias_gradient(slopes: Array) -> Array:
    """Gradient of a bias (G*H): the sum over steps and batch, as a product, which is faster than a sum."""
    return slopes @ np.ones(slopes.shape[1], slopes.dtype)


def _input_products(x: Array, weight: Array, bias: Array | None) -> Array:
    """``W @ x_t + bias`` for all steps, each (G*H, B) of its own: (G*H, I) @ (T, I, B)."""
    products = np.matmul(weight, x.swapaxes(1, 2))
    if bias is not None:
        products += bias[:, None]
    return products


def _transposed(state: Array, dtype: Any) -> Array:
    """(B, H) to (H, B), in memory of its own."""
    return np.array(state.T, dtype, order="C")


def _side_by_side(gates: Array, more: int = 0) -> tuple[Array, Array]:
    """Room for the gradients of gates (T, G*H, B) as one matrix (G*H + more, T*B), and the same as (G*H + more, T, B).

    Rows are a little longer than they must be: at a distance of a power of two they would compete for the same lines
    of the cache, and writing one step would take twice as long.
    """
    steps, rows, batch = gates.shape
    columns = steps * batch
    matrix = np.empty((rows + more, columns + 32), gates.dtype)[:, :columns]
    return matrix, matrix.reshape(rows + more, steps, batch)
