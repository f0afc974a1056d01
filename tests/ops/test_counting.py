"""Bins and counts: NumPy's values, gradients of weights, errors."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_positions_of_what_is_not_zero():
    x = np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
    for array in (x, x > 1):
        for found, expected in zip(ag.nonzero(array), np.nonzero(array), strict=True):
            np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(ag.argwhere(array), np.argwhere(array))
        np.testing.assert_array_equal(ag.flatnonzero(array), np.flatnonzero(array))
    t = ag.tensor(x, requires_grad=True)
    t[ag.nonzero(t)].sum().backward()
    np.testing.assert_array_equal(t.grad.data, x != 0)


@pytest.mark.parametrize("weights", [None, numbers(6), numbers(6).astype("f4"), np.arange(6), numbers(6) + 1j])
def test_bincount_is_numpys(weights):
    x = np.array([0, 3, 1, 3, 3, 0])
    for minlength in (0, 2, 7):
        found = ag.bincount(x, weights, minlength)
        parts = (weights.real, weights.imag) if np.iscomplexobj(weights) else (weights,)
        expected = [np.bincount(x, part, minlength) for part in parts]
        np.testing.assert_allclose(found, expected[0] if len(parts) == 1 else expected[0] + 1j * expected[1], rtol=1e-6)
        assert found.dtype == (
            weights.dtype if weights is not None and weights.dtype.kind in "fc" else expected[0].dtype
        )


BINS = [10, 3, np.array([-1.0, 0.0, 0.5, 2.0]), "auto", "sqrt"]


@pytest.mark.parametrize("bins", BINS, ids=str)
@pytest.mark.parametrize("limits", [None, (-1, 1)])
def test_histograms_are_numpys(bins, limits):
    x, weights = numbers(5, 8), numbers(5, 8, seed=1) ** 2
    x[0, :3] = 0.5, 2.0, -1.0  # on edges
    unweighted = [None] if isinstance(bins, str) else [None, weights, weights.astype("f4"), np.arange(40).reshape(5, 8)]
    for w in unweighted:
        for density in (False, True):
            found, expected = (f(x, bins, limits, density, w) for f in (ag.histogram, np.histogram))
            for a, b in zip(found, expected, strict=True):
                assert density or a.dtype == b.dtype
                np.testing.assert_allclose(a, b, rtol=1e-5)
    np.testing.assert_array_equal(ag.histogram_bin_edges(x, bins, limits), np.histogram_bin_edges(x, bins, limits))


@pytest.mark.parametrize("bins", [4, (2, 3), np.array([-1.0, 0, 1]), [np.array([-1.0, 0, 1]), 3]], ids=str)
@pytest.mark.parametrize("limits", [None, ((-1, 1), (-2, 2))])
@pytest.mark.parametrize("density", [False, True])
def test_histograms_of_pairs_are_numpys(bins, limits, density):
    x, y, weights = numbers(30), numbers(30, seed=1), numbers(30, seed=2) ** 2
    x[:3] = -1, 0, 1
    for w in (None, weights):
        found, expected = (f(x, y, bins, limits, density, w) for f in (ag.histogram2d, np.histogram2d))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_numbers_that_are_none_are_in_no_bin():
    x = np.array([0.0, np.nan, 1.0, 5.0])
    np.testing.assert_array_equal(ag.histogram(x, np.array([0.0, 0.5, 1.0]))[0], [1, 1])


@pytest.mark.parametrize("density", [False, True])
def test_weights_have_a_gradient_and_what_is_counted_has_none(density):
    x, weights = numbers(8), numbers(8, seed=1) ** 2
    ag.gradcheck(lambda w: ag.histogram(x, 3, (-1, 1), density, w)[0], weights, order=2)
    t = ag.tensor(x, requires_grad=True)
    assert not ag.histogram(t, 3)[0].requires_grad
    values, edges = np.histogram(t, bins=3)
    assert isinstance(values, ag.Tensor)
    assert isinstance(edges, ag.Tensor)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.bincount(np.array([-1])), ValueError, "negative"),
        (lambda: ag.bincount(numbers(3)), TypeError, "int"),
        (lambda: ag.bincount(np.array([1, 2]), numbers(3)), ValueError, "bincount: weights must have the shape of x"),
        (lambda: ag.bincount(np.array([], int), numbers(3)), ValueError, "weights must have the shape of x"),
        (lambda: ag.histogram(numbers(3), weights=numbers(2)), ValueError, "histogram: weights must have the shape"),
        (lambda: ag.histogram(numbers(3), np.array([1.0, 0.0])), ValueError, "monotonically"),
        (lambda: ag.histogram2d(numbers(3), numbers(2)), ValueError, "histogram2d: x and y must be equally long"),
        (lambda: ag.histogram(numbers(3) * 1j), TypeError, "histogram: complex numbers lie in no bins"),
        (lambda: ag.nonzero(np.array(1.0)), ValueError, "0d"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
