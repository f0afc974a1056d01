"""Fully convolutional segmentation: a class for each pixel, at any size (Long, Shelhamer and Darrell 2015)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from ..nn import BatchNorm2d, Conv2d, MaxPool2d, Module, ModuleList, ReLU, Sequential
from ..nn.checks import check_sizes
from ..ops.image import interpolate
from ..ops.random import Generator


class FCN(Module):
    """Each stage halves the image and scores the classes of its pixels; coarse scores are enlarged and added to finer.

    The paper's scheme with small stages of one convolution, batch normalisation, rectifier and pooling each, bilinear
    interpolation, and scores of all stages. 98,168 parameters for three channels and two classes. x: (N, in_channels,
    H, W), any height and width. depth: stages; width: channels of the first, each further one has twice as many.
    Returns logits (N, num_classes, H, W).
    """

    def __init__(
        self,
        num_classes: int = 2,
        in_channels: int = 3,
        depth: int = 4,
        width: int = 16,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, 1, depth=depth)
        widths = [width * 2**level for level in range(depth)]
        self.stages = ModuleList(
            Sequential(
                Conv2d(before, after, 3, padding=1, bias=False, dtype=dtype, rng=rng),
                BatchNorm2d(after, dtype=dtype),
                ReLU(),
                MaxPool2d(3, 2, padding=1),
            )
            for before, after in pairwise([in_channels, *widths])
        )
        self.scores = ModuleList(Conv2d(channels, num_classes, 1, dtype=dtype, rng=rng) for channels in widths)

    def forward(self, x: Any) -> Any:
        """The logits of each pixel of the images `x`."""
        size, scores = x.shape[2:], []
        for stage, score in zip(self.stages, self.scores, strict=True):
            x = stage(x)  # (N, C, ceil(H / 2), ceil(W / 2))
            scores.append(score(x))
        total = scores.pop()
        for finer in reversed(scores):
            total = finer + interpolate(total, finer.shape[2:], mode="bilinear")
        return interpolate(total, size, mode="bilinear")
