"""Dropout of half the numbers, forward and backward. Masks are random: only how much is left is compared."""

import numpy as np

from ..layers import layer


def left(result):
    """The mean of each array."""
    return [float(part.detach().numpy().mean()) for part in result]


def workload():
    ones = np.ones(10**6, np.float32)
    return layer(
        "dropout, 1M numbers",
        lambda nn: nn.Dropout(0.5),
        inputs=[ones],
        gradient=ones,
        reach=0.15,
        stretch=0.1,
        digest=left,
        tolerance=0.01,
    )
