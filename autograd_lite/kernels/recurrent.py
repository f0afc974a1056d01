"""Recurrence over a whole sequence: one layer, one direction, forward and backward.

Shapes: T steps, batch B, I inputs, H units, G gates. Inside the loops everything is transposed, states (H, B) and gates
(G*H, B), because the product ``W (G*H, H) @ h (H, B)`` takes three quarters of the time of ``h @ W.T``; outside, rows
are (T, B, ...). A step forward is two products that add to the bias, one tanh for all gates, and what makes the next
state of them; a step backward writes the gradients of what goes into the gates, the *slopes*, as rows (B, G*H) of one
matrix (T*B, G*H), from which each weight gradient is one product after the loop.

Sequences of different lengths: the state of one that has ended is 0 from there on, and no gradient arrives at it, so
that all of its slopes are 0 as well; what lies in x beyond the end must be finite.

The loops over plain cells that these replace are the specs in ops/recurrent.py; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from . import blas
from .elementwise import sigmoid
from .linalg import column_sums

Array = np.ndarray[Any, Any]


# -- LSTM --------------------------------------------------------------------------------------------------------


def lstm(
    x: Array,
    h: Array,
    c: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias: Array | None,
    lengths: Array | None = None,
) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h and c (B, H); for backward the gates i, f, g, o (T, 4H, B) and cells (T+1, H, B)."""
    (steps, batch, _), units, dtype = x.shape, h.shape[1], x.dtype
    sigmoids, tanhs = (slice(2 * units), slice(3 * units, None)), (slice(2 * units, 3 * units),)
    weight_ih, weight_hh = _for_gates(weight_ih, sigmoids), _for_gates(weight_hh, sigmoids)
    start = _repeated(_for_gates(_sum(4 * units, dtype, bias), sigmoids), batch)
    out, gates = np.empty((steps, batch, units), dtype), np.empty((steps, 4 * units, batch), dtype)
    cells, z = np.empty((steps + 1, units, batch), dtype), np.empty((4 * units, batch), dtype)
    cells[0] = c.T
    state, work, running = _transposed(h), np.empty((units, batch), dtype), _running(lengths, x)
    add_input = blas.repeated_product(z, weight_ih, _columns(x))  # (4H, I) @ (I, B)
    add_state = blas.repeated_product(z, weight_hh, state)  # (4H, H) @ (H, B)
    for t in range(steps):
        np.copyto(z, start)
        add_input(t)
        add_state(t)
        _activate(z, gates[t], sigmoids, tanhs)
        i, f, g, o = gates[t].reshape(4, units, batch)
        cell = np.multiply(f, cells[t], out=cells[t + 1])
        cell += np.multiply(i, g, out=work)
        np.tanh(cell, out=state)
        state *= o
        if running is not None:
            state *= running[t]
        out[t] = state.T
    last, sequences = _last_steps(lengths, x)
    return out, out[last, sequences], cells[last + 1, :, sequences], gates, cells


def lstm_backward(
    g_out: Array, g_h: Array, g_c: Array, weight_hh: Array, gates: Array, cells: Array, lengths: Array | None = None
) -> tuple[Array, Array, Array]:
    """Slopes (T*B, 4H), and the gradients of the initial h and c (B, H)."""
    steps, units, batch, dtype = len(gates), cells.shape[1], cells.shape[2], gates.dtype
    slopes = np.empty((steps, batch, 4 * units), dtype)
    d_h, d_c, tanh_c, work = np.zeros((4, units, batch), dtype)
    d, slope = np.empty((2, 4, units, batch), dtype)
    d_all, slope_all = d.reshape(4 * units, batch), slope.reshape(4 * units, batch)
    add_state = blas.repeated_product(d_h, _transposed(weight_hh), d_all)  # (H, 4H) @ (4H, B)
    arrive, ends = _arrivals(d_h, g_out, g_h, lengths), _ends(lengths, steps)
    for t in reversed(range(steps)):
        i, f, g, o = gates[t].reshape(4, units, batch)
        arrive(t)
        if t in ends:
            d_c[:, ends[t]] += g_c[ends[t]].T
        # The slopes of the sigmoids i, f and o and of the tanh g, each times what its gate is multiplied by
        np.subtract(1, gates[t], out=slope_all)
        slope_all *= gates[t]
        np.subtract(1, np.square(g, out=slope[2]), out=slope[2])
        np.tanh(cells[t + 1], out=tanh_c)
        slope[0] *= g
        slope[1] *= cells[t]
        slope[2] *= i
        slope[3] *= tanh_c
        # h = o * tanh(c)
        np.multiply(d_h, slope[3], out=d[3])
        np.subtract(o, np.multiply(o, np.square(tanh_c, out=work), out=work), out=work)
        work *= d_h
        d_c += work
        # c = f * c_before + i * g
        np.multiply(d_c, slope[:3], out=d[:3])
        d_c *= f
        _transpose(d_all, slopes[t])
        d_h.fill(0)
        add_state(t)
    return slopes.reshape(-1, 4 * units), d_h.T, d_c.T


