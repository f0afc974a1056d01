"""Products in every form that NumPy takes, against NumPy and PyTorch, and what they refuse."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def complex_numbers(*shape, seed=0):
    return numbers(*shape, seed=seed) + 1j * numbers(*shape, seed=seed + 1)


V, W, M, N, T = numbers(3), numbers(3, seed=1), numbers(2, 3), numbers(3, 2), numbers(4, 3, 2)
PAIRS = ((1, 0), (1, 0))
C, D = complex_numbers(2, 3), complex_numbers(2, 3, seed=2)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("dot", (2.0, M)),
        ("dot", (V, N)),
        ("dot", (M, T)),
        ("dot", (T, numbers(5, 2, 6))),
        ("dot", (np.arange(3), np.arange(3))),
        ("vdot", (C, D)),
        ("vdot", (M, N)),
        ("inner", (M, 3)),
        ("inner", (numbers(2, 4, 3), M)),
        ("outer", (C, V)),
        ("tensordot", (T, numbers(3, 2, 5))),
        ("tensordot", (T, numbers(2, 3), ((1, 2), (1, 0)))),
        ("tensordot", (T, M, (1, 1))),
        ("tensordot", (V, M, 0)),
        ("tensordot", (T, numbers(2, 3), np.array([[1, 2], [1, 0]]))),
        ("tensordot", (T, numbers(2, 3, 4), ([0, -1], [-1, 0]))),
        ("vecdot", (C, D)),
        ("cross", (T.mT, M)),
        ("cross", (N, T, 0, 1, 2)),
        ("cross", (N, N + 1, -1, -1, -1, 0)),
        ("matrix_power", (numbers(2, 3, 3), 5)),
        ("matrix_power", (numbers(3, 3), 0)),
        ("matrix_power", (numbers(3, 3), -3)),
        ("matrix_power", (np.array([[1, 2], [0, 1]]), 3)),
    ],
)
def test_values_are_those_of_numpy(name, args):
    theirs = getattr(np, name, None) or getattr(np.linalg, name)
    expected, found = theirs(*args), getattr(ag, name)(*args)
    assert (found.shape, found.dtype.kind) == (np.shape(expected), np.asarray(expected).dtype.kind)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_products_of_stacks_of_matrices_and_vectors():
    np.testing.assert_allclose(ag.vecdot(T, N, axis=-2), (T * N).sum(-2))
    a, b = complex_numbers(4, 1, 3, 2), complex_numbers(5, 2)
    np.testing.assert_allclose(ag.matvec(a, b), (a @ b[..., None])[..., 0])
    np.testing.assert_allclose(ag.vecmat(b, a.mT), (b.conj()[:, None, :] @ a.mT)[..., 0, :])


@pytest.mark.parametrize(
    "shapes", [[(3, 9), (9, 2)], [(9,), (9, 2), (2, 8), (8, 1)], [(2, 9), (9, 9), (9,)], [(4,), (4,)]]
)
def test_chains_of_matrices(shapes):
    arrays = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    np.testing.assert_allclose(ag.multi_dot(arrays), np.linalg.multi_dot(arrays))
    assert ag.gradcheck(lambda *xs: ag.multi_dot(xs), *arrays, order=2)


def test_a_chain_is_multiplied_in_the_order_of_least_work():
    """10x100, 100x5, 5x50: from the left it takes 7,500 products, from the right 75,000."""
    assert ag.kernels.einsum.chain_order([10, 100, 5, 50])[0, 2] == 1
    assert ag.kernels.einsum.chain_order([50, 5, 100, 10])[0, 2] == 0


@pytest.mark.parametrize("n", [-3, -1, 0, 1, 2, 7])
def test_powers_of_matrices(n):
    x = numbers(3, 3) + 2 * np.eye(3)
    assert ag.gradcheck(lambda x: ag.matrix_power(x, n), x, order=2)


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (ag.vdot, lambda torch, a, b: torch.vdot(a, b), (C[0], D[0])),
        (ag.vecdot, lambda torch, a, b: torch.linalg.vecdot(a, b), (C, D)),
        (ag.outer, lambda torch, a, b: torch.outer(a, b), (C[0], V)),
        (ag.inner, lambda torch, a, b: torch.inner(a, b), (C, D)),
        (lambda a, b: ag.tensordot(a, b, PAIRS), lambda torch, a, b: torch.tensordot(a, b, PAIRS), (C, D)),
        (ag.cross, lambda torch, a, b: torch.linalg.cross(a, b), (C, D)),
        (lambda *xs: ag.multi_dot(xs), lambda torch, *xs: torch.linalg.multi_dot(xs), (C, D.T, C)),
        (lambda x: ag.matrix_power(x, -2), lambda torch, x: torch.linalg.matrix_power(x, -2), (C[:, :2],)),
    ],
)
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(ours, theirs, *operands)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.tensordot(M, N, 1 + 1), "the axes to be summed must have the same lengths"),
        (lambda: ag.tensordot(V, N, 2), "no 2 in common"),
        (lambda: ag.tensordot(M, M, ((0, 1), (0,))), "name equally many"),
        (lambda: ag.tensordot(M, M, ((0, 0), (0, 1))), "name each axis once"),
        (lambda: ag.inner(M, N), "must have the same lengths"),
        (lambda: ag.vdot(V, M), "vdot: a has 3 columns"),
        (lambda: ag.vecdot(V, numbers(1)), "vecdot: axis -1 of a and axis -1 of b must be equally long"),
        (lambda: ag.matvec(V, V), "a needs 2 axes or more"),
        (lambda: ag.vecmat(V, M), "axis -1 of a and axis -2 of b"),
        (lambda: ag.cross(N, N), "vectors must have length 3"),
        (lambda: ag.multi_dot([M]), "two matrices or more"),
        (lambda: ag.multi_dot([M, T, M]), "two axes each"),
        (lambda: ag.matrix_power(M, 2), "square"),
        (lambda: ag.matrix_power(np.zeros((2, 2)), -1), "matrix_power: a matrix is singular"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_power_must_be_whole():
    with pytest.raises(TypeError, match=r"matrix_power: .*integer"):
        ag.matrix_power(np.eye(2), 0.5)
