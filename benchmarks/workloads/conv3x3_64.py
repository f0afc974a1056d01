"""A 3x3 convolution early in a network: few channels, larger images."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "conv 3x3 64->64 on 32x32, batch 32",
        lambda nn: nn.Conv2d(64, 64, 3, padding=1),
        x=normal(32, 64, 32, 32),
        gradient=normal(32, 64, 32, 32, seed=2),
        reach=1.2,
        stretch=1.0,
    )
