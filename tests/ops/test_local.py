"""Locally connected layers: with equal filters everywhere they are convolutions."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


SETTINGS = [
    {},
    {"stride": 2, "padding": 1},
    {"padding": "same", "dilation": 2},
    {"padding": ((2, 0), (0, 1)), "stride": (1, 3)},
    {"padding": "valid", "stride": (3, 2)},
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_equal_filters_are_a_convolution(settings):
    x, weight, bias = numbers(2, 3, 7, 8), numbers(4, 3, 3, 2, seed=1), numbers(4, seed=2)
    shared = ag.conv2d(x, weight, bias, **settings)
    counts = shared.shape[2:]
    everywhere = np.broadcast_to(weight[:, :, None, None], (4, 3, *counts, 3, 2))
    biases = np.broadcast_to(bias[:, None, None], (4, *counts))
    np.testing.assert_allclose(ag.local_conv2d(x, everywhere, biases, **settings), shared, rtol=0, atol=1e-12)


def test_each_window_has_its_own_filter():
    x, weight = numbers(2, 3, 9), numbers(4, 3, 4, 2, seed=1)
    y = ag.local_conv1d(x, weight, stride=2, dilation=2)
    assert y.shape == (2, 4, 4)
    for place in range(4):
        seen = x[:, :, [2 * place, 2 * place + 2]]
        np.testing.assert_allclose(y[:, :, place], np.einsum("nck,ock->no", seen, weight[:, :, place]), atol=1e-12)


def test_third_order():
    x, weight = (ag.tensor(numbers(*shape), requires_grad=True) for shape in ((2, 2, 4, 5), (3, 2, 2, 3, 3, 3)))
    g = ag.tensor(numbers(2, 3, 2, 3, seed=2), requires_grad=True)
    form, directions = (g * ag.local_conv2d(x, weight)).sum(), []
    for seed, operand in enumerate((x, weight, g), start=5):
        directions.append(numbers(*operand.shape, seed=seed))
        (gradient,) = ag.gradients(form, operand, create_graph=True)
        form = (gradient * directions[-1]).sum()
    expected = (ag.local_conv2d(directions[0], directions[1]) * directions[2]).sum()
    np.testing.assert_allclose(form.data, expected, rtol=1e-11)


def test_an_empty_batch():
    x, weight = (ag.tensor(numbers(*shape), requires_grad=True) for shape in ((0, 2, 5), (3, 2, 3, 3)))
    ag.local_conv1d(x, weight).sum().backward()
    assert x.grad.shape == x.shape
    assert not weight.grad.data.any()


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        (((2, 3, 5), (4, 3, 3, 2)), {}, r"3 channels and 4 windows, \(4,\) .*shape \(4, 3, 4, 2\)"),
        (((2, 3, 5), (4, 2, 4, 2)), {}, r"3 channels .*shape \(4, 3, 4, 2\)"),
        (((2, 3, 5), (4, 3, 2)), {}, "weight must have 4 axes .*it has 3.*conv1d"),
        (((3, 5), (4, 3, 4, 2)), {}, r"x must have 3 axes .*x\[None\]"),
        (((2, 3, 0), (4, 3, 4, 2)), {}, "x has no pixels"),
        (((2, 3, 5), (4, 3, 4, 0)), {}, "no taps"),
        (((2, 3, 5), (4, 3, 4, 6)), {}, "result would be empty"),
        (((2, 3, 5), (4, 3, 4, 2), (4,)), {}, r"bias has shape \(4,\).*pass one of shape \(4, 4\)"),
        (((2, 3, 5), (4, 3, 4, 2)), {"stride": 0}, "stride must be at least 1"),
    ],
)
def test_errors(shapes, settings, message):
    with pytest.raises(ValueError, match=f"(?s)local_conv1d: .*{message}"):
        ag.local_conv1d(*(numbers(*shape) for shape in shapes), **settings)
