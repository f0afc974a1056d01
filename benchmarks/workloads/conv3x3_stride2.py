"""A 3x3 convolution that halves the image."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "conv 3x3 stride 2, 64->128 on 32x32, batch 32",
        lambda nn: nn.Conv2d(64, 128, 3, stride=2, padding=1),
        x=normal(32, 64, 32, 32),
        gradient=normal(32, 128, 16, 16, seed=2),
        reach=1.3,
        stretch=1.0,
    )
