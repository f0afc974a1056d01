"""The convolution kernels against scipy.signal, and against each other: three faces of one trilinear form."""

import numpy as np
import pytest

from autograd_lite.kernels import conv
from autograd_lite.kernels.conv import fourier, layout, reference
from autograd_lite.kernels.windows import Windows

# name: (images, channels, (height, width)), filters, windows, groups
CASES = {
    "plain": ((2, 3, (6, 5)), 4, Windows.of((3, 2)), 1),
    "one image, one channel": ((1, 1, (5, 5)), 1, Windows.of((3, 3)), 1),
    "no image": ((0, 3, (6, 5)), 4, Windows.of((3, 2)), 1),
    "no image, large stride": ((0, 3, (6, 5)), 4, Windows.of((3, 2), (2, 2)), 1),
    "pixel by pixel": ((2, 3, (4, 5)), 4, Windows.of((1, 1)), 1),
    "pixel by pixel with stride": ((2, 3, (4, 5)), 4, Windows.of((1, 1), (2, 3)), 1),
    "pixel by pixel with padding": ((2, 3, (4, 5)), 4, Windows.of((1, 1), padding=((1, 1), (2, 2))), 1),
    "pixel by pixel in groups": ((2, 4, (4, 5)), 6, Windows.of((1, 1)), 2),
    "padding": ((2, 3, (6, 5)), 4, Windows.of((3, 2), padding=((1, 1), (2, 2))), 1),
    "padding on one side": ((2, 3, (6, 5)), 4, Windows.of((2, 4), padding=((0, 1), (1, 2))), 1),
    "cropping": ((2, 3, (7, 8)), 4, Windows.of((3, 2), padding=((-1, -2), (-2, 1))), 1),
    "cropping with stride": ((2, 3, (9, 8)), 4, Windows.of((3, 2), (2, 2), ((-1, -2), (-2, 1))), 1),
    "nothing but padding": ((2, 1, (2, 2)), 1, Windows.of((2, 2), padding=((-3, 5), (0, 0))), 1),
    "kernel larger than the image": ((2, 3, (3, 2)), 4, Windows.of((5, 4), padding=((2, 2), (1, 1))), 1),
    "padding larger than the kernel": ((2, 1, (3, 3)), 2, Windows.of((2, 2), padding=((4, 3), (3, 4))), 1),
    "stride": ((2, 3, (8, 7)), 4, Windows.of((3, 2), (2, 3), ((1, 1), (0, 0))), 1),
    "stride that skips the end": ((2, 3, (8, 8)), 4, Windows.of((3, 3), (2, 3)), 1),
    "stride larger than the kernel": ((2, 3, (9, 8)), 4, Windows.of((2, 1), (3, 4)), 1),
    "dilation": ((2, 3, (7, 8)), 4, Windows.of((3, 2), padding=((2, 2), (1, 1)), dilation=(2, 3)), 1),
    "dilation of the width": ((2, 3, (7, 8)), 4, Windows.of((3, 2), dilation=(1, 3)), 1),
    "dilation and stride": ((2, 3, (9, 10)), 4, Windows.of((3, 2), (2, 3), ((1, 1), (2, 2)), (3, 2)), 1),
    "groups": ((2, 6, (6, 5)), 4, Windows.of((3, 2), padding=((1, 1), (1, 1))), 2),
    "groups with everything": ((2, 6, (9, 10)), 9, Windows.of((3, 2), (2, 3), ((1, 1), (2, 2)), (3, 2)), 3),
    "each channel by itself": ((2, 3, (6, 5)), 6, Windows.of((3, 3), (2, 1), ((1, 1), (1, 1))), 3),
    "one row": ((2, 3, (1, 9)), 4, Windows.of((1, 3), padding=((0, 0), (1, 1))), 1),
    "a filter as large as the image": ((2, 3, (20, 18)), 4, Windows.of((20, 18)), 1),
    "a large filter": ((2, 2, (48, 45)), 16, Windows.of((21, 19), padding=((3, 4), (0, 2))), 1),
}
every_case = pytest.mark.parametrize(("images", "filters", "windows", "groups"), CASES.values(), ids=CASES)


