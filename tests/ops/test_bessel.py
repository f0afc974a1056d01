"""Bessel functions: SciPy's values, PyTorch's derivatives, precision at 0 and far out."""

import numpy as np
import pytest
import scipy.special

import autograd_lite as ag
from autograd_lite.ops.bessel import i0e_derivative

SPREAD = np.array([-20.0, -3.0, -0.5, 0.0, 1e-8, 0.5, 3.0, 20.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["i0", "i0e", "i1", "i1e"])
def test_values_are_those_of_scipy(name, dtype):
    x = SPREAD.astype(dtype)
    for found in (getattr(ag, name)(x), getattr(scipy.special, name)(ag.tensor(x)).data):
        assert found.dtype == dtype
        np.testing.assert_array_equal(found, getattr(scipy.special, name)(x))


def test_numpys_i0_takes_tensors():
    np.testing.assert_allclose(np.i0(ag.tensor(SPREAD)).data, np.i0(SPREAD), rtol=1e-14)


@pytest.mark.parametrize("v", [-1, 0, 2, 0.5])
def test_iv_is_that_of_scipy(v):
    x = SPREAD if v == int(v) else SPREAD[5:]
    np.testing.assert_array_equal(ag.iv(v, x), scipy.special.iv(v, x))


@pytest.mark.parametrize("name", ["i0", "i0e", "i1", "i1e"])
def test_derivatives_are_those_of_pytorch(name, agrees_with_torch):
    theirs = lambda torch, x: getattr(torch.special, name)(x)  # noqa: E731  # beside ours
    agrees_with_torch(getattr(ag, name), theirs, SPREAD[(SPREAD != 0) & (SPREAD != 1e-8)], rtol=1e-8)
    agrees_with_torch(getattr(ag, name), theirs, np.zeros(1), order=1)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("i0", (1, 0, 0.5, 0)), ("i1", (0, 0.5, 0, 0.375)), ("i0e", (1, 0)), ("i1e", (0, 0.5, 0))],
)
@pytest.mark.parametrize("at", [0.0, -0.0])
def test_derivatives_at_zero(name, expected, at):
    x = ag.tensor(np.array(at), requires_grad=True)
    y = getattr(ag, name)(x)
    for value in expected:
        assert y.item() == pytest.approx(value, abs=1e-15)
        (y,) = ag.gradients(y, x, create_graph=True)


# Values, slopes and curvatures, computed with 60 digits.
PRECISE = {
    "i0e": {
        0.25: (0.79101716213971936, -0.69290453344235112, 0.99335855209522925),
        5.0: (0.18354081260932835, -0.019568545664785996, 0.0063426379406635209),
        1e4: (0.0039894726746047321, -1.9947862106984188e-7, 2.9922541317535869e-11),
    },
    "i1e": {
        0.25: (0.098112628697368247, 0.30045401865287813, -0.62537256754884982),
        5.0: (0.16397226694454236, -0.013225907724122475, 0.0028614342819426684),
        1e4: (0.0039892731959836623, -1.9944869852852435e-7, 2.9915060495153188e-11),
    },
}


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 2e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("name", list(PRECISE))
@pytest.mark.parametrize("side", [1, -1])
def test_nothing_cancels_far_out(name, dtype, rtol, side):
    x = ag.tensor(side * np.array(list(PRECISE[name]), dtype), requires_grad=True)
    y = getattr(ag, name)(x)
    (first,) = ag.gradients(y.sum(), x, create_graph=True)
    (second,) = ag.gradients(first.sum(), x)
    parity = np.array([1, side, 1] if name == "i0e" else [side, 1, side])
    found = np.stack([y.data, first.data, second.data], axis=1)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, parity * np.array(list(PRECISE[name].values())), rtol=rtol)


@pytest.mark.parametrize("name", ["i0e", "i1e"])
def test_infinitely_far_out_all_derivatives_are_zero(name):
    x = ag.tensor(np.array([-np.inf, np.inf]), requires_grad=True)
    y = getattr(ag, name)(x)
    for _ in range(3):
        np.testing.assert_array_equal(y.data, 0)
        (y,) = ag.gradients(y.sum(), x, create_graph=True)


def test_derivatives_without_the_exponential_are_not_there_below_zero():
    np.testing.assert_array_equal(np.isnan(i0e_derivative(np.array([-1e300, -1.0, 0.0, np.inf]), 1)), [1, 1, 0, 0])


@pytest.mark.parametrize("v", [np.array([1.0, 2.0]), ag.tensor([1.0])])
def test_the_order_is_a_number(v):
    with pytest.raises(TypeError, match="v is a constant"):
        ag.iv(v, np.ones(2))
