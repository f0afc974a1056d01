"""Updates of optimizers, in place. Arrays are worked through in blocks that stay in the cache.

An update is some ten passes of cheap ufuncs. Over whole arrays each pass would go to memory; over blocks only the first
does, and the one scratch block that all share is all the memory it takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BLOCK = 1 << 15  # elements: five float32 arrays of it fill 640 KB, most of a core's second cache


def blocks(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """The same pieces of several arrays of one shape, as flat views; the whole arrays if they are not contiguous."""
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays
        return
    flat = [array.reshape(-1) for array in arrays]
    for start in range(0, flat[0].size, BLOCK):
        yield tuple(array[start : start + BLOCK] for array in flat)


class Scratch:
    """Blocks to compute in, kept from step to step."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, np.dtype[Any]], Array] = {}

    def like(self, array: Array, which: int = 0) -> Array:
        """An array of the shape and dtype of `array` with anything in it; another one for each `which`."""
        kept = self._kept.get((which, array.dtype))
        if kept is None or kept.size < array.size:
            kept = self._kept[which, array.dtype] = np.empty(max(array.size, 1), array.dtype)
        return kept[: array.size].reshape(array.shape)


def direction(x: Array, g: Array, weight_decay: float, maximize: bool, scratch: Array) -> Array:
    """The gradient to descend: `g`, negated to maximise, with ``weight_decay * x``; in `scratch` if it is not `g`."""
    if weight_decay == 0 and not maximize:
        return g
    if weight_decay == 0:
        return np.negative(g, out=scratch)
    np.multiply(x, weight_decay, out=scratch)
    return np.subtract(scratch, g, out=scratch) if maximize else np.add(scratch, g, out=scratch)


def sgd(x: Array, g: Array, lr: float, *, weight_decay: float, maximize: bool, scratch: Scratch) -> None:
    """``x -= lr * g``."""
    for x_, g_ in blocks(x, g):
        step = scratch.like(x_)
        np.multiply(direction(x_, g_, weight_decay, maximize, step), lr, out=step)
        x_ -= step


def sgd_momentum(
    x: Array,
    g: Array,
    velocity: Array,
    lr: float,
    momentum: float,
    *,
    dampening: float,
    nesterov: bool,
    weight_decay: float,
    maximize: bool,
    scratch: Scratch,
) -> None:
    """``velocity = momentum * velocity + (1 - dampening) * g``; ``x -= lr * velocity``, with Nesterov's look ahead."""
    for x_, g_, v_ in blocks(x, g, velocity):
        step = scratch.like(x_)
        g_ = direction(x_, g_, weight_decay, maximize, scratch.like(x_, 1))
        v_ *= momentum
        v_ += g_ if dampening == 0 else np.multiply(g_, 1 - dampening, out=step)
        if nesterov:
            np.multiply(v_, momentum, out=step)
            step += g_
            step *= lr
        else:
            np.multiply(v_, lr, out=step)
        x_ -= step


def adam(
    x: Array,
    g: Array,
    mean: Array,
    square: Array,
    largest: Array | None,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    weight_decay: float,
    maximize: bool,
    scratch: Scratch,
) -> None:
    """``x -= lr * mean / (sqrt(square) + eps)`` with running means of g and g*g, corrected for their start at zero.

    largest: the largest `square` so far, which AMSGrad divides by instead; else None. Kingma and Ba 2015; Reddi et al.
    2018.
    """
    # lr * (m / c1) / (sqrt(s) / c2 + eps) = (lr * c2 / c1) * m / (sqrt(s) + c2 * eps), which saves a pass
    correction = math.sqrt(1 - beta2**step)
    rate, eps = lr * correction / (1 - beta1**step), correction * eps
    for pieces in blocks(x, g, mean, square, *(() if largest is None else (largest,))):
        x_, g_, m_, s_ = pieces[:4]
        work = scratch.like(x_)
        g_ = direction(x_, g_, weight_decay, maximize, scratch.like(x_, 1))
        m_ *= beta1
        m_ += np.multiply(g_, 1 - beta1, out=work)
        s_ *= beta2
        np.multiply(g_, g_, out=work)
        work *= 1 - beta2
        s_ += work
        s_ = s_ if largest is None else np.maximum(pieces[4], s_, out=pieces[4])
        np.sqrt(s_, out=work)
        work += eps
        np.divide(m_, work, out=work)
        work *= rate
        x_ -= work
