"""A small network for colour images, three convolutions with 16, 20 and 20 filters 5x5, SGD."""

from ..networks import Network, classifier
from ..training import classes, normal
from ..workload import Workload


def layers(nn):
    return nn.Sequential(
        nn.Conv2d(3, 16, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 20, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(20, 20, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(320, 10),
    )


SHAPES = [(16, 3, 5, 5), (16,), (20, 16, 5, 5), (20,), (20, 20, 5, 5), (20,), (10, 320), (10,)]


def workload(batch: int = 64) -> Workload:
    x, targets = normal(batch, 3, 32, 32), classes(10, batch)
    network = Network(layers, classifier(x, targets, padding=(2, 2, 2)), SHAPES, x, targets, lr=0.01)
    return Workload(
        title=f"CIFAR10Net, images 3x32x32, batch {batch}, SGD",
        unit="ms",
        systems=network.systems(),
        reach={"torch": 1.0, "mygrad": 1 / 10, "autograd": 1 / 30},
        stretch={"torch": 0.8},
    )
