"""Convolutions along time that classify sequences (Wang, Yan and Oates 2017, arXiv:1611.06455)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from ..nn import BatchNorm1d, Conv1d, Linear, Module, ReLU, Sequential
from ..ops.random import Generator


class CNN1d(Module):
    """Convolutions with batch normalisation and rectifiers, the mean over time, and a dense layer.

    265,482 parameters for one channel and ten classes. x: (N, in_channels, L), any length L. widths, kernel_sizes: of
    each convolution. Returns logits (N, num_classes). Raises ValueError for different numbers of these.
    """

    def __init__(
        self,
        num_classes: int = 10,
        in_channels: int = 1,
        widths: Sequence[int] = (128, 256, 128),
        kernel_sizes: Sequence[int] = (8, 5, 3),
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if len(widths) != len(kernel_sizes):
            raise ValueError(f"CNN1d: {len(widths)} widths, {len(kernel_sizes)} kernel_sizes; pass as many of each")
        layers: list[Module] = []
        for (before, after), size in zip(pairwise([in_channels, *widths]), kernel_sizes, strict=True):
            layers += [Conv1d(before, after, size, padding="same", bias=False, dtype=dtype, rng=rng)]
            layers += [BatchNorm1d(after, dtype=dtype), ReLU()]
        self.features = Sequential(*layers)
        self.fc = Linear([in_channels, *widths][-1], num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the sequences `x`."""
        return self.fc(self.features(x).mean(axis=-1))  # (N, 128, L) to (N, 128)
