"""Reading and writing at an index: a grid of forms against NumPy, and against finite differences."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

SHAPES = [(), (1,), (4,), (0, 3), (3, 4), (2, 3, 4), (2, 1, 3, 2)]

# What may stand for one axis (of at least two elements), for none, or for several.
PARTS = [
    *(0, -1, np.int64(1), np.array(1), ag.tensor(np.array(0))),
    *(slice(None), slice(1, None), slice(None, None, -1), slice(-1, 0, -2), slice(2, 2), slice(-9, 9)),
    *(
        [1, 0],
        [1, 1],
        (0, 0),
        range(2),
        np.array([[0, 1], [1, 1]]),
        np.array([-1, 0], np.int8),
        ag.tensor([1, 1], "int64"),
    ),
    *(
        np.array([], int),
        [],
        None,
        ...,
        True,
        False,
        np.array([True, False, True]),
        ag.tensor([True, True, False, True]),
    ),
    np.arange(12).reshape(3, 4) % 5 < 2,
]
WHOLE = [(), ..., None, True, np.False_, (None, ..., None), [[0, 0], [0, 0]], (slice(0), ...)]


def valid_indices(shape: tuple[int, ...], number: int) -> list[Any]:
    """All parts alone and so many tuples of them, as far as NumPy takes them for this shape."""
    rng = np.random.default_rng(len(shape))
    drawn = [
        tuple(PARTS[i] for i in rng.integers(0, len(PARTS), rng.integers(1, len(shape) + 3))) for _ in range(number)
    ]
    return [index for index in (*WHOLE, *PARTS, *drawn) if accepts(np.zeros(shape), plain(index))]


def plain(index: Any) -> Any:
    """The index with arrays in the place of Tensors, as NumPy takes it."""
    if isinstance(index, tuple):
        return tuple(map(plain, index))
    return index.data if isinstance(index, ag.Tensor) else index


def accepts(x: Any, index: Any) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            x[index]
        except (IndexError, ValueError):
            return False
    return True


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_reading_is_numpys_and_its_gradient_adds_up(shape):
    rng = np.random.default_rng(0)
    array = rng.standard_normal(shape)
    indices = valid_indices(shape, 400)
    assert len(indices) > 8 * max(1, len(shape))
    for index in indices:
        x = ag.tensor(array, requires_grad=True)
        found, expected = x[index], np.asarray(array[plain(index)])
        assert found.shape == expected.shape, index
        np.testing.assert_array_equal(found.data, expected, err_msg=repr(index))
        g, sums = rng.standard_normal(expected.shape), np.zeros(shape)
        np.add.at(sums, plain(index), g)
        for create_graph in (False, True):
            (gradient,) = ag.gradients(x[index], x, g, create_graph=create_graph)
            np.testing.assert_allclose(gradient.data, sums, atol=1e-12, err_msg=repr(index))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_writing_is_numpys_whatever_the_value(shape):
    rng = np.random.default_rng(0)
    array = rng.standard_normal(shape)
    for index in valid_indices(shape, 150):
        wanted = np.shape(array[plain(index)])
        values: list[Any] = [rng.standard_normal(wanted), rng.standard_normal(wanted[-1:])]
        values += [rng.standard_normal((1,) * len(wanted))]
        values += [2.5, 3, True, np.float32(1.5), np.arange(np.prod(wanted)).reshape(wanted), ag.tensor(-1.0)]
        for value in values:
            expected, x = array.copy(), ag.tensor(array)
            expected[plain(index)] = value.data if isinstance(value, ag.Tensor) else value
            x[index] = value
            assert x.dtype == np.float64
            np.testing.assert_array_equal(x.data, expected, err_msg=f"{index!r} = {value!r}")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_both_agree_with_finite_differences_to_second_order(shape):
    rng = np.random.default_rng(1)
    x = rng.standard_normal(shape)
    for index in valid_indices(shape, 25):
        value = rng.standard_normal(np.shape(x[plain(index)])[-2:])

        def read(x: Any, index: Any = index) -> Any:
            return ag.square(x)[index] * ag.tanh(x[index])

        def write(x: Any, value: Any, index: Any = index) -> Any:
            copy = x * x
            copy[index] = ag.tanh(value)
            return copy * x

        ag.gradcheck(read, x, order=2, max_entries=8)
        ag.gradcheck(write, x, value, order=2, max_entries=8)


def test_the_last_of_several_writers_counts_whatever_the_memory_order():
    """NumPy itself writes in the order of memory: an index seen backwards would have its first value stay."""
    places = np.array([2, 1, 0, 0, 1])
    for index in (places, places[::-1], np.stack([places, places], 1)[:, 0], places.astype(np.int16), list(places)):
        values = np.arange(10.0)[::2]
        for v in (values, values.copy(), np.arange(5.0)[::-1]):
            expected = dict(zip(np.asarray(index).tolist(), v, strict=True))
            value, x = ag.tensor(v, requires_grad=True), ag.zeros(3, "float64")
            x[index] = value
            assert x.tolist() == [expected[i] for i in range(3)]
            (g,) = ag.gradients(x.sum(), value)
            assert g.data.sum() == 3
            np.testing.assert_array_equal(v[g.data == 1][np.argsort(np.asarray(index)[g.data == 1])], x.data)


def test_matrices_of_writers_in_any_layout():
    rng = np.random.default_rng(0)
    for _ in range(20):
        rows, columns = rng.integers(0, 3, (4, 5)), rng.integers(0, 2, (4, 5))
        v = rng.standard_normal((4, 5))
        expected = np.zeros((3, 2))
        for i, j in np.ndindex(4, 5):
            expected[rows[i, j], columns[i, j]] = v[i, j]
        turned = [np.asfortranarray(rows), np.asfortranarray(columns), np.asfortranarray(v)]
        for r, c, value in itertools.product((rows, turned[0]), (columns, turned[1]), (v, turned[2], v[::-1][::-1])):
            np.testing.assert_array_equal(ag.setitem(np.zeros((3, 2)), (r, c), value), expected)
            weights = ag.tensor(value, requires_grad=True)
            (g,) = ag.gradients(ag.setitem(np.zeros((3, 2)), (r, c), weights).sum(), weights)
            np.testing.assert_allclose((g.data * v).sum(), expected.sum(), rtol=1e-12)


# -- values that depend on what is written into -------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.__setitem__(slice(1, None), x[:-1]),
        lambda x: x.__setitem__(slice(None), x[::-1]),
        lambda x: x.__setitem__([0, 2], x[[2, 0]] * 2),
        lambda x: x.__setitem__(x.data > 0, 0),
        lambda x: x[1:].__setitem__(0, 5.0),
    ],
)
def test_a_value_that_depends_on_the_tensor_is_read_before_anything_is_written(write):
    array = np.array([1.0, -2.0, 3.0, -4.0])
    x, whole = ag.tensor(array), array.copy()
    write(x)
    if write.__code__.co_consts[-1] != 5.0:  # a view does not follow
        write_numpy(write, whole)
    np.testing.assert_array_equal(x.data, whole)

    def shifted(x: Any) -> Any:
        x = x * x
        x[1:] = x[:-1] * x[1:]
        x[0] = x[3]
        return x

    ag.gradcheck(shifted, array, order=2)


def write_numpy(write: Any, array: np.ndarray[Any, Any]) -> None:
    """The same with NumPy, which copies where memory overlaps."""

    class Array(np.ndarray):
        data = property(lambda self: np.asarray(self))

    write(array.view(Array))


# -- mistakes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "error", "message"),
    [
        (7, IndexError, "an axis of length n has the positions"),
        ([0, 9], IndexError, "an axis of length n has the positions"),
        (1.0, IndexError, "index with integers, slices"),
        (np.array([0.0, 1.0]), IndexError, "convert the index with astype"),
        ("a", IndexError, "index with integers, slices"),
        ((0, 0, 0), IndexError, "give at most one index for each axis"),
        (np.array([True, False]), IndexError, "a mask must have the lengths"),
        (([0, 1], [0, 1, 2]), IndexError, "shapes"),
        ((..., ...), IndexError, "write ... once"),
    ],
)
def test_a_bad_index_is_refused_before_anything_changes(index, error, message):
    x = ag.tensor(np.ones((3, 4)), requires_grad=True)
    h = x * 1
    before, node = h.data, h.node
    with pytest.raises(error, match=f"^getitem: .*{message}"):
        h[index]
    with pytest.raises(error, match=f"^setitem: .*{message}"):
        h[index] = 0.0
    assert h.data is before
    assert h.node is node


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (np.ones(3), ValueError, "setitem: .*broadcast"),
        (1j, TypeError, "values of complex128 do not fit into float64"),
        ("text", (TypeError, ValueError), "pass numbers"),
        (None, TypeError, "setitem: there is no value"),
    ],
)
def test_a_bad_value_is_refused_before_anything_changes(value, error, message):
    h = ag.tensor(np.ones((3, 4)), requires_grad=True) * 1
    before = h.data
    with pytest.raises(error, match=message):
        h[1] = value
    assert h.data is before
    assert (h.data == 1).all()


def test_add_at_is_numpys():
    rng = np.random.default_rng(0)
    for shape, index in (((5,), [0, 0, 3]), ((5, 3), np.array([[1, 1], [4, 1]])), ((2, 4), (slice(None), [1, -1, 1]))):
        x, values = rng.standard_normal(shape), rng.standard_normal(np.zeros(shape)[index].shape)
        expected = x.copy()
        np.add.at(expected, index, values)
        np.testing.assert_allclose(ag.add_at(x, index, values), expected, rtol=1e-14)
    with pytest.raises(TypeError, match=r"add_at: values of float64 do not fit into int64 .*; convert x or the values"):
        ag.add_at(np.arange(3), 1, 0.5)


def test_float32_stays_float32_and_integers_are_added_exactly():
    x = ag.tensor(np.ones((3, 2), "float32"), requires_grad=True)
    (g,) = ag.gradients(x[[0, 0, 2]].sum(), x)
    assert g.dtype == np.float32
    assert ag.add_at(np.zeros((2, 2), int), np.array([1, 1]), 2**53 + 1).tolist() == [[0, 0], [2**54 + 2] * 2]


@pytest.mark.parametrize("index", [0, [0, 0], np.array([[0, 1], [1, 1]])], ids=str)
def test_values_may_have_more_axes_of_length_1_in_front(index):
    value = ag.tensor(np.arange(3.0).reshape(1, 1, 1, 3), requires_grad=True)
    x = ag.tensor(np.zeros((2, 3)))
    x[index] = value
    (g,) = ag.gradients(x.sum(), value)
    assert g.data.tolist() == [[[[len(np.unique(index))] * 3]]]


def test_lists_are_written_exactly():
    x, n = ag.tensor(np.zeros(2)), ag.tensor(np.zeros(2, int))
    x[:], n[:] = [0.1, 1 / 3], [2**53 + 1, 1]
    assert x.tolist() == [0.1, 1 / 3]
    assert n.tolist() == [2**53 + 1, 1]


def test_a_python_number_does_not_promote():
    for write in (ag.add_at, ag.setitem):
        assert write(np.zeros(2, np.uint8), 0, 3).tolist() == [3, 0]


@pytest.mark.parametrize("shape", [(3,), (3, 2, 2)])
def test_an_embedding_takes_a_table(shape):
    with pytest.raises(ValueError, match=r"embedding: the weight must be a table \(rows, features\)"):
        ag.embedding([0, 1], np.ones(shape))


@pytest.mark.parametrize("index", [(slice(None), [0, 0]), [0, 0], np.array([0, 0]), 0, slice(2)], ids=str)
def test_values_to_add_of_too_many_axes_are_refused(index):
    """NumPy's own np.add.at crashes for some."""
    with pytest.raises(ValueError, match=r"add_at: .*(broadcast|no more axes)"):
        ag.add_at(np.zeros((3, 4)), index, np.zeros((2, 2, 2, 2)))


@pytest.mark.parametrize("index", [(slice(None), [0, 0]), [0, 0], np.array([0, 0])], ids=str)
def test_python_numbers_are_added_to_any_integers(index):
    assert ag.add_at(np.zeros((2, 2), np.uint8), index, 3).sum() == 12
