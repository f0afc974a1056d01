"""Positions in order against the stable sort that defines them, with many ties and NaN."""

import itertools

import numpy as np
import pytest

from autograd_lite.kernels import sorting as kernels


def inputs():
    rng = np.random.default_rng(0)
    yield "distinct", rng.standard_normal((4, 12))
    yield "ties", rng.integers(0, 4, (4, 12)).astype(float)
    yield "equal", np.zeros((2, 5))
    yield "integers", rng.integers(0, 6, (4, 12))
    yield "float32", rng.integers(0, 9, (3, 2, 8)).astype("f4")
    yield "NaN", np.where(rng.random((6, 9)) < 0.3, np.nan, rng.integers(0, 4, (6, 9)))
    yield "all NaN", np.full((2, 3), np.nan)
    yield "one", np.ones((3, 1))
    yield "no rows", np.ones((0, 3))


@pytest.mark.parametrize(("name", "x"), list(inputs()), ids=lambda value: value if isinstance(value, str) else "")
def test_positions(name, x):
    n = x.shape[-1]
    for axis in (0, -1):
        np.testing.assert_array_equal(kernels.argsort(x, axis, False), kernels.argsort_reference(x, axis))
    descending = np.take_along_axis(x, kernels.argsort(x, -1, True), -1)
    np.testing.assert_array_equal(descending, np.flip(np.sort(x, -1), -1))
    for k, largest in itertools.product(range(n + 1), (False, True)):
        expected = kernels.topk_reference(x, k, largest)
        np.testing.assert_array_equal(kernels.topk(x, k, largest, True), expected)
        np.testing.assert_array_equal(kernels.topk(x, k, largest, False), np.sort(expected, -1))
    for rank in range(n):
        ranks = np.array([rank, n - 1])
        found = kernels.of_rank(x, ranks)
        np.testing.assert_array_equal(kernels.of_rank(x, np.broadcast_to(ranks, (*x.shape[:-1], 2))), found)
        expected = np.take_along_axis(x, kernels.argsort_reference(x, -1)[..., ranks], -1)
        np.testing.assert_array_equal(np.take_along_axis(x, found, -1), expected)
        for many in (ranks, np.broadcast_to(ranks, (*x.shape[:-1], 2))):
            repeated = np.tile(many, kernels.MANY)
            np.testing.assert_array_equal(kernels.of_rank(x, repeated), np.tile(found, kernels.MANY))
        positions = kernels.argsort_reference(x, -1)
        np.testing.assert_array_equal(found, positions[..., ranks])


def test_equal_elements_keep_their_order_in_both_directions():
    x = np.array([1.0, 2, 1, 2, 1])
    np.testing.assert_array_equal(kernels.argsort(x, 0, False), [0, 2, 4, 1, 3])
    np.testing.assert_array_equal(kernels.argsort(x, 0, True), [1, 3, 0, 2, 4])


def test_a_row_with_nan_has_no_other_rank_if_strict():
    x = np.array([[3.0, np.nan, 1.0], [3.0, 2.0, 1.0]])
    np.testing.assert_array_equal(kernels.of_rank(x, np.array([0, 1]), True), [[1, 1], [2, 1]])
    np.testing.assert_array_equal(kernels.of_rank(x, np.array([0, 2])), [[2, 1], [2, 0]])
