"""The recurrence in pieces against the loop that defines it."""

import numpy as np
import pytest

from autograd_lite.kernels import scan as kernels

LENGTHS = [0, 1, 2, 127, 128, 129, 144, 145, 1000]


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize("rest", [(), (3,), (2, 2), (0,), (100,)])
@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
def test_pieces_give_what_the_loop_gives(n, rest, dtype):
    rng = np.random.default_rng(n)
    a = rng.uniform(-1, 1, (max(n - 1, 0), *rest)).astype(dtype)
    b = rng.standard_normal((n, *rest)).astype(dtype)
    a[rng.random(a.shape) < 0.2] = 0
    expected = kernels.linear_recurrence_reference(a, b)
    tolerance = {"rtol": 1e-5, "atol": 1e-5} if dtype == "f4" else {"rtol": 1e-12, "atol": 1e-12}
    for axis in (0, -1):
        moved = [np.moveaxis(x, 0, axis) for x in (a, b)]
        found = kernels.linear_recurrence(*moved, axis, False)
        assert found.dtype == b.dtype
        np.testing.assert_allclose(np.moveaxis(found, axis, 0), expected, **tolerance)
        backwards = kernels.linear_recurrence(*(np.flip(x, axis) for x in moved), axis, True)
        np.testing.assert_allclose(np.flip(backwards, axis), found, **tolerance)
