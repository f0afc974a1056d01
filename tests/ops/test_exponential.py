"""Exponentials and logarithms far out, near zero, at infinities, and in PyTorch."""

import math

import numpy as np
import pytest

import autograd_lite as ag


def leaf(values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (ag.expm1, [1e-300, 0.0, -40.0, -800.0], [1, 1, math.exp(-40), 0]),
        (ag.log1p, [1e-300, 1e300, -0.5], [1, 1e-300, 2]),
        (ag.log2, [1.0, 1e300], [1 / math.log(2), 1e-300 / math.log(2)]),
        (ag.log10, [1.0, 1e-300], [1 / math.log(10), 1e300 / math.log(10)]),
        (ag.cbrt, [0.0, 8.0, -8.0, 1e300], [np.inf, 1 / 12, 1 / 12, 1e-200 / 3]),
        (ag.exp2, [0.0, 10.0], [math.log(2), 1024 * math.log(2)]),
        (ag.exp, [-np.inf, 1.0], [0, math.e]),
    ],
)
def test_gradients_far_out_and_near_zero(function, values, expected):
    x = leaf(values)
    np.testing.assert_allclose(ag.gradients(function(x).sum(), x)[0].data, expected, rtol=1e-14)


@pytest.mark.parametrize("function", [ag.logaddexp, ag.logaddexp2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_infinities_in_sums_of_exponentials(function, dtype):
    inf = np.inf
    a, b = leaf([-inf, inf, -inf, inf, 1.0, 1e4], dtype), leaf([-inf, inf, inf, 2.0, -inf, -1e4], dtype)
    first = ag.gradients(function(a, b), [a, b], np.ones(6, dtype), create_graph=True)
    np.testing.assert_array_equal(first[0].data, [0.5, 0.5, 0, 1, 1, 1])
    np.testing.assert_array_equal(first[1].data, [0.5, 0.5, 1, 0, 0, 0])
    second = ag.gradients((first[0] * np.arange(6, dtype=dtype)).sum(), [a, b])
    for g in second:
        np.testing.assert_array_equal(np.abs(g.data[2:]), 0)
        assert np.isfinite(g.data).all()


REAL = np.array([-2.3, -0.9, -0.4, 0.15, 0.7, 1.9])
COMPLEX = np.array([0.4 + 0.3j, -1.2 + 0.8j, 0.9 - 2.1j, -0.3 - 0.6j, 2.5 + 0.1j])


@pytest.mark.parametrize(
    ("name", "values"),
    [(name, x) for name in ("exp", "expm1", "square", "reciprocal") for x in (REAL, COMPLEX)]
    + [(name, x) for name in ("log", "log2", "log10", "log1p", "sqrt") for x in (np.abs(REAL), COMPLEX)]
    + [("exp2", REAL)],
)
def test_agrees_with_torch(agrees_with_torch, name, values):
    agrees_with_torch(getattr(ag, name), lambda torch, x: getattr(torch, name)(x), values)


@pytest.mark.parametrize("name", ["logaddexp", "logaddexp2"])
def test_functions_of_two_arguments_agree_with_torch(agrees_with_torch, name):
    agrees_with_torch(
        getattr(ag, name), lambda torch, a, b: getattr(torch, name)(a, b), REAL[:, None], REAL[::-1].copy()
    )


@pytest.mark.parametrize(
    ("x", "exponent"),
    [
        (np.abs(REAL), REAL),
        (COMPLEX, COMPLEX[::-1].copy()),
        (COMPLEX, REAL[:5]),
        (np.abs(REAL)[:5], COMPLEX),
        (REAL[:5], COMPLEX),
    ],
)
def test_powers_agree_with_torch(agrees_with_torch, x, exponent):
    agrees_with_torch(ag.power, lambda torch, x, exponent: torch.pow(x, exponent), x, exponent)


def test_float_power_is_double_and_its_gradients_are_as_wide_as_the_operands():
    x = ag.tensor([0.5, 2.0], requires_grad=True)
    result = ag.float_power(x, 0.7)
    (gradient,) = ag.gradients(result, x, np.ones(2))
    assert (result.dtype, gradient.dtype) == (np.float64, np.float32)
    np.testing.assert_array_equal(result.data, np.float_power(x.data, 0.7))
