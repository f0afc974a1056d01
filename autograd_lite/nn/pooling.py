"""Pooling: one number for each window. Layers of one, two and three dimensions differ in `axes` alone."""

from __future__ import annotations

from typing import Any, ClassVar

from ..ops import pooling as ops
from ..ops.windows import Numbers, for_axes
from .checks import check_sizes
from .module import Module


class _Pool(Module):
    """What all share: windows, whose arguments are checked, and how they are shown."""

    axes: ClassVar[int]
    shown: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding")  # in `extra_repr`
    kernel_size: Numbers
    stride: Numbers
    padding: Numbers

    def _set_windows(self, kernel_size: Numbers, stride: Numbers | None, padding: Numbers = 0) -> None:
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding = padding
        self._check("kernel_size", "stride")
        self._check("padding", least=0)

    def _check(self, *names: str, least: int = 1) -> None:
        for name in names:
            for_axes(f"{type(self).__name__}: {name}", getattr(self, name), self.axes, least)

    def extra_repr(self) -> str:
        """The arguments."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.shown)


# -- maximum -----------------------------------------------------------------------------------------------------


class _MaxPool(_Pool):
    shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        dilation: Numbers = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        self._set_windows(kernel_size, stride, padding)
        self.dilation, self.return_indices, self.ceil_mode = dilation, return_indices, ceil_mode
        self._check("dilation")

    def forward(self, x: Any) -> Any:
        """``max_pool(x, ...)``."""
        pool = (ops.max_pool1d, ops.max_pool2d, ops.max_pool3d)[self.axes - 1]
        windows = (self.kernel_size, self.stride, self.padding, self.dilation)
        return pool(x, *windows, self.ceil_mode, self.return_indices)


class MaxPool1d(_MaxPool):
    """The largest element of each window of sequences (N, C, L): `ag.max_pool1d`. Arguments as in `MaxPool2d`."""

    axes = 1


class MaxPool2d(_MaxPool):
    """The largest pixel of each window: `ag.max_pool2d`.

    x: (N, C, H, W). kernel_size, stride (None: kernel_size), padding, dilation: a number or a pair. Returns (N, C, H',
    W') with ``H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``, rounded up for ceil_mode; with
    return_indices also where the pixels are, for `MaxUnpool2d`. Of pixels that tie, the first gets the gradient.
    Raises ValueError for a window larger than the image and arguments out of range.
    """

    axes = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of volumes (N, C, D, H, W): `ag.max_pool3d`. Arguments as in `MaxPool2d`."""

    axes = 3


class _MaxUnpool(_Pool):
    def __init__(self, kernel_size: Numbers, stride: Numbers | None = None, padding: Numbers = 0):
        self._set_windows(kernel_size, stride, padding)

    def forward(self, x: Any, indices: Any, output_size: tuple[int, ...] | None = None) -> Any:
        """``max_unpool(x, indices, ...)``."""
        unpool = (ops.max_unpool1d, ops.max_unpool2d, ops.max_unpool3d)[self.axes - 1]
        return unpool(x, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool1d(_MaxUnpool):
    """Maxima put back where `MaxPool1d` found them: `ag.max_unpool1d`. Arguments as in `MaxUnpool2d`."""

    axes = 1


class MaxUnpool2d(_MaxUnpool):
    """Maxima put back where `MaxPool2d` found them, among zeros: `ag.max_unpool2d`.

    x, indices: (N, C, H', W'), as that returns them. kernel_size, stride, padding: as there. Returns (N, C, H, W) with
    ``H = (H' - 1) * stride - 2 * padding + kernel_size``, or `output_size`. Raises ValueError for shapes that differ,
    indices beside the image, and arguments out of range.
    """

    axes = 2


class MaxUnpool3d(_MaxUnpool):
    """Maxima put back where `MaxPool3d` found them: `ag.max_unpool3d`. Arguments as in `MaxUnpool2d`."""

    axes = 3


# -- average and norms -------------------------------------------------------------------------------------------


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: float | None = None,
    ):
        self._set_windows(kernel_size, stride, padding)
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, x: Any) -> Any:
        """``avg_pool(x, ...)``."""
        pool = (ops.avg_pool1d, ops.avg_pool2d, ops.avg_pool3d)[self.axes - 1]
        windows = (self.kernel_size, self.stride, self.padding)
        return pool(x, *windows, self.ceil_mode, self.count_include_pad, self.divisor_override)


class AvgPool1d(_AvgPool):
    """The mean of each window of sequences (N, C, L): `ag.avg_pool1d`. Arguments as in `AvgPool2d`."""

    axes = 1


