"""The pooling kernels against NumPy's reductions over the windows, laid out one by one."""

import numpy as np
import pytest

from autograd_lite.kernels import pooling, threads
from autograd_lite.kernels.windows import Windows

CASES = {
    "halves": ((2, 3, 6, 4), Windows.of((2, 2), (2, 2))),
    "odd image": ((2, 3, 7, 5), Windows.of((2, 2), (2, 2))),
    "no image": ((0, 3, 6, 4), Windows.of((2, 2), (2, 2))),
    "one channel": ((1, 1, 5, 5), Windows.of((3, 3), (1, 1))),
    "overlapping": ((2, 3, 7, 6), Windows.of((3, 2), (2, 1))),
    "padding": ((2, 3, 7, 6), Windows.of((3, 2), (2, 2), ((1, 1), (1, 1)))),
    "kernel larger than the image": ((2, 3, 2, 3), Windows.of((4, 5), (1, 1), ((2, 2), (2, 2)))),
    "stride larger than the kernel": ((2, 3, 9, 8), Windows.of((2, 1), (3, 4))),
    "dilation": ((2, 3, 9, 8), Windows.of((3, 2), (1, 2), ((1, 1), (1, 1)), (2, 3))),
    "whole image": ((2, 3, 4, 5), Windows.of((4, 5))),
    "more than 256 taps": ((1, 1, 17, 18), Windows.of((16, 17))),
    "no pixel left over": ((2, 3, 6, 5), Windows.of((3, 2), (2, 3), ((1, 1), (1, 1))).to_the_end((6, 5))),
    "a window beside the image": ((1, 2, 2, 2), Windows.of((2, 2), (1, 1), ((1, 1), (1, 1)), (3, 3))),
    "one axis": ((2, 3, 7), Windows.of((3,), (2,), ((1, 1),))),
    "three axes": ((2, 1, 5, 4, 6), Windows.of((2, 3, 2), (2, 1, 3), ((1, 0), (1, 1), (0, 0)))),
    "three axes, tiled": ((2, 3, 2, 4, 6), Windows.of((2, 2, 3), (2, 2, 3))),
    "several blocks": ((5, 3, 8, 8), Windows.of((2, 2), (2, 2))),
}
every_case = pytest.mark.parametrize(("shape", "windows"), CASES.values(), ids=CASES)


@pytest.fixture(autouse=True, params=[1, 2], ids=["one thread", "two threads"])
def small_blocks_on_threads(request, monkeypatch):
    """As if two images filled the cache, and the smallest work paid for a second thread."""
    monkeypatch.setattr(pooling, "BLOCK", 2**11)
    monkeypatch.setattr(pooling, "SECONDS", 1.0)
    before = threads.get_num_threads()
    threads.set_num_threads(request.param)
    yield
    threads.set_num_threads(before)


every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def images(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@every_case
@every_dtype
def test_max_pool(shape, windows, dtype):
    x = images(shape, dtype)
    out, winners = pooling.max_pool(x, windows)
    seen = pooling.windows_reference(x, windows, -np.inf)
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, seen.max(axis=-1))
    np.testing.assert_array_equal(winners, seen.argmax(axis=-1))
    np.testing.assert_array_equal(pooling.take(x, winners, windows), np.where(np.isinf(out), 0, out))


@every_case
@every_dtype
def test_sums_and_averages(shape, windows, dtype):
    x = images(shape, dtype)
    seen = pooling.windows_reference(x.astype(np.float64), windows, np.nan)
    tolerance = {"rtol": 0, "atol": 1e-5 if dtype == np.float32 else 1e-13}
    np.testing.assert_allclose(pooling.add_up(x, windows), np.nansum(seen, -1), **tolerance)
    inside = np.sum(~np.isnan(seen[0, 0]) if len(x) else [], axis=-1)
    divisors = pooling.divisors(shape[2:], windows, ((0, 0),) * len(windows.kernel))
    if windows.dilation == (1,) * len(windows.kernel) and len(x):
        np.testing.assert_array_equal(divisors, inside if np.ndim(divisors) else inside.max())
        out = pooling.add_up(x, windows, divisors)
        assert out.dtype == dtype
        np.testing.assert_allclose(out, np.nanmean(seen, -1), **tolerance)


