"""Two dense layers for the digits of MNIST, Adam."""

from ..networks import Network, classifier
from ..training import classes, normal
from ..workload import Workload


def layers(nn):
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def workload(batch: int = 128) -> Workload:
    x, targets = normal(batch, 784), classes(10, batch)
    shapes = [(256, 784), (256,), (10, 256), (10,)]
    network = Network(layers, classifier(x, targets), shapes, x, targets, lr=1e-4, optimizer="Adam")
    return Workload(
        title=f"MLP 784-256-10, batch {batch}, Adam",
        unit="us",
        systems=network.systems(),
        reach={"torch": 0.8},
        stretch={"torch": 0.65},
    )
