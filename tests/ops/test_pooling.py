"""Pooling: ties, NaN, branches, errors, every order, PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.ops.pooling import scatter_windows, spread_windows, take_windows


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
    with ag.trace(calls.append):
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


@every_setting
@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
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


@every_setting
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


def compare_with_torch(ours, theirs, x):
    """Values, gradients, and gradients of a function of the gradients."""
    torch = pytest.importorskip("torch")
    mine, other = ag.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    y, z = ours(mine), theirs(torch.nn.functional, other)
    np.testing.assert_allclose(y.data, z.detach().numpy(), rtol=1e-12)
    (first,) = ag.gradients((y**3).sum(), mine, create_graph=True)
    (other_first,) = torch.autograd.grad((z**3).sum(), other, create_graph=True)
    (second,) = ag.gradients((first**2).sum(), mine)
    (other_second,) = torch.autograd.grad((other_first**2).sum(), other)
    np.testing.assert_allclose(first.data, other_first.detach().numpy(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(second.data, other_second.numpy(), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("positions", [(2,), (3, 2, 1), ((3, 2), (2, 1), (1, 0)), (2, 3, 1, 2), (4, 1, 2, (2, 1))])
@pytest.mark.parametrize("ties", [False, True])
def test_max_pool2d_is_torchs(positions, ties):
    x = numbers(2, 3, 8, 9)
    compare_with_torch(
        lambda x: ag.max_pool2d(x, *positions),
        lambda functional, x: functional.max_pool2d(x, *positions),
        np.round(x) if ties else x,
    )


@pytest.mark.parametrize("positions", [(2,), (3, 2, 1), ((3, 2), (2, 1), (1, 0))])
@pytest.mark.parametrize("count_include_pad", [True, False])
def test_avg_pool2d_is_torchs(positions, count_include_pad):
    compare_with_torch(
        lambda x: ag.avg_pool2d(x, *positions, count_include_pad=count_include_pad),
        lambda functional, x: functional.avg_pool2d(x, *positions, count_include_pad=count_include_pad),
        numbers(2, 3, 8, 9),
    )


# -- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [ag.max_pool2d, ag.avg_pool2d])
@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((3, 4, 4), {"kernel_size": 2}, r"x must have 4 axes .*x\[None\]"),
        ((1, 3, 4, 4), {"kernel_size": 5}, "result would be empty.* 5x5 pixels.* 4x4.*smaller kernel"),
        ((1, 3, 4, 4), {"kernel_size": 3, "dilation": 2}, "result would be empty.* 5x5"),
        (
            (1, 3, 4, 4),
            {"kernel_size": 2, "padding": 2},
            "padding 2 is more than half of the kernel's size 2.*use less",
        ),
        ((1, 3, 4, 4), {"kernel_size": 0}, "kernel_size must be at least 1"),
        ((1, 3, 4, 4), {"kernel_size": 2, "stride": 0}, "stride must be at least 1"),
        ((1, 3, 4, 4), {"kernel_size": 2, "dilation": 0}, "dilation must be at least 1"),
        ((1, 3, 4, 4), {"kernel_size": "2"}, "kernel_size must be an integer or two"),
    ],
)
def test_errors(pool, shape, settings, message):
    with pytest.raises(ValueError, match=f"(?s){pool.__name__}: .*{message}"):
        pool(ag.tensor(numbers(*shape)), **settings)


@pytest.mark.parametrize("dtype", [complex, bool])
def test_only_real_numbers_have_a_largest(dtype):
    with pytest.raises(TypeError, match="max_pool2d: only real numbers"):
        ag.max_pool2d(np.zeros((1, 1, 2, 2), dtype), 2)


def test_errors_of_the_adjoints():
    x, g, winners = numbers(1, 2, 4, 4), numbers(1, 2, 2, 2), np.zeros((1, 2, 2, 2), int)
    with pytest.raises(ValueError, match=r"take_windows: winners has shape \(2, 2, 2\), there are \(1, 2, 2, 2\)"):
        take_windows(x, winners[0], 2)
    with pytest.raises(ValueError, match=r"scatter_windows: winners has shape \(2, 2, 2\)"):
        scatter_windows(g, winners[0], (4, 4), 2)
    with pytest.raises(ValueError, match=r"scatter_windows: g_out has shape .*there are \(1, 2, 3, 3\)"):
        scatter_windows(g, winners, (6, 6), 2)
    with pytest.raises(ValueError, match=r"spread_windows: g_out has shape .*there are \(1, 2, 3, 3\)"):
        spread_windows(g, (6, 6), 2)
