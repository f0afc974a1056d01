"""Sums as products with ones against NumPy's."""

import itertools

import numpy as np
import pytest

from autograd_lite.kernels import reduction as kernels

SHAPE = (3, 4, 1, 5)
AXES = [axes for n in range(5) for axes in itertools.combinations(range(4), n)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_every_axis_in_every_order_of_memory(order, monkeypatch):
    monkeypatch.setattr(kernels, "LARGE", 0)
    x = np.random.default_rng(0).standard_normal([SHAPE[i] for i in order]).transpose(np.argsort(order))
    for axes, keepdims in itertools.product([*AXES, None, -1], (False, True)):
        found = kernels.sum(x, axes, keepdims)
        expected = np.sum(x, axis=axes, keepdims=keepdims)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["int64", "bool", "float16", "complex128"])
def test_other_dtypes_are_numpys(dtype, monkeypatch):
    monkeypatch.setattr(kernels, "LARGE", 0)
    x = np.random.default_rng(0).integers(0, 2, (6, 5)).astype(dtype)
    found = kernels.sum(x, 0, False)
    assert found.dtype == np.sum(x, axis=0).dtype
    np.testing.assert_array_equal(found, np.sum(x, axis=0))


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (1, 3), (3, 1)])
def test_empty_and_single_axes(shape, monkeypatch):
    monkeypatch.setattr(kernels, "LARGE", 0)
    x = np.ones(shape)
    for axis in (0, 1):
        np.testing.assert_array_equal(kernels.sum(x, axis, False), np.sum(x, axis=axis))


def test_the_error_in_float32_is_no_larger_than_numpys():
    x = np.random.default_rng(0).random((64, 16, 16, 32)).astype("float32").transpose(0, 3, 1, 2)
    exact = x.astype("float64").sum((0, 2, 3))
    error = np.abs(kernels.sum(x, (0, 2, 3), False) - exact) / exact
    assert error.max() < 5e-6


def test_axes_that_do_not_exist():
    x = np.ones((100, 100))
    for axis in (2, (0, 0), (0, -3)):
        with pytest.raises(ValueError, match="axis"):
            kernels.sum(x, axis, False)
