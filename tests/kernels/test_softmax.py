"""Softmax by rows against the general form: values out of the safe range, short and long rows, any memory."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import softmax as kernels

SHAPES = [(1, 1), (3, 1), (1, 5), (7, 65), (2, 1500), (2, 3, 4)]
SCALES = [1.0, 30.0, 1e4]  # in float32, exponentials overflow from 88 on


def rows(shape, dtype, scale, seed=0):
    return (scale * np.random.default_rng(seed).standard_normal(shape)).astype(dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("shape", SHAPES)
def test_by_rows_as_in_general(shape, scale, dtype, tolerance):
    x, g = rows(shape, dtype, scale), rows(shape, dtype, 1.0, 1)
    exact = x.astype("float64")
    y, log_y = kernels.softmax(x, -1), kernels.log_softmax(x, -1)
    assert y.dtype == log_y.dtype == dtype
    np.testing.assert_allclose(y, kernels.softmax_reference(exact, -1), atol=tolerance)
    np.testing.assert_allclose(log_y, kernels.log_softmax_reference(exact, -1), rtol=tolerance, atol=10 * tolerance)
    expected = y * (g - (g * y).sum(-1, keepdims=True))
    np.testing.assert_allclose(kernels.softmax_gradient(g, y, -1), expected, atol=10 * tolerance)
    expected = g - np.exp(log_y) * g.sum(-1, keepdims=True)
    np.testing.assert_allclose(kernels.log_softmax_gradient(g, log_y, -1), expected, atol=100 * tolerance)


@pytest.mark.parametrize("function", [kernels.softmax, kernels.log_softmax])
def test_rows_far_apart_are_all_exact(function):
    """One row overflows, one vanishes, one is ordinary: none takes the others' digits."""
    x = np.array([[100, 101, 102], [-200, -201, -202], [1, 2, 3]], np.float32)
    expected = function(x.astype("float64"), -1)
    np.testing.assert_allclose(function(x, -1), expected, rtol=1e-5)


@pytest.mark.parametrize("shift", [0, 15, -15, 40, -40, 100, 1000])
def test_small_losses_keep_their_digits(shift):
    """What counts is how far logits are apart, not how far from 0: the losses of a trained network, at any height."""
    x = rows((50, 7), "float32", 3.0) + np.float32(shift)
    target = x.argmax(1)
    exact = -kernels.log_softmax_reference(x.astype("float64"), -1)[np.arange(50), target]
    losses, _, _ = kernels.cross_entropy(x, target, None)
    assert losses.min() >= 0
    np.testing.assert_allclose(losses, exact, rtol=0, atol=4e-7)
    far = kernels.log_softmax(x, -1)[np.arange(50), target]
    np.testing.assert_allclose(far, -exact, rtol=0, atol=3e-6 if abs(shift) < 45 else 4e-7)


def test_rows_that_do_not_count_may_hold_anything():
    x = np.array([[1.0, 2.0], [np.nan, 0.0]], np.float32)
    losses, _, _ = kernels.cross_entropy(x, np.array([0, -100]), np.array([True, False]))
    np.testing.assert_allclose(losses, [1.3132616, 0], rtol=1e-6)


def test_masked_logits():
    x = np.array([[0.0, -np.inf, 1.0], [-np.inf, 5.0, -np.inf]], np.float32)
    np.testing.assert_allclose(kernels.softmax(x, -1), [[0.26894143, 0, 0.7310586], [0, 1, 0]], rtol=1e-6)


def test_nan_stays_in_its_row():
    out = kernels.softmax(np.array([[np.nan, 1.0], [0.0, 0.0]]), -1)
    assert np.isnan(out[0]).all()
    assert out[1].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (4, 1500)])
def test_cross_entropy_as_it_is_defined(shape, layout, scale):
    x = np.asarray(rows(shape, "float64", scale), order=layout)
    target = np.random.default_rng(2).integers(0, shape[1], shape[0])
    counted = np.arange(shape[0]) != 1
    one_hot = np.eye(shape[1])[target]
    for mask in (None, counted):
        kept = np.ones(shape[0]) if mask is None else mask
        losses, exponentials, sums = kernels.cross_entropy(x, target, mask)
        expected = -(kernels.log_softmax_reference(x, -1) * one_hot).sum(-1) * kept
        np.testing.assert_allclose(losses, expected, rtol=1e-11, atol=1e-11)
        weights = np.random.default_rng(3).standard_normal(shape[0])
        before = exponentials.copy()
        given = kernels.cross_entropy_gradient(weights, exponentials, sums, target, mask)
        probabilities = kernels.softmax_reference(x, -1)
        np.testing.assert_allclose(given, (weights * kept)[:, None] * (probabilities - one_hot), atol=1e-12)
        np.testing.assert_array_equal(exponentials, before)  # a graph may be differentiated again


def test_integers_are_numbers_and_complex_numbers_have_no_order():
    np.testing.assert_allclose(ag.softmax(np.array([[1, 2]])), [[0.26894142, 0.73105858]])
    np.testing.assert_allclose(ag.cross_entropy(np.array([[1, 2]]), np.array([1])), 0.31326169)
    for function in (ag.softmax, ag.log_softmax, lambda x: ag.cross_entropy(x, np.zeros(2, int))):
        with pytest.raises(TypeError, match="complex numbers have no largest one"):
            function(np.ones((2, 3), complex))


@pytest.mark.parametrize(("function", "value"), [(kernels.softmax, 1.0), (kernels.log_softmax, 0.0)])
def test_a_number_is_a_class_alone(function, value):
    result = function(np.array(3.0), -1)
    assert result.shape == ()
    assert result == value
