"""Different elements: NumPy's values in all its forms, and where gradients go."""

import itertools

import numpy as np
import pytest

import autograd_lite as ag

X = np.array([[2.0, 1.0, 2.0], [1.0, np.nan, np.nan], [2.0, 1.0, 2.0]])


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("equal_nan", [False, True])
def test_values_are_numpys(axis, equal_nan):
    for flags in itertools.product((False, True), repeat=3):
        for x in (X, np.array([[3, 1, 3], [1, 0, 1]])):
            found = ag.unique(x, *flags, axis, equal_nan=equal_nan)
            expected = np.unique(x, *flags, axis, equal_nan=equal_nan)
            assert isinstance(found, tuple) is isinstance(expected, tuple)
            for a, b in zip(*(v if isinstance(v, tuple) else (v,) for v in (found, expected)), strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse", "unique_values"])
def test_parts_have_numpys_names(name):
    found, expected = getattr(ag, name)(X), getattr(np, name)(X)
    if name == "unique_values":
        found, expected = (found,), (np.sort(expected),)  # NumPy's have no order
    else:
        assert found._fields == expected._fields
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_gradient_goes_to_where_an_element_occurs_first():
    x = ag.tensor(X, requires_grad=True)
    values, counts = ag.unique(x, return_counts=True)
    (values * counts).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[4, 3, 0], [0, 2, 0], [0, 0, 0]])
    x = ag.tensor(X, requires_grad=True)
    ag.unique(x, axis=0).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[1, 1, 1], [1, 1, 1], [0, 0, 0]])
