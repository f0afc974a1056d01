"""Adding rows to a table."""

import numpy as np
import pytest

from autograd_lite.kernels import indexing as kernels


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize(
    ("rows", "features", "shape"), [(1, 1, (1,)), (5, 3, (4, 2)), (300, 2, (7,)), (4, 3, (0,)), (4, 0, (2,))]
)
def test_rows_are_added_as_add_at_does(rows, features, shape, dtype, hidden, monkeypatch):
    if hidden:  # a SciPy that has no such function
        monkeypatch.setattr(kernels, "_sparse_add_product", lambda: None)
    rng = np.random.default_rng(0)
    ids = rng.integers(0, rows, shape)
    g = rng.standard_normal((*shape, features)).astype(dtype)
    found = rng.standard_normal((rows, features)).astype(dtype)
    expected = found.copy()
    kernels.add_rows(found, g, ids)
    kernels.add_rows_reference(expected, g, ids)
    np.testing.assert_allclose(found, expected, rtol=1e-2 if dtype == "float16" else 1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", ">i8"])
def test_ids_of_any_integer_type(dtype):
    buffer = np.zeros((3, 2))
    kernels.add_rows(buffer, np.ones((4, 2)), np.array([0, 2, 2, 0]).astype(dtype)[::-1])
    assert buffer.tolist() == [[2, 2], [0, 0], [2, 2]]


@pytest.mark.parametrize("wrong", [-1, 3])
def test_rows_that_do_not_exist(wrong):
    """No memory beyond the table is written."""
    buffer = np.zeros((3, 2))
    with pytest.raises(IndexError, match="the table has 3"):
        kernels.add_rows(buffer, np.ones((2, 2)), np.array([0, wrong]))
    assert not buffer.any()


def test_a_table_that_is_a_view():
    whole = np.zeros((3, 4))
    kernels.add_rows(whole[:, ::2], np.ones((3, 2)), np.array([1, 1, 2]))
    assert whole[:, ::2].tolist() == [[0, 0], [2, 2], [1, 1]]
    assert not whole[:, 1::2].any()


def test_negative_integers_are_huge():
    assert kernels.largest_unsigned(np.array([3, 1], np.int8)) == 3
    assert kernels.largest_unsigned(np.array([3, -1], np.int8)) == 255
    assert kernels.largest_unsigned(np.array([3, -1], ">i2")) == 65535
