"""Windows of images as columns, and back."""

from __future__ import annotations

from typing import Any

from ..ops.unfold import fold, unfold
from ..ops.windows import Numbers
from .module import Module


class Unfold(Module):
    """What each window of an image sees, as a column: `ag.unfold`, whose arguments and errors these are.

    x: (N, C, *size). Returns (N, C * taps of a window, number of windows).
    """

    def __init__(self, kernel_size: Numbers, dilation: Numbers = 1, padding: Numbers = 0, stride: Numbers = 1):
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x: Any) -> Any:
        """``unfold(x, ...)``."""
        return unfold(x, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return _described(self)


class Fold(Module):
    """Columns added up where their windows lie: `ag.fold`, whose arguments and errors these are.

    x: (N, C * taps of a window, number of windows). Returns (N, C, *output_size).
    """

    def __init__(
        self,
        output_size: Numbers,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ):
        self.output_size = output_size
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, x: Any) -> Any:
        """``fold(x, ...)``."""
        return fold(x, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"output_size={self.output_size}, {_described(self)}"


def _described(layer: Any) -> str:
    return f"kernel_size={layer.kernel_size}, dilation={layer.dilation}, padding={layer.padding}, stride={layer.stride}"
