"""Norms of every order: NumPy's values, gradients at 0 and at ties, PyTorch's elsewhere."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


X, Z = numbers(2, 3, 4), numbers(3, 4) + 1j * numbers(3, 4, seed=1)
VECTOR_ORDERS = [None, 0, 1, 2, 3, 0.5, -1, -2.5, np.inf, -np.inf]
MATRIX_ORDERS = [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]


@pytest.mark.parametrize("x", [X[0], Z, X[0].astype("f4"), np.arange(1, 13).reshape(3, 4)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_values_are_those_of_numpy(x, keepdims):
    cases = [(order, axis) for order in VECTOR_ORDERS for axis in (0, -1, (1,))]
    cases += [(order, axis) for order in MATRIX_ORDERS for axis in (None, (0, 1), (-1, 0))]
    for order, axis in cases:
        expected = np.linalg.norm(x, order, axis if axis != (1,) else 1, keepdims)
        found = ag.norm(x, order, axis, keepdims)
        assert (found.shape, found.dtype) == (np.shape(expected), expected.dtype), (order, axis)
        np.testing.assert_allclose(found, expected, rtol=1e-5 if x.dtype == "f4" else 1e-12)


@pytest.mark.parametrize("order", VECTOR_ORDERS[1:])
def test_norms_over_several_axes_are_those_of_numpy(order):
    for axis, keepdims in ((None, False), ((0, 2), True), (1, False)):
        expected = np.linalg.vector_norm(X, axis=axis, keepdims=keepdims, ord=order)
        np.testing.assert_allclose(ag.vector_norm(X, axis=axis, keepdims=keepdims, ord=order), expected)


@pytest.mark.parametrize("order", MATRIX_ORDERS[1:])
def test_norms_of_stacks_of_matrices_are_those_of_numpy(order):
    np.testing.assert_allclose(ag.matrix_norm(X, ord=order), np.linalg.matrix_norm(X, ord=order))
    np.testing.assert_allclose(ag.norm(X, order, (2, 0)), np.linalg.norm(X, order, (2, 0)))


@pytest.mark.parametrize("order", VECTOR_ORDERS[1:])
@pytest.mark.parametrize("dtype", ["f8", "c16"])
def test_at_0_gradients_of_both_orders_are_0(order, dtype):
    x = ag.tensor(np.zeros(3, dtype), requires_grad=True)
    found = ag.vector_norm(x, ord=order)
    assert found.requires_grad is (order != 0)
    if order == 0:
        return
    (g,) = ag.gradients(found, x, create_graph=True)
    np.testing.assert_array_equal(g.data, 0)
    if g.requires_grad and abs(order) != np.inf:
        (h,) = ag.gradients(ag.real(g).sum(), x)
        np.testing.assert_array_equal(h.data, 0)


@pytest.mark.parametrize("order", MATRIX_ORDERS[1:])
def test_at_0_gradients_of_matrix_norms_are_0(order):
    x = ag.tensor(np.zeros((2, 3)), requires_grad=True)
    (g,) = ag.gradients(ag.matrix_norm(x, ord=order), x)
    np.testing.assert_array_equal(g.data, 0)


@pytest.mark.parametrize("order", [1, 1.5, 2, 3, 0.5, -1, -2, np.inf, -np.inf])
def test_single_zeros_leave_the_gradients_of_the_others_alone(order):
    x = ag.tensor(np.array([0.0, 3.0, -4.0]), requires_grad=True)
    (g,) = ag.gradients(ag.norm(x, order), x, create_graph=True)
    assert g.data[0] == 0
    assert np.isfinite(g.data).all()
    if order > 0:
        assert g.data[2] < 0
    if g.requires_grad:
        (h,) = ag.gradients(g.sum(), x, allow_unused=True)
        assert h is None or np.isfinite(h.data).all()


def test_the_second_derivative_of_a_norm_counts_zeros():
    x = ag.tensor(np.array([0.0, 3.0, -4.0]), requires_grad=True)
    (g,) = ag.gradients(ag.norm(x), x, create_graph=True)
    (h,) = ag.gradients(g[0], x)
    np.testing.assert_allclose(h.data, [1 / 5, 0, 0])
    assert ag.gradcheck(ag.norm, np.array([0.0, 3.0, -4.0]), order=2)


def test_ties_share_the_gradient():
    x = ag.tensor(np.array([[2.0, -2.0], [1.0, 1.0]]), requires_grad=True)
    (g,) = ag.gradients(ag.norm(x, np.inf, axis=1).sum(), x)
    np.testing.assert_array_equal(g.data, [[0.5, -0.5], [0.5, 0.5]])
    (g,) = ag.gradients(ag.norm(x, 1), x)
    np.testing.assert_array_equal(g.data, [[0.5, -0.5], [0.5, 0.5]])


@pytest.mark.parametrize("scale", [1e-100, 1e100])
def test_gradients_of_large_and_small_numbers(scale):
    for order in (1, 2, 2.5, np.inf):
        small, large = (ag.tensor(x, requires_grad=True) for x in (X[0, 0], scale * X[0, 0]))
        (expected,), (found,) = (ag.gradients(ag.norm(x, order), x) for x in (small, large))
        np.testing.assert_allclose(found.data, expected.data)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *(
            (lambda x, p=p: ag.vector_norm(x, ord=p, axis=-1), lambda torch, x, p=p: torch.linalg.vector_norm(x, p, -1))
            for p in (1, 2, 3.5, -2, np.inf, -np.inf)
        ),
        *(
            (lambda x, p=p: ag.matrix_norm(x, ord=p), lambda torch, x, p=p: torch.linalg.matrix_norm(x, p))
            for p in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
        ),
        (ag.cond, lambda torch, x: torch.linalg.cond(x)),
        (lambda x: ag.cond(x, -2), lambda torch, x: torch.linalg.cond(x, -2)),
        (
            lambda x: ag.cond(x[..., :3], 1),  # PyTorch's own has no second derivative
            lambda torch, x: (
                torch.linalg.matrix_norm(x[..., :3], 1) * torch.linalg.matrix_norm(torch.linalg.inv(x[..., :3]), 1)
            ),
        ),
    ],
)
@pytest.mark.parametrize("x", [X, Z])
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, x):
    agrees_with_torch(ours, theirs, x)


@pytest.mark.parametrize("p", [None, "fro", 1, -2, 2, np.inf])
def test_condition_numbers_of_singular_matrices_are_infinite(p):
    x = ag.tensor(np.stack([np.zeros((2, 2)), np.diag([1.0, 4.0])]), requires_grad=True)
    found = ag.cond(x, p)
    with np.errstate(all="ignore"):
        expected = np.linalg.cond(x.data, p)
    if p != -2:
        np.testing.assert_allclose(found.data, expected)
    (g,) = ag.gradients(found.sum(), x)
    np.testing.assert_array_equal(g.data[0], 0)
    assert g.data[1].any()


def test_ranks_are_those_of_numpy():
    x = numbers(3, 4, 1) @ numbers(3, 1, 4)
    np.testing.assert_array_equal(ag.matrix_rank(x), [1, 1, 1])
    assert not ag.matrix_rank(ag.tensor(x, requires_grad=True)).requires_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.norm(X, 2), "norm: ord=2 is for vectors and matrices"),
        (lambda: ag.norm(X, 2, (0, 0)), "named twice"),
        (lambda: ag.norm(X[0], 3), "norm: matrices have no norm of order 3"),
        (lambda: ag.norm(X[0, 0], "fro"), "norm: vectors have no norm of order 'fro'"),
        (lambda: ag.matrix_norm(X[0, 0]), "form matrices"),
        (lambda: ag.cond(X, 1), "cond: the last two axes must form square matrices"),
        (lambda: ag.norm(X, 2, 5), "out of bounds"),
    ],
)
def test_errors(call, message):
    with pytest.raises((ValueError, IndexError), match=message):
        call()


@pytest.mark.parametrize(
    ("shape", "axis"), [((0,), 0), ((0, 3), 0), ((0, 3), 1), ((2, 0), (0, 1)), ((0, 0, 2), (0, 1))]
)
def test_the_largest_of_nothing_is_0(shape, axis):
    orders = (np.inf,) if isinstance(axis, int) else (1, 2, np.inf, "nuc", "fro")
    for order in orders:
        t = ag.tensor(np.zeros(shape), requires_grad=True)
        result = ag.norm(t, order, axis=axis)
        np.testing.assert_array_equal(result.data, np.zeros(np.sum(t.data, axis=axis).shape))
        assert ag.gradients(result.sum(), t)[0].shape == shape


@pytest.mark.parametrize("p", [None, 2, -2])
@pytest.mark.parametrize("x", [np.ones((3, 2)), np.outer([1.0, 0.3], [0.7, 0.2]), np.zeros((2, 2))])
def test_the_condition_of_a_singular_matrix_has_no_gradient(x, p):
    """Also where rounding makes it 1e16: a slope of 1e32 is none."""
    t = ag.tensor(x, requires_grad=True)
    value = ag.cond(t, p)
    if x.any():
        np.testing.assert_allclose(value.data, np.linalg.cond(x, p), rtol=1e-3)
    (g,) = ag.gradients(value, t)
    assert np.abs(g.data).max() <= (0 if p != -2 else 1)
