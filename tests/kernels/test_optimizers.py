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


# -- the others: each kernel beside its definition, which returns the arrays as they are afterwards ---------------


def adamax_as_defined(g, x, m, u):
    m, u = 0.9 * m + 0.1 * g, np.maximum(0.99 * u, np.abs(g) + 1e-6)
    return x - 0.01 / (1 - 0.9**3) * m / u, m, u


def nadam_as_defined(g, x, m, s):
    m, s = 0.9 * m + 0.1 * g, 0.99 * s + 0.01 * g * g
    return x - (0.02 * g + 0.03 * m) / (np.sqrt(s / (1 - 0.99**3)) + 1e-6), m, s


def radam_as_defined(step):
    def update(g, x, m, s):
        m, s = 0.9 * m + 0.1 * g, 0.9 * s + 0.1 * g * g
        move, longest = m / (1 - 0.9**step), 2 / (1 - 0.9) - 1
        length = longest - 2 * step * 0.9**step / (1 - 0.9**step)
        if length > 5:
            ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            move = move * np.sqrt(ratio * (1 - 0.9**step)) / (np.sqrt(s) + 1e-6)
        return x - 0.01 * move, m, s

    return update


def adagrad_as_defined(g, x, total):
    return x - 0.01 * g / (np.sqrt(total + g * g) + 1e-6), total + g * g


def adadelta_as_defined(g, x, s, moved):
    s = 0.9 * s + 0.1 * g * g
    step = np.sqrt((moved + 1e-6) / (s + 1e-6)) * g
    return x - 0.5 * step, s, 0.9 * moved + 0.1 * step * step


def rmsprop_as_defined(g, x, s):
    s = 0.9 * s + 0.1 * g * g
    return x - 0.01 * g / (np.sqrt(s) + 1e-6), s


def centered_rmsprop_as_defined(g, x, s, m, v):
    s, m = 0.9 * s + 0.1 * g * g, 0.9 * m + 0.1 * g
    v = 0.8 * v + g / (np.sqrt(np.maximum(s - m * m, 0)) + 1e-1)
    return x - 0.01 * v, s, m, v


def rprop_as_defined(g, x, previous, size):
    turned = g * previous < 0
    size = np.clip(size * np.where(turned, 0.5, np.where(g * previous > 0, 1.2, 1)), 0.7, 2.0)
    g = np.where(turned, 0, g)
    return x - np.sign(g) * size, g, size


def lion_as_defined(g, x, m):
    return x - 0.01 * np.sign(0.9 * m + 0.1 * g), 0.99 * m + 0.01 * g


def asgd_as_defined(g, x, average):
    x = x * (1 - 0.1 * 0.02) - 0.02 * g
    return x, average + 0.25 * (x - average)


