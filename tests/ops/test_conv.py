"""The convolutions in one to three dimensions: one trilinear form to the third order, shapes, errors."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.conv import FAMILIES, conv2d_weight


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(*shape, seed=0):
    return ag.tensor(numbers(*shape, seed=seed), requires_grad=True)


# -- one trilinear form ------------------------------------------------------------------------------------------

# For three axes; fewer take the last ones.
SETTINGS = {
    "plain": {},
    "stride": {"stride": (1, 2, 3), "padding": 1},
    "stride that leaves a rest": {"stride": 3},
    "dilation": {"dilation": (2, 1, 2), "padding": (0, 2, 0)},
    "groups": {"groups": 2, "padding": ((1, 0), (0, 1), (2, 0))},
    "depthwise": {"groups": 4, "padding": 1, "stride": 2},
    "same": {"padding": "same"},
    "same with stride": {"padding": "same", "stride": (3, 1, 2), "dilation": (1, 2, 2)},
    "valid": {"padding": "valid"},
    "cropped": {"padding": ((0, 1), (-1, 1), (0, -1)), "stride": 2},
}
every_setting = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
every_number_of_axes = pytest.mark.parametrize("axes", FAMILIES)
SIZE, KERNEL = (5, 7, 8), (2, 3, 2)


def last(settings, axes):
    """The settings for fewer axes."""
    return {name: value[-axes:] if isinstance(value, tuple) else value for name, value in settings.items()}


def trilinear(axes, settings):
    """x, weight and g as leaves, and <g, conv(x, weight)>."""
    x, weight = leaf(2, 4, *SIZE[-axes:]), leaf(8, 4 // settings.get("groups", 1), *KERNEL[-axes:], seed=1)
    y = FAMILIES[axes].conv(x, weight, **settings)
    g = leaf(*y.shape, seed=2)
    return x, weight, g, (g * y).sum()


@every_number_of_axes
@every_setting
def test_each_operation_is_the_derivative_of_the_form(axes, settings):
    settings = last(settings, axes)
    x, weight, g, form = trilinear(axes, settings)
    by_x, by_weight, by_g = ag.gradients(form, [x, weight, g])
    for operand, gradient in ((x, by_x), (weight, by_weight), (g, by_g)):
        np.testing.assert_allclose((operand.data * gradient.data).sum(), form.data, rtol=1e-12)
    by_operation = FAMILIES[axes].weight(x.data, g.data, KERNEL[-axes:], **settings)
    np.testing.assert_allclose(by_weight.data, by_operation, rtol=1e-12)


@every_number_of_axes
@every_setting
def test_third_order(axes, settings):
    # Three directions, one for each operand: the third derivative of a trilinear form is the form itself.
    settings = last(settings, axes)
    x, weight, g, form = trilinear(axes, settings)
    directions = [numbers(*operand.shape, seed=seed) for seed, operand in enumerate((x, weight, g), start=5)]
    for operand, direction in zip((x, weight, g), directions, strict=True):
        (gradient,) = ag.gradients(form, operand, create_graph=True)
        form = (gradient * direction).sum()
    expected = (FAMILIES[axes].conv(directions[0], directions[1], **settings) * directions[2]).sum()
    np.testing.assert_allclose(form.data, expected, rtol=1e-10)


@every_setting
def test_gradients_by_finite_differences(settings):
    settings = {**last(settings, 2), "groups": 2 if "groups" in settings else 1}

    def cubed(x, weight, bias):
        return ag.conv2d(x, weight, bias, **settings) ** 3

    arguments = numbers(1, 2, 5, 5), numbers(2, 2 // settings["groups"], 3, 2, seed=1), numbers(2, seed=2)
    assert ag.gradcheck(cubed, *arguments, order=2)


@pytest.mark.parametrize(
    "settings",
    [
        {"stride": 2, "padding": 1, "output_padding": 1},
        {"stride": 1, "dilation": 3, "output_padding": 2},  # more than the stride: rows that are no zeros
        {"stride": 1, "dilation": 3, "output_padding": (2, 1), "padding": 2},
        {"stride": (3, 2), "padding": ((1, 0), (0, 1)), "groups": 2},
    ],
)
def test_transposed_gradients_by_finite_differences(settings):
    def cubed(x, weight, bias):
        return ag.conv_transpose2d(x, weight, bias, **settings) ** 3

    channels = 2 // settings.get("groups", 1)
    arguments = numbers(1, 2, 3, 2), numbers(2, channels, 3, 2, seed=1), numbers(2, seed=2)
    assert ag.gradcheck(cubed, *arguments, order=2)


# -- shapes and dtypes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("kernel", range(1, 6))
def test_same_keeps_the_size(size, kernel):
    for dilation in (1, 2):
        y = ag.conv2d(numbers(1, 1, size, size), numbers(1, 1, kernel, 1), padding="same", dilation=dilation)
        assert y.shape == (1, 1, size, size)


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize("kernel", range(1, 6))
def test_same_with_a_stride_keeps_every_so_many(size, kernel):
    for stride in range(1, 5):
        for dilation in (1, 2):
            y = ag.conv1d(numbers(1, 1, size), numbers(1, 1, kernel), padding="same", stride=stride, dilation=dilation)
            assert y.shape == (1, 1, -(-size // stride))


def test_same_with_a_stride_pads_as_tensorflow_does():
    # ceil(5 / 2) = 3 windows of 4 taps need 2 * 2 + 4 = 8 elements: three zeros, one before and two behind.
    y = ag.conv1d(np.arange(1.0, 6).reshape(1, 1, 5), np.ones((1, 1, 4)), padding="same", stride=2)
    np.testing.assert_array_equal(y[0, 0], [1 + 2 + 3, 2 + 3 + 4 + 5, 4 + 5])


def test_an_odd_padding_of_same_is_one_more_behind():
    x = np.arange(4.0).reshape(1, 1, 1, 4)
    y = ag.conv2d(x, np.ones((1, 1, 1, 2)), padding="same")
    np.testing.assert_array_equal(y[0, 0], [[1, 3, 5, 3]])


@pytest.mark.parametrize("operation", [ag.conv2d, ag.conv_transpose2d])
@pytest.mark.parametrize("stride", [1, 2])
def test_an_empty_batch(operation, stride):
    x, weight, bias = leaf(0, 3, 5, 5), leaf(3, 3, 3, 3), leaf(3)
    y = operation(x, weight, bias, stride=stride)
    assert y.shape[0] == 0
    y.sum().backward()
    assert x.grad.shape == x.shape
    assert not weight.grad.data.any()
    assert not bias.grad.data.any()


@pytest.mark.parametrize("operation", [ag.conv2d, ag.conv_transpose2d])
def test_no_channels(operation):
    x, weight = leaf(2, 0, 5, 5), leaf(0, 0, 3, 3)
    y = operation(x, weight)
    assert y.shape[:2] == (2, 0)
    y.sum().backward()
    assert weight.grad.shape == weight.shape


def test_float32_stays_float32():
    x, weight, bias = (
        ag.tensor(numbers(*s).astype(np.float32), requires_grad=True) for s in ((2, 3, 5, 5), (4, 3, 3, 3), (4,))
    )
    y = ag.conv2d(x, weight, bias, padding=1)
    y.sum().backward()
    assert {t.dtype for t in (y, x.grad, weight.grad, bias.grad)} == {np.dtype(np.float32)}


def test_complex_gradients():
    def energy(x, weight):
        y = ag.conv2d(x, weight, stride=2, padding=1)
        return (y * ag.conj(y)).real.sum()

    x, weight = (numbers(*shape) + 1j * numbers(*shape, seed=1) for shape in ((1, 2, 4, 4), (2, 2, 3, 3)))
    assert ag.gradcheck(energy, x, weight)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        (
            ((8, 3, 9, 9), (16, 4, 3, 3)),
            {},
            r"x has 3 channels, weight expects 4 .*or a weight of shape \(16, 3, 3, 3\)",
        ),
        (((8, 4, 9, 9), (6, 4, 3, 3)), {"groups": 2}, r"x has 4 channels, weight expects 8 .*\(6, 2, 3, 3\)"),
        (((8, 4, 9, 9), (5, 2, 3, 3)), {"groups": 2}, "groups=2 does not divide 5 filters .*divisor of 5"),
        (((8, 5, 9, 9), (6, 2, 3, 3)), {"groups": 2}, "groups=2 does not divide 5 channels"),
        (((8, 4, 9, 9), (6, 2, 3, 3)), {"groups": 0}, "groups=0 does not divide"),
        (((1, 3, 0, 9), (4, 3, 3, 3)), {"padding": 2}, "x has no pixels"),
        (((3, 9, 9), (4, 3, 3, 3)), {}, r"x must have 4 axes .*it has 3 .*x\[None\]"),
        (((1, 3, 9, 9), (4, 3, 3)), {}, r"weight must have 4 axes \(filters"),
        (((1, 3, 2, 9), (4, 3, 3, 3)), {}, "result would be empty.* 3x3 pixels.* 2x9.*smaller kernel"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"dilation": 2}, "result would be empty"),
        (((1, 3, 4, 4), (4, 3, 0, 3)), {}, "no taps"),
        (((1, 3, 4, 4), (4, 3, 3, 3), (3,)), {}, r"bias has shape \(3,\), there are 4 .*\(4,\)"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"stride": 0}, "stride must be at least 1"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"stride": 1.5}, "stride must be an integer or two"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"dilation": (1, 2, 3)}, "dilation must be an integer or two"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"padding": -1}, "padding must be at least 0"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"padding": ((1, 2), (3,))}, r"padding .*\(top, bottom\)"),
        (((1, 3, 4, 4), (4, 3, 3, 3)), {"padding": "full"}, "'full' is not known"),
    ],
)
def test_errors_of_conv2d(shapes, settings, message):
    with pytest.raises(ValueError, match=f"(?s)conv2d: .*{message}"):
        ag.conv2d(*map(ag.tensor, (numbers(*shape) for shape in shapes)), **settings)


@pytest.mark.parametrize(
    ("shapes", "settings", "message"),
    [
        (((8, 3, 9, 9), (4, 3, 3, 3)), {}, r"x has 3 channels, weight expects 4 .*\(3, 3, 3, 3\)"),
        (((8, 3, 9, 9), (3, 3, 3, 3)), {"groups": 2}, "groups=2 does not divide 3 channels"),
        (((8, 9, 9), (3, 3, 3, 3)), {}, "x must have 4 axes"),
        (((8, 4, 9, 9), (4, 3, 3, 3), (3,)), {"groups": 2}, "bias has shape .*there are 6 channels"),
        (((1, 3, 2, 2), (3, 2, 2, 2)), {"output_padding": 1}, "output_padding 1 is neither below the stride 1"),
        (((1, 3, 2, 2), (3, 2, 2, 2)), {"output_padding": (0, 2), "stride": 2}, "output_padding 2 .*stride 2"),
        (((1, 3, 1, 1), (3, 2, 2, 2)), {"padding": 1}, r"empty \(0x0\).*less padding"),
        (((1, 3, 0, 4), (3, 2, 2, 2)), {}, "x has no pixels"),
    ],
)
def test_errors_of_conv_transpose2d(shapes, settings, message):
    with pytest.raises(ValueError, match=f"(?s)conv_transpose2d: .*{message}"):
        ag.conv_transpose2d(*map(ag.tensor, (numbers(*shape) for shape in shapes)), **settings)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.conv1d(numbers(3, 9), numbers(4, 3, 3)), r"conv1d: x must have 3 axes \(.*length\).*x\[None\]"),
        (lambda: ag.conv1d(numbers(1, 3, 9), numbers(4, 3, 3, 3)), "conv1d: weight must have 3 axes"),
        (lambda: ag.conv1d(numbers(1, 3, 9), numbers(4, 3, 3), padding=(1, 2)), "padding must be an integer or one of"),
        (
            lambda: ag.conv1d(numbers(1, 3, 9), numbers(4, 3, 3), padding=((1, 2), (1, 2))),
            r"pass \(\(before, after\),\)",
        ),
        (lambda: ag.conv1d(numbers(1, 3, 2), numbers(4, 3, 3)), "over 3 pixels, the image with its padding has 2"),
        (lambda: ag.conv3d(numbers(1, 3, 2, 3, 4), numbers(4, 3, 3, 1, 1)), "over 3x1x1 pixels, .* has 2x3x4"),
        (
            lambda: ag.conv3d(numbers(1, 3, 4, 4), numbers(4, 3, 3, 1, 1)),
            r"x must have 5 axes \(.*depth, rows, columns",
        ),
        (lambda: ag.conv3d(numbers(1, 3, 4, 4, 4), numbers(4, 3, 1, 1, 1), stride=(1, 2)), r"pass \(depth, rows, col"),
        (lambda: ag.conv3d(numbers(1, 3, 0, 4, 4), numbers(4, 3, 1, 1, 1)), "at least 1x1x1"),
        (lambda: ag.conv_transpose3d(numbers(1, 3, 1, 1, 1), numbers(3, 1, 2, 2, 2), padding=1), r"empty \(0x0x0\)"),
    ],
)
def test_errors_of_other_dimensions(call, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        call()


def test_errors_of_the_filter_gradient():
    with pytest.raises(ValueError, match=r"conv2d_weight: g_out has shape .*conv2d returns \(2, 4, 3, 4\)"):
        conv2d_weight(numbers(2, 3, 5, 5), numbers(2, 4, 3, 3), (3, 2))
