"""Slices and elements by index or condition, against NumPy and PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 2))
PLACES = np.array([[0, -1], [2, 2]])
WHOLE, LEAF = np.arange(3), ag.tensor([0.5], requires_grad=True)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("take", (X, PLACES)),
        ("take", (X, PLACES, 0)),
        ("take", (X, PLACES, -2)),
        ("take", (X, 1, 1)),
        ("take", (X, [], 1)),
        ("take", (X, [[5, -7]], 1, "wrap")),
        ("take", (X, [[5, -7]], 1, "clip")),
        ("take", (X, [99, -99], None, "wrap")),
        ("take", (X, np.array([3, 250], np.uint8), None, "clip")),
        ("compress", ([True, False, True], X)),
        ("compress", ([0, 1, 1, 0], X, 1)),
        ("compress", ([False, True], X, -1)),
        ("extract", (X > 0, X)),
        ("extract", ([True, False, True], X)),
        ("choose", (np.array([[0], [2]]), [np.arange(3.0), np.ones((2, 1)), -np.arange(3.0)])),
        ("choose", (np.array([0, 2, 1]), X[:, :3, 0])),
        ("choose", (np.array([-1, 4, 1]), [X[:, 0, 0], X[:, 1, 0]], "wrap")),
        ("choose", (np.array([-1, 4, 1]), [X[:, 0, 0], X[:, 1, 0]], "clip")),
        ("apply_along_axis", (lambda row: row * 2, 1, X)),
        ("apply_along_axis", (lambda row: row.sum(), 0, X)),
        ("apply_along_axis", (lambda row: row[:, None] * row, -2, X)),
    ],
)
def test_values_are_numpys(name, arguments):
    if isinstance(arguments[1], list) and not arguments[1]:
        arguments = (arguments[0], np.array([], int), *arguments[2:])
    mode = {"mode": arguments[3]} if name == "take" and len(arguments) > 3 else {}
    mode = {"mode": arguments[2]} if name == "choose" and len(arguments) > 2 else mode
    expected = getattr(np, name)(*(arguments[: 3 if name == "take" else 2] if mode else arguments), **mode)
    found = getattr(ag, name)(*arguments)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("ind", "v", "mode"),
    [
        ([0, 5], [1.0, 2.0], "raise"),
        (PLACES, [7.0], "raise"),
        ([30, -30], [1.0, 2.0], "wrap"),
        ([30, -30], 1.0, "clip"),
    ],
)
def test_put_is_numpys_on_a_copy(ind, v, mode):
    expected = X.copy()
    np.put(expected, ind, v, mode)
    before = X.copy()
    np.testing.assert_array_equal(ag.put(X, ind, v, mode), expected)
    np.testing.assert_array_equal(X, before)


A, ROWS, INDEX = RNG.standard_normal((4, 3)), RNG.standard_normal((5, 3)), np.array([3, 0, 0, 2, 3])
ONCE = np.array([3, 0])


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (lambda x, i: ag.index_select(x, 0, i), lambda t, x, i: t.index_select(x, 0, i), (A, INDEX)),
        (lambda x, i: ag.index_select(x, -1, i), lambda t, x, i: t.index_select(x, -1, i), (X, np.array([1, 1, 0]))),
        (lambda x, i, s: ag.index_add(x, 0, i, s), lambda t, x, i, s: t.index_add(x, 0, i, s), (A, INDEX, ROWS)),
        (
            lambda x, i, s: ag.index_add(x, 1, i, s, alpha=-2),
            lambda t, x, i, s: t.index_add(x, 1, i, s, alpha=-2),
            (A.T, INDEX, ROWS.T),
        ),
        (lambda x, i, s: ag.index_copy(x, 0, i, s), lambda t, x, i, s: t.index_copy(x, 0, i, s), (A, ONCE, ROWS[:2])),
        (lambda x, i: ag.index_fill(x, 1, i, 2.5), lambda t, x, i: t.index_fill(x, 1, i, 2.5), (A, np.array([2, 2]))),
        (
            lambda x, i, v: ag.index_fill(x, 0, i, v),
            lambda t, x, i, v: t.index_fill(x, 0, i, v),
            (A, ONCE, np.array(1.5)),
        ),
        (lambda x, i: ag.take(x, i), lambda t, x, i: t.take(x, i), (A, PLACES)),
        (
            lambda x, i, v: ag.put(x, i, v, accumulate=True),
            lambda t, x, i, v: t.put(x, i, v, accumulate=True),
            (A, INDEX, ROWS[:, 0]),
        ),
        (lambda i: ag.one_hot(i), lambda t, i: t.nn.functional.one_hot(i), (INDEX,)),
        (lambda i: ag.one_hot(i, 6), lambda t, i: t.nn.functional.one_hot(i, 6), (INDEX.reshape(5, 1),)),
    ],
)
def test_pytorchs_values_and_gradients(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(ours, theirs, *operands, order=2 if any(x.dtype == float for x in operands) else 0)


def test_lists_of_whole_numbers_are_indices():
    x = ag.tensor(A, requires_grad=True)
    np.testing.assert_array_equal(ag.index_select(x, 0, [3, 0]).data, A[[3, 0]])
    np.testing.assert_array_equal(ag.index_select(x, 0, index=(3, 0)).data, A[[3, 0]])
    np.testing.assert_array_equal(ag.take(x, [[3, -1]]).data, [[A[1, 0], A[3, 2]]])


def test_the_last_of_repeated_slices_stays_and_gets_the_gradient():
    source = ag.tensor(ROWS, requires_grad=True)
    out = ag.index_copy(A, 0, INDEX, source)
    np.testing.assert_array_equal(out.data, [ROWS[2], A[1], ROWS[3], ROWS[4]])
    out.sum().backward()
    np.testing.assert_array_equal(source.grad.data[:, 0], [0, 0, 1, 1, 1])


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_one_hot_is_of_integers(dtype):
    rows = ag.one_hot(ag.tensor(np.array([2, 0], dtype)), 3)
    assert rows.dtype == np.int64
    assert not rows.requires_grad
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.take(X, [0.5]), TypeError, "take: indices must be integers"),
        (
            lambda: ag.take(X, 4, 1),
            IndexError,
            "take: indices run from 4 to 4 .*; an axis of length 4 has the positions -4 to 3",
        ),
        (lambda: ag.take(X, 0, mode="round"), ValueError, "mode 'round' is not known .*; use raise, wrap or clip"),
        (lambda: ag.take(np.zeros(0), 0, mode="wrap"), IndexError, "an axis of length 0"),
        (lambda: ag.put(X, [0], []), ValueError, "put: there are indices but no values .*; pass at least one"),
        (lambda: ag.compress(X > 0, X), ValueError, "the condition must have one axis"),
        (lambda: ag.compress([False] * 4 + [True], X, 1), IndexError, "indices run from 4 to 4"),
        (lambda: ag.choose([0, 2], [A[0, :2], A[1, :2]]), IndexError, "indices run from 0 to 2"),
        (
            lambda: ag.index_select(A, 0, PLACES),
            ValueError,
            "index_select: the index must have one axis .*; use take or gather",
        ),
        (lambda: ag.index_select(A, 2, [0]), ValueError, "axis 2 is out of bounds"),
        (lambda: ag.index_add(A, 0, [4], ROWS[:1]), IndexError, "an axis of length 4"),
        (lambda: ag.index_add(A, 0, [0], ROWS), ValueError, "broadcast"),
        (lambda: ag.index_fill(A, 0, [0], ROWS), ValueError, "the value must be a number"),
        (lambda: ag.index_copy(WHOLE, 0, [0], LEAF), TypeError, "index_copy: .*gradient of the values would be lost"),
        (
            lambda: ag.index_fill(WHOLE, 0, [0], LEAF[0]),
            TypeError,
            "index_fill: .*gradient of the values would be lost",
        ),
        (lambda: ag.one_hot([0.5]), TypeError, "one_hot: classes must be integers"),
        (lambda: ag.one_hot([3], 3), ValueError, "classes run from 3 to 3"),
        (lambda: ag.one_hot([-1]), ValueError, "classes run from -1 to -1"),
        (lambda: ag.one_hot(np.zeros(0, int)), ValueError, "pass num_classes"),
        (lambda: ag.apply_along_axis(lambda r: r, 0, np.zeros((2, 0))), ValueError, "no row to apply the function to"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_numbers_do_not_promote():
    assert ag.put(np.zeros(3, np.uint8), [1], 3).tolist() == [0, 3, 0]
    assert ag.choose([0, 1], [np.ones(2, np.float32), 0.5]).dtype == np.float32


def test_rows_without_elements():
    assert ag.apply_along_axis(lambda row: row.sum(), 0, np.zeros((0, 2))).tolist() == [0, 0]
