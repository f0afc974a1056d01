"""Windows as columns, and back."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# (size, (kernel_size, dilation, padding, stride))
CASES = [
    ((5, 6), (2,)),
    ((7, 8), ((3, 2), (1, 2), (2, 0), (2, 3))),
    ((5, 5), (3, 1, "same", 2)),
    ((6, 7), (2, 1, ((-1, 2), (0, -2)), 1)),
    ((9,), (3, 2, 1, 2)),
    ((4, 3, 5), ((2, 1, 3), 1, (0, 1, 1), (2, 1, 1))),
]


@pytest.mark.parametrize(("size", "windows"), CASES)
def test_a_convolution_is_a_product_with_the_columns(size, windows):
    kernel, dilation, padding, stride = (*windows, *(1, 0, 1)[len(windows) - 1 :])
    axes = len(size)
    x = numbers(2, 3, *size)
    weight = numbers(4, 3, *((kernel,) * axes if isinstance(kernel, int) else kernel), seed=1)
    conv = (ag.conv1d, ag.conv2d, ag.conv3d)[axes - 1]
    expected = conv(x, weight, stride=stride, padding=padding, dilation=dilation)
    columns = ag.unfold(x, *windows)
    np.testing.assert_allclose(weight.reshape(4, -1) @ columns, expected.reshape(2, 4, -1), atol=1e-12)


@pytest.mark.parametrize(("size", "windows"), CASES)
def test_each_is_the_adjoint_of_the_other(size, windows):
    x = numbers(2, 3, *size)
    columns = ag.unfold(x, *windows)
    other = numbers(*columns.shape, seed=1)
    folded = ag.fold(other, size, *windows)
    assert folded.shape == x.shape
    np.testing.assert_allclose((folded * x).sum(), (other * columns).sum(), rtol=1e-12)


def test_fold_after_unfold_counts_the_windows_of_each_pixel():
    ones = np.ones((1, 1, 4, 4))
    counted = ag.fold(ag.unfold(ones, 3), 4, 3)
    np.testing.assert_array_equal(counted[0, 0], np.outer([1, 2, 2, 1], [1, 2, 2, 1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.unfold(numbers(3, 4), 2), "unfold: x must have 3 axes"),
        (lambda: ag.unfold(numbers(1, 1, 2, 2, 2, 2), 2), "unfold: x must have 5 axes"),
        (lambda: ag.unfold(numbers(2, 3, 4, 4), 5), "unfold: the result would be empty"),
        (lambda: ag.unfold(numbers(2, 3, 4, 4), (2, 2, 2)), r"unfold: kernel_size must .*\(rows, columns\)"),
        (lambda: ag.unfold(numbers(2, 3, 0, 4), 1, padding=2), "unfold: x has no pixels"),
        (lambda: ag.fold(numbers(2, 12, 8), (4, 5), 2), r"fold: .*4 taps and 12 windows.*\(N, C \* 4, 12\)"),
        (lambda: ag.fold(numbers(2, 13, 12), (4, 5), 2), r"fold: x has shape \(2, 13, 12\)"),
        (lambda: ag.fold(numbers(12, 12), (4, 5), 2), r"fold: x has shape \(12, 12\)"),
        (lambda: ag.fold(numbers(2, 12, 12), (4, 5), 2, padding="most"), "fold: padding 'most' is not known"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        call()
