"""Covariances and correlations: NumPy's values in all its forms, PyTorch's gradients."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
X, Y, Z = RNG.standard_normal((3, 5)), RNG.standard_normal(5), RNG.standard_normal((2, 5, 2)) @ [1, 1j]
COUNTS, WEIGHTS = np.array([1, 2, 0, 1, 3]), np.array([0.5, 1, 2, 0.1, 1])


@pytest.mark.parametrize(
    ("args", "options"),
    [
        ((X,), {}),
        ((Y,), {}),
        ((X, Y), {}),
        ((Y, Y[::-1]), {"bias": True}),
        ((X.T,), {"rowvar": False}),
        ((X.T, X[:2].T), {"rowvar": False, "ddof": 0}),
        ((X.T, Y[None]), {"rowvar": False}),
        ((Y, Y), {"rowvar": False}),
        ((Z, X), {}),
        ((X,), {"fweights": COUNTS}),
        ((X,), {"aweights": WEIGHTS}),
        ((X,), {"aweights": WEIGHTS, "ddof": 0}),
        ((Z,), {"aweights": WEIGHTS, "fweights": COUNTS}),
        ((X,), {"aweights": WEIGHTS, "fweights": COUNTS, "ddof": 2}),
        ((np.arange(6).reshape(2, 3),), {}),
        ((X.astype("f4"),), {"fweights": COUNTS}),
    ],
)
def test_values_are_those_of_numpy(args, options):
    tolerance = 1e-5 if args[0].dtype == "f4" else 1e-12
    np.testing.assert_allclose(ag.cov(*args, **options), np.cov(*args, **options), tolerance)
    if set(options) <= {"rowvar"}:
        np.testing.assert_allclose(ag.corrcoef(*args, **options), np.corrcoef(*args, **options), tolerance)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (ag.cov, lambda torch, x: torch.cov(x)),
        (ag.corrcoef, lambda torch, x: torch.corrcoef(x)),
        (lambda x: ag.cov(x, aweights=WEIGHTS), lambda torch, x: torch.cov(x, aweights=torch.tensor(WEIGHTS))),
        (lambda x: ag.cov(x, fweights=COUNTS), lambda torch, x: torch.cov(x, fweights=torch.tensor(COUNTS))),
    ],
)
@pytest.mark.parametrize("x", [X, Z])
def test_gradients_are_those_of_pytorch(agrees_with_torch, ours, theirs, x):
    agrees_with_torch(ours, theirs, x)


def test_one_observation_has_no_covariance():
    with pytest.warns(RuntimeWarning):
        assert np.isnan(ag.cov(X[:, :1])).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.cov(np.ones((2, 2, 2))), ValueError, "cov: variables and observations are two axes at most"),
        (lambda: ag.cov(X, aweights=np.ones(3)), ValueError, "one number for each of 5 observations"),
        (lambda: ag.cov(X, aweights=-WEIGHTS), ValueError, "must not be negative"),
        (lambda: ag.cov(X, fweights=WEIGHTS), TypeError, "fweights must be integers"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
