"""Operations that rearrange elements and compute nothing. Most give views, at no cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, Arrays, op
from ..kernels import shape as kernels
from .indexing import scatter_at

Shape = int | tuple[int, ...]


@op(x=lambda g, x_shape: reshape(g, x_shape))
def reshape(x: Array, shape: Shape) -> Array:
    """The same elements, in row-major order, in another shape; one length may be -1, which is computed.

    x: any shape. Returns `shape`.

    >>> reshape(randn(3, 2), (2, -1))
    """
    return np.asarray(x).reshape(shape)


@op(x=lambda g, axes: transpose(g, None if axes is None else tuple(int(i) for i in np.argsort(_positive(axes)))))
def transpose(x: Array, axes: tuple[int, ...] | None = None) -> Array:
    """Axes in another order: ``axes[i]`` says which axis comes i-th (None: reversed).

    x: any shape. Returns x's lengths in the new order.

    >>> transpose(randn(3, 2))
    >>> transpose(randn(3, 2, 4), (1, -1, 0))
    """
    return np.asarray(x).transpose(axes)


def _positive(axes: tuple[int, ...]) -> list[int]:
    return [axis % len(axes) for axis in axes]


@op(x=lambda g, axis1, axis2: swapaxes(g, axis1, axis2))
def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Two axes exchanged.

    x: any shape. Returns x's lengths with the two exchanged.

    >>> swapaxes(randn(3, 2, 4), 0, -1)
    """
    return np.asarray(x).swapaxes(axis1, axis2)


@op(x=lambda g: g)
def broadcast_to(x: Array, shape: Shape) -> Array:
    """`x` repeated along new axes and along those of length 1; a large result takes no memory.

    x: a shape that broadcasts to `shape`. Returns `shape`.

    >>> broadcast_to(randn(3, 1), (2, 3, 4))
    """
    return kernels.broadcast_to(np.asarray(x), shape)


@op(x=lambda g, x_shape: reshape(g, x_shape))
def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    """New axes of length 1, at the positions `axis` of the result.

    x: any shape. Returns x's shape with the new axes.

    >>> expand_dims(randn(3, 2), (0, -1))
    """
    return np.expand_dims(x, axis)


@op(x=lambda g, x_shape: reshape(g, x_shape))
def squeeze(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """Without the axes of length 1 (all of them for None).

    x: any shape. Returns x's shape without them.

    >>> squeeze(randn(3, 1, 2))
    >>> squeeze(randn(1, 3, 1), axis=-1)
    """
    return np.squeeze(x, axis)


@op(x=lambda g, axis: flip(g, axis))
def flip(x: Array, axis: int | tuple[int, ...] | None = None) -> Array:
    """Elements in reverse order along `axis` (along all for None).

    x: any shape. Returns the same shape.

    >>> flip(randn(3, 2))
    >>> flip(randn(3, 2), axis=0)
    """
    return np.flip(x, axis)


# -- joining and taking apart ------------------------------------------------------------------------------------


@op(arrays=lambda g, i, arrays_shape, axis: _section(g, i, arrays_shape, axis))
def concatenate(arrays: Arrays, axis: int | None = 0) -> Array:
    """Arrays joined along an axis that they have (None: flattened first).

    arrays: of the same shape but for that axis. Returns that shape, with the lengths along the axis added up.

    >>> concatenate([randn(3, 2), randn(1, 2)])
    >>> concatenate((randn(3, 2), randn(3, 1)), axis=-1)
    >>> concatenate([randn(3), randn(1, 2)], axis=None)
    """
    return np.concatenate(arrays, axis=axis)


def _section(g: Any, i: int, shapes: tuple[tuple[int, ...], ...], axis: int | None) -> Any:
    """The part of the gradient that belongs to the i-th of the joined arrays."""
    sizes = [int(np.prod(shape)) if axis is None else shape[axis] for shape in shapes]
    start = int(np.sum(sizes[:i], dtype=int))
    before = (slice(None),) * ((axis or 0) % len(shapes[i]) if shapes[i] else 0)
    part = g[(*before, slice(start, start + sizes[i]))]
    return part if axis is not None else reshape(part, shapes[i])


@op(arrays=lambda g, i, axis: g[(slice(None),) * (axis % g.ndim) + (i,)])
def stack(arrays: Arrays, axis: int = 0) -> Array:
    """Arrays of one shape side by side along a new axis.

    arrays: all of one shape. Returns that shape with a new axis, at position `axis`, as long as there are arrays.

    >>> stack([randn(3, 2), randn(3, 2)])
    >>> stack([randn(3, 2), randn(3, 2)], axis=-1)
    """
    return np.stack(arrays, axis=axis)


@op(outputs=(), x=lambda g, axis: concatenate(g, axis))
def split(x: Array, indices_or_sections: int | tuple[int, ...], axis: int = 0) -> tuple[Array, ...]:
    """Views of `x` cut along `axis` into so many equal parts, or before each of the given positions.

    x: any shape. Returns a tuple of arrays of x's shape but for the axis.

    >>> split(randn(4, 2), 2)
    >>> split(randn(2, 5), (1, 3), axis=-1)
    """
    return kernels.split(x, indices_or_sections, axis)


@op(outputs=(), x=lambda g, axis: stack(g, axis))
def unstack(x: Array, axis: int = 0) -> tuple[Array, ...]:
    """The slices of `x` along `axis`, without that axis; iterating over a tensor gives these.

    x: at least one axis. Returns a tuple of arrays of x's shape without the axis.

    >>> unstack(randn(3, 2))
    >>> unstack(randn(3, 2), axis=-1)
    """
    if np.ndim(x) == 0:
        raise TypeError("a 0-d array has no axis to take apart; use x.item() or x.reshape(1)")
    return tuple(np.moveaxis(x, axis, 0))


@op(x=lambda g, x_shape, pad_width, mode: _unpadded(g, x_shape, pad_width, mode))
def pad(x: Array, pad_width: Any, mode: str = "constant", constant_values: float = 0) -> Array:
    """`x` with `pad_width` more elements before and after each axis.

    x: any shape. pad_width: one number, a pair (before, after), or a pair for each axis, as in NumPy. mode: what the
    new elements are, in NumPy's words: "constant" for `constant_values`, or elements of x, "edge", "reflect",
    "symmetric" or "wrap". Returns x's shape with the lengths grown. Raises ValueError for another mode.

    >>> pad(randn(3, 2), 1)
    >>> pad(randn(3, 2), ((0, 2), (1, 0)), "constant", -1.5)
    >>> pad(randn(3, 2), (4, 1), "reflect")
    """
    if mode == "constant":
        return np.pad(x, pad_width, "constant", constant_values=constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"mode {mode!r} is not known; use constant, edge, reflect, symmetric or wrap")
    return np.pad(x, pad_width, mode)  # type: ignore[call-overload]  # one of those that it knows


def _unpadded(g: Any, shape: tuple[int, ...], pad_width: Any, mode: str) -> Any:
    """The gradient of x: that of its own place, and of all the places where one of its elements was repeated."""
    widths = [(int(before), int(after)) for before, after in np.broadcast_to(np.asarray(pad_width), (len(shape), 2))]
    if mode == "constant":
        return g[tuple(slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True))]
    # These modes treat one axis after the other, so that padded positions say where each element comes from.
    sources = [np.pad(np.arange(n), width, mode) for n, width in zip(shape, widths, strict=True)]  # type: ignore[call-overload]
    return scatter_at(g, np.ix_(*sources), shape)