# -- GRU ---------------------------------------------------------------------------------------------------------


def gru(
    x: Array,
    h: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None,
    bias_hh: Array | None,
    lengths: Array | None = None,
) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h (B, H); for backward the gates r, z, n (T, 3H, B) and what r scales (T, H, B)."""
    (steps, batch, _), units, dtype = x.shape, h.shape[1], x.dtype
    r_and_z, of_n = slice(2 * units), slice(2 * units, None)
    bias = _sum(3 * units, dtype, bias_ih)
    if bias_hh is not None:
        bias[r_and_z] += bias_hh[r_and_z]
    weight_ih, weight_hh, bias = (_for_gates(weights, (r_and_z,)) for weights in (weight_ih, weight_hh, bias))
    out, gates = np.empty((steps, batch, units), dtype), np.empty((steps, 3 * units, batch), dtype)
    scaled, a = np.empty((steps, units, batch), dtype), np.empty((3 * units, batch), dtype)
    scaled[...] = 0 if bias_hh is None else bias_hh[of_n, None]
    start, state, running = _repeated(bias, batch), _transposed(h), _running(lengths, x)
    add_input = blas.repeated_product(a, weight_ih, _columns(x))  # (3H, I) @ (I, B)
    add_state = blas.repeated_product(a[r_and_z], weight_hh[r_and_z], state)  # (2H, H) @ (H, B)
    add_scaled = blas.repeated_product(scaled, weight_hh[of_n], state)  # (H, H) @ (H, B)
    for t in range(steps):
        np.copyto(a, start)
        add_input(t)
        add_state(t)
        add_scaled(t)
        _activate(a[r_and_z], gates[t, r_and_z], (slice(None),))
        r, z, n = gates[t].reshape(3, units, batch)
        np.multiply(r, scaled[t], out=n)
        n += a[of_n]
        np.tanh(n, out=n)
        # h = (1 - z) * n + z * h = n + z * (h - n)
        state -= n
        state *= z
        state += n
        if running is not None:
            state *= running[t]
        out[t] = state.T
    return out, out[_last_steps(lengths, x)], gates, scaled


def gru_backward(
    g_out: Array,
    g_h: Array,
    h: Array,
    weight_hh: Array,
    out: Array,
    gates: Array,
    scaled: Array,
    lengths: Array | None = None,
) -> tuple[Array, Array]:
    """Slopes (T*B, 4H) of n, r and z and of what r scales, in this order, and the gradient of the initial h (B, H).

    The first three see ``W_ih x`` and the last three ``W_hh h``: both are parts of the matrix, without a copy.
    """
    (steps, units, batch), dtype = scaled.shape, scaled.dtype
    slopes = np.empty((steps, batch, 4 * units), dtype)
    d_h, difference, work = np.zeros((3, units, batch), dtype)
    d_n, d_r, d_z, d_scaled = d = np.empty((4, units, batch), dtype)
    d_all, d_state = d.reshape(4 * units, batch), d[1:].reshape(3 * units, batch)
    add_state = blas.repeated_product(d_h, _transposed(weight_hh), d_state)  # (H, 3H) @ (3H, B)
    arrive = _arrivals(d_h, g_out, g_h, lengths)
    for t in reversed(range(steps)):
        r, z, n = gates[t].reshape(3, units, batch)
        arrive(t)
        # h = n + z * (before - n)
        np.subtract((out[t - 1] if t else h).T, n, out=difference)
        np.multiply(difference, d_h, out=d_z)
        np.subtract(1, z, out=work)
        np.multiply(work, d_h, out=d_n)
        d_z *= work
        d_z *= z
        d_h *= z
        # n = tanh(... + r * scaled)
        np.subtract(1, np.square(n, out=work), out=work)
        d_n *= work
        np.multiply(d_n, r, out=d_scaled)
        np.multiply(d_scaled, scaled[t], out=d_r)
        np.subtract(1, r, out=work)
        d_r *= work
        _transpose(d_all, slopes[t])
        add_state(t)
    return slopes.reshape(-1, 4 * units), d_h.T


# -- Elman's -----------------------------------------------------------------------------------------------------


def rnn(
    x: Array,
    h: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias: Array | None,
    nonlinearity: str,
    lengths: Array | None = None,
) -> tuple[Any, ...]:
    """Outputs (T, B, H), final h (B, H); backward needs no more than the outputs."""
    (steps, batch, _), units, dtype = x.shape, h.shape[1], x.dtype
    out, z = np.empty((steps, batch, units), dtype), np.empty((units, batch), dtype)
    start, state, running = _repeated(_sum(units, dtype, bias), batch), _transposed(h), _running(lengths, x)
    add_input = blas.repeated_product(z, weight_ih, _columns(x))  # (H, I) @ (I, B)
    add_state = blas.repeated_product(z, weight_hh, state)  # (H, H) @ (H, B)
    for t in range(steps):
        np.copyto(z, start)
        add_input(t)
        add_state(t)
        if nonlinearity == "tanh":
            np.tanh(z, out=state)
        else:
            np.maximum(z, 0, out=state)
        if running is not None:
            state *= running[t]
        out[t] = state.T
    return out, out[_last_steps(lengths, x)]


def rnn_backward(
    g_out: Array, g_h: Array, weight_hh: Array, out: Array, nonlinearity: str, lengths: Array | None = None
) -> tuple[Array, Array]:
    """Slopes (T*B, H), and the gradient of the initial h (B, H)."""
    (steps, batch, units), dtype = out.shape, out.dtype
    slopes = np.empty((steps, batch, units), dtype)
    d_h, d, slope = np.zeros((3, units, batch), dtype)
    add_state = blas.repeated_product(d_h, _transposed(weight_hh), d)  # (H, H) @ (H, B)
    arrive = _arrivals(d_h, g_out, g_h, lengths)
    for t in reversed(range(steps)):
        arrive(t)
        if nonlinearity == "tanh":
            np.subtract(1, np.square(out[t].T, out=slope), out=slope)
        else:
            np.greater(out[t].T, 0, out=slope)
        np.multiply(d_h, slope, out=d)
        slopes[t] = d.T
        d_h.fill(0)
        add_state(t)
    return slopes.reshape(-1, units), d_h.T


# -- what they share: gates --------------------------------------------------------------------------------------


def _for_gates(weights: Array, sigmoids: tuple[slice, ...]) -> Array:
    """Weights or biases as `_activate` wants their products: for float32, rows of sigmoids halved, which is exact."""
    if weights.dtype != np.float32:
        return weights
    weights = weights.copy()
    for rows in sigmoids:
        weights[rows] *= 0.5
    return weights


def _activate(z: Array, out: Array, sigmoids: tuple[slice, ...], tanhs: tuple[slice, ...] = ()) -> None:
    """Sigmoid and tanh, in these rows, of z (G*H, B), which was made with the weights of `_for_gates`.

    For float32 ``sigmoid(x) = (1 + tanh(x / 2)) / 2``, ten times as fast as with exp, and off by 6e-8 at most: far
    below zero, where the sigmoid itself is smaller than that, it may give 0. Other dtypes: exact in both tails.
    """
    if z.dtype != np.float32:
        for rows in sigmoids:
            out[rows] = sigmoid(z[rows])
        for rows in tanhs:
            np.tanh(z[rows], out=out[rows])
        return
    np.tanh(z, out=out)
    for rows in sigmoids:
        gate = out[rows]
        gate *= 0.5
        gate += 0.5


# -- memory ------------------------------------------------------------------------------------------------------


def _sum(rows: int, dtype: Any, bias: Array | None) -> Array:
    """A bias in memory of its own; zeros for None."""
    return np.zeros(rows, dtype) if bias is None else bias.copy()


def _repeated(bias: Array, batch: int) -> Array:
    """(G*H,) to (G*H, B), which a loop can copy."""
    return np.repeat(bias[:, None], batch, axis=1)


def _transposed(matrix: Array) -> Array:
    """A matrix with its axes exchanged, in memory of its own."""
    out = np.empty(matrix.shape[::-1], matrix.dtype)
    _transpose(matrix, out)
    return out


def _transpose(matrix: Array, out: Array) -> None:
    """``out[...] = matrix.T``, in blocks whose columns the nearest cache can hold: at 1024 rows 3 times as fast."""
    for start in range(0, len(matrix), 128):
        block = slice(start, start + 128)
        out[:, block] = matrix[block].T


def _columns(x: Array) -> Array:
    """(T, B, I) to (T, I, B), so that BLAS can read it."""
    return np.ascontiguousarray(x).swapaxes(1, 2)


# -- sequences of different lengths ------------------------------------------------------------------------------


def within(x: Array, lengths: Array) -> Array:
    """x (T, B, I) with zeros beyond the end of each sequence."""
    return np.where(np.arange(len(x))[:, None, None] < lengths[:, None], x, x.dtype.type(0))


def flip(x: Array, lengths: Array) -> Array:
    """x (T, B, ...) with the steps of each sequence in reverse order; what lies beyond its end stays where it is."""
    steps = np.arange(len(x))[:, None]
    source = np.where(steps < lengths, lengths - 1 - steps, steps)  # (T, B)
    return x[source, np.arange(x.shape[1])]


def _running(lengths: Array | None, x: Array) -> Array | None:
    """1 where a sequence runs and 0 beyond its end, (T, B); None if all run to the end."""
    return None if lengths is None else (np.arange(len(x))[:, None] < lengths).astype(x.dtype)


def _last_steps(lengths: Array | None, x: Array) -> tuple[Array, Array]:
    """The last step of each sequence, and the number of the sequence: an index."""
    steps, batch = x.shape[:2]
    return np.full(batch, steps - 1) if lengths is None else lengths - 1, np.arange(batch)


def _ends(lengths: Array | None, steps: int) -> dict[int, Any]:
    """For each step that is the last of sequences, which ones end there: an index."""
    if lengths is None:
        return {steps - 1: slice(None)}
    return {int(length) - 1: np.flatnonzero(lengths == length) for length in np.unique(lengths)}


def _arrivals(d_h: Array, g_out: Array, g_h: Array, lengths: Array | None) -> Callable[[int], None]:
    """A function of t that adds to d_h (H, B) what arrives at step t: the output's gradient, at the end the state's."""
    running, ends = _running(lengths, g_out), _ends(lengths, len(g_out))

    def arrive(t: int) -> None:
        np.add(d_h, g_out[t].T, out=d_h)
        if t in ends:
            d_h[:, ends[t]] += g_h[ends[t]].T
        if running is not None:
            np.multiply(d_h, running[t], out=d_h)

    return arrive


# -- gradients of what all steps share, from the slopes ----------------------------------------------------------


def input_gradient(slopes: Array, x_shape: tuple[int, ...], weight_ih: Array) -> Array:
    """Gradient of x (T, B, I). slopes: (T*B, G*H); weight_ih: (G*H, I)."""
    return (slopes @ weight_ih).reshape(x_shape)


def weight_ih_gradient(slopes: Array, x: Array) -> Array:
    """Gradient of the input weights, (G*H, T*B) @ (T*B, I)."""
    return slopes.T @ x.reshape(len(slopes), x.shape[2])


def weight_hh_gradient(slopes: Array, h: Array, out: Array) -> Array:
    """Gradient of the state weights, (G*H, T*B) @ (T*B, H): the states are h and all outputs but the last."""
    batch, units = h.shape
    gradient = slopes[:batch].T @ h
    blas.add_product(gradient, slopes[batch:].T, out[:-1].reshape(-1, units))
    return gradient


def bias_gradient(slopes: Array) -> Array:
    """Gradient of a bias (G*H): the sum over steps and batch."""
    return column_sums(slopes)
