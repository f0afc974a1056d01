"""Elementwise operations where a sample cannot go: at kinks, ties and infinite slopes, far out."""

import numpy as np
import pytest

import autograd_lite as ag


def leaf(*values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


def gradient(function, *values):
    x = leaf(*values)
    return ag.gradients(function(x).sum(), x)[0].data


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (ag.relu, (-1.0, 0.0, 1.0), (0, 0, 1)),
        (ag.abs, (-1.0, 0.0, 1.0), (-1, 0, 1)),
        (lambda x: ag.maximum(x, 1.0), (0.0, 1.0, 2.0), (0, 0.5, 1)),
        (lambda x: ag.minimum(x, 1.0), (0.0, 1.0, 2.0), (1, 0.5, 0)),
        (lambda x: ag.clip(x, 0.0, 1.0), (-1.0, 0.0, 1.0, 2.0), (0, 1, 1, 0)),
        (lambda x: ag.fmax(x, [1.0, 1.0, np.nan, 1.0]), (np.nan, 1.0, 2.0, 3.0), (0, 0.5, 1, 1)),
        (lambda x: ag.fmin(x, [1.0, 1.0, np.nan, 1.0]), (np.nan, 1.0, 2.0, 3.0), (0, 0.5, 1, 0)),
        (lambda x: ag.fmax(x, np.nan), (np.nan, -np.inf), (0, 1)),
        (lambda x: ag.abs(x * (1 + 1j)), (0.0, 1.0, -2.0), (0, np.sqrt(2), -np.sqrt(2))),
        (ag.max, (2.0, 1.0, 2.0, 2.0), (1 / 3, 0, 1 / 3, 1 / 3)),
        (ag.min, (2.0, 1.0, 1.0), (0, 0.5, 0.5)),
    ],
)
def test_gradients_at_kinks_and_ties(function, values, expected):
    np.testing.assert_allclose(gradient(function, *values), expected)


@pytest.mark.parametrize("function", [ag.sign, ag.logical_not, lambda x: x > 0, lambda x: ag.argmax(x)])
def test_what_is_piecewise_constant_has_no_history(function):
    assert not function(leaf(1.0, 2.0)).requires_grad


def test_both_limits_of_clip_and_both_sides_of_a_tie_get_their_share():
    x, low, high = leaf(-1.0, 0.5, 2.0), leaf(0.0, 0.0, 0.0), leaf(1.0, 1.0, 1.0)
    shares = [g.data for g in ag.gradients(ag.clip(x, low, high).sum(), [x, low, high])]
    np.testing.assert_array_equal(shares, np.diag([1, 1, 1])[[1, 0, 2]])
    a, b = leaf(1.0), leaf(1.0)
    assert [g.item() for g in ag.gradients(ag.maximum(a, b).sum(), [a, b])] == [0.5, 0.5]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: ag.where(x > 0, ag.log(x), 0.0),
        lambda x: ag.where(x > 0, ag.sqrt(x), 0.0),
        lambda x: ag.where(x > 0, 1 / x, 0.0),
        lambda x: ag.where(x > 0, x**-0.5, 0.0),
        lambda x: ag.where(x > 0, x**0.5, 0.0),
        lambda x: ag.where(x > 0, ag.reciprocal(x), 0.0),
        lambda x: ag.where(x > 0, ag.exp(1 / x), 0.0),
    ],
)
def test_a_masked_out_branch_with_an_infinite_slope_never_becomes_nan(function):
    with np.errstate(divide="ignore"):
        g = gradient(function, 0.0, 4.0)
    assert g[0] == 0.0
    assert np.isfinite(g[1])
    assert g[1] != 0.0


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_powers_at_zero_to_any_order(exponent):
    x = leaf(0.0, 2.0)
    y, expected = x**exponent, np.poly1d([1] + [0] * exponent)
    for _ in range(5):
        (y,) = ag.gradients(y.sum(), x, create_graph=True)
        expected = expected.deriv()
        np.testing.assert_allclose(y.data, expected([0.0, 2.0]))


