"""Losses written as functions of arrays, for each library in its own words; and the step that trains them.

A loss is made by ``build(f)``, where `f` has a library's functions (`Functions`), and maps parameters to a scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .training import Array, differentiate, train
from .training import optimizer as make_optimizer
from .workload import Step

Loss = Callable[[list[Any]], Any]


class Functions(NamedTuple):
    """What the losses are written with; operators and methods are the same everywhere.

    split(x, n): n equal parts of the last axis. rows(ids, table): the rows of each line of `ids`, one line after the
    other. cross_entropy(logits, targets): the mean, with softmax. conv(x, weight, bias, padding): images by filters.
    pool(x): maxima over windows of 2 x 2.
    """

    constant: Callable[[Array], Any]
    tanh: Callable[[Any], Any]
    sigmoid: Callable[[Any], Any]
    relu: Callable[[Any], Any]
    stack: Callable[[list[Any]], Any]
    split: Callable[[Any, int], Sequence[Any]]
    rows: Callable[[Any, Any], Iterable[Any]]
    cross_entropy: Callable[[Any, Any], Any]
    conv: Callable[[Any, Any, Any, int], Any]
    pool: Callable[[Any], Any]


def systems(build: Callable[[Functions], Loss], values: list[Array], optimizer: str = "", lr: float = 0.0) -> dict:
    """Builders for all libraries; values: of the parameters. Without an optimizer the step only differentiates."""
    libraries = {"autograd_lite": ours, "torch": torch, "mygrad": mygrad, "autograd": autograd}
    return {name: partial(library, build, values, optimizer, lr) for name, library in libraries.items()}


def equal_parts(x: Any, n: int) -> list[Any]:
    """`x` cut into `n` parts along the last axis, by slicing."""
    size = x.shape[-1] // n
    return [x[..., i * size : (i + 1) * size] for i in range(n)]


def one_hot_rows(ids: Array, table: Any) -> Iterable[Any]:
    """Rows as products with ones and zeros, which is faster than indexing where that has a slow derivative."""
    ones = np.eye(len(table), dtype=np.float32)
    return (ones[line] @ table for line in ids)


class Update:
    """SGD or Adam on NumPy arrays, in place, for libraries without optimizers."""

    def __init__(self, optimizer: str, parameters: list[Array], lr: float):
        self.rule = {"SGD": self.sgd, "Adam": self.adam, "": lambda *_: None}[optimizer]
        self.parameters, self.lr, self.steps = parameters, lr, 0
        self.means = [(np.zeros_like(x), np.zeros_like(x)) for x in parameters] if optimizer == "Adam" else []

    def __call__(self, gradients: Iterable[Array]) -> None:
        self.steps += 1
        self.rule(list(gradients))

    def sgd(self, gradients: list[Array]) -> None:
        for x, g in zip(self.parameters, gradients, strict=True):
            x -= self.lr * g

    def adam(self, gradients: list[Array]) -> None:
        rate = self.lr / (1 - 0.9**self.steps)
        for x, g, (mean, square) in zip(self.parameters, gradients, self.means, strict=True):
            mean += 0.1 * (g - mean)
            square += 0.001 * (g * g - square)
            x -= rate * mean / (np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8)


# -- the libraries -----------------------------------------------------------------------------------------------


def ours(build, values, optimizer, lr) -> Step:
    import autograd_lite as ag

    loss_of = build(
        Functions(
            constant=ag.tensor,
            tanh=ag.tanh,
            sigmoid=ag.sigmoid,
            relu=ag.relu,
            stack=ag.stack,
            split=lambda x, n: ag.split(x, n, axis=-1),
            rows=ag.embedding,
            cross_entropy=ag.cross_entropy,
            conv=lambda x, weight, bias, padding: ag.conv2d(x, weight, bias, padding=padding),
            pool=lambda x: ag.max_pool2d(x, 2),
        )
    )
    parameters = [ag.nn.Parameter(x) for x in values]
    return layered(ag, loss_of, parameters, optimizer, lr)


def torch(build, values, optimizer, lr) -> Step:
    import torch
    from torch.nn import functional

    loss_of = build(
        Functions(
            constant=torch.from_numpy,
            tanh=torch.tanh,
            sigmoid=torch.sigmoid,
            relu=functional.relu,
            stack=torch.stack,
            split=lambda x, n: x.chunk(n, -1),
            rows=lambda ids, table: functional.embedding(ids, table).unbind(),
            cross_entropy=functional.cross_entropy,
            conv=lambda x, weight, bias, padding: functional.conv2d(x, weight, bias, padding=padding),
            pool=lambda x: functional.max_pool2d(x, 2),
        )
    )
    parameters = [torch.nn.Parameter(torch.tensor(x)) for x in values]
    return layered(torch, loss_of, parameters, optimizer, lr)


def layered(library, loss_of, parameters, optimizer, lr) -> Step:
    """The step of ours and of PyTorch, with their own optimizers."""
    if not optimizer:
        return differentiate(lambda: loss_of(parameters), parameters)
    return train(lambda: loss_of(parameters), make_optimizer(library, optimizer, parameters, lr))


def mygrad(build, values, optimizer, lr) -> Step:
    import mygrad as mg
    from mygrad.nnet.activations import relu, sigmoid
    from mygrad.nnet.layers import conv_nd, max_pool
    from mygrad.nnet.losses import softmax_crossentropy

    mg.turn_memory_guarding_off()  # faster
    loss_of = build(
        Functions(
            constant=np.asarray,
            tanh=mg.tanh,
            sigmoid=sigmoid,
            relu=relu,
            stack=mg.stack,
            split=equal_parts,
            rows=one_hot_rows,
            cross_entropy=softmax_crossentropy,
            conv=lambda x, weight, bias, padding: (
                conv_nd(x, weight, stride=1, padding=padding) + bias.reshape(1, -1, 1, 1)
            ),
            pool=lambda x: max_pool(x, (2, 2), 2),
        )
    )
    parameters = [mg.tensor(x) for x in values]
    update = Update(optimizer, [x.data for x in parameters], lr)

    def step():
        loss = loss_of(parameters)
        loss.backward()
        update(x.grad for x in parameters)
        return loss.item() if optimizer else (loss.data, *(x.grad for x in parameters))

    return step


def autograd(build, values, optimizer, lr) -> Step:
    import autograd
    import autograd.numpy as anp
    from autograd.scipy.signal import convolve

    def conv(x, weight, bias, padding):
        x = anp.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), "constant")
        flipped = weight[:, :, ::-1, ::-1]
        return convolve(x, flipped, axes=([2, 3], [2, 3]), dot_axes=([1], [1]), mode="valid") + bias.reshape(
            1, -1, 1, 1
        )

    def pool(x):
        n, c, h, w = x.shape
        return anp.max(anp.max(x.reshape(n, c, h // 2, 2, w // 2, 2), axis=5), axis=3)

    def cross_entropy(logits, targets):
        logits = logits - anp.max(logits, axis=1, keepdims=True)
        log_softmax = logits - anp.log(anp.sum(anp.exp(logits), axis=1, keepdims=True))
        return -anp.mean(log_softmax[np.arange(len(targets)), targets])

    loss_of = build(
        Functions(
            constant=np.asarray,
            tanh=anp.tanh,
            sigmoid=lambda x: 0.5 * anp.tanh(0.5 * x) + 0.5,
            relu=lambda x: anp.maximum(x, 0),
            stack=anp.stack,
            split=equal_parts,
            rows=one_hot_rows,
            cross_entropy=cross_entropy,
            conv=conv,
            pool=pool,
        )
    )
    parameters = [x.copy() for x in values]
    update, differentiate = Update(optimizer, parameters, lr), autograd.value_and_grad(loss_of)

    def step():
        loss, gradients = differentiate(parameters)
        update(gradients)
        return loss if optimizer else (loss, *gradients)

    return step
