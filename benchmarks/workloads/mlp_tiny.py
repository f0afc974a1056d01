"""A network as small as a notebook's first: one example a step, mean squared error, SGD."""

from ..networks import Network
from ..training import normal
from ..workload import Workload

X, TARGET = normal(1, 2), normal(1, 1)


def layers(nn):
    return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1))


def build(f):
    x, target = f.constant(X), f.constant(TARGET)

    def loss_of(parameters):
        w1, b1, w2, b2, w3, b3 = parameters
        out = f.tanh(f.tanh(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
        return ((out - target) ** 2).mean()

    return loss_of


def workload() -> Workload:
    shapes = [(16, 2), (16,), (16, 16), (16,), (1, 16), (1,)]
    return Workload(
        title="MLP 2-16-16-1, batch 1, SGD",
        unit="us",
        systems=Network(layers, build, shapes, X, TARGET, lr=0.001, loss="MSELoss").systems(),
        reach={"torch": 0.5, "mygrad": 0.25, "autograd": 0.25},
        stretch={"torch": 0.3},
    )
