"""Cross-entropy of softmax over 65 classes, forward and backward."""

from ..layers import layer
from ..training import classes, normal


def workload():
    return layer(
        "softmax + cross-entropy 2048x65",
        lambda nn: nn.CrossEntropyLoss(),
        inputs=[normal(2048, 65), classes(65, 2048)],
        gradient=None,
        reach=1.5,
        stretch=1.0,
        unit="us",
    )
