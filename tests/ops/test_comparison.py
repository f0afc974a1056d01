"""Comparisons: Python's bools, no history, errors."""

import numpy as np
import pytest

import autograd_lite as ag


def test_whether_all_is_equal_or_close_is_a_bool_of_pythons():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert ag.allclose(x, [1.0, 2.0 + 1e-7]) is True
    assert ag.allclose(x, np.array([1.0, 2.1])) is False
    assert ag.allclose([np.nan], ag.tensor([np.nan]), equal_nan=True) is True
    assert ag.allclose(x, 1.0, rtol=0.0, atol=1.0) is True
    assert ag.array_equal(x, [1.0, 2.0]) is True
    assert ag.array_equal(x, [1.0]) is False
    assert ag.array_equal([np.nan], [np.nan]) is False
    assert ag.array_equal([np.nan], [np.nan], equal_nan=True) is True


def test_arrays_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="isclose: the shapes do not broadcast"):
        ag.allclose(np.ones(3), np.ones(2))


@pytest.mark.parametrize("name", ["isnan", "isfinite", "isposinf", "signbit", "logical_not"])
def test_predicates_have_no_history(name):
    found = getattr(ag, name)(ag.tensor([1.0, np.inf], requires_grad=True))
    assert isinstance(found, ag.Tensor)
    assert (found.requires_grad, found.dtype) == (False, bool)


@pytest.mark.parametrize("name", ["bitwise_and", "left_shift", "gcd"])
def test_bits_of_floating_point_numbers_are_refused(name):
    with pytest.raises(TypeError, match=f"{name}: "):
        getattr(ag, name)(ag.tensor([1.0]), ag.tensor([2.0]))
