"""Activations as modules. `inplace` is accepted for PyTorch's sake: values are never changed here."""

from __future__ import annotations

from typing import Any

from ..ops import elementwise
from ..ops import softmax as softmax_ops
from .module import Module


class ReLU(Module):
    """``max(x, 0)``.

    x: any shape. Returns the same shape. At 0 the gradient is 0.
    """

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def forward(self, x: Any) -> Any:
        """``max(x, 0)``."""
        return elementwise.relu(x)

    def extra_repr(self) -> str:
        """The arguments, where they are set."""
        return "inplace=True" if self.inplace else ""


class Tanh(Module):
    """Hyperbolic tangent.

    x: any shape. Returns the same shape.
    """

    def forward(self, x: Any) -> Any:
        """``tanh(x)``."""
        return elementwise.tanh(x)


class Sigmoid(Module):
    """Logistic function ``1 / (1 + exp(-x))``.

    x: any shape. Returns the same shape.
    """

    def forward(self, x: Any) -> Any:
        """``sigmoid(x)``."""
        return elementwise.sigmoid(x)


class Softmax(Module):
    """``exp(x) / sum(exp(x))`` along the axis `dim` (PyTorch's name for it).

    x: any shape with that axis. Returns the same shape.
    """

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """``softmax(x)``."""
        return softmax_ops.softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """``log(softmax(x))`` along the axis `dim` (PyTorch's name for it).

    x: any shape with that axis. Returns the same shape.
    """

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x: Any) -> Any:
        """``log_softmax(x)``."""
        return softmax_ops.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}"
