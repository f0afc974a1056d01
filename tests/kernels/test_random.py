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


# -- positions by weight -----------------------------------------------------------------------------------------


def test_positions_are_drawn_as_often_as_their_weights_say():
    weights = np.array([[1.0, 0.0, 3.0, 4.0], [0.0, 2.0, 2.0, 0.0]])
    drawn = kernels.draw_again(np.random.default_rng(0), weights, 40_000)
    for row, expected in zip(drawn, weights / weights.sum(-1, keepdims=True), strict=True):
        found = np.bincount(row, minlength=4) / 40_000
        np.testing.assert_allclose(found, expected, atol=0.01)
        assert not found[expected == 0].any()


def test_without_repeating_the_first_and_the_second_are_drawn_as_often_as_they_should():
    w = np.array([1.0, 2.0, 5.0, 0.0]) / 8
    drawn = kernels.draw_once(np.random.default_rng(0), np.broadcast_to(w, (40_000, 4)), 2)
    assert (drawn[:, 0] != drawn[:, 1]).all()
    np.testing.assert_allclose(np.bincount(drawn[:, 0], minlength=4) / 40_000, w, atol=0.01)
    second = [sum(w[j] * w[i] / (1 - w[j]) for j in range(3) if j != i) for i in range(4)]
    np.testing.assert_allclose(np.bincount(drawn[:, 1], minlength=4) / 40_000, second, atol=0.01)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_so_many_positions_as_are_asked_for(number):
    for draw in (kernels.draw_once, kernels.draw_again):
        for shape in ((3,), (2, 3), (0, 3)):
            assert draw(np.random.default_rng(0), np.ones(shape), number).shape == (*shape[:-1], number)
