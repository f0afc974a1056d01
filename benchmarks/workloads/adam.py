"""One step of Adam on a matrix of a million numbers."""

import importlib
from functools import partial

from ..training import data, normal, optimizer
from ..workload import Workload


def adam(library):
    lib = importlib.import_module(library)
    x = lib.nn.Parameter(data(lib, normal(1000, 1000)))
    x.grad = data(lib, normal(1000, 1000, seed=2))
    update = optimizer(lib, "Adam", [x], lr=1e-3)

    def step():
        update.step()
        return x

    return step


def workload():
    return Workload(
        title="Adam, 1M parameters, one step",
        unit="us",
        systems={name: partial(adam, name) for name in ("autograd_lite", "torch")},
        reach={"torch": 1.0},
        stretch={"torch": 0.74},
    )
