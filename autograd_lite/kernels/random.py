"""Random masks, and keeping what a mask says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import threads
from .workspace import workspace

Array = np.ndarray[Any, Any]

BLOCK = 1 << 17  # elements: half a megabyte of float32 and as much again for the mask, for a core's second cache
SECONDS = 8e-10  # of `masked`, for each element


def bernoulli(rng: np.random.Generator, p: float, shape: tuple[int, ...]) -> Array:
    """Booleans that are true with probability `p`, exact to 2**-40: a random byte each is compared with ``256 * p``.

    Where the byte equals its whole part, another 32 bits decide about the rest. Drawing bytes, 64 bits at a time, takes
    an eighth of the time of drawing floating-point numbers.
    """
    if p >= 1:
        return np.ones(shape, bool)
    number = math.prod(shape)
    drawn = rng.integers(0, 2**64, (number + 7) // 8, np.uint64).view(np.uint8)[:number]
    rest, whole = math.modf(256 * p)
    mask = np.less(drawn, np.uint8(whole))
    if rest:
        undecided = np.flatnonzero(np.equal(drawn, np.uint8(whole)))
        mask[undecided] = rng.integers(0, 2**32, len(undecided), np.uint32) < np.uint32(rest * 2**32)
    return mask.reshape(shape)


def draw_again(rng: np.random.Generator, weights: Array, number: int) -> Array:
    """So many positions from each row of `weights` (..., classes), each drawn with the probability of its weight."""
    sums = np.cumsum(weights, -1)
    sums /= sums[..., -1:]
    drawn = rng.random((*weights.shape[:-1], number))  # below 1, the last of the sums
    if weights.ndim == 1:
        return np.searchsorted(sums, drawn, side="right")  # beyond all sums of the positions without weight, too
    return np.array([np.searchsorted(*row, side="right") for row in zip(sums, drawn, strict=True)]).reshape(drawn.shape)


def draw_once(rng: np.random.Generator, weights: Array, number: int) -> Array:
    """The same without drawing a position twice.

    The clocks of an exponential race: the first of clocks with rates w to ring is i with probability w[i] / sum(w), and
    after it the race goes on among the others.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        times = rng.standard_exponential(weights.shape) / weights
    first = np.argpartition(times, number - 1, -1)[..., :number] if 0 < number < weights.shape[-1] else None
    if first is None:
        return np.argsort(times, -1)[..., :number]
    order = np.argsort(np.take_along_axis(times, first, -1), -1)
    return np.take_along_axis(first, order, -1)


def masked(x: Array, mask: Array, scale: float) -> Array:
    """``x * scale`` where the mask is true, 0 elsewhere, even if x is infinite there; in x's dtype and order of memory.

    The bits of the result, as integers, times the mask: as fast as a product of floating-point numbers, where inf * 0
    is NaN, and a seventh of the time of a choice.
    """
    if scale == 0:
        return np.zeros_like(x)
    if x.dtype.kind not in "fc" or x.itemsize > 8:
        return masked_reference(x, mask, scale)
    out = np.empty_like(x)
    factor, integer = x.dtype.type(scale), np.dtype(f"i{x.itemsize}")

    def fill(x: Array, mask: Array, out: Array) -> None:
        np.multiply(x, factor, out=out)
        kept = workspace(x.shape, integer)
        np.copyto(kept, mask)  # ahead of the product, which would convert in its own small buffer
        bits = out.view(integer)
        np.multiply(bits, kept, out=bits)

    if not (x.flags.c_contiguous and mask.flags.c_contiguous):
        fill(x, mask, out)
        return out
    flat_x, flat_mask, flat_out = x.reshape(-1), mask.reshape(-1), out.reshape(-1)

    def fill_piece(piece: slice) -> None:
        for start in range(piece.start, piece.stop, BLOCK):
            block = slice(start, min(start + BLOCK, piece.stop))
            fill(flat_x[block], flat_mask[block], flat_out[block])

    threads.run(fill_piece, threads.pieces(x.size, x.size * SECONDS))
    return out


def masked_reference(x: Array, mask: Array, scale: float) -> Array:
    """`masked` as a choice."""
    return np.where(mask, x * x.dtype.type(scale), x.dtype.type(0))
