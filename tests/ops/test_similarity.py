"""Likeness of vectors: PyTorch's values and gradients, and vectors of zeros."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
A, B, V = RNG.standard_normal((3, 4)), RNG.standard_normal((3, 4)), RNG.standard_normal(4)


@pytest.mark.parametrize(("a", "b"), [(A, B), (A, V), (V, B), (A[:, None], B)])
@pytest.mark.parametrize("axis", [-1, 1])
def test_cosine_similarity(a, b, axis, agrees_with_torch):
    agrees_with_torch(
        lambda a, b: ag.cosine_similarity(a, b, axis),
        lambda torch, a, b: torch.nn.functional.cosine_similarity(a, b, axis),
        *(a, b),
    )


@pytest.mark.parametrize("p", [1.0, 2.0, 3.0, 0.5, np.inf])
@pytest.mark.parametrize("keep", [False, True])
def test_pairwise_distance(p, keep, agrees_with_torch):
    agrees_with_torch(
        lambda a, b: ag.pairwise_distance(a, b, p, 1e-3, keep),
        lambda torch, a, b: torch.nn.functional.pairwise_distance(a, b, p, 1e-3, keep),
        *(A, B),
    )


def test_bilinear(agrees_with_torch):
    for bias in ((), (RNG.standard_normal(2),)):
        agrees_with_torch(
            ag.bilinear,
            lambda torch, *operands: torch.nn.functional.bilinear(*operands),
            *(RNG.standard_normal((2, 3, 4)), RNG.standard_normal((2, 3, 5)), RNG.standard_normal((2, 4, 5)), *bias),
        )


def test_vectors_of_zeros_are_like_nothing_and_have_finite_gradients():
    a, b = ag.tensor(np.zeros((2, 3)), requires_grad=True), ag.tensor(A[:2, :3], requires_grad=True)
    out = ag.cosine_similarity(a, b)
    out.sum().backward()
    np.testing.assert_array_equal(out.data, 0)
    assert np.isfinite(a.grad.data).all()
    assert np.isfinite(b.grad.data).all()
    same = ag.tensor(A, requires_grad=True)
    ag.pairwise_distance(same, A, eps=0).sum().backward()
    np.testing.assert_array_equal(same.grad.data, 0)


def test_errors():
    with pytest.raises(ValueError, match=r"bilinear: weight must be \(out, features of a, features of b\)"):
        ag.bilinear(A, B, np.zeros((2, 3, 4)))
    with pytest.raises(ValueError, match="bilinear: a and b must have the same leading axes"):
        ag.bilinear(A, V, np.zeros((2, 4, 4)))
