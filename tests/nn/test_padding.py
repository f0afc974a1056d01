"""Padding layers against PyTorch's: every kind, each dimension, uneven and negative widths."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import padding

SHAPES = {1: (2, 3, 6), 2: (2, 3, 6, 5), 3: (1, 2, 4, 5, 6)}
WIDTHS = {1: [2, (3, 1), (-1, 2)], 2: [1, (1, 2, 0, 3), (2, -1, -2, 1)], 3: [1, (1, 2, 3, 0, 2, 1)]}
KINDS = [
    ("Zero", ()),
    ("Constant", (3.5,)),
    ("Reflection", ()),
    ("Replication", ()),
    ("Circular", ()),
]


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize(("kind", "options"), KINDS)
def test_as_pytorchs(agrees_with_torch, kind, options, axes, batch):
    import torch

    name = f"{kind}Pad{axes}d"
    x = np.random.default_rng(0).standard_normal(SHAPES[axes][0 if batch else 1 :])
    for width in WIDTHS[axes]:
        ours, theirs = getattr(padding, name)(width, *options), getattr(torch.nn, name)(width, *options)
        assert repr(ours) == repr(theirs)
        agrees_with_torch(ours, lambda torch, x, theirs=theirs: theirs(x), x, order=1)


def test_widths_beyond_the_length_go_on():
    x = np.arange(3.0).reshape(1, 1, 3)
    assert nn.ReflectionPad1d((4, 0))(x).tolist() == [[[0, 1, 2, 1, 0, 1, 2]]]
    assert nn.CircularPad1d((4, 0))(x).tolist() == [[[2, 0, 1, 2, 0, 1, 2]]]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: nn.ZeroPad2d((1, 2)), ValueError, r"ZeroPad2d: .* 2 widths; .* 4: .* the columns, then the rows"),
        (lambda: nn.ZeroPad1d(1.5), TypeError, r"ZeroPad1d: padding\[0\] is 1.5"),
        (lambda: nn.ZeroPad1d(1)(np.ones((2, 3, 4, 5))), ValueError, r"ZeroPad1d: x \(2, 3, 4, 5\) must be"),
        (lambda: nn.ZeroPad1d((-2, -3))(np.ones((2, 3, 4))), ValueError, r"ZeroPad1d: .* more away than \(4,\)"),
        (lambda: nn.ReflectionPad1d(1)(np.ones((2, 3, 0))), ValueError, "no elements to repeat"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_raw_array_stays_one():
    assert isinstance(nn.ZeroPad1d(1)(np.ones((1, 1, 2), np.float32)), np.ndarray)
    assert isinstance(nn.ZeroPad1d(1)(ag.ones((1, 1, 2))), ag.Tensor)
