"""Layers of pooling: what they compute, how they are shown, what they refuse."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

SIZES = {1: (7,), 2: (6, 7), 3: (4, 3, 5)}

# (the layer's name and the operation's without the number of axes, arguments of the layer, keywords of the operation)
LAYERS = {
    "MaxPool": ("max_pool", (3, 2, 1, 1, False, True), {"stride": 2, "padding": 1, "ceil_mode": True}),
    "AvgPool": ("avg_pool", (3, 2, 1, True, False, 5), {"stride": 2, "padding": 1, "ceil_mode": True}),
    "LPPool": ("lp_pool", (2, 3, 1, True), {"kernel_size": 3, "stride": 1, "ceil_mode": True}),
    "AdaptiveAvgPool": ("adaptive_avg_pool", (2,), {}),
    "AdaptiveMaxPool": ("adaptive_max_pool", (2,), {}),
}
LAYERS["AvgPool"][2].update(count_include_pad=False, divisor_override=5)


@pytest.mark.parametrize("axes", SIZES)
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_its_operation(axes, name):
    operation, arguments, keywords = LAYERS[name]
    x = ag.tensor(np.random.default_rng(0).standard_normal((2, 3, *SIZES[axes])))
    layer = getattr(nn, f"{name}{axes}d")(*arguments)
    expected = getattr(ag, f"{operation}{axes}d")(x, arguments[0], **keywords)
    np.testing.assert_array_equal(layer(x).data, expected.data)
    assert not list(layer.parameters())


@pytest.mark.parametrize("axes", SIZES)
def test_unpooling_takes_what_pooling_gives(axes):
    x = ag.tensor(np.abs(np.random.default_rng(0).standard_normal((2, 3, *SIZES[axes]))))
    pool = getattr(nn, f"MaxPool{axes}d")(2, return_indices=True)
    unpool = getattr(nn, f"MaxUnpool{axes}d")(2)
    image = unpool(*pool(x), output_size=x.shape)
    assert image.shape == x.shape
    np.testing.assert_array_equal(pool(image)[0].data, pool(x)[0].data)
    bins, indices = getattr(nn, f"AdaptiveMaxPool{axes}d")(1, return_indices=True)(x)
    np.testing.assert_array_equal(x.data.reshape(2, 3, -1).argmax(-1), indices.data.reshape(2, 3))
    assert bins.shape == (2, 3, *(1,) * axes)


def test_maxout():
    x = np.arange(12.0).reshape(1, 6, 2)
    np.testing.assert_array_equal(nn.Maxout(3)(ag.tensor(x)).data, [[[4, 5], [10, 11]]])
    np.testing.assert_array_equal(nn.Maxout(2, axis=-1)(ag.tensor(x)).data[0, :, 0], x[0, :, 1])


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
        (nn.AvgPool1d(3, 1), "AvgPool1d(kernel_size=3, stride=1, padding=0)"),
        (nn.LPPool2d(2, 3), "LPPool2d(norm_type=2, kernel_size=3, stride=3, ceil_mode=False)"),
        (nn.MaxUnpool3d(2, 3, 1), "MaxUnpool3d(kernel_size=2, stride=3, padding=1)"),
        (nn.AdaptiveMaxPool2d((None, 3)), "AdaptiveMaxPool2d(output_size=(None, 3))"),
        (nn.Maxout(4), "Maxout(pieces=4, axis=1)"),
    ],
)
def test_a_layer_shows_its_arguments(layer, text):
    assert repr(layer) == text


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.MaxPool3d((2, 2)), "MaxPool3d: kernel_size must be an integer or three of them"),
        (lambda: nn.MaxPool2d(2, dilation=0), "MaxPool2d: dilation must be at least 1"),
        (lambda: nn.AvgPool1d(0), "AvgPool1d: kernel_size must be at least 1"),
        (lambda: nn.LPPool2d(2, 2, 0), "LPPool2d: stride must be at least 1"),
        (lambda: nn.MaxUnpool2d(2, 2, -1), "MaxUnpool2d: padding must be at least 0"),
        (lambda: nn.Maxout(0), "Maxout: pieces"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()
