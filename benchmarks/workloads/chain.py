"""A chain of operations (add, multiply, tanh) on 10 numbers, forward and backward: nothing but overhead."""

from ..functional import systems
from ..training import normal
from ..workload import Workload


def workload(length: int = 999) -> Workload:
    def build(f):
        def loss_of(parameters):
            x, a, b = parameters
            for _ in range(length // 3):
                x = f.tanh((x + a) * b)
            return x.sum()

        return loss_of

    return Workload(
        title=f"chain of {length} ops on 10 numbers",
        unit="us/op",
        items=length // 3 * 3,
        systems=systems(build, [normal(10, seed=seed) for seed in range(3)]),
        reach={"torch": 0.6, "mygrad": 0.25, "autograd": 0.25},
        stretch={"torch": 0.4},
        checked=5 if length < 100_000 else 1,  # a million takes seconds
    )
