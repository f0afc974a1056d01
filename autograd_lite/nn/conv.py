"""Convolutions and their transposes."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import DTypeLike

from ..ops.conv import conv2d, conv_transpose2d
from ..ops.random import Generator
from ..ops.windows import Numbers, pair
from . import init
from .checks import check_sizes, checked_dtype, matching
from .linear import draw_within, empty
from .module import Module


class _Conv(Module):
    """What both share: the arguments, and a weight and bias evenly distributed within ``1 / sqrt(fan_in)``."""

    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers,
        padding: Numbers | str,
        dilation: Numbers,
        groups: int,
        bias: bool,
        dtype: DTypeLike | None,
        rng: Generator | None,
    ):
        title = type(self).__name__
        check_sizes(self, in_channels=in_channels, out_channels=out_channels)
        check_sizes(self, least=1, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{title}: {in_channels} and {out_channels} channels do not divide into {groups} groups;"
                " choose multiples of groups"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = pair(f"{title}: kernel_size", kernel_size)
        self.stride, self.dilation = pair(f"{title}: stride", stride), pair(f"{title}: dilation", dilation)
        self.padding: Any = self._checked_padding(padding)
        dtype = checked_dtype(self, dtype)
        outer, inner = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = empty((outer, inner // groups, *self.kernel_size), dtype)
        self.bias = empty((out_channels,), dtype) if bias else None
        self.reset_parameters(rng)

    def _checked_padding(self, padding: Numbers | str) -> tuple[int, ...] | str:
        title = type(self).__name__
        if not isinstance(padding, str):
            return pair(f"{title}: padding", padding, least=0)
        if self.transposed or padding not in ("same", "valid"):
            words = "" if self.transposed else ', "same" or "valid"'
            raise ValueError(f"{title}: padding {padding!r} is not known; pass a number, (rows, columns){words}")
        return padding

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        fan_in, _ = init.fans(self.weight)
        draw_within(1 / math.sqrt(max(1, fan_in)), [self.weight, self.bias], rng)

    def extra_repr(self) -> str:
        """The arguments, those that are not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", padding={self.padding}" if self.padding != (0, 0) else ""
        text += f", dilation={self.dilation}" if self.dilation != (1, 1) else ""
        text += self._extra()
        text += f", groups={self.groups}" if self.groups != 1 else ""
        return text + ("" if self.bias is not None else ", bias=False")

    def _extra(self) -> str:
        return ""


class Conv2d(_Conv):
    """Correlation of images with learned filters: `ag.conv2d`.

    x: (N, in_channels, H, W). kernel_size, stride, padding, dilation: a number or a pair; padding also "same"
    or "valid". Returns (N, out_channels, H', W') with ``H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) //
    stride + 1``. Raises TypeError for an input of another dtype, ValueError for other channels, an image smaller than
    the filter, arguments out of range, or channels that do not divide into groups.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype, rng)

    def forward(self, x: Any) -> Any:
        """``conv2d(x, weight, bias)``."""
        x = matching(self, x, self.weight)
        return conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ConvTranspose2d(_Conv):
    """The transpose of `Conv2d`, from small images to large ones: `ag.conv_transpose2d`.

    x: (N, in_channels, H, W); weight: (in_channels, out_channels / groups, ...). output_padding: how much larger the
    result is on one side. Returns (N, out_channels, H', W') with ``H' = (H - 1) * stride - 2 * padding + dilation *
    (kernel_size - 1) + output_padding + 1``. Raises errors as `Conv2d`.
    """

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype, rng)
        self.output_padding = pair("ConvTranspose2d: output_padding", output_padding, least=0)

    def forward(self, x: Any) -> Any:
        """``conv_transpose2d(x, weight, bias)``."""
        return conv_transpose2d(
            matching(self, x, self.weight),
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            output_padding=self.output_padding,
            groups=self.groups,
            dilation=self.dilation,
        )

    def _extra(self) -> str:
        return f", output_padding={self.output_padding}" if self.output_padding != (0, 0) else ""
