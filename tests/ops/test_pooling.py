"""Pooling: ties, NaN, branches, errors, every order, in one to three dimensions. PyTorch's is in test_against_torch."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels.pooling import windows_reference
from autograd_lite.kernels.windows import Windows
from autograd_lite.ops.pooling import scatter_windows, spread_windows, take_windows

SIZES = {1: (7,), 2: (6, 7), 3: (4, 3, 5)}
every_axes = pytest.mark.parametrize("axes", SIZES)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def gradient_of_max(x, *args, **kwargs):
    x = ag.tensor(x, requires_grad=True)
    ag.max_pool2d(x, *args, **kwargs).sum().backward()
    return x.grad.data


# -- choices -----------------------------------------------------------------------------------------------------


def test_a_tie_goes_to_the_first():
    expected = np.zeros((1, 1, 4, 4))
    expected[0, 0, ::2, ::2] = 1
    np.testing.assert_array_equal(gradient_of_max(np.ones((1, 1, 4, 4)), 2), expected)


def test_a_pixel_that_wins_twice_gets_both_gradients():
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    np.testing.assert_array_equal(gradient_of_max(x, 2, 1), 4 * x)


def test_nan_propagates():
    x = numbers(1, 1, 4, 4)
    x[0, 0, 1, 2] = np.nan
    out = ag.max_pool2d(x, 2)
    np.testing.assert_array_equal(np.isnan(out[0, 0]), [[False, True], [False, False]])


def test_padding_never_wins():
    x = -1 - np.abs(numbers(1, 2, 4, 4))
    assert ag.max_pool2d(x, 3, 2, 1).max() < 0
    assert gradient_of_max(x, 3, 2, 1).sum() == 2 * 4


def test_the_branch_is_the_winner():
    calls = []
    with ag.observe(calls.append):
        ag.max_pool2d(np.arange(16.0).reshape(1, 1, 4, 4), 2)
    (call,) = calls
    np.testing.assert_array_equal(call.branch, np.full((1, 1, 2, 2), 3))


# -- derivatives -------------------------------------------------------------------------------------------------

SETTINGS = {
    "halves": {"kernel_size": 2},
    "overlapping": {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 0)},
    "large stride": {"kernel_size": 2, "stride": 3},
    "dilation": {"kernel_size": 2, "stride": 1, "dilation": (2, 3), "padding": 1},
}
every_setting = pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)


without_dilation = pytest.mark.parametrize(
    "settings",
    [s for s in SETTINGS.values() if "dilation" not in s],
    ids=[name for name in SETTINGS if name != "dilation"],
)
pools = [(pool, settings) for pool in (ag.max_pool2d, ag.avg_pool2d) for settings in SETTINGS.values()]


@pytest.mark.parametrize(("pool", "settings"), [(p, s) for p, s in pools if p is ag.max_pool2d or "dilation" not in s])
def test_third_order(pool, settings):
    # sum(p^4) of linear p: the third derivative in directions u, v, w is the sum of 24 p(x) p(u) p(v) p(w).
    values = np.random.default_rng(0).permutation(2 * 2 * 6 * 7).reshape(2, 2, 6, 7) / 50
    x = ag.tensor(values, requires_grad=True)
    form = (pool(x, **settings) ** 4).sum()
    directions = [numbers(*x.shape, seed=seed) for seed in (1, 2, 3)]
    for direction in directions:
        (gradient,) = ag.gradients(form, x, create_graph=True)
        form = (gradient * direction).sum()
    small = 1e-6  # no other pixel becomes the largest, so pooling is linear
    pooled = [(pool(values + small * d, **settings) - pool(values, **settings)) / small for d in directions]
    expected = (24 * pool(values, **settings) * np.prod(pooled, axis=0)).sum()
    np.testing.assert_allclose(form.data, expected, rtol=1e-6)


@without_dilation
def test_the_mean_without_padding(settings):
    assert ag.gradcheck(
        lambda x: ag.avg_pool2d(x, **settings, count_include_pad=False) ** 3, numbers(1, 2, 6, 7), order=2
    )
    ones = ag.avg_pool2d(np.ones((1, 2, 6, 7)), **settings, count_include_pad=False)
    np.testing.assert_allclose(ones, 1, rtol=1e-15)


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
def test_an_empty_batch(pool):
    x = ag.tensor(np.zeros((0, 3, 4, 4)), requires_grad=True)
    y = pool(x, 2)
    assert y.shape == (0, 3, 2, 2)
    y.sum().backward()
    assert x.grad.shape == x.shape


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
def test_float32_stays_float32(pool):
    x = ag.tensor(numbers(1, 2, 5, 5).astype(np.float32), requires_grad=True)
    y = pool(x, 3, 2, 1)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


# -- one to three dimensions -------------------------------------------------------------------------------------


def family(name, axes):
    return getattr(ag, f"{name}{axes}d")


@every_axes
def test_indices_name_the_pixels(axes):
    x = numbers(2, 3, *SIZES[axes])
    out, indices = family("max_pool", axes)(x, 3, 2, 1, 1, True, return_indices=True)
    assert indices.dtype == np.int64
    flat = x.reshape(2, 3, -1)
    np.testing.assert_array_equal(np.take_along_axis(flat, indices.reshape(2, 3, -1), 2).reshape(out.shape), out)
    bins, indices = family("adaptive_max_pool", axes)(x, 2, return_indices=True)
    np.testing.assert_array_equal(np.take_along_axis(flat, indices.reshape(2, 3, -1), 2).reshape(bins.shape), bins)


@every_axes
def test_unpooling_inverts_pooling_of_what_is_zero_elsewhere(axes):
    x = ag.tensor(np.abs(numbers(2, 3, *SIZES[axes])), requires_grad=True)
    pool, unpool = family("max_pool", axes), family("max_unpool", axes)
    image = unpool(*pool(x, 2, return_indices=True), 2, output_size=SIZES[axes])
    assert image.shape == x.shape
    np.testing.assert_array_equal(image.data[image.data != 0], x.data[image.data != 0])
    again = unpool(*pool(image, 2, return_indices=True), 2, output_size=x.shape)
    np.testing.assert_array_equal(again.data, image.data)
    again.sum().backward()
    np.testing.assert_array_equal(x.grad.data, image.data != 0)


def test_of_two_numbers_for_one_pixel_the_last_stays():
    x = ag.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    image = ag.max_unpool1d(x, np.array([[[1, 1, 0]]]), 1)
    np.testing.assert_array_equal(image.data, [[[3, 2, 0]]])
    image.sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[[0, 1, 1]]])


@every_axes
@pytest.mark.parametrize(
    "pool",
    [
        lambda name, x: name("max_pool")(x, 2, 1, 1, ceil_mode=True),
        lambda name, x: name("avg_pool")(x, 3, 2, 1, True, False),
        lambda name, x: name("avg_pool")(x, 2, divisor_override=3.0),
        lambda name, x: name("lp_pool")(x, 2, 2, 1),
        lambda name, x: name("lp_pool")(x, 4, 2, None, True),
        lambda name, x: name("adaptive_avg_pool")(x, 2),
        lambda name, x: name("adaptive_max_pool")(x, 2),
        lambda name, x: name("max_unpool")(*name("max_pool")(x, 2, return_indices=True), 3, 2),
    ],
)
def test_derivatives_to_second_order(axes, pool):
    rng = np.random.default_rng(0)
    x = (rng.permutation(2 * np.prod(SIZES[axes])).reshape(1, 2, *SIZES[axes]) + 1) / 20
    assert ag.gradcheck(lambda x: pool(lambda name: family(name, axes), x) ** 2, x, order=2, max_entries=20)
    x = np.zeros((0, 2, *SIZES[axes]), np.float32)
    out = pool(lambda name: family(name, axes), ag.tensor(x))
    assert out.dtype == np.float32
    assert len(out) == 0


def test_a_norm_of_zeros_has_no_slope():
    for p in (2, 3, 1.5):
        x = ag.tensor(np.zeros((1, 1, 4)), requires_grad=True)
        out = ag.lp_pool1d(x, p, 2)
        (first,) = ag.gradients((out + out**2).sum(), x, create_graph=True)
        (second,) = ag.gradients(first.sum(), x)
        for found in (out, first, second):
            np.testing.assert_array_equal(found.data, 0)


def test_the_sum_has_a_slope_at_zero():
    x = ag.tensor(np.zeros((1, 1, 4)), requires_grad=True)
    ag.lp_pool1d(x, 1, 2).sum().backward()
    np.testing.assert_array_equal(x.grad.data, 1)


@every_axes
def test_a_norm_is_that_of_each_window(axes):
    x = numbers(2, 3, *SIZES[axes])
    windows = Windows.of((2,) * axes, (1,) * axes)
    expected = np.linalg.norm(windows_reference(x, windows, 0), axis=-1)
    np.testing.assert_allclose(family("lp_pool", axes)(x, 2, 2, 1), expected, rtol=1e-13)


def test_the_mean_of_integers_is_none():
    np.testing.assert_array_equal(ag.avg_pool2d(np.arange(4).reshape(1, 1, 2, 2), 2), [[[[1.5]]]])
    np.testing.assert_array_equal(ag.adaptive_avg_pool2d(np.arange(4).reshape(1, 1, 2, 2), 1), [[[[1.5]]]])


@every_axes
def test_one_bin_is_global_pooling(axes):
    x = numbers(2, 3, *SIZES[axes])
    inner = tuple(range(2, x.ndim))
    np.testing.assert_allclose(family("adaptive_avg_pool", axes)(x, 1), x.mean(inner, keepdims=True), atol=1e-15)
    np.testing.assert_array_equal(family("adaptive_max_pool", axes)(x, 1), x.max(inner, keepdims=True))
    np.testing.assert_array_equal(family("adaptive_avg_pool", axes)(x, (None,) * axes), x)


def test_a_tie_in_a_bin_goes_to_the_first_and_nan_wins():
    x = ag.tensor(np.ones((1, 1, 2, 4)), requires_grad=True)
    ag.adaptive_max_pool2d(x, 1).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [[[[1, 0, 0, 0], [0, 0, 0, 0]]]])
    out, indices = ag.adaptive_max_pool1d(np.array([[[1.0, np.nan, 2.0, 3.0]]]), 2, True)
    np.testing.assert_array_equal(out, [[[np.nan, 3]]])
    np.testing.assert_array_equal(indices, [[[1, 3]]])


def test_a_nan_or_infinity_stays_in_its_bin():
    x = np.arange(8.0).reshape(1, 1, 8)
    x[0, 0, [0, 3]] = np.nan, np.inf
    np.testing.assert_array_equal(ag.adaptive_avg_pool1d(x, 4), [[[np.nan, np.inf, 4.5, 6.5]]])


# -- across channels ---------------------------------------------------------------------------------------------


def test_maxout():
    x = numbers(2, 6, 3)
    np.testing.assert_array_equal(ag.maxout(x, 2), x.reshape(2, 3, 2, 3).max(2))
    np.testing.assert_array_equal(ag.maxout(x, 3, axis=-1), x.max(-1, keepdims=True))
    assert ag.gradcheck(lambda x: ag.maxout(x, 3) ** 2, x, order=2)
    ties = ag.tensor(np.ones((1, 4)), requires_grad=True)
    ag.maxout(ties, 2).sum().backward()
    np.testing.assert_array_equal(ties.grad.data, [[1, 0, 1, 0]])


def test_errors_of_maxout():
    with pytest.raises(ValueError, match="maxout: 4 pieces do not divide 6 channels; pass a divisor"):
        ag.maxout(numbers(2, 6), 4)
    with pytest.raises(ValueError, match="maxout: x with 2 axes has no axis 2"):
        ag.maxout(numbers(2, 6), 2, axis=2)


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((3, 4, 4), {"kernel_size": 2}, r"x must have 4 axes .*x\[None\]"),
        ((1, 3, 4, 4), {"kernel_size": 5}, "result would be empty.* 5x5 pixels.* 4x4.*smaller kernel"),
        (
            (1, 3, 4, 4),
            {"kernel_size": 2, "padding": 2},
            "padding 2 is more than half of the kernel's size 2.*use less",
        ),
        ((1, 3, 4, 4), {"kernel_size": 0}, "kernel_size must be at least 1"),
        ((1, 3, 4, 4), {"kernel_size": 2, "stride": 0}, "stride must be at least 1"),
        ((1, 3, 4, 4), {"kernel_size": "2"}, "kernel_size must be an integer or two"),
    ],
)
def test_errors(pool, shape, settings, message):
    with pytest.raises(ValueError, match=f"(?s){pool.__name__[:-2]}: .*{message}"):
        pool(ag.tensor(numbers(*shape)), **settings)


@pytest.mark.parametrize("dtype", [complex, bool])
def test_only_real_numbers_have_a_largest(dtype):
    with pytest.raises(TypeError, match="max_pool: only real numbers"):
        ag.max_pool2d(np.zeros((1, 1, 2, 2), dtype), 2)


def test_errors_of_dilation_and_divisors():
    x = numbers(1, 3, 4, 4)
    with pytest.raises(ValueError, match=r"result would be empty.* 5x5"):
        ag.max_pool2d(x, 3, dilation=2)
    with pytest.raises(ValueError, match="dilation must be at least 1"):
        ag.max_pool2d(x, 2, dilation=0)
    with pytest.raises(ValueError, match="avg_pool: divisor_override is 0"):
        ag.avg_pool2d(x, 2, divisor_override=0)
    with pytest.raises(ValueError, match="lp_pool2d: norm_type is 0; pass a positive number"):
        ag.lp_pool2d(x, 0, 2)


def test_errors_of_unpooling():
    x, indices = ag.tensor(numbers(1, 3, 2, 2)), np.zeros((1, 3, 2, 2), int)
    with pytest.raises(ValueError, match=r"max_unpool2d: indices have shape \(3, 2, 2\)"):
        ag.max_unpool2d(x, indices[0], 2)
    with pytest.raises(ValueError, match="max_unpool2d: indices run from 16 to 16, images of 4x4 have 16 pixels"):
        ag.max_unpool2d(x, indices + 16, 2)
    with pytest.raises(ValueError, match="max_unpool2d: x must have 4 axes"):
        ag.max_unpool2d(x[0], indices[0], 2)


def test_errors_of_bins():
    with pytest.raises(ValueError, match="adaptive_avg_pool: x must have 4 axes"):
        ag.adaptive_avg_pool2d(numbers(3, 4, 4), 1)
    with pytest.raises(ValueError, match="adaptive_max_indices: x has no pixels"):
        ag.adaptive_max_pool1d(numbers(2, 3, 0), 1)
    with pytest.raises(ValueError, match="output_size must be at least 1"):
        ag.adaptive_avg_pool2d(numbers(1, 3, 4, 4), (0, 2))


def test_errors_of_the_adjoints():
    x, g, winners = numbers(1, 2, 4, 4), numbers(1, 2, 2, 2), np.zeros((1, 2, 2, 2), int)
    windows = Windows.of((2, 2), (2, 2))
    with pytest.raises(ValueError, match=r"take_windows: winners has shape \(2, 2, 2\), there are \(1, 2, 2, 2\)"):
        take_windows(x, winners[0], windows)
    with pytest.raises(ValueError, match=r"scatter_windows: winners has shape \(2, 2, 2\)"):
        scatter_windows(g, winners[0], (4, 4), windows)
    with pytest.raises(ValueError, match=r"scatter_windows: g_out has shape .*there are \(1, 2, 3, 3\)"):
        scatter_windows(g, winners, (6, 6), windows)
    with pytest.raises(ValueError, match=r"spread_windows: g_out has shape .*there are \(1, 2, 3, 3\)"):
        spread_windows(g, (6, 6), windows)


def test_unpooling_takes_lists_and_refuses_what_is_no_index():
    x, indices = np.ones((1, 1, 1, 2)), [[[[0, 3]]]]
    np.testing.assert_array_equal(ag.max_unpool2d(x, indices, 2)[0, 0], [[1, 0, 0, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(ag.max_unpool2d(x, indices, 2, output_size=2)[0, 0], [[1, 0], [0, 1]])
    with pytest.raises(TypeError, match="max_unpool2d: indices are float64"):
        ag.max_unpool2d(x, np.array(indices, float), 2)
    with pytest.raises(ValueError, match="lp_pool2d: norm_type is '2'"):
        ag.lp_pool2d(x, "2", 1)
