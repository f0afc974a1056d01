"""LeNet-5 on images of MNIST's size, SGD."""

from ..networks import Network, classifier
from ..training import classes, normal
from ..workload import Workload


def layers(nn):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


SHAPES = [(6, 1, 5, 5), (6,), (16, 6, 5, 5), (16,), (120, 400), (120,), (84, 120), (84,), (10, 84), (10,)]


def workload(batch: int = 64) -> Workload:
    x, targets = normal(batch, 1, 28, 28), classes(10, batch)
    network = Network(layers, classifier(x, targets, padding=(2, 0)), SHAPES, x, targets, lr=0.01)
    return Workload(
        title=f"LeNet-5, images 1x28x28, batch {batch}, SGD",
        unit="ms",
        systems=network.systems(),
        reach={"torch": 1.0, "mygrad": 1 / 10, "autograd": 1 / 30},
        stretch={"torch": 0.75},
    )
