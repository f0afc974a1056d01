"""What a planner knows of a convolution: its shapes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..windows import Lengths, Windows

CORRELATE, TRANSPOSED, FILTER_GRADIENT = "correlate", "transposed", "filter_gradient"


class Problem(NamedTuple):
    """One of the three roles, on x (images, channels, *size) and filters (filters, channels / groups, *kernel).

    In all roles channels, filters, size and windows are those of the correlation that the role belongs to.
    """

    role: str
    images: int
    channels: int
    filters: int
    size: Lengths
    windows: Windows
    groups: int
    dtype: np.dtype[Any]

    @classmethod
    def of(
        cls,
        role: str,
        images: int,
        channels: int,
        filters: int,
        size: Lengths,
        windows: Windows,
        groups: int,
        dtype: np.dtype[Any],
    ) -> Problem:
        """The problem that kernels see: in one dimension, images of one row."""
        if len(size) == 1:
            size, windows = (1, *size), windows.in_a_row
        return cls(role, images, channels, filters, size, windows, groups, dtype)

    def in_role(self, role: str) -> Problem:
        """Another role of the same convolution. The transpose gives all of the image, also what no window reaches."""
        windows = self.windows.reaching(self.size) if role == TRANSPOSED else self.windows
        return self._replace(role=role, windows=windows)

    @property
    def counts(self) -> Lengths:
        """How many windows there are along each axis."""
        return self.windows.counts(self.size)

    @property
    def products(self) -> int:
        """Multiplications of numbers by the definition."""
        taps = math.prod(self.windows.kernel) * self.channels // self.groups
        return self.images * self.filters * math.prod(self.counts) * taps
