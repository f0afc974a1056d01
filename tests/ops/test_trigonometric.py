"""Trigonometric functions where a sample cannot go: kinks, poles and ends, huge and tiny arguments, PyTorch's word."""

import math

import numpy as np
import pytest

import autograd_lite as ag


def leaf(values, dtype=np.float64):
    return ag.tensor(np.array(values, dtype), requires_grad=True)


def gradient(function, values, dtype=np.float64):
    x = leaf(values, dtype)
    return ag.gradients(function(x).sum(), x)[0].data


@pytest.mark.parametrize("function", [ag.hypot, ag.arctan2])
def test_the_origin_has_a_gradient_of_zero(function):
    a, b = leaf([0.0, -0.0, 3.0]), leaf([0.0, 0.0, 4.0])
    for g in ag.gradients(function(a, b).sum(), [a, b]):
        np.testing.assert_array_equal(g.data[:2], 0)
        assert g.data[2] != 0


def test_lengths_of_zero_have_derivatives_of_zero_to_every_order():
    z = ag.tensor(np.array([0j, 3 + 4j]), requires_grad=True)
    for function in (lambda z: ag.hypot(z.real, z.imag), ag.abs):
        (first,) = ag.gradients(function(z).sum(), z, create_graph=True)
        np.testing.assert_allclose(first.data, [0, 0.6 + 0.8j])
        (second,) = ag.gradients(first.real.sum(), z)
        np.testing.assert_allclose(second.data, [0, 0.128 - 0.096j])


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (ag.arctan, [1e300, -1e-300, np.inf], [0, 1, 0]),
        (ag.arcsinh, [1e300, 1e-300, -1e-20], [1e-300, 1, 1]),
        (ag.arccosh, [1e300, 1.0], [1e-300, np.inf]),
        (ag.arcsin, [1.0, -1.0, 1e-200], [np.inf, np.inf, 1]),
        (ag.arccos, [1.0, -1.0, 1e-200], [-np.inf, -np.inf, -1]),
        (ag.arctanh, [0.0, 1e-200], [1, 1]),
        (lambda x: ag.hypot(x, 1e200), [1e200, 1e-200], [math.sqrt(0.5), 0]),
        (lambda x: ag.arctan2(x, 1e200), [1e200, 1e-200], [0.5e-200, 1e-200]),
        (lambda x: ag.tanh(x), [20.0, -400.0], [0, 0]),
        (ag.tan, [math.pi / 2], [math.tan(math.pi / 2) ** 2]),
        (ag.sinh, [1e-200, 0.0], [1, 1]),
    ],
)
def test_gradients_far_out_near_zero_and_at_the_ends(function, values, expected):
    np.testing.assert_allclose(gradient(function, values), expected, rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize("function", [ag.arcsin, ag.arccos, ag.arctanh])
def test_slopes_near_the_ends_lose_no_digits(function):
    x = 1 - 2.0**-40
    exact = 1 / ((1 - np.longdouble(x)) * (1 + np.longdouble(x)))
    expected = {ag.arctanh: exact, ag.arcsin: np.sqrt(exact), ag.arccos: -np.sqrt(exact)}[function]
    np.testing.assert_allclose(gradient(function, [x]), [float(expected)], rtol=1e-14)


# -- sinc --------------------------------------------------------------------------------------------------------


def derivative_of_sinc(x, order):
    """In more digits: far out the derivative of ``y S(y) = sin y``, else an integral by Gauss's rule.

    The integral is that of ``t^n cos(pi x t + n pi / 2)`` from 0 to 1, times pi^n.
    """
    pi, x = np.longdouble("3.14159265358979323846264338327950288"), np.longdouble(x)
    if abs(x) < 2:
        nodes, weights = np.polynomial.legendre.leggauss(40)
        t = (np.arange(8)[:, None] + (nodes.astype(np.longdouble) + 1) / 2) / 8
        return float((t**order * np.cos(pi * x * t + order * pi / 2) * weights).sum() / 16 * pi**order)
    angle, out = pi * (x - 2 * np.rint(x / 2)), np.longdouble(0)
    for n in range(order + 1):
        out = (np.sin(angle + n * pi / 2) - n * out) / (pi * x)
    return float(out * pi**order)


ARGUMENTS = [0.0, 1e-12, -1e-7, 1e-3, 0.1, 0.3, 1 / math.pi, 0.32, -0.5, 0.9, 1.0, 1.3, 2.0, 7.25, 31.4, -100.1, 1e3]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 2e-14), (np.float32, 4e-6)])
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_derivatives_of_sinc(order, dtype, tolerance):
    x = leaf(ARGUMENTS, dtype)
    y = ag.sinc(x)
    for _ in range(order):
        (y,) = ag.gradients(y.sum(), x, create_graph=True)
    assert y.dtype == dtype
    expected = np.array([derivative_of_sinc(float(value), order) for value in x.data])
    envelope = np.pi**order / (order + 1) / np.maximum(1, np.pi * np.abs(x.data))
    np.testing.assert_array_less(np.abs(y.data - expected), tolerance * np.maximum(envelope, np.abs(expected)))
    small = np.abs(x.data) < 0.2  # there, no digit is lost at all
    np.testing.assert_allclose(y.data[small], expected[small], rtol=tolerance, atol=1e-15)


def test_derivatives_of_sinc_at_zero():
    x = leaf([0.0, -0.0])
    y = ag.sinc(x)
    for order in range(1, 9):
        (y,) = ag.gradients(y.sum(), x, create_graph=True)
        expected = 0 if order % 2 else (-1) ** (order // 2) * np.pi**order / (order + 1)
        np.testing.assert_allclose(y.data, [expected] * 2, rtol=1e-14)


# -- PyTorch -----------------------------------------------------------------------------------------------------

REAL = np.array([-2.3, -0.9, -0.4, 0.15, 0.7, 1.9])
INSIDE = np.array([-0.97, -0.4, 1e-9, 0.3, 0.8])
COMPLEX = np.array([0.4 + 0.3j, -1.2 + 0.8j, 0.9 - 2.1j, -0.3 - 0.6j, 2.5 + 0.1j])


@pytest.mark.parametrize(
    ("name", "values"),
    [(name, x) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "sinc") for x in (REAL, COMPLEX)]
    + [(name, x) for name in ("arcsin", "arccos", "arctanh") for x in (INSIDE, COMPLEX)]
    + [(name, x) for name in ("arctan", "arcsinh") for x in (REAL, COMPLEX)]
    + [(name, x) for name in ("arccosh",) for x in (REAL + 4, COMPLEX)]
    + [(name, REAL) for name in ("deg2rad", "rad2deg")],
)
def test_agrees_with_torch(agrees_with_torch, name, values):
    agrees_with_torch(getattr(ag, name), lambda torch, x: getattr(torch, name)(x), values)


@pytest.mark.parametrize("name", ["arctan2", "hypot"])
def test_functions_of_two_arguments_agree_with_torch(agrees_with_torch, name):
    agrees_with_torch(
        getattr(ag, name), lambda torch, a, b: getattr(torch, name)(a, b), REAL[:, None], REAL[::-1].copy()
    )