class AvgPool2d(_AvgPool):
    """The mean of each window: `ag.avg_pool2d`.

    x: (N, C, H, W). kernel_size, stride (None: kernel_size), padding: a number or a pair. ceil_mode: pixels that are
    left over have a window. count_include_pad: whether the zeros around the image count. divisor_override: what sums
    are divided by instead. Returns (N, C, H', W'), as many as `MaxPool2d`. Raises ValueError for a window larger than
    the image and arguments out of range.
    """

    axes = 2


class AvgPool3d(_AvgPool):
    """The mean of each window of volumes (N, C, D, H, W): `ag.avg_pool3d`. Arguments as in `AvgPool2d`."""

    axes = 3


class _LPPool(_Pool):
    shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type: float, kernel_size: Numbers, stride: Numbers | None = None, ceil_mode: bool = False):
        self._set_windows(kernel_size, stride)
        self.norm_type, self.ceil_mode = norm_type, ceil_mode

    def forward(self, x: Any) -> Any:
        """``lp_pool(x, norm_type, ...)``."""
        pool = (ops.lp_pool1d, ops.lp_pool2d, ops.lp_pool3d)[self.axes - 1]
        return pool(x, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool1d(_LPPool):
    """``sum(x**p) ** (1 / p)`` of each window of sequences (N, C, L): `ag.lp_pool1d`. Arguments as in `LPPool2d`."""

    axes = 1


class LPPool2d(_LPPool):
    """``sum(x**p) ** (1 / p)`` of each window, with p = norm_type: `ag.lp_pool2d`.

    x: (N, C, H, W). kernel_size, stride (None: kernel_size): a number or a pair. Returns (N, C, H', W'), as many as
    `MaxPool2d`. Where the sum is 0, so is the gradient (unless p is 1). Raises ValueError for a p that is not positive,
    a window larger than the image and arguments out of range.
    """

    axes = 2


class LPPool3d(_LPPool):
    """``sum(x**p) ** (1 / p)`` of each window of volumes: `ag.lp_pool3d`. Arguments as in `LPPool2d`."""

    axes = 3


# -- adaptive ----------------------------------------------------------------------------------------------------


class _Adaptive(Module):
    axes: ClassVar[int]
    output_size: ops.Sizes

    def extra_repr(self) -> str:
        """The argument."""
        return f"output_size={self.output_size}"


class _AdaptiveAvgPool(_Adaptive):
    def __init__(self, output_size: ops.Sizes):
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        """``adaptive_avg_pool(x, output_size)``."""
        pool = (ops.adaptive_avg_pool1d, ops.adaptive_avg_pool2d, ops.adaptive_avg_pool3d)[self.axes - 1]
        return pool(x, self.output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of so many bins of sequences (N, C, L): `ag.adaptive_avg_pool1d`."""

    axes = 1


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of so many bins, whatever the size of the images: `ag.adaptive_avg_pool2d`.

    x: (N, C, H, W). output_size: a number or (rows, columns), None for as many as there are pixels; 1 is global
    pooling. Returns (N, C, rows, columns). Raises ValueError for images without pixels.
    """

    axes = 2


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of so many bins of volumes (N, C, D, H, W): `ag.adaptive_avg_pool3d`."""

    axes = 3


class _AdaptiveMaxPool(_Adaptive):
    def __init__(self, output_size: ops.Sizes, return_indices: bool = False):
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, x: Any) -> Any:
        """``adaptive_max_pool(x, output_size)``."""
        pool = (ops.adaptive_max_pool1d, ops.adaptive_max_pool2d, ops.adaptive_max_pool3d)[self.axes - 1]
        return pool(x, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest elements of so many bins of sequences (N, C, L): `ag.adaptive_max_pool1d`."""

    axes = 1


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest pixels of so many bins, whatever the size of the images: `ag.adaptive_max_pool2d`.

    x: (N, C, H, W). output_size: as in `AdaptiveAvgPool2d`. Returns (N, C, rows, columns); with return_indices also
    where the pixels are, row by row. Raises ValueError for images without pixels.
    """

    axes = 2


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest elements of so many bins of volumes (N, C, D, H, W): `ag.adaptive_max_pool3d`."""

    axes = 3


# -- across channels ---------------------------------------------------------------------------------------------


class Maxout(Module):
    """The largest of each `pieces` neighbouring channels: `ag.maxout`.

    x: any shape, whose `axis` is a multiple of pieces. Returns x's shape with so many times fewer channels. Raises
    ValueError for other numbers of channels, and pieces below 1.
    """

    def __init__(self, pieces: int, axis: int = 1):
        check_sizes(self, least=1, pieces=pieces)
        self.pieces, self.axis = pieces, axis

    def forward(self, x: Any) -> Any:
        """``maxout(x, pieces, axis)``."""
        return ops.maxout(x, self.pieces, self.axis)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"pieces={self.pieces}, axis={self.axis}"
