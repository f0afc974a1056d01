"""U-Net: a class for each pixel, from what is far around and what is near (Ronneberger, Fischer and Brox 2015)."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from ..nn import BatchNorm2d, Conv2d, ConvTranspose2d, MaxPool2d, Module, ModuleList, ReLU, Sequential
from ..nn.checks import check_sizes
from ..ops.random import Generator
from ..ops.shape import concatenate


def two_convolutions(
    in_channels: int, channels: int, *, dtype: DTypeLike | None = None, rng: Generator | None = None
) -> Sequential:
    """Twice a 3x3 convolution, batch normalisation and rectifier: (N, in_channels, H, W) to (N, channels, H, W)."""
    conv = partial(Conv2d, kernel_size=3, padding=1, bias=False, dtype=dtype, rng=rng)
    return Sequential(
        *(conv(in_channels, channels), BatchNorm2d(channels, dtype=dtype), ReLU()),
        *(conv(channels, channels), BatchNorm2d(channels, dtype=dtype), ReLU()),
    )


class UNet(Module):
    """Down `depth` times to half the size and twice the channels, and up again, beside what was there on the way down.

    Convolutions are padded, so the result has the size of the image, and followed by batch normalisation; the original
    has neither. 31,036,546 parameters for one channel, two classes, and depth and width as published. x: (N,
    in_channels, H, W), height and width multiples of ``2**depth``. Returns logits (N, num_classes, H, W). Raises
    ValueError for another size.
    """

    def __init__(
        self,
        num_classes: int = 2,
        in_channels: int = 1,
        depth: int = 4,
        width: int = 64,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, depth=depth)
        self.depth = depth
        widths = [width * 2**level for level in range(depth + 1)]
        rising = [(below, here) for here, below in pairwise(widths)][::-1]
        convolve = partial(two_convolutions, dtype=dtype, rng=rng)
        self.down = ModuleList(convolve(before, after) for before, after in pairwise([in_channels, *widths]))
        self.pool = MaxPool2d(2)
        self.enlarge = ModuleList(ConvTranspose2d(below, here, 2, 2, dtype=dtype, rng=rng) for below, here in rising)
        self.up = ModuleList(convolve(2 * here, here) for _, here in rising)
        self.score = Conv2d(width, num_classes, 1, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of each pixel of the images `x`."""
        height, width = x.shape[-2:]
        if height % 2**self.depth or width % 2**self.depth:
            raise ValueError(
                f"UNet: x is {x.shape}, its height and width are not multiples of 2**depth = {2**self.depth}; pad it"
            )
        x = self.down[0](x)
        skips = []
        for convolve in self.down[1:]:
            skips.append(x)
            x = convolve(self.pool(x))  # (N, 2 C, H / 2, W / 2)
        for enlarge, convolve in zip(self.enlarge, self.up, strict=True):
            x = concatenate([skips.pop(), enlarge(x)], axis=1)  # (N, C, 2 H, 2 W), twice
            x = convolve(x)
        return self.score(x)
