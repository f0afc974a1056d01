"""Convolutions and their transposes."""

from __future__ import annotations

import math
from typing import Any

from numpy.typing import DTypeLike

from ..ops.conv import conv2d, conv_transpose2d
from ..ops.random import Generator
from ..ops.windows import Numbers, pair
from . import init
from .linear import draw_within, empty
from .module import Module, matching


class _Conv(Module):
    """What both share: the arguments, and a weight and bias evenly distributed within ``1 / sqrt(fan_in)``."""

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
        weight_channels: tuple[int, int],
        dtype: DTypeLike | None,
        rng: Generator | None,
    ):
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{type(self).__name__}: {in_channels} and {out_channels} channels do not divide into {groups} groups;"
                " choose multiples of groups"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = pair("kernel_size", kernel_size), pair("stride", stride)
        self.padding: Any = padding if isinstance(padding, str) else pair("padding", padding, least=0)
        self.dilation = pair("dilation", dilation)
        self.weight = empty((*weight_channels, *self.kernel_size), dtype)
        self.bias = empty((out_channels,), dtype) if bias else None
        self.reset_parameters(rng)

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
    the filter, or channels that do not divide into groups.
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
        channels = (out_channels, in_channels // max(1, groups))
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, channels, dtype, rng
        )

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
        channels = (in_channels, out_channels // max(1, groups))
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, channels, dtype, rng
        )
        self.output_padding = pair("output_padding", output_padding, least=0)

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
