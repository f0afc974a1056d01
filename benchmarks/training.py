"""What the workloads share: the same data and initial weights for all systems, and training steps.

Ours and PyTorch have the same names for layers and optimizers, so that most is written once, with the library (`ag` or
`torch`) as an argument.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .workload import Step

Array = np.ndarray[Any, Any]
# PyTorch's fastest forms, as measured: Adam takes a third of the time if fused; for SGD all forms take about as long.
OPTIONS = {("torch", "Adam"): {"fused": True}, ("torch", "SGD"): {"foreach": True}}


def initial(shapes: Iterable[Sequence[int]]) -> list[Array]:
    """Weights and biases of these shapes, in float32, always the same, evenly distributed as is usual."""
    rng = np.random.default_rng(0)
    bounds = ((shape, 1 / math.sqrt(math.prod(shape[1:]) if len(shape) > 1 else shape[0])) for shape in shapes)
    return [rng.uniform(-bound, bound, shape).astype(np.float32) for shape, bound in bounds]


def normal(*shape: int, seed: int = 1) -> Array:
    """Data: normally distributed numbers in float32."""
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def classes(number: int, count: int) -> Array:
    """Targets: `count` class numbers."""
    return np.random.default_rng(2).integers(0, number, count)


def start(library: Any, module: Any, channels_last: bool = False) -> Any:
    """The module with its initial values; channels_last: in that layout, which PyTorch knows."""
    shapes = {key: parameter.shape for key, parameter in module.named_parameters()}
    values = map(library.from_numpy, initial(shapes.values()))
    module.load_state_dict(dict(zip(shapes, values, strict=True)), strict=False)
    return module.to(memory_format=library.channels_last) if channels_last else module


def data(library: Any, values: Array, channels_last: bool = False, requires_grad: bool = False) -> Any:
    """A tensor of its own; channels_last: images in that order of memory, behind the same shape."""
    if channels_last and values.ndim == 4:
        values = np.ascontiguousarray(values.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    tensor = library.from_numpy(values.copy(order="K"))
    tensor.requires_grad = requires_grad
    return tensor


def optimizer(library: Any, name: str, parameters: Iterable[Any], lr: float) -> Any:
    """SGD or Adam in the library's fastest form."""
    return getattr(library.optim, name)(parameters, lr=lr, **OPTIONS.get((library.__name__, name), {}))


def train(loss_of: Callable[[], Any], update: Any) -> Step:
    """A training step: forward, backward, and the update of an optimizer."""

    def step():
        update.zero_grad()
        loss = loss_of()
        loss.backward()
        update.step()
        return loss.item()

    return step


def differentiate(compute: Callable[[], Any], leaves: Sequence[Any], gradient: Any = None, update: Any = None) -> Step:
    """A step that returns what it computed and the gradients of the leaves.

    gradient: of the output, as layers behind would give it. update: an optimizer.
    """

    def step():
        for leaf in leaves:
            leaf.grad = None
        out = compute()
        out.backward(gradient)
        if update is not None:
            update.step()
        return out, *(leaf.grad for leaf in leaves)

    return step
