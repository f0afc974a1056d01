"""LeNet-5: the network that read digits for banks (LeCun, Bottou, Bengio and Haffner 1998)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import DTypeLike

from ..nn import Conv2d, Linear, MaxPool2d, Module
from ..ops.elementwise import relu
from ..ops.random import Generator


class LeNet5(Module):
    """Two convolutions with pooling, then three dense layers; 61,706 parameters for one channel and ten classes.

    Rectifiers and max-pooling stand where the original has tanh and averages (``activation=ag.tanh,
    pool=nn.AvgPool2d`` brings them back), and all channels of the second convolution are connected. x: (N,
    in_channels, size, size); size: 32, or 28 for images that the first convolution gives a frame of zeros. Returns
    logits (N, num_classes). Raises ValueError for another size.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        size: int = 32,
        activation: Callable[[Any], Any] = relu,
        pool: Callable[[int], Module] = MaxPool2d,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if size not in (28, 32):
            raise ValueError(f"LeNet5: size is {size}; pass 28 or 32, and images of that height and width")
        self.conv1 = Conv2d(in_channels, 6, 5, padding=(32 - size) // 2, dtype=dtype, rng=rng)
        self.conv2 = Conv2d(6, 16, 5, dtype=dtype, rng=rng)
        self.activation, self.pool = activation, pool(2)
        self.fc1 = Linear(16 * 5 * 5, 120, dtype=dtype, rng=rng)
        self.fc2 = Linear(120, 84, dtype=dtype, rng=rng)
        self.fc3 = Linear(84, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.pool(self.activation(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool(self.activation(self.conv2(x)))  # (N, 16, 5, 5)
        x = x.reshape(len(x), -1)  # (N, 400)
        x = self.activation(self.fc1(x))
        x = self.activation(self.fc2(x))
        return self.fc3(x)
