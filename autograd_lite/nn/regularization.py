"""Layers that are active in training only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from ..ops import random
from ..ops.random import Generator
from .checks import check_probability
from .module import Module


class Dropout(Module):
    """In training, each element is 0 with probability `p` and divided by ``1 - p`` otherwise; then `x` itself.

    x: any shape. Returns the same shape. rng: where the masks come from (None: the package's own generator). `inplace`
    is accepted for PyTorch's sake. Raises ValueError for a `p` outside of 0 to 1.
    """

    _function: ClassVar[Callable[..., Any]] = staticmethod(random.dropout)

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Generator | None = None):
        check_probability(self, "p", p)
        self.p, self.inplace, self.rng = p, inplace, rng

    def forward(self, x: Any) -> Any:
        """`x` with elements dropped, if training."""
        return self._function(x, self.p, self.training, rng=self.rng)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """`Dropout` of whole channels of (N, C, L) or (C, L)."""

    _function = staticmethod(random.dropout1d)


class Dropout2d(Dropout):
    """`Dropout` of whole channels of (N, C, H, W) or (C, H, W)."""

    _function = staticmethod(random.dropout2d)


class Dropout3d(Dropout):
    """`Dropout` of whole channels of (N, C, D, H, W) or (C, D, H, W)."""

    _function = staticmethod(random.dropout3d)


class AlphaDropout(Dropout):
    """The dropout for networks of `selu`, which keeps mean 0 and variance 1: `ag.alpha_dropout`."""

    _function = staticmethod(random.alpha_dropout)


class FeatureAlphaDropout(Dropout):
    """`AlphaDropout` of whole channels of (N, C, ...)."""

    _function = staticmethod(random.feature_alpha_dropout)
