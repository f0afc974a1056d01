"""Residual networks: each block learns what to add to its input (He, Zhang, Ren and Sun 2016, arXiv:1512.03385)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from numpy.typing import DTypeLike

from ..nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, Module, Sequential, init
from ..ops.elementwise import relu
from ..ops.padding import pad
from ..ops.random import Generator


def convolution(
    in_channels: int,
    channels: int,
    kernel_size: int,
    stride: int = 1,
    *,
    dtype: DTypeLike | None = None,
    rng: Generator | None = None,
) -> Conv2d:
    """A convolution without bias, padded to keep the image's size (up to `stride`), with He's initial values."""
    conv = Conv2d(
        in_channels, channels, kernel_size, stride, padding=kernel_size // 2, bias=False, dtype=dtype, rng=rng
    )
    init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu", rng=rng)
    return conv


class BasicBlock(Module):
    """Two convolutions, to whose result the input is added.

    x: (N, in_channels, H, W). downsample: what gives x the result's shape (None: it has it). Returns (N, channels,
    ceil(H / stride), ceil(W / stride)).
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        stride: int = 1,
        downsample: Module | None = None,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        self.conv1 = convolution(in_channels, channels, 3, stride, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(channels, dtype=dtype)
        self.conv2 = convolution(channels, channels, 3, dtype=dtype, rng=rng)
        self.bn2 = BatchNorm2d(channels, dtype=dtype)
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        """``relu(x + what the block has learned to add)``."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = relu(self.bn1(self.conv1(x)))
        return relu(self.bn2(self.conv2(x)) + shortcut)


class PaddedShortcut(Module):
    """Every second row and column, and channels of zeros behind: a shortcut without parameters (the paper's option A).

    x: (N, in_channels, H, W). Returns (N, channels, ceil(H / 2), ceil(W / 2)).
    """

    def __init__(self, in_channels: int, channels: int):
        self.extra = channels - in_channels

    def forward(self, x: Any) -> Any:
        """`x`, smaller and deeper."""
        return pad(x[:, :, ::2, ::2], ((0, 0), (0, self.extra), (0, 0), (0, 0)))


def projection(
    in_channels: int, channels: int, *, dtype: DTypeLike | None = None, rng: Generator | None = None
) -> Sequential:
    """A shortcut of half the rows and columns that mixes channels (the paper's option B)."""
    conv = convolution(in_channels, channels, 1, stride=2, dtype=dtype, rng=rng)
    return Sequential(conv, BatchNorm2d(channels, dtype=dtype))


def stage(
    channels: int,
    depth: int,
    shortcut: Callable[[int, int], Module] | None = None,
    *,
    dtype: DTypeLike | None = None,
    rng: Generator | None = None,
) -> Sequential:
    """So many blocks; where there is a `shortcut`, the first takes half as many channels and halves the image."""
    block = partial(BasicBlock, dtype=dtype, rng=rng)
    first = (
        block(channels // 2, channels, 2, shortcut(channels // 2, channels)) if shortcut else block(channels, channels)
    )
    return Sequential(first, *(block(channels, channels) for _ in range(depth - 1)))


class ResNet(Module):
    """The paper's networks of basic blocks for ImageNet: ResNet-18 unless told otherwise.

    depths: blocks in each stage; (2, 2, 2, 2) is ResNet-18 with 11,689,512 parameters, (3, 4, 6, 3) is ResNet-34 with
    21,797,672, for three channels and 1000 classes. x: (N, in_channels, H, W), 224 x 224 pixels as published. width:
    channels of the first stage; each further one has twice as many. Keys of parameters and buffers, and their order,
    are torchvision's. Returns logits (N, num_classes).
    """

    def __init__(
        self,
        depths: Sequence[int] = (2, 2, 2, 2),
        num_classes: int = 1000,
        in_channels: int = 3,
        width: int = 64,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        made = partial(stage, dtype=dtype, rng=rng)
        halved = partial(projection, dtype=dtype, rng=rng)
        self.conv1 = convolution(in_channels, width, 7, stride=2, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.maxpool = MaxPool2d(3, 2, padding=1)
        self.layer1 = made(width, depths[0])
        self.layer2 = made(2 * width, depths[1], halved)
        self.layer3 = made(4 * width, depths[2], halved)
        self.layer4 = made(8 * width, depths[3], halved)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(8 * width, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.maxpool(relu(self.bn1(self.conv1(x))))  # (N, 64, 56, 56)
        for blocks in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = blocks(x)  # (N, 64, 56, 56), (N, 128, 28, 28), (N, 256, 14, 14), (N, 512, 7, 7)
        return self.fc(self.avgpool(x).reshape(len(x), -1))


class SmallResNet(Module):
    """The paper's networks for CIFAR-10, for images of 28 x 28 and 32 x 32 pixels.

    blocks: in each of the three stages, n; the network has 6 n + 2 layers. ResNet-20 (n = 3) has 269,722 parameters for
    three channels and ten classes, 269,434 for one channel. x: (N, in_channels, H, W). width: channels of the first
    stage; each further one has twice as many. Returns logits (N, num_classes).
    """

    def __init__(
        self,
        blocks: int = 3,
        num_classes: int = 10,
        in_channels: int = 3,
        width: int = 16,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        made = partial(stage, dtype=dtype, rng=rng)
        self.conv1 = convolution(in_channels, width, 3, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.layer1 = made(width, blocks)
        self.layer2 = made(2 * width, blocks, PaddedShortcut)
        self.layer3 = made(4 * width, blocks, PaddedShortcut)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(4 * width, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = relu(self.bn1(self.conv1(x)))  # (N, 16, 32, 32)
        for blocks in (self.layer1, self.layer2, self.layer3):
            x = blocks(x)  # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
        return self.fc(self.avgpool(x).reshape(len(x), -1))
