"""Updates of optimizers, in place. Arrays are worked through in blocks that stay in the cache, halves on two threads.

An update is some ten passes of cheap ufuncs. Over whole arrays each pass would go to memory; over blocks only the first
does, and the blocks to compute in are all the memory it takes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from . import blas, threads
from .workspace import workspace

Array = np.ndarray[Any, Any]

# Elements of a block. Two threads take turns at the interpreter's lock between passes, so long passes are better: Adam
# on a million numbers takes 1.5 times as long with 1 << 17.
BLOCK = 1 << 18
SMALL = 1024
SECONDS = 1e-9  # of an update, for each element


def over_blocks(update: Callable[..., None], *arrays: Array) -> None:
    """``update(*blocks, scratch)`` for the same blocks of several arrays of one shape and dtype.

    The blocks are flat views, or the whole arrays if they are not contiguous; scratch is memory for two of them.
    """
    first = arrays[0]
    # A few elements are updated in less time than it takes to cut blocks: 2 us instead of 8.
    if first.size <= SMALL or not all(array.flags.c_contiguous for array in arrays):
        update(*arrays, (np.empty_like(first), np.empty_like(first)))
        return
    flat = [array.reshape(-1) for array in arrays]
    if first.size <= BLOCK:
        update(*flat, workspace((2, first.size), first.dtype))
        return

    def update_piece(piece: slice) -> None:
        for start in range(piece.start, piece.stop, BLOCK):
            stop = min(start + BLOCK, piece.stop)
            update(*(array[start:stop] for array in flat), workspace((2, stop - start), first.dtype))

    threads.run(update_piece, threads.pieces(first.size, first.size * SECONDS))


def direction(x: Array, g: Array, weight_decay: float, maximize: bool, scratch: Array) -> Array:
    """The gradient to descend: `g`, negated to maximise, with ``weight_decay * x``; in `scratch` if it is not `g`."""
    if weight_decay == 0 and not maximize:
        return g
    if weight_decay == 0:
        return np.negative(g, out=scratch)
    np.multiply(x, weight_decay, out=scratch)
    return np.subtract(scratch, g, out=scratch) if maximize else np.add(scratch, g, out=scratch)


def sgd(x: Array, g: Array, lr: float, *, weight_decay: float, maximize: bool) -> None:
    """``x -= lr * g``."""
    if x.size <= SMALL and weight_decay == 0:  # 1 us instead of 4, for networks of a few neurons
        step = np.multiply(g, lr)
        np.add(x, step, out=x) if maximize else np.subtract(x, step, out=x)
        return

    def update(x: Array, g: Array, scratch: Array) -> None:
        x -= np.multiply(direction(x, g, weight_decay, maximize, scratch[0]), lr, out=scratch[0])

    over_blocks(update, x, g)


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
) -> None:
    """``velocity = momentum * velocity + (1 - dampening) * g``; ``x -= lr * velocity``, with Nesterov's look ahead."""

    def update(x: Array, g: Array, v: Array, scratch: Array) -> None:
        step, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        v *= momentum
        v += g if dampening == 0 else np.multiply(g, 1 - dampening, out=step)
        if nesterov:
            np.multiply(v, momentum, out=step)
            step += g
            step *= lr
        else:
            np.multiply(v, lr, out=step)
        x -= step

    over_blocks(update, x, g, velocity)


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
) -> None:
    """``x -= lr * mean / (sqrt(square) + eps)`` with running means of g and g*g, corrected for their start at zero.

    largest: the largest `square` so far, which AMSGrad divides by instead; else None. Kingma and Ba 2015; Reddi et al.
    2018. The parts of complex numbers are steps of their own, as in PyTorch: the square of one has no meaning here.
    """
    if x.dtype.kind == "c":
        options = {"weight_decay": weight_decay, "maximize": maximize}
        for part in ("real", "imag"):
            arrays = (None if array is None else getattr(array, part) for array in (x, g, mean, square, largest))
            adam(*arrays, step, lr, beta1, beta2, eps, **options)  # type: ignore[call-arg, arg-type]  # as many as here
        return
    # lr * (m / c1) / (sqrt(s) / c2 + eps) = (lr * c2 / c1) * m / (sqrt(s) + c2 * eps), which saves a pass
    correction = math.sqrt(1 - beta2**step)
    rate, eps = lr * correction / (1 - beta1**step), correction * eps

    def update(x: Array, g: Array, m: Array, s: Array, *rest: Array) -> None:
        *highest, (work, other) = rest
        g = direction(x, g, weight_decay, maximize, other)
        blas.scale_and_add(m, beta1, g, 1 - beta1, work)
        blas.scale_and_add(s, beta2, np.multiply(g, g, out=work), 1 - beta2, work)
        s = np.maximum(highest[0], s, out=highest[0]) if highest else s
        np.sqrt(s, out=work)
        work += eps
        blas.scale_and_add(x, 1, np.divide(m, work, out=work), -rate, work)

    over_blocks(update, x, g, mean, square, *(() if largest is None else (largest,)))