def operands(images, filters, windows, groups, dtype=np.float64, seed=0):
    """x, weight and a y that fits them."""
    rng = np.random.default_rng(seed)
    n, c, size = images
    shapes = (n, c, *size), (filters, c // groups, *windows.kernel), (n, filters, *windows.counts(size))
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def assert_close(actual, expected, tolerance=1e-12):
    assert actual.shape == expected.shape
    scale = np.abs(expected).max(initial=1)
    np.testing.assert_allclose(actual / scale, expected / scale, rtol=0, atol=tolerance)


def transposed_reference(y, weight, windows, groups, size):
    """By its definition as the adjoint: one pixel of x at a time, what the pixel gives to y."""
    image = np.zeros((len(y), weight.shape[1] * groups, *size))
    for place in np.ndindex(*image.shape[1:]):
        pixel = np.zeros((1, *image.shape[1:]))
        pixel[0, *place] = 1
        image[:, *place] = (y * reference.correlate(pixel, weight, windows, groups)).sum(axis=(1, 2, 3))
    return image


def filter_gradient_reference(x, y, windows, groups):
    """By its definition as the adjoint: one tap of the weight at a time, what the tap gives to y."""
    out = np.zeros((y.shape[1], x.shape[1] // groups, *windows.kernel))
    for place in np.ndindex(*out.shape):
        tap = np.zeros(out.shape)
        tap[place] = 1
        out[place] = (y * reference.correlate(x, tap, windows, groups)).sum()
    return out


@every_case
def test_correlate_is_scipy_signals(images, filters, windows, groups):
    x, weight, _ = operands(images, filters, windows, groups)
    assert_close(conv.correlate(x, weight, windows, groups), reference.correlate(x, weight, windows, groups))


@every_case
def test_the_adjoints_by_their_definition(images, filters, windows, groups):
    if max(images[2]) > 12:
        pytest.skip("one pixel at a time takes long on large images; adjointness is tested below")
    x, weight, y = operands(images, filters, windows, groups)
    size = windows.covered(y.shape[2:])
    assert_close(conv.transposed(y, weight, windows, groups), transposed_reference(y, weight, windows, groups, size))
    assert_close(conv.filter_gradient(x, y, windows, groups), filter_gradient_reference(x, y, windows, groups))


@every_case
def test_one_trilinear_form(images, filters, windows, groups):
    x, weight, y = operands(images, filters, windows, groups)
    by_y = np.sum(y * conv.correlate(x, weight, windows, groups))
    by_weight = np.sum(weight * conv.filter_gradient(x, y, windows, groups))
    covered = windows.covered(y.shape[2:])
    rest = x.shape[2] - covered[0], x.shape[3] - covered[1]  # what strides leave over, no window reaches
    by_x = np.sum(x * conv.transposed(y, weight, windows.trimmed(rest), groups))
    assert_close(by_weight, by_y)
    assert_close(by_x, by_y)


@every_case
def test_float32_stays_float32(images, filters, windows, groups):
    single, double = (operands(images, filters, windows, groups, dtype) for dtype in (np.float32, np.float64))
    for results in zip(*(_all_three(*three, windows, groups) for three in (single, double)), strict=True):
        assert results[0].dtype == np.float32
        assert_close(*results, tolerance=2e-5)


def _all_three(x, weight, y, windows, groups):
    yield conv.correlate(x, weight, windows, groups)
    yield conv.transposed(y, weight, windows, groups)
    yield conv.filter_gradient(x, y, windows, groups)


@every_case
def test_any_memory_order(images, filters, windows, groups):
    plain = operands(images, filters, windows, groups)
    strided = [np.repeat(array, 2, axis=1)[:, ::2].copy(order="F")[..., ::-1][..., ::-1] for array in plain]
    rows_first = [np.ascontiguousarray(array.transpose(2, 0, 3, 1)).transpose(1, 3, 0, 2) for array in plain]
    for other in (strided, rows_first):
        for results in zip(_all_three(*other, windows, groups), _all_three(*plain, windows, groups), strict=True):
            assert_close(*results)


def test_operands_that_are_repeated_without_memory():
    windows = Windows.of((3, 2), padding=((1, 1), (0, 0)))
    x, weight, y = operands((2, 3, (6, 5)), 4, windows, 1)
    ones = np.broadcast_to(np.float64(1), y.shape)  # as the gradient of a sum
    assert_close(conv.transposed(ones, weight, windows), conv.transposed(np.ones(y.shape), weight, windows))
    assert_close(conv.filter_gradient(x, ones, windows), conv.filter_gradient(x, np.ones(y.shape), windows))


def test_complex_numbers_are_not_conjugated():
    windows = Windows.of((3, 2), (2, 1))
    parts = [operands((2, 3, (6, 5)), 4, windows, 1, seed=seed) for seed in (0, 1)]
    x, weight, y = (a + 1j * b for a, b in zip(parts[0], parts[1], strict=True))
    result = conv.correlate(x, weight, windows)
    assert_close(result, reference.correlate(x, weight, windows, 1))
    assert_close(np.sum(y * result), np.sum(weight * conv.filter_gradient(x, y, windows)))


def test_operands_are_not_written_into():
    windows = Windows.of((3, 2))
    arrays = operands((2, 3, (6, 5)), 4, windows, 1)
    for array in arrays:
        array.flags.writeable = False
    list(_all_three(*arrays, windows, 1))


@pytest.mark.parametrize("padding", [((0, 0), (0, 0)), ((2, 1), (0, 3))])
@pytest.mark.parametrize(("n", "c", "o"), [(1, 1, 1), (3, 2, 5)])
def test_transforms_are_the_patches(n, c, o, padding):
    windows = Windows.of((7, 6), padding=padding)
    x, weight, _ = operands((n, c, (11, 14)), o, windows, 1)
    expected = reference.correlate(x, weight, windows, 1)
    assert_close(fourier.correlate(x, weight, windows, 1), expected)
    result = fourier.correlate(x.astype(np.float32), weight.astype(np.float32), windows, 1)
    assert result.dtype == np.float32
    assert_close(result, expected, 1e-5)


def test_transforms_are_chosen_by_shapes_alone():
    def chosen(side, kernel, channels=16, **settings):
        windows = Windows.of((kernel, kernel), **settings)
        problem = conv.Problem(conv.CORRELATE, 8, channels, channels, (side, side), windows, 1, np.dtype(np.float32))
        return conv.plan(problem).kernel == "fourier"

    assert chosen(64, 21)
    assert not chosen(64, 5)
    assert not chosen(64, 21, stride=(2, 2))
    assert not chosen(128, 21, dilation=(2, 2))
    assert not chosen(32, 3, channels=64)


def test_both_paths_for_large_filters_give_every_gradient():
    windows = Windows.of((21, 19), padding=((3, 4), (0, 2)))
    arrays = operands((2, 2, (48, 45)), 16, windows, 1)
    paths = []
    for name in ("patches", "fourier"):
        with conv.forced_kernel(name):
            paths.append(list(_all_three(*arrays, windows, 1)))
    for results in zip(*paths, strict=True):
        assert_close(*results)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 3, 1)])
def test_bias(order):
    y = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    y = np.ascontiguousarray(y.transpose(order)).transpose(np.argsort(order))
    bias = np.array([1.0, 2.0, 3.0])
    expected = y + bias[:, None, None]
    assert conv.add_bias(y, None) is y
    assert conv.add_bias(y.astype(np.float32), bias).dtype == np.float64
    np.testing.assert_array_equal(conv.add_bias(y, bias), expected)


def test_the_next_layer_finds_the_memory_order_it_wants():
    x, weight, _ = operands((2, 3, (6, 5)), 4, Windows.of((3, 2)), 1)
    out = conv.correlate(x, weight, Windows.of((3, 2)))
    assert np.shares_memory(layout.rows_first(out), out)
