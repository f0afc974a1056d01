"""Recurrent cells, the loop that unrolls any cell, and the layers RNN, LSTM and GRU over whole sequences.

A *cell* computes one step: called with an input and a state (None at the start), it returns the next state. Its output
is that state, or the first part of it if the state is a tuple. Whatever concerns many steps is in the loop: both
directions, several layers, masks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import raw
from ..ops import recurrent as ops
from ..ops.elementwise import where
from ..ops.linear import linear
from ..ops.padding import pad
from ..ops.random import Generator, dropout
from ..ops.shape import concatenate, expand_dims, flip, squeeze, stack, swapaxes, unstack
from .checks import check_probability, check_sizes, checked_dtype, matching
from .linear import draw_within, empty
from .module import Module, Parameter

Weights = tuple[Parameter, Parameter, Parameter | None, Parameter | None]  # weight_ih, weight_hh, bias_ih, bias_hh


def _check_features(layer: Module, x: Any, features: int, made_for: str, name: str = "x") -> None:
    """ValueError unless the last axis of `x`, called `name`, has so many features."""
    if x.shape[-1:] != (features,):
        given = f"{x.shape[-1]} features" if x.shape else "no features"
        raise ValueError(
            f"{type(layer).__name__}: the layer was made for {made_for} {features}, {name} has {given} ({name}"
            f" {x.shape}); pass {name} of shape (..., {features}), or make the layer with another {made_for}"
        )


def _two(layer: Module, state: Any) -> tuple[Any, Any]:
    """h and c of the state of a long short-term memory; TypeError if it is not such a pair."""
    if not isinstance(state, tuple | list) or len(state) != 2:
        what = f"{len(state)} parts" if isinstance(state, tuple | list) else f"one {type(state).__name__}"
        raise TypeError(f"{type(layer).__name__}: the state is {what}, it must be h and c; pass a tuple (h, c)")
    return state[0], state[1]


# ---------------------------------------------------------------------------------------------------------------
# One step
# ---------------------------------------------------------------------------------------------------------------


class _Cell(Module):
    """What the three cells share: weights for `gates` gates, evenly distributed within ``1 / sqrt(hidden_size)``."""

    gates = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, least=1, input_size=input_size, hidden_size=hidden_size)
        dtype, rows = checked_dtype(self, dtype), self.gates * hidden_size
        self.input_size, self.hidden_size = input_size, hidden_size
        self.weight_ih = empty((rows, input_size), dtype)
        self.weight_hh = empty((rows, hidden_size), dtype)
        self.bias_ih = empty((rows,), dtype) if bias else None
        self.bias_hh = empty((rows,), dtype) if bias else None
        self.reset_parameters(rng)

    @property
    def _weights(self) -> Weights:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        draw_within(1 / math.sqrt(max(1, self.hidden_size)), list(self._weights), rng)

    def _input(self, x: Any) -> Any:
        """The input (..., I), checked."""
        x = matching(self, x, self.weight_ih)
        _check_features(self, x, self.input_size, "input_size")
        return x

    def _start(self, x: Any, state: Any, name: str = "state") -> Any:
        """The state (..., H), checked; zeros for None."""
        if state is None:
            return np.zeros((*x.shape[:-1], self.hidden_size), self.weight_hh.dtype)
        state = matching(self, state, self.weight_hh, name)
        _check_features(self, state, self.hidden_size, "hidden_size", name)
        return state

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias_ih is not None else ", bias=False")


class RNNCell(_Cell):
    """One step of Elman's network: `ag.rnn_cell`.

    x: (B, input_size) or (input_size,); state: the last one, of hidden_size, None for zeros. Returns the next state.
    nonlinearity: "tanh" or "relu". Raises TypeError for an input of another dtype, ValueError for other sizes.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        ops.check_nonlinearity("RNNCell: ", nonlinearity)
        super().__init__(input_size, hidden_size, bias, dtype=dtype, rng=rng)
        self.nonlinearity = nonlinearity

    def forward(self, x: Any, state: Any = None) -> Any:
        """The next state."""
        x = self._input(x)
        return ops.rnn_cell(x, self._start(x, state), *self._weights, self.nonlinearity)


