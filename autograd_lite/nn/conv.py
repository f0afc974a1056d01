"""Convolutions in one to three dimensions, their transposes, and locally connected layers.

Layers of one, two and three dimensions differ in `axes` alone: constructors and `forward` are written once.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpy.typing import DTypeLike

from ..ops.conv import FAMILIES
from ..ops.local import local_conv1d, local_conv2d
from ..ops.padding import pad
from ..ops.random import Generator
from ..ops.windows import AXES, Numbers, check_fit, for_axes, moving
from .checks import check_sizes, checked_dtype, matching
from .linear import draw_within, empty
from .module import Module

PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # and ag.pad's


class _Windowed(Module):
    """What all share: the arguments, and a weight and bias evenly distributed within ``1 / sqrt(fan_in)``."""

    axes: ClassVar[int]
    words: ClassVar[tuple[str, ...]] = ("same", "valid")  # that the padding may be
    weight: Any
    bias: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers,
        padding: Numbers | str,
        dilation: Numbers,
    ):
        check_sizes(self, in_channels=in_channels, out_channels=out_channels)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size = self._for_axes("kernel_size", kernel_size)
        self.stride, self.dilation = self._for_axes("stride", stride), self._for_axes("dilation", dilation)
        self.padding: Any = self._checked_padding(padding)

    def _for_axes(self, name: str, value: Numbers, least: int = 1) -> tuple[int, ...]:
        return for_axes(f"{type(self).__name__}: {name}", value, self.axes, least)

    def _checked_padding(self, padding: Numbers | str) -> tuple[int, ...] | str:
        if not isinstance(padding, str):
            return self._for_axes("padding", padding, least=0)
        if padding not in self.words:
            known = " or ".join(("a number", f"({', '.join(AXES[self.axes])})", *(f'"{word}"' for word in self.words)))
            raise ValueError(f"{type(self).__name__}: padding {padding!r} is not known; pass {known}")
        return padding

    def _make_parameters(
        self, weight: tuple[int, ...], bias: tuple[int, ...] | None, dtype: DTypeLike | None, rng: Generator | None
    ) -> None:
        """Parameters of these shapes, with initial values."""
        checked = checked_dtype(self, dtype)
        self.weight = empty(weight, checked)
        self.bias = empty(bias, checked) if bias is not None else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        fan_in = self.weight.shape[1] * math.prod(self.kernel_size)
        draw_within(1 / math.sqrt(max(1, fan_in)), [self.weight, self.bias], rng)

    def extra_repr(self) -> str:
        """The arguments, those that are not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += f", padding={self.padding}" if self.padding != (0,) * self.axes else ""
        text += f", dilation={self.dilation}" if self.dilation != (1,) * self.axes else ""
        text += self._extra()
        return text + ("" if self.bias is not None else ", bias=False")

    def _extra(self) -> str:
        return ""


