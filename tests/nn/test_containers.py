"""Sequential: what it reorders gives the same values and gradients, bit for bit, as the layers one by one."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def awkward(rng, shape):
    """Images with ties, negative windows, zeros of both signs, infinities and NaN."""
    x = rng.integers(-2, 2, shape).astype(np.float32)
    x[rng.random(shape) < 0.1] = -0.0
    x[rng.random(shape) < 0.02] = np.inf
    x[rng.random(shape) < 0.02] = -np.inf
    x[rng.random(shape) < 0.02] = np.nan
    return x


@pytest.mark.parametrize(
    "pools",
    [
        [nn.MaxPool2d(2)],
        [nn.MaxPool2d(3, 2, padding=1)],
        [nn.MaxPool2d(2, 1, dilation=2), nn.MaxPool2d(2)],
        [nn.MaxPool2d(2), nn.ReLU(), nn.ReLU(), nn.MaxPool2d(2)],
    ],
)
def test_a_rectifier_before_max_pooling_may_come_after_it(pools):
    rng = np.random.default_rng(0)
    layers = [nn.ReLU(), *pools]
    data = awkward(rng, (3, 4, 12, 13))
    results = []
    for forward in (nn.Sequential(*layers), lambda x: [x := layer(x) for layer in layers][-1]):
        x = ag.tensor(data, requires_grad=True)
        out = forward(x)
        out.backward(np.random.default_rng(1).standard_normal(out.shape).astype(np.float32))
        results.append((out.data, x.grad.data))
    for ours, plain in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, plain)


def test_other_neighbours_keep_their_places():
    class Doubled(nn.MaxPool2d):
        def forward(self, x):
            return super().forward(x) - 1

    x = np.random.default_rng(0).standard_normal((2, 3, 4, 4)).astype(np.float32)
    for pool in (Doubled(2), nn.AvgPool2d(2)):
        np.testing.assert_array_equal(
            nn.Sequential(nn.ReLU(), pool)(ag.tensor(x)).data, pool(ag.relu(ag.tensor(x))).data
        )
