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

    The blocks are flat views, or the whole arrays if they are not contiguous; scratch is memory for two of them. The
    parts of complex numbers are numbers of their own, as in PyTorch: the root of a square has no other meaning here.
    """
    if arrays[0].dtype.kind == "c":
        arrays = tuple(parts(array) for array in arrays)
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


def parts(x: Array) -> Array:
    """A view of complex numbers as real ones, with an axis of length 2 at the end; others as they are."""
    return x[..., np.newaxis].view(x.real.dtype) if x.dtype.kind == "c" else x


def decay(lr: float, weight_decay: float, decoupled: bool) -> tuple[float, float]:
    """The factor by which a step shrinks a parameter, and how much of the parameter is added to its gradient."""
    return (1 - lr * weight_decay, 0) if decoupled else (1, weight_decay)


def direction(x: Array, g: Array, weight_decay: float, maximize: bool, scratch: Array) -> Array:
    """The gradient to descend: `g`, negated to maximise, with ``weight_decay * x``; in `scratch` if it is not `g`."""
    if weight_decay == 0 and not maximize:
        return g
    if weight_decay == 0:
        return np.negative(g, out=scratch)
    np.multiply(x, weight_decay, out=scratch)
    return np.subtract(scratch, g, out=scratch) if maximize else np.add(scratch, g, out=scratch)


def move_means(m: Array, s: Array, g: Array, beta1: float, beta2: float, work: Array) -> None:
    """Let the running means of g and of g*g go on; `beta1` and `beta2` of them stay."""
    blas.scale_and_add(m, beta1, g, 1 - beta1, work)
    blas.scale_and_add(s, beta2, np.multiply(g, g, out=work), 1 - beta2, work)


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
    decoupled: bool = False,
) -> None:
    """``x -= lr * mean / (sqrt(square) + eps)`` with running means of g and g*g, corrected for their start at zero.

    largest: the largest `square` so far, which AMSGrad divides by instead; else None. decoupled: `weight_decay` shrinks
    x before the step, instead of being part of g. Kingma and Ba 2015; Reddi et al. 2018; Loshchilov and Hutter 2019.
    """
    keep, weight_decay = decay(lr, weight_decay, decoupled)
    # lr * (m / c1) / (sqrt(s) / c2 + eps) = (lr * c2 / c1) * m / (sqrt(s) + c2 * eps), which saves a pass
    correction = math.sqrt(1 - beta2**step)
    rate, eps = lr * correction / (1 - beta1**step), correction * eps

    def update(x: Array, g: Array, m: Array, s: Array, *rest: Array) -> None:
        *highest, (work, other) = rest
        g = direction(x, g, weight_decay, maximize, other)
        move_means(m, s, g, beta1, beta2, work)
        s = np.maximum(highest[0], s, out=highest[0]) if highest else s
        np.sqrt(s, out=work)
        work += eps
        blas.scale_and_add(x, keep, np.divide(m, work, out=work), -rate, work)

    over_blocks(update, x, g, mean, square, *(() if largest is None else (largest,)))


def adamax(
    x: Array,
    g: Array,
    mean: Array,
    largest: Array,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    weight_decay: float,
    maximize: bool,
) -> None:
    """Adam with the largest gradient, which fades with `beta2`, in place of the root mean square."""
    rate = lr / (1 - beta1**step)

    def update(x: Array, g: Array, m: Array, u: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        blas.scale_and_add(m, beta1, g, 1 - beta1, work)
        u *= beta2
        np.abs(g, out=work)
        work += eps
        np.maximum(u, work, out=u)
        blas.scale_and_add(x, 1, np.divide(m, u, out=work), -rate, work)

    over_blocks(update, x, g, mean, largest)


def nadam(
    x: Array,
    g: Array,
    mean: Array,
    square: Array,
    step: int,
    rates: tuple[float, float],
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    weight_decay: float,
    maximize: bool,
    decoupled: bool,
) -> None:
    """Adam with Nesterov's look ahead: steps of ``rates[0] * g + rates[1] * mean`` over the root mean square."""
    keep, weight_decay = decay(lr, weight_decay, decoupled)
    correction = math.sqrt(1 - beta2**step)
    of_gradient, of_mean = (correction * rate for rate in rates)

    def update(x: Array, g: Array, m: Array, s: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        move_means(m, s, g, beta1, beta2, work)
        np.multiply(g, of_gradient, out=other)
        blas.scale_and_add(other, 1, m, of_mean, work)
        np.sqrt(s, out=work)
        work += correction * eps
        blas.scale_and_add(x, keep, np.divide(other, work, out=work), -1, work)

    over_blocks(update, x, g, mean, square)


def radam(
    x: Array,
    g: Array,
    mean: Array,
    square: Array,
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    *,
    weight_decay: float,
    maximize: bool,
    decoupled: bool,
) -> None:
    """Adam whose steps are those of the mean alone until the mean square is to be trusted. Liu et al. 2020."""
    keep, weight_decay = decay(lr, weight_decay, decoupled)
    rate, correction = lr / (1 - beta1**step), 1 - beta2**step
    longest = 2 / (1 - beta2) - 1  # of the averages that an exponential one stands for, and the present length:
    length = longest - 2 * step * beta2**step / correction
    trusted = length > 5
    if trusted:
        variance = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        rate *= math.sqrt(variance * correction)

    def update(x: Array, g: Array, m: Array, s: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        move_means(m, s, g, beta1, beta2, work)
        if not trusted:
            blas.scale_and_add(x, keep, m, -rate, work)
            return
        np.sqrt(s, out=work)
        work += eps
        blas.scale_and_add(x, keep, np.divide(m, work, out=work), -rate, work)

    over_blocks(update, x, g, mean, square)


def adagrad(x: Array, g: Array, total: Array, lr: float, eps: float, *, weight_decay: float, maximize: bool) -> None:
    """``total += g * g``; ``x -= lr * g / (sqrt(total) + eps)``."""

    def update(x: Array, g: Array, total: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        total += np.multiply(g, g, out=work)
        np.sqrt(total, out=work)
        work += eps
        blas.scale_and_add(x, 1, np.divide(g, work, out=work), -lr, work)

    over_blocks(update, x, g, total)


def adadelta(
    x: Array,
    g: Array,
    square: Array,
    moved: Array,
    lr: float,
    rho: float,
    eps: float,
    *,
    weight_decay: float,
    maximize: bool,
) -> None:
    """Steps of g times the root mean square of the steps so far (in `moved`) over that of the gradients."""

    def update(x: Array, g: Array, s: Array, moved: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        blas.scale_and_add(s, rho, np.multiply(g, g, out=work), 1 - rho, work)
        np.sqrt(np.add(s, eps, out=work), out=work)
        np.divide(g, work, out=work)
        work *= np.sqrt(np.add(moved, eps, out=other), out=other)  # g is not needed any more
        blas.scale_and_add(moved, rho, np.multiply(work, work, out=other), 1 - rho, other)
        blas.scale_and_add(x, 1, work, -lr, work)

    over_blocks(update, x, g, square, moved)


def rmsprop(
    x: Array,
    g: Array,
    square: Array,
    mean: Array | None,
    velocity: Array | None,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float,
    *,
    weight_decay: float,
    maximize: bool,
) -> None:
    """``x -= lr * g / (sqrt(square) + eps)``.

    The variance takes the place of `square` if there is a `mean`; the step has momentum if there is a `velocity`.
    """
    more = [array for array in (mean, velocity) if array is not None]

    def update(x: Array, g: Array, s: Array, *rest: Array) -> None:
        *more, (work, other) = rest
        g = direction(x, g, weight_decay, maximize, other)
        blas.scale_and_add(s, alpha, np.multiply(g, g, out=work), 1 - alpha, work)
        if mean is None:
            np.sqrt(s, out=work)
        else:
            m = more[0]
            blas.scale_and_add(m, alpha, g, 1 - alpha, work)
            np.subtract(s, np.multiply(m, m, out=work), out=work)
            np.sqrt(np.maximum(work, 0, out=work), out=work)  # rounding makes a variance of 0 negative
        work += eps
        np.divide(g, work, out=work)
        if velocity is not None:
            v = more[-1]
            v *= momentum
            v += work
            np.copyto(work, v)
        blas.scale_and_add(x, 1, work, -lr, work)

    over_blocks(update, x, g, square, *more)


def rprop(
    x: Array,
    g: Array,
    previous: Array,
    size: Array,
    etas: tuple[float, float],
    sizes: tuple[float, float],
    *,
    maximize: bool,
) -> None:
    """Steps of `size` against the sign of g; they grow while the sign stays, and shrink where it has turned."""

    def update(x: Array, g: Array, previous: Array, size: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, 0, maximize, other)
        np.multiply(g, previous, out=work)
        turned = work < 0
        np.multiply(size, etas[1], out=size, where=work > 0)
        np.multiply(size, etas[0], out=size, where=turned)
        np.clip(size, *sizes, out=size)
        np.copyto(previous, g)
        np.copyto(previous, 0, where=turned)  # no step there, and the next one does not turn again
        np.sign(previous, out=work)
        work *= size
        x -= work

    over_blocks(update, x, g, previous, size)


def lion(
    x: Array,
    g: Array,
    mean: Array,
    lr: float,
    beta1: float,
    beta2: float,
    *,
    weight_decay: float,
    maximize: bool,
) -> None:
    """``x -= lr * (sign(beta1 * mean + (1 - beta1) * g) + weight_decay * x)``; then `mean` moves on with `beta2`."""
    keep = 1 - lr * weight_decay

    def update(x: Array, g: Array, m: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, 0, maximize, other)
        g = np.multiply(g, 1 - beta1, out=other)  # the share of both sums, but for a factor
        np.multiply(m, beta1, out=work)
        work += g
        blas.scale_and_add(x, keep, np.sign(work, out=work), -lr, work)
        blas.scale_and_add(m, beta2, g, (1 - beta2) / (1 - beta1), other)

    over_blocks(update, x, g, mean)


def asgd(
    x: Array,
    g: Array,
    average: Array,
    eta: float,
    mu: float,
    lambd: float,
    *,
    weight_decay: float,
    maximize: bool,
) -> None:
    """``x -= eta * (g + lambd * x)``, and `average` moves by `mu` of the way to x."""

    def update(x: Array, g: Array, average: Array, scratch: Array) -> None:
        work, other = scratch
        g = direction(x, g, weight_decay, maximize, other)
        blas.scale_and_add(x, 1 - lambd * eta, g, -eta, work)
        if mu == 1:
            np.copyto(average, x)
        else:
            average += np.multiply(np.subtract(x, average, out=work), mu, out=work)

    over_blocks(update, x, g, average)


def orthogonalized(matrix: Array, coefficients: tuple[float, float, float], steps: int, eps: float) -> Array:
    """About ``u @ vh`` of the singular value decomposition: all singular values are moved to the neighbourhood of 1.

    Newton and Schulz's iteration with a polynomial of degree five, ``a x + b x^3 + c x^5`` of each singular value x.
    Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks".
    """
    a, b, c = coefficients
    rows, columns = matrix.shape
    x = matrix.T if rows > columns else matrix  # the product with itself is smaller this way
    x = x / max(float(np.linalg.norm(x)), eps)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if rows > columns else x
