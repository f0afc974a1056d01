"""Maxima over windows of 2x2, forward and backward."""

from ..layers import layer
from ..training import normal


def workload():
    return layer(
        "max-pool 2x2, 64x16x32x32",
        lambda nn: nn.MaxPool2d(2),
        inputs=[normal(64, 16, 32, 32)],
        gradient=normal(64, 16, 16, 16, seed=2),
        reach=0.5,
        stretch=0.39,
    )
