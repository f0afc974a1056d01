"""Layers that are active in training only."""

from __future__ import annotations

from typing import Any

from ..ops.random import Generator, dropout
from .checks import check_probability
from .module import Module


class Dropout(Module):
    """In training, each element is 0 with probability `p` and divided by ``1 - p`` otherwise; then `x` itself.

    x: any shape. Returns the same shape. rng: where the masks come from (None: the package's own generator). `inplace`
    is accepted for PyTorch's sake. Raises ValueError for a `p` outside of 0 to 1.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Generator | None = None):
        check_probability(self, "p", p)
        self.p, self.inplace, self.rng = p, inplace, rng

    def forward(self, x: Any) -> Any:
        """`x` with elements dropped, if training."""
        return dropout(x, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"p={self.p}, inplace={self.inplace}"
