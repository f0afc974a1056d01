"""Exponential, logarithm and root of matrices: SciPy's values, Fréchet derivatives, PyTorch's exponential."""

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


Z = numbers(3, 3) + 1j * numbers(3, 3, seed=1)
POSITIVE = numbers(2, 3, 3) @ numbers(2, 3, 3).mT + np.eye(3)
ROTATION = np.array([[0.0, -2.0], [2.0, 0.0]])


@pytest.mark.parametrize("name", ["expm", "logm", "sqrtm"])
@pytest.mark.parametrize("x", [POSITIVE[0], Z, ROTATION, np.diag([-1.0, 2.0]), np.array([[2, 1], [1, 2]])])
def test_values_are_those_of_scipy(name, x):
    expected, found = getattr(scipy.linalg, name)(x), getattr(ag, name)(x)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize("function", [ag.expm, ag.logm, ag.sqrtm])
def test_stacks_empty_ones_and_narrow_types(function):
    found = function(POSITIVE)
    for one, matrix in zip(found, POSITIVE, strict=True):
        np.testing.assert_allclose(one, function(matrix))
    assert function(POSITIVE[:0]).shape == (0, 3, 3)
    assert function(np.zeros((2, 0, 0))).shape == (2, 0, 0)
    narrow = function(POSITIVE.astype("f4"))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, found, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="square"):
        function(np.ones((2, 3)))


def test_the_gradient_of_the_exponential_is_the_frechet_derivative():
    x, direction = numbers(4, 4), numbers(4, 4, seed=1)
    t = ag.tensor(x, requires_grad=True)
    (g,) = ag.gradients(ag.expm(t), t, direction)
    expected = scipy.linalg.expm_frechet(x.T, direction, compute_expm=False)
    np.testing.assert_allclose(g.data, expected, rtol=1e-12)


@pytest.mark.parametrize("function", [ag.logm, ag.sqrtm, ag.expm])
@pytest.mark.parametrize("x", [Z, np.eye(2), np.diag([2.0, 2.0, 1.0]), ROTATION + np.eye(2)])
def test_derivatives_at_complex_matrices_and_equal_eigenvalues(function, x):
    assert ag.gradcheck(function, x, order=2)


def test_negative_eigenvalues():
    """Both functions jump there; along real matrices the root is smooth."""
    x = np.array([[-2.0, 0.3], [0.1, 1.0]])
    assert ag.gradcheck(ag.sqrtm, x, order=2)
    t = ag.tensor(x, requires_grad=True)
    with pytest.raises(ValueError, match="the principal logarithm jumps"):
        ag.gradients(ag.real(ag.logm(t)).sum(), t)


@pytest.mark.parametrize("x", [Z, POSITIVE / 4])
def test_the_exponential_is_pytorchs(agrees_with_torch, x):
    agrees_with_torch(ag.expm, lambda torch, x: torch.linalg.matrix_exp(x), x)


def test_sylvesters_equation():
    a, b, q = numbers(2, 3, 3), Z[:2, :2], numbers(3, 2)
    x = ag.solve_sylvester(a, b, q)
    np.testing.assert_allclose(a @ x + x @ b, np.broadcast_to(q, (2, 3, 2)), atol=1e-12)
    with pytest.raises(ValueError, match="as many rows as a"):
        ag.solve_sylvester(a, b, q.T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_sylvesters_equation_in_every_precision(dtype):
    rng = np.random.default_rng(0)
    a, b, q = (rng.standard_normal(shape).astype(dtype) for shape in ((4, 4), (3, 3), (4, 3)))
    a, b = (a * 1j, b + 1j) if np.dtype(dtype).kind == "c" else (a, b)
    x = ag.solve_sylvester(a.astype(dtype), b.astype(dtype), q)
    assert x.dtype == dtype
    np.testing.assert_allclose(a @ x + x @ b, q, atol=200 * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    "a", [np.eye(2), 1e-200 * np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])]
)
def test_sylvesters_equation_without_one_solution_is_refused(a):
    """LAPACK perturbs it, and SciPy passes on what comes of that."""
    with pytest.raises(ValueError, match="an eigenvalue of a is minus one of b"):
        ag.solve_sylvester(a, -a, np.eye(2))


def test_the_root_of_a_singular_matrix_has_no_gradient():
    t = ag.tensor(np.diag([1.0, 1e-20]), requires_grad=True)
    np.testing.assert_allclose(ag.gradients(ag.sqrtm(t).sum(), t)[0].data, [[0.5, 1], [1, 5e9]])
    with pytest.warns(match="singular"):
        root = ag.sqrtm(ag.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True))
    with pytest.raises(ValueError, match="no one solution"):
        root.sum().backward()


@pytest.mark.parametrize("function", [ag.pinv, ag.matrix_rank, ag.logm])
def test_what_is_not_finite_is_refused_in_words(function):
    with pytest.raises(ValueError, match="look for"):
        function(np.full((2, 2), np.nan))
