"""Polynomials: NumPy's values over shapes and lengths, derivatives that undo integrals."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
P, Q, X = RNG.standard_normal(4), RNG.standard_normal(2), RNG.standard_normal((2, 3))

CALLS = {
    "polyval": [(P, X), (Q, 0.5), (np.zeros(0), X), (P + 1j, X)],
    "polyadd": [(P, Q), (Q, P), (P, P)],
    "polysub": [(P, Q), (Q, P)],
    "polymul": [(P, Q), (Q, P), (P, Q * 1j)],
    "polyder": [(P,), (P, 2), (P, 0), (Q, 2), (Q, 5)],
    "polyint": [(P,), (P, 2), (P, 0), (P, 2, [0.5, 2.0]), (P, 1, 3.0), (P, 2, 3.0)],
}


@pytest.mark.parametrize(("name", "arguments"), [(name, a) for name, several in CALLS.items() for a in several])
def test_values_are_numpys(name, arguments):
    ours = getattr(ag, name)(*(ag.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments))
    np.testing.assert_allclose(ours.data, getattr(np, name)(*arguments), rtol=1e-13)


def test_the_derivative_undoes_the_integral():
    p = ag.tensor(P, requires_grad=True)
    np.testing.assert_allclose(ag.polyder(ag.polyint(p, 3), 3).data, P)


def test_the_gradient_for_a_point_is_the_derivative():
    x = ag.tensor(X, requires_grad=True)
    ag.polyval(P, x).sum().backward()
    np.testing.assert_allclose(x.grad.data, np.polyval(np.polyder(P), X))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ag.polyval(X, X), "polyval: p must be one row of coefficients"),
        (lambda: ag.polyadd(P, X), "polyadd: b must be one row"),
        (lambda: ag.polyder(P, -1), "polyder: m is negative"),
        (lambda: ag.polyint(P, -1), "polyint: m is negative"),
        (lambda: ag.polyint(P, 2, [1.0, 2.0, 3.0]), "polyint: k has shape"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call()
