"""The worked examples of the lectures, to the last digit, and their gradients by finite differences."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.models import CIFAR10Net


def image(rows):
    """One image of one channel, (1, 1, height, width)."""
    return np.array(rows, dtype=np.float64)[None, None]


def assert_image(result, rows):
    np.testing.assert_array_equal(result, image(rows))


# -- an X-shaped image and a filter for single bright pixels -----------------------------------------------------

A = image([[1, 0, 1, 0, 0], [1, 0, 1, 0, 1], [1, 1, 1, 0, 0], [1, 0, 1, 0, 1], [1, 0, 1, 0, 1]])
SPOT = image([[-1, -1, -1], [-1, 1, -1], [-1, -1, -1]])
PADDED = [[0, -4, 0, -3, -1], [-2, -7, -2, -4, 1], [-2, -5, -2, -5, -2], [-2, -7, -2, -5, 0], [0, -4, 0, -4, 0]]


def test_convolution():
    assert_image(ag.conv2d(A, SPOT), [[-7, -2, -4], [-5, -2, -5], [-7, -2, -5]])


def test_convolution_with_stride():
    assert_image(ag.conv2d(A, SPOT, stride=2), [[-7, -4], [-7, -5]])


def test_convolution_with_padding():
    assert_image(ag.conv2d(A, SPOT, padding=1), PADDED)


def test_rectified_convolution_finds_the_single_bright_pixel():
    expected = np.zeros((5, 5))
    expected[1, 4] = 1
    assert_image(ag.relu(ag.conv2d(A, SPOT, padding=1)), expected)


def test_bias_is_added_everywhere():
    assert_image(ag.conv2d(A, SPOT, np.array([3.0]), padding=1), np.array(PADDED) + 3)


@pytest.mark.parametrize("settings", [{}, {"stride": 2}, {"padding": 1}])
def test_gradients_of_the_convolutions(settings):
    assert ag.gradcheck(lambda x, w, b: ag.conv2d(x, w, b, **settings) ** 2, A, SPOT, np.array([3.0]), order=2)


def test_gradients_of_the_rectified_convolution():
    bias = np.array([0.5])  # the sums are whole numbers, so nothing is at the kink
    assert ag.gradcheck(lambda x, w, b: ag.relu(ag.conv2d(x, w, b, padding=1)) ** 2, A, SPOT, bias, order=2)


def test_gradient_of_the_single_bright_pixel():
    # Only the window around row 1, column 4 passes the rectifier: its gradient for the image is the filter, for the
    # filter the window; both reach one column beyond the image.
    x, weight = (ag.tensor(array, requires_grad=True) for array in (A, SPOT))
    ag.relu(ag.conv2d(x, weight, padding=1)).sum().backward()
    by_x = np.zeros((5, 5))
    by_x[0:3, 3:5] = SPOT[0, 0, :, :2]
    assert_image(x.grad.data, by_x)
    assert_image(weight.grad.data, [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


# -- a flag and a filter for corners -----------------------------------------------------------------------------

FLAG = image(
    [
        [0, 0, 0, 0, 0, 0, 0],
        [0, 1, 1, 1, 1, 1, 0],
        [0, 1, 0, 0, 1, 0, 0],
        [0, 1, 0, 1, 0, 0, 0],
        [0, 1, 1, 0, 0, 0, 0],
        [0, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0],
    ]
)
CORNER = image([[0, 0, 0], [0, 1, 1], [0, 1, 0]])


def test_corners():
    expected = [[3, 2, 2, 3, 1], [2, 0, 2, 1, 0], [2, 2, 1, 0, 0], [3, 1, 0, 0, 0], [1, 0, 0, 0, 0]]
    assert_image(ag.conv2d(FLAG, CORNER), expected)
    assert ag.gradcheck(lambda x, w: ag.conv2d(x, w) ** 2, FLAG, CORNER, order=2)


# -- pooling -----------------------------------------------------------------------------------------------------

TRIANGLE = image(
    [
        [1, 1, 1, 1, 1, 0],
        [1, 0, 0, 1, 0, 0],
        [1, 0, 1, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
)
SUMS = np.array([[3, 3, 1], [3, 1, 0], [1, 0, 0]])


def test_a_filter_of_ones_adds_each_window_up():
    ones = np.ones((1, 1, 2, 2))
    assert_image(ag.conv2d(TRIANGLE, ones, stride=2), SUMS)
    assert ag.gradcheck(lambda x, w: ag.conv2d(x, w, stride=2) ** 2, TRIANGLE, ones, order=2)


def test_average_pooling():
    assert_image(ag.avg_pool2d(TRIANGLE, 2), SUMS / 4)
    assert ag.gradcheck(lambda x: ag.avg_pool2d(x, 2) ** 2, TRIANGLE, order=2)


def test_max_pooling():
    assert_image(ag.max_pool2d(TRIANGLE, 2), [[1, 1, 1], [1, 1, 0], [1, 0, 0]])


def test_gradients_of_max_pooling():
    # The image is black and white, so that almost every window has a tie; a little noise decides them.
    noise = np.random.default_rng(0).permutation(36).reshape(TRIANGLE.shape) / 360
    assert ag.gradcheck(lambda x: ag.max_pool2d(x, 2) ** 2, TRIANGLE + noise, order=2)


def test_gradient_of_max_pooling_at_ties_goes_to_the_first():
    x = ag.tensor(TRIANGLE, requires_grad=True)
    ag.max_pool2d(x, 2).sum().backward()
    first = np.zeros((6, 6))
    first[[0, 0, 0, 2, 2, 2, 4, 4, 4], [0, 2, 4, 0, 2, 4, 0, 2, 4]] = 1
    assert_image(x.grad.data, first)


# -- sizes -------------------------------------------------------------------------------------------------------


def test_output_size():
    for n, p, k, s in itertools.product(range(1, 12), range(4), range(1, 6), range(1, 5)):
        size = (n + 2 * p - k) // s + 1
        if n + 2 * p < k:
            with pytest.raises(ValueError, match="the result would be empty"):
                ag.conv2d(np.zeros((1, 1, n, n)), np.zeros((1, 1, k, k)), stride=s, padding=p)
            continue
        assert ag.conv2d(np.zeros((1, 1, n, n)), np.zeros((1, 1, k, k)), stride=s, padding=p).shape[2:] == (size, size)
        if 2 * p <= k:
            for pool in (ag.max_pool2d, ag.avg_pool2d):
                assert pool(np.zeros((1, 1, n, n)), k, s, p).shape[2:] == (size, size)


# -- softmax, maximum --------------------------------------------------------------------------------------------


def test_jacobian_of_softmax():
    z = np.random.default_rng(1).standard_normal(5)
    y = np.exp(z) / np.exp(z).sum()
    x = ag.tensor(z, requires_grad=True)
    out = ag.softmax(x)
    np.testing.assert_allclose(out.data, y, rtol=1e-14)
    for i in range(5):
        (row,) = ag.gradients(out[i], x, retain_graph=True)
        for j in range(5):
            np.testing.assert_allclose(row.data[j], y[i] * ((i == j) - y[j]), rtol=1e-13)
    assert ag.gradcheck(ag.softmax, z, order=2)


def test_maximum_of_two():
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((2, 20))
    x, y = ag.tensor(a, requires_grad=True), ag.tensor(b, requires_grad=True)
    ag.maximum(x, y).sum().backward()
    np.testing.assert_array_equal(x.grad.data, a > b)
    np.testing.assert_array_equal(y.grad.data, b > a)
    assert ag.gradcheck(ag.maximum, a, b)


def test_maximum_of_two_at_a_tie():
    x, y = (ag.tensor(np.array([2.0]), requires_grad=True) for _ in range(2))
    ag.maximum(x, y).sum().backward()
    for share in (x.grad.data, y.grad.data):
        assert 0 <= share[0] <= 1
    assert x.grad.data + y.grad.data == 1


# -- hinge loss through a network of two layers ------------------------------------------------------------------


def hinge_loss(x, w1, b1, w2, b2, y):
    """max(0, 1 - y z) of z = w2 . relu(w1 x + b1) + b2."""
    z = (w2 * ag.relu(w1 @ x + b1)).sum() + b2
    return ag.relu(1 - y * z)


@pytest.mark.parametrize("y", [-1.0, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_hinge_loss(y, seed):
    rng = np.random.default_rng(seed)
    x, w1, b1, w2, b2 = (rng.standard_normal(shape) for shape in (3, (4, 3), 4, 4, ()))
    a = w1 @ x + b1
    h = np.maximum(a, 0)
    z = w2 @ h + b2
    by_z = -y * (1 - y * z > 0)

    leaves = [ag.tensor(value, requires_grad=True) for value in (x, w1, b1, w2, b2)]
    loss = hinge_loss(*leaves, y)
    loss.backward()
    np.testing.assert_allclose(loss.data, max(0, 1 - y * z), rtol=1e-14)
    by_x, by_w1, by_b1, by_w2, by_b2 = (leaf.grad.data for leaf in leaves)
    np.testing.assert_allclose(by_b2, by_z)
    for j in range(4):
        np.testing.assert_allclose(by_w2[j], by_z * h[j], rtol=1e-13)
        np.testing.assert_allclose(by_b1[j], by_z * w2[j] * (a[j] > 0), rtol=1e-13)
        for i in range(3):
            np.testing.assert_allclose(by_w1[j, i], by_z * w2[j] * (a[j] > 0) * x[i], rtol=1e-13)
    for i in range(3):
        np.testing.assert_allclose(by_x[i], sum(by_z * w2[j] * (a[j] > 0) * w1[j, i] for j in range(4)), rtol=1e-12)
    assert ag.gradcheck(lambda *operands: hinge_loss(*operands, y), x, w1, b1, w2, b2)


def test_both_sides_of_the_hinge_are_tested():
    margins = []
    for y, seed in itertools.product((-1.0, 1.0), range(4)):
        rng = np.random.default_rng(seed)
        x, w1, b1, w2, b2 = (rng.standard_normal(shape) for shape in (3, (4, 3), 4, 4, ()))
        margins.append(1 - y * (w2 @ np.maximum(w1 @ x + b1, 0) + b2))
    assert min(margins) < 0 < max(margins)


# -- a network for CIFAR-10 --------------------------------------------------------------------------------------


def test_parameters_of_cifar10net():
    net = CIFAR10Net()
    counts = [
        sum(parameter.size for parameter in layer.parameters()) for layer in (net.conv1, net.conv2, net.conv3, net.fc)
    ]
    assert counts == [1216, 8020, 10020, 3210]
    assert net(np.zeros((2, 3, 32, 32), np.float32)).shape == (2, 10)
