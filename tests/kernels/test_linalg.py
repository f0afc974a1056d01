"""Matrix products, sums over rows, and cheap views: each path against NumPy's own."""

import numpy as np
import pytest

from autograd_lite.kernels import linalg, shape


def randn(*lengths, dtype=np.float64, order="C", seed=0):
    return np.asarray(np.random.default_rng(seed).standard_normal(lengths), dtype, order=order)


SHAPES = [(1, 1, 1), (3, 4, 7), (7, 4, 3), (1, 5, 9), (2, 0, 3), (0, 2, 3), (3, 2, 0), (3, 2, 600), (90, 2, 100)]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(("n", "k", "m"), SHAPES)
def test_wide_and_tall_products(n, k, m, order):
    a, b = randn(n, k, order=order), randn(k, m, order=order, seed=1)
    np.testing.assert_allclose(linalg.matmul(a, b), linalg.matmul_reference(a, b), rtol=1e-12, atol=1e-14)
    stacked = randn(2, n, k)
    np.testing.assert_allclose(linalg.matmul(stacked, b), linalg.matmul_reference(stacked, b), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("order", ["C", "F"])
def test_products_of_rows_are_added_together(dtype, order):
    pairs = [
        (randn(n, 3, dtype=dtype, order=order, seed=n), randn(n, 5, dtype=dtype, order=order, seed=9 + n))
        for n in (1, 4, 0, 2)
    ]
    for several in (pairs, pairs[1:2]):
        found, expected = np.ones((3, 5), dtype), np.ones((3, 5), dtype)
        linalg.add_products_of_rows(found, several)
        linalg.add_products_of_rows_reference(expected, several)
        np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.complex64, np.int64])
@pytest.mark.parametrize("lengths", [(3, 5), (32, 100), (100, 32), (0, 4), (300, 1)])
def test_column_sums(dtype, lengths):
    x = (randn(*lengths) * 10).astype(dtype)
    found, expected = linalg.column_sums(x), linalg.column_sums_reference(x)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-3 if dtype == np.float16 else 1e-5, atol=1e-4)


@pytest.mark.parametrize(("lengths", "target"), [((), (2, 3)), ((3, 1), (2, 3, 4)), ((1,), 5), ((2,), (1000, 2))])
def test_broadcast_to(lengths, target):
    x = randn(*lengths)
    np.testing.assert_array_equal(shape.broadcast_to(x, target), np.broadcast_to(x, target))


@pytest.mark.parametrize(("lengths", "target"), [((3,), (2,)), ((1, 3), (3,)), ((2, 2), (2000, 3))])
def test_broadcast_to_what_does_not_fit(lengths, target):
    with pytest.raises(ValueError, match=r"broadcast|remap"):
        shape.broadcast_to(randn(*lengths), target)


@pytest.mark.parametrize(("sections", "axis"), [(3, 0), (2, 1), (2, -1), (6, 0), ((1, 4), 0), (np.int64(3), 0)])
def test_split(sections, axis):
    x = randn(6, 4)
    found, expected = shape.split(x, sections, axis), np.split(x, sections, axis)
    assert len(found) == len(expected)
    for part, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, other)
        assert np.shares_memory(part, x)
    assert [part.shape for part in shape.split(randn(0, 2), 3, 0)] == [(0, 2)] * 3


@pytest.mark.parametrize(("sections", "axis"), [(4, 0), (0, 0), (2, 5)])
def test_split_that_is_not_possible(sections, axis):
    with pytest.raises((ValueError, ZeroDivisionError, IndexError)):
        shape.split(randn(6, 4), sections, axis)
