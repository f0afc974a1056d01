"""A 3x3 convolution deep in a network: many channels, small images."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "conv 3x3 256->256 on 8x8, batch 32",
        lambda nn: nn.Conv2d(256, 256, 3, padding=1),
        x=normal(32, 256, 8, 8),
        gradient=normal(32, 256, 8, 8, seed=2),
        reach=1.0,
        stretch=0.85,
    )
