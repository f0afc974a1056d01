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
    for a, out, b in ((a, out, b), (a.T.copy().T, out, b.swapaxes(1, 2).copy().swapaxes(1, 2)), (a, out, b[::-1])):
        out = (out if steps_of in ("both", "out") else out[0]).copy()
        b = b if steps_of in ("both", "b") else b[0]
        expected = out.copy()
        add = blas.repeated_product(out, a, b)
        for t in (0, 2, 1):
            add(t)
            at = expected[t] if expected.ndim == 3 else expected
            blas.add_product_reference(at, a, b[t] if b.ndim == 3 else b)
        np.testing.assert_allclose(out, expected, rtol=1e-2 if dtype == np.float16 else 1e-5)
