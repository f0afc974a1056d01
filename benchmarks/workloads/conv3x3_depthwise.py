"""A depthwise 3x3 convolution: one filter for each channel."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "depthwise conv 3x3, 128 channels on 32x32, batch 32",
        lambda nn: nn.Conv2d(128, 128, 3, padding=1, groups=128),
        x=normal(32, 128, 32, 32),
        gradient=normal(32, 128, 32, 32, seed=2),
        reach=1.0,
        stretch=1.0,
    )
