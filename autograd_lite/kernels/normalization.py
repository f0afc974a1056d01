"""Batch normalization: the statistics of each channel, and the affine maps that they determine.

An array (N, C, ...) in any dense order of memory is seen as (A, C, B): what lies outside of the channels and what lies
inside them. That is (N, C, H * W) for images in NumPy's order, (N * H * W, C, 1) for those with channels last. Every
sweep goes over blocks of it that stay in the cache, halves of them on two threads. Sums are products with ones, which
take a third of the time of ``sum``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import threads
from .reduction import dense_order
from .workspace import workspace

Array = np.ndarray[Any, Any]

# Elements of a block: three float32 arrays of it fill 1.5 MB of a core's second cache. On two threads it is twice as
# large, because they take turns at the interpreter's lock between blocks.
BLOCK = 1 << 17
SECONDS = 5e-10  # of one sweep, for each element
# NumPy's iterator copies an operand that it broadcasts along rows shorter than its buffer of 8192 elements: a ufunc
# then takes twice as long.
ROW = 1 << 13
# Above this ratio of mean**2 to variance, cancellation would take more than three bits from sums of squares.
FAR = 8
LONG = 64  # the least length of rows in memory for which each row's sum is a product of its own


def batch_norm(
    x: Array, weight: Array | None, bias: Array | None, eps: float
) -> tuple[tuple[Array, Array, Array], tuple[Array, Array]]:
    """``(x - mean) / sqrt(var + eps) * weight + bias`` with the mean and variance of each channel of x (N, C, ...).

    Returns that, in x's order of memory, with mean and variance (C,); and these two in double precision for backward.
    """
    order = dense_order(x)
    mean, var = moments(_pixels(x, order))
    scale = 1 / np.sqrt(var + eps) if weight is None else weight / np.sqrt(var + eps)
    shift = -mean * scale if bias is None else bias - mean * scale
    out = np.empty_like(x.transpose(order), order="C").transpose(np.argsort(order))
    _combine(_pixels(out, order), ((scale, _pixels(x, order)),), shift)
    return (out, mean.astype(x.dtype), var.astype(x.dtype)), (mean, var)


def batch_norm_backward(
    gradients: tuple[Array, Array, Array], x: Array, weight: Array | None, statistics: tuple[Array, Array], eps: float
) -> tuple[Array, Array, Array]:
    """Gradients of x, weight (C,) and bias (C,) in `batch_norm`, from those of its outputs and its statistics."""
    (g, g_mean, g_var), (mean, var) = gradients, statistics
    order = dense_order(x)
    x_pixels, g_pixels = _pixels(x, order), _pixels(g, order)
    d_bias, g_deviation = _gradient_sums(g_pixels, x_pixels, mean, var)
    inverse_std = 1 / np.sqrt(var + eps)
    scale, number = inverse_std if weight is None else inverse_std * weight, _number(x_pixels)
    # With d = x - mean, out = scale * d + bias, where scale and mean depend on all of x.
    slope = (2 * g_var - scale * inverse_std**2 * g_deviation) / number
    constant = (g_mean - scale * d_bias) / number - slope * mean
    d_x = np.empty_like(x.transpose(order), order="C").transpose(np.argsort(order))
    _combine(_pixels(d_x, order), ((scale, g_pixels), (slope, x_pixels)), constant)
    return d_x, (inverse_std * g_deviation).astype(x.dtype), d_bias.astype(x.dtype)


def affine(x: Array, scale: Array, shift: Array) -> Array:
    """``x * scale + shift`` for x (N, C, ...) and one number (C,) of each for a channel, in x's order of memory."""
    if x.ndim == 2:
        out = x * scale
        out += shift
        return out
    order = dense_order(x)
    out = np.empty_like(x.transpose(order), order="C").transpose(np.argsort(order))
    _combine(_pixels(out, order), ((scale, _pixels(x, order)),), shift)
    return out


def affine_backward(g: Array, x: Array, scale: Array) -> tuple[Array, Array, Array]:
    """Gradients of x, scale (C,) and shift (C,) in `affine`."""
    order = dense_order(x)
    d_shift, d_scale = _sums(_pixels(g, order), _pixels(x, order), None)
    return affine(g, scale, np.zeros_like(scale)), d_scale.astype(x.dtype), d_shift.astype(x.dtype)


# -- what lies where ---------------------------------------------------------------------------------------------


def _pixels(x: Array, order: tuple[int, ...]) -> Array:
    """x (N, C, ...) as (A, C, B), a view if its axes lie densely in memory in this order."""
    before = order.index(1)
    shape = [x.shape[axis] for axis in order]
    outside, inside = math.prod(shape[:before]), math.prod(shape[before + 1 :])
    return np.ascontiguousarray(x.transpose(order)).reshape(outside, shape[before], inside)


def _number(pixels: Array) -> int:
    """How many pixels a channel has, 1 for none."""
    return max(1, pixels.shape[0] * pixels.shape[2])


def _folding(shape: tuple[int, ...], least: int) -> int:
    """Into how many of the A in (A, C, B) rows are to be put together, so that each has at least so many elements."""
    outside, channels, inside = shape
    times = 1
    while times * channels * inside < least and outside % (2 * times) == 0 and outside:
        times *= 2
    return times


