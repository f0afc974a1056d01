"""Frames: fast paths against NumPy's own function and against the definition."""

import numpy as np
import pytest

from autograd_lite.kernels import padding

WIDTHS = [((0, 0), (0, 0)), ((1, 2), (3, 0)), ((7, 9), (0, 11)), ((0, 4), (5, 5))]


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("values", [np.zeros((2, 2)), np.full((2, 2), 1.5), np.full((2, 2), np.nan), numbers(2, 2)])
def test_constants_are_numpys_and_sums_over_the_frame_their_adjoint(widths, values):
    x = numbers(3, 2)
    padded = padding.pad_constant(x, widths, values)
    np.testing.assert_array_equal(padded, np.pad(x, widths, constant_values=values))
    g, numbered = (
        numbers(*padded.shape),
        padding.pad_constant(np.full((3, 2), -1.0), widths, np.arange(4.0).reshape(2, 2)),
    )
    sums = [[g[numbered == 2 * axis + side].sum() for side in (0, 1)] for axis in (0, 1)]
    np.testing.assert_allclose(padding.frame_sums(g, widths), sums, atol=1e-13)


@pytest.mark.parametrize("mode", ["edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("shape", [(3, 2), (1, 4), (5, 1), (2, 2)])
def test_runs_of_slices_add_up_to_the_definition(mode, widths, shape):
    g = numbers(*(n + sum(width) for n, width in zip(shape, widths, strict=True)))
    before = g.copy()
    expected = padding.unpad_repeated_reference(g, shape, widths, mode)
    np.testing.assert_allclose(padding.unpad_repeated(g, shape, widths, mode), expected, atol=1e-13)
    np.testing.assert_array_equal(g, before)
