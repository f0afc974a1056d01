"""Kernels of scans: what depends on all elements before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHORT = 128  # elements in a row that are not worth cutting into pieces
WIDE = 64  # elements in one step: from here on it takes no longer than a pass more over the numbers


def linear_recurrence(a: Array, b: Array, axis: int, reverse: bool) -> Array:
    """``h[0] = b[0]`` and ``h[k + 1] = a[k] * h[k] + b[k + 1]`` along `axis`; `reverse` runs from the last one down.

    Division-free, so that zeros are nothing special. Where a step has few elements, the axis is cut into pieces that
    take their steps side by side: a million numbers in a row take 35 ms, and 236 ms one after the other.
    """
    a, b = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
    if reverse:
        return np.moveaxis(np.flip(_forwards(np.flip(a, 0), np.flip(b, 0)), 0), 0, axis)
    return np.moveaxis(_forwards(a, b), 0, axis)


def _forwards(a: Array, b: Array) -> Array:
    """a (n - 1, ...), b (n, ...) -> (n, ...)."""
    n, width = len(b), math.prod(b.shape[1:])
    if n < SHORT or width >= WIDE:
        return linear_recurrence_reference(a, b)
    # (n, ...) -> (pieces, steps, ...) -> (steps, pieces, ...): step k of all pieces at once
    steps = math.isqrt(n)
    pieces = -(-n // steps)
    factors, terms = _cut(a, pieces, steps, before=1), _cut(b, pieces, steps)
    # What each piece gives by itself, and by how much it multiplies what arrives from the one before.
    apart = linear_recurrence_reference(factors[1:], terms)
    with np.errstate(over="ignore", invalid="ignore"):
        reach = np.multiply.accumulate(factors, axis=0)
    if not np.isfinite(reach).all():  # it may have left the range of numbers where what arrives would bring it back
        return linear_recurrence_reference(a, b)
    apart[:, 1:] += reach[:, 1:] * _forwards(reach[-1, 1:], apart[-1])[:-1]
    return np.moveaxis(apart, 0, 1).reshape(pieces * steps, *b.shape[1:])[:n]


def _cut(x: Array, pieces: int, steps: int, before: int = 0) -> Array:
    """The rows of x, with zeros before and behind, as (steps, pieces, ...)."""
    padded = np.zeros((pieces * steps, *x.shape[1:]), x.dtype)
    padded[before : before + len(x)] = x
    return np.ascontiguousarray(np.moveaxis(padded.reshape(pieces, steps, *x.shape[1:]), 1, 0))


def linear_recurrence_reference(a: Array, b: Array) -> Array:
    """The same along the first axis, as it is defined."""
    out = np.array(b, np.result_type(a, b), order="C")
    for k in range(len(out) - 1):
        out[k + 1] += a[k] * out[k]
    return out


def running_argmax(x: Array, axis: int) -> Any:
    """For each element the position, along `axis`, of the largest so far: the first of equals, the first NaN."""
    return _positions_of_changes(np.maximum.accumulate(_with_axis(x), axis), axis)


def running_argmin(x: Array, axis: int) -> Any:
    """For each element the position, along `axis`, of the smallest so far: the first of equals, the first NaN."""
    return _positions_of_changes(np.minimum.accumulate(_with_axis(x), axis), axis)


def logcumsumexp(x: Array, axis: int) -> Array:
    """``log(cumsum(exp(x)))`` along `axis`, one sum after the other, none of which overflows."""
    return np.logaddexp.accumulate(_with_axis(x), axis)


def _with_axis(x: Array) -> Array:
    if x.ndim == 0:
        raise ValueError("a 0-d array has no axis to go along; reshape it to one axis")
    return x


def _positions_of_changes(extreme: Array, axis: int) -> Any:
    """Where each value of a running extreme was reached: the last position at which it changed."""
    extreme = np.moveaxis(extreme, axis, -1)
    same = (extreme[..., 1:] == extreme[..., :-1]) | np.isnan(extreme[..., :-1])
    positions = np.broadcast_to(np.arange(extreme.shape[-1]), extreme.shape).copy()
    positions[..., 1:][same] = 0
    return np.moveaxis(np.maximum.accumulate(positions, -1), -1, axis)