ADAM = (0.01, 0.9, 0.99, 1e-6)
KERNELS = {
    "adamax": (lambda x, g, m, u, **o: kernels.adamax(x, g, m, u, 3, *ADAM, **o), adamax_as_defined),
    "nadam": (
        lambda x, g, m, s, **o: kernels.nadam(x, g, m, s, 3, (0.02, 0.03), *ADAM, **o, decoupled=False),
        nadam_as_defined,
    ),
    **{
        f"radam {step}": (
            lambda x, g, m, s, step=step, **o: kernels.radam(
                x, g, m, s, step, 0.01, 0.9, 0.9, 1e-6, **o, decoupled=False
            ),
            radam_as_defined(step),
        )
        for step in (3, 30)
    },
    "adagrad": (lambda x, g, total, **o: kernels.adagrad(x, g, total, 0.01, 1e-6, **o), adagrad_as_defined),
    "adadelta": (
        lambda x, g, s, moved, **o: kernels.adadelta(x, g, s, moved, 0.5, 0.9, 1e-6, **o),
        adadelta_as_defined,
    ),
    "rmsprop": (
        lambda x, g, s, **o: kernels.rmsprop(x, g, s, None, None, 0.01, 0.9, 1e-6, 0, **o),
        rmsprop_as_defined,
    ),
    "rmsprop, all": (
        lambda x, g, s, m, v, **o: kernels.rmsprop(x, g, s, m, v, 0.01, 0.9, 1e-1, 0.8, **o),
        centered_rmsprop_as_defined,
    ),
    "rprop": (
        lambda x, g, previous, size, weight_decay, **o: kernels.rprop(
            x, g, previous, size, (0.5, 1.2), (0.7, 2.0), **o
        ),
        rprop_as_defined,
    ),
    "lion": (
        lambda x, g, m, weight_decay, **o: kernels.lion(x, g, m, 0.01, 0.9, 0.99, weight_decay=0, **o),
        lion_as_defined,
    ),
    "asgd": (lambda x, g, average, **o: kernels.asgd(x, g, average, 0.02, 0.25, 0.1, **o), asgd_as_defined),
}
WITHOUT_DECAY = ("rprop", "lion")  # in the gradient


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 9), (100,)])
@pytest.mark.parametrize("name", KERNELS)
def test_as_defined(name, shape, dtype, options):
    update, defined = KERNELS[name]
    count = defined.__code__.co_argcount - 2
    x, g, *state = arrays(shape, 2 + count)
    g = np.where(np.arange(g.size).reshape(shape) % 3 == 0, -g, g)
    if dtype == "complex128":
        x, g, *state = (np.asarray(array + 1j * np.roll(array, 1)) for array in (x, g, *state))
    direction = (-g if options["maximize"] else g) + (0 if name in WITHOUT_DECAY else options["weight_decay"]) * x
    parts = [kernels.parts(np.asarray(array)).copy() for array in (direction, x, *state)]
    update(x, g, *state, **options)
    for found, expected in zip((x, *state), defined(*parts), strict=True):
        np.testing.assert_allclose(kernels.parts(found), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("maximize", [False, True])
def test_decay_apart_from_the_gradient(maximize):
    """Adam's kernels with it move as without, from parameters that have shrunk."""
    for update, number in ((kernels.adam, 4), (kernels.nadam, 4), (kernels.radam, 4)):
        (x, g, *state), (y, h, *other) = arrays((50,), number), arrays((50,), number)
        y *= 1 - 0.01 * 0.3
        extra = {kernels.adam: (None, 3), kernels.nadam: (3, (0.02, 0.03)), kernels.radam: (3,)}[update]
        update(x, g, *state, *extra, *ADAM, weight_decay=0.3, maximize=maximize, decoupled=True)
        update(y, h, *other, *extra, *ADAM, weight_decay=0, maximize=maximize, decoupled=False)
        np.testing.assert_allclose(x, y, rtol=1e-13)


@pytest.mark.usefixtures("way")
def test_lion_with_decay():
    x, g, m = arrays((50,), 3)
    expected = x - 0.01 * (np.sign(0.9 * m + 0.1 * g) + 0.3 * x)
    kernels.lion(x, g, m, 0.01, 0.9, 0.99, weight_decay=0.3, maximize=False)
    np.testing.assert_allclose(x, expected, rtol=1e-13)


@pytest.mark.parametrize("shape", [(3, 8), (8, 3), (1, 5), (4, 4)])
def test_orthogonalized(shape):
    """The singular vectors stay, the singular values come close to 1; a matrix of zeros stays."""
    matrix = np.random.default_rng(0).standard_normal(shape)
    u, _, vh = np.linalg.svd(matrix, full_matrices=False)
    found = kernels.orthogonalized(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7)
    values = u.T @ found @ vh.T
    np.testing.assert_allclose(values, np.diag(np.diag(values)), atol=1e-9)
    assert np.all((np.diag(values) > 0.5) & (np.diag(values) < 1.5))
    assert not kernels.orthogonalized(np.zeros(shape), (3.4445, -4.7750, 2.0315), 5, 1e-7).any()


def test_parts_are_views_of_any_layout():
    z = np.zeros((4, 6), complex)
    for view in (z, z.T, z[::2, ::3], np.zeros((), complex)):
        kernels.parts(view)[...] = [1, 2]
        assert np.all(view == 1 + 2j)
