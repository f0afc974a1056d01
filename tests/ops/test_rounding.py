"""Remainders and the parts of numbers: jumps, zeros, exact quotients, and PyTorch's word."""

import numpy as np
import pytest

import autograd_lite as ag


def leaf(values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


@pytest.mark.parametrize("function", [ag.floor, ag.ceil, ag.trunc, ag.rint, ag.round, ag.spacing, ag.signbit])
def test_what_is_piecewise_constant_has_no_history(function):
    assert not function(leaf([1.5, -2.0])).requires_grad


def test_the_whole_part_and_the_quotient_have_no_history():
    fraction, whole = ag.modf(leaf([1.5, -2.5]))
    quotient, rest = ag.divmod(leaf([7.5, -7.5]), 2.0)
    mantissa, exponent = ag.frexp(leaf([1.5, -2.5]))
    assert [x.requires_grad for x in (fraction, whole, quotient, rest, mantissa, exponent)] == [1, 0, 0, 1, 1, 0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("function", "whole"), [(ag.remainder, np.floor), (ag.fmod, np.trunc)])
def test_the_quotient_in_the_gradient_is_exact(function, whole, dtype):
    """Where ``a / b`` is rounded to a whole number that it does not reach."""
    b = np.array([0.1, 0.1, -0.1, 0.3, 3.0, 1e-3], dtype)
    a = np.array([0.3, np.nextafter(dtype(0.3), dtype(0)), 0.7, 0.9, -1e6, 1.0], dtype)
    x = leaf(b, dtype)
    (g,) = ag.gradients(function(a, x).sum(), x)
    exact = whole(a.astype(np.longdouble) / b.astype(np.longdouble))
    np.testing.assert_array_equal(g.data, -exact.astype(dtype))


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (lambda x: ag.copysign(x, [1.0, -1.0, -1.0, -0.0]), [-2.0, 3.0, 0.0, 4.0], [-1, -1, 0, -1]),
        (ag.fabs, [-2.0, 0.0, -0.0, np.inf], [-1, 0, 0, 1]),
        (ag.nan_to_num, [np.nan, np.inf, -np.inf, 2.0], [0, 0, 0, 1]),
        (ag.frac, [-2.5, 2.0, np.inf, 1e300], [1, 1, 1, 1]),
        (lambda x: ag.heaviside([-1.0, 0.0, -0.0, np.nan], x), [3.0, 4.0, 5.0, 6.0], [0, 1, 1, 0]),
        (lambda x: ag.frexp(x)[0], [3.0, -0.3, 0.0, 1e300], [0.25, 2, 1, 2.0**-997]),
        (lambda x: ag.ldexp(x, [1, -2, 3]), [1.0, 0.0, np.inf], [2, 0.25, 8]),
        (lambda x: ag.nextafter(x, 5.0), [1.0, 5.0], [1, 1]),
    ],
)
def test_gradients_at_jumps_and_kinks(function, values, expected):
    x = leaf(values)
    np.testing.assert_array_equal(ag.gradients(function(x).sum(), x)[0].data, expected)


def test_exponents_must_be_integers():
    with pytest.raises(TypeError, match=r"ldexp: the exponents must be integers .*; use x \* exp2"):
        ag.ldexp(leaf([1.0]), 0.5)


A, B = np.array([-7.3, -2.0, -0.4, 0.0, 0.7, 5.9]), np.array([2.3, -0.7])


@pytest.mark.parametrize("name", ["remainder", "fmod", "copysign", "nextafter"])
def test_functions_of_two_arguments_agree_with_torch(agrees_with_torch, name):
    order = 0 if name == "nextafter" else 2  # PyTorch has no derivative
    a = A + 0.05
    agrees_with_torch(getattr(ag, name), lambda torch, a, b: getattr(torch, name)(a, b), a[:, None], B, order=order)


@pytest.mark.parametrize("name", ["frac", "nan_to_num", "sgn", "floor", "ceil", "trunc", "round"])
def test_functions_of_one_argument_agree_with_torch(agrees_with_torch, name):
    differentiable = name in ("frac", "nan_to_num")
    agrees_with_torch(getattr(ag, name), lambda torch, x: getattr(torch, name)(x), A, order=2 if differentiable else 0)


def test_frexp_and_ldexp_agree_with_torch(agrees_with_torch):
    agrees_with_torch(lambda x: ag.frexp(x)[0], lambda torch, x: torch.frexp(x)[0], A + 0.05)
    agrees_with_torch(ag.ldexp, lambda torch, x, n: torch.ldexp(x, n), A, np.arange(6))


def test_the_direction_of_complex_numbers_agrees_with_torch(agrees_with_torch):
    z = np.array([0.4 + 0.3j, -1.2 + 0.8j, 0.9 - 2.1j])
    agrees_with_torch(ag.sgn, lambda torch, x: torch.sgn(x), z)
    agrees_with_torch(ag.sgn, lambda torch, x: torch.sgn(x), np.append(z, 0), order=1)
