"""Arrays joined and cut: stacks, blocks, sections, and parts put in or left out.

`concatenate`, `stack`, `split` and `unstack`, of which these consist, are in `shape`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import Array, Arrays, Handle, composite, op, raw
from ..kernels import shape as kernels
from ..nodes import raw_index
from .elementwise import astype
from .indexing import check_keeps_gradient, getitem
from .shape import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_to,
    concatenate,
    copy,
    moveaxis,
    numbers_as_arrays,
    ravel,
    reshape,
    split,
)

Cuts = int | tuple[int, ...]

# -- stacks --------------------------------------------------------------------------------------------------------


@composite()
def vstack(arrays: Arrays) -> Array:
    """Arrays one below the other, along axis 0; an array of one axis is a row.

    arrays: of the same shape but for the first axis. Returns that shape, with the lengths of that axis added up.

    >>> vstack([randn(2), randn(2, 2)])
    """
    return concatenate([atleast_2d(x) for x in numbers_as_arrays(arrays)])


@composite()
def hstack(arrays: Arrays) -> Array:
    """Arrays side by side, along axis 1, or along the only one they have.

    arrays: of the same shape but for that axis. Returns that shape, with the lengths of that axis added up.

    >>> hstack([randn(2, 1), randn(2, 2)])
    >>> hstack([randn(2), randn()])
    """
    joined: list[Any] = [atleast_1d(x) for x in numbers_as_arrays(arrays)]
    return concatenate(joined, axis=0 if joined and joined[0].ndim == 1 else 1)


@composite()
def dstack(arrays: Arrays) -> Array:
    """Arrays one behind the other, along axis 2; (n,) counts as (1, n, 1), and (n, m) as (n, m, 1).

    arrays: of the same shape but for the third axis. Returns that shape, with the lengths of that axis added up.

    >>> dstack([randn(2, 1), randn(2, 1, 2)])
    """
    return concatenate([atleast_3d(x) for x in numbers_as_arrays(arrays)], axis=2)


@composite()
def column_stack(arrays: Arrays) -> Array:
    """Columns side by side; an array of one axis is a column.

    arrays: (n,) or (n, m). Returns (n, number of columns).

    >>> column_stack([randn(2), randn(2, 2)])
    """
    columns = [x if np.ndim(raw(x)) > 1 else reshape(x, (-1, 1)) for x in numbers_as_arrays(arrays)]
    return concatenate(columns, axis=1)


@composite()
def block(arrays: Arrays) -> Array:
    """An array of blocks in nested lists: those of an innermost list are side by side, those lists one below the other.

    arrays: arrays in lists (or tuples) nested to one depth; the innermost lists join along the last axis, those around
    them along the one before, and so on; missing axes are put in front. Returns an array of all blocks. Raises
    ValueError for lists that are empty or nested unequally.

    >>> block([randn(2, 1), randn(2, 2)])
    """
    depth = _depth(arrays)
    if depth == 0:
        return copy(arrays)
    blocks = numbers_as_arrays(_leaves(arrays))
    return _assembled(arrays, iter(blocks), -depth, max(depth, *(np.ndim(raw(x)) for x in blocks)))


def _depth(part: Any) -> int:
    """How deep lists are nested."""
    if not isinstance(part, list | tuple):
        return 0
    depths = set(map(_depth, part))
    if len(depths) != 1:
        raise ValueError("lists of blocks must be nested equally deep, and none may be empty; put each row in a list")
    return 1 + depths.pop()


def _leaves(part: Any) -> list[Any]:
    return list(itertools.chain(*map(_leaves, part))) if isinstance(part, list | tuple) else [part]


def _assembled(part: Any, blocks: Iterator[Any], axis: int, ndim: int) -> Any:
    """The next of the blocks, as lists are nested in `part`, joined from `axis` on."""
    if isinstance(part, list | tuple):
        return concatenate([_assembled(inner, blocks, axis + 1, ndim) for inner in part], axis=axis)
    x = next(blocks)
    shape = np.shape(raw(x))
    return reshape(x, (1,) * (ndim - len(shape)) + shape)


@op(residuals=("places",), arrays=lambda g, i, places: g[places[i]])
def block_diag(*arrays: Array) -> Any:
    """A matrix with the arrays along its diagonal and zeros elsewhere.

    arrays: (..., n, m), whose leading axes broadcast; (m,) is one row, a number a matrix of one element. Returns
    (..., sum of the n, sum of the m). Raises ValueError if there are none.

    >>> block_diag(randn(2, 1), randn(2), randn())
    >>> block_diag(randn(2, 1, 2), randn(1, 2))
    """
    return kernels.block_diag(arrays)


# -- sections --------------------------------------------------------------------------------------------------------


@composite()
def array_split(x: Array, indices_or_sections: Cuts, axis: int = 0) -> tuple[Array, ...]:
    """Views of `x` as `split` cuts them, where so many parts need not be equal: the first are longer by one.

    x: at least one axis. Returns a tuple of arrays of x's shape but for the axis. Raises ValueError for less than one
    part.

    >>> array_split(randn(5, 2), 3)
    >>> array_split(randn(2, 5), (1, 3), axis=-1)
    """
    if np.ndim(indices_or_sections):
        return split(x, indices_or_sections, axis)
    parts, shape = int(indices_or_sections), np.shape(raw(x))  # type: ignore[arg-type]  # it has no axes
    if parts < 1:
        raise ValueError("there must be one part at least; pass a positive number")
    size, longer = divmod(shape[normalize_axis_index(axis, len(shape))], parts)
    return split(x, tuple(size * i + min(i, longer) for i in range(1, parts)), axis)


@composite()
def hsplit(x: Array, indices_or_sections: Cuts) -> tuple[Array, ...]:
    """Views of `x` that lie side by side: `split` along axis 1, or along the only one there is.

    x: at least one axis. Returns a tuple of arrays of x's shape but for the axis. Raises ValueError without axes.

    >>> hsplit(randn(2, 3), (1,))
    >>> hsplit(randn(4), 2)
    """
    _check_axes(x, 1)
    return split(x, indices_or_sections, axis=0 if np.ndim(raw(x)) == 1 else 1)


@composite()
def vsplit(x: Array, indices_or_sections: Cuts) -> tuple[Array, ...]:
    """Views of `x` that lie one below the other: `split` along axis 0.

    x: at least two axes. Returns a tuple of arrays of x's shape but for the axis. Raises ValueError for fewer axes.

    >>> vsplit(randn(4, 1), 2)
    """
    _check_axes(x, 2)
    return split(x, indices_or_sections)


@composite()
def dsplit(x: Array, indices_or_sections: Cuts) -> tuple[Array, ...]:
    """Views of `x` that lie one behind the other: `split` along axis 2.

    x: at least three axes. Returns a tuple of arrays of x's shape but for the axis. Raises ValueError for fewer axes.

    >>> dsplit(randn(1, 2, 3), (1,))
    """
    _check_axes(x, 3)
    return split(x, indices_or_sections, axis=2)


def _check_axes(x: Any, least: int) -> None:
    if np.ndim(raw(x)) < least:
        raise ValueError(f"x must have {least} axes or more; use split, which takes any axis, or reshape")


# -- parts put in or left out ------------------------------------------------------------------------------------------


@composite()
def append(x: Array, values: Array, axis: int | None = None) -> Array:
    """`values` behind `x` along an axis (None: both are flattened first).

    x, values: of the same shape but for the axis. Returns that shape, with the lengths along the axis added up.

    >>> append(randn(2), randn(1, 2))
    >>> append(randn(2, 1), randn(2, 2), axis=-1)
    """
    return concatenate(numbers_as_arrays((x, values)), axis=axis)


@composite()
def insert(x: Array, obj: Any, values: Array, axis: int | None = None) -> Array:
    """`x` with `values` put in before the positions `obj` of an axis (None: x is flattened first).

    x: any shape. obj: an integer, before which all values go, or integers, booleans or a slice, each of which gets one;
    values: broadcast to x's shape with one for each position. Returns x's shape with a longer axis, in x's dtype.
    Raises IndexError for positions that do not exist, TypeError where integers cannot hold values with a gradient.

    >>> insert(randn(3), 1, randn(2))
    >>> insert(randn(2, 3), [2, 0, -1], randn(2, 1), axis=1)
    """
    x, values = numbers_as_arrays((x, values))
    x, axis = (ravel(x), 0) if axis is None else (x, normalize_axis_index(axis, np.ndim(raw(x))))
    values, shape = _in_dtype(values, x), np.shape(raw(x))
    values = reshape(values, (1,) * (len(shape) - values.ndim) + values.shape)
    positions = _positions(obj, shape[axis])
    if positions.ndim == 0:  # as in x[..., obj] = values: what stands for this axis is the first axis of the values
        values = moveaxis(values, 0, axis)
    count = values.shape[axis] if positions.size == 1 else positions.size
    values = broadcast_to(values, (*shape[:axis], count, *shape[axis + 1 :]))
    places = np.insert(np.arange(shape[axis]), positions, np.arange(shape[axis], shape[axis] + count))
    return getitem(concatenate([x, values], axis), (*(slice(None),) * axis, places))


def _positions(obj: Any, length: int) -> np.ndarray[Any, Any]:
    """The integers that are meant by an integer, integers, booleans or a slice."""
    positions = np.arange(*obj.indices(length)) if isinstance(obj, slice) else np.asarray(raw_index(obj))
    if positions.dtype == bool:
        return np.flatnonzero(positions)
    return positions if positions.size else positions.astype(np.intp)


def _in_dtype(values: Any, x: Any) -> Any:
    """`values` in the dtype of `x`. Raises TypeError if integers would lose a gradient."""
    check_keeps_gradient(x, values)
    dtype = np.result_type(raw(x))
    return values if values.dtype == dtype else astype(values, dtype)


@composite()
def delete(x: Array, obj: Any, axis: int | None = None) -> Array:
    """`x` without the positions `obj` of an axis (None: x is flattened first).

    x: any shape. obj: an integer, integers, booleans or a slice. Returns x's shape with a shorter axis. Raises
    IndexError for positions that do not exist. What is left out gets no gradient.

    >>> delete(randn(2, 2), 1)
    >>> delete(randn(2, 4), [0, -2], axis=-1)
    """
    x, axis = (ravel(x), 0) if axis is None else (x, normalize_axis_index(axis, np.ndim(raw(x))))
    keep = np.zeros(np.shape(raw(x))[axis], bool)
    keep[np.delete(np.arange(len(keep)), raw_index(obj))] = True
    return getitem(x, (*(slice(None),) * axis, keep))


@composite()
def trim_zeros(x: Array, trim: str = "fb", axis: int | tuple[int, ...] | None = None) -> Array:
    """`x` without the slices of zeros at the ends of the axes (None: of all); a view.

    x: any shape. trim: "f" for zeros in front, "b" for those behind, "fb" for both. Returns x's shape with shorter
    axes, none at all where all is zero. Raises ValueError for another `trim`. The zeros left out get no gradient.

    >>> trim_zeros(randn(2, 2))
    >>> trim_zeros(randn(3), "b", -1)
    """
    if not isinstance(trim, str) or trim.lower() not in ("f", "b", "fb", "bf"):
        raise ValueError(f"trim {trim!r} is not known; use f, b or fb")
    x = x if isinstance(x, Handle) else np.asarray(raw(x))
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    places = np.argwhere(raw(x))
    if not len(places):
        return getitem(x, tuple(slice(0) if i in axes else slice(None) for i in range(x.ndim)))
    first, last = places.min(axis=0).tolist(), places.max(axis=0).tolist()
    starts = [first[i] if i in axes and "f" in trim.lower() else None for i in range(x.ndim)]
    stops = [last[i] + 1 if i in axes and "b" in trim.lower() else None for i in range(x.ndim)]
    return getitem(x, tuple(map(slice, starts, stops)))
