"""Recurrent cells as plain expressions, and each as one fused operation over a whole sequence.

The cells are the definition: `nn` has them as layers, and they are the specs of the fused operations, which do one
layer in one direction, hold what is known of fast recurrence (kernels/recurrent.py), and are differentiated to higher
order by replaying the cells. Gate order and biases are PyTorch's. Training a character language model takes three
quarters of the time of PyTorch's cells in a loop (``python -m benchmarks char_lm_elman char_lm_gru char_lm_lstm``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import Array, Handle, op
from ..kernels import recurrent as kernels
from .elementwise import relu, sigmoid, tanh, where
from .linear import linear
from .shape import split, stack, unstack

NONLINEARITIES = {"tanh": tanh, "relu": relu}

# -- cells: one step ---------------------------------------------------------------------------------------------


def rnn_cell(
    x: Any,
    h: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    nonlinearity: str = "tanh",
) -> Any:
    """The next state of Elman's network: ``tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu of that.

    x: (..., I); h: (..., H); weight_ih: (H, I); weight_hh: (H, H); biases: (H,) or None. Returns (..., H). Raises
    ValueError for another nonlinearity.
    """
    check_nonlinearity("rnn_cell: ", nonlinearity)
    return NONLINEARITIES[nonlinearity](linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh))


def lstm_cell(
    x: Any, h: Any, c: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None
) -> tuple[Any, Any]:
    """The next h and c of a long short-term memory. Hochreiter and Schmidhuber 1997; forget gates of Gers et al. 2000.

    x: (..., I); h, c: (..., H); weight_ih: (4H, I); weight_hh: (4H, H); biases: (4H,) or None; gates in the order i,
    f, g, o. Returns two of (..., H).
    """
    i, f, g, o = split(linear(x, weight_ih, bias_ih) + linear(h, weight_hh, bias_hh), 4, -1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(c), c


def gru_cell(x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None) -> Any:
    """The next state of a gated recurrent unit. Cho et al. 2014, with the reset gate after the product, as in cuDNN.

    x: (..., I); h: (..., H); weight_ih: (3H, I); weight_hh: (3H, H); biases: (3H,) or None; gates in the order r, z, n.
    Returns (..., H).
    """
    x_r, x_z, x_n = split(linear(x, weight_ih, bias_ih), 3, -1)
    h_r, h_z, h_n = split(linear(h, weight_hh, bias_hh), 3, -1)
    z = sigmoid(x_z + h_z)
    n = tanh(x_n + sigmoid(x_r + h_r) * h_n)
    return (1 - z) * n + z * h


# -- the same over a sequence, as loops --------------------------------------------------------------------------


def over_steps(cell: Callable[..., Any], x: Any, *state: Any, lengths: Any = None) -> tuple[Any, ...]:
    """Outputs of all steps, and the last state: `cell` gives the next state, whose first part is the output.

    Beyond the end of a sequence its state stays, the output is 0, and what x holds does not matter.
    """
    runs = None if lengths is None else np.arange(len(x))[:, None, None] < np.asarray(lengths)[:, None]  # (T, B, 1)
    outputs = []
    for t, x_t in enumerate(unstack(x if runs is None else where(runs, x, 0.0))):
        following = cell(x_t, *state)
        if runs is None:
            state = following
            outputs.append(state[0])
        else:
            state = tuple(where(runs[t], new, old) for new, old in zip(following, state, strict=True))
            outputs.append(where(runs[t], state[0], 0.0))
    return stack(outputs), *state


def _rnn_loop(
    x: Any,
    h: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    nonlinearity: str = "tanh",
    lengths: Any = None,
) -> tuple[Any, ...]:
    weights = weight_ih, weight_hh, bias_ih, bias_hh
    return over_steps(lambda x_t, h: (rnn_cell(x_t, h, *weights, nonlinearity),), x, h, lengths=lengths)


def _lstm_loop(
    x: Any,
    h: Any,
    c: Any,
    weight_ih: Any,
    weight_hh: Any,
    bias_ih: Any = None,
    bias_hh: Any = None,
    lengths: Any = None,
) -> tuple[Any, ...]:
    weights = weight_ih, weight_hh, bias_ih, bias_hh
    return over_steps(lambda x_t, h, c: lstm_cell(x_t, h, c, *weights), x, h, c, lengths=lengths)


def _gru_loop(
    x: Any, h: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any = None, bias_hh: Any = None, lengths: Any = None
) -> tuple[Any, ...]:
    weights = weight_ih, weight_hh, bias_ih, bias_hh
    return over_steps(lambda x_t, h: (gru_cell(x_t, h, *weights),), x, h, lengths=lengths)


@op(x=lambda g, lengths: flip_sequences(g, lengths))
def flip_sequences(x: Array, lengths: Any) -> Array:
    """The steps of each sequence in reverse order; what lies beyond its end stays where it is.

    x: (T, B, ...); lengths: B integers from 1 to T. Returns the same shape. Raises TypeError or ValueError for other
    lengths.

    >>> flip_sequences(randn(3, 2, 4), [2, 3])
    """
    return kernels.flip(x, checked_lengths(lengths, x))


def checked_lengths(lengths: Any, x: Any) -> Any:
    """Lengths of the sequences x (T, B, ...) as an array (B,); TypeError or ValueError if they cannot be that."""
    lengths = np.asarray(lengths.data if isinstance(lengths, Handle) else lengths)
    if lengths.dtype.kind not in "iu":
        raise TypeError(f"lengths must be integers, not {lengths.dtype}; convert them with .astype(int)")
    if lengths.shape != x.shape[1:2]:
        raise ValueError(f"lengths {lengths.shape} must be {x.shape[1:2]}, one for each sequence of the batch; pass so")
    if lengths.size and not 1 <= lengths.min() <= lengths.max() <= len(x):
        raise ValueError(
            f"lengths run from {lengths.min()} to {lengths.max()}, a sequence has 1 to T = {len(x)} steps; leave empty"
            " sequences out of the batch"
        )
    return lengths


# -- and fused ---------------------------------------------------------------------------------------------------


def _rnn_backward(
    g: Any, needs: Any, x: Any, h: Any, weight_ih: Any, weight_hh: Any, nonlinearity: str, lengths: Any, out: Any
) -> tuple[Any, ...]:
    x, lengths = _ended(x, lengths)
    g_out, g_h = g
    slopes, d_h = kernels.rnn_backward(g_out, g_h, weight_hh, out[0], nonlinearity, lengths)
    return _from_slopes(slopes, (d_h,), needs, x, h, weight_ih, out[0])


def _from_slopes(
    slopes: Any, d_states: tuple[Any, ...], needs: Any, x: Any, h: Any, weight_ih: Any, outputs: Any
) -> tuple[Any, ...]:
    """The gradients that are needed, of all inputs, where one sum of products goes into all gates."""
    for_x, *for_states, for_w_ih, for_w_hh, for_b_ih, for_b_hh = needs
    d_bias = kernels.bias_gradient(slopes) if for_b_ih or for_b_hh else None
    return (
        kernels.input_gradient(slopes, x.shape, weight_ih) if for_x else None,
        *(d_state if needed else None for d_state, needed in zip(d_states, for_states, strict=True)),
        kernels.weight_ih_gradient(slopes, x) if for_w_ih else None,
        kernels.weight_hh_gradient(slopes, h, outputs) if for_w_hh else None,
        d_bias,
        d_bias,
    )


def _rnn_branch(out: Any, nonlinearity: str) -> Any:
    return out[0] > 0 if nonlinearity == "relu" else ()


@op(outputs=("outputs", "last_h"), spec=_rnn_loop, backward=_rnn_backward, branch=_rnn_branch)
def rnn(
    x: Array,
    h: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None = None,
    bias_hh: Array | None = None,
    nonlinearity: str = "tanh",
    lengths: Any = None,
) -> tuple[Array, ...]:
    """`rnn_cell` over a sequence.

    x: (T, B, I); h: (B, H); weight_ih: (H, I); weight_hh: (H, H); biases: (H,) or None. nonlinearity: "tanh" or "relu",
    whose gradient at 0 is 0. lengths: how many steps each sequence has, B integers from 1 to T (None: T); beyond the
    end its outputs are 0, and the last state is that at the end. Returns all states (T, B, H) and the last (B, H).
    Raises ValueError for shapes that do not belong together, an empty sequence, or another nonlinearity.

    >>> rnn(randn(3, 2, 4), randn(2, 3), randn(3, 4), randn(3, 3))
    >>> rnn(randn(3, 2, 4), randn(2, 3), randn(3, 4), randn(3, 3), randn(3), randn(3), "relu", [2, 3])
    """
    check_nonlinearity("", nonlinearity)
    x, h, weight_ih, weight_hh, bias_ih, bias_hh = _prepared(1, x, (h,), weight_ih, weight_hh, bias_ih, bias_hh)
    x, lengths = _ended(x, lengths)
    return kernels.rnn(x, h, weight_ih, weight_hh, _added(bias_ih, bias_hh), nonlinearity, lengths)


def _lstm_backward(
    g: Any, needs: Any, x: Any, h: Any, weight_ih: Any, weight_hh: Any, lengths: Any, out: Any, gates: Any, cells: Any
) -> tuple[Any, ...]:
    x, lengths = _ended(x, lengths)
    g_out, g_h, g_c = g
    slopes, d_h, d_c = kernels.lstm_backward(g_out, g_h, g_c, weight_hh, gates, cells, lengths)
    return _from_slopes(slopes, (d_h, d_c), needs, x, h, weight_ih, out[0])


@op(
    outputs=("outputs", "last_h", "last_c"),
    residuals=("gates", "cells"),
    spec=_lstm_loop,
    backward=_lstm_backward,
)
def lstm(
    x: Array,
    h: Array,
    c: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None = None,
    bias_hh: Array | None = None,
    lengths: Any = None,
) -> tuple[Array, ...]:
    """`lstm_cell` over a sequence.

    x: (T, B, I); h, c: (B, H); weight_ih: (4H, I); weight_hh: (4H, H); biases: (4H,) or None; gates in the order i, f,
    g, o. lengths: how many steps each sequence has, B integers from 1 to T (None: T); beyond the end its outputs are 0,
    and the last state is that at the end. Returns h of all steps (T, B, H) and the last h and c (B, H). Raises
    ValueError for shapes that do not belong together, or an empty sequence.

    >>> lstm(randn(3, 2, 4), randn(2, 3), randn(2, 3), randn(12, 4), randn(12, 3))
    >>> lstm(randn(2, 2, 4), randn(2, 3), randn(2, 3), randn(12, 4), randn(12, 3), randn(12), randn(12), [2, 1])
    """
    x, h, c, weight_ih, weight_hh, bias_ih, bias_hh = _prepared(4, x, (h, c), weight_ih, weight_hh, bias_ih, bias_hh)
    x, lengths = _ended(x, lengths)
    *outputs, gates, cells = kernels.lstm(x, h, c, weight_ih, weight_hh, _added(bias_ih, bias_hh), lengths)
    return tuple(outputs), gates, cells


def _gru_backward(
    g: Any, needs: Any, x: Any, h: Any, weight_ih: Any, weight_hh: Any, lengths: Any, out: Any, gates: Any, scaled: Any
) -> tuple[Any, ...]:
    x, lengths = _ended(x, lengths)
    g_out, g_h = g
    slopes, d_h = kernels.gru_backward(g_out, g_h, h, weight_hh, out[0], gates, scaled, lengths)
    for_x, for_h, for_w_ih, for_w_hh, for_b_ih, for_b_hh = needs
    units = h.shape[1]
    at_input, at_state = slopes[:, : 3 * units], slopes[:, units:]  # n, r, z; and r, z, n, which is PyTorch's order
    return (
        kernels.input_gradient(at_input, x.shape, np.roll(weight_ih, units, 0)) if for_x else None,
        d_h if for_h else None,
        np.roll(kernels.weight_ih_gradient(at_input, x), -units, 0) if for_w_ih else None,
        kernels.weight_hh_gradient(at_state, h, out[0]) if for_w_hh else None,
        np.roll(kernels.bias_gradient(at_input), -units) if for_b_ih else None,
        kernels.bias_gradient(at_state) if for_b_hh else None,
    )


@op(outputs=("outputs", "last_h"), residuals=("gates", "scaled"), spec=_gru_loop, backward=_gru_backward)
def gru(
    x: Array,
    h: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias_ih: Array | None = None,
    bias_hh: Array | None = None,
    lengths: Any = None,
) -> tuple[Array, ...]:
    """`gru_cell` over a sequence.

    x: (T, B, I); h: (B, H); weight_ih: (3H, I); weight_hh: (3H, H); biases: (3H,) or None; gates in the order r, z, n.
    lengths: how many steps each sequence has, B integers from 1 to T (None: T); beyond the end its outputs are 0, and
    the last state is that at the end. Returns all states (T, B, H) and the last (B, H). Raises ValueError for shapes
    that do not belong together, or an empty sequence.

    >>> gru(randn(3, 2, 4), randn(2, 3), randn(9, 4), randn(9, 3))
    >>> gru(randn(2, 2, 4), randn(2, 3), randn(9, 4), randn(9, 3), randn(9), randn(9), [2, 1])
    """
    x, h, weight_ih, weight_hh, bias_ih, bias_hh = _prepared(3, x, (h,), weight_ih, weight_hh, bias_ih, bias_hh)
    x, lengths = _ended(x, lengths)
    *outputs, gates, scaled = kernels.gru(x, h, weight_ih, weight_hh, bias_ih, bias_hh, lengths)
    return tuple(outputs), gates, scaled


def _added(bias_ih: Any, bias_hh: Any) -> Any:
    """Both biases as one, where they enter at the same place."""
    return bias_hh if bias_ih is None else bias_ih if bias_hh is None else bias_ih + bias_hh


def _ended(x: Any, lengths: Any) -> tuple[Any, Any]:
    """x with zeros beyond the end of each sequence, and the lengths, checked; None if all sequences have all steps."""
    if lengths is None:
        return x, None
    lengths = checked_lengths(lengths, x)
    return (x, None) if (lengths == len(x)).all() else (kernels.within(x, lengths), lengths)


def _prepared(
    gates: int, x: Any, states: tuple[Any, ...], weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any
) -> list[Any]:
    """The operands, in this order, in one real dtype, once it is sure that their shapes belong together."""
    if x.ndim != 3 or len(x) == 0:
        raise ValueError("x must be (T, B, I) with at least one step; add the axes that it lacks with expand_dims")
    units = weight_hh.shape[-1]
    for state in states:
        if state.shape != (x.shape[1], units):
            raise ValueError(f"a state must be (B, H), here {(x.shape[1], units)}; pass one row for each sequence")
    if weight_ih.shape != (gates * units, x.shape[2]) or weight_hh.shape != (gates * units, units):
        raise ValueError(
            f"weight_ih must be {(gates * units, x.shape[2])}, weight_hh {(gates * units, units)} for the {units} units"
            " of the state; check the sizes"
        )
    for bias in (bias_ih, bias_hh):
        if bias is not None and bias.shape != (gates * units,):
            raise ValueError(f"a bias must be {(gates * units,)} for the {units} units of the state; check the sizes")
    operands = [x, *states, weight_ih, weight_hh, bias_ih, bias_hh]
    dtype = np.result_type(*(operand for operand in operands if operand is not None), np.float16)
    if dtype.kind != "f":
        raise TypeError("the operands must be real; compute on real and imaginary parts apart")
    return [None if operand is None else operand.astype(dtype, copy=False) for operand in operands]


def check_nonlinearity(prefix: str, nonlinearity: str) -> None:
    """Raise ValueError, with `prefix` before it, for a nonlinearity that `rnn` does not have."""
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(f'{prefix}nonlinearity {nonlinearity!r} is not known; use "tanh" or "relu"')
