"""Arrays in a frame: all of NumPy's modes of `pad` whose result is defined.

Constants and repeated elements are ops of their own, each beside its adjoint. The other modes go from axis to axis, as
NumPy does, and join x with the blocks before and after it: those of a later axis reach over the earlier frames.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, Handle, composite, op, raw
from ..kernels import padding as kernels
from ..kernels.padding import Widths
from . import reduction
from .elementwise import astype
from .indexing import check_fits
from .shape import broadcast_to, concatenate, copy, flip, section
from .statistics import median

# Each mode with the option that it takes, and what an option is if it is not given.
_MODES = {
    "constant": "constant_values",
    "edge": None,
    "linear_ramp": "end_values",
    "maximum": "stat_length",
    "mean": "stat_length",
    "median": "stat_length",
    "minimum": "stat_length",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    "wrap": None,
}
_DEFAULTS = {"constant_values": 0, "stat_length": None, "end_values": 0, "reflect_type": "even"}


@composite()
def pad(
    x: Array,
    pad_width: Any,
    mode: str = "constant",
    constant_values: Any = 0,
    stat_length: Any = None,
    end_values: Any = 0,
    reflect_type: str = "even",
) -> Array:
    """`x` with `pad_width` more elements before and after each axis.

    x: any shape. pad_width: one number, a pair (before, after), a pair for each axis, or a dictionary of these by axis.
    mode: what the new elements are, in NumPy's words: "constant" for `constant_values`; elements of x in "edge",
    "reflect", "symmetric" and "wrap"; "maximum", "mean", "median" or "minimum" of the `stat_length` elements (None:
    all) that are nearest; "linear_ramp" from the edge to `end_values`. These options are one value for all, a pair or
    a pair for each axis; a Tensor of constant or end values gets its gradient, too. reflect_type: "odd" for a
    reflection in the edge's value, ``2 * edge - x``. Returns x's shape with the lengths grown, in x's dtype. Raises
    ValueError for another mode (NumPy's "empty" has no values), an option that the mode does not have, and an empty
    axis that has nothing to repeat. Elements that tie for a maximum or minimum share its gradient equally.

    >>> pad(randn(3, 2), 1)
    >>> pad(randn(3, 2), ((0, 2), (1, 0)), "constant", ((-1.5, 1.0), (2.0, 0.5)))
    >>> pad(randn(3, 2), {-1: (4, 1)}, "reflect")
    >>> pad(randn(3, 2), ((1, 2), (3, 0)), "reflect", reflect_type="odd")
    >>> pad(distinct(3, 2), ((1, 1), (0, 2)), "maximum", stat_length=((2, 1), (1, 2)))
    >>> pad(distinct(3), 1, "median")
    >>> pad(randn(3, 2), ((1, 0), (2, 1)), "linear_ramp", end_values=((1.0, 2.0), (-1.0, 0.5)))
    """
    x = x if isinstance(x, Handle) else np.asarray(raw(x))
    widths = _widths(pad_width, x.ndim)
    option = _option(mode, (constant_values, stat_length, end_values, reflect_type))
    if not any(map(any, widths)):
        return copy(x)
    if x.dtype.kind not in "fc":
        return pad_integers(x, widths, mode, option)
    if mode == "constant":
        return pad_constant(x, _pairs(constant_values, x), widths)
    if any(n == 0 and sum(width) for n, width in zip(x.shape, widths, strict=True)):
        raise ValueError("an empty axis has no elements to repeat; use the mode constant")
    if mode in _STATISTICS:
        return _statistics(x, widths, _STATISTICS[mode], stat_length)
    if mode == "linear_ramp":
        return _ramps(x, widths, _pairs(end_values, x))
    return pad_repeated(x, widths, mode) if reflect_type == "even" else _reflected_oddly(x, widths, mode)


@op(
    x=lambda g, x_shape, pad_width: g[kernels.inner(x_shape, pad_width)],
    constant_values=lambda g, pad_width: frame_sums(g, pad_width),
)
def pad_constant(x: Array, constant_values: Array, pad_width: Widths) -> Array:
    """`x` in a frame of constants: those before and after it on each axis; the later axis fills the corners.

    x: any shape; constant_values: (axes of x, 2). Returns x's shape with the lengths grown.

    >>> pad_constant(randn(3, 2), randn(2, 2), ((1, 2), (0, 1)))
    """
    return kernels.pad_constant(x, pad_width, constant_values)


@op(g_out=lambda g, g_out_shape, pad_width: _only_frame(g, g_out_shape, pad_width))
def frame_sums(g_out: Array, pad_width: Widths) -> Array:
    """The sum over what lies before and after the inner part on each axis: the adjoint of `pad_constant` in its values.

    g_out: a padded array. Returns (axes, 2). Raises ValueError where it is smaller than its frame.

    >>> frame_sums(randn(4, 3), ((1, 2), (0, 1)))
    """
    if len(pad_width) != g_out.ndim or any(n < sum(width) for n, width in zip(g_out.shape, pad_width, strict=True)):
        raise ValueError("g_out must have an axis for each pair of widths, and be as long; look at what it belongs to")
    return kernels.frame_sums(g_out, pad_width)


def _only_frame(g: Any, shape: tuple[int, ...], widths: Widths) -> Any:
    inner = [length - sum(width) for length, width in zip(shape, widths, strict=True)]
    return pad_constant(np.zeros(inner, g.dtype), g, widths)


@op(x=lambda g, x_shape, pad_width, mode: unpad_repeated(g, x_shape, pad_width, mode))
def pad_repeated(x: Array, pad_width: Widths, mode: str) -> Array:
    """`x` in a frame of its own elements: the modes "edge", "reflect", "symmetric" and "wrap".

    x: any shape. Returns x's shape with the lengths grown.

    >>> pad_repeated(randn(3, 2), ((4, 1), (0, 2)), "wrap")
    """
    return kernels.pad_repeated(x, pad_width, mode)


@op(g_out=lambda g, pad_width, mode: pad_repeated(g, pad_width, mode))
def unpad_repeated(g_out: Array, shape: tuple[int, ...], pad_width: Widths, mode: str) -> Array:
    """A frame added to the elements that it repeats: the adjoint of `pad_repeated`.

    g_out: `shape` with the lengths grown. Returns `shape`. Raises ValueError for another shape.

    >>> unpad_repeated(randn(8, 4), (3, 2), ((4, 1), (0, 2)), "reflect")
    """
    if g_out.shape != tuple(n + sum(width) for n, width in zip(shape, pad_width, strict=True)):
        raise ValueError("g_out must have the padded shape; look at what it belongs to")
    return kernels.unpad_repeated(g_out, shape, pad_width, mode)


@op()
def pad_integers(x: Array, pad_width: Widths, mode: str, option: dict[str, Any]) -> Array:
    """`pad` of integers and booleans, rounded as NumPy does. Has no gradient.

    x: any shape. Returns x's shape with the lengths grown.

    >>> pad_integers(integers(9, 3, 2), ((1, 2), (0, 1)), "mean", {"stat_length": 2})
    """
    if any(isinstance(value, Handle) and value.node for value in option.values()):
        raise TypeError("x has integers, so that the gradient of the option would be lost; x.astype('float32')")
    return np.pad(x, pad_width, mode, **option)  # type: ignore[call-overload]  # one of those that it knows


# -- what the arguments mean -----------------------------------------------------------------------------------------


def _widths(pad_width: Any, ndim: int) -> Widths:
    """(before, after) for each axis."""
    if isinstance(pad_width, dict):
        by_axis = {normalize_axis_index(axis, ndim): width for axis, width in pad_width.items()}
        pad_width = [np.broadcast_to(by_axis.get(axis, 0), 2) for axis in range(ndim)]
    given = np.asarray(pad_width)
    if given.size and (given.dtype.kind not in "iu" or given.min() < 0):
        raise ValueError("pad_width must be whole numbers, none negative; pass (before, after) for each axis")
    return tuple((int(before), int(after)) for before, after in np.broadcast_to(given, (ndim, 2)))


def _option(mode: Any, options: tuple[Any, ...]) -> dict[str, Any]:
    """The option of the mode, by name. Raises ValueError for a mode that is not known, or if others are given."""
    if not isinstance(mode, str) or mode not in _MODES:
        raise ValueError(f"mode {mode!r} is not known; use one of {', '.join(_MODES)}")
    given = {name: value for name, value in zip(_DEFAULTS, options, strict=True) if value is not _DEFAULTS[name]}
    for name in given:
        if name != _MODES[mode]:
            raise ValueError(f"the mode {mode} has no {name}; leave it out or choose another mode")
    if given.get("reflect_type", "odd") not in ("even", "odd"):
        raise ValueError(f"reflect_type {given['reflect_type']!r} is not known; use even or odd")
    return given


def _pairs(values: Any, x: Any) -> Any:
    """(axes of x, 2) of values before and after each axis, in x's dtype."""
    check_fits(raw(values), x)
    values = values if isinstance(values, Handle) else np.asarray(values)
    values = values if values.dtype == x.dtype else astype(values, x.dtype)
    return broadcast_to(values, (x.ndim, 2))


def _lengths(stat_length: Any, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """How many elements before and after count on each axis; no more than there are."""
    if stat_length is None:
        return [(n, n) for n in shape]
    given = np.asarray(stat_length)
    if given.dtype.kind not in "iu" or given.min(initial=1) < 1:
        raise ValueError("stat_length must be whole numbers from 1; pass (before, after) for each axis")
    pairs = np.broadcast_to(given, (len(shape), 2))
    return [(min(n, int(before)), min(n, int(after))) for n, (before, after) in zip(shape, pairs, strict=True)]


# -- modes that compute ----------------------------------------------------------------------------------------------


def _statistics(x: Any, widths: Widths, statistic: Any, stat_length: Any) -> Any:
    for axis, (width, (left, right)) in enumerate(zip(widths, _lengths(stat_length, x.shape), strict=True)):
        if any(width):
            n = x.shape[axis]
            parts = ((0, left), (n - right, n))
            found = {part: statistic(section(x, axis, *part), axis, keepdims=True) for part in dict.fromkeys(parts)}
            before, after = (_widened(found[part], axis, w) for part, w in zip(parts, width, strict=True))
            x = concatenate((before, x, after), axis)
    return x


def _widened(x: Any, axis: int, width: int) -> Any:
    """A section of length 1 along the axis, as one of length `width`."""
    return broadcast_to(x, (*x.shape[:axis], width, *x.shape[axis + 1 :]))


def _ramps(x: Any, widths: Widths, ends: Any) -> Any:
    for axis, (before, after) in enumerate(widths):
        if before or after:
            n = x.shape[axis]
            rising = _ramp(section(x, axis, 0, 1), axis, ends[axis, 0], before)
            falling = _ramp(section(x, axis, n - 1, n), axis, ends[axis, 1], after)
            x = concatenate((rising, x, flip(falling, axis)), axis)
    return x


def _ramp(edge: Any, axis: int, end: Any, width: int) -> Any:
    """`width` values from the end on towards the edge, which is not reached."""
    share = np.arange(width, dtype=raw(edge).real.dtype) / max(width, 1)
    return end + (edge - end) * share.reshape(-1, *(1,) * (edge.ndim - axis - 1))


def _reflected_oddly(x: Any, widths: Widths, mode: str) -> Any:
    """The reflection turned over at the edge's value, ``2 * edge - x``; one pass reaches as far as x is long."""
    for axis, (before, after) in enumerate(widths):
        skip = int(mode == "reflect" and x.shape[axis] > 1)  # whether the edge itself is left out
        reach = x.shape[axis] - skip
        while before or after:
            left, right, n = min(before, reach), min(after, reach), x.shape[axis]
            left_part = 2 * section(x, axis, 0, 1) - flip(section(x, axis, skip, skip + left), axis)
            right_part = 2 * section(x, axis, n - 1, n) - flip(section(x, axis, n - skip - right, n - skip), axis)
            x = concatenate((left_part, x, right_part), axis)
            before, after = before - left, after - right
    return x


_STATISTICS = {"maximum": reduction.max, "mean": reduction.mean, "median": median, "minimum": reduction.min}
