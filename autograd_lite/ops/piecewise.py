"""Functions that look at neighbours along an axis: interpolation between points, and angles without jumps."""

from __future__ import annotations

from math import pi
from typing import Any

import numpy as np

from ..core import Array, composite, op, raw
from .elementwise import lerp, where
from .rounding import remainder
from .shape import concatenate, numbers_as_arrays


@composite()
def interp(
    x: Array,
    xp: Array,
    fp: Array,
    left: Array | None = None,
    right: Array | None = None,
    period: float | None = None,
) -> Array:
    """The function that goes straight from point to point ``(xp[i], fp[i])``, at `x`.

    x: real, any shape; xp: (n,), real, increasing; fp: (n,), also complex. left, right: scalars for x beyond the first
    and last point (None: fp[0], fp[-1]). period: of xp, which then may come in any order, and there is no beyond.
    Returns x's shape, in the dtype of the operands together. Raises ValueError for shapes that do not belong together,
    no points, an order that does not increase, or a period of 0, TypeError for complex x or xp. At a
    point the gradient for x is that of the piece to its right, at the last one that of the piece to its left; left and
    right get the gradient of what lies beyond.

    >>> interp(randn(3, 2), np.array([-1.0, 0.3, 0.9]) + 0.1 * tanh(randn(3)), randn(3))
    >>> interp(3 * randn(3), np.array([-1.0, 0.3, 0.9]), randn(3), randn(), randn())
    >>> interp(5 * randn(3), np.array([0.3, 2.9, 1.7]), randn(3), period=2.5)
    """
    x, xp, fp = numbers_as_arrays((x, xp, fp))
    _check_points(np.shape(raw(xp)), np.shape(raw(fp)), period)
    if period is not None:
        x, xp, fp = _periodic(x, xp, fp, abs(period))
    known, points = raw(x), np.asarray(raw(xp))
    if np.iscomplexobj(known) or np.iscomplexobj(points):
        raise TypeError("complex numbers have no order; x and xp must be real, only fp may be complex")
    if not (points[1:] >= points[:-1]).all():
        raise ValueError("xp must increase; sort the points, i = argsort(xp), and pass xp[i] and fp[i]")
    if len(points) == 1:  # a piece of no length
        xp, fp, points = xp[[0, 0]], fp[[0, 0]], points[[0, 0]]
    start = np.clip(np.searchsorted(points, known, side="right") - 1, 0, len(points) - 2)
    jump = points[start + 1] == points[start]  # at the last point only, and NaN; the value is that behind the jump
    share = where(jump, 1 + 0 * x, (x - xp[start]) / where(jump, 1, xp[start + 1] - xp[start]))
    inner = lerp(fp[start], fp[start + 1], share)
    inner = where(known < points[0], fp[0] if left is None else left, inner)
    return where(known > points[-1], fp[-1] if right is None else right, inner)


def _check_points(xp_shape: tuple[int, ...], fp_shape: tuple[int, ...], period: float | None) -> None:
    if len(xp_shape) != 1 or xp_shape != fp_shape or not xp_shape[0]:
        raise ValueError("xp and fp must have one axis and the same length, at least 1; reshape(-1) makes one axis")
    if period == 0:
        raise ValueError("a period of 0 repeats nothing; pass a positive one, or None")


def _periodic(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """`x` and `xp` in one period, in order; before the first point the last one, and the other way round."""
    x, xp = remainder(x, period), remainder(xp, period)
    order = np.argsort(raw(xp), kind="stable")
    xp, fp = xp[order], fp[order]
    return x, concatenate([xp[-1:] - period, xp, xp[:1] + period]), concatenate([fp[-1:], fp, fp[:1]])


@op(x=lambda g: g, branch=lambda x, out, period: np.rint((out - x) / period))
def unwrap(x: Array, discont: float | None = None, axis: int = -1, *, period: float = 2 * pi) -> Array:
    """`x` with whole periods added along an axis, so that no step is larger than half a period: angles without jumps.

    x: real, at least one axis. discont: only steps larger than this are mended (None or less than half a period: that).
    Returns the same shape. The gradient is 1: the periods that are added are constant, also where they jump.

    >>> unwrap(4 * randn(3, 2))
    >>> unwrap(4 * randn(3, 2), 3.0, 0, period=4.0)
    """
    return np.unwrap(x, discont, axis, period=period)
