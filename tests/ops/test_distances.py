"""Distances: SciPy's values, PyTorch's gradients, points that coincide."""

import numpy as np
import pytest
import scipy.spatial.distance as scipy_distance

import autograd_lite as ag
from autograd_lite.kernels import norms as kernels


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


A, B = numbers(4, 3), numbers(2, 3, seed=1)
METRICS = {1: "cityblock", 2: "euclidean", np.inf: "chebyshev", 3: "minkowski", 0: "hamming"}


@pytest.mark.parametrize("p", METRICS)
def test_values_are_those_of_scipy(p):
    options = {"p": 3} if p == 3 else {}
    scale = 3 if p == 0 else 1  # hamming is a share of the coordinates
    expected = scipy_distance.cdist(A, B, METRICS[p], **options) * scale
    np.testing.assert_allclose(ag.cdist(A, B, p), expected)
    np.testing.assert_allclose(ag.cdist(np.stack([A, A + 1]), B, p)[0], expected)
    np.testing.assert_allclose(ag.pdist(A, p), scipy_distance.pdist(A, METRICS[p], **options) * scale)


@pytest.mark.parametrize("p", [1.0, 1.5, 2.0, 3.0, np.inf])
def test_gradients_are_those_of_pytorch(agrees_with_torch, p):
    agrees_with_torch(lambda a, b: ag.cdist(a, b, p), lambda torch, a, b: torch.cdist(a, b, p), A, B, order=1)
    agrees_with_torch(lambda x: ag.pdist(x, p), lambda torch, x: torch.nn.functional.pdist(x, p), A, order=1)


@pytest.mark.parametrize("p", [0, 0.5, 1, 1.5, 2, 3, np.inf])
def test_points_that_coincide_have_no_slope(p):
    x = ag.tensor(np.stack([A[0], A[1], A[0]]), requires_grad=True)
    for distances in (ag.cdist(x, x, p), ag.pdist(x, p)):
        if not distances.requires_grad:
            assert p == 0
            continue
        (g,) = ag.gradients(distances.sum(), x)
        assert np.isfinite(g.data).all()
        np.testing.assert_allclose(g.data[0], g.data[2])
        (g,) = ag.gradients(ag.pdist(x[::2], p).sum(), x)
        np.testing.assert_array_equal(g.data, 0)


@pytest.mark.parametrize("scale", [1, 1e3])
def test_small_distances_far_from_the_origin_are_exact(scale):
    a = np.full((1, 3), float(scale))
    b = a + np.array([0, 3e-6, 4e-6])
    np.testing.assert_allclose(ag.cdist(a, b), np.linalg.norm(a - b)[None, None])


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8"])
def test_euclidean_distances_are_those_of_all_differences(dtype):
    a, b = (5 * numbers(3, 1, 4, 2)).astype(dtype), (5 * numbers(2, 3, 2, seed=1)).astype(dtype)
    expected, found = kernels.euclidean_distances_reference(a, b), kernels.euclidean_distances(a, b)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    a, b = (ag.tensor(x.astype("f8"), requires_grad=True) for x in (a, b))
    slow = ag.vector_norm(a[..., :, None, :] - b[..., None, :, :], axis=-1)
    for ours, theirs in zip(*(ag.gradients((d**2).sum(), [a, b]) for d in (ag.cdist(a, b), slow)), strict=True):
        np.testing.assert_allclose(ours.data, theirs.data)


def test_complex_points():
    a = A + 1j * A[::-1]
    np.testing.assert_allclose(ag.cdist(a, B), np.linalg.norm(a[:, None] - B, axis=-1))
    assert ag.gradcheck(ag.cdist, a, B, order=2, max_entries=20)


def test_sets_of_few_points():
    assert ag.cdist(A, np.zeros((0, 3))).shape == (4, 0)
    assert ag.pdist(A[:1]).shape == (0,)
    assert ag.cdist(A.astype("f4"), B.astype("f4")).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.cdist(A, B[:, :2]), "cdist: points are rows of matrices with equally many columns"),
        (lambda: ag.cdist(A, B, -1), "cdist: p=-1 does not give a distance"),
        (lambda: ag.pdist(A[0]), "pdist: points are the rows of one matrix"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
