"""LeNet-5: the network that read digits for banks (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from ..nn import Conv2d, Linear, MaxPool2d, Module
from ..ops.elementwise import relu
from ..ops.random import Generator


class LeNet5(Module):
    """Two convolutions with pooling, then three dense layers; 61,706 parameters for one channel and ten classes.

    Rectifiers and max-pooling stand where the original has tanh and averages, and all channels of the second
    convolution are connected. x: (N, channels, 32, 32). Returns logits (N, classes).
    """

    def __init__(
        self, classes: int = 10, channels: int = 1, *, dtype: DTypeLike | None = None, rng: Generator | None = None
    ):
        self.conv1 = Conv2d(channels, 6, 5, dtype=dtype, rng=rng)
        self.conv2 = Conv2d(6, 16, 5, dtype=dtype, rng=rng)
        self.pool = MaxPool2d(2)
        self.fc1 = Linear(16 * 5 * 5, 120, dtype=dtype, rng=rng)
        self.fc2 = Linear(120, 84, dtype=dtype, rng=rng)
        self.fc3 = Linear(84, classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.pool(relu(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool(relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = x.reshape(len(x), -1)  # (N, 400)
        x = relu(self.fc1(x))
        x = relu(self.fc2(x))
        return self.fc3(x)
