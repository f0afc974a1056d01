"""gather, scatter and their relatives along an axis, against NumPy and PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.gather import put_flat

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3, 5))
INDEX = RNG.integers(0, 3, (2, 6, 5))
ONCE = np.argsort(RNG.random((2, 3, 5)), 1)[:, :2]  # PyTorch's gradient of repeated places is not defined
REPEATED = np.array([[0, 0, 1], [2, 0, 1]])
MATRIX, SRC = RNG.standard_normal((3, 3)), RNG.standard_normal((2, 4))


@pytest.mark.parametrize(
    ("shape", "indices", "axis"),
    [
        ((4, 3), (4, 2), 1),
        ((4, 3), (4, 2), -1),
        ((4, 3), (6, 3), 0),
        ((4, 1, 5), (1, 3, 2), 2),
        ((2, 3, 4), (1, 7, 1), 1),
        ((4, 3), (5,), None),
        ((5,), (2,), 0),
        ((4, 3), (4, 0), 1),
        ((0, 3), (1, 2), 1),
    ],
)
def test_take_and_put_along_axis_are_numpys(shape, indices, axis):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    length = x.size if axis is None else x.shape[axis]
    index = rng.integers(-length, length, indices)
    expected = np.take_along_axis(x, index, axis)
    np.testing.assert_array_equal(ag.take_along_axis(x, index, axis), expected)
    values, written = rng.standard_normal(expected.shape), x.copy()
    np.put_along_axis(written, index, values, axis)
    np.testing.assert_array_equal(ag.put_along_axis(x, index, values, axis), written)
    np.put_along_axis(written, index, 2.0, axis)
    np.testing.assert_array_equal(ag.put_along_axis(written, index, 2.0, axis), written)


def test_what_argsort_and_argmax_point_at():
    x = ag.tensor(X, requires_grad=True)
    np.testing.assert_array_equal(ag.take_along_axis(x, np.argsort(X, 1), 1).data, np.sort(X, 1))
    best = ag.take_along_axis(x, np.argmax(X, -1, keepdims=True), -1)
    best.sum().backward()
    np.testing.assert_array_equal(x.grad.data, X.max(-1, keepdims=True) == X)


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (lambda x, i: ag.gather(x, 1, i), lambda torch, x, i: torch.gather(x, 1, i), (X, INDEX)),
        (lambda x, i: ag.gather(x, 0, i), lambda torch, x, i: torch.gather(x, 0, i), (MATRIX, REPEATED)),
        (
            lambda x, i: ag.take_along_axis(x, i, 1),
            lambda torch, x, i: torch.take_along_dim(x, i, 1),
            (X, INDEX[:1, :2, :1]),
        ),
        (
            lambda x, i, s: ag.scatter(x, 1, i, s),
            lambda torch, x, i, s: torch.scatter(x, 1, i, s),
            (X, ONCE, X[1:3, :2]),
        ),
        (lambda x, i: ag.scatter(x, 0, i, 2.5), lambda torch, x, i: torch.scatter(x, 0, i, 2.5), (MATRIX, REPEATED)),
        (
            lambda x, i, s: ag.scatter_add(x, 0, i, s),
            lambda torch, x, i, s: torch.scatter_add(x, 0, i, s),
            (MATRIX, REPEATED, SRC[:, :3]),
        ),
        (
            lambda x, i, s: ag.scatter_add(x, 1, i, s),
            lambda torch, x, i, s: torch.scatter_add(x, 1, i, s),
            (MATRIX, REPEATED, SRC[:, :3]),
        ),
    ],
)
def test_pytorchs_values_and_gradients(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(ours, theirs, *operands)


def test_of_repeated_places_the_last_value_stays_and_gets_the_gradient():
    src = ag.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    out = ag.scatter(ag.zeros((1, 2)), 1, [[1, 0, 1]], src)
    assert out.tolist() == [[2, 3]]
    out.sum().backward()
    assert src.grad.tolist() == [[0, 1, 1]]
    out = ag.scatter_add(ag.zeros((1, 2)), 1, [[1, 0, 1]], src)
    assert out.tolist() == [[2, 4]]


def test_an_infinite_gradient_stops_at_what_was_overwritten():
    src = ag.tensor([1.0, 2.0], requires_grad=True)
    (g,) = ag.gradients(ag.scatter(np.zeros(1), 0, [0, 0], src), src, np.array([np.inf]))
    assert g.tolist() == [0, np.inf]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "uint64", ">i2"])
def test_indices_of_any_integer_type(dtype):
    x = np.arange(300.0).reshape(3, 100)
    index = np.array([[99], [0], [50]]).astype(dtype)
    np.testing.assert_array_equal(ag.gather(x, 1, index), [[99], [100], [250]])
    np.testing.assert_array_equal(ag.take_along_axis(x, ag.tensor(index), 1).data, [[99], [100], [250]])


def test_many_steps_share_one_buffer():
    """As a loop over x[t]: the contributions are added in place, in any order of memory."""
    rng = np.random.default_rng(0)
    for x in (rng.standard_normal((4, 6)), np.asfortranarray(rng.standard_normal((4, 6)))):
        leaf, expected, total = ag.Tensor(x, requires_grad=True), np.zeros(x.shape), 0.0
        for _ in range(10):
            index, w = rng.integers(0, 6, (4, 3)), rng.standard_normal((4, 3))
            total = total + (ag.gather(leaf, 1, index) * w).sum()
            np.add.at(expected, (np.arange(4)[:, None], index), w)
        total.backward()
        np.testing.assert_allclose(leaf.grad.data, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.gather(X, 0, [[0]]), ValueError, r"gather: the indices must have as many axes as x, 3, not 2"),
        (lambda: ag.gather(MATRIX, 0, [[0.5]]), TypeError, "indices must be integers, not float64.*astype"),
        (lambda: ag.gather(MATRIX, 0, [[True]]), TypeError, "indices must be integers, not bool"),
        (
            lambda: ag.gather(MATRIX, 0, [[3]]),
            IndexError,
            r"run from 3 to 3.*an axis of length 3 has the positions -3 to 2",
        ),
        (lambda: ag.gather(MATRIX, 0, [[-4]]), IndexError, "run from -4"),
        (lambda: ag.gather(MATRIX, 2, [[0]]), ValueError, "axis 2 is out of bounds"),
        (
            lambda: ag.gather(MATRIX, 0, np.zeros((1, 4), int)),
            ValueError,
            "longer than x along axis 1 .*; only along axis=0",
        ),
        (
            lambda: ag.scatter(MATRIX, 0, REPEATED, np.ones((1, 3))),
            ValueError,
            r"src \(1, 3\) must be at least as long",
        ),
        (lambda: ag.scatter(MATRIX, 0, REPEATED, 1j), TypeError, "values of complex128 do not fit into float64"),
        (lambda: ag.scatter_add(np.arange(3), 0, [0], [0.5]), TypeError, "do not fit into int64"),
        (lambda: ag.take_along_axis(X, INDEX[:, :, :2], 1), ValueError, "broadcast"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_numbers_do_not_promote_and_values_may_have_more_axes_in_front():
    assert ag.scatter(np.zeros(2, np.uint8), 0, [1], 3).tolist() == [0, 3]
    values = ag.tensor(np.ones((1, 1, 2)), requires_grad=True)
    (g,) = ag.gradients(put_flat(np.zeros(3), np.array([0, 0]), values).sum(), values)
    assert g.tolist() == [[[0, 1]]]
