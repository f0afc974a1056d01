"""Convolution in one, two and three dimensions: one trilinear form, three operations each.

``sum(g * conv2d(x, weight))`` is linear in `x`, in `weight` and in `g`. `conv2d` is its derivative by g,
`conv_transpose2d` the one by x, `conv2d_weight` the one by the weight; so the derivatives of each of the three are the
other two, and every order of derivative is there. Filters are correlated with the image, not turned round, as in
PyTorch; ``conv2d(x, flip(weight, (2, 3)))`` is the convolution of mathematics.

The operations of one, two and three dimensions differ in their names alone: they share their formulas (`CORRELATION`,
`TRANSPOSED`, `FILTER_GRADIENT`), which find the siblings in `FAMILIES`, and their forwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core import Array, op
from ..kernels import conv as kernels
from ..kernels.windows import Lengths, Padding, Windows
from .reduction import sum
from .windows import Numbers, both_sides, by, check_axes, check_fit, check_pixels, for_axes, moving

ConvPadding = str | int | tuple[int, ...] | Padding
TransposedPadding = int | tuple[int, ...] | Padding


class Family(NamedTuple):
    """The three operations of one number of dimensions."""

    conv: Callable[..., Any]
    transposed: Callable[..., Any]
    weight: Callable[..., Any]


def family(x: Any) -> Family:
    """The operations for images (N, channels, *size)."""
    return FAMILIES[x.ndim - 2]


def _bias_gradient(g: Any) -> Any:
    return sum(g, (0, *range(2, g.ndim)))


Formulas = dict[str, Any]

CORRELATION: Formulas = {
    "x": lambda g, x_shape, weight, stride, padding, dilation, groups: family(g).transposed(
        g, weight, None, stride, _reaching(x_shape, weight.shape, stride, padding, dilation), 0, groups, dilation
    ),
    "weight": lambda g, x, weight_shape, stride, padding, dilation, groups: family(g).weight(
        x, g, weight_shape[2:], stride, padding, dilation, groups
    ),
    "bias": _bias_gradient,
}
TRANSPOSED: Formulas = {
    "x": lambda g, weight, stride, padding, output_padding, groups, dilation: family(g).conv(
        g, weight, None, stride, _trimmed(weight.ndim - 2, padding, output_padding), dilation, groups
    ),
    "weight": lambda g, x, weight_shape, stride, padding, output_padding, groups, dilation: family(g).weight(
        g, x, weight_shape[2:], stride, _trimmed(x.ndim - 2, padding, output_padding), dilation, groups
    ),
    "bias": _bias_gradient,
}
FILTER_GRADIENT: Formulas = {
    "x": lambda g, x_shape, g_out, stride, padding, dilation, groups: family(g).transposed(
        g_out, g, None, stride, _reaching(x_shape, g.shape, stride, padding, dilation), 0, groups, dilation
    ),
    "g_out": lambda g, x, stride, padding, dilation, groups: family(g).conv(
        x, g, None, stride, padding, dilation, groups
    ),
}


# -- correlation -------------------------------------------------------------------------------------------------


@op(**CORRELATION)
def conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """Correlation of sequences with filters (a time-delay layer), plus a bias for each filter.

    x: (N, C, L); weight: (O, C / groups, taps); bias: (O,). Returns (N, O, length), where
    ``length = (L + padding before and after - dilation * (taps - 1) - 1) // stride + 1``.
    padding: zeros around each sequence, a number, ((before, after),) in which negative numbers crop, "valid" or "same".
    The other arguments, and what "same" is, as in `conv2d`. Raises ValueError for shapes that do not belong together,
    and for an empty result.

    >>> conv1d(randn(2, 3, 5), randn(2, 3, 3))
    >>> conv1d(randn(2, 4, 7), randn(2, 2, 2), randn(2), 3, ((1, 2),), 4, groups=2)
    >>> conv1d(randn(1, 1, 4), randn(2, 1, 2), padding="same", stride=(2,))
    """
    return _correlate(1, x, weight, bias, stride, padding, dilation, groups)


@op(**CORRELATION)
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """Correlation of images with filters (what deep learning calls convolution), plus a bias for each filter.

    x: (N, C, H, W); weight: (O, C / groups, kh, kw); bias: (O,). Returns (N, O, rows, columns), where along each axis
    ``rows = (H + padding before and after - dilation * (kh - 1) - 1) // stride + 1``.
    stride, dilation: a number or (rows, columns). padding: zeros around the image, a number, (rows, columns),
    ((top, bottom), (left, right)) in which negative numbers crop, "valid" (none), or "same": as many zeros as it takes
    for ``rows = ceil(H / stride)``, of an odd number one more behind. groups: channels and filters are split into so
    many groups, and each filter sees the channels of its own; as many groups as channels is the depthwise convolution.
    The filters are not turned round; pass ``flip(weight, (2, 3))`` for a convolution in the sense of mathematics.
    Raises ValueError for shapes that do not belong together, and for an empty result.

    >>> conv2d(randn(2, 3, 5, 4), randn(2, 3, 3, 2))
    >>> conv2d(randn(2, 4, 6, 5), randn(2, 2, 3, 2), randn(2), (2, 1), (1, 2), (1, 3), groups=2)
    >>> conv2d(randn(1, 1, 4, 5), randn(2, 1, 2, 3), padding="same")
    >>> conv2d(randn(1, 2, 5, 4), randn(2, 2, 3, 3), padding="same", stride=2)
    """
    return _correlate(2, x, weight, bias, stride, padding, dilation, groups)


@op(**CORRELATION)
def conv3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """Correlation of volumes with filters, plus a bias for each filter.

    x: (N, C, D, H, W), depth before height and width; weight: (O, C / groups, kd, kh, kw); bias: (O,). Returns
    (N, O, depth, rows, columns), along each axis as many as `conv2d` has rows.
    stride, dilation: a number or (depth, rows, columns). padding: zeros around the volume, a number, (depth, rows,
    columns), ((front, back), (top, bottom), (left, right)) in which negative numbers crop, "valid" or "same".
    groups, and what "same" is, as in `conv2d`. Raises ValueError for shapes that do not belong together, and for an
    empty result.

    >>> conv3d(randn(1, 2, 3, 4, 3), randn(2, 2, 2, 3, 2))
    >>> conv3d(randn(1, 4, 4, 3, 4), randn(2, 2, 2, 2, 3), randn(2), (2, 1, 3), (1, 0, 1), (1, 2, 1), groups=2)
    >>> conv3d(randn(1, 1, 3, 2, 2), randn(1, 1, 2, 1, 3), padding="same")
    """
    return _correlate(3, x, weight, bias, stride, padding, dilation, groups)


# -- transposed --------------------------------------------------------------------------------------------------


@op(**TRANSPOSED)
def conv_transpose1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: TransposedPadding = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Array:
    """Transposed convolution: what `conv1d` reads from a sequence, this adds to one; plus a bias for each channel.

    x: (N, C, L); weight: (C, O / groups, taps); bias: (O,). Returns (N, O, length), where
    ``length = (L - 1) * stride - padding before and after + dilation * (taps - 1) + 1 + output_padding``.
    padding: elements that are cut off at each end, a number or ((before, after),). The other arguments as in
    `conv_transpose2d`. Raises ValueError for shapes that do not belong together, and for an empty result.

    >>> conv_transpose1d(randn(2, 3, 4), randn(3, 2, 3))
    >>> conv_transpose1d(randn(1, 4, 3), randn(4, 1, 3), randn(2), 3, ((1, 0),), 1, 2, 4)
    """
    return _transposed(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


@op(**TRANSPOSED)
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: TransposedPadding = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Array:
    """Transposed convolution: what `conv2d` reads from an image, this adds to one; plus a bias for each channel.

    x: (N, C, rows, columns); weight: (C, O / groups, kh, kw); bias: (O,). Returns (N, O, H, W), where along each axis
    ``H = (rows - 1) * stride - padding before and after + dilation * (kh - 1) + 1 + output_padding``.
    stride, dilation: a number or (rows, columns). padding: pixels that are cut off, a number, (rows, columns) or
    ((top, bottom), (left, right)). output_padding: rows and columns more at the end, fewer than stride or dilation.
    groups: as in `conv2d`. Raises ValueError for shapes that do not belong together, and for an empty result.

    >>> conv_transpose2d(randn(2, 3, 3, 4), randn(3, 2, 3, 2))
    >>> conv_transpose2d(randn(1, 4, 2, 3), randn(4, 1, 3, 2), randn(2), (2, 3), 1, (1, 2), 2, (1, 2))
    """
    return _transposed(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


@op(**TRANSPOSED)
def conv_transpose3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: TransposedPadding = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Array:
    """Transposed convolution: what `conv3d` reads from a volume, this adds to one; plus a bias for each channel.

    x: (N, C, depth, rows, columns); weight: (C, O / groups, kd, kh, kw); bias: (O,). Returns (N, O, D, H, W), each axis
    as long as in `conv_transpose2d`.
    stride, dilation, output_padding: a number or (depth, rows, columns); padding, too, or ((front, back), (top,
    bottom), (left, right)): pixels that are cut off. What they mean, and groups, as in `conv_transpose2d`. Raises
    ValueError for shapes that do not belong together, and for an empty result.

    >>> conv_transpose3d(randn(1, 2, 2, 2, 3), randn(2, 1, 2, 3, 2))
    >>> conv_transpose3d(randn(1, 2, 2, 2, 1), randn(2, 1, 2, 2, 3), randn(2), (2, 1, 3), 1, (1, 0, 2), 2, (1, 2, 1))
    """
    return _transposed(3, x, weight, bias, stride, padding, output_padding, groups, dilation)


# -- the gradient for the filters -------------------------------------------------------------------------------


@op(**FILTER_GRADIENT)
def conv1d_weight(
    x: Array,
    g_out: Array,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """The gradient of `conv1d` for its weight: what each tap of a filter saw, weighted by the gradient of the output.

    x: (N, C, L); g_out: (N, O, length), what `conv1d` returns for the other arguments, which are as there.
    Returns (O, C / groups, *kernel_size). Raises ValueError for shapes that do not belong together.

    >>> conv1d_weight(randn(2, 3, 5), randn(2, 2, 3), 3)
    >>> conv1d_weight(randn(2, 4, 7), randn(2, 2, 2), 2, 3, ((1, 2),), 4, 2)
    """
    return _filter_gradient(1, x, g_out, kernel_size, stride, padding, dilation, groups)


@op(**FILTER_GRADIENT)
def conv2d_weight(
    x: Array,
    g_out: Array,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """The gradient of `conv2d` for its weight: what each tap of a filter saw, weighted by the gradient of the output.

    x: (N, C, H, W); g_out: (N, O, rows, columns), what `conv2d` returns for the other arguments, which are as there.
    Returns (O, C / groups, *kernel_size). Raises ValueError for shapes that do not belong together.

    >>> conv2d_weight(randn(2, 3, 5, 4), randn(2, 2, 3, 3), (3, 2))
    >>> conv2d_weight(randn(2, 4, 6, 5), randn(2, 2, 3, 6), (3, 2), (2, 1), (1, 2), (1, 3), 2)
    """
    return _filter_gradient(2, x, g_out, kernel_size, stride, padding, dilation, groups)


@op(**FILTER_GRADIENT)
def conv3d_weight(
    x: Array,
    g_out: Array,
    kernel_size: Numbers,
    stride: Numbers = 1,
    padding: ConvPadding = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Array:
    """The gradient of `conv3d` for its weight: what each tap of a filter saw, weighted by the gradient of the output.

    x: (N, C, D, H, W); g_out: (N, O, depth, rows, columns), what `conv3d` returns for the other arguments, which are as
    there. Returns (O, C / groups, *kernel_size). Raises ValueError for shapes that do not belong together.

    >>> conv3d_weight(randn(1, 2, 3, 4, 3), randn(1, 2, 2, 2, 2), (2, 3, 2))
    >>> conv3d_weight(randn(1, 4, 4, 3, 4), randn(1, 2, 3, 1, 2), (2, 2, 3), (2, 1, 2), (1, 0, 1), (1, 2, 1), 2)
    """
    return _filter_gradient(3, x, g_out, kernel_size, stride, padding, dilation, groups)


FAMILIES = {
    1: Family(conv1d, conv_transpose1d, conv1d_weight),
    2: Family(conv2d, conv_transpose2d, conv2d_weight),
    3: Family(conv3d, conv_transpose3d, conv3d_weight),
}


# -- what the dimensions share -----------------------------------------------------------------------------------


def _correlate(axes: int, x: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int) -> Any:
    windows = correlation_windows(axes, np.shape(x), np.shape(weight), stride, padding, dilation, groups)
    _check_bias(bias, len(weight))
    return kernels.add_bias(kernels.correlate(x, weight, windows, groups), bias)


def correlation_windows(
    axes: int, x: Lengths, weight: Lengths, stride: Any, padding: Any, dilation: Any, groups: int
) -> Windows:
    """How filters move in a convolution of arrays of these shapes. Raises ValueError if they do not belong together."""
    check_axes("x", len(x), axes)
    windows = _windows(axes, x, weight, stride, padding, dilation)
    _check_correlation(x, weight, windows, groups)
    return windows


@functools.lru_cache(maxsize=1024)
def _check_correlation(x: Lengths, weight: Lengths, windows: Windows, groups: int) -> None:
    check_pixels(x[2:])
    _check_groups(groups, "filters", weight[0])
    _check_groups(groups, "channels", x[1])
    if x[1] != weight[1] * groups:
        raise ValueError(
            f"x has {x[1]} channels, weight expects {weight[1] * groups}; pass groups= or a weight of shape"
            f" {(weight[0], x[1] // groups, *weight[2:])}"
        )
    check_fit(x[2:], windows)


def _transposed(
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    output_padding: Any,
    groups: int,
    dilation: Any,
) -> Any:
    shapes = np.shape(x), np.shape(weight)
    windows = transposed_windows(axes, *shapes, stride, padding, output_padding, groups, dilation)
    _check_bias(bias, weight.shape[1] * groups)
    return kernels.add_bias(kernels.transposed(x, weight, windows, groups), bias)


def transposed_windows(
    axes: int, x: Lengths, weight: Lengths, stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any
) -> Windows:
    """How filters move over the result of a transposed convolution. Raises ValueError as `correlation_windows`."""
    check_axes("x", len(x), axes)
    windows = _windows(axes, x, weight, stride, _trimmed(axes, padding, output_padding), dilation)
    check_pixels(x[2:])
    _check_groups(groups, "channels", x[1])
    if x[1] != weight[0]:
        raise ValueError(
            f"x has {x[1]} channels, weight expects {weight[0]}; pass a weight of shape {x[1], *weight[1:]}"
        )
    _check_output_padding(axes, output_padding, windows)
    if min(size := windows.covered(x[2:])) < 1:
        raise ValueError(f"the result would be empty ({by(size)}); use less padding or a larger kernel")
    return windows


def _filter_gradient(
    axes: int, x: Any, g_out: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    check_axes("x", np.ndim(x), axes)
    check_axes("g_out", np.ndim(g_out), axes)
    weight_shape = (0, 0, *for_axes("kernel_size", kernel_size, axes))
    windows = _windows(axes, x.shape, weight_shape, stride, padding, dilation)
    check_pixels(x.shape[2:])
    check_fit(x.shape[2:], windows)
    _check_groups(groups, "channels", x.shape[1])
    _check_groups(groups, "filters", g_out.shape[1])
    expected = (len(x), g_out.shape[1], *windows.counts(x.shape[2:]))
    if g_out.shape != expected:
        raise ValueError(f"g_out has shape {g_out.shape}, conv{axes}d returns {expected} here; pass one of that shape")
    return kernels.filter_gradient(x, g_out, windows, groups)


# -- windows -----------------------------------------------------------------------------------------------------


def _windows(axes: int, x_shape: Lengths, weight_shape: Lengths, stride: Any, padding: Any, dilation: Any) -> Windows:
    """How filters of this shape move over images of that shape."""
    check_axes("weight", len(weight_shape), axes, "filters, channels")
    kernel = weight_shape[2:]
    if min(kernel) < 1:
        raise ValueError(f"the filters have no taps; pass a weight of at least {by((1,) * axes)}")
    return moving(kernel, x_shape[2:], stride, padding, dilation)


def _reaching(x_shape: Any, weight_shape: Any, stride: Any, padding: Any, dilation: Any) -> Padding:
    """The padding with which the transposed convolution gives x's shape: what no window reached comes back as zeros."""
    return _windows(len(x_shape) - 2, x_shape, weight_shape, stride, padding, dilation).reaching(x_shape[2:]).padding


