"""Small kernels against their references: the larger ones have files of their own."""

import numpy as np
import pytest

from autograd_lite.kernels import elementwise, indexing, linalg


def numbers(*shape, dtype=np.float64):
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-6), (np.float64, 1e-15)])
def test_sigmoid(dtype, rtol):
    # One rounding of exp is one of the result; nearer to 0 than normal numbers are, only that it is nearly 0.
    x = np.concatenate([np.linspace(-87, 87, 1001), [-1e4, 1e4, 0.0]]).astype(dtype)
    y = elementwise.sigmoid(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y, elementwise.sigmoid_reference(x), rtol=2 * rtol, atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize(
    ("first", "second"),
    [((3, 4), (4, 2)), ((5, 3, 4), (4, 2)), ((2, 5, 3, 4), (4, 1)), ((5, 3, 4), (5, 4, 2)), ((0, 3, 4), (4, 2))],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_matmul(first, second, dtype):
    a, b = numbers(*first, dtype=dtype), numbers(*second, dtype=dtype)
    for left in (a, np.asfortranarray(a), np.flip(a, 0)):
        out = linalg.matmul(left, b)
        assert out.dtype == dtype
        np.testing.assert_allclose(out, linalg.matmul_reference(left, b), rtol=1e-5 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("shape", [(7,), (3, 4), (0,), (2, 0), ()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_rows_that_are_added_up(shape, dtype):
    rows = np.random.default_rng(1).integers(0, 5, shape)
    g = numbers(*shape, 3, dtype=dtype)
    found, expected = np.ones((5, 3), dtype), np.ones((5, 3), dtype)
    indexing.add_rows(found, g, rows)
    indexing.add_rows_reference(expected, g, rows)
    np.testing.assert_allclose(found, expected, rtol=1e-5 if dtype == np.float32 else 1e-12)
