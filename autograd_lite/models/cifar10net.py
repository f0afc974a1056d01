"""A small convolutional network for colour images of 32 x 32 pixels, as in ConvNetJS's CIFAR-10 demonstration."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from ..nn import Conv2d, Linear, MaxPool2d, Module
from ..ops.elementwise import relu
from ..ops.random import Generator


class CIFAR10Net(Module):
    """Three times convolution, rectifier and pooling, then one dense layer; 22,466 parameters.

    x: (N, in_channels, 32, 32). Returns logits (N, num_classes).
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 3,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        self.conv1 = Conv2d(in_channels, 16, 5, padding=2, dtype=dtype, rng=rng)
        self.conv2 = Conv2d(16, 20, 5, padding=2, dtype=dtype, rng=rng)
        self.conv3 = Conv2d(20, 20, 5, padding=2, dtype=dtype, rng=rng)
        self.pool = MaxPool2d(2)
        self.fc = Linear(20 * 4 * 4, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        for conv in (self.conv1, self.conv2, self.conv3):
            x = self.pool(relu(conv(x)))  # (N, 16, 16, 16), (N, 20, 8, 8), (N, 20, 4, 4)
        return self.fc(x.reshape(len(x), -1))
