"""Adjoints of repeating, against their definitions."""

import numpy as np
import pytest

from autograd_lite.kernels import shape as kernels


def numbers(*shape):
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize("counts", [(2, 0, 3), (0, 0, 4, 0), (1,), (0, 0), (), (0, 1, 1, 0, 2)])
@pytest.mark.parametrize("axis", [0, 1])
def test_sums_over_runs(counts, axis):
    g = numbers(sum(counts), 3) if axis == 0 else numbers(3, sum(counts))
    runs = np.split(g, np.cumsum(counts)[:-1], axis) if counts else []
    expected = np.stack([run.sum(axis) for run in runs], axis) if runs else np.zeros((0, 3) if axis == 0 else (3, 0))
    np.testing.assert_allclose(kernels.sum_runs(g, counts, axis), expected, atol=1e-14)


@pytest.mark.parametrize(
    ("shape", "axes", "widths"),
    [
        ((6,), (0,), (2,)),
        ((6,), (0,), (5,)),
        ((4, 5), (0, 1), (3, 2)),
        ((4, 5, 2), (2, 0), (1, 4)),
        ((7, 2), (0, 0), (3, 4)),
    ],
)
def test_windows_add_up_where_they_lie(shape, axes, widths):
    windows = numbers(*np.lib.stride_tricks.sliding_window_view(np.zeros(shape), widths, axes).shape)
    added = kernels.add_windows(windows, axes, widths)
    assert added.shape == shape
    np.testing.assert_allclose(added, kernels.add_windows_reference(windows, axes, widths), atol=1e-13)
