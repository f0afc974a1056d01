"""Reused memory: one block for each thread, of bounded size."""

from threading import Thread

import numpy as np

from autograd_lite.kernels import conv
from autograd_lite.kernels.windows import Windows
from autograd_lite.kernels.workspace import LIMIT, workspace


def test_memory_is_reused_and_grows():
    first = workspace((3, 4), np.float32)
    assert first.shape == (3, 4)
    assert first.dtype == np.float32
    assert np.shares_memory(first, workspace((2,), np.float64))
    assert workspace((0, 3), np.float64).shape == (0, 3)
    larger = workspace((first.base.size, 2), np.uint8)
    assert np.shares_memory(larger, workspace((1,), np.uint8))


def test_what_is_too_large_is_not_kept():
    large = workspace((LIMIT + 1,), np.uint8)
    assert not np.shares_memory(large, workspace((8,), np.uint8))


def test_slots_are_apart():
    first, second = workspace((8,), np.float32), workspace((8,), np.float32, slot=1)
    assert not np.shares_memory(first, second)
    assert np.shares_memory(second, workspace((4,), np.float64, slot=1))


def test_each_thread_has_its_own():
    other = []
    thread = Thread(target=lambda: other.append(workspace((8,), np.uint8)))
    thread.start()
    thread.join()
    assert not np.shares_memory(other[0], workspace((8,), np.uint8))


def test_results_of_kernels_are_not_in_it():
    rng = np.random.default_rng(0)
    x, weight, windows = rng.standard_normal((2, 3, 6, 6)), rng.standard_normal((4, 3, 3, 3)), Windows.of((3, 3))
    y = conv.correlate(x, weight, windows)
    results = [y, conv.transposed(y, weight, windows), conv.filter_gradient(x, y, windows)]
    kept = workspace((LIMIT,), np.uint8)
    assert not any(np.shares_memory(result, kept) for result in results)
    before = [result.copy() for result in results]
    conv.correlate(-x, weight, windows)
    assert all(np.array_equal(a, b) for a, b in zip(results, before, strict=True))
