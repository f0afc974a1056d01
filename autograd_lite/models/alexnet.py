"""AlexNet: the network that won ImageNet in 2012, in the one-column form of Krizhevsky 2014 (arXiv:1404.5997)."""

from __future__ import annotations

from functools import partial
from typing import Any

from numpy.typing import DTypeLike

from ..nn import AdaptiveAvgPool2d, Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential
from ..ops.random import Generator


class AlexNet(Module):
    """Five convolutions and three dense layers; 61,100,840 parameters for three channels and 1000 classes.

    x: (N, in_channels, H, W) from 63 x 63 pixels on, 224 x 224 as published. width, hidden: channels of the first
    convolution (the others grow along) and units of the dense layers. Keys of parameters are torchvision's. Returns
    logits (N, num_classes).
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        dropout: float = 0.5,
        width: int = 64,
        hidden: int = 4096,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        conv, dense = partial(Conv2d, dtype=dtype, rng=rng), partial(Linear, dtype=dtype, rng=rng)
        self.features = Sequential(
            *(conv(in_channels, width, 11, stride=4, padding=2), ReLU(), MaxPool2d(3, 2)),  # 55, 27 rows
            *(conv(width, 3 * width, 5, padding=2), ReLU(), MaxPool2d(3, 2)),  # 13 rows
            *(conv(3 * width, 6 * width, 3, padding=1), ReLU()),
            *(conv(6 * width, 4 * width, 3, padding=1), ReLU()),
            *(conv(4 * width, 4 * width, 3, padding=1), ReLU(), MaxPool2d(3, 2)),  # 6 rows
        )
        self.avgpool = AdaptiveAvgPool2d(6)
        self.classifier = Sequential(
            *(Dropout(dropout, rng=rng), dense(4 * width * 6 * 6, hidden), ReLU()),
            *(Dropout(dropout, rng=rng), dense(hidden, hidden), ReLU()),
            dense(hidden, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.avgpool(self.features(x))  # (N, 256, 6, 6)
        return self.classifier(x.reshape(len(x), -1))
