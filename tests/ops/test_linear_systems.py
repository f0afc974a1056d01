"""Inverses, solutions of square, triangular and overdetermined systems: NumPy's values, PyTorch's gradients."""

import numpy as np
import pytest
import scipy.linalg

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def complex_numbers(*shape, seed=0):
    return numbers(*shape, seed=seed) + 1j * numbers(*shape, seed=seed + 1)


A, Z, TALL, WIDE = numbers(3, 3), complex_numbers(3, 3), complex_numbers(4, 2), complex_numbers(2, 4)
STACK, VECTOR, RIGHT = numbers(2, 3, 3), numbers(3), numbers(3, 2)
DEFICIENT = numbers(4, 1) @ numbers(1, 3)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("inv", (STACK,)),
        ("inv", (np.array([[2, 1], [1, 1]]),)),
        ("inv", (np.zeros((0, 2, 2)),)),
        ("solve", (A, VECTOR)),
        ("solve", (STACK, VECTOR)),
        ("solve", (STACK, RIGHT)),
        ("solve", (A, numbers(5, 3, 2))),
        ("solve", (Z, RIGHT)),
        ("pinv", (TALL,)),
        ("pinv", (DEFICIENT, 1e-10)),
        ("pinv", (numbers(2, 3, 2), np.array([0.1, 0.5]))),
        ("pinv", (Z + Z.conj().T, 1e-15, True)),
        ("lstsq", (numbers(4, 2), numbers(4))),
        ("lstsq", (numbers(4, 2), numbers(4, 3))),
        ("lstsq", (numbers(2, 4), numbers(2))),
        ("lstsq", (DEFICIENT, numbers(4))),
        ("lstsq", (TALL, numbers(4))),
        ("lstsq", (np.zeros((3, 2)), numbers(3))),
        ("lstsq", (numbers(4, 2), numbers(4), 0.9)),
        ("lstsq", (numbers(4, 2), numbers(4), -1)),
        ("tensorsolve", (numbers(2, 3, 6), numbers(2, 3))),
        ("tensorsolve", (numbers(2, 6, 3), numbers(2, 3), (1,))),
        ("tensorinv", (numbers(4, 6, 8, 3),)),
        ("tensorinv", (numbers(4, 2, 2), 1)),
    ],
)
def test_values_are_those_of_numpy(name, args):
    expected, found = getattr(np.linalg, name)(*args), getattr(ag, name)(*args)
    expected, found = (x if isinstance(x, tuple) else (x,) for x in (expected, found))
    for theirs, ours in zip(expected, found, strict=True):
        assert np.shape(ours) == np.shape(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit", [False, True])
@pytest.mark.parametrize("trans", [0, 1, 2, "N", "T", "C"])
@pytest.mark.parametrize("b", [VECTOR, RIGHT])
def test_triangular_systems_are_solved_as_by_scipy(trans, lower, unit, b):
    expected = scipy.linalg.solve_triangular(Z, b, trans, lower, unit)
    np.testing.assert_allclose(ag.solve_triangular(Z, b, trans, lower, unit), expected, rtol=1e-12)
    a = ag.tensor(Z, requires_grad=True)
    (g,) = ag.gradients(ag.abs(ag.solve_triangular(a, b, trans, lower, unit)).sum(), a)
    unread = np.tri(3, 3, -1) if not lower else np.tri(3, 3, -1).T
    assert not (g.data * (unread + unit * np.eye(3))).any(), "the part that is not read has a gradient"


@pytest.mark.parametrize("upper", [False, True])
def test_a_cholesky_factor_solves(upper):
    a, b = Z @ Z.conj().T + np.eye(3), complex_numbers(2, 3, 2)
    np.testing.assert_allclose(ag.cholesky_solve(b, ag.cholesky(a, upper=upper), upper=upper), np.linalg.solve(a, b))


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (ag.inv, lambda torch, a: torch.linalg.inv(a), (Z,)),
        (ag.solve, lambda torch, a, b: torch.linalg.solve(a + 0 * b[0, 0, 0], b), (STACK, complex_numbers(2, 3, 2))),
        (ag.solve, lambda torch, a, b: torch.linalg.solve(a, b + 0j), (Z, VECTOR)),
        (
            lambda a, b: ag.solve_triangular(a, b, "C", lower=True),
            lambda torch, a, b: torch.linalg.solve_triangular(a.mH, b, upper=True),
            (Z, complex_numbers(3, 2)),
        ),
        (
            lambda a, b: ag.solve_triangular(a, b, unit_diagonal=True),
            lambda torch, a, b: torch.linalg.solve_triangular(a, b, upper=True, unitriangular=True),
            (STACK, RIGHT[None]),
        ),
        (
            lambda b, u: ag.cholesky_solve(b, u, upper=True),
            lambda torch, b, u: torch.cholesky_solve(b, u.triu(), upper=True),
            (complex_numbers(3, 2), Z),
        ),
        (ag.pinv, lambda torch, a: torch.linalg.pinv(a), (TALL,)),
        (ag.pinv, lambda torch, a: torch.linalg.pinv(a), (WIDE,)),
        (
            lambda a, b: ag.lstsq(a, b)[0],
            lambda torch, a, b: torch.linalg.lstsq(a, b)[0],
            (numbers(4, 2), numbers(4, 3)),
        ),
        (lambda a, b: ag.lstsq(a, b)[0], lambda torch, a, b: torch.linalg.pinv(a) @ b, (WIDE, complex_numbers(2, 3))),
        (ag.tensorsolve, lambda torch, a, b: torch.linalg.tensorsolve(a, b), (numbers(2, 2, 4), numbers(2, 2))),
        (lambda a: ag.tensorinv(a, 1), lambda torch, a: torch.linalg.tensorinv(a, 1), (numbers(4, 2, 2),)),
    ],
)
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(ours, theirs, *operands)


