"""A transposed convolution that doubles the image."""

from ..layers import convolution
from ..training import normal


def workload():
    return convolution(
        "transposed conv 4x4 stride 2, 64->32 from 16x16 to 32x32, batch 32",
        lambda nn: nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        x=normal(32, 64, 16, 16),
        gradient=normal(32, 32, 32, 32, seed=2),
        reach=1.6,
        stretch=1.0,
    )
