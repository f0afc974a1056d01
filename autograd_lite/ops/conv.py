"""Convolution in two dimensions: one trilinear form, three operations.

``sum(g * conv2d(x, weight))`` is linear in `x`, in `weight` and in `g`. `conv2d` is its derivative by g,
`conv_transpose2d` the one by x, `conv2d_weight` the one by the weight; so the derivatives of each of the three are the
other two, and every order of derivative is there. Filters are correlated with the image, not turned round, as in
PyTorch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import conv as kernels
from ..kernels.windows import Padding, Windows
from .reduction import sum
from .windows import Numbers, both_sides, check_axes, check_fit, pair

ConvPadding = str | int | tuple[int, int] | Padding


@op(
    x=lambda g, x_shape, weight, stride, padding, dilation, groups: conv_transpose2d(
        g, weight, None, stride, _reaching(x_shape, weight.shape, stride, padding, dilation), 0, groups, dilation
    ),
    weight=lambda g, x, weight_shape, stride, padding, dilation, groups: conv2d_weight(
        x, g, weight_shape[2:], stride, padding, dilation, groups
    ),
    bias=lambda g: sum(g, (0, 2, 3)),
)
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
    ((top, bottom), (left, right)) in which negative numbers crop, "valid" (none), or "same" (the result is as large as
    the image, for stride 1; an odd number puts one more behind). groups: channels and filters are split into so many
    groups, and each filter sees the channels of its own.
    Raises ValueError for shapes that do not belong together, and for an empty result.

    >>> conv2d(randn(2, 3, 5, 4), randn(2, 3, 3, 2))
    >>> conv2d(randn(2, 4, 6, 5), randn(2, 2, 3, 2), randn(2), (2, 1), (1, 2), (1, 2), groups=2)
    >>> conv2d(randn(1, 1, 4, 5), randn(2, 1, 2, 3), padding="same")
    """
    windows = _windows(np.shape(weight), stride, padding, dilation)
    _check_conv(np.shape(x), np.shape(weight), groups)
    _check_bias(bias, len(weight))
    check_fit(x.shape[2:], windows)
    return kernels.add_bias(kernels.correlate(x, weight, windows, groups), bias)


@op(
    x=lambda g, weight, stride, padding, output_padding, groups, dilation: conv2d(
        g, weight, None, stride, _trimmed(padding, output_padding), dilation, groups
    ),
    weight=lambda g, x, weight_shape, stride, padding, output_padding, groups, dilation: conv2d_weight(
        g, x, weight_shape[2:], stride, _trimmed(padding, output_padding), dilation, groups
    ),
    bias=lambda g: sum(g, (0, 2, 3)),
)
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Numbers = 1,
    padding: int | tuple[int, int] | Padding = 0,
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
    windows = _windows(np.shape(weight), stride, _trimmed(padding, output_padding), dilation)
    _check_transposed(np.shape(x), np.shape(weight), groups)
    _check_bias(bias, weight.shape[1] * groups)
    _check_output_padding(output_padding, windows)
    if min(size := windows.covered(x.shape[2:])) < 1:
        raise ValueError(f"the result would be empty ({size[0]}x{size[1]}); use less padding or a larger kernel")
    return kernels.add_bias(kernels.transposed(x, weight, windows, groups), bias)


