"""Normalization of rows against its definition: sizes of several blocks, rows far from 0, double for float32."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import layer_norm as kernels


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-5)])
@pytest.mark.parametrize("shift", [0, 3, 100])
@pytest.mark.parametrize("centered", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (5, 65), (700, 400), (3, 200_000)])
def test_as_it_is_defined(shape, centered, shift, dtype, tolerance):
    rng = np.random.default_rng(0)
    x, g = ((rng.standard_normal(shape) + offset).astype(dtype) for offset in (shift, 0))
    weight, bias = (rng.uniform(0.5, 2, shape[1]).astype(dtype) for _ in range(2))
    eps = 0.1
    out, means, scales = kernels.layer_norm(x, weight, bias, eps, centered)
    exact = [v.astype("float64") for v in (x, weight, bias)]
    assert out.dtype == dtype
    scale = 1 + shift / 10 * (dtype == "float32")
    np.testing.assert_allclose(out, kernels.layer_norm_reference(*exact, eps, centered), atol=tolerance * scale)
    given = kernels.layer_norm_backward(g, x, weight, means, scales, centered)
    expected = gradients_by_definition(*exact, g, eps, centered)
    for a, b in zip(given, expected[: 3 if centered else 2], strict=False):
        assert a.dtype == dtype
        np.testing.assert_allclose(a, b, atol=tolerance * scale * max(1, np.abs(b).max()))


def gradients_by_definition(x, weight, bias, g, eps, centered):
    x, weight, bias = (ag.tensor(v, requires_grad=True) for v in (x, weight, bias))
    d = x - x.mean(1, keepdims=True) if centered else x
    out = d / ag.sqrt(ag.mean(d * d, 1, keepdims=True) + eps) * weight + bias
    return [v.data for v in ag.gradients(out, [x, weight, bias], g.astype("float64"))]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_nothing_to_normalise(shape):
    x = np.zeros(shape)
    out, means, scales = kernels.layer_norm(x, None, None, 1e-5, True)
    d_x, d_weight, d_bias = kernels.layer_norm_backward(x, x, None, means, scales, True)
    assert out.shape == d_x.shape == shape
    assert d_weight.tolist() == d_bias.tolist() == [0] * shape[1]
