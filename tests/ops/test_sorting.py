"""Sorting: which of equal elements is chosen, NaN, NumPy's values and PyTorch's gradients."""

import numpy as np
import pytest

import autograd_lite as ag

nan = np.nan


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("x", [numbers(4, 6), np.round(numbers(4, 6)), np.arange(24).reshape(4, 6) % 5, numbers(24)])
def test_values_are_numpys(x):
    for axis in (None, *range(-x.ndim, x.ndim)):
        np.testing.assert_array_equal(ag.sort(x, axis), np.sort(x, axis))
        np.testing.assert_array_equal(ag.argsort(x, axis), np.argsort(x, axis, stable=True))
        np.testing.assert_array_equal(ag.sort(x, axis, descending=True), np.flip(np.sort(x, axis), axis))
        found, expected = ag.partition(x, (1, 3), axis), np.sort(x, axis)
        for rank in (1, 3):
            np.testing.assert_array_equal(*(np.take(v, rank, axis) for v in (found, expected)))
        np.testing.assert_array_equal(np.sort(found, axis), expected)
        np.testing.assert_array_equal(found, np.take_along_axis(x, ag.argpartition(x, (1, 3), axis), axis))


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("flag", [False, True])
def test_gradients_are_pytorchs(agrees_with_torch, axis, flag):
    x = numbers(4, 5)
    agrees_with_torch(
        lambda x: ag.sort(x, axis, descending=flag), lambda torch, x: torch.sort(x, axis, descending=flag)[0], x
    )
    agrees_with_torch(
        lambda x: ag.topk(x, 3, axis, largest=flag), lambda torch, x: torch.topk(x, 3, axis, largest=flag), x
    )
    agrees_with_torch(
        lambda x: ag.kthvalue(x, 2, axis, keepdims=flag), lambda torch, x: torch.kthvalue(x, 2, axis, keepdim=flag), x
    )


@pytest.mark.parametrize(
    ("choose", "slope"),
    [
        (lambda x: ag.sort(x)[1], [0, 0, 1, 0, 0]),  # [1, 1, 2, 2, 2]: places 1, 2 of x, then 0, 3, 4
        (lambda x: ag.sort(x)[2], [1, 0, 0, 0, 0]),
        (lambda x: ag.sort(x, descending=True)[1], [0, 0, 0, 1, 0]),
        (lambda x: ag.topk(x, 2)[0], [1, 0, 0, 1, 0]),
        (lambda x: ag.topk(x, 3, largest=False)[0], [1, 1, 1, 0, 0]),
        (lambda x: ag.kthvalue(x, 4)[0], [0, 0, 0, 1, 0]),
        (lambda x: ag.kthvalue(x, 2)[0], [0, 0, 1, 0, 0]),
    ],
)
def test_of_equal_elements_the_first_comes_first(choose, slope):
    x = ag.tensor(np.array([2.0, 1, 1, 2, 2]), requires_grad=True)
    choose(x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, slope)


def test_nan_counts_as_the_largest():
    x = np.array([1.0, nan, 0.5])
    np.testing.assert_array_equal(ag.sort(x), [0.5, 1, nan])
    np.testing.assert_array_equal(ag.topk(x, 2)[0], [nan, 1])
    np.testing.assert_array_equal(ag.topk(x, 2, largest=False)[0], [0.5, 1])
    values, indices = ag.kthvalue(x, 3)
    assert (np.isnan(values), indices) == (True, 1)


def test_topk_that_is_not_sorted_keeps_the_order():
    x = np.array([3.0, 9, 1, 7, 5])
    values, indices = ag.topk(x, 3, sorted=False)
    np.testing.assert_array_equal(values, [9, 7, 5])
    np.testing.assert_array_equal(indices, [1, 3, 4])
    assert ag.topk(x, 0)[0].shape == (0,)


def test_places_in_order_are_numpys():
    edges, x = np.sort(numbers(6)), numbers(3, 4, seed=1)
    for side in ("left", "right"):
        np.testing.assert_array_equal(ag.searchsorted(edges, x, side), np.searchsorted(edges, x, side))
        np.testing.assert_array_equal(
            np.digitize(ag.Tensor(x), edges, side == "right").data, np.digitize(x, edges, side == "right")
        )
    keys = [np.array([2, 1, 2, 1]), np.array([1, 1, 0, 0])]
    np.testing.assert_array_equal(ag.lexsort(keys), np.lexsort(keys))
    np.testing.assert_array_equal(ag.lexsort(ag.Tensor(np.stack(keys))).data, np.lexsort(keys))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ag.topk(numbers(3), 4), "^topk: k is 4, the axis has 3 elements"),
        (lambda: ag.topk(numbers(3), -1), "k runs from 0 to 3"),
        (lambda: ag.kthvalue(numbers(3), 0), "^kthvalue: k is 0, the axis has 3 elements"),
        (lambda: ag.sort(numbers(3), 1), "out of bounds"),
        (lambda: ag.partition(numbers(3), 5), "out of bounds"),
        (lambda: ag.searchsorted(numbers(3), 0.5, "middle"), "side"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
