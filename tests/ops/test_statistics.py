"""Medians, quantiles and averages: NumPy's values over many calls, PyTorch's gradients, ties, NaN and errors."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.kernels import statistics as kernels

METHODS = [*kernels.ALPHA_BETA, *kernels.WHOLE_RANKS, *kernels.HALF_RANKS]
QUANTILES = [0.0, 0.3, 0.5, 1, np.linspace(0, 1, 11), np.array([[0.1], [0.9]])]
nan = np.nan


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def with_nan(*shape):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    x[rng.random(shape) < 0.2] = nan
    return x


def same(found, expected):
    assert np.shape(found) == np.shape(expected)
    assert np.asarray(found).dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
def test_medians_are_numpys(dtype):
    for shape in [(), (1,), (7,), (5, 4), (3, 2, 2)]:
        x = np.asarray(numbers(*shape) * 9).astype(dtype)
        axes = [None, *range(-len(shape), len(shape)), *([(0, -1)] if len(shape) > 1 else [])]
        for axis, keepdims, name in itertools.product(axes, (False, True), ("median", "nanmedian")):
            same(getattr(ag, name)(x, axis, keepdims=keepdims), getattr(np, name)(x, axis, keepdims=keepdims))


@pytest.mark.filterwarnings("ignore:All-NaN slice")
@pytest.mark.parametrize("method", METHODS)
def test_quantiles_are_numpys_in_all_its_methods(method):
    for x in (numbers(7), numbers(5, 4).astype("f4"), with_nan(6, 3, 2), np.round(numbers(9, 2)), np.arange(6)):
        axes = [None, 0, -1, *([(0, -1)] if x.ndim > 1 else [])]
        for q, axis, keepdims in itertools.product(QUANTILES, axes, (False, True)):
            options = {"axis": axis, "keepdims": keepdims, "method": method}
            if np.ndim(q) < 2:  # NumPy's nanquantile puts the axes of q apart
                same(ag.nanquantile(x, q, **options), np.nanquantile(x, float(q) if np.ndim(q) == 0 else q, **options))
            same(ag.quantile(x, q, **options), np.quantile(x, float(q) if np.ndim(q) == 0 else q, **options))


def test_percentiles_are_quantiles():
    x = with_nan(5, 4)
    for q in (30, 30.0, [25, 75], np.array([0, 100])):
        for axis in (0, None):
            np.testing.assert_allclose(ag.percentile(x, q, axis), np.percentile(x, q, axis))
            np.testing.assert_allclose(ag.nanpercentile(x, q, axis), np.nanpercentile(x, q, axis))


def test_numbers_and_lists_of_python_do_not_promote():
    x = numbers(5).astype("f4")
    assert ag.quantile(x, 0.3).dtype == ag.quantile(x, [0.3, 0.4]).dtype == np.float32
    assert ag.quantile(x, np.array([0.3, 0.4])).dtype == np.float64


# -- gradients ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_quantiles_have_pytorchs_gradients(agrees_with_torch, method, axis):
    q = np.array([0.1, 0.35, 0.8])
    agrees_with_torch(
        lambda x: ag.quantile(x, q, axis, method=method),
        lambda torch, x: torch.quantile(x, torch.tensor(q), axis, interpolation=method),
        numbers(5, 4),
    )


def test_the_slope_in_q_is_pytorchs(agrees_with_torch):
    agrees_with_torch(
        lambda x, q: ag.quantile(x, q, 1),
        lambda torch, x, q: torch.quantile(x, q, 1),
        numbers(3, 6),
        numbers(3) ** 2 / 9,
    )


@pytest.mark.parametrize("method", list(kernels.ALPHA_BETA))
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_the_slope_in_q(name, method):
    x = numbers(3, 6)
    for q in (np.array([0.23, 0.57]), np.array(0.02), np.array(0.99)):
        ag.gradcheck(lambda x, q: getattr(ag, name)(x, q, 1, method=method), x, q, order=2)


def test_the_slope_in_q_in_float32_stays_there():
    x, q = (ag.tensor(v.astype("f4"), requires_grad=True) for v in (numbers(3, 6), np.array([0.23, 0.57])))
    for function in (ag.quantile, ag.nanquantile):
        out = function(x, q, 1)
        assert {out.dtype, *(g.dtype for g in ag.gradients(out.sum(), [x, q]))} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("x", "slope"),
    [
        ([3.0, 1, 2], [0, 0, 1]),
        ([3.0, 1, 2, 5], [0.5, 0, 0.5, 0]),
        ([2.0, 1, 2, 2, 3], [0, 0, 1, 0, 0]),  # of equal ones the second is in the middle
        ([2.0, 2, 1, 3], [0.5, 0.5, 0, 0]),
        ([2.0, 2], [0.5, 0.5]),
    ],
)
def test_the_gradient_of_a_median_goes_to_the_middle(x, slope):
    for function in (ag.median, ag.nanmedian):
        t = ag.tensor(np.array(x), requires_grad=True)
        function(t).backward()
        np.testing.assert_array_equal(t.grad.data, slope)


def test_nan_is_contagious_or_passed_over():
    x = np.array([[1.0, nan, 3.0, 2.0], [4.0, 1.0, 2.0, 3.0]])
    t = ag.tensor(x, requires_grad=True)
    out = ag.median(t, 1)
    np.testing.assert_array_equal(out.data, [nan, 2.5])
    out = ag.nanmedian(t, 1)
    np.testing.assert_array_equal(out.data, [2.0, 2.5])
    out.sum().backward()
    np.testing.assert_array_equal(t.grad.data, [[0, 0, 0, 1], [0, 0, 0.5, 0.5]])


def test_slices_of_nan_alone_are_nan_with_a_warning():
    x = np.array([[nan, nan], [1.0, 2.0]])
    for function in (ag.nanmedian, lambda x, axis: ag.nanquantile(x, 0.5, axis)):
        with pytest.warns(RuntimeWarning, match="All-NaN slice"):
            found = function(x, 1)
        np.testing.assert_array_equal(found, [nan, 1.5])


def test_a_tensor_of_quantiles_gives_a_tensor():
    for method in METHODS:
        q = ag.tensor(np.array(0.3), requires_grad=True)
        result = ag.quantile(numbers(4), q, method=method)
        assert isinstance(result, ag.Tensor)
        assert result.requires_grad is (method in kernels.ALPHA_BETA)


def test_infinite_numbers_have_a_median():
    assert ag.median(np.array([1.0, np.inf, np.inf])) == np.inf
    assert ag.median(np.array([-np.inf, -np.inf, 1.0, 1.0, 1.0])) == 1


@pytest.mark.parametrize("function", [ag.quantile, ag.nanquantile])
def test_infinite_numbers_have_quantiles(function):
    x = np.array([[-np.inf, 1.0, 2.0], [1.0, 2.0, np.inf], [np.inf, np.inf, np.inf]])
    found = function(x, [0, 0.25, 0.5, 0.75, 1], 1)
    inf = np.inf
    np.testing.assert_array_equal(found.T, [[-inf, -inf, 1, 1.5, 2], [1, 1.5, 2, inf, inf], [inf] * 5])
    t = ag.tensor(x, requires_grad=True)
    (g,) = ag.gradients(function(t, 0.25, 1), [t], [np.ones(3)])
    np.testing.assert_array_equal(g.data[:2], [[0.5, 0.5, 0], [0.5, 0.5, 0]])


# -- averages ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("axis", "shape"),
    [
        (None, None),
        (0, None),
        (None, (3, 4, 2)),
        (1, (3, 4, 2)),
        (1, (4,)),
        ((0, 2), (3, 2)),
        ((2, 0), (2, 3)),
        (-1, (2,)),
    ],
)
def test_averages_are_numpys(axis, shape):
    x, weights = numbers(3, 4, 2), None if shape is None else numbers(*shape, seed=1) ** 2
    for keepdims in (False, True):
        found = ag.average(x, axis, weights, True, keepdims=keepdims)
        for a, b in zip(found, np.average(x, axis, weights, True, keepdims=keepdims), strict=True):
            np.testing.assert_allclose(np.broadcast_to(a, b.shape), b)
        np.testing.assert_array_equal(ag.average(x, axis, weights, keepdims=keepdims), found[0])


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "i4"])
@pytest.mark.parametrize("weights", [None, np.array([1.0, 2.0, 0.5], "f4"), np.array([1, 2, 1])])
def test_sums_of_weights_are_numpys(weights, dtype):
    x = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    for given in (x, ag.tensor(x)):
        found = ag.average(given, 1, weights, True)
        for ours, numpys in zip(found, np.average(x, 1, weights, True), strict=True):
            assert type(ours) is type(given)
            assert ours.dtype == numpys.dtype
            np.testing.assert_allclose(core.raw(ours), numpys)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.quantile(numbers(3), 1.5), "quantile: q must lie between 0 and 1"),
        (lambda: ag.quantile(numbers(3), nan), "q must lie between 0 and 1"),
        (lambda: ag.percentile(numbers(3), [-1, 3]), "as percentages between 0 and 100"),
        (lambda: ag.quantile(numbers(3), 0.5, method="guess"), "'guess' is not known .* use one of .*weibull"),
        (lambda: ag.median(numbers(0)), "median: there is no element"),
        (lambda: ag.nanquantile(numbers(3, 0), 0.5, 1), "nanquantile: there is no element"),
        (lambda: ag.median(numbers(3), 1), "out of bounds"),
        (lambda: ag.average(numbers(3, 2), weights=numbers(3)), "average: weights must have x's shape"),
        (lambda: ag.average(numbers(3, 2), 0, numbers(2)), "or the lengths of `axis` alone"),
        (lambda: ag.average(numbers(2), weights=np.array([1.0, -1.0])), "add up to zero"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_complex_numbers_have_no_quantiles():
    for function in (ag.quantile, ag.nanquantile, ag.percentile, ag.nanpercentile):
        with pytest.raises(
            TypeError, match=f"{function.__name__}: complex numbers have no order .*; take quantiles of"
        ):
            function(numbers(3) * 1j, 0.5)
