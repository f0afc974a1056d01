"""Convolution and correlation against scipy.signal and NumPy, and beside conv2d."""

import numpy as np
import pytest
from scipy import signal

import autograd_lite as ag

SHAPES = [
    ((5,), (3,)),
    ((5,), (4,)),
    ((3,), (5,)),
    ((1,), (1,)),
    ((4, 5), (2, 3)),
    ((2, 3), (4, 3)),
    ((6, 5, 4), (2, 3, 3)),
    ((3, 2, 3, 2), (2, 1, 2, 2)),
]
every_shape = pytest.mark.parametrize(("a", "v"), SHAPES)
both = pytest.mark.parametrize("name", ["convolve", "correlate"])


def numbers(shape, seed=0, dtype=float):
    real, imaginary = np.random.default_rng(seed).standard_normal((2, *shape))
    return real + 1j * imaginary if dtype is complex else real


def modes(a, v):
    """Those in which all libraries agree on what is meant."""
    return ("full", "valid", "same") if all(n >= m for n, m in zip(a, v, strict=True)) else ("full", "valid")


@both
@every_shape
@pytest.mark.parametrize("dtype", [float, complex])
def test_values_are_scipys(name, a, v, dtype):
    x, y = numbers(a, 0, dtype), numbers(v, 1, dtype)
    for mode in modes(a, v):
        expected = getattr(signal, name)(x, y, mode, method="direct")
        result = getattr(ag, name)(x, y, mode)
        assert result.shape == expected.shape
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-12)


@both
def test_numpys_functions_on_tensors_mean_the_same(name):
    a, v = numbers((6,)), numbers((3,), 1)
    tensor = ag.tensor(a, requires_grad=True)
    for mode in ((), ("full",), ("same",), ("valid",)):
        result = getattr(np, name)(tensor, v, *mode)
        assert isinstance(result, ag.Tensor)
        np.testing.assert_allclose(result.data, getattr(np, name)(a, v, *mode), rtol=0, atol=1e-12)


@both
@every_shape
def test_gradients(name, a, v):
    function = getattr(ag, name)
    for mode in modes(a, v):
        assert ag.gradcheck(lambda x, y, mode=mode: function(x, y, mode) ** 2, numbers(a), numbers(v, 1), order=2)


@both
def test_complex_gradients(name):
    def energy(x, y):
        z = getattr(ag, name)(x, y, "full")
        return (z * ag.conj(z)).real.sum()

    assert ag.gradcheck(energy, numbers((3, 2), 0, complex), numbers((2, 2), 1, complex))


def test_conv2d_is_a_correlation_and_a_convolution_of_turned_filters():
    image, kernel = numbers((6, 5)), numbers((3, 2), 1)
    np.testing.assert_allclose(ag.conv2d(image[None, None], kernel[None, None])[0, 0], ag.correlate(image, kernel))
    turned = ag.flip(kernel[None, None], (2, 3))
    np.testing.assert_allclose(ag.conv2d(image[None, None], turned)[0, 0], ag.convolve(image, kernel, "valid"))


@both
@pytest.mark.parametrize(
    ("shapes", "mode", "message"),
    [
        (((4,), (3,)), "most", "mode 'most' is not known"),
        (((4, 4), (3,)), "full", "a has 2 axes, v has 1"),
        (((), ()), "full", "at least one"),
        (((0,), (3,)), "full", "no elements"),
        (((4, 2), (3, 3)), "valid", 'in mode "valid" one must'),
        (((2,), (3,)), "same", "v is longer than a"),
    ],
)
def test_errors(name, shapes, mode, message):
    with pytest.raises(ValueError, match=f"{name}: .*{message}"):
        getattr(ag, name)(*map(numbers, shapes), mode)
