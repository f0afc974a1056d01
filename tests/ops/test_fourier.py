"""Fourier transforms: NumPy's values, PyTorch's gradients, and what a transform is good for."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
REAL = RNG.standard_normal((3, 4, 5))
COMPLEX = REAL + 1j * RNG.standard_normal((3, 4, 5))
OF_REAL = ("rfft", "ihfft")
ONE_AXIS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
TWO_AXES = ("fft2", "ifft2", "rfft2", "irfft2")
SEVERAL_AXES = ("fftn", "ifftn", "rfftn", "irfftn")
NORMS = (None, "backward", "ortho", "forward")

CALLS = [
    *itertools.product(ONE_AXIS, ({}, {"n": 4}, {"n": 7, "axis": 1}, {"n": 1}, {"axis": 0}, {"n": 2})),
    *itertools.product(TWO_AXES, ({}, {"s": (3, 6)}, {"s": (5, 2), "axes": (0, 2)}, {"axes": (1, 0)})),
    *itertools.product(SEVERAL_AXES, ({}, {"s": (3, 6), "axes": (1, 2)}, {"axes": (0,)}, {"axes": (2, 0, 1)})),
    *itertools.product(ONE_AXIS, ({"norm": norm} for norm in NORMS)),
    *itertools.product((*TWO_AXES, *SEVERAL_AXES), ({"norm": norm} for norm in NORMS)),
]


def operand(name):
    return REAL if name.startswith(("rfft", "ihfft")) else COMPLEX


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_values_are_numpys(name, options):
    x = operand(name)
    for dtype in ("f4", "f8") if x is REAL else ("c8", "c16"):
        result = getattr(ag, name)(ag.tensor(x.astype(dtype)), **options)
        expected = getattr(np.fft, name)(x.astype(dtype), **options)
        assert result.dtype == expected.dtype
        np.testing.assert_array_equal(result.data, expected)


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_gradients_are_pytorchs(name, options, agrees_with_torch):
    there = {{"axis": "dim", "axes": "dim"}.get(key, key): value for key, value in options.items()}

    def theirs(torch, x):
        return getattr(torch.fft, name)(x, **there)

    agrees_with_torch(lambda x: getattr(ag, name)(x, **options), theirs, operand(name)[:2, :3, :4])


@pytest.mark.parametrize("name", ["fft", "ifft", "fftn", "fft2"])
def test_real_numbers_are_transformed_too(name, agrees_with_torch):
    agrees_with_torch(getattr(ag, name), lambda torch, x: getattr(torch.fft, name)(x), REAL[0, :2])


@pytest.mark.parametrize("name", ["fftshift", "ifftshift"])
@pytest.mark.parametrize("axes", [None, 0, (0, 2), [-1]])
def test_shifts(name, axes):
    np.testing.assert_array_equal(getattr(ag, name)(ag.tensor(REAL), axes).data, getattr(np.fft, name)(REAL, axes))


@pytest.mark.parametrize("name", ["fftn", "rfftn", "fftshift"])
def test_one_axis_may_be_an_integer_of_numpy(name):
    found = getattr(ag, name)(ag.tensor(REAL), axes=np.int64(1))
    np.testing.assert_array_equal(found.data, getattr(ag, name)(REAL, axes=(1,)))


def test_one_length_may_be_a_number():
    np.testing.assert_array_equal(ag.fftn(REAL, 3), np.fft.fftn(REAL, (3,), (-1,)))


def test_a_filter_in_the_frequency_domain_is_a_circular_convolution():
    """The gradient through two transforms and a product is the correlation with the same signal."""
    signal, kernel = RNG.standard_normal(8), RNG.standard_normal(8)
    x, k = ag.tensor(signal, requires_grad=True), ag.tensor(kernel, requires_grad=True)
    y = ag.irfft(ag.rfft(x) * ag.rfft(k))
    circular = np.array([sum(signal[j] * kernel[(i - j) % 8] for j in range(8)) for i in range(8)])
    np.testing.assert_allclose(y.data, circular, atol=1e-12)
    weights = RNG.standard_normal(8)
    (y * weights).sum().backward()
    expected = np.array([sum(weights[i] * kernel[(i - j) % 8] for i in range(8)) for j in range(8)])
    np.testing.assert_allclose(x.grad.data, expected, atol=1e-12)


def test_energy_is_the_same_in_both_domains():
    """Parseval: the gradient of the energy of the spectrum is that of the signal."""
    x = ag.tensor(COMPLEX, requires_grad=True)
    (ag.abs(ag.fftn(x, norm="ortho")) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * COMPLEX, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ag.rfft(x * 1j), "rfft: rfft takes real numbers; use fft|rfft takes real numbers"),
        (lambda x: ag.fft(x, 0), "fft: .*Invalid number of FFT data points.*; a transform has at least one point"),
        (lambda x: ag.fft(x, norm="unitary"), "fft: Invalid norm value"),
        (lambda x: ag.hfft(x, norm="unitary"), "hfft: norm 'unitary' is not known"),
        (lambda x: ag.fftn(x, (2,), (0, 1)), "fftn: s has 1 lengths for 2 axes"),
        (lambda x: ag.fftn(x, axes=()), "fftn: there is no axis"),
        *(
            (lambda x, name=name: getattr(ag, name)(x, axis=3), f"{name}: axis 3 is out of bounds")
            for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
        ),
        (lambda x: ag.fft2(x[0, 0]), "axis -2 is out of bounds"),
        (lambda x: ag.fftshift(x, 3), "fftshift: axis 3 is out of bounds"),
    ],
)
def test_errors(call, words):
    with pytest.raises((TypeError, ValueError, IndexError), match=words):
        call(ag.tensor(REAL, requires_grad=True))
