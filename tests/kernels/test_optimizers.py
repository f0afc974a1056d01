"""Updates in blocks and on two threads are those of whole arrays."""

import numpy as np
import pytest

from autograd_lite.kernels import blas, threads
from autograd_lite.kernels import optimizers as kernels

OPTIONS = [
    {"weight_decay": 0.0, "maximize": False},
    {"weight_decay": 0.1, "maximize": False},
    {"weight_decay": 0.1, "maximize": True},
    {"weight_decay": 0.0, "maximize": True},
]


def arrays(shape, number):
    rng = np.random.default_rng(0)
    return [np.asarray(rng.uniform(0.5, 2, shape)) for _ in range(number)]


@pytest.fixture(params=["one block", "blocks", "two threads"])
def way(request, monkeypatch):
    if request.param != "one block":
        monkeypatch.setattr(kernels, "BLOCK", 8)
        monkeypatch.setattr(kernels, "SMALL", 1)
        monkeypatch.setattr(blas, "LONG", 1)
    if request.param == "two threads":
        monkeypatch.setattr(threads, "get_num_threads", lambda: 2)
        monkeypatch.setattr(kernels, "SECONDS", 1.0)


def adam_as_defined(x, g, m, s, largest, step, lr, beta1, beta2, eps, weight_decay, maximize):
    g = (-g if maximize else g) + weight_decay * x
    m[...] = beta1 * m + (1 - beta1) * g
    s[...] = beta2 * s + (1 - beta2) * g * g
    if largest is not None:
        largest[...] = np.maximum(largest, s)
    root = np.sqrt((s if largest is None else largest) / (1 - beta2**step)) + eps
    x[...] = x - lr * (m / (1 - beta1**step)) / root


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("amsgrad", [False, True])
@pytest.mark.parametrize("shape", [(), (0,), (3, 9), (100,)])
def test_adam(shape, amsgrad, options):
    found, expected = arrays(shape, 5), arrays(shape, 5)
    for update, (x, g, m, s, largest) in ((kernels.adam, found), (adam_as_defined, expected)):
        update(x, g, m, s, largest if amsgrad else None, 3, 0.01, 0.9, 0.99, 1e-6, **options)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_momentum(nesterov, options):
    x, g, v = arrays((5, 7), 3)
    expected_x, _, expected_v = arrays((5, 7), 3)
    kernels.sgd_momentum(x, g, v, 0.1, 0.9, dampening=0.25, nesterov=nesterov, **options)
    direction = (-g if options["maximize"] else g) + options["weight_decay"] * expected_x
    expected_v = 0.9 * expected_v + 0.75 * direction
    expected_x -= 0.1 * (direction + 0.9 * expected_v if nesterov else expected_v)
    np.testing.assert_allclose(v, expected_v, rtol=1e-12)
    np.testing.assert_allclose(x, expected_x, rtol=1e-12)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("shape", [(), (0,), (3, 9), (100,)])
def test_sgd(shape, options):
    x, g = arrays(shape, 2)
    expected = x - 0.1 * ((-g if options["maximize"] else g) + options["weight_decay"] * x)
    kernels.sgd(x, g, 0.1, **options)
    np.testing.assert_allclose(x, expected, rtol=1e-12)


@pytest.mark.usefixtures("way")
def test_arrays_that_are_views():
    x, g = arrays((6, 8), 2)
    expected = x[:, ::2] - 0.1 * g[:, 1::2]
    kernels.sgd(x[:, ::2], g[:, 1::2], 0.1, weight_decay=0.0, maximize=False)
    np.testing.assert_allclose(x[:, ::2], expected, rtol=1e-15)
