"""Differences, slopes and integrals of samples: NumPy's values, gradients of the places, errors."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "?", "c16"])
def test_differences_are_numpys(dtype):
    x = (numbers(4, 3, 2) * 3).astype(dtype)
    for n, axis in itertools.product((0, 1, 2, 5), (-3, -1, 0, 1)):
        found, expected = ag.diff(x, n, axis), np.diff(x, n, axis)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected)
    for extra in ({"prepend": 1.5}, {"append": numbers(4, 1, 2)}, {"prepend": 0, "append": numbers(4, 2, 2)}):
        if dtype != "?":
            np.testing.assert_allclose(ag.diff(x, 1, 1, **extra), np.diff(x, 1, 1, **extra), rtol=1e-6)
    if dtype not in "?i4":
        for ends in ({}, {"to_end": numbers(2).astype(dtype)}, {"to_begin": numbers(1, 2).astype(dtype)}):
            np.testing.assert_allclose(ag.ediff1d(x, **ends), np.ediff1d(x, **ends))


def test_ends_of_differences_do_not_widen():
    x, wide = numbers(3).astype("f4"), numbers(2)
    assert ag.ediff1d(x, wide, wide).dtype == np.ediff1d(x, wide, wide).dtype == np.float32
    end = ag.tensor(wide, requires_grad=True)
    ag.ediff1d(x, end).sum().backward()
    np.testing.assert_array_equal(end.grad.data, [1.0, 1.0])
    assert ag.ediff1d(2.0, 1.5).tolist() == [1.5]
    assert ag.ediff1d(np.array([1, 3]), [4, 5]).dtype == np.int64


def test_integrals_are_numpys():
    y = numbers(3, 4, 5)
    for axis in (-3, -1, 0, 2):
        np.testing.assert_allclose(ag.trapezoid(y, dx=0.5, axis=axis), np.trapezoid(y, dx=0.5, axis=axis))
        x = np.sort(numbers(y.shape[axis]))
        np.testing.assert_allclose(ag.trapezoid(y, x, axis=axis), np.trapezoid(y, x, axis=axis))
        np.testing.assert_allclose(ag.trapezoid(y, y**2, axis=axis), np.trapezoid(y, y**2, axis=axis))


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize(
    ("spacing", "axis"),
    [
        ((), None),
        ((0.5,), None),
        ((0.5, 2.0, 1.0), None),
        ((), 1),
        ((), (0, -1)),
        (("places",), 2),
        ((2.0, "places"), (0, 1)),
    ],
)
def test_slopes_are_numpys(spacing, axis, edge_order):
    for x in (numbers(3, 5, 4), np.arange(60, dtype="u1").reshape(3, 5, 4)[::-1]):
        axes = axis if isinstance(axis, tuple) else (axis,)
        given = [np.sort(numbers(x.shape[a])) if s == "places" else s for s, a in zip(spacing, axes, strict=False)]
        given = given if "places" in spacing else spacing
        found = ag.gradient(x, *given, axis=axis, edge_order=edge_order)
        expected = np.gradient(x, *given, axis=axis, edge_order=edge_order)
        assert isinstance(found, tuple) is isinstance(expected, tuple)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_the_slope_at_a_sample_does_not_depend_on_that_sample():
    x = np.array([1.0, 1e20, 3.0, np.nan, 5.0, 6.0])
    np.testing.assert_array_equal(ag.gradient(x, 0.5)[[1, 3]], [2, 2])
    np.testing.assert_array_equal(ag.jacobian(ag.gradient)(x).diagonal()[1:-1], 0)


def test_no_differences_are_what_there_is():
    x = numbers(3, 2)
    np.testing.assert_array_equal(ag.diff(x, 0, 0, prepend=1.0), np.diff(x, 0, 0, prepend=1.0))


def test_the_slope_of_samples_is_exact_for_parabolas():
    x = np.sort(numbers(6))
    np.testing.assert_allclose(ag.gradient(x**2, x, edge_order=2), 2 * x, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.diff(numbers(3), -1), ValueError, "diff: n is negative"),
        (lambda: ag.diff(np.array(1.0)), ValueError, "a 0-d array has no neighbours"),
        (lambda: ag.diff(numbers(3), axis=1), ValueError, "out of bounds"),
        (lambda: ag.ediff1d(np.arange(3), 0.5), TypeError, "ediff1d: an end of float64 does not go into int64"),
        (lambda: ag.gradient(numbers(1)), ValueError, "gradient: axis 0 has 1 samples"),
        (lambda: ag.gradient(numbers(2), edge_order=2), ValueError, "edge_order=2 needs one more"),
        (lambda: ag.gradient(numbers(3), edge_order=3), ValueError, "must be 1 or 2"),
        (lambda: ag.gradient(numbers(3), numbers(2)), ValueError, "as many as there are samples"),
        (lambda: ag.gradient(numbers(3, 2), 1.0, 2.0, 3.0), TypeError, "3 spacings for 2 axes"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
