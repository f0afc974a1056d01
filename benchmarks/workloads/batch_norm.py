"""Batch normalisation of images in training, forward and backward."""

from ..layers import layer
from ..training import normal


def workload():
    return layer(
        "batch norm 64x64x16x16",
        lambda nn: nn.BatchNorm2d(64),
        inputs=[normal(64, 64, 16, 16)],
        gradient=normal(64, 64, 16, 16, seed=2),
        reach=1.8,
        stretch=1.7,
    )
