"""Interpolation between points and unwrapped angles: NumPy's values, gradients at and beyond the points, errors."""

import numpy as np
import pytest

import autograd_lite as ag

XP, FP = np.array([-1.0, 0.5, 0.75, 2.0]), np.array([3.0, -1.0, 4.0, 0.5])
X = np.array([[-2.0, -1.0, -0.3, 0.5], [0.6, 2.0, 2.5, np.nan]])


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"left": 7.0}, {"right": -7.0}, {"left": 7.0, "right": -7.0}, {"period": 2.5}, {"period": -1.3}],
)
@pytest.mark.parametrize("fp", [FP, FP * (1 - 2j), FP.astype(int)])
def test_interpolation_gives_what_numpy_gives(fp, kwargs):
    expected = np.interp(X, XP, fp, **kwargs)
    np.testing.assert_allclose(ag.interp(X, XP, fp, **kwargs), expected, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(np.interp(ag.Tensor(X), XP, fp, **kwargs).data, expected, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("x", [0.3, 0, [0.5, 1.0], np.float32(0.25)])
def test_interpolation_of_numbers_and_between_one_or_equal_points(x):
    np.testing.assert_allclose(ag.interp(x, [0.5], [3.0], 1.0, 2.0), np.interp(x, [0.5], [3.0], 1.0, 2.0))
    np.testing.assert_allclose(ag.interp(x, [0.0, 0.5, 0.5], [1.0, 2.0, 3.0]), np.interp(x, [0, 0.5, 0.5], [1, 2, 3]))


def test_gradients_of_interpolation_at_points_and_beyond():
    x = ag.tensor([-2.0, -1.0, 0.5, 0.6, 2.0, 2.5], requires_grad=True, dtype=np.float64)
    fp = ag.tensor(FP, requires_grad=True)
    for_x, for_fp = ag.gradients(ag.interp(x, XP, fp).sum(), [x, fp])
    slopes = np.diff(FP) / np.diff(XP)
    np.testing.assert_allclose(for_x.data, [0, slopes[0], slopes[1], slopes[1], slopes[2], 0])
    np.testing.assert_allclose(for_fp.data, [2, 1.6, 0.4, 2])


@pytest.mark.parametrize(
    ("xp", "fp", "period", "message"),
    [
        ([0.0, 2.0, 1.0], [1.0, 2.0, 3.0], None, "xp must increase .*; sort the points"),
        ([0.0, 1.0], [1.0, 2.0, 3.0], None, "the same length"),
        ([[0.0, 1.0]], [[1.0, 2.0]], None, "one axis"),
        ([], [], None, "at least 1"),
        ([0.0, 1.0], [1.0, 2.0], 0, "a period of 0"),
    ],
)
def test_points_that_cannot_be_used(xp, fp, period, message):
    with pytest.raises(ValueError, match=f"interp: .*{message}"):
        ag.interp(ag.tensor([0.5]), xp, fp, period=period)


@pytest.mark.parametrize(("x", "xp"), [(0.5j, [0.0, 1.0]), (0.5, [0.0, 1.0j])])
def test_complex_numbers_have_no_place_between_points(x, xp):
    with pytest.raises(TypeError, match="interp: complex numbers have no order"):
        ag.interp(ag.tensor(x), xp, [1.0, 2.0])


def test_unwrapped_angles_move_with_the_wrapped_ones():
    x = ag.tensor([0.0, 3.0, -3.0, 0.5], requires_grad=True, dtype=np.float64)
    y = ag.unwrap(x)
    np.testing.assert_array_equal(y.data, np.unwrap(x.data))
    np.testing.assert_array_equal(ag.gradients(y.sum(), x)[0].data, 1)