def test_powers_of_zero_with_an_array_of_exponents():
    x, exponents = leaf(0.0, 2.0), leaf(0.0, 1.0, 2.0, 3.0)
    for_x, for_exponents = ag.gradients((x[:, None] ** exponents).sum(), [x, exponents])
    np.testing.assert_allclose(for_x.data, [1.0, 17.0])
    np.testing.assert_allclose(for_exponents.data, np.log(2.0) * 2.0 ** np.arange(4))  # 0 where the base is 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_far_out_neither_warns_nor_loses_the_tail(dtype):
    x = np.array([-1000, -100, -30, 0, 30, 1000], dtype)
    y = ag.sigmoid(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(y[2], np.exp(-30.0), rtol=1e-6)
    np.testing.assert_allclose(y[[0, 3, 5]], [0, 0.5, 1], atol=1e-30)


@pytest.mark.parametrize("activation", [ag.tanh, ag.sigmoid])
def test_an_infinite_gradient_stays_infinite(activation):
    x = ag.tensor([0.5, -0.5], requires_grad=True)
    (found,) = ag.gradients(activation(x), x, np.array([np.inf, -np.inf], np.float32))
    np.testing.assert_array_equal(found.data, [np.inf, -np.inf])


def test_the_far_tails_of_the_logistic_function():
    found = ag.sigmoid(np.array([-1e4, -100, 100, 1e4, -np.inf, np.inf, np.nan], np.float32))
    np.testing.assert_allclose(found, [0, np.exp(np.float32(-100)), 1, 1, 0, 1, np.nan], rtol=1e-6)


def test_both_ends_of_an_interpolation_are_exact():
    start, end = np.float32([1e8, 0.1, -3.0]), np.float32([0.1, 1e8, 0.7])
    np.testing.assert_array_equal(ag.lerp(start, end, 0.0), start)
    np.testing.assert_array_equal(ag.lerp(start, end, 1.0), end)


def test_the_sign_of_complex_numbers_is_refused_because_it_has_a_gradient():
    with pytest.raises(TypeError, match=r"sign: the sign of a complex number .*; use sgn\(x\)"):
        ag.sign(ag.tensor([1 + 1j]))


REAL = np.array([-2.3, -0.9, -0.4, 0.15, 0.7, 1.9])
COMPLEX = np.array([0.4 + 0.3j, -1.2 + 0.8j, 0.9 - 2.1j, -0.3 - 0.6j, 2.5 + 0.1j])


@pytest.mark.parametrize("name", ["fmax", "fmin", "maximum", "minimum"])
def test_the_larger_and_the_smaller_of_two_agree_with_torch(agrees_with_torch, name):
    ties = 0.0 if name in ("maximum", "minimum") else 0.01  # where fmax and fmin of PyTorch give all to the first
    a, b = REAL[:, None], np.append(REAL[::-1], 0.3) + ties
    agrees_with_torch(getattr(ag, name), lambda torch, a, b: getattr(torch, name)(a, b), a, b)


@pytest.mark.parametrize("values", [REAL, COMPLEX])
def test_functions_of_one_argument_agree_with_torch(agrees_with_torch, values):
    for name in ("abs", "positive", "negative", "reciprocal", "square", "tanh"):
        agrees_with_torch(getattr(ag, name), lambda torch, x, name=name: getattr(torch, name)(x), values)


@pytest.mark.parametrize(
    "operands",
    [(REAL, REAL[::-1].copy(), np.array(0.7)), (COMPLEX, COMPLEX[::-1].copy(), REAL[:5]), (COMPLEX, -COMPLEX, COMPLEX)],
)
def test_lerp_agrees_with_torch(agrees_with_torch, operands):
    weight = operands[2].astype(operands[0].dtype)
    agrees_with_torch(ag.lerp, lambda torch, a, b, w: torch.lerp(a, b, w), *operands[:2], weight)


def test_clip_where_the_limits_are_exchanged():
    x, high, low = np.array([-1.0, 0.5, 1.5, 3.0]), np.full(4, 2.0), np.full(4, 1.0)
    leaves = [ag.tensor(v, requires_grad=True) for v in (x, high, low)]
    y = ag.clip(*leaves)
    slopes = ag.gradients(y.sum(), leaves)
    np.testing.assert_array_equal(y.data, np.clip(x, high, low))
    for slope, expected in zip(slopes, (0, 0, 1), strict=True):
        np.testing.assert_array_equal(slope.data, np.full(4, expected))
    assert ag.gradcheck(lambda x, high, low: ag.clip(x, high, low) ** 2, x, high, low, order=2)
