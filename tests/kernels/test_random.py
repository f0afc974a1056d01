"""Random masks, and dropping by bits against a choice."""

import numpy as np
import pytest

from autograd_lite.kernels import random as kernels
from autograd_lite.kernels import threads


@pytest.mark.parametrize("p", [0.0, 0.001, 0.1, 0.5, 127.5 / 256, 0.9, 0.9999, 1.0])
def test_probabilities_between_the_bytes(p):
    """Neither a multiple of 1/256 nor one near 0 is rounded."""
    drawn = kernels.bernoulli(np.random.default_rng(0), p, (1000, 1001))
    assert abs(drawn.mean() - p) <= 4 * np.sqrt(p * (1 - p) / 1e6)


def test_masks_are_reproducible_and_neighbours_independent():
    first, second = (kernels.bernoulli(np.random.default_rng(3), 0.3, (999_999,)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    for distance in (1, 2, 8):
        both = (first[distance:] & first[:-distance]).mean()
        assert both == pytest.approx(0.09, abs=0.002)


@pytest.mark.parametrize("blocks", ["large", "small", "two threads"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (5, 7), (33, 4, 3)])
def test_masked_is_a_choice(shape, dtype, blocks, monkeypatch):
    if blocks != "large":
        monkeypatch.setattr(kernels, "BLOCK", 16)
    if blocks == "two threads":
        monkeypatch.setattr(threads, "get_num_threads", lambda: 2)
        monkeypatch.setattr(kernels, "SECONDS", 1.0)
    rng = np.random.default_rng(0)
    x, mask = np.asarray(rng.standard_normal(shape)).astype(dtype), np.asarray(rng.random(shape)) < 0.5
    out = kernels.masked(x, mask, 1.25)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, kernels.masked_reference(x, mask, 1.25), rtol=1e-3 if dtype == "float16" else 1e-6)


def test_any_order_of_memory():
    rng = np.random.default_rng(0)
    x, mask = rng.standard_normal((4, 5, 6)), rng.random((4, 5, 6)) < 0.5
    for view in (x.transpose(2, 0, 1), x[::2, ::-1, 1::2], np.broadcast_to(x[:1], x.shape)):
        kept = mask.reshape(-1)[: view.size].reshape(view.shape)
        np.testing.assert_array_equal(kernels.masked(view, kept, 2.0), np.where(kept, view * 2, 0))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_dropped_is_0_even_if_it_was_infinite(dtype):
    x = np.array([np.inf, -np.inf, np.nan, 1.0], dtype)
    assert kernels.masked(x, np.zeros(4, bool), 2.0).tolist() == [0, 0, 0, 0]
    assert kernels.masked(x, np.zeros(4, bool), 0.0).tolist() == [0, 0, 0, 0]
    np.testing.assert_array_equal(kernels.masked(x, np.ones(4, bool), 2.0), [np.inf, -np.inf, np.nan, 2])
