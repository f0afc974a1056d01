"""Layers that change the size of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..ops.image import channel_shuffle, interpolate, pixel_shuffle, pixel_unshuffle
from .module import Module


class Upsample(Module):
    """Sequences, images or volumes of another size: `ag.interpolate`, whose arguments and errors these are.

    x: (N, C, *size). Returns (N, C, *new size).
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):
        self.size = tuple(size) if isinstance(size, tuple | list) else size
        several = isinstance(scale_factor, tuple | list)
        self.scale_factor: Any = tuple(map(float, scale_factor)) if several else scale_factor and float(scale_factor)  # type: ignore[arg-type]
        self.mode, self.align_corners, self.recompute_scale_factor = mode, align_corners, recompute_scale_factor

    def forward(self, x: Any) -> Any:
        """``interpolate(x, ...)``."""
        return interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor)

    def extra_repr(self) -> str:
        """The arguments."""
        size = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images of another size, each pixel that of the nearest: `Upsample` with the mode "nearest"."""

    def __init__(self, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None):
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Images of another size, mixed from four pixels each: `Upsample`, "bilinear", outermost pixels on each other."""

    def __init__(self, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None):
        super().__init__(size, scale_factor, "bilinear", align_corners=True)


class PixelShuffle(Module):
    """Channels become pixels: `ag.pixel_shuffle`, whose errors these are.

    x: (..., C * r * r, H, W) with r = `upscale_factor`. Returns (..., C, H * r, W * r).
    """

    def __init__(self, upscale_factor: int):
        self.upscale_factor = upscale_factor

    def forward(self, x: Any) -> Any:
        """``pixel_shuffle(x, upscale_factor)``."""
        return pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels become channels: `ag.pixel_unshuffle`, whose errors these are.

    x: (..., C, H * r, W * r) with r = `downscale_factor`. Returns (..., C * r * r, H, W).
    """

    def __init__(self, downscale_factor: int):
        self.downscale_factor = downscale_factor

    def forward(self, x: Any) -> Any:
        """``pixel_unshuffle(x, downscale_factor)``."""
        return pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels dealt out anew between groups: `ag.channel_shuffle`, whose errors these are.

    x: (N, C, ...). Returns the same shape.
    """

    def __init__(self, groups: int):
        self.groups = groups

    def forward(self, x: Any) -> Any:
        """``channel_shuffle(x, groups)``."""
        return channel_shuffle(x, self.groups)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"groups={self.groups}"
