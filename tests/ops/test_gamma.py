"""Gamma and beta functions: SciPy's values, PyTorch's derivatives, ends of intervals, what is refused."""

import numpy as np
import pytest
import scipy.special

import autograd_lite as ag

SPREAD = np.array([-2.5, -1.0, -0.5, 0.0, 1e-3, 0.5, 1.0, 1.4616321449683622, 3.0, 20.0, 1e4])
POSITIVE = SPREAD[4:]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "theirs"), [("gamma", "gamma"), ("gammaln", "gammaln"), ("digamma", "psi")])
def test_values_are_those_of_scipy(name, theirs, dtype):
    x = SPREAD.astype(dtype)
    found = getattr(ag, name)(x)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, getattr(scipy.special, theirs)(x))


@pytest.mark.parametrize("name", ["beta", "betaln", "gammainc", "gammaincc"])
def test_values_of_two_operands_are_those_of_scipy(name):
    a, x = POSITIVE[:, None], np.array([0.0, 0.1, 2.0, 1e3])
    np.testing.assert_array_equal(getattr(ag, name)(a, x), getattr(scipy.special, name)(a, x))


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_polygamma_is_that_of_scipy(n):
    found = ag.polygamma(n, SPREAD)
    np.testing.assert_allclose(found, scipy.special.polygamma(n, SPREAD), rtol=1e-14)
    assert ag.polygamma(n, SPREAD.astype(np.float32)).dtype == np.float32


def test_zeta_and_multigammaln_are_those_of_scipy():
    np.testing.assert_array_equal(ag.zeta(2.5, POSITIVE), scipy.special.zeta(2.5, POSITIVE))
    a = np.array([[1.6, 2.0], [5.0, 30.0]])
    np.testing.assert_allclose(ag.multigammaln(a, 4), scipy.special.multigammaln(a, 4), rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "function", "x"),
    [
        ("gammaln", ag.gammaln, SPREAD[np.round(SPREAD) != SPREAD]),
        ("gammaln", ag.gammaln, POSITIVE),
        ("digamma", ag.digamma, POSITIVE[1:]),
        ("polygamma 0", lambda x: ag.polygamma(0, x), POSITIVE[1:]),
        ("polygamma 2", lambda x: ag.polygamma(2, x), POSITIVE[1:]),
        ("multigammaln 3", lambda x: ag.multigammaln(x, 3), POSITIVE[3:]),
        ("zeta 2.5", lambda x: ag.zeta(2.5, x), POSITIVE[1:]),
    ],
)
def test_derivatives_are_those_of_pytorch(name, function, x, agrees_with_torch):
    name, *numbers = name.split()

    def theirs(torch, x):
        if name == "zeta":
            return torch.special.zeta(torch.tensor(float(numbers[0]), dtype=x.dtype), x)
        constants = [int(n) for n in numbers]
        return getattr(torch.special, name)(*([*constants, x] if name == "polygamma" else [x, *constants]))

    agrees_with_torch(function, theirs, x, rtol=1e-8)


@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma_has_pytorchs_derivatives(name, agrees_with_torch):
    a = np.array([[0.5], [1.0], [3.0], [40.0]])
    x = np.array([0.1, 1.0, 30.0, 50.0])
    theirs = lambda torch, x: getattr(torch.special, name)(torch.tensor(a), x)  # noqa: E731  # beside the other
    agrees_with_torch(lambda x: getattr(ag, name)(a, x), theirs, x)


def test_incomplete_gamma_at_zero_and_infinity_to_second_order():
    """The density ``x**(a - 1) exp(-x) / gamma(a)``, and its slope, where powers of 0 meet poles of gamma."""
    a, x = np.array([1.0, 2.0, 3.0, 4.0]), ag.tensor(np.array([[0.0], [np.inf]]) * np.ones(4), requires_grad=True)
    (density,) = ag.gradients(ag.gammainc(a, x).sum(), x, create_graph=True)
    (slope,) = ag.gradients(density.sum(), x)
    np.testing.assert_allclose(density.data, [[1, 0, 0, 0], [0, 0, 0, 0]])
    np.testing.assert_allclose(slope.data, [[-1, 1, 0, 0], [0, 0, 0, 0]])


def test_an_infinite_density_is_infinite_unless_nothing_comes_in():
    x = ag.tensor(np.zeros(2), requires_grad=True)
    (found,) = ag.gradients(ag.gammainc(0.5, x), x, np.array([0.0, 1.0]))
    np.testing.assert_array_equal(found.data, [0, np.inf])


def test_the_density_of_large_shapes_keeps_single_precision():
    x = ag.tensor(np.array([9.9e3, 1e4, 1.01e4], np.float32), requires_grad=True)
    (found,) = ag.gradients(ag.gammainc(1e4, x).sum(), x)
    np.testing.assert_allclose(found.data, [0.00243593344, 0.00398938956, 0.00240366926], rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: ag.gammainc(x, 1.0), TypeError, "no derivative for a"),
        (lambda x: ag.gammaincc(x, x), TypeError, "no derivative for a"),
        (lambda x: ag.polygamma(-1, x), ValueError, "0 or more"),
        (lambda x: ag.polygamma(1.5, x), ValueError, "whole"),
        (lambda x: ag.zeta(x, x), TypeError, "x is a constant"),
        (lambda x: ag.multigammaln(x, 8), ValueError, "3.5"),
        (lambda x: ag.multigammaln(x, 0), ValueError, "1 or more"),
        (lambda x: ag.gamma(x * 1j), TypeError, "real"),
        (lambda x: ag.gammaln(x * 1j), TypeError, "gammaln"),
        (lambda x: ag.digamma(x * 1j), TypeError, "real"),
    ],
)
def test_what_is_refused_is_refused_at_the_call(call, error, words):
    with pytest.raises(error, match=words):
        call(ag.tensor([1.0, 2.0], requires_grad=True))


def test_the_shape_of_an_incomplete_gamma_may_be_a_tensor_where_no_gradient_is_wanted():
    a = ag.tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        assert ag.gammainc(a, 1.0).shape == (2,)
    assert ag.gammainc(a.detach(), 1.0).shape == (2,)