class LSTMCell(_Cell):
    """One step of a long short-term memory: `ag.lstm_cell`.

    x: (B, input_size) or (input_size,); state: the last (h, c), each of hidden_size, None for zeros. Returns the next
    (h, c). Raises TypeError for an input of another dtype, ValueError for other sizes.
    """

    gates = 4

    def forward(self, x: Any, state: Any = None) -> tuple[Any, Any]:
        """The next h and c."""
        x = self._input(x)
        h, c = (None, None) if state is None else _two(self, state)
        return ops.lstm_cell(x, self._start(x, h, "h"), self._start(x, c, "c"), *self._weights)


class GRUCell(_Cell):
    """One step of a gated recurrent unit: `ag.gru_cell`.

    x: (B, input_size) or (input_size,); state: the last one, of hidden_size, None for zeros. Returns the next state.
    Raises TypeError for an input of another dtype, ValueError for other sizes.
    """

    gates = 3

    def forward(self, x: Any, state: Any = None) -> Any:
        """The next state."""
        x = self._input(x)
        return ops.gru_cell(x, self._start(x, state), *self._weights)


# ---------------------------------------------------------------------------------------------------------------
# Many steps, of any cell
# ---------------------------------------------------------------------------------------------------------------


def unroll(
    cell: Callable[[Any, Any], Any],
    x: Any,
    state: Any = None,
    *,
    mask: Any = None,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Run a cell over a sequence; the outputs of all steps, in the order of x, and the last state.

    cell: any function of an input and a state that gives the next state; x: (T, ...), one input a step. state: what
    `cell` starts with. mask: (T, B) booleans; where it is false, the state of that sequence stays as it is, so that
    steps that do not count can stand anywhere. lengths: how many steps each sequence has, B integers from 1 to T, where
    they have different ones; beyond the end the state stays and the output is 0. reverse: from the last step to the
    first, of each sequence. Returns outputs (T, ...) and the state. Raises ValueError for an empty sequence, a mask of
    another shape, or other lengths.
    """
    steps = list(unstack(x))
    if not steps:
        raise ValueError(f"unroll: x {x.shape} has no steps; pass at least one")
    if mask is not None and np.shape(raw(mask)) != x.shape[:2]:
        raise ValueError(f"unroll: the mask is {np.shape(raw(mask))}, x {x.shape}; pass a mask {x.shape[:2]}")
    if lengths is not None:
        if mask is not None:
            raise ValueError("unroll: lengths are a mask, too; pass one of the two")
        mask = np.arange(len(steps))[:, None] < _checked_lengths("unroll", lengths, x)
    outputs: list[Any] = [None] * len(steps)
    for t in reversed(range(len(steps))) if reverse else range(len(steps)):
        following = cell(steps[t], state)
        state = following if mask is None else _kept(raw(mask)[t], following, state)
        output = state[0] if isinstance(state, tuple) else state
        outputs[t] = output if lengths is None else _kept(mask[t], output, None)
    return stack(outputs), state


def _checked_lengths(title: str, lengths: Any, x: Any) -> Any:
    """The lengths of the sequences x (T, B, ...) as an array; TypeError or ValueError if they cannot be that."""
    try:
        return ops.checked_lengths(lengths, x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{title}: {error}") from None


def _kept(mask: Any, following: Any, before: Any) -> Any:
    """The next state where the mask holds and the one before elsewhere; before the first step that is 0."""
    if isinstance(following, tuple):
        pairs = zip(following, before or (None,) * len(following), strict=True)
        return tuple(_kept(mask, part, old) for part, old in pairs)
    # mask (B,) to (B, 1, ...), as the state (B, ...)
    aligned = np.reshape(mask, (*np.shape(mask), *(1,) * (len(following.shape) - 1)))
    return where(aligned, following, np.zeros_like(raw(following)) if before is None else before)


def pad_sequence(sequences: Sequence[Any], batch_first: bool = False, padding_value: float = 0.0) -> Any:
    """Sequences of different lengths as one batch, each with `padding_value` behind it.

    sequences: each (its steps, ...). Returns (T, B, ...), or (B, T, ...) with batch_first; T is the most steps. Raises
    ValueError for no sequences.

    >>> batch = ag.nn.pad_sequence([np.ones((3, 2)), np.ones((5, 2))])
    """
    if len(sequences) == 0:
        raise ValueError("pad_sequence: there are no sequences; pass at least one")
    steps = max(len(sequence) for sequence in sequences)
    padded = [
        pad(sequence, ((0, steps - len(sequence)), *[(0, 0)] * (len(sequence.shape) - 1)), "constant", padding_value)
        for sequence in sequences
    ]
    return stack(padded, 0 if batch_first else 1)


def detached(state: Any) -> Any:
    """A recurrent state without its history: a Tensor, or a tuple or list of them.

    Back-propagation is truncated where it stands between two pieces of a sequence: the second starts with the values
    that the first ended with, and no gradient goes back further.

    >>> out, state = layer(first_piece)
    >>> out, state = layer(second_piece, ag.nn.detached(state))
    """
    return type(state)(map(detached, state)) if isinstance(state, tuple | list) else state.detach()


class Recurrent(Module):
    """Any cells, unrolled over a sequence: one layer for each argument, both directions where it is a pair of cells.

    layers: cells (Modules called as ``cell(x, state)``), or pairs of them, the second of which runs backward and whose
    outputs are joined to the first's; each layer takes the outputs of the one before. x: (T, B, I), or (B, T, I) with
    batch_first; state: a list with one state for each cell (None: all start anew); mask (T, B) and lengths (B,): as
    `unroll`. dropout: on the outputs of all layers but the last, in training. Returns the outputs and the list of last
    states.

    >>> both_ways = ag.nn.Recurrent((ag.nn.GRUCell(8, 16), ag.nn.GRUCell(8, 16)), ag.nn.GRUCell(32, 16))
    """

    def __init__(
        self,
        *layers: Module | tuple[Module, Module],
        batch_first: bool = False,
        dropout: float = 0.0,
        rng: Generator | None = None,
    ):
        if not layers:
            raise ValueError("Recurrent: there are no cells; pass one for each layer")
        check_probability(self, "dropout", dropout)
        self.layers = [layer if isinstance(layer, tuple) else (layer,) for layer in layers]
        self.batch_first, self.dropout, self.rng = batch_first, dropout, rng

    def forward(self, x: Any, state: Any = None, *, mask: Any = None, lengths: Any = None) -> tuple[Any, list[Any]]:
        """Outputs of the last layer, and the last state of each cell."""
        cells = [cell for layer in self.layers for cell in layer]
        starts = iter([None] * len(cells) if state is None else state)
        x = swapaxes(x, 0, 1) if self.batch_first else x
        states: list[Any] = []
        for number, layer in enumerate(self.layers):
            x = dropout(x, self.dropout, self.training and number > 0, rng=self.rng)
            runs = [
                unroll(cell, x, next(starts), mask=mask, lengths=lengths, reverse=reverse > 0)
                for reverse, cell in enumerate(layer)
            ]
            x = runs[0][0] if len(runs) == 1 else concatenate([outputs for outputs, _ in runs], -1)
            states.extend(last for _, last in runs)
        return (swapaxes(x, 0, 1) if self.batch_first else x), states


# ---------------------------------------------------------------------------------------------------------------
# Many steps, fused
# ---------------------------------------------------------------------------------------------------------------


class _Layers(Module):
    """What RNN, LSTM and GRU share: several layers, one or both directions, of a fused operation each."""

    gates = 1
    parts: tuple[str, ...] = ("state",)  # of the state, as errors name them
    projects = False  # whether the outputs may have fewer features than the units

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, least=1, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_sizes(self, proj_size=proj_size)
        if proj_size and (not self.projects or proj_size >= hidden_size):
            rule = f"must be smaller than hidden_size {hidden_size}" if self.projects else "is for LSTM only"
            raise ValueError(f"{type(self).__name__}: proj_size is {proj_size}, it {rule}; pass 0 for no projection")
        check_probability(self, "dropout", dropout)
        dtype = checked_dtype(self, dtype, kinds="f")
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional, self.rng = batch_first, dropout, bidirectional, rng
        self.proj_size, rows, outputs = proj_size, self.gates * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            inputs = input_size if layer == 0 else len(self._suffixes(layer)) * outputs
            for suffix in self._suffixes(layer):
                setattr(self, f"weight_ih_{suffix}", empty((rows, inputs), dtype))
                setattr(self, f"weight_hh_{suffix}", empty((rows, outputs), dtype))
                if bias:
                    setattr(self, f"bias_ih_{suffix}", empty((rows,), dtype))
                    setattr(self, f"bias_hh_{suffix}", empty((rows,), dtype))
                if proj_size:
                    setattr(self, f"weight_hr_{suffix}", empty((proj_size, hidden_size), dtype))
        self.reset_parameters(rng)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"l{layer}", f"l{layer}_reverse"] if self.bidirectional else [f"l{layer}"]

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        draw_within(1 / math.sqrt(max(1, self.hidden_size)), list(self.parameters()), rng)

    def _weights(self, suffix: str) -> Weights:
        weight_ih, weight_hh = getattr(self, f"weight_ih_{suffix}"), getattr(self, f"weight_hh_{suffix}")
        return weight_ih, weight_hh, getattr(self, f"bias_ih_{suffix}", None), getattr(self, f"bias_hh_{suffix}", None)

    def _run(self, x: Any, state: list[Any], suffix: str, lengths: Any) -> tuple[Any, ...]:
        """The fused operation: the outputs, and each part of the last state."""
        raise NotImplementedError

    def _forward(self, x: Any, state: list[Any] | None, lengths: Any) -> tuple[Any, list[Any]]:
        """Outputs, and the parts of the last state, stacked over layers and directions; x with or without a batch."""
        weight, weight_hh, *_ = self._weights("l0")
        x = matching(self, x, weight)
        batched = self._check_shape(x)
        if state is not None:
            state = [matching(self, part, weight_hh, name) for name, part in zip(self.parts, state, strict=True)]
        if batched:
            x = swapaxes(x, 0, 1) if self.batch_first else x
        else:
            x = expand_dims(x, 1)
            state = state and [expand_dims(part, 1) for part in state]
        lengths = None if lengths is None else _checked_lengths(type(self).__name__, lengths, x)
        x, last = self._sequence(x, self._starts(x, state), lengths)
        if not batched:
            return squeeze(x, 1), [squeeze(part, 1) for part in last]
        return (swapaxes(x, 0, 1) if self.batch_first else x), last

    def _check_shape(self, x: Any) -> bool:
        """Whether x has a batch axis; ValueError if it is not sequences of the layer's features."""
        title, axes = type(self).__name__, "(B, T, I)" if self.batch_first else "(T, B, I)"
        if len(x.shape) not in (2, 3):
            raise ValueError(
                f"{title}: x must be {axes}, or (T, I) for one sequence, with I = {self.input_size} (x {x.shape});"
                " reshape it"
            )
        _check_features(self, x, self.input_size, "input_size")
        batched = len(x.shape) == 3
        if x.shape[1 if batched and self.batch_first else 0] == 0:
            raise ValueError(
                f"{title}: the sequence is empty, T = 0 (x {x.shape}, read as {axes if batched else '(T, I)'});"
                " pass at least one step"
            )
        return batched

    def _starts(self, x: Any, state: list[Any] | None) -> list[list[Any]]:
        """For each layer and direction the parts of its initial state."""
        number = self.num_layers * (2 if self.bidirectional else 1)
        features = dict.fromkeys(self.parts, self.hidden_size)
        if self.proj_size:
            features["h"] = self.proj_size
        shapes = [(number, x.shape[1], size) for size in features.values()]
        if state is None:
            state = [np.zeros(shape, x.dtype) for shape in shapes]
        for name, part, shape in zip(self.parts, state, shapes, strict=True):
            if part.shape != shape:
                size = "proj_size" if self.proj_size and name == "h" else "hidden_size"
                raise ValueError(
                    f"{type(self).__name__}: the initial {name} is {part.shape}, for x (T, B, I) {x.shape} it must be"
                    f" (layers and directions, B, {size}) {shape}; pass one row for each sequence"
                )
        return [list(parts) for parts in zip(*(unstack(part) for part in state), strict=True)]

    def _sequence(self, x: Any, starts: list[list[Any]], lengths: Any) -> tuple[Any, list[Any]]:
        """All layers over x (T, B, I)."""
        remaining, lasts = iter(starts), []
        turned = partial(flip, axis=0) if lengths is None else partial(ops.flip_sequences, lengths=lengths)
        for layer in range(self.num_layers):
            x = dropout(x, self.dropout, self.training and layer > 0, rng=self.rng)
            outputs = []
            for direction, suffix in enumerate(self._suffixes(layer)):
                out, *last = self._run(turned(x) if direction else x, next(remaining), suffix, lengths)
                outputs.append(turned(out) if direction else out)
                lasts.append(last)
            x = outputs[0] if len(outputs) == 1 else concatenate(outputs, -1)
        return x, [stack(parts) for parts in zip(*lasts, strict=True)]

    def extra_repr(self) -> str:
        """The arguments, where they are not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        text += f", num_layers={self.num_layers}" if self.num_layers != 1 else ""
        text += "" if self.bias else ", bias=False"
        text += ", batch_first=True" if self.batch_first else ""
        text += f", dropout={self.dropout}" if self.dropout else ""
        text += ", bidirectional=True" if self.bidirectional else ""
        return text + (f", proj_size={self.proj_size}" if self.proj_size else "")


class RNN(_Layers):
    """Elman's network over a sequence: `ag.rnn` for each layer and direction.

    x: (T, B, input_size), (B, T, input_size) with batch_first, or (T, input_size); state: (num_layers * directions, B,
    hidden_size), None for zeros; lengths: how many steps each sequence has, where they have different ones: beyond the
    end the output is 0, and the last state is that at the end (torch.nn.utils.rnn's packed sequences). nonlinearity:
    "tanh" or "relu". dropout: on the outputs of all layers but the last, in training. Returns the last layer's outputs
    (T, B, directions * hidden_size) and the last state. Raises TypeError for an input of another dtype, ValueError for
    other shapes or lengths.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        ops.check_nonlinearity("RNN: ", nonlinearity)
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, dtype=dtype, rng=rng
        )
        self.nonlinearity = nonlinearity

    def _run(self, x: Any, state: list[Any], suffix: str, lengths: Any) -> tuple[Any, ...]:
        (h,) = state
        return ops.rnn(x, h, *self._weights(suffix), self.nonlinearity, lengths)

    def forward(self, x: Any, state: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """Outputs, and the last state."""
        out, (h,) = self._forward(x, None if state is None else [state], lengths)
        return out, h


class GRU(_Layers):
    """Gated recurrent units over a sequence: `ag.gru` for each layer and direction.

    x: (T, B, input_size), (B, T, input_size) with batch_first, or (T, input_size); state: (num_layers * directions, B,
    hidden_size), None for zeros; lengths: as of `RNN`. dropout: on the outputs of all layers but the last, in training.
    Returns the last layer's outputs (T, B, directions * hidden_size) and the last state. Raises TypeError for an input
    of another dtype, ValueError for other shapes or lengths.
    """

    gates = 3

    def _run(self, x: Any, state: list[Any], suffix: str, lengths: Any) -> tuple[Any, ...]:
        (h,) = state
        return ops.gru(x, h, *self._weights(suffix), lengths)

    def forward(self, x: Any, state: Any = None, *, lengths: Any = None) -> tuple[Any, Any]:
        """Outputs, and the last state."""
        out, (h,) = self._forward(x, None if state is None else [state], lengths)
        return out, h


class LSTM(_Layers):
    """Long short-term memory over a sequence: `ag.lstm` for each layer and direction.

    x: (T, B, input_size), (B, T, input_size) with batch_first, or (T, input_size); state: h and c, each (num_layers *
    directions, B, hidden_size), None for zeros; lengths: as of `RNN`. dropout: on the outputs of all layers but the
    last, in training. proj_size: if not 0, each h is projected to so many features (Sak, Senior and Beaufays 2014),
    which then stand for hidden_size in h and the outputs; such a layer runs step by step, not fused. Returns the last
    layer's outputs (T, B, directions * hidden_size) and the last (h, c). Raises TypeError for an input of another
    dtype, ValueError for other shapes or lengths.
    """

    gates = 4
    parts = ("h", "c")
    projects = True

    def _run(self, x: Any, state: list[Any], suffix: str, lengths: Any) -> tuple[Any, ...]:
        h, c = state
        if not self.proj_size:
            return ops.lstm(x, h, c, *self._weights(suffix), lengths)
        weights, weight_hr = self._weights(suffix), getattr(self, f"weight_hr_{suffix}")

        def cell(x: Any, h: Any, c: Any) -> tuple[Any, Any]:
            h, c = ops.lstm_cell(x, h, c, *weights)
            return linear(h, weight_hr), c

        return ops.over_steps(cell, x, h, c, lengths=lengths)

    def forward(self, x: Any, state: Any = None, *, lengths: Any = None) -> tuple[Any, tuple[Any, Any]]:
        """Outputs, and the last h and c."""
        out, (h, c) = self._forward(x, None if state is None else list(_two(self, state)), lengths)
        return out, (h, c)