@every_case
@every_dtype
def test_adjoints(shape, windows, dtype):
    x = images(shape, dtype)
    out, winners = pooling.max_pool(x, windows)
    out[np.isinf(out)] = 0  # windows beside the image
    g, tolerance = images(out.shape, dtype, seed=1), 1e-3 if dtype == np.float32 else 1e-11
    for image, pooled in (
        (pooling.scatter(g, winners, shape[2:], windows), out),
        (pooling.spread(g, shape[2:], windows), pooling.add_up(x, windows)),
    ):
        assert image.dtype == dtype
        assert image.shape == shape
        assert abs(np.sum(image * x) - np.sum(g * pooled)) < tolerance


@pytest.mark.parametrize("counts", [(3, 2), (1, 1), (5, 4), (7, 9)])
@every_dtype
def test_bins(counts, dtype):
    x = images((2, 3, 5, 4), dtype)
    rows, columns = (pooling.bins(length, count) for length, count in zip((5, 4), counts, strict=True))
    assert all(part.start < part.stop for part in (*rows, *columns))
    expected = [[x[:, :, row, column].mean((2, 3)) for column in columns] for row in rows]
    out = pooling.average_bins(x, counts)
    assert out.dtype == dtype
    tolerance = 1e-6 if dtype == np.float32 else 1e-15
    np.testing.assert_allclose(out, np.moveaxis(expected, (0, 1), (2, 3)), rtol=0, atol=tolerance)
    g = images(out.shape, dtype, seed=1)
    assert abs(np.sum(pooling.spread_bins(g, (5, 4)) * x) - np.sum(g * out)) < 100 * tolerance
    flat = x.reshape(2, 3, 20)
    largest = np.take_along_axis(flat, pooling.largest_in_bins(x, counts).reshape(2, 3, -1), 2).reshape(out.shape)
    expected = [[x[:, :, row, column].max((2, 3)) for column in columns] for row in rows]
    np.testing.assert_array_equal(largest, np.moveaxis(expected, (0, 1), (2, 3)))


@every_case
def test_any_memory_order(shape, windows):
    x = images(shape)
    inner = tuple(range(3, x.ndim))
    for order in ((2, 0, *inner, 1), tuple(reversed(range(x.ndim)))):
        other = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        check_memory_order(other, x, windows)
        check_memory_order(np.repeat(other, 2, axis=-1)[..., ::2], x, windows)


def check_memory_order(other, x, windows):
    out, winners = pooling.max_pool(x, windows)
    shape = x.shape
    other_out, other_winners = pooling.max_pool(other, windows)
    np.testing.assert_array_equal(other_out, out)
    np.testing.assert_array_equal(other_winners, winners)
    np.testing.assert_array_equal(
        pooling.scatter(other_out, winners, shape[2:], windows), pooling.scatter(out, winners, shape[2:], windows)
    )
    np.testing.assert_array_equal(pooling.add_up(other, windows), pooling.add_up(x, windows))
    np.testing.assert_array_equal(
        pooling.spread(other_out, shape[2:], windows), pooling.spread(out, shape[2:], windows)
    )


def test_results_keep_the_memory_order_of_convolutions():
    x = np.ascontiguousarray(images((6, 2, 4, 3))).transpose(1, 3, 0, 2)  # made as (rows, N, columns, channels)
    out, winners = pooling.max_pool(x, Windows.of((2, 2), (2, 2)))
    for result in (out, winners, pooling.scatter(out, winners, (6, 4), Windows.of((2, 2), (2, 2)))):
        assert result.transpose(2, 0, 3, 1).flags.c_contiguous


def test_a_tie_goes_to_the_first():
    _, winners = pooling.max_pool(np.zeros((1, 1, 4, 4)), Windows.of((2, 2), (2, 2)))
    assert not winners.any()


