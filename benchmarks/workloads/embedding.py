"""Rows of a small table, forward and backward: the gradient adds many rows up."""

from ..layers import layer
from ..training import classes, normal


def workload():
    return layer(
        "embedding gradient, vocab 65, 64 wide, 2048 ids",
        lambda nn: nn.Embedding(65, 64),
        inputs=[classes(65, 2048)],
        gradient=normal(2048, 64),
        reach=0.4,
        stretch=0.3,
        unit="us",
    )