class _Grouped(_Windowed):
    """Filters that all windows share, in groups of channels."""

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
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation)
        check_sizes(self, least=1, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{type(self).__name__}: {in_channels} and {out_channels} channels do not divide into {groups} groups;"
                " choose multiples of groups"
            )
        self.groups = groups
        outer, inner = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        weight = (outer, inner // groups, *self.kernel_size)
        self._make_parameters(weight, (out_channels,) if bias else None, dtype, rng)

    def _extra(self) -> str:
        return f", groups={self.groups}" if self.groups != 1 else ""


# -- convolution -------------------------------------------------------------------------------------------------


class _Conv(_Grouped):
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
        padding_mode: str = "zeros",
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"{type(self).__name__}: padding_mode {padding_mode!r} is not known; pass one of"
                f" {', '.join(PADDING_MODES)}"
            )
        self.padding_mode = padding_mode
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, dtype, rng)

    def forward(self, x: Any) -> Any:
        """``conv(x, weight, bias)``, with x padded first if not with zeros."""
        x, padding = matching(self, x, self.weight), self.padding
        if self.padding_mode != "zeros" and x.ndim == self.axes + 2:
            windows = moving(self.kernel_size, x.shape[2:], self.stride, padding, self.dilation)
            x, padding = pad(x, ((0, 0), (0, 0), *windows.padding), PADDING_MODES[self.padding_mode]), 0
        conv = FAMILIES[self.axes].conv
        return conv(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _extra(self) -> str:
        return super()._extra() + (f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else "")


class Conv1d(_Conv):
    """Correlation of sequences with learned filters: `ag.conv1d`.

    x: (N, in_channels, L). Returns (N, out_channels, L'), as long as an axis of `Conv2d`, whose arguments and errors
    these are.
    """

    axes = 1


class Conv2d(_Conv):
    """Correlation of images with learned filters: `ag.conv2d`.

    x: (N, in_channels, H, W). kernel_size, stride, padding, dilation: a number or one for each axis; padding also
    "same" or "valid". padding_mode: what is around the image, "zeros", or pixels of it: "reflect" (mirrored at the
    outermost pixels), "replicate" (those again) or "circular" (from the other side). Returns (N, out_channels, H', W')
    with ``H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``, for "same" ``ceil(H / stride)``.
    Raises TypeError for an input of another dtype, ValueError for other channels, an image smaller than the filter,
    arguments out of range, or channels that do not divide into groups.
    """

    axes = 2


class Conv3d(_Conv):
    """Correlation of volumes with learned filters: `ag.conv3d`.

    x: (N, in_channels, D, H, W). Returns (N, out_channels, D', H', W'), along each axis as in `Conv2d`, whose arguments
    and errors these are.
    """

    axes = 3


# -- transposed --------------------------------------------------------------------------------------------------


class _ConvTranspose(_Grouped):
    transposed = True
    words = ()

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
        self.output_padding = self._for_axes("output_padding", output_padding, least=0)

    def forward(self, x: Any) -> Any:
        """``conv_transpose(x, weight, bias)``."""
        return FAMILIES[self.axes].transposed(
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
        added = f", output_padding={self.output_padding}" if any(self.output_padding) else ""
        return added + super()._extra()


class ConvTranspose1d(_ConvTranspose):
    """The transpose of `Conv1d`, from short sequences to long ones: `ag.conv_transpose1d`.

    x: (N, in_channels, L). Returns (N, out_channels, L'), as long as an axis of `ConvTranspose2d`, whose arguments and
    errors these are.
    """

    axes = 1


class ConvTranspose2d(_ConvTranspose):
    """The transpose of `Conv2d`, from small images to large ones: `ag.conv_transpose2d`.

    x: (N, in_channels, H, W); weight: (in_channels, out_channels / groups, ...). output_padding: how much larger the
    result is on one side. Returns (N, out_channels, H', W') with ``H' = (H - 1) * stride - 2 * padding + dilation *
    (kernel_size - 1) + output_padding + 1``. Raises errors as `Conv2d`.
    """

    axes = 2


class ConvTranspose3d(_ConvTranspose):
    """The transpose of `Conv3d`, from small volumes to large ones: `ag.conv_transpose3d`.

    x: (N, in_channels, D, H, W). Returns (N, out_channels, D', H', W'), along each axis as in `ConvTranspose2d`, whose
    arguments and errors these are.
    """

    axes = 3


# -- locally connected -------------------------------------------------------------------------------------------


class _LocallyConnected(_Windowed):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        input_size: Numbers,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation)
        self.input_size = self._for_axes("input_size", input_size)
        windows = moving(self.kernel_size, self.input_size, self.stride, self.padding, self.dilation)
        check_fit(self.input_size, windows)
        counts = windows.counts(self.input_size)
        weight = (out_channels, in_channels, *counts, *self.kernel_size)
        self._make_parameters(weight, (out_channels, *counts) if bias else None, dtype, rng)

    def forward(self, x: Any) -> Any:
        """``local_conv(x, weight, bias)``."""
        local_conv: Any = local_conv1d if self.axes == 1 else local_conv2d
        x = matching(self, x, self.weight)
        return local_conv(x, self.weight, self.bias, self.stride, self.padding, self.dilation)

    def _extra(self) -> str:
        return f", input_size={self.input_size}"


class LocallyConnected1d(_LocallyConnected):
    """A convolution of sequences whose windows have filters of their own: `ag.local_conv1d`.

    x: (N, in_channels, input_size). Returns (N, out_channels, L'), as many as `Conv1d`. Arguments, parameters and
    errors as in `LocallyConnected2d`.
    """

    axes = 1


class LocallyConnected2d(_LocallyConnected):
    """A convolution of images whose windows have filters of their own (unshared weights): `ag.local_conv2d`.

    x: (N, in_channels, *input_size). input_size: of the images, a number or (rows, columns); the other arguments as in
    `Conv2d`. Weight (out_channels, in_channels, H', W', *kernel_size) and bias (out_channels, H', W') start evenly
    distributed within ``1 / sqrt(in_channels * taps)``. Returns (N, out_channels, H', W'), as many as `Conv2d`. Raises
    TypeError for an input of another dtype, ValueError for one of another size, and for arguments out of range.
    """

    axes = 2
