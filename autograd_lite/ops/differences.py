"""Differences and integrals of numbers that are samples of a function."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import Array, composite, raw
from .comparison import not_equal
from .reduction import sum
from .shape import broadcast_to, concatenate, numbers_as_arrays, ravel, reshape, section

Lengths = tuple[int, ...]


@composite()
def diff(x: Array, n: int = 1, axis: int = -1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """Differences of neighbours along `axis`, `n` times.

    x: any shape with the axis; prepend, append: numbers, or arrays that are joined to x before and behind first.
    Returns x's shape, `n` shorter along the axis (at least empty), or for n = 0 x alone; booleans differ where they
    are not equal. Raises ValueError for a negative n.

    >>> diff(randn(3, 2))
    >>> diff(randn(3, 2), 2, 0, randn(1, 2), 0.5)
    """
    shape = np.shape(raw(x))
    if n < 0:
        raise ValueError("n is negative; use cumsum for the opposite of a difference")
    if n == 0:
        return x
    if not shape:
        raise ValueError("a 0-d array has no neighbours; reshape it to one axis")
    axis = normalize_axis_index(axis, len(shape))
    parts = [_as_part(prepend, x, axis), x, _as_part(append, x, axis)]
    out = x if prepend is append is None else concatenate([part for part in parts if part is not None], axis)
    for _ in range(n):
        behind, before = section(out, axis, 1, None), section(out, axis, None, -1)
        out = not_equal(behind, before) if raw(out).dtype.kind == "b" else behind - before
    return out


def _as_part(value: Any, x: Any, axis: int) -> Any:
    """What is joined to x: a number is repeated, in one slice along the axis. One of Python's does not promote."""
    if value is None or np.ndim(raw(value)) > 0:
        return value
    shape = np.shape(raw(x))
    shape = (*shape[:axis], 1, *shape[axis + 1 :])
    return (
        broadcast_to(value, shape) if hasattr(value, "dtype") else np.full(shape, value, np.result_type(raw(x), value))
    )


@composite()
def ediff1d(x: Array, to_end: Array | None = None, to_begin: Array | None = None) -> Array:
    """Differences of neighbours in the flattened array.

    x: any shape; to_end, to_begin: what to put behind and before them, any shape. Returns one axis, in x's dtype.
    Raises TypeError for ends that do not go into it, such as fractions beside integers.

    >>> ediff1d(randn(3, 2))
    >>> ediff1d(randn(4), randn(2), randn())
    """
    before, behind = ([] if end is None else [end] for end in (to_begin, to_end))
    flat, *ends = map(ravel, numbers_as_arrays([x, *before, *behind]))
    ends = [_in_dtype_of(flat, end) for end in ends]
    return concatenate([*ends[: len(before)], flat[1:] - flat[:-1], *ends[len(before) :]])


def _in_dtype_of(x: Any, end: Any) -> Any:
    if not np.can_cast(end.dtype, x.dtype, "same_kind") and np.any(raw(end) != raw(end).astype(x.dtype)):
        raise TypeError(f"an end of {end.dtype} does not go into {x.dtype}; convert x with astype")
    return end.astype(x.dtype)


@composite()
def trapezoid(y: Array, x: Array | None = None, dx: float = 1.0, axis: int = -1) -> Array:
    """The integral along `axis` of the straight lines between samples.

    y: any shape with the axis; x: where the samples are, of y's shape or the length of the axis (None: `dx` apart).
    Returns y's shape without the axis.

    >>> trapezoid(randn(2, 3), dx=0.5)
    >>> trapezoid(randn(3, 2), randn(3), axis=0)
    """
    shape = np.shape(raw(y))
    axis = normalize_axis_index(axis, len(shape))
    if x is None:
        widths: Any = dx
    else:
        widths = diff(_lying_along(x, len(shape), axis), axis=0 if np.ndim(raw(x)) == 1 else axis - len(shape))
    return sum(widths * (section(y, axis, 1, None) + section(y, axis, None, -1)), axis) / 2


def _lying_along(x: Any, ndim: int, axis: int) -> Any:
    """One axis of numbers as the given one of several."""
    return reshape(x, (-1, *(1,) * (ndim - axis - 1))) if np.ndim(raw(x)) == 1 else x


@composite()
def gradient(x: Array, *spacing: Array, axis: int | tuple[int, ...] | None = None, edge_order: int = 1) -> Any:
    """The slope of samples along each axis: of the parabola through each one and its neighbours, NumPy's function.

    x: the samples, any shape. spacing: the distance of the samples, one for all axes or one for each; or their places,
    one axis of numbers. axis: one, several, or all for None. edge_order: at both ends the slope of the line (1) or of
    the parabola (2) through the nearest samples. Returns x's shape, or a tuple of such for several axes. Raises
    ValueError for axes shorter than ``edge_order + 1``, places of another length, and another edge_order, TypeError for
    another number of spacings.

    >>> gradient(randn(3, 4), 0.5)
    >>> gradient(randn(4), sort(randn(4)), axis=0, edge_order=2)
    """
    shape = np.shape(raw(x))
    axes = tuple(range(len(shape))) if axis is None else normalize_axis_tuple(axis, len(shape))
    if edge_order not in (1, 2):
        raise ValueError(f"edge_order is {edge_order}; it must be 1 or 2")
    spacing = spacing or (1.0,)
    if len(spacing) == 1 and np.ndim(raw(spacing[0])) == 0:
        spacing *= len(axes)
    if len(spacing) != len(axes):
        raise TypeError(f"{len(spacing)} spacings for {len(axes)} axes; give one for all, or one for each")
    slopes = tuple(_slope(x, h, a, shape, edge_order) for a, h in zip(axes, spacing, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(x: Any, spacing: Any, axis: int, shape: Lengths, edge_order: int) -> Any:
    """The slopes of parabolas through three neighbours, from the two lines between them.

    A parabola has, half-way between two samples, the slope of the line through them, and its slope changes evenly.
    """
    if shape[axis] <= edge_order:
        raise ValueError(f"axis {axis} has {shape[axis]} samples, edge_order={edge_order} needs one more than that")
    if np.shape(raw(spacing)) not in ((), (shape[axis],)):
        raise ValueError("the places of samples must be one axis of numbers, as many as there are samples")
    places = np.ndim(raw(spacing)) > 0
    widths = diff(_lying_along(spacing, len(shape), axis), axis=0) if places else spacing
    before, behind = (section(widths, 0, None, -1), section(widths, 0, 1, None)) if places else (widths, widths)
    x = x if raw(x).dtype.kind in "fc" else x * 1.0
    lines = diff(x, axis=axis) / widths
    change = diff(lines, axis=axis) / (before + behind)  # for each parabola, half of what its slope changes by in 1
    if places:
        middle = section(lines, axis, None, -1) + before * change
    else:  # what is half-way does not matter, however large
        middle = (section(x, axis, 2, None) - section(x, axis, None, -2)) / (2 * spacing)
    first, last = section(lines, axis, None, 1), section(lines, axis, -1, None)
    if edge_order == 2:
        first = first - (section(before, 0, None, 1) if places else before) * section(change, axis, None, 1)
        last = last + (section(behind, 0, -1, None) if places else behind) * section(change, axis, -1, None)
    return concatenate([first, middle, last], axis)
