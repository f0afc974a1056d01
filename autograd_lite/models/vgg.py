"""VGG: many small filters instead of few large ones (Simonyan and Zisserman 2015, arXiv:1409.1556)."""

from __future__ import annotations

from functools import partial
from typing import Any

from numpy.typing import DTypeLike

from ..nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, Module, ReLU, Sequential, init
from ..ops.random import Generator

# The columns of the paper's table 1: filter sizes of the convolutions in each stage.
CONFIGURATIONS = {
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
WIDTHS = (1, 2, 4, 8, 8)  # channels of the stages, in multiples of the first's


class VGG(Module):
    """Five stages of convolutions, each halving the image, and three dense layers.

    configuration: "A" (VGG-11, 132,863,336 parameters), "B" (VGG-13, 133,047,848), "C" (133,638,952), "D" (VGG-16,
    138,357,544) or "E" (VGG-19, 143,667,240), counted for three channels and 1000 classes. x: (N, in_channels, H, W)
    from 32 x 32 pixels on, 224 x 224 as published. batch_norm: normalise each convolution. width, hidden: channels of
    the first stage (the others grow along) and units of the dense layers. Keys of parameters are torchvision's. Returns
    logits (N, num_classes). Raises ValueError for another configuration.
    """

    def __init__(
        self,
        configuration: str = "D",
        num_classes: int = 1000,
        in_channels: int = 3,
        batch_norm: bool = False,
        dropout: float = 0.5,
        width: int = 64,
        hidden: int = 4096,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if configuration not in CONFIGURATIONS:
            raise ValueError(f"VGG: configuration {configuration!r} is not known; pass one of A, B, C, D, E")
        layers: list[Module] = []
        channels = in_channels
        for filters, multiple in zip(CONFIGURATIONS[configuration], WIDTHS, strict=True):
            for size in filters:
                conv = Conv2d(channels, multiple * width, size, padding=size // 2, dtype=dtype, rng=rng)
                init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu", rng=rng)
                channels = multiple * width
                layers += [conv, BatchNorm2d(channels, dtype=dtype), ReLU()] if batch_norm else [conv, ReLU()]
            layers += [MaxPool2d(2)]
        dense = partial(Linear, dtype=dtype, rng=rng)
        self.features = Sequential(*layers)
        self.avgpool = AdaptiveAvgPool2d(7)
        self.classifier = Sequential(
            *(dense(channels * 7 * 7, hidden), ReLU(), Dropout(dropout, rng=rng)),
            *(dense(hidden, hidden), ReLU(), Dropout(dropout, rng=rng)),
            dense(hidden, num_classes),
        )

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.avgpool(self.features(x))  # (N, 512, 7, 7)
        return self.classifier(x.reshape(len(x), -1))
