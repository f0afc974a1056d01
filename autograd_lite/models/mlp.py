"""The multilayer perceptron: dense layers with a nonlinearity between (Rumelhart, Hinton and Williams 1986)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from ..nn import Dropout, Linear, Module, ReLU, Sequential
from ..ops.random import Generator


class MLP(Module):
    """Hidden layers of the given widths, then logits; ``MLP(784, (300, 100))`` has 266,610 parameters.

    x: (N, ...) with `in_features` numbers in each row, images too. dropout: the share of hidden units that are silent
    in training. activation: makes the nonlinearity. Returns logits (N, num_classes).
    """

    def __init__(
        self,
        in_features: int,
        hidden: Sequence[int] = (256,),
        num_classes: int = 10,
        dropout: float = 0.0,
        activation: Callable[[], Module] = ReLU,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        layers: list[Module] = []
        widths = [in_features, *hidden]
        for before, after in pairwise(widths):
            layers += [Linear(before, after, dtype=dtype, rng=rng), activation()]
            layers += [Dropout(dropout, rng=rng)] if dropout else []
        self.layers = Sequential(*layers, Linear(widths[-1], num_classes, dtype=dtype, rng=rng))

    def forward(self, x: Any) -> Any:
        """The logits of `x`."""
        return self.layers(x.reshape(len(x), -1))
