"""What recurrent kernels are made of: products that are prepared for a loop."""

import numpy as np
import pytest

from autograd_lite.kernels import blas


def numbers(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("steps_of", ["both", "out", "b", "neither"])
@pytest.mark.parametrize(("m", "k", "n"), [(4, 3, 5), (1, 1, 1), (4, 0, 5), (4, 3, 0)])
def test_a_repeated_product(dtype, steps_of, m, k, n):
    a, out, b = numbers(m, k, dtype=dtype), numbers(3, m, n, dtype=dtype, seed=1), numbers(3, k, n, dtype=dtype, seed=2)
    by_columns = b.swapaxes(1, 2).copy().swapaxes(1, 2)
    for left, right in ((a, b), (a.T.copy().T, by_columns), (a, b[::-1]), (a, b[:, ::-1])):
        found = (out if steps_of in ("both", "out") else out[0]).copy()
        right = right if steps_of in ("both", "b") else right[0]
        expected = found.copy()
        add = blas.repeated_product(found, left, right)
        for t in (0, 2, 1):
            add(t)
            at = expected[t] if expected.ndim == 3 else expected
            blas.add_product_reference(at, left, right[t] if right.ndim == 3 else right)
        np.testing.assert_allclose(found, expected, rtol=1e-2 if dtype == np.float16 else 1e-5, atol=1e-6)


def test_a_repeated_product_keeps_its_operands():
    out = np.zeros((64, 8), np.float32)
    add = blas.repeated_product(out, np.ones((64, 64), np.float32), np.ones((64, 8), np.float32))
    others = [np.zeros((64, 64), np.float32) for _ in range(20)]  # would take the place of operands that are gone
    add(0)
    assert (out == 64).all()
    assert not any(other.any() for other in others)