MEMORY_ORDERS = {
    "N, C, rows, columns": (0, 1, 2, 3),
    "N, rows, columns, C": (0, 2, 3, 1),
    "rows, N, columns, C": (2, 0, 3, 1),
    "rows, C, columns, N": (2, 1, 3, 0),
}


@pytest.mark.parametrize("order", MEMORY_ORDERS.values(), ids=MEMORY_ORDERS)
@pytest.mark.parametrize("kernel", [(2, 2), (3, 2), (1, 3)])
@every_dtype
def test_the_first_in_every_pattern_of_ties_nan_and_zeros(order, kernel, dtype):
    taps = kernel[0] * kernel[1]
    values = np.array([-np.inf, -0.0, 0.0, np.nan], dtype)
    seen = values[np.moveaxis(np.indices((4,) * min(taps, 4)), 0, -1).reshape(-1, min(taps, 4))]  # (windows, taps)
    seen = np.resize(seen, (4 * 3 * 5 * 7, taps))  # each pattern at least once, for six taps many of them
    tiles = seen.reshape(4, 3, 5, 7, *kernel).swapaxes(3, 4).reshape(4, 3, 5 * kernel[0], 7 * kernel[1])
    x = np.pad(tiles, ((0, 0), (0, 0), (0, kernel[0] - 1), (0, 1)), constant_values=9)  # pixels left over
    x = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
    windows = Windows.of(kernel, kernel)
    with np.errstate(invalid="ignore"):
        out, winners = pooling.max_pool(x, windows)
    first = seen.argmax(axis=-1)  # NumPy's is the first NaN, else the first of the largest
    np.testing.assert_array_equal(winners.reshape(-1), first)
    np.testing.assert_array_equal(out.reshape(-1), np.take_along_axis(seen, first[:, None], 1)[:, 0])
    image = pooling.scatter(np.ones_like(out), winners, x.shape[2:], windows)
    assert image.sum() == out.size
    np.testing.assert_array_equal(pooling.take(image, winners, windows), 1)


def test_nan_wins_wherever_it_stands():
    windows = Windows.of((2, 2), (2, 2))
    for tap in range(4):
        x = np.arange(16.0).reshape(1, 1, 4, 4)
        x[0, 0, tap // 2, tap % 2] = np.nan
        out, winners = pooling.max_pool(x, windows)
        np.testing.assert_array_equal(out[0, 0], [[np.nan, 7], [13, 15]])
        np.testing.assert_array_equal(winners[0, 0], [[tap, 3], [3, 3]])


def test_minus_infinity_wins_against_padding():
    windows = Windows.of((3, 3), (1, 1), ((1, 1), (1, 1)))
    x = np.full((1, 1, 3, 3), -np.inf)
    out, winners = pooling.max_pool(x, windows)
    np.testing.assert_array_equal(out, x)
    assert winners[0, 0, 0, 0] == 4  # its own pixel is the first one on the image
    assert pooling.scatter(np.ones_like(x), winners, (3, 3), windows).sum() == 9


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, np.complex128])
def test_an_infinite_gradient_stays_with_its_pixel(dtype):
    windows = Windows.of((2, 2), (1, 1))
    winners = np.array([[[[3, 1], [0, 2]]]], np.uint8)
    g = np.array([[[[np.inf, 1], [2, np.nan]]]], dtype)
    image = pooling.scatter(g, winners, (3, 3), windows)
    np.testing.assert_array_equal(image[0, 0], np.array([[0, 0, 1], [2, np.inf, 0], [0, np.nan, 0]], dtype))


def test_integers():
    x = np.arange(16).reshape(1, 1, 4, 4) - 20
    windows = Windows.of((2, 2), (2, 2), ((1, 1), (1, 1)))
    out, _ = pooling.max_pool(x, windows)
    np.testing.assert_array_equal(out[0, 0], [[-20, -18, -17], [-12, -10, -9], [-8, -6, -5]])
