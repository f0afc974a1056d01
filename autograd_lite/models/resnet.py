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

    expansion = 1  # channels of the result for each of `channels`

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


class Bottleneck(Module):
    """A convolution between two of single pixels, which make the image thinner before it and four times deeper after.

    The middle one takes the stride, as in torchvision. Arguments as in `BasicBlock`. Returns (N, 4 channels,
    ceil(H / stride), ceil(W / stride)).
    """

    expansion = 4

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
        self.conv1 = convolution(in_channels, channels, 1, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(channels, dtype=dtype)
        self.conv2 = convolution(channels, channels, 3, stride, dtype=dtype, rng=rng)
        self.bn2 = BatchNorm2d(channels, dtype=dtype)
        self.conv3 = convolution(channels, 4 * channels, 1, dtype=dtype, rng=rng)
        self.bn3 = BatchNorm2d(4 * channels, dtype=dtype)
        self.downsample = downsample

    def forward(self, x: Any) -> Any:
        """``relu(x + what the block has learned to add)``."""
        shortcut = x if self.downsample is None else self.downsample(x)
        x = relu(self.bn1(self.conv1(x)))
        x = relu(self.bn2(self.conv2(x)))
        return relu(self.bn3(self.conv3(x)) + shortcut)


class PaddedShortcut(Module):
    """Fewer rows and columns, and channels of zeros behind: a shortcut without parameters (the paper's option A).

    x: (N, in_channels, H, W). stride: of the rows and columns that stay. Returns (N, channels, ceil(H / stride),
    ceil(W / stride)).
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 2):
        self.extra, self.stride = channels - in_channels, stride

    def forward(self, x: Any) -> Any:
        """`x`, smaller and deeper."""
        return pad(x[:, :, :: self.stride, :: self.stride], ((0, 0), (0, self.extra), (0, 0), (0, 0)))


def projection(
    in_channels: int, channels: int, stride: int = 2, *, dtype: DTypeLike | None = None, rng: Generator | None = None
) -> Sequential:
    """A shortcut that mixes channels, of every `stride`-th row and column (the paper's option B)."""
    conv = convolution(in_channels, channels, 1, stride, dtype=dtype, rng=rng)
    return Sequential(conv, BatchNorm2d(channels, dtype=dtype))


def stage(
    in_channels: int,
    channels: int,
    depth: int,
    stride: int,
    block: type[BasicBlock] | type[Bottleneck],
    shortcut: Callable[[int, int, int], Module],
    *,
    dtype: DTypeLike | None = None,
    rng: Generator | None = None,
) -> Sequential:
    """So many blocks, of which the first has the stride, and a `shortcut` if it changes the image's shape."""
    after = block.expansion * channels
    downsample = shortcut(in_channels, after, stride) if (in_channels, stride) != (after, 1) else None
    first = block(in_channels, channels, stride, downsample, dtype=dtype, rng=rng)
    return Sequential(first, *(block(after, channels, dtype=dtype, rng=rng) for _ in range(depth - 1)))


class ResNet(Module):
    """The paper's networks for ImageNet: ResNet-18 unless told otherwise.

    depths: blocks in each stage; (2, 2, 2, 2) is ResNet-18 with 11,689,512 parameters, (3, 4, 6, 3) is ResNet-34 with
    21,797,672, for three channels and 1000 classes. bottleneck: blocks of three convolutions, with four times as many
    channels behind them: (3, 4, 6, 3) is then ResNet-50 with 25,557,032 parameters. x: (N, in_channels, H, W), 224 x
    224 pixels as published. width: channels of the first stage; each further one has twice as many. Keys of parameters
    and buffers, and their order, are torchvision's. Returns logits (N, num_classes).
    """

    def __init__(
        self,
        depths: Sequence[int] = (2, 2, 2, 2),
        num_classes: int = 1000,
        in_channels: int = 3,
        width: int = 64,
        bottleneck: bool = False,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        block = Bottleneck if bottleneck else BasicBlock
        expansion, shortcut = block.expansion, partial(projection, dtype=dtype, rng=rng)
        made = partial(stage, block=block, shortcut=shortcut, dtype=dtype, rng=rng)
        self.conv1 = convolution(in_channels, width, 7, stride=2, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.maxpool = MaxPool2d(3, 2, padding=1)
        self.layer1 = made(width, width, depths[0], 1)
        self.layer2 = made(expansion * width, 2 * width, depths[1], 2)
        self.layer3 = made(2 * expansion * width, 4 * width, depths[2], 2)
        self.layer4 = made(4 * expansion * width, 8 * width, depths[3], 2)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(8 * expansion * width, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.maxpool(relu(self.bn1(self.conv1(x))))  # (N, 64, 56, 56)
        for blocks in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = blocks(x)  # sides of 56, 28, 14 and 7; channels 64, 128, 256, 512 times the block's expansion
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
        made = partial(stage, block=BasicBlock, shortcut=PaddedShortcut, dtype=dtype, rng=rng)
        self.conv1 = convolution(in_channels, width, 3, dtype=dtype, rng=rng)
        self.bn1 = BatchNorm2d(width, dtype=dtype)
        self.layer1 = made(width, width, blocks, 1)
        self.layer2 = made(width, 2 * width, blocks, 2)
        self.layer3 = made(2 * width, 4 * width, blocks, 2)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.fc = Linear(4 * width, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = relu(self.bn1(self.conv1(x)))  # (N, 16, 32, 32)
        for blocks in (self.layer1, self.layer2, self.layer3):
            x = blocks(x)  # (N, 16, 32, 32), (N, 32, 16, 16), (N, 64, 8, 8)
        return self.fc(self.avgpool(x).reshape(len(x), -1))
