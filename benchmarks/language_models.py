"""Language models of characters: one training step with SGD over a piece of text.

Vocabulary 65, embedding 64, hidden 256, 64 steps, batch 32. The recurrence is written in two ways: as a layer over the
whole sequence, and as a Python loop over a cell of plain expressions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .functional import Functions, Loss, systems
from .training import Array, data, initial, optimizer, start, train
from .workload import Step, Workload

VOCABULARY, EMBEDDING, HIDDEN, STEPS, BATCH = 65, 64, 256, 64, 32
LR = 0.1


def text(steps: int) -> tuple[Array, Array]:
    """Characters as numbers, (steps, BATCH), and the one that comes after each, in one row."""
    ids = np.random.default_rng(0).integers(0, VOCABULARY, (steps + 1, BATCH))
    return ids[:-1].copy(), ids[1:].reshape(-1).copy()


def title(kind: str, steps: int) -> str:
    """What is trained, with its sizes: vocabulary, embedding and hidden first."""
    return f"char LM {VOCABULARY}-{EMBEDDING}-{HIDDEN}, T {steps}, batch {BATCH}, SGD: {kind}"


# -- a cell of plain expressions in a loop -----------------------------------------------------------------------


def elman(f, x, h, w, u, b):
    h = f.tanh(x @ w + h @ u + b)
    return h, h


def gru(f, x, h, w, u, b, c):
    reset, update, new = f.split(x @ w + b, 3)
    reset_h, update_h, new_h = f.split(h @ u + c, 3)
    update = f.sigmoid(update + update_h)
    new = f.tanh(new + f.sigmoid(reset + reset_h) * new_h)
    h = (1 - update) * new + update * h
    return h, h


def lstm(f, x, state, w, u, b):
    h, c = state
    take, keep, new, show = f.split(x @ w + h @ u + b, 4)
    c = f.sigmoid(keep) * c + f.sigmoid(take) * f.tanh(new)
    h = f.sigmoid(show) * f.tanh(c)
    return h, (h, c)


class Cell(NamedTuple):
    """One step: ``step(f, x, state, *weights)`` returns an output and the next state, of so many parts.

    gates: how many times HIDDEN columns the weights have; biases: how many it takes.
    """

    step: Callable[..., Any]
    gates: int
    biases: int = 1
    parts: int = 1


CELLS = {"RNN": Cell(elman, gates=1), "GRU": Cell(gru, gates=3, biases=2), "LSTM": Cell(lstm, gates=4, parts=2)}


def loop_loss(cell: Cell, steps: int, f: Functions) -> Loss:
    """The loss of: table, weights of the cell, weight and bias of the output."""
    ids, targets = map(f.constant, text(steps))
    zeros = f.constant(np.zeros((BATCH, HIDDEN), np.float32))

    def loss_of(parameters):
        table, *weights, out_weight, out_bias = parameters
        state, outputs = (zeros,) * cell.parts if cell.parts > 1 else zeros, []
        for x in f.rows(ids, table):
            h, state = cell.step(f, x, state, *weights)
            outputs.append(h)
        logits = f.stack(outputs).reshape(-1, HIDDEN) @ out_weight + out_bias
        return f.cross_entropy(logits, targets)

    return loss_of


def loop(kind: str, title_kind: str, reach: Mapping[str, float], stretch: Mapping[str, float]) -> Workload:
    """The workload of a Python loop over a cell; kind: a key of CELLS."""
    cell = CELLS[kind]
    width = cell.gates * HIDDEN
    shapes = [(EMBEDDING, width), (HIDDEN, width), *[(width,)] * cell.biases, (HIDDEN, VOCABULARY), (VOCABULARY,)]
    values = initial([(VOCABULARY, EMBEDDING), *shapes])
    return Workload(
        title=title(f"{title_kind} as a loop of expressions", STEPS),
        unit="ms",
        systems=systems(partial(loop_loss, cell, STEPS), values, "SGD", LR),
        reach=reach,
        stretch=stretch,
    )


# -- a layer over the whole sequence -----------------------------------------------------------------------------


def layer(
    kind: str, title_kind: str, reach: Mapping[str, float], stretch: Mapping[str, float], steps: int = STEPS
) -> Workload:
    """The workload of ours and PyTorch's `nn.RNN`, `nn.GRU` or `nn.LSTM` beside the loops of libraries without layers.

    If `reach` has "torch cells", PyTorch's loop over its own cell runs, too.
    """
    cell = CELLS[kind]
    width = cell.gates * HIDDEN
    shapes = [(width, EMBEDDING), (width, HIDDEN), (width,), (width,), (VOCABULARY, HIDDEN), (VOCABULARY,)]
    values = initial([(VOCABULARY, EMBEDDING), *shapes])
    found = systems(partial(layer_loss, cell, steps), values, "SGD", LR)
    found |= {name: partial(layered, kind, steps, name) for name in ("autograd_lite", "torch")}
    if "torch cells" in reach:
        found["torch cells"] = partial(layered, kind, steps, "torch", cells=True)
    return Workload(title=title(title_kind, steps), unit="ms", systems=found, reach=reach, stretch=stretch)


def layer_loss(cell: Cell, steps: int, f: Functions) -> Loss:
    """`loop_loss` of the parameters of a layer: transposed, and with two biases that may become one."""
    loss_of_loop = loop_loss(cell, steps, f)

    def loss_of(parameters):
        table, w, u, *biases, out_weight, out_bias = parameters
        biases = biases if cell.biases == 2 else [biases[0] + biases[1]]
        return loss_of_loop([table, w.T, u.T, *biases, out_weight.T, out_bias])

    return loss_of


def layered(kind: str, steps: int, library: str, cells: bool = False) -> Step:
    """Embedding, recurrence and output, of ours or PyTorch's; cells: the recurrence as PyTorch's loop over its cell."""
    lib = importlib.import_module(library)
    recurrent = unrolled(lib, kind) if cells else getattr(lib.nn, kind)
    modules = [lib.nn.Embedding(VOCABULARY, EMBEDDING), recurrent(EMBEDDING, HIDDEN), lib.nn.Linear(HIDDEN, VOCABULARY)]
    embedding, recurrence, output = model = start(lib, lib.nn.ModuleList(modules))
    loss, (ids, targets) = lib.nn.CrossEntropyLoss(), (data(lib, part) for part in text(steps))

    def loss_of():
        hidden, _ = recurrence(embedding(ids))
        return loss(output(hidden).reshape(-1, VOCABULARY), targets)

    return train(loss_of, optimizer(lib, "SGD", model.parameters(), LR))


def unrolled(torch: Any, kind: str) -> type:
    """PyTorch's cell in a loop, with the signature of its layer."""

    class Unrolled(getattr(torch.nn, f"{kind}Cell")):
        def forward(self, xs):
            outputs, state = [], None
            for x in xs.unbind():
                state = super().forward(x, state)
                outputs.append(state[0])
            return torch.stack(outputs), state

    return Unrolled