@op(
    x=lambda g, x_shape, g_out, stride, padding, dilation, groups: conv_transpose2d(
        g_out, g, None, stride, _reaching(x_shape, g.shape, stride, padding, dilation), 0, groups, dilation
    ),
    g_out=lambda g, x, stride, padding, dilation, groups: conv2d(x, g, None, stride, padding, dilation, groups),
)
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
    >>> conv2d_weight(randn(2, 4, 6, 5), randn(2, 2, 3, 7), (3, 2), (2, 1), (1, 2), (1, 2), 2)
    """
    check_axes("x", np.ndim(x))
    check_axes("g_out", np.ndim(g_out))
    windows = _windows((0, 0, *pair("kernel_size", kernel_size)), stride, padding, dilation)
    _check_groups(groups, "channels", x.shape[1])
    _check_groups(groups, "filters", g_out.shape[1])
    expected = (len(x), g_out.shape[1], *windows.counts(x.shape[2:]))
    if g_out.shape != expected:
        raise ValueError(f"g_out has shape {g_out.shape}, conv2d returns {expected} here; pass one of that shape")
    return kernels.filter_gradient(x, g_out, windows, groups)


# -- windows -----------------------------------------------------------------------------------------------------


def _windows(weight_shape: tuple[int, ...], stride: Any, padding: Any, dilation: Any) -> Windows:
    """How filters of this shape move."""
    check_axes("weight", len(weight_shape), "filters, channels, rows, columns")
    windows = Windows.of(weight_shape[2:], pair("stride", stride), dilation=pair("dilation", dilation))
    if min(windows.kernel) < 1:
        raise ValueError("the filters have no taps; pass a weight of at least 1x1")
    if not isinstance(padding, str):
        return windows._replace(padding=both_sides(padding))
    if padding == "valid":
        return windows
    if padding != "same":
        raise ValueError(f'padding {padding!r} is not known; use a number, a pair, "valid" or "same"')
    if windows.stride != (1, 1):
        raise ValueError('padding="same" needs stride 1; pass the padding as a number')
    height, width = (reach - 1 for reach in windows.span)
    return windows._replace(padding=((height // 2, height - height // 2), (width // 2, width - width // 2)))


def _reaching(x_shape: Any, weight_shape: Any, stride: Any, padding: Any, dilation: Any) -> Padding:
    """The padding with which the transposed convolution gives x's shape: what no window reached comes back as zeros."""
    windows = _windows(weight_shape, stride, padding, dilation)
    reached = windows.covered(windows.counts(x_shape[2:]))
    return windows.trimmed((x_shape[2] - reached[0], x_shape[3] - reached[1])).padding


def _trimmed(padding: Any, output_padding: Any) -> Padding:
    """The padding of the convolution whose transpose gives `output_padding` more rows and columns."""
    extra = pair("output_padding", output_padding, least=0)
    return Windows.of((1, 1), padding=both_sides(padding)).trimmed(extra).padding


# -- checks ------------------------------------------------------------------------------------------------------


def _check_conv(x: tuple[int, ...], weight: tuple[int, ...], groups: int) -> None:
    _check_images(x)
    _check_groups(groups, "filters", weight[0])
    _check_groups(groups, "channels", x[1])
    if x[1] != weight[1] * groups:
        raise ValueError(
            f"x has {x[1]} channels, weight expects {weight[1] * groups}; pass groups= or a weight of shape"
            f" {(weight[0], x[1] // groups, *weight[2:])}"
        )


def _check_transposed(x: tuple[int, ...], weight: tuple[int, ...], groups: int) -> None:
    _check_images(x)
    _check_groups(groups, "channels", x[1])
    if x[1] != weight[0]:
        raise ValueError(
            f"x has {x[1]} channels, weight expects {weight[0]}; pass a weight of shape {x[1], *weight[1:]}"
        )


def _check_images(x: tuple[int, ...]) -> None:
    check_axes("x", len(x))
    if min(x[2:]) < 1:
        raise ValueError("x has no pixels; pass images of at least 1x1")


def _check_groups(groups: int, what: str, number: int) -> None:
    if groups < 1 or number % groups:
        raise ValueError(f"groups={groups} does not divide {number} {what}; pass a divisor of {number}")


def _check_bias(bias: Any, channels: int) -> None:
    if bias is not None and np.shape(bias) != (channels,):
        raise ValueError(
            f"bias has shape {np.shape(bias)}, there are {channels} channels out; pass one of shape ({channels},)"
        )


def _check_output_padding(output_padding: Any, windows: Windows) -> None:
    for extra, step, distance in zip(
        pair("output_padding", output_padding, least=0), windows.stride, windows.dilation, strict=True
    ):
        if extra >= max(step, distance):
            raise ValueError(
                f"output_padding {extra} is neither below the stride {step} nor the dilation {distance};"
                " pass a smaller one, or the rest of the image stays empty"
            )
