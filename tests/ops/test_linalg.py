"""Products where a sample cannot go: axes of length 1, empty ones, errors."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("subscripts", ["ij,ij->", "ij,kj->i", "ij,ij->ij", "ij,ij->j"])
@pytest.mark.parametrize(("first", "second"), [((1, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (2, 3))])
def test_einsum_broadcasts_axes_of_length_one(subscripts, first, second):
    a, b = numbers(*first), numbers(*second, seed=1)
    ag.gradcheck(lambda a, b: ag.einsum(subscripts, a, b), a, b, order=2)


@pytest.mark.parametrize(("first", "second"), [((2, 0), (0, 3)), ((0, 2), (2, 3)), ((4, 2, 0), (0, 3)), ((0,), (0,))])
def test_products_of_nothing_have_gradients(first, second):
    a, b = (ag.tensor(np.zeros(shape), requires_grad=True) for shape in (first, second))
    found = ag.gradients((a @ b).sum(), [a, b])
    assert [g.shape for g in found] == [first, second]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.matmul(numbers(2, 3), 2.0), "matmul: a matrix product needs at least one axis on each side"),
        (lambda: ag.einsum("ij,jk", numbers(2, 3), numbers(2, 3)), "wherever its letter stands"),
        (lambda: ag.einsum("ijk", numbers(2, 3)), "one letter for each axis"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_weight_used_in_every_step_of_a_loop_gets_all_its_gradients_at_any_order():
    """Forty uses are more than are computed together; x is a constant, so only one factor is recorded."""
    rng = np.random.default_rng(0)
    w = ag.tensor(rng.standard_normal((3, 4)), requires_grad=True)
    xs = [rng.standard_normal((n % 3 + 1, 3)) for n in range(40)]
    loss = sum(((x @ w) ** 2).sum() for x in xs)
    (first,) = ag.gradients(loss, w, create_graph=True)
    np.testing.assert_allclose(first.data, sum(2 * x.T @ (x @ w.data) for x in xs))
    assert not isinstance(first.node, ag.core.Leaf)
    (second,) = ag.gradients(first.sum(), w)
    np.testing.assert_allclose(second.data, sum(2 * x.T @ (x @ np.ones((3, 4))) for x in xs))
    loss = sum(((x @ w) ** 2).sum() for x in xs)
    loss.backward()
    np.testing.assert_allclose(w.grad.data, first.data)
    assert w.grad.data.flags.c_contiguous


def test_the_gradient_of_a_wide_weight_is_in_row_major_order():
    x, w = np.ones((8, 30), np.float32), ag.tensor(np.ones((4, 30), np.float32), requires_grad=True)
    ag.linear(x, w).sum().backward()
    assert w.grad.data.flags.c_contiguous
