"""Pooling: one number for each window."""

from __future__ import annotations

from typing import Any

from ..ops.pooling import avg_pool2d, max_pool2d
from ..ops.windows import Numbers, pair
from .module import Module


class MaxPool2d(Module):
    """The largest element of each window: `ag.max_pool2d`.

    x: (N, C, H, W). kernel_size, stride (None: kernel_size), padding, dilation: a number or a pair. Returns (N, C, H',
    W') with ``H' = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``. Of elements that tie, the
    first gets the gradient. Raises ValueError for a window larger than the image and arguments out of
    range.
    """

    def __init__(
        self, kernel_size: Numbers, stride: Numbers | None = None, padding: Numbers = 0, dilation: Numbers = 1
    ):
        _check_windows(self, kernel_size, stride, padding, dilation)
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation

    def forward(self, x: Any) -> Any:
        """``max_pool2d(x, ...)``."""
        return max_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}"


class AvgPool2d(Module):
    """The mean of each window: `ag.avg_pool2d`.

    x: (N, C, H, W). kernel_size, stride (None: kernel_size), padding, dilation: a number or a pair. count_include_pad:
    whether the zeros around the image count. Returns (N, C, H', W') with ``H' = (H + 2 * padding - dilation *
    (kernel_size - 1) - 1) // stride + 1``. Raises ValueError for a window larger than the image and arguments out of
    range.
    """

    def __init__(
        self,
        kernel_size: Numbers,
        stride: Numbers | None = None,
        padding: Numbers = 0,
        *,
        count_include_pad: bool = True,
        dilation: Numbers = 1,
    ):
        _check_windows(self, kernel_size, stride, padding, dilation)
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation, self.count_include_pad = padding, dilation, count_include_pad

    def forward(self, x: Any) -> Any:
        """``avg_pool2d(x, ...)``."""
        return avg_pool2d(x, self.kernel_size, self.stride, self.padding, self.dilation, self.count_include_pad)

    def extra_repr(self) -> str:
        """The arguments."""
        dilation = f", dilation={self.dilation}" if self.dilation != 1 else ""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}{dilation}"


def _check_windows(
    layer: Module, kernel_size: Numbers, stride: Numbers | None, padding: Numbers, dilation: Numbers
) -> None:
    """ValueError for arguments out of range."""
    title = type(layer).__name__
    for name, value in (("kernel_size", kernel_size), ("stride", stride), ("dilation", dilation)):
        if value is not None:
            pair(f"{title}: {name}", value)
    pair(f"{title}: padding", padding, least=0)
