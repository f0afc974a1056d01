"""Determinants where they are 0, too: the gradient is the matrix of cofactors."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


Z = numbers(3, 3) + 1j * numbers(3, 3, seed=1)
RANK = {r: numbers(4, r) @ numbers(r, 4, seed=1) for r in (1, 2, 3)}


def minors(x):
    """Cofactors by their definition."""
    n = len(x)
    rest = [[i for i in range(n) if i != j] for j in range(n)]
    return np.array(
        [[(-1) ** (i + j) * np.linalg.det(x[np.ix_(rest[i], rest[j])]) for j in range(n)] for i in range(n)]
    )


@pytest.mark.parametrize(
    "x",
    [
        numbers(4, 4),
        Z,
        *RANK.values(),
        np.zeros((3, 3)),
        np.zeros((1, 1)),
        np.array([[1.0, 2.0], [2.0, 4.0]]),
        np.diag([1.0, 0.0, 2j]),
        np.arange(9.0).reshape(3, 3),
        1e-120 * numbers(3, 3),
        1e200 * numbers(2, 2),
        np.eye(3),
    ],
)
def test_the_gradient_of_the_determinant(x):
    t = ag.tensor(x, requires_grad=True)
    with np.errstate(over="ignore"):
        (g,) = ag.gradients(ag.real(ag.det(t)), t)
        expected = minors(x).conj()
        atol = 1e-14 * np.abs(x).max() ** (len(x) - 1)
    np.testing.assert_allclose(g.data, expected, rtol=1e-10, atol=atol)
    stack = ag.tensor(np.stack([x, np.eye(len(x))]), requires_grad=True)
    with np.errstate(over="ignore"):
        (g,) = ag.gradients(ag.real(ag.det(stack)).sum(), stack)
    np.testing.assert_allclose(g.data, [expected, np.eye(len(x))], rtol=1e-10, atol=atol)


@pytest.mark.parametrize("x", [np.zeros((2, 2)), np.zeros((3, 3)), np.eye(3), RANK[2], RANK[3], np.diag([2.0, 2.0, 0])])
def test_second_derivatives_at_singular_matrices_and_at_equal_singular_values(x):
    assert ag.gradcheck(ag.det, x, order=2)


def test_third_derivatives_need_a_regular_matrix():
    assert ag.gradcheck(ag.det, numbers(3, 3), order=3)


def test_a_logarithm_of_0_has_no_slope_but_may_be_masked_out():
    x = ag.tensor(np.stack([np.zeros((2, 2)), 2 * np.eye(2)]), requires_grad=True)
    sign, log = ag.slogdet(x)
    np.testing.assert_array_equal(log.data[0], -np.inf)
    (g,) = ag.gradients(ag.where(sign != 0, log, 0).sum(), x, retain_graph=True)
    np.testing.assert_array_equal(g.data, [np.zeros((2, 2)), np.eye(2) / 2])
    (g,) = ag.gradients(log.sum(), x)
    assert np.isnan(g.data[0]).all()
    np.testing.assert_array_equal(g.data[1], np.eye(2) / 2)


@pytest.mark.parametrize(
    ("ours", "theirs", "operand"),
    [
        (ag.det, lambda torch, x: torch.linalg.det(x), Z),
        (ag.slogdet, lambda torch, x: torch.linalg.slogdet(x), Z),
        (ag.slogdet, lambda torch, x: torch.linalg.slogdet(x), numbers(2, 3, 3)),
    ],
)
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, operand):
    agrees_with_torch(ours, theirs, operand)


@pytest.mark.parametrize("function", [ag.det, ag.slogdet])
def test_only_square_matrices_have_a_determinant(function):
    with pytest.raises(ValueError, match="square"):
        function(numbers(2, 3))
    assert np.shape(ag.det(np.zeros((0, 0)))) == ()
    assert ag.det(np.array([[1, 2], [3, 5]])) == pytest.approx(-1)
