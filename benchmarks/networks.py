"""Networks of layers one behind the other: a training step for each system."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import functional
from .training import Array, data, initial, optimizer, start, train
from .workload import Step


@dataclass(frozen=True)
class Network:
    """What there is to train.

    layers: builds the model out of `ag.nn` or `torch.nn`, which have the same names; loss: the name of a loss there.
    build: the model's loss for libraries that have no layers, as in `functional`; shapes: of its parameters, in the
    model's order. optimizer: its name.
    """

    layers: Callable[[Any], Any]
    build: Callable[[functional.Functions], functional.Loss]
    shapes: Sequence[tuple[int, ...]]
    x: Array
    targets: Array
    lr: float
    loss: str = "CrossEntropyLoss"
    optimizer: str = "SGD"

    def systems(self) -> dict[str, Callable[[], Step]]:
        """The builders for a `Workload`; images are tried in PyTorch's other layout, too."""
        found = functional.systems(self.build, initial(self.shapes), self.optimizer, self.lr)
        found |= {name: partial(self.layered, name) for name in ("autograd_lite", "torch")}
        if self.x.ndim == 4:
            found["torch/channels_last"] = partial(self.layered, "torch", channels_last=True)
        return found

    def layered(self, library: str, channels_last: bool = False) -> Step:
        lib = importlib.import_module(library)
        model = start(lib, self.layers(lib.nn), channels_last)
        for part in model.modules():
            if hasattr(part, "inplace"):
                part.inplace = True  # saves PyTorch the rectifiers' arrays
        x, targets = data(lib, self.x, channels_last), data(lib, self.targets)
        loss = getattr(lib.nn, self.loss)()
        update = optimizer(lib, self.optimizer, model.parameters(), self.lr)
        return train(lambda: loss(model(x), targets), update)


def classifier(images: Array, targets: Array, padding: Sequence[int] = ()) -> Callable[..., functional.Loss]:
    """The usual network as a function: convolution, rectifier and pooling; then dense layers with rectifiers between.

    padding: of each convolution. Returns what `Network` calls `build`.
    """

    def build(f: functional.Functions) -> functional.Loss:
        x0, t = f.constant(images), f.constant(targets)

        def loss_of(parameters):
            x, pairs = x0, list(zip(parameters[::2], parameters[1::2], strict=True))
            for (weight, bias), border in zip(pairs, padding, strict=False):
                x = f.pool(f.relu(f.conv(x, weight, bias, border)))
            x = x.reshape(len(images), -1)
            for weight, bias in pairs[len(padding) : -1]:
                x = f.relu(x @ weight.T + bias)
            weight, bias = pairs[-1]
            return f.cross_entropy(x @ weight.T + bias, t)

        return loss_of

    return build
