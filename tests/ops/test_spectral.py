"""Eigenvalues and singular values: NumPy's values, PyTorch's gradients, equal values."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def complex_numbers(*shape, seed=0):
    return numbers(*shape, seed=seed) + 1j * numbers(*shape, seed=seed + 1)


def symmetric(x):
    return (x + np.conj(x.mT)) / 2


S, H = symmetric(numbers(2, 3, 3)), symmetric(complex_numbers(3, 3))
A, Z, TALL, WIDE = numbers(3, 3), complex_numbers(3, 3), complex_numbers(4, 2), complex_numbers(2, 4)
WEIGHTS = numbers(4, seed=7)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("eigh", (S,)),
        ("eigh", (H, "U")),
        ("eigvalsh", (H,)),
        ("eig", (A,)),
        ("eig", (Z,)),
        ("eig", (np.diag([1.0, 2.0]),)),
        ("eigvals", (A,)),
        ("svd", (TALL,)),
        ("svd", (numbers(2, 3, 4), False)),
        ("svd", (TALL, True, False)),
        ("svd", (H, True, True, True)),
        ("svd", (H, False, False, True)),
        ("svdvals", (WIDE,)),
        ("svd", (np.array([[1, 2], [3, 4]]),)),
        ("eigh", (np.zeros((0, 2, 2)),)),
        ("svd", (np.zeros((2, 0)),)),
    ],
)
def test_values_are_those_of_numpy(name, args):
    expected, found = getattr(np.linalg, name)(*args), getattr(ag, name)(*args)
    expected, found = (x if isinstance(x, tuple) else (x,) for x in (expected, found))
    for theirs, ours in zip(expected, found, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def projectors(v):
    """The matrix v v^H of each column, weighted: it does not depend on signs and phases."""
    weights = WEIGHTS[: v.shape[-1]]
    return (v * (weights if isinstance(v, ag.Tensor) else v.new_tensor(weights))) @ v.conj().mT


def products(u, s, vh):
    """The matrix u v^H of each singular value, weighted, and the singular values."""
    k = s.shape[-1]
    weights = WEIGHTS[:k] if isinstance(s, ag.Tensor) else s.new_tensor(WEIGHTS[:k])
    return (u[..., :k] * weights) @ vh[..., :k, :], s


@pytest.mark.parametrize(
    ("ours", "theirs", "operands"),
    [
        (lambda x: ag.eigh(x)[1], lambda torch, x: torch.linalg.eigh((x + x.mH) / 2)[1], (S,)),
        (lambda x: ag.eigh(x)[1], lambda torch, x: torch.linalg.eigh((x + x.mH) / 2)[1], (Z,)),
        (lambda x: ag.eig(x)[1], lambda torch, x: torch.linalg.eig(x)[1], (Z,)),
        (lambda x: ag.eig(x)[1], lambda torch, x: torch.linalg.eig(x)[1], (A,)),
    ],
)
def test_gradients_of_eigenvectors_are_those_of_pytorch(agrees_with_torch, ours, theirs, operands):
    agrees_with_torch(lambda x: projectors(ours(x)), lambda torch, x: projectors(theirs(torch, x)), *operands)


@pytest.mark.parametrize(
    ("ours", "theirs", "operand"),
    [
        (ag.eigvalsh, lambda torch, x: torch.linalg.eigvalsh((x + x.mH) / 2), Z),
        (ag.svdvals, lambda torch, x: torch.linalg.svdvals(x), TALL),
        (ag.svdvals, lambda torch, x: torch.linalg.svdvals(x), numbers(2, 3, 4)),
        (
            lambda x: products(*ag.svd(x, full_matrices=False)),
            lambda torch, x: products(*torch.linalg.svd(x, full_matrices=False)),
            TALL,
        ),
        (lambda x: products(*ag.svd(x)), lambda torch, x: products(*torch.linalg.svd(x)), WIDE),
        (
            lambda x: products(*ag.svd(x, hermitian=True)),
            lambda torch, x: products(*torch.linalg.svd((x + x.mH) / 2)),
            Z,
        ),
    ],
)
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, operand):
    agrees_with_torch(ours, theirs, operand)


def test_eigenvalues_in_pytorchs_order_have_its_gradient(agrees_with_torch):
    agrees_with_torch(
        lambda x: (ag.eigvals(x) ** 3).sum(), lambda torch, x: (torch.linalg.eigvals(x) ** 3).sum(), Z, rtol=1e-8
    )


def test_completing_vectors_count_through_the_space_they_span():
    for x, place in ((TALL, 0), (WIDE, 2)):

        def space(x, place=place):
            extra = ag.svd(x)[place]
            extra = extra[..., 2:] if place == 0 else ag.conj(extra[..., 2:, :]).mT
            return extra @ ag.conj(extra).mT

        assert ag.gradcheck(space, x, order=2)


@pytest.mark.parametrize("x", [np.eye(3), np.zeros((3, 3)), np.diag([2.0, 2.0, 1.0]), np.ones((3, 3))])
def test_gradients_at_equal_values(x):
    """The sum of the squares of all values has the gradient 2 x; a rotation makes equal values differ by rounding."""
    q = np.linalg.qr(A)[0]
    for matrix in (x, q @ x @ q.T):
        t = ag.tensor(matrix, requires_grad=True)
        for values in (ag.eigvalsh(t), ag.eigh(t)[0], ag.svdvals(t), ag.svd(t)[1]):
            (g,) = ag.gradients((values**2).sum(), t)
            np.testing.assert_allclose(g.data, 2 * matrix, atol=1e-12)
        w, v = ag.eigh(t)
        u, s, vh = ag.svd(t)
        for loss in (ag.eigh(t)[1] ** 2, (v * w) @ v.mT, (u * s) @ vh):
            (g,) = ag.gradients(loss.sum(), t, retain_graph=True)
            assert np.abs(g.data).max() < 10, "rounding errors are divided by each other"


@pytest.mark.parametrize("x", [2 * np.eye(2), 2 * np.eye(3, 2), np.diag([3.0, 1.0, 1.0]), A[:2, :2], np.ones((2, 3))])
@pytest.mark.parametrize("phase", [1.0, np.exp(1j)])
def test_the_sum_of_singular_values_has_its_second_derivative_where_they_are_equal(x, phase):
    """It is smooth unless one is 0, the trace of a root of x^H x; elsewhere its gradient jumps."""
    report = ag.gradcheck(lambda x: ag.norm(x, "nuc"), x * phase, order=2 if np.linalg.matrix_rank(x) > 1 else 1)
    assert all(entry.ok for entry in report.entries)
    for entry in report.entries:
        assert entry.kink is None or entry.kink.op == "svdvals"


@pytest.mark.parametrize("values", [ag.eigvalsh, ag.svdvals, lambda x: ag.eigh(x)[0], lambda x: ag.svd(x)[1]])
def test_equal_values_share_the_gradient_of_each(values):
    """The same whatever basis is found: of the largest of two, half of the projection on their space."""
    q = np.linalg.qr(A)[0]
    x = ag.tensor(q @ np.diag([2.0, 2.0, 1.0]) @ q.T, requires_grad=True)
    largest = ag.max(values(x))
    second = ag.sort(values(x))[1]
    for loss in (largest, second):
        (g,) = ag.gradients(loss, x)
        np.testing.assert_allclose(g.data, q[:, :2] @ q[:, :2].T / 2, atol=1e-12)


def test_a_singular_value_of_zero_has_no_gradient():
    x = ag.tensor(np.outer([1.0, 2.0, 3.0], [1.0, -1.0]), requires_grad=True)
    (g,) = ag.gradients(ag.svdvals(x)[1], x)
    np.testing.assert_array_equal(g.data, np.zeros((3, 2)))


def test_equal_values_of_large_matrices_differ_by_many_rounding_errors():
    q = np.linalg.qr(numbers(100, 100))[0]
    x = ag.tensor(q @ np.diag(np.repeat([1.0, 2.0], 50)) @ q.T, requires_grad=True)
    (w, v), (u, s, vh), g = ag.eigh(x), ag.svd(x), numbers(100, 100, seed=1)
    for rebuilt in ((v * w) @ v.mT, (u * s) @ vh):
        (found,) = ag.gradients(rebuilt, x, g)
        assert np.abs(found.data).max() < 2 * np.abs(g).max()


@pytest.mark.parametrize("dtype", ["f4", "c8"])
def test_narrow_types_stay_narrow(dtype):
    x = ag.tensor(Z.astype(dtype) if dtype == "c8" else A.astype(dtype), requires_grad=True)
    for outputs in (ag.eigh(x), ag.svd(x), ag.eig(x)):
        assert all(output.dtype.char in "fF" for output in outputs)
        (g,) = ag.gradients(ag.abs(outputs[1]).sum(), x, create_graph=True)
        assert g.dtype == dtype


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.eigh(numbers(2, 3)), "eigh: the last two axes must form square matrices"),
        (lambda: ag.eig(numbers(2, 3)), "square"),
        (lambda: ag.svd(np.full((2, 2), np.nan)), r"does not converge \(.*; look for inf or NaN"),
        (lambda: ag.eig(np.full((2, 2), np.nan)), "inf"),
        (lambda: ag.svd(numbers(3)), "svd: the last two axes must form matrices"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("function", [ag.eigvals, lambda x: ag.eig(x)[1]])
def test_a_matrix_without_a_basis_of_eigenvectors_has_no_gradient(function):
    x = ag.tensor(np.array([[1.0, 1.0], [0.0, 1.0]]), requires_grad=True)
    with pytest.raises(ValueError, match="no basis of eigenvectors"):
        ag.gradients((function(x) ** 2).sum(), x)
