"""Normalization over the last axes: PyTorch's results, shapes, extremes, errors."""

import numpy as np
import pytest

import autograd_lite as ag


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("options", [{}, {"eps": 0.1}])
@pytest.mark.parametrize("affine", ["", "w", "b", "wb"])
@pytest.mark.parametrize(
    ("shape", "normalized"), [((4, 5), (5,)), ((2, 3, 5), (3, 5)), ((3, 2, 4), (4,)), ((6,), (6,))]
)
def test_layer_norm_as_pytorchs(shape, normalized, affine, options, agrees_with_torch):
    vectors = [numbers(*normalized, seed=seed + 1) for seed in range(len(affine))]

    def given(vectors):
        vectors = iter(vectors)
        return [next(vectors) if name in affine else None for name in "wb"]

    agrees_with_torch(
        lambda x, *v: ag.layer_norm(x, normalized, *given(v), **options),
        lambda torch, x, *v: torch.nn.functional.layer_norm(x, normalized, *given(v), **options),
        numbers(*shape),
        *vectors,
        order=1 if affine == "b" else 2,  # PyTorch fails at second order with a bias and no weight
    )


@pytest.mark.parametrize("eps", [None, 0.1])
@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize(("shape", "normalized"), [((4, 5), (5,)), ((2, 3, 5), (3, 5)), ((6,), (6,))])
def test_rms_norm_as_pytorchs(shape, normalized, affine, eps, agrees_with_torch):
    agrees_with_torch(
        lambda x, *w: ag.rms_norm(x, normalized, *w, eps=eps),
        lambda torch, x, *w: torch.nn.functional.rms_norm(x, normalized, *w, eps=eps),
        numbers(*shape),
        *([numbers(*normalized, seed=1)] if affine else []),
    )


def test_one_axis_may_be_named_by_a_number():
    x = numbers(3, 4)
    np.testing.assert_array_equal(ag.layer_norm(x, 4), ag.layer_norm(x, (4,)))
    np.testing.assert_array_equal(ag.rms_norm([[1.0, 2.0]], 2), ag.rms_norm(np.float32([[1, 2]]), [2]))


def test_rows_without_variance_and_far_from_0():
    x = ag.tensor(np.float32([[5, 5, 5, 5], [1e4, 1e4, 1e4, 1e4 + 1]]), requires_grad=True)
    out = ag.layer_norm(x, 4)
    np.testing.assert_allclose(out.data[0], 0, atol=1e-6)
    np.testing.assert_allclose(out.data[1], np.array([-1, -1, -1, 3]) / np.sqrt(3), rtol=1e-3)
    out.backward(np.float32([[1, 2, 3, 4], [1, 2, 3, 4]]))
    assert np.isfinite(x.grad.data).all()


@pytest.mark.parametrize("function", [ag.layer_norm, ag.rms_norm])
def test_errors(function):
    x = np.ones((2, 3))
    for normalized in (2, (3, 3), ()):
        with pytest.raises(ValueError, match=r"normalized_shape must be the lengths of x's last axes .*; pass x.shape"):
            function(x, normalized)
    with pytest.raises(ValueError, match=r"weight must have the shape \(3,\)"):
        function(x, 3, np.ones(2))
    with pytest.raises(TypeError, match="must be real"):
        function(x * 1j, 3)
