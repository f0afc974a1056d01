"""Products where a sample cannot go: axes of length 1, empty ones, errors."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.linalg import contract


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("subscripts", ["ij,ij->", "ij,kj->i", "ij,ij->ij", "ij,ij->j"])
@pytest.mark.parametrize(("first", "second"), [((1, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (2, 3))])
def test_einsum_broadcasts_axes_of_length_one(subscripts, first, second):
    a, b = numbers(*first), numbers(*second, seed=1)
    ag.gradcheck(lambda a, b: ag.einsum(subscripts, a, b), a, b, order=2)


EXPRESSIONS = [
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 2)),
    ("i,j,k->ikj", (2,), (3,), (2,)),
    ("ij,ij,jk,k", (2, 3), (2, 3), (3, 4), (4,)),
    ("...ij,jk,...k->...i", (2, 3, 4), (4, 2), (2,)),
    ("iij,jk,k->i", (2, 2, 3), (3, 2), (2,)),
    ("ab,bc,ca->", (2, 3), (3, 4), (4, 2)),
    ("ij,kl,il->", (2, 3), (3, 2), (2, 2)),
    ("aa,a,aa->a", (2, 2), (2,), (2, 2)),
    ("ii", (3, 3)),
    ("ijk->kj", (2, 3, 2)),
    ("ij,jk,kl->li", (2, 1), (3, 2), (1, 2)),
]


@pytest.mark.parametrize(("subscripts", "shapes"), [(e[0], e[1:]) for e in EXPRESSIONS])
@pytest.mark.parametrize("optimize", [True, False, "optimal"])
def test_einsum_of_several_operands(subscripts, shapes, optimize):
    operands = [numbers(*shape, seed=i) + 1j * numbers(*shape, seed=9 + i) for i, shape in enumerate(shapes)]
    expected = np.einsum(subscripts, *operands)
    np.testing.assert_allclose(ag.einsum(subscripts, *operands, optimize=optimize), expected, atol=1e-12)
    if optimize is True:
        assert ag.gradcheck(lambda *xs: ag.einsum(subscripts, *xs), *operands, order=2, max_entries=40)


def test_einsum_takes_numpys_other_form_and_its_paths():
    a, b, c = numbers(2, 3), numbers(3, 4), numbers(4, 5)
    np.testing.assert_allclose(ag.einsum(a, [0, 1], b, [1, 2], [2, 0]), np.einsum("ij,jk->ki", a, b))
    np.testing.assert_allclose(ag.einsum(a, [0, 7], b, [7, 2]), a @ b)
    np.testing.assert_allclose(ag.einsum(ag.tensor(a), [..., 0], [0, ...]).data, a.T)
    path = np.einsum_path("ij,jk,kl", a, b, c, optimize="optimal")[0]
    np.testing.assert_allclose(ag.einsum("ij,jk,kl", a, b, c, optimize=path), a @ b @ c)


def test_the_derivative_of_einsum_never_multiplies_more_than_two_at_a_time():
    """Nor any two that are not neighbours here: the largest array on the way is a matrix."""
    xs = [ag.tensor(numbers(30, 30, seed=i), requires_grad=True) for i in range(4)]
    loss = ag.einsum("ab,bc,cd,de->", *xs)
    found = ag.gradients(loss, xs, create_graph=True)
    nodes, _ = ag.core.history(*found)
    assert max(np.prod(node.shape) for node in nodes if node.op and node.op.outputs is None) == 900
    assert all(len(node.parents) <= 2 for node in nodes)


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
        (lambda: ag.einsum("ij", numbers(2, 3), numbers(2, 3)), "one letter for each axis"),
        (
            lambda: ag.einsum("ij->ik", numbers(2, 3)),
            "einsum: Output character k .*; each letter of the result must stand in a term",
        ),
        (lambda: ag.einsum("ij,jk->ik", numbers(2, 3), numbers(3)), "one letter for each axis"),
        (lambda: contract("ij,jk->ik", numbers(2, 3), numbers(3)), "one letter for each axis"),
        (lambda: contract("ii,i->i", numbers(1, 3), numbers(3)), "one length wherever its letter stands"),
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


def test_einsum_computes_in_the_precision_of_the_result():
    single, double = np.full(7, 0.1, np.float32), np.ones(1)
    expected = np.sum(single.astype(np.float64))
    np.testing.assert_allclose(ag.einsum("i,j->", single, double), expected, rtol=1e-15)
