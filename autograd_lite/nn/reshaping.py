"""Layers that only rearrange."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops.shape import flatten, unflatten
from .module import Module


class Flatten(Module):
    """The axes from `start_dim` to `end_dim` as one; by default all but the batch's.

    x: any shape with these axes. Returns x's shape with them joined. Raises ValueError if they do not exist or are the
    wrong way round.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Any) -> Any:
        """`x` with the axes joined."""
        return flatten(x, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """The axis `dim` as several, of the lengths `unflattened_size`: the inverse of `Flatten`.

    x: any shape with that axis. Returns x's shape with the axis taken apart; one of the lengths may be -1. Raises
    ValueError where their product is not the axis's length.
    """

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def forward(self, x: Any) -> Any:
        """`x` with the axis taken apart."""
        return unflatten(x, self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
