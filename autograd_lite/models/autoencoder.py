"""Autoencoders: what passes a narrow code must be what matters (Hinton and Salakhutdinov 2006)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from numpy.typing import DTypeLike

from ..nn import Conv2d, ConvTranspose2d, Linear, Module, ReLU, Sequential
from ..nn.checks import check_sizes
from ..ops.random import Generator


class DenseAutoencoder(Module):
    """Dense layers down to a code and, mirrored, up again, with rectifiers between.

    widths: numbers of units, from the input's to the code's; (784, 128, 32) has 209,968 parameters. x: (N, ...) with
    ``widths[0]`` numbers in each row, images too. Returns x's shape; the last layer is linear (pass the result through
    `ag.sigmoid` for pixels from 0 to 1). ``encoder`` and ``decoder`` can be called alone, on (N, features). Raises
    ValueError for less than two widths.
    """

    def __init__(
        self,
        widths: Sequence[int] = (784, 128, 32),
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if len(widths) < 2:
            raise ValueError(f"DenseAutoencoder: widths is {widths}; pass the input's and the code's at least")

        def dense(widths: Sequence[int]) -> Sequential:
            pairs = pairwise(widths)
            layers = [layer for a, b in pairs for layer in (Linear(a, b, dtype=dtype, rng=rng), ReLU())]
            return Sequential(*layers[:-1])

        self.encoder, self.decoder = dense(widths), dense(widths[::-1])

    def forward(self, x: Any) -> Any:
        """`x` as its code tells it."""
        return self.decoder(self.encoder(x.reshape(len(x), -1))).reshape(x.shape)


class ConvAutoencoder(Module):
    """Convolutions that halve the image `depth` times and, mirrored, transposed ones that double it.

    Rectifiers stand between. 16,961 parameters for one channel, depth 2 and width 16. x: (N, in_channels, H, W), height
    and width multiples of ``2**depth``. width: channels of the first layer; each further one has twice as many. code:
    channels of the code (None: the next in that row). Returns x's shape; the last layer is linear (pass the result
    through `ag.sigmoid` for pixels from 0 to 1). ``encoder`` and ``decoder`` can be called alone. Raises ValueError for
    another size.
    """

    def __init__(
        self,
        in_channels: int = 1,
        depth: int = 2,
        width: int = 16,
        code: int | None = None,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, 1, depth=depth)
        self.depth = depth
        channels = [in_channels, *(width * 2**level for level in range(depth))]
        channels[-1] = channels[-1] if code is None else code
        down: list[Module] = []
        up: list[Module] = []
        for few, many in pairwise(channels):
            down += [Conv2d(few, many, 4, stride=2, padding=1, dtype=dtype, rng=rng), ReLU()]
            up = [ConvTranspose2d(many, few, 4, stride=2, padding=1, dtype=dtype, rng=rng), ReLU(), *up]
        self.encoder, self.decoder = Sequential(*down[:-1]), Sequential(*up[:-1])

    def forward(self, x: Any) -> Any:
        """`x` as its code tells it."""
        height, width = x.shape[-2:]
        if height % 2**self.depth or width % 2**self.depth:
            raise ValueError(
                f"ConvAutoencoder: x is {x.shape}, its height and width are not multiples of 2**depth ="
                f" {2**self.depth}; pad it, or choose another depth"
            )
        return self.decoder(self.encoder(x))
