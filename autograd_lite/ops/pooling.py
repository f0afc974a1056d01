"""Pooling in one, two and three dimensions: of each window the largest pixel, the mean, or a norm.

The functions of one, two and three dimensions differ in the number of axes alone, which the operations are given. A
maximum is a *take* at saved places; its adjoint, a *scatter*, is an operation, too. A mean is a sum over windows,
whose adjoint adds each number to the pixels of its window.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from ..core import Array, Handle, op
from ..kernels import pooling as kernels
from ..kernels.windows import Lengths, Windows
from .comparison import equal
from .elementwise import abs, power, where
from .indexing import getitem, setitem
from .shape import reshape
from .windows import Numbers, both_sides, by, check_axes, check_fit, check_pixels, for_axes

Sizes = int | tuple[int | None, ...] | None

# -- maximum -----------------------------------------------------------------------------------------------------


def max_pool1d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element in each window of sequences (N, C, L): `max_pool2d` in one dimension."""
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest pixel in each window of images; NaN if one is.

    x: real, (N, C, H, W). Returns (N, C, rows, columns), where along each axis
    ``rows = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``; with return_indices also where in its
    image each of them is, counted row by row, int64: what `max_unpool2d` takes.
    kernel_size, stride, padding, dilation: a number or (rows, columns). stride: None is the kernel's size. padding: at
    most half of the kernel's reach; it never is the largest. ceil_mode: rounds up instead, so that pixels that are left
    over have a window, which must begin on the image or in the padding before it. At a tie the gradient goes to the
    first pixel, row by row.
    Raises ValueError for other axes, too much padding, and an empty result; TypeError for complex numbers and booleans.
    """
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element in each window of volumes (N, C, D, H, W): `max_pool2d` in three dimensions."""
    return _max_pool(3, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max_pool(axes: int, x: Any, *settings: Any) -> Any:
    out = max_pool(x, axes, *settings[:-1])
    return (out, max_pool_indices(x, axes, *settings[:-1])) if settings[-1] else out


@op(
    residuals=("winners", "windows"),
    x=lambda g, x_shape, winners, windows: scatter_windows(g, winners, x_shape[2:], windows),
    branch=lambda winners: winners,
)
def max_pool(
    x: Array,
    axes: int,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
) -> Array:
    """The largest element in each window of images with so many axes; see `max_pool2d` for arguments and errors.

    x: real, (N, C, *size). Returns (N, C, *counts). At a tie in a window the gradient goes to the first element.

    >>> max_pool(distinct(2, 2, 4, 5), 2, 2)
    >>> max_pool(distinct(1, 2, 5, 6), 2, (3, 2), (1, 2), (1, 0), (1, 2))
    >>> max_pool(distinct(2, 1, 6), 1, 3, 2, 1, ceil_mode=True)
    >>> max_pool(distinct(1, 2, 2, 4, 3), 3, 2, 1)
    """
    _check_real(x)
    windows = _windows(axes, np.shape(x), kernel_size, stride, padding, dilation, ceil_mode)
    out, winners = kernels.max_pool(x, windows)
    return out, winners, windows


@op()
def max_pool_indices(
    x: Array,
    axes: int,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
) -> Array:
    """Where in its image the largest element of each window is, counted row by row. Has no gradient.

    x and the other arguments: as for `max_pool`. Returns int64, (N, C, *counts).

    >>> max_pool_indices(distinct(1, 2, 5, 6), 2, (3, 2), (1, 2), (1, 0), (1, 2), True)
    """
    _check_real(x)
    windows = _windows(axes, np.shape(x), kernel_size, stride, padding, dilation, ceil_mode)
    _, winners = kernels.max_pool(x, windows)
    return kernels.places(winners, x.shape[2:], windows)


@op(x=lambda g, x_shape, winners, windows: scatter_windows(g, winners, x_shape[2:], windows))
def take_windows(x: Array, winners: Array, windows: Windows) -> Array:
    """From each window the pixel under one tap: `max_pool` with the choice already made.

    x: (N, C, *size); winners: (N, C, *counts), the number of a tap for each window, row by row; 0 where it lies in the
    padding. Returns the shape of the winners. Raises ValueError for shapes that do not belong together.

    >>> take_windows(randn(2, 2, 4, 5), integers(4, 2, 2, 2, 2), ((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)))
    >>> take_windows(randn(1, 2, 5, 6), integers(6, 1, 2, 5, 2), ((3, 2), (1, 2), ((1, 1), (0, 0)), (1, 2)))
    """
    windows = Windows(*windows)
    _check_pooled("winners", winners, x.shape, windows)
    return kernels.take(x, winners, windows)


@op(g_out=lambda g, winners, windows: take_windows(g, winners, windows))
def scatter_windows(g_out: Array, winners: Array, size: Lengths, windows: Windows) -> Array:
    """Images of zeros with each window's number added at the pixel it chose: the adjoint of `take_windows`.

    g_out, winners: (N, C, *counts). Returns (N, C, *size). Raises ValueError for shapes that do not belong together.

    >>> scatter_windows(randn(2, 2, 2, 2), integers(4, 2, 2, 2, 2), (4, 5), ((2, 2), (2, 2), ((0, 0),) * 2, (1, 1)))
    >>> scatter_windows(randn(1, 2, 5, 2), integers(6, 1, 2, 5, 2), (5, 6), ((3, 2), (1, 2), ((1, 1), (0, 0)), (1, 2)))
    """
    windows = Windows(*windows)
    shape = (*np.shape(g_out)[:2], *size)
    _check_pooled("g_out", g_out, shape, windows)
    _check_pooled("winners", winners, shape, windows)
    return kernels.scatter(g_out, winners, size, windows)


# -- unpooling ---------------------------------------------------------------------------------------------------


def max_unpool1d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: tuple[int, ...] | None = None,
) -> Any:
    """Sequences (N, C, L) of zeros with maxima put back where they were: `max_unpool2d` in one dimension."""
    return _max_unpool(1, x, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: tuple[int, ...] | None = None,
) -> Any:
    """Images of zeros with maxima put back where they were.

    x: (N, C, rows, columns); indices: integers of that shape, as `max_pool2d` returns them with return_indices=True.
    Returns (N, C, H, W), along each axis ``H = (rows - 1) * stride - 2 * padding + kernel_size``, or the sizes, or the
    whole shape, in output_size. Where an index repeats, the last number stays and gets the gradient.
    Raises ValueError for other shapes, and indices beside the image.
    """
    return _max_unpool(2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    x: Any,
    indices: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    output_size: tuple[int, ...] | None = None,
) -> Any:
    """Volumes (N, C, D, H, W) of zeros with maxima put back where they were: `max_unpool2d` in three dimensions."""
    return _max_unpool(3, x, indices, kernel_size, stride, padding, output_size)


