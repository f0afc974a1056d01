"""Choosing by conditions, against NumPy and PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
X, SOURCE = RNG.standard_normal((3, 4)), RNG.standard_normal((4, 4))
MASK, ROW = X > 0, np.array([True, False, False, True])


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (lambda x, m: ag.masked_fill(x, m, -2.5), lambda t, x, m: t.masked_fill(x, m, -2.5), (X, MASK)),
        (lambda x, m: ag.masked_fill(x, m, 1), lambda t, x, m: t.masked_fill(x, m, 1), (X[0], MASK)),
        (lambda x, m, v: ag.masked_fill(x, m, v), lambda t, x, m, v: t.masked_fill(x, m, v), (X, ROW, np.array(0.5))),
        (lambda x, m: ag.masked_select(x, m), lambda t, x, m: t.masked_select(x, m), (X, MASK)),
        (lambda x, m: ag.masked_select(x, m), lambda t, x, m: t.masked_select(x, m), (X[:, None, :1], ROW)),
        (lambda x, m, s: ag.masked_scatter(x, m, s), lambda t, x, m, s: t.masked_scatter(x, m, s), (X, MASK, SOURCE)),
        (
            lambda x, m, s: ag.masked_scatter(x, m, s),
            lambda t, x, m, s: t.masked_scatter(x, m, s),
            (X[:, :1], ROW, SOURCE),
        ),
        (lambda m, a, b: ag.where(m, a, b), lambda t, m, a, b: t.where(m, a, b), (ROW, X, X[:, :1])),
    ],
)
def test_pytorchs_values_and_gradients(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(ours, theirs, *operands)


@pytest.mark.parametrize("value", [1, 0.5, np.float64(0.5), np.array(0.5), ag.tensor(np.array(0.5))], ids=repr)
@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64"])
def test_filling_keeps_the_dtype(dtype, value):
    x = ag.tensor(X.astype(dtype), requires_grad=True)
    out = ag.masked_fill(x, MASK, value)
    assert out.dtype == dtype
    (g,) = ag.gradients(out.real.sum(), x)
    assert g.dtype == dtype
    np.testing.assert_array_equal(g.data, ~MASK)


def test_what_was_replaced_may_have_an_infinite_slope():
    x = ag.tensor([0.0, 4.0], requires_grad=True)
    ag.masked_fill(ag.sqrt(x), [True, False], 1.0).sum().backward()
    assert x.grad.tolist() == [0, 0.25]


@pytest.mark.parametrize(
    ("conditions", "choices", "default"),
    [
        ([MASK, X < -1], [X, X * X], 0),
        ([MASK, MASK], [X, 5.0], -1.5),
        ([ROW, MASK, ~ROW], [X[:, :1], X, 3.0], X),
        ([np.array(True)], [X], 0),
    ],
)
def test_select_is_numpys(conditions, choices, default):
    expected = np.select(conditions, choices, default)
    np.testing.assert_array_equal(ag.select(conditions, choices, default), expected)
    found = ag.select([ag.tensor(c) for c in conditions], [ag.tensor(np.asarray(c)) for c in choices], default)
    np.testing.assert_array_equal(found.data, expected)


@pytest.mark.parametrize(
    ("conditions", "functions"),
    [
        ([X < 0, X >= 0], [lambda v: -v, lambda v: v * v]),
        ([X < 0, X > 1], [lambda v: -v, 7]),
        ([X < 0, X > -1], [lambda v: -v, lambda v: v + 1, lambda v: v * 0]),
        ([X > 9], [lambda v: v, 2.5]),
        ([X > 9], [lambda v: 1 / 0]),
    ],
)
def test_piecewise_is_numpys(conditions, functions):
    np.testing.assert_array_equal(ag.piecewise(X, conditions, functions), np.piecewise(X, conditions, functions))
    assert ag.piecewise(X.astype("float32"), conditions, functions).dtype == np.float32


def test_a_piece_computes_on_its_own_elements_only():
    x = ag.tensor([-1.0, 0.0, 4.0], requires_grad=True)
    out = ag.piecewise(x, [x.data > 0], [ag.sqrt, 0.0])
    assert out.tolist() == [0, 0, 2]
    out.sum().backward()
    assert x.grad.tolist() == [0, 0, 0.25]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: ag.masked_fill(X, MASK.astype(int), 0),
            TypeError,
            "masked_fill: the mask must be of booleans, not int64",
        ),
        (lambda: ag.masked_fill(X, MASK, X), ValueError, "the value must be a number .*; use where for an array"),
        (lambda: ag.masked_fill(np.arange(4), ROW, 0.5), TypeError, "values of float64 do not fit into int64"),
        (lambda: ag.masked_fill(X, np.ones(3, bool), 0.0), ValueError, "do not broadcast"),
        (lambda: ag.masked_select(X, X), TypeError, "the mask must be of booleans, not float64"),
        (lambda: ag.masked_scatter(X, MASK, [1.0]), ValueError, r"the mask is true \d times, source has 1 elements"),
        (lambda: ag.select([], []), ValueError, "0 conditions and 0 choices"),
        (lambda: ag.select([MASK], [X, X]), ValueError, "1 conditions and 2 choices"),
        (lambda: ag.select([X], [X]), TypeError, "must be of booleans"),
        (
            lambda: ag.piecewise(np.arange(2), [np.array([True, False])], [ag.tensor([0.5], requires_grad=True)]),
            TypeError,
            "piecewise: .*gradient of the values would be lost",
        ),
        (lambda: ag.piecewise(X, [MASK[0]], [1]), ValueError, "the conditions must have x's shape"),
        (lambda: ag.piecewise(X, [MASK], [1, 2, 3]), ValueError, "1 conditions and 3 functions"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("function", [ag.piecewise, np.piecewise])
def test_a_single_condition(function):
    x = ag.tensor(np.array([1.0, -1.0]))
    assert function(x, x.data > 0, [lambda v: v * 3, 10.0]).tolist() == [3, 10]
    assert function(x, x > 0, [lambda v: v * 2, 0.5]).tolist() == [2, 0.5]
    assert function(x, [True, False], [lambda v: v, 0.5]).tolist() == [1, 0.5]


def test_numbers_do_not_promote():
    assert ag.masked_fill(np.zeros(2, np.uint8), [True, False], 3).tolist() == [3, 0]
    chosen = ag.select([np.array([True]), np.array([False])], [np.ones(1, np.float32), np.array([True])], 1.5)
    assert chosen.dtype == np.float32
