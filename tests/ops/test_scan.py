"""Scans at zeros, infinities and ties, and against NumPy and PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.scan import exclusive_prod, linear_recurrence

inf, nan = np.inf, np.nan


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def with_zeros(places, n=5):
    x = numbers(n)
    x[list(places)] = 0
    return x


ZEROS = [(), (2,), (0,), (4,), (1, 3), (0, 1), (0, 2, 4), (0, 1, 2, 3, 4)]


@pytest.mark.parametrize("zeros", ZEROS)
@pytest.mark.parametrize("scan", [ag.cumprod, ag.prod, ag.nanprod, ag.nancumprod, exclusive_prod])
def test_products_are_exact_at_zeros(scan, zeros):
    """Finite differences to second order; the third against a product that is written out."""
    x = with_zeros(zeros)
    ag.gradcheck(scan, x, order=2)


@pytest.mark.parametrize("zeros", ZEROS)
def test_third_derivatives_of_products_are_exact_at_zeros(zeros):
    def third(product):
        x = ag.tensor(with_zeros(zeros), requires_grad=True)
        y = product(x)
        for order in range(3):
            (y,) = ag.gradients((y * np.cos(np.arange(y.size) + order)).sum(), x, create_graph=True)
        return y.data

    def written_out(x):
        products = [x[0]]
        for i in range(1, 5):
            products.append(products[-1] * x[i])
        return ag.stack(products)

    np.testing.assert_allclose(third(ag.cumprod), third(written_out), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(third(lambda x: ag.prod(x)[None]), third(lambda x: written_out(x)[-1:]), atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 2), None])
def test_products_over_several_axes_agree_with_pytorch_at_zeros(agrees_with_torch, axis):
    x = numbers(2, 3, 2)
    x[0, 1, 0] = x[0, 2, 1] = x[1, 0, 1] = 0

    def theirs(torch, x):
        if isinstance(axis, tuple):
            return x.transpose(0, 1).reshape(3, 4).prod(1)
        return torch.prod(x) if axis is None else torch.prod(x, axis)

    agrees_with_torch(lambda x: ag.prod(x, axis), theirs, x)


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp"])
def test_scans_agree_with_pytorch(agrees_with_torch, name, axis, zeros):
    x = numbers(3, 5)
    x[1, 2] = x[0, 3] = x[0, 4] = 0 if zeros else 300
    agrees_with_torch(lambda x: getattr(ag, name)(x, axis), lambda torch, x: getattr(torch, name)(x, axis), x)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("name", ["cummax", "cummin"])
def test_running_extremes_agree_with_pytorch(agrees_with_torch, name, axis):
    x = numbers(3, 5)
    agrees_with_torch(lambda x: getattr(ag, name)(x, axis), lambda torch, x: getattr(torch, name)(x, axis), x)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (4,), (3, 4), (2, 0, 3)])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "c16", "?"])
def test_values_are_numpys(shape, dtype):
    x = np.asarray(numbers(*shape) * 3).astype(dtype)
    for name in ("cumsum", "cumprod", "nancumsum", "nancumprod"):
        for axis in (None, *range(-len(shape), len(shape))):
            found, expected = getattr(ag, name)(x, axis), getattr(np, name)(x, axis)
            assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    for name in ("cumulative_sum", "cumulative_prod"):
        axes = range(len(shape)) if shape else [None]
        for axis, initial in [(axis, initial) for axis in axes for initial in (False, True)]:
            found = getattr(ag, name)(x, axis=axis, include_initial=initial)
            np.testing.assert_allclose(found, getattr(np, name)(x, axis=axis, include_initial=initial), rtol=1e-6)


def test_what_overflows_behind_does_not_reach_the_gradient_of_what_comes_before():
    x = ag.tensor(np.full(2000, 10.0, "f4"), requires_grad=True)
    with np.errstate(over="ignore"):
        (g,) = ag.gradients(ag.cumprod(x, 0)[:3].sum(), x)
    np.testing.assert_array_equal(g.data[:4], [111, 110, 100, 0])
    assert not g.data[3:].any()


# -- running extremes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "indices"),
    [([1.0, 3, 2, 3, 4], [0, 1, 1, 1, 4]), ([2.0, 2, 2], [0, 0, 0]), ([1.0, nan, 5, nan], [0, 1, 1, 1])],
)
def test_running_extremes_take_the_first_of_equals(x, indices):
    values, found = ag.cummax(np.array(x))
    np.testing.assert_array_equal(found, indices)
    np.testing.assert_array_equal(values, np.maximum.accumulate(x))
    values, found = ag.cummin(-np.array(x))
    np.testing.assert_array_equal(found, indices)
    np.testing.assert_array_equal(values, np.minimum.accumulate(-np.array(x)))


def test_the_gradient_of_a_running_extreme_goes_to_the_first_of_equals():
    x = ag.tensor(np.array([1.0, 3, 2, 3, 4]), requires_grad=True)
    ag.cummax(x)[0].sum().backward()
    np.testing.assert_array_equal(x.grad.data, [1, 3, 0, 0, 1])


# -- logarithms of sums ------------------------------------------------------------------------------------------


def test_logcumsumexp_neither_overflows_nor_loses_small_terms():
    x = np.array([1000.0, 1000.0, -1000.0])
    np.testing.assert_allclose(ag.logcumsumexp(x), [1000, 1000 + np.log(2), 1000 + np.log(2)])
    (g,) = ag.gradients(ag.logcumsumexp(t := ag.tensor(x, requires_grad=True))[1], t)
    np.testing.assert_allclose(g.data, [0.5, 0.5, 0])


@pytest.mark.parametrize("x", [[-inf, -inf, 0.5, -inf, 1.0], [-inf] * 3, [0.5, -inf, 1.5]])
def test_impossible_terms_have_gradient_zero_to_second_order(x):
    x = np.array(x)
    possible = np.flatnonzero(np.isfinite(x))
    for function in (ag.logcumsumexp, ag.logsumexp):
        t = ag.tensor(x, requires_grad=True)
        (first,) = ag.gradients(function(t).sum(), t, create_graph=True)
        (second,) = ag.gradients((first * np.arange(len(x))).sum(), t)
        for g in (first.data, second.data):
            assert np.isfinite(g).all()
            assert (np.delete(g, possible) == 0).all()
        if len(possible):
            small = ag.tensor(x[possible], requires_grad=True)
            repeats = np.bincount(np.searchsorted(possible, np.arange(possible[0], len(x)), "right") - 1)
            expected = function(small) * repeats if function is ag.logcumsumexp else function(small)
            (g,) = ag.gradients(expected.sum(), small)
            np.testing.assert_allclose(first.data[possible], g.data)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: linear_recurrence(numbers(3), numbers(3)), ValueError, "one shorter than b"),
        (lambda: ag.cumulative_sum(numbers(2, 2)), ValueError, "cumulative_sum: .* pass axis="),
        (lambda: ag.cumsum(numbers(2), 3), ValueError, "out of bounds"),
        (lambda: ag.cummax(numbers(2), 3), ValueError, "out of bounds"),
        (lambda: ag.cummin(np.array(1.0)), ValueError, "a 0-d array has no axis to go along"),
        (lambda: ag.logcumsumexp(3.0), ValueError, "logcumsumexp: a 0-d array has no axis"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
