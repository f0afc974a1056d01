"""Reductions past NaN: NumPy's values, with gradients that are those of the rest alone."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

nan = np.nan
NAMES = ["nansum", "nanprod", "nanmean", "nanvar", "nanstd", "nanmax", "nanmin"]
WITHOUT = {name: name.removeprefix("nan") for name in [*NAMES, "nancumsum", "nancumprod"]}


def with_nan(*shape, dtype="f8"):
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal(shape) * 3).astype(dtype)
    x[rng.random(shape) < 0.3] = nan
    return x


@pytest.mark.filterwarnings(
    "ignore:Mean of empty", "ignore:Degrees of freedom", "ignore:All-NaN", "ignore:invalid value"
)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["f4", "f8", "c16", "i4"])
def test_values_are_numpys(name, dtype):
    for shape in [(5,), (3, 4), (4, 2, 3)]:
        x = np.nan_to_num(with_nan(*shape)).astype(dtype) if dtype == "i4" else with_nan(*shape, dtype=dtype)
        axes = [None, *range(-x.ndim, x.ndim), *([(0, -1)] if x.ndim > 1 else [])]
        for axis, keepdims in itertools.product(axes, (False, True)):
            found = getattr(ag, name)(x, axis, keepdims=keepdims)
            expected = getattr(np, name)(x, axis, keepdims=keepdims)
            assert (np.shape(found), found.dtype) == (np.shape(expected), expected.dtype)
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 if dtype == "f4" else 1e-14)


@pytest.mark.parametrize("name", ["nanargmax", "nanargmin"])
def test_positions_are_numpys(name):
    x = with_nan(3, 7)
    for axis, keepdims in itertools.product((None, 1), (False, True)):
        found = getattr(ag, name)(x, axis, keepdims=keepdims)
        np.testing.assert_array_equal(found, getattr(np, name)(x, axis, keepdims=keepdims))
    with pytest.raises(ValueError, match="All-NaN slice"):
        getattr(ag, name)(np.array([nan, nan]))


@pytest.mark.parametrize("name", list(WITHOUT))
def test_gradients_to_second_order_are_those_of_the_rest(name):
    """With ties and zeros among the numbers: nothing of the NaN may reach them."""
    x = np.array([2.0, nan, 0.0, -1.0, nan, 2.0, 0.0])
    rest = np.flatnonzero(~np.isnan(x))
    found = derivatives(getattr(ag, name), x)
    expected = derivatives(getattr(ag, WITHOUT[name]), x[rest])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a[rest], b, atol=1e-15)
        np.testing.assert_array_equal(np.delete(a, rest), 0)


def derivatives(function, x):
    """First and second ones of the last element; weights are the numbers' own values, 0 for NaN."""
    t = ag.tensor(x, requires_grad=True)
    out = function(t)
    (first,) = ag.gradients(out[-1] ** 2 if out.ndim else out**2, t, create_graph=True)
    (second,) = ag.gradients((first * np.nan_to_num(x) ** 3).sum(), t)
    return first.data, second.data


@pytest.mark.parametrize("name", ["nansum", "nanprod"])
def test_all_nan_is_the_empty_sum_or_product(name):
    x = ag.tensor(np.full((2, 3), nan), requires_grad=True)
    out = getattr(ag, name)(x, 1)
    out.sum().backward()
    np.testing.assert_array_equal(out.data, 0.0 if name == "nansum" else 1.0)
    np.testing.assert_array_equal(x.grad.data, 0)


@pytest.mark.parametrize("name", ["nanmean", "nanvar", "nanstd", "nanmax", "nanmin"])
def test_all_nan_has_no_mean_nor_extreme(name):
    x = ag.tensor(np.array([[nan, nan], [1.0, 2.0]]), requires_grad=True)
    with pytest.warns(RuntimeWarning):
        out = getattr(ag, name)(x, 1)
    assert np.isnan(out.data[0])
    (g,) = ag.gradients(out[1], x)
    assert np.isfinite(g.data[1]).all()