def _folded(pixels: Array, times: int) -> Array:
    """(A, C, B) as (A / times, times * C, B)."""
    outside, channels, inside = pixels.shape
    return pixels.reshape(outside // times, times * channels, inside)


def _pieces(pixels: Array) -> list[slice]:
    """What each thread does of the rows of (A, C, B)."""
    return threads.pieces(len(pixels), pixels.size * SECONDS)


def _blocks(shape: tuple[int, ...], rows: slice) -> Iterator[tuple[slice, slice]]:
    """Indices of blocks of (A, C, B) that cover these rows; of several rows only if they have all channels."""
    outside, channels, inside = shape
    size = BLOCK if rows.stop - rows.start == outside else 2 * BLOCK
    width = min(channels, max(1, size // max(1, inside)))
    height = max(1, size // max(1, width * inside)) if width == channels else 1
    for left in range(0, channels, max(1, width)):
        for top in range(rows.start, rows.stop, height):
            yield slice(top, min(top + height, rows.stop)), slice(left, left + width)


# -- statistics --------------------------------------------------------------------------------------------------


def moments(pixels: Array) -> tuple[Array, Array]:
    """Mean and (biased) variance of each channel of pixels (A, C, B), in double precision; zeros if there are none.

    They come from sums of x and x*x, which is safe where the mean is near 0; else again from distances from the mean.
    """
    mean, var = _moments_around(None, pixels)
    return _moments_around(mean.astype(pixels.dtype), pixels) if _far_from_zero(mean, var) else (mean, var)


def _far_from_zero(mean: Array, var: Array) -> bool:
    return bool(np.any(mean * mean > FAR * var))


def _moments_around(origin: Array | None, pixels: Array) -> tuple[Array, Array]:
    distance, square = _sums(None, pixels, origin) / _number(pixels)
    mean = distance if origin is None else origin + distance
    return mean, np.maximum(square - distance * distance, 0)


def _gradient_sums(g: Array, pixels: Array, mean: Array, var: Array) -> tuple[Array, Array]:
    """Sums (C,) of g and of ``g * (pixels - mean)``; both (A, C, B)."""
    origin = mean.astype(pixels.dtype) if _far_from_zero(mean, var) else None
    total, product = _sums(g, pixels, origin)
    return total, product - (mean if origin is None else mean - origin) * total


def _sums(weights: Array | None, pixels: Array, origin: Array | None) -> Array:
    """Sums (2, C) of w and of w * d, where d = pixels - origin, and w the weights, or d itself for None.

    pixels, weights: (A, C, B); origin: (C,), or None for 0. Sums of a few hundred are in the arrays' precision, sums of
    those in double.
    """
    times = _folding(pixels.shape, 512)
    pixels, weights = _folded(pixels, times), None if weights is None else _folded(weights, times)
    origin = None if origin is None else np.tile(origin, times)[:, None]

    def sums_of(rows: slice) -> Array:
        sums = np.zeros((2, pixels.shape[1]))
        for block in _blocks(pixels.shape, rows):
            d = pixels[block] if origin is None else np.subtract(pixels[block], origin[block[1]])
            w = d if weights is None else weights[block]
            sums[0, block[1]] += _sum(w)
            sums[1, block[1]] += _sum_of_products(w, d)
        return sums

    parts = threads.run(sums_of, _pieces(pixels))
    return np.sum(parts, axis=0).reshape(2, times, -1).sum(axis=1)


def _sum(block: Array) -> Array:
    """(A, C, B) -> (C,), over A and B."""
    a, c, b = block.shape
    if b >= LONG:
        return (block.reshape(a * c, b) @ np.ones(b, block.dtype)).reshape(a, c).sum(axis=0)
    return (np.ones(a, block.dtype) @ block.reshape(a, c * b)).reshape(c, b).sum(axis=1)


def _sum_of_products(first: Array, second: Array) -> Array:
    """(A, C, B), twice -> (C,), over A and B."""
    a, c, b = first.shape
    if b >= LONG:
        return np.vecdot(first, second).sum(axis=0)
    return np.einsum("ai,ai->i", first.reshape(a, c * b), second.reshape(a, c * b)).reshape(c, b).sum(axis=1)


# -- maps --------------------------------------------------------------------------------------------------------


def _combine(out: Array, terms: tuple[tuple[Array, Array], ...], constant: Array) -> None:
    """``out = factor * array + ... + constant`` for one or two pairs of a factor (C,) and an array (A, C, B)."""
    times = _folding(out.shape, ROW)
    out = _folded(out, times)
    arrays = [_folded(array, times) for _, array in terms]
    *factors, constant = (_spread(vector, times, out) for vector in (*(factor for factor, _ in terms), constant))

    def work(rows: slice) -> None:
        for block in _blocks(out.shape, rows):
            target = np.multiply(arrays[0][block], factors[0][block[1]], out=out[block])
            for array, factor in zip(arrays[1:], factors[1:], strict=True):
                target += np.multiply(array[block], factor[block[1]], out=workspace(target.shape, target.dtype))
            target += constant[block[1]]

    threads.run(work, _pieces(out))


def _spread(vector: Array, times: int, like: Array) -> Array:
    """(C,) -> (times * C, B), or (times * C, 1) where B is so long that a number can be broadcast along it."""
    column = np.tile(vector.astype(like.dtype), times)[:, None]
    return column if like.shape[2] >= ROW else np.repeat(column, like.shape[2], axis=1)


def batch_norm_reference(x: Array, weight: Array | None, bias: Array | None, eps: float) -> tuple[Array, Array, Array]:
    """`batch_norm` as it is defined; its derivative is that of the plain expression in ops/normalization.py."""
    axes, column = (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))
    mean, var = x.mean(axes), x.var(axes)
    out = (x - mean.reshape(column)) / np.sqrt(var + eps).reshape(column)
    out = out if weight is None else out * weight.reshape(column)
    return out if bias is None else out + bias.reshape(column), mean, var