def _max_unpool(axes: int, x: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    title, shape, places = f"max_unpool{axes}d", x.shape, _plain(indices)
    check_axes(f"{title}: x", len(shape), axes)
    if places.dtype.kind not in "iu":
        raise TypeError(f"{title}: indices are {places.dtype}; pass what max_pool{axes}d returns, or .astype(int)")
    if places.shape != shape:
        raise ValueError(f"{title}: indices have shape {places.shape}, x has {shape}; pass one for each number")
    kernel = for_axes(f"{title}: kernel_size", kernel_size, axes)
    steps = kernel if stride is None else for_axes(f"{title}: stride", stride, axes)
    size = Windows.of(kernel, steps, both_sides(padding, axes)).covered(shape[2:])
    if output_size is not None:
        last = tuple(output_size)[-axes:] if isinstance(output_size, Sequence) else output_size
        size = for_axes(f"{title}: output_size", last, axes)
    if places.size and not 0 <= places.min() <= places.max() < math.prod(size):
        raise ValueError(
            f"{title}: indices run from {places.min()} to {places.max()}, images of {by(size)} have {math.prod(size)}"
            " pixels; pass output_size=, the size of what was pooled"
        )
    zeros = np.zeros((shape[0] * shape[1], math.prod(size)), x.dtype)
    placed = setitem(zeros, _flat(places), reshape(x, (len(zeros), math.prod(shape[2:]))))
    return reshape(placed, (*shape[:2], *size))


def _flat(indices: Any) -> tuple[Any, Any]:
    """The index that picks pixels out of images laid flat, (N * C, pixels), for indices (N, C, *counts)."""
    images = math.prod(indices.shape[:2])
    return np.arange(images)[:, None], indices.reshape(images, math.prod(indices.shape[2:]))


# -- average -----------------------------------------------------------------------------------------------------


def avg_pool1d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:
    """The mean of each window of sequences (N, C, L): `avg_pool2d` in one dimension."""
    return avg_pool(x, 1, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool2d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:
    """The mean of each window of images.

    x: (N, C, H, W). Returns (N, C, rows, columns), as many as `max_pool2d`, whose arguments these are.
    count_include_pad: whether the padding counts, as zeros; what ceil_mode adds to it never does. divisor_override:
    what the sum is divided by instead of the number of pixels. Raises ValueError for other axes, too much padding, a
    divisor of 0, and an empty result.
    """
    return avg_pool(x, 2, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    x: Any,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Any:
    """The mean of each window of volumes (N, C, D, H, W): `avg_pool2d` in three dimensions."""
    return avg_pool(x, 3, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


@op(
    residuals=("divisors", "windows"),
    x=lambda g, x_shape, divisors, windows: spread_windows(g / divisors, x_shape[2:], windows),
)
def avg_pool(
    x: Array,
    axes: int,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: float | None = None,
) -> Array:
    """The mean of each window of images with so many axes; see `avg_pool2d` for arguments and errors.

    x: (N, C, *size). Returns (N, C, *counts).

    >>> avg_pool(randn(2, 2, 4, 5), 2, 2)
    >>> avg_pool(randn(1, 2, 5, 6), 2, (3, 2), (1, 2), (1, 0), False, False)
    >>> avg_pool(randn(2, 1, 6), 1, 3, 2, 1, True)
    >>> avg_pool(randn(1, 2, 2, 4, 3), 3, 2, 1, divisor_override=3)
    """
    x = _inexact(x)
    windows = _windows(axes, x.shape, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise ValueError("divisor_override is 0; pass another number, or None for the number of pixels")
    counted = both_sides(padding, axes) if count_include_pad else ((0, 0),) * axes
    divisors: Any = divisor_override or kernels.divisors(x.shape[2:], windows, counted)
    divisors = divisors.astype(x.dtype) if isinstance(divisors, np.ndarray) else divisors
    return kernels.add_up(x, windows, divisors), divisors, windows


@op(x=lambda g, x_shape, windows: spread_windows(g, x_shape[2:], windows))
def sum_windows(x: Array, windows: Windows) -> Array:
    """The sum of each window.

    x: (N, C, *size). Returns (N, C, *counts).

    >>> sum_windows(randn(1, 2, 5, 6), ((3, 2), (1, 2), ((1, 1), (0, 0)), (1, 1)))
    """
    return kernels.add_up(x, Windows(*windows))


@op(g_out=lambda g, windows: sum_windows(g, windows))
def spread_windows(g_out: Array, size: Lengths, windows: Windows) -> Array:
    """Images in which each window's number is added to its pixels: the adjoint of `sum_windows`.

    g_out: (N, C, *counts). Returns (N, C, *size). Raises ValueError for shapes that do not belong together.

    >>> spread_windows(randn(2, 2, 2, 2), (4, 5), ((2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1)))
    >>> spread_windows(randn(1, 2, 5, 3), (5, 6), ((3, 2), (1, 2), ((1, 1), (0, 0)), (1, 1)))
    """
    windows = Windows(*windows)
    _check_pooled("g_out", g_out, (*np.shape(g_out)[:2], *size), windows)
    return kernels.spread(g_out, size, windows)


# -- norms -------------------------------------------------------------------------------------------------------


def lp_pool1d(
    x: Any, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Any:
    """``sum(x**p) ** (1 / p)`` of each window of sequences (N, C, L): `lp_pool2d` in one dimension."""
    return _lp_pool(1, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    x: Any, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Any:
    """``sum(x**p) ** (1 / p)`` of each window of images, with p = norm_type.

    x: (N, C, H, W); for p that is odd or no integer, pass ``abs(x)`` where x may be negative. norm_type: positive; for
    infinity, the largest of ``abs(x)``. Returns (N, C, rows, columns), as many as `max_pool2d`. Where the sum is 0, so
    is the gradient (unless p is 1). As in PyTorch, a window that ceil_mode lets reach over the edge counts its mean as
    often as a full one. Raises ValueError as `avg_pool2d`, and for a p that is not positive.
    """
    return _lp_pool(2, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    x: Any, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False
) -> Any:
    """``sum(x**p) ** (1 / p)`` of each window of volumes (N, C, D, H, W): `lp_pool2d` in three dimensions."""
    return _lp_pool(3, x, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(axes: int, x: Any, p: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    title = f"lp_pool{axes}d"
    if not isinstance(p, Real) or not p > 0:
        raise ValueError(f"{title}: norm_type is {p!r}; pass a positive number")
    if p == math.inf:
        return max_pool(abs(x), axes, kernel_size, stride, 0, 1, ceil_mode)
    taps = math.prod(for_axes(f"{title}: kernel_size", kernel_size, axes))
    sums = avg_pool(power(x, p), axes, kernel_size, stride, 0, ceil_mode) * taps
    if p == 1:
        return sums
    zero = equal(sums, 0)
    return where(zero, 0 * sums, power(where(zero, 1 + 0 * sums, sums), 1 / p))  # no root, and no slope, of 0


# -- adaptive ----------------------------------------------------------------------------------------------------


def adaptive_avg_pool1d(x: Any, output_size: Sizes) -> Any:
    """The means of so many bins of sequences (N, C, L): `adaptive_avg_pool2d` in one dimension."""
    return adaptive_avg_pool(x, 1, output_size)


def adaptive_avg_pool2d(x: Any, output_size: Sizes) -> Any:
    """The means of so many bins as evenly as they may divide images; ``adaptive_avg_pool2d(x, 1)`` is global pooling.

    x: (N, C, H, W). output_size: a number or (rows, columns), None for as many as there are pixels. Returns
    (N, C, rows, columns). Bin i of a row of H pixels begins at ``floor(i * H / rows)`` and ends before
    ``ceil((i + 1) * H / rows)``. Raises ValueError for other axes and images without pixels.
    """
    return adaptive_avg_pool(x, 2, output_size)


def adaptive_avg_pool3d(x: Any, output_size: Sizes) -> Any:
    """The means of so many bins of volumes (N, C, D, H, W): `adaptive_avg_pool2d` in three dimensions."""
    return adaptive_avg_pool(x, 3, output_size)


@op(x=lambda g, x_shape: spread_bins(g, x_shape[2:]))
def adaptive_avg_pool(x: Array, axes: int, output_size: Sizes) -> Array:
    """The means of bins of images with so many axes; see `adaptive_avg_pool2d` for arguments and errors.

    x: (N, C, *size). Returns (N, C, *output_size).

    >>> adaptive_avg_pool(randn(2, 2, 5, 4), 2, (3, None))
    >>> adaptive_avg_pool(randn(1, 2, 3, 4, 2), 3, 2)
    """
    x = _inexact(x)
    return kernels.average_bins(x, _bin_counts(axes, x.shape, output_size))


@op(g_out=lambda g, g_out_shape: adaptive_avg_pool(g, len(g_out_shape) - 2, g_out_shape[2:]))
def spread_bins(g_out: Array, size: Lengths) -> Array:
    """Images in which each bin's number is shared out among its pixels: the adjoint of `adaptive_avg_pool`.

    g_out: (N, C, *bins). Returns (N, C, *size). Raises ValueError where there is no bin, or another number of axes.

    >>> spread_bins(randn(2, 2, 3, 2), (5, 4))
    """
    _bin_counts(len(size), g_out.shape, tuple(size))  # there are pixels, and as many axes
    return kernels.spread_bins(g_out, size)


def adaptive_max_pool1d(x: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of so many bins of sequences (N, C, L): `adaptive_max_pool2d` in one dimension."""
    return _adaptive_max_pool(1, x, output_size, return_indices)


def adaptive_max_pool2d(x: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest pixels of so many bins as evenly as they may divide images; NaN if one is.

    x: real, (N, C, H, W). Bins, output_size and errors: as for `adaptive_avg_pool2d`. Returns (N, C, rows, columns);
    with return_indices also where in its image each of them is, counted row by row, int64. At a tie the gradient goes
    to the first pixel.
    """
    return _adaptive_max_pool(2, x, output_size, return_indices)


def adaptive_max_pool3d(x: Any, output_size: Sizes, return_indices: bool = False) -> Any:
    """The largest elements of so many bins of volumes (N, C, D, H, W): `adaptive_max_pool2d` in three dimensions."""
    return _adaptive_max_pool(3, x, output_size, return_indices)


def _adaptive_max_pool(axes: int, x: Any, output_size: Sizes, return_indices: bool) -> Any:
    indices = adaptive_max_indices(x, axes, output_size)
    places = _plain(indices)
    flat = reshape(x, (math.prod(x.shape[:2]), math.prod(x.shape[2:])))
    out = reshape(getitem(flat, _flat(places)), places.shape)
    return (out, indices) if return_indices else out


@op()
def adaptive_max_indices(x: Array, axes: int, output_size: Sizes) -> Array:
    """Where in its image the largest element of each bin is, counted row by row. Has no gradient.

    x: real, (N, C, *size). output_size: as for `adaptive_avg_pool2d`. Returns int64, (N, C, *output_size).

    >>> adaptive_max_indices(distinct(2, 2, 5, 4), 2, (3, None))
    """
    _check_real(x)
    return kernels.largest_in_bins(x, _bin_counts(axes, x.shape, output_size))


def _bin_counts(axes: int, shape: tuple[int, ...], output_size: Any) -> Lengths:
    """The number of bins along each axis."""
    check_axes("x", len(shape), axes)
    check_pixels(shape[2:])
    wanted = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,) * axes
    if len(wanted) == axes:
        wanted = tuple(length if count is None else count for length, count in zip(shape[2:], wanted, strict=True))
    return for_axes("output_size", wanted, axes)


# -- across channels ---------------------------------------------------------------------------------------------


def maxout(x: Any, pieces: int, axis: int = 1) -> Any:
    """The largest of each `pieces` neighbours along an axis, which becomes so many times as short.

    Goodfellow et al., 2013. x: real, any shape. Returns x's shape with ``x.shape[axis] / pieces`` along the axis. At a
    tie the gradient goes to the first. Raises ValueError for a length that pieces does not divide.
    """
    shape = x.shape
    axis = axis + len(shape) if axis < 0 else axis
    if not 0 <= axis < len(shape):
        raise ValueError(f"maxout: x with {len(shape)} axes has no axis {axis}; pass one of its axes")
    if pieces < 1 or shape[axis] % pieces:
        raise ValueError(f"maxout: {pieces} pieces do not divide {shape[axis]} channels; pass a divisor of that number")
    channels, inner = shape[axis], math.prod(shape[axis + 1 :])
    images = reshape(x, (math.prod(shape[:axis]), 1, channels, inner))
    return reshape(max_pool2d(images, (pieces, 1)), (*shape[:axis], channels // pieces, *shape[axis + 1 :]))


# -- windows -----------------------------------------------------------------------------------------------------


def _windows(
    axes: int, shape: tuple[int, ...], kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> Windows:
    """How windows move over images of this shape; ValueError if they cannot."""
    check_axes("x", len(shape), axes)
    kernel, around = for_axes("kernel_size", kernel_size, axes), both_sides(padding, axes)
    steps = kernel if stride is None else for_axes("stride", stride, axes)
    windows = Windows.of(kernel, steps, around, for_axes("dilation", dilation, axes))
    for reach, sides in zip(windows.span, around, strict=True):
        if 2 * max(sides) > reach:
            raise ValueError(f"padding {max(sides)} is more than half of the kernel's size {reach}; use less")
    windows = windows.to_the_end(shape[2:]) if ceil_mode else windows
    check_fit(shape[2:], windows)
    return windows


def _check_pooled(name: str, pooled: Any, x_shape: tuple[int, ...], windows: Windows) -> None:
    """ValueError unless `pooled` has one number for each window."""
    expected = (*x_shape[:2], *windows.counts(x_shape[2:]))
    if np.shape(pooled) != expected:
        raise ValueError(f"{name} has shape {np.shape(pooled)}, there are {expected} windows; pass one of that shape")


def _check_real(x: Any) -> None:
    if np.result_type(x).kind not in "iuf":
        raise TypeError("only real numbers have a largest one; pool ag.abs(x) or the real part, or convert booleans")


def _plain(indices: Any) -> Any:
    """The array of a Tensor of integers, or of a list."""
    return indices.data if isinstance(indices, Handle) else np.asarray(indices)


def _inexact(x: Any) -> Any:
    """x, as float64 if it has integers: their mean is none."""
    return x if x.dtype.kind in "fc" else x.astype(np.float64)
