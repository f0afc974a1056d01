"""Layers that resize and rearrange images against PyTorch's: values, gradients and representations."""

import numpy as np
import pytest

from autograd_lite import nn
from autograd_lite.nn import resizing

LAYERS = [
    ("Upsample", (), {"scale_factor": 2}, (1, 2, 3)),
    ("Upsample", (), {"size": (4, 5)}, (1, 2, 3, 3)),
    ("Upsample", (5,), {}, (1, 2, 3, 4)),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "bilinear"}, (1, 2, 3, 4)),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "bilinear", "recompute_scale_factor": True}, (1, 2, 3, 3)),
    ("Upsample", (), {"scale_factor": (2.0, 1.5), "mode": "bicubic", "align_corners": True}, (1, 2, 3, 4)),
    ("Upsample", (), {"size": 5, "mode": "linear"}, (1, 2, 3)),
    ("Upsample", (), {"scale_factor": 2, "mode": "trilinear"}, (1, 1, 2, 3, 2)),
    ("UpsamplingNearest2d", (), {"scale_factor": 2}, (1, 2, 3, 4)),
    ("UpsamplingNearest2d", ((5, 3),), {}, (1, 2, 3, 4)),
    ("UpsamplingBilinear2d", (), {"scale_factor": 2}, (1, 2, 3, 4)),
    ("UpsamplingBilinear2d", (5,), {}, (1, 2, 3, 4)),
    ("PixelShuffle", (2,), {}, (2, 8, 3, 2)),
    ("PixelUnshuffle", (2,), {}, (2, 2, 4, 6)),
    ("ChannelShuffle", (2,), {}, (2, 6, 3, 2)),
]


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS)
def test_as_pytorchs(agrees_with_torch, name, args, options, shape):
    import torch

    ours, theirs = getattr(resizing, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).standard_normal(shape)
    agrees_with_torch(ours, lambda torch, x: theirs(x), x, order=1)


@pytest.mark.parametrize(
    ("make", "shape", "message"),
    [
        (lambda: nn.Upsample(2, 2), (1, 1, 2), "either size or scale_factor"),
        (lambda: nn.Upsample(2, mode="linear"), (1, 1, 2, 2), "mode 'linear' is for 1"),
        (lambda: nn.PixelShuffle(2), (1, 3, 2, 2), "3 channels cannot be shared"),
        (lambda: nn.PixelUnshuffle(2), (1, 1, 3, 2), "3 x 2 cannot be cut"),
        (lambda: nn.ChannelShuffle(2), (1, 3, 2, 2), "cannot be dealt into 2"),
    ],
)
def test_errors(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make()(np.ones(shape, np.float32))
