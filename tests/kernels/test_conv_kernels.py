"""What is special to the kernels for many channels; all kernels are held against scipy.signal in test_conv.py."""

import numpy as np
import pytest

from autograd_lite.kernels import conv, threads
from autograd_lite.kernels.conv import chunks, depthwise, patches, pointwise, winograd
from autograd_lite.kernels.windows import Windows


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def assert_close(actual, expected, tolerance):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def roles(kernel, x, weight, y, windows, groups=1):
    """What a kernel gives in its three roles."""
    return (
        kernel.correlate(x, weight, windows, groups),
        kernel.transposed(y, weight, windows, groups),
        kernel.filter_gradient(x, y, windows, groups),
    )


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("size", [(17, 21), (32, 30), (3, 3)])
def test_winograd_in_several_strips_and_tiles_that_reach_over_the_edge(size, dilation):
    windows = Windows.of((3, 3), padding=((2, 3), (2, 2)), dilation=(dilation, dilation))
    x, weight, y = random(9, 48, *size), random(40, 48, 3, 3), random(9, 40, *windows.counts(size))
    double = [array.astype(np.float64) for array in (x, weight, y)]
    for actual, expected in zip(roles(winograd, x, weight, y, windows), roles(patches, *double, windows), strict=True):
        assert_close(actual, expected.astype(np.float32), winograd.FLOAT32_BOUND)


def test_winograd_is_never_planned_for_float64():
    windows = Windows.of((3, 3), padding=((1, 1), (1, 1)))
    problem = conv.Problem(conv.CORRELATE, 32, 64, 64, (32, 32), windows, 1, np.dtype(np.float32))
    assert conv.plan(problem).kernel == "winograd"
    assert conv.plan(problem._replace(dtype=np.dtype(np.float64))).kernel != "winograd"


def test_results_do_not_depend_on_timing():
    windows = Windows.of((3, 3), padding=((1, 1), (1, 1)))
    x, weight, y = random(16, 64, 16, 16), random(64, 64, 3, 3), random(16, 64, 16, 16)
    first, second = (roles(winograd, x, weight, y, windows) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (2, 0, 3, 1), (1, 2, 3, 0)])
def test_pointwise_on_each_order_of_memory(order):
    def laid(array):
        return np.ascontiguousarray(array.transpose(order)).transpose(np.argsort(order))

    x, weight, y = random(3, 20, 5, 4), random(12, 20, 1, 1), random(3, 12, 5, 4)
    windows = Windows.of((1, 1))
    for other in (y, laid(y)):
        for actual, expected in zip(
            roles(pointwise, laid(x), weight, other, windows), roles(patches, x, weight, y, windows), strict=True
        ):
            assert_close(actual, expected, 1e-5)


@pytest.mark.parametrize("number", [1, 2])
def test_chunks_and_depthwise_on_several_threads(number):
    before = threads.get_num_threads()
    threads.set_num_threads(number)
    try:
        windows = Windows.of((4, 4), (2, 2), ((1, 1), (1, 1)))
        x, weight, y = random(8, 64, 32, 32), random(64, 64, 4, 4), random(8, 64, 16, 16)
        for actual, expected in zip(
            roles(chunks, x, weight, y, windows), roles(patches, x, weight, y, windows), strict=True
        ):
            assert_close(actual, expected, 1e-5)
        for actual, expected in zip(
            roles(depthwise, x, weight[:, :1], y, windows, 64),
            roles(patches, x, weight[:, :1], y, windows, 64),
            strict=True,
        ):
            assert_close(actual, expected, 1e-5)
    finally:
        threads.set_num_threads(before)
