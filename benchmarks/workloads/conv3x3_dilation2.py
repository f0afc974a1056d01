"""A 3x3 convolution whose filters reach over 5x5 pixels."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "conv 3x3 dilation 2, 64->64 on 32x32, batch 32",
        lambda nn: nn.Conv2d(64, 64, 3, padding=2, dilation=2),
        x=normal(32, 64, 32, 32),
        gradient=normal(32, 64, 32, 32, seed=2),
        reach=1.5,
        stretch=1.0,
    )
