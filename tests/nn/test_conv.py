"""Convolutional and locally connected layers: against PyTorch's where it has them, and against their definition."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.ops.windows import moving


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


SIZES = {1: (9,), 2: (7, 8), 3: (5, 6, 7)}
OPERATIONS = {1: ag.conv1d, 2: ag.conv2d, 3: ag.conv3d}
every_number_of_axes = pytest.mark.parametrize("axes", [1, 2, 3])


def layer(name, axes, *args, **kwargs):
    return getattr(nn, f"{name}{axes}d")(*args, **kwargs, dtype="float64", rng=np.random.default_rng(0))


# -- PyTorch -----------------------------------------------------------------------------------------------------

CONV = [
    {},
    {"stride": 2, "padding": 1, "dilation": 2, "groups": 2},
    {"padding": "same", "bias": False},
    {"padding": "valid", "stride": 3},
    {"padding": 2, "padding_mode": "reflect"},
    {"padding": 1, "padding_mode": "replicate", "stride": 2},
    {"padding": "same", "padding_mode": "circular", "dilation": 2},
]
TRANSPOSED = [
    {},
    {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "bias": False},
    {"stride": 1, "dilation": 2},
]
LAYERS = [
    *itertools.product(["Conv"], [1, 2, 3], CONV),
    *itertools.product(["ConvTranspose"], [1, 2, 3], TRANSPOSED),
]


@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # PyTorch's, that it may copy
@pytest.mark.parametrize(("name", "axes", "arguments"), LAYERS)
def test_outputs_gradients_and_text_are_torchs(name, axes, arguments):
    torch = pytest.importorskip("torch")
    theirs = getattr(torch.nn, f"{name}{axes}d")(4, 6, 3, **arguments).double()
    ours = layer(name, axes, 4, 6, 3, **arguments)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    assert repr(ours) == repr(theirs)
    x = numbers(2, 4, *SIZES[axes])
    a, b = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(a), theirs(b)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=0, atol=1e-12)
    (y**2).sum().backward()
    (z**2).sum().backward()
    pairs = [(a, b), *zip(ours.parameters(), theirs.parameters(), strict=True)]
    for mine, other in pairs:
        np.testing.assert_allclose(mine.grad.data, other.grad.numpy(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("arguments", [(2,), ((3, 2), (1, 2), (1, 0), (2, 1))])
def test_unfold_and_fold_are_torchs(arguments):
    torch = pytest.importorskip("torch")
    x = numbers(2, 3, 5, 6)
    columns = nn.Unfold(*arguments)(x)
    np.testing.assert_array_equal(columns, torch.nn.Unfold(*arguments)(torch.tensor(x)).numpy())
    folded = nn.Fold((5, 6), *arguments)(columns)
    expected = torch.nn.Fold((5, 6), *arguments)(torch.tensor(columns)).numpy()
    np.testing.assert_allclose(folded, expected, rtol=0, atol=1e-12)


# -- by themselves -------------------------------------------------------------------------------------------------


@every_number_of_axes
@pytest.mark.parametrize(("mode", "numpys"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
@pytest.mark.parametrize("padding", [2, "same"])
def test_padding_with_pixels_of_the_image(axes, mode, numpys, padding):
    conv = layer("Conv", axes, 2, 3, 4, stride=2, padding=padding, padding_mode=mode)
    x = numbers(1, 2, *SIZES[axes])
    around = moving(conv.kernel_size, SIZES[axes], conv.stride, padding, conv.dilation).padding
    expected = OPERATIONS[axes](np.pad(x, ((0, 0), (0, 0), *around), numpys), conv.weight, conv.bias, 2)
    np.testing.assert_array_equal(conv(x).data, expected.data)


@every_number_of_axes
def test_same_with_a_stride(axes):
    y = layer("Conv", axes, 2, 3, 3, stride=2, padding="same")(numbers(1, 2, *SIZES[axes]))
    assert y.shape[2:] == tuple(-(-n // 2) for n in SIZES[axes])


@pytest.mark.parametrize("axes", [1, 2])
def test_locally_connected(axes):
    size = SIZES[axes]
    local = layer("LocallyConnected", axes, 2, 3, size, 3, 2, "same", 2)
    conv = layer("Conv", axes, 2, 3, 3, 2, "same", 2)
    y = local(numbers(2, 2, *size))
    counts = tuple(-(-n // 2) for n in size)
    assert y.shape == (2, 3, *counts)
    assert local.weight.shape == (3, 2, *counts, *(3,) * axes)
    assert local.bias.shape == (3, *counts)
    local.weight.data[...] = np.expand_dims(conv.weight.data, tuple(range(2, 2 + axes)))
    local.bias.data[...] = conv.bias.data.reshape(3, *(1,) * axes)
    x = numbers(2, 2, *size)
    np.testing.assert_allclose(local(x).data, conv(x).data, rtol=0, atol=1e-12)
    assert "input_size=" in repr(local)


@pytest.mark.parametrize("axes", [1, 2])
def test_a_locally_connected_layer_without_bias_learns(axes):
    local = layer("LocallyConnected", axes, 1, 2, 5, 3, bias=False)
    assert [name for name, _ in local.named_parameters()] == ["weight"]
    local(numbers(2, 1, *(5,) * axes)).sum().backward()
    assert local.weight.grad.data.any()


@pytest.mark.parametrize(
    ("made", "fan_in"),
    [
        (lambda rng: nn.Conv1d(30, 60, 5, groups=3, rng=rng), 50),
        (lambda rng: nn.Conv3d(8, 16, (3, 2, 3), rng=rng), 144),
        (lambda rng: nn.ConvTranspose1d(60, 30, 5, groups=3, rng=rng), 50),
        (lambda rng: nn.LocallyConnected2d(4, 8, 6, 3, rng=rng), 36),
    ],
)
def test_initial_values_are_evenly_within_a_bound(made, fan_in):
    for parameter in made(np.random.default_rng(0)).parameters():
        values = parameter.data * fan_in**0.5
        assert np.abs(values).max() <= 1
        assert abs(np.std(values) - 3**-0.5) < 0.1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Conv1d(4, 4, (3, 3)), r"Conv1d: kernel_size must be an integer or one of them.*\(length,\)"),
        (lambda: nn.Conv3d(4, 4, 3, padding="full"), r'Conv3d: padding .full. is not known; .*\(depth, .*or "valid"'),
        (lambda: nn.Conv2d(4, 4, 3, padding_mode="edge"), "Conv2d: padding_mode 'edge' .*zeros, reflect, replicate"),
        (lambda: nn.ConvTranspose3d(4, 4, 3, padding="same"), "ConvTranspose3d: padding 'same' is not known; pass a n"),
        (lambda: nn.Conv1d(3, 4, 3, groups=2), "Conv1d: 3 and 4 channels do not divide"),
        (lambda: nn.LocallyConnected1d(3, 4, 2, 3), "the result would be empty"),
        (lambda: nn.LocallyConnected2d(3, 4, 0, 3), "LocallyConnected2d: input_size must be at least 1"),
        (
            lambda: nn.LocallyConnected2d(3, 4, 5, 3)(np.ones((1, 3, 6, 5), np.float32)),
            "local_conv2d: x has 3 channels and 12 windows",
        ),
        (
            lambda: nn.Conv1d(3, 4, 3, padding=1, padding_mode="circular")(np.ones((3, 5), np.float32)),
            "must have 3 axes",
        ),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_unfold_and_fold_say_what_they_do():
    assert repr(nn.Unfold(3, padding=1)) == "Unfold(kernel_size=3, dilation=1, padding=1, stride=1)"
    assert repr(nn.Fold((4, 5), 2)) == "Fold(output_size=(4, 5), kernel_size=2, dilation=1, padding=0, stride=1)"
