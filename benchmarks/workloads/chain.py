"""A chain of 999 operations (add, multiply, tanh) on 10 float32 numbers, forward and backward: pure overhead."""

import numpy as np

TITLE = "chain of 999 ops on 10 numbers"
UNIT, PER = "us/op", 999 * 1e-6


def numbers():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(10).astype(np.float32) for _ in range(3)]


def autograd_lite():
    import autograd_lite as ag

    start, a, b = (ag.tensor(x, requires_grad=True) for x in numbers())

    def step():
        x = start
        for _ in range(333):
            x = ag.tanh((x + a) * b)
        loss = x.sum()
        start.grad = a.grad = b.grad = None
        loss.backward()
        return loss.item()

    return step


def torch():
    import torch

    start, a, b = (torch.tensor(x, requires_grad=True) for x in numbers())

    def step():
        x = start
        for _ in range(333):
            x = torch.tanh((x + a) * b)
        loss = x.sum()
        start.grad = a.grad = b.grad = None
        loss.backward()
        return loss.item()

    return step