def test_the_pseudo_inverse_of_a_hermitian_matrix_has_a_hermitian_gradient():
    assert ag.gradcheck(lambda x: ag.pinv(x, hermitian=True), Z, order=2)
    x = ag.tensor(Z + Z.conj().T, requires_grad=True)
    (g,) = ag.gradients(ag.real(ag.pinv(x, hermitian=True)[0, 1]), x)
    np.testing.assert_allclose(g.data, g.data.conj().T)


@pytest.mark.parametrize("shape", [(4, 3), (3, 4)])
def test_least_squares_of_a_lower_rank_move_as_along_matrices_of_that_rank(shape):
    u, v, b = numbers(shape[0], 2), numbers(2, shape[1]), numbers(shape[0], 2)
    assert ag.gradcheck(lambda u, v, b: ag.lstsq(u @ v, b)[0], u, v, b, order=2)
    assert ag.gradcheck(lambda u, v: ag.pinv(u @ v, 1e-10), u, v, order=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.inv(np.zeros((2, 2))), r"inv: a matrix is singular \(x \(2, 2\) float64\); add a multiple"),
        (lambda: ag.inv(RIGHT), "inv: the last two axes must form square matrices"),
        (lambda: ag.solve(np.ones((2, 2)), np.ones(2)), "solve: a matrix is singular"),
        (lambda: ag.solve(A, np.ones(2)), "solve: b must have as many rows as a"),
        (lambda: ag.solve(A, 2.0), "solve: b must have as many rows as a"),
        (lambda: ag.solve_triangular(A, np.ones((2, 2))), "b must have as many rows as a"),
        (lambda: ag.solve(VECTOR, VECTOR), "square matrices"),
        (lambda: ag.solve_triangular(np.zeros((2, 2)), np.ones(2)), "solve_triangular: a has a 0 on the diagonal"),
        (lambda: ag.solve_triangular(A, VECTOR, trans="H"), "solve_triangular: trans='H' is not known"),
        (lambda: ag.pinv(VECTOR), "form matrices"),
        (lambda: ag.pinv(A, 0.1, rtol=0.1), "pinv: rcond and rtol mean the same"),
        (lambda: ag.lstsq(STACK, VECTOR), "lstsq: a must be one matrix"),
        (lambda: ag.lstsq(A, np.ones(2)), "as many rows"),
        (lambda: ag.tensorsolve(A, np.ones(2)), "tensorsolve: a must have as many elements"),
        (lambda: ag.tensorinv(A), "tensorinv: the first 2 axes"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float32", "bool"), ("int8", "float32")])
def test_least_squares_of_two_types_compute_as_numpys(dtypes):
    a, b = np.array([[1, 0], [0, 1], [1, 1], [2, 1]], dtypes[0]), np.array([1, 0, 1, 1], dtypes[1])
    for ours, numpys in zip(ag.lstsq(a, b), np.linalg.lstsq(a, b), strict=True):
        np.testing.assert_allclose(ours, numpys, rtol=1e-12)
        assert np.asarray(ours).dtype.kind == "i" or ours.dtype == numpys.dtype
