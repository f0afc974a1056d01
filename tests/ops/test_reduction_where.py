"""Reductions of some of the elements against NumPy's where= and initial=."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.reduction_where import NAN_NAMES, reduced

NAMES = ["sum", "prod", "max", "min", "mean", "var", "std", "any", "all"]
WITH_INITIAL = ("sum", "prod", "max", "min")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def masks(shape):
    rng = np.random.default_rng(1)
    return [None, rng.random(shape) < 0.6, rng.random(shape[-1:]) < 0.6, np.zeros(shape, bool)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["f4", "f8", "i4"])
@pytest.mark.parametrize("name", NAMES)
def test_values_are_numpys(name, dtype):
    x = np.round(numbers(3, 4, 2) * 3).astype(dtype)
    for where, initial, axis, keepdims in itertools.product(
        masks(x.shape), (None, 2) if name in WITH_INITIAL else (None,), (None, 0, -1, (0, 2)), (False, True)
    ):
        if name in ("max", "min") and initial is None and where is not None:
            continue
        options = {} if where is None else {"where": where}
        options |= {} if initial is None else {"initial": initial}
        found = reduced(name, x, axis, keepdims=keepdims, **options)
        expected = getattr(np, name)(x, axis, keepdims=keepdims, **options)
        assert (np.shape(found), found.dtype) == (np.shape(expected), expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", NAN_NAMES)
def test_nan_does_not_count_where_numpys_does_not(name):
    x = numbers(3, 4, 2)
    x[numbers(3, 4, 2, seed=2) > 0.8] = np.nan
    for where, axis, keepdims in itertools.product(masks(x.shape)[1:], (None, 0, -1, (0, 2)), (False, True)):
        options = {"where": where, "keepdims": keepdims} | ({"initial": 0.3} if name[3:] in WITH_INITIAL else {})
        found, expected = reduced(name, x, axis, **options), getattr(np, name)(x, axis, **options)
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        assert np.shape(found) == np.shape(expected)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("any", "all")])
def test_gradients(name):
    x, where = numbers(3, 4), masks((3, 4))[1]
    where[:, :2] = True
    initial = {"initial": -9.0 if name == "max" else 9.0} if name in WITH_INITIAL else {}
    correction = {"correction": 1} if name in ("var", "std") else {}
    ag.gradcheck(lambda x: reduced(name, x, 1, where=where, **initial, **correction), x, order=2)


def test_an_initial_number_stands_in_for_nothing():
    assert reduced("max", np.zeros((0,)), initial=-1.0) == -1
    np.testing.assert_array_equal(reduced("min", np.zeros((2, 0)), 1, initial=3.0), [3, 3])
    with pytest.raises(ValueError, match="pass initial="):
        reduced("max", numbers(3), where=np.array([True, False, True]))
