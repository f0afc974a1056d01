"""Joining and cutting where a table of calls cannot go: nested lists, dtypes, what is trimmed."""

import numpy as np
import pytest

import autograd_lite as ag


def leaf(*shape, seed=0, dtype=np.float64):
    return ag.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True)


@pytest.mark.parametrize("function", [ag.block, np.block])
def test_blocks_in_nested_lists_are_recorded(function):
    a, b, c = leaf(2, 2), leaf(2, 1, seed=1), leaf(3, seed=2)
    rows = [[a, b], [c]]
    result = function(rows)
    np.testing.assert_array_equal(result.data, np.block([[a.data, b.data], [c.data]]))
    assert ag.gradgradcheck(lambda: ag.tanh(function(rows)), a, b, c)


def test_blocks_nested_in_three_lists_and_in_tuples():
    a, b = leaf(1, 2), leaf(2, seed=1)
    expected = np.block([[[a.data], [b.data]], [[b.data], [a.data]]])
    np.testing.assert_array_equal(ag.block((((a,), (b,)), ((b,), (a,)))).data, expected)
    assert ag.gradcheck(lambda: ag.block([[[a], [b]], [[b], [a]]]), a, b)


def test_one_block_is_a_copy():
    a = leaf(2)
    assert not np.shares_memory(ag.block(a).data, a.data)


@pytest.mark.parametrize("name", ["vstack", "hstack", "dstack", "column_stack", "block"])
def test_arrays_may_come_by_name(name):
    a, b = leaf(2, 2), leaf(2, 2, seed=1)
    together = getattr(ag, name)(arrays=[a, b])
    assert [g.shape for g in ag.gradients(together.sum(), [a, b])] == [(2, 2), (2, 2)]


def test_a_tensor_is_a_sequence_of_its_rows():
    x = leaf(3, 2)
    assert ag.hstack(x).shape == (6,)
    assert ag.gradcheck(lambda: ag.column_stack(x), x)


def test_numbers_do_not_promote():
    x = leaf(2, dtype=np.float32)
    assert ag.append(x, 1.5).dtype == ag.insert(x, 0, 1.5).dtype == ag.block_diag(x, 2.0).dtype == np.float32
    assert ag.append(np.array([1, 2]), 1.5).dtype == np.float64


def test_inserted_values_take_the_dtype_of_x_and_get_gradients_in_their_own():
    x, values = leaf(3, dtype=np.float32), leaf(2)
    result = ag.insert(x, [2, 0], values)
    assert result.dtype == np.float32
    (g,) = ag.gradients((result * np.arange(5, dtype=np.float32)).sum(), values)
    assert g.dtype == np.float64
    np.testing.assert_array_equal(g.data, [3, 0])


def test_booleans_and_tensors_say_where_to_insert_and_to_delete():
    x, values = leaf(4), leaf(2, seed=1)
    mask = np.array([False, True, False, True])
    for positions in (mask, ag.tensor(mask), ag.tensor(np.array([1, 3])), [ag.tensor(np.array(1)), 3]):
        np.testing.assert_array_equal(ag.insert(x, positions, values).data, np.insert(x.data, [1, 3], values.data))
        np.testing.assert_array_equal(ag.delete(x, positions).data, x.data[[0, 2]])


@pytest.mark.parametrize("cut", [ag.split, ag.array_split, ag.vsplit, np.split])
def test_tensors_say_where_to_cut(cut):
    x = leaf(4, 2)
    assert [part.shape for part in cut(x, ag.tensor(np.array([1, 3])))] == [(1, 2), (2, 2), (1, 2)]
    assert [part.shape for part in cut(x, ag.tensor(np.array(2)))] == [(2, 2), (2, 2)]


def test_matrices_along_a_diagonal_in_batches():
    a, b = leaf(3, 1, 2, 2), leaf(2, 1, 3, seed=1)
    result = ag.block_diag(a, b)
    assert result.shape == (3, 2, 3, 5)
    for i, j in np.ndindex(3, 2):
        np.testing.assert_array_equal(result.data[i, j], ag.block_diag(a.data[i, 0], b.data[j]))
    assert ag.gradcheck(lambda: ag.block_diag(a, b), a, b)


@pytest.mark.parametrize(
    ("trim", "axis", "kept"),
    [
        ("fb", None, np.s_[1:3, 2:3]),
        ("f", None, np.s_[1:, 2:]),
        ("b", None, np.s_[:3, :3]),
        ("fb", 0, np.s_[1:3]),
        ("F", (1,), np.s_[:, 2:]),
        ("bf", -1, np.s_[:, 2:3]),
        ("fb", (), np.s_[:]),
    ],
)
def test_zeros_are_trimmed_in_any_number_of_axes_and_get_no_gradient(trim, axis, kept):
    x = ag.tensor(np.zeros((5, 4)), requires_grad=True)
    with ag.no_grad():
        x[1, 2] = x[2, 2] = 1.5
    result = ag.trim_zeros(x, trim, axis)
    np.testing.assert_array_equal(result.data, x.data[kept])
    expected = np.zeros((5, 4))
    expected[kept] = 1
    np.testing.assert_array_equal(ag.gradients(result.sum(), x)[0].data, expected)


def test_of_zeros_alone_nothing_is_left():
    assert ag.trim_zeros(np.zeros((2, 3))).shape == (0, 0)
    assert ag.trim_zeros(np.zeros((2, 3)), "b", 1).shape == (2, 0)
