"""Places in the flattened array, and adding rows to a table."""

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


# -- places in the flattened array -------------------------------------------------------------------------------


def orders(x):
    """The same array in several orders of memory."""
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
    wide[..., ::2] = x
    return x.copy(), np.asfortranarray(x), wide[..., ::2], np.flip(np.flip(x).copy())


@pytest.mark.parametrize("number", [2, 40])
def test_flat_places_in_any_order_of_memory(number):
    rng = np.random.default_rng(0)
    x, places, values = rng.standard_normal((5, 6)), rng.integers(0, 30, (number, 2)), rng.standard_normal((number, 2))
    taken, added, largest = x.reshape(-1)[places], x.copy(), x.copy()
    np.add.at(added.reshape(-1), places, values)
    np.maximum.at(largest.reshape(-1), places, values)
    for view in orders(x):
        np.testing.assert_array_equal(kernels.take_flat(view, places), taken)
        np.testing.assert_array_equal(kernels.extreme_flat(view, places, values, np.maximum, True), largest)
        np.testing.assert_array_equal(view, x)
        kernels.add_flat(view, places, values)
        np.testing.assert_allclose(view, added, rtol=1e-14)


def test_the_last_in_the_order_of_the_index_is_written():
    rng = np.random.default_rng(0)
    places, values = rng.integers(0, 6, (4, 5)), rng.standard_normal((4, 5))
    last = {int(place): value for place, value in zip(places.flat, values.flat, strict=True)}
    for index in orders(places):
        out = kernels.put_flat(np.zeros((2, 3)), index, values)
        assert {place: out.flat[place] for place in last} == last
        kept = kernels.last_writers((6,), index)
        assert sorted(values[kept]) == sorted(last.values())


@pytest.mark.parametrize(
    ("index", "may"),
    [
        *((i, False) for i in (0, np.int64(1), None, ..., True, slice(3), (slice(1), None, 2), np.array(1))),
        *((i, False) for i in (np.array([True, False]), [True, False])),
        *((i, True) for i in ([0, 1], (slice(1), [0]), ((0, 0),), np.array([1]), range(2))),
    ],
)
def test_which_indices_may_repeat(index, may):
    assert kernels.may_repeat(index) is may


def test_rows_of_tables_by_arrays_that_count_from_the_end():
    buffer, values = np.ones((3, 2, 2), np.float32), np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    kernels.add_at(buffer, np.array([-1, 2]), values)
    np.testing.assert_array_equal(buffer[2], 1 + values.sum(0))
    np.testing.assert_array_equal(buffer[:2], 1)


@pytest.mark.parametrize("keys", [[], [3], [0, 0], [0, 1, 1, 1, 4], [2, 2, 2, 2, 3, 3]])
def test_pairs(keys):
    first, second = kernels.pairs(np.array(keys, int))
    ranks = [keys[:i].count(key) for i, key in enumerate(keys)]
    assert first.tolist() == [i for i, rank in enumerate(ranks) if rank % 2 == 0]
    assert second.tolist() == [i for i, rank in enumerate(ranks) if rank % 2 == 1]


@pytest.mark.parametrize("mode", ["raise", "wrap", "clip"])
def test_indices_are_brought_into_the_range_as_numpy_does(mode):
    indices = np.array([[-3, 2], [0, 1]]) * (1 if mode == "raise" else 5)
    np.testing.assert_array_equal(kernels.in_range(indices, 3, mode), np.take(np.arange(3), indices, mode=mode))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
@pytest.mark.parametrize("row", [(), (2, 3)])
def test_rows_of_any_number_of_axes(row, dtype):
    buffer = np.zeros((3, *row), dtype)
    kernels.add_rows(buffer, np.ones((4, *row), dtype), np.array([0, 2, 2, 0]))
    np.testing.assert_array_equal(buffer, np.multiply.outer([2, 0, 2], np.ones(row)))


@pytest.mark.parametrize("shape", [(2, 3), (2, 6), (3, 2)])
def test_rows_of_another_size_are_refused(shape):
    """SciPy's function would read or write beyond the arrays."""
    with pytest.raises(ValueError, match="check the shapes"):
        kernels.add_rows(np.zeros((3, 2)), np.ones(shape), np.array([0, 2]))