def _trimmed(axes: int, padding: Any, output_padding: Any) -> Padding:
    """The padding of the convolution whose transpose gives `output_padding` more rows and columns."""
    if output_padding == 0:
        return both_sides(padding, axes)
    extra = for_axes("output_padding", output_padding, axes, least=0)
    return Windows.of((1,) * axes, padding=both_sides(padding, axes)).trimmed(extra).padding


# -- checks ------------------------------------------------------------------------------------------------------


def _check_groups(groups: int, what: str, number: int) -> None:
    if groups < 1 or number % groups:
        raise ValueError(f"groups={groups} does not divide {number} {what}; pass a divisor of {number}")


def _check_bias(bias: Any, channels: int) -> None:
    if bias is not None and np.shape(bias) != (channels,):
        raise ValueError(
            f"bias has shape {np.shape(bias)}, there are {channels} channels out; pass one of shape ({channels},)"
        )


def _check_output_padding(axes: int, output_padding: Any, windows: Windows) -> None:
    extras = for_axes("output_padding", output_padding, axes, least=0)
    if not any(extras):
        return
    for extra, step, distance in zip(extras, windows.stride, windows.dilation, strict=True):
        if extra >= max(step, distance):
            raise ValueError(
                f"output_padding {extra} is neither below the stride {step} nor the dilation {distance};"
                " pass a smaller one, or the rest of the image stays empty"
            )
