"""GoogLeNet and its Inception module: filters of several sizes side by side (Szegedy et al. 2015, arXiv:1409.4842)."""

from __future__ import annotations

from functools import partial
from typing import Any

from numpy.typing import DTypeLike

from ..nn import AdaptiveAvgPool2d, BatchNorm2d, Conv2d, Dropout, Linear, MaxPool2d, Module, Sequential
from ..ops.elementwise import relu
from ..ops.random import Generator
from ..ops.shape import concatenate


class BasicConv2d(Module):
    """A convolution without bias, normalised over the batch, and rectified.

    x: (N, in_channels, H, W). Returns (N, channels, H', W') as `Conv2d`, padded to keep the size for a stride of 1.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        kernel_size: int,
        stride: int = 1,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        padding = kernel_size // 2
        self.conv = Conv2d(in_channels, channels, kernel_size, stride, padding, bias=False, dtype=dtype, rng=rng)
        self.bn = BatchNorm2d(channels, eps=0.001, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """``relu(bn(conv(x)))``."""
        return relu(self.bn(self.conv(x)))


class Inception(Module):
    """1x1, 3x3 and 3x3 filters and pooling side by side; 1x1 convolutions before and behind them keep it cheap.

    x: (N, in_channels, H, W). The six numbers of channels are in the order of the paper's table 1: 1x1; 3x3 and the
    reduction before it; the second 3x3 (5x5 in the paper) and the reduction before it; the projection of the pooled.
    Returns (N, out1 + out3 + out5 + pooled, H, W).
    """

    def __init__(
        self,
        in_channels: int,
        out1: int,
        reduce3: int,
        out3: int,
        reduce5: int,
        out5: int,
        pooled: int,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        conv = partial(BasicConv2d, dtype=dtype, rng=rng)
        self.branch1 = conv(in_channels, out1, 1)
        self.branch2 = Sequential(conv(in_channels, reduce3, 1), conv(reduce3, out3, 3))
        self.branch3 = Sequential(conv(in_channels, reduce5, 1), conv(reduce5, out5, 3))
        self.branch4 = Sequential(MaxPool2d(3, 1, padding=1), conv(in_channels, pooled, 1))

    def forward(self, x: Any) -> Any:
        """The channels of all branches."""
        return concatenate([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], axis=1)


class GoogLeNet(Module):
    """Nine Inception modules; 6,624,904 parameters for three channels and 1000 classes.

    It is the variant with batch normalisation, 3x3 filters in place of 5x5, and without auxiliary heads; keys of
    parameters are torchvision's. x: (N, in_channels, H, W), 224 x 224 pixels as published. Returns logits (N,
    num_classes).
    """

    def __init__(
        self,
        num_classes: int = 1000,
        in_channels: int = 3,
        dropout: float = 0.2,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        conv, module = partial(BasicConv2d, dtype=dtype, rng=rng), partial(Inception, dtype=dtype, rng=rng)
        self.conv1 = conv(in_channels, 64, 7, stride=2)
        self.maxpool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = conv(64, 64, 1)
        self.conv3 = conv(64, 192, 3)
        self.maxpool2 = MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = module(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = module(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = module(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = module(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = module(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = module(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = module(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a = module(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = module(832, 384, 192, 384, 48, 128, 128)
        self.avgpool = AdaptiveAvgPool2d(1)
        self.dropout = Dropout(dropout, rng=rng)
        self.fc = Linear(1024, num_classes, dtype=dtype, rng=rng)

    def forward(self, x: Any) -> Any:
        """The logits of the images `x`."""
        x = self.maxpool1(self.conv1(x))  # (N, 64, 56, 56)
        x = self.maxpool2(self.conv3(self.conv2(x)))  # (N, 192, 28, 28)
        x = self.maxpool3(self.inception3b(self.inception3a(x)))  # (N, 480, 14, 14)
        x = self.inception4c(self.inception4b(self.inception4a(x)))
        x = self.maxpool4(self.inception4e(self.inception4d(x)))  # (N, 832, 7, 7)
        x = self.inception5b(self.inception5a(x))  # (N, 1024, 7, 7)
        x = self.avgpool(x).reshape(len(x), -1)
        return self.fc(self.dropout(x))
