"""Reductions: NumPy's values over many calls, PyTorch's gradients, ties, zero spread and numbers that are none."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import registry
from autograd_lite.kernels import reduction as kernels

SHAPES = [(), (1,), (5,), (3, 4), (2, 1, 3), (4, 2, 3)]
REDUCTIONS = ["sum", "prod", "mean", "var", "std", "max", "min", "ptp", "any", "all", "count_nonzero"]


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def axes_of(ndim):
    """None, each axis from both ends, the first and the last as a pair, and none of them."""
    return [None, *range(-ndim, ndim), (), *([(0, -1)] if ndim > 1 else [])]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "u1", "?", "c16"])
def test_values_are_numpys(name, dtype):
    if (name, dtype) == ("ptp", "?"):
        return  # NumPy has no difference of booleans
    for shape in SHAPES:
        x = np.asarray(numbers(*shape) * 3 + 1).astype(dtype)
        for axis, keepdims in itertools.product(axes_of(x.ndim), (False, True)):
            expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            for found in (getattr(ag, name)(x, axis, keepdims=keepdims), getattr(np, name)(ag.Tensor(x), axis)):
                assert found.dtype == expected.dtype
            found = getattr(ag, name)(x, axis, keepdims=keepdims)
            assert np.shape(found) == np.shape(expected)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 if dtype == "f4" else 1e-14)


@pytest.mark.parametrize("axis", [None, 1])
def test_means_in_half_precision_do_not_overflow(axis):
    x = ag.tensor(np.full((2, 50), 2000, np.float16))
    np.testing.assert_array_equal(ag.mean(x, axis).data, np.mean(x.data, axis))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_positions_are_numpys(name):
    for shape in SHAPES:
        x = np.round(numbers(*shape))
        for axis, keepdims in itertools.product([None, *range(x.ndim)], (False, True)):
            expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
            np.testing.assert_array_equal(getattr(ag, name)(x, axis, keepdims=keepdims), expected)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2)])
@pytest.mark.parametrize("name", ["sum", "mean", "amax", "amin", "logsumexp", "var", "std"])
@pytest.mark.parametrize("values", [numbers(3, 4, 2), np.round(numbers(3, 4, 2) * 2)], ids=["distinct", "ties"])
def test_gradients_are_pytorchs(agrees_with_torch, name, axis, values):
    def theirs(torch, x):
        dims = tuple(range(3)) if axis is None else axis
        return getattr(torch, name)(x, dims, **({"correction": 1} if name in ("var", "std") else {}))

    ours = getattr(ag, name.removeprefix("a"))
    correction = {"correction": 1} if name in ("var", "std") else {}
    agrees_with_torch(lambda x: ours(x, axis, **correction), theirs, values)


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "var", "std"])
def test_complex_gradients_are_pytorchs(agrees_with_torch, name):
    x = numbers(3, 4) + 1j * numbers(3, 4, seed=1)
    correction = {"correction": 1} if name in ("var", "std") else {}
    agrees_with_torch(
        lambda x: getattr(ag, name)(x, 1, **correction), lambda torch, x: getattr(torch, name)(x, 1, **correction), x
    )


def test_ddof_is_numpys_name_for_the_correction():
    x = numbers(3, 4)
    for name in ("var", "std", "nanvar", "nanstd"):
        found = getattr(np, name)(ag.Tensor(x), axis=0, ddof=1)
        np.testing.assert_allclose(found.data, getattr(np, name)(x, axis=0, ddof=1))


# -- spread ------------------------------------------------------------------------------------------------------


def test_the_gradient_of_no_spread_is_zero_to_second_order():
    for function in (ag.std, ag.nanstd):
        x = ag.tensor(np.full((2, 3), 0.5) + np.array([[0], [1]]) * np.arange(3), requires_grad=True)
        (first,) = ag.gradients(function(x, 1, correction=1).sum(), x, create_graph=True)
        (second,) = ag.gradients((first * np.arange(6.0).reshape(2, 3)).sum(), x)
        np.testing.assert_array_equal(first.data[0], 0)
        np.testing.assert_array_equal(second.data[0], 0)
        assert (first.data[1] != 0).any()


@pytest.mark.filterwarnings("ignore:Degrees of freedom", "ignore:invalid value")
def test_the_spread_of_one_number_is_undefined_with_a_correction():
    for function in (ag.var, ag.std):
        x = ag.tensor(np.ones((2, 1)), requires_grad=True)
        out = function(x, 1, correction=1)
        (g,) = ag.gradients(out.sum(), x)
        assert np.isnan(out.data).all()
        assert np.isnan(g.data).all()


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_variance_in_one_product_is_numpys(order):
    x = numbers(3, 4, 5).transpose(order)
    for axis, keepdims, correction in itertools.product((None, -1, 2, 0, (1, 2)), (False, True), (0, 1, 0.5, 7)):
        if correction < kernels.count(x.shape, axis):
            found = kernels.var(x, axis, correction, keepdims)
            expected = kernels.var_reference(x, axis, correction, keepdims)
            assert np.shape(found) == np.shape(expected)
            np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_the_variance_of_many_numbers_in_float32():
    x = (numbers(1 << 20) + 3).astype("f4")
    assert abs(ag.var(x) / np.var(x.astype("f8")) - 1) < 1e-6


# -- logarithms of sums, traces ----------------------------------------------------------------------------------


def test_logsumexp_of_integers_and_infinities():
    np.testing.assert_allclose(ag.logsumexp(np.arange(3)), np.log(np.exp(np.arange(3)).sum()))
    assert ag.logsumexp(np.full(3, -np.inf)) == -np.inf
    assert ag.logsumexp(np.array([np.inf, 1.0])) == np.inf
    np.testing.assert_allclose(ag.logsumexp(np.array([1000.0, 1000.0])), 1000 + np.log(2))


@pytest.mark.parametrize("arguments", [{}, {"offset": 1}, {"offset": -2, "axis1": 2}, {"axis1": -1, "axis2": 0}])
def test_traces(arguments):
    x = numbers(3, 2, 4) + 1j * numbers(3, 2, 4, seed=1)
    np.testing.assert_allclose(ag.trace(x, **arguments), np.trace(x, **arguments))
    found = np.trace(ag.Tensor(x), **arguments)
    assert isinstance(found, ag.Tensor)
    np.testing.assert_allclose(found.data, np.trace(x, **arguments))


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*REDUCTIONS, "logsumexp"])
def test_axes_that_do_not_exist(name):
    for axis in (2, -3, (0, 2), (0, 0)):
        with pytest.raises(ValueError, match="axis"):
            registry[name].function(numbers(2, 3), axis)


@pytest.mark.parametrize("name", ["max", "min", "ptp", "argmax"])
def test_nothing_has_no_extreme(name):
    with pytest.raises(ValueError, match="empty"):
        getattr(ag, name)(np.zeros((0, 3)), 0)
