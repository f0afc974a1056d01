"""Vectors of length 1 and normalised weights: PyTorch's results, and what the singular vectors are."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("p", [2.0, 1.0, 3.0, np.inf])
@pytest.mark.parametrize(("shape", "axis"), [((3, 4), 1), ((3, 4), 0), ((2, 3, 4), -2)])
def test_normalize_as_pytorchs(shape, axis, p, agrees_with_torch):
    agrees_with_torch(
        lambda x: ag.normalize(x, p, axis),
        lambda torch, x: torch.nn.functional.normalize(x, p, axis),
        numbers(*shape),
    )


def test_short_vectors_are_divided_by_eps():
    x = ag.tensor(np.array([[0.0, 0.0], [0.03, 0.04]]), requires_grad=True)
    out = ag.normalize(x, eps=0.1)
    out.sum().backward()
    np.testing.assert_allclose(out.data, [[0, 0], [0.3, 0.4]])
    np.testing.assert_allclose(x.grad.data, 10)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_weight_norm_as_pytorchs(axis, agrees_with_torch):
    v = numbers(3, 4, 2)
    g = np.random.default_rng(1).uniform(0.5, 2, [n if i == axis % 3 else 1 for i, n in enumerate(v.shape)])
    others = tuple(i for i in range(3) if i != axis % 3)
    agrees_with_torch(
        lambda v, g: ag.weight_norm(v, g, axis),
        lambda torch, v, g: g * v / torch.linalg.vector_norm(v, dim=others, keepdim=True),
        v,
        g,
    )
    if axis != 1:  # PyTorch's own takes the first or the last axis, and its second derivative is another
        agrees_with_torch(
            lambda v, g: ag.weight_norm(v, g, axis),
            lambda torch, v, g: torch._weight_norm(v, g, axis % 3),
            v,
            g,
            order=1,
        )


@pytest.mark.parametrize("g", [np.array(2.0), np.full((1, 1), 2.0)])
def test_all_weights_as_one_vector(g):
    np.testing.assert_allclose(np.linalg.norm(ag.weight_norm(numbers(3, 4), g, None)), 2)


@pytest.mark.parametrize("axis", [0, 1])
def test_spectral_norm_of_the_singular_vectors(axis):
    weight = numbers(3, 4, 2)
    u = numbers(weight.shape[axis], seed=1)
    u, v = ag.power_iteration(weight, u, 200, axis)
    matrix = np.moveaxis(weight, axis, 0).reshape(weight.shape[axis], -1)
    np.testing.assert_allclose(u @ matrix @ v, np.linalg.svd(matrix)[1][0])
    scaled = np.moveaxis(ag.spectral_norm(weight, u, v, axis), axis, 0).reshape(matrix.shape)
    np.testing.assert_allclose(np.linalg.svd(scaled)[1][0], 1)


def test_spectral_norm_as_pytorchs(agrees_with_torch):
    u, v = ag.power_iteration(numbers(3, 4), numbers(3, seed=1), 3)

    def theirs(torch, w):
        return w / torch.vdot(torch.tensor(u), torch.mv(w, torch.tensor(v)))

    agrees_with_torch(lambda w: ag.spectral_norm(w, u, v), theirs, numbers(3, 4))


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (r"g must have the shape \(3, 1\)", lambda w: ag.weight_norm(w, np.ones(3))),
        (r"g must have the shape \(1, 4\)", lambda w: ag.weight_norm(w, np.ones((3, 1)), 1)),
        (r"vectors of the lengths \(3, 4\)", lambda w: ag.spectral_norm(w, np.ones(4), np.ones(3))),
        ("steps must be at least 1", lambda w: ag.power_iteration(w, np.ones(3), 0)),
    ],
)
def test_errors(words, call):
    with pytest.raises(ValueError, match=words):
        call(numbers(3, 4))


def test_lengths_along_an_axis_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="axis 2 is out of bounds"):
        ag.weight_norm(np.ones((3, 2)), np.ones((3, 1)), 2)
