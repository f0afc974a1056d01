"""A 1x1 convolution, which is a matrix product at each pixel."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "conv 1x1 256->64 on 32x32, batch 32",
        lambda nn: nn.Conv2d(256, 64, 1),
        x=normal(32, 256, 32, 32),
        gradient=normal(32, 64, 32, 32, seed=2),
        reach=0.35,
        stretch=0.25,
    )
