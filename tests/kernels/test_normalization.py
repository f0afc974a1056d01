"""Batch normalization in any order of memory, on odd shapes, far from zero, on one thread and two."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels import normalization as kernels
from autograd_lite.kernels import threads

EPS = 1e-5
SHAPES = [
    (4, 3),
    (1, 1, 5),
    (2, 1, 1, 1),
    (7, 3, 5),
    (3, 2, 4, 5),
    (1, 5, 9, 8),
    (2, 3, 2, 3, 2),
    (64, 4, 10, 10),
    (5, 300),
]
ORDERS = {
    "contiguous": lambda n: range(n),
    "channels last": lambda n: (0, *range(2, n), 1),
    "reversed": lambda n: range(n)[::-1],
}


def in_order(x, order):
    """`x` with its axes in another order in memory."""
    axes = tuple(ORDERS[order](x.ndim))
    return np.ascontiguousarray(x.transpose(axes)).transpose(np.argsort(axes))


def operands(shape, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    x, g = (rng.standard_normal(shape).astype(dtype) for _ in range(2))
    weight, bias, g_mean, g_var = (rng.standard_normal(shape[1]).astype(dtype) for _ in range(4))
    return x, weight, bias, (g, g_mean, g_var)


def differentiated(x, weight, bias, gradients):
    """Gradients of the plain expression, in float64."""
    inputs = [ag.Tensor(v.astype("float64"), requires_grad=True) for v in (x, weight, bias)]
    outputs = ag.normalize_batch.op.spec(*inputs, EPS)
    return [g.data for g in ag.gradients(outputs, inputs, [g.astype("float64") for g in gradients])]


@pytest.fixture(params=["one thread", "two threads", "small blocks"])
def way(request, monkeypatch):
    """The ways through the kernel, whatever the size."""
    if request.param == "two threads":
        monkeypatch.setattr(threads, "get_num_threads", lambda: 2)
        monkeypatch.setattr(kernels, "SECONDS", 1.0)
    if request.param == "small blocks":
        monkeypatch.setattr(kernels, "BLOCK", 16)
        monkeypatch.setattr(kernels, "ROW", 4)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-11), ("float32", 2e-4)])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_are_those_of_the_definition(shape, order, dtype, tolerance):
    x, weight, bias, gradients = operands(shape, dtype)
    x = in_order(x, order)
    outputs, statistics = kernels.batch_norm(x, weight, bias, EPS)
    expected = kernels.batch_norm_reference(x.astype("float64"), weight, bias, EPS)
    for found, value in zip(outputs, expected, strict=True):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, value, rtol=tolerance, atol=tolerance)
    given = kernels.batch_norm_backward(gradients, x, weight, statistics, EPS)
    for found, value in zip(given, differentiated(x, weight, bias, gradients), strict=True):
        assert found.dtype == dtype
        # one number in a channel is divided by sqrt(eps)
        np.testing.assert_allclose(found, value, rtol=tolerance, atol=tolerance * max(1, np.abs(value).max()))


@pytest.mark.parametrize("order", ORDERS)
def test_the_result_has_the_order_of_memory_of_the_operand(order):
    x, weight, bias, gradients = operands((3, 4, 5, 6))
    x = in_order(x, order)
    (out, *_), statistics = kernels.batch_norm(x, weight, bias, EPS)
    d_x, *_ = kernels.batch_norm_backward(gradients, x, weight, statistics, EPS)
    assert out.strides == d_x.strides == x.strides


def test_views_that_are_not_dense():
    x, weight, bias, gradients = operands((4, 6, 5, 4))
    (out, *_), statistics = kernels.batch_norm(x[::2, ::-2, :, 1:], weight[:3], bias[:3], EPS)
    expected, *_ = kernels.batch_norm_reference(x[::2, ::-2, :, 1:], weight[:3], bias[:3], EPS)
    np.testing.assert_allclose(out, expected, atol=1e-12)
    g = (gradients[0][::2, ::-2, :, 1:], gradients[1][:3], gradients[2][:3])
    given = kernels.batch_norm_backward(g, x[::2, ::-2, :, 1:], weight[:3], statistics, EPS)
    for found, value in zip(given, differentiated(x[::2, ::-2, :, 1:], weight[:3], bias[:3], g), strict=True):
        np.testing.assert_allclose(found, value, atol=1e-11)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("order", ORDERS)
def test_a_mean_far_from_zero_costs_no_digits(order):
    """Mean 1e4, standard deviation 1 in float32: squares would have lost all of it."""
    rng = np.random.default_rng(0)
    x = in_order((1e4 + rng.standard_normal((32, 3, 8, 8))).astype("float32"), order)
    x[:, 1] -= np.float32(1e4)
    x[:16, 2] = 0  # no part of the batch is like the whole
    exact = x.astype("float64")
    mean, var = kernels.moments(kernels._pixels(x, kernels.dense_order(x)))
    np.testing.assert_allclose(mean, exact.mean((0, 2, 3)), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(var, exact.var((0, 2, 3)), rtol=1e-5)
    (out, *_), statistics = kernels.batch_norm(x, None, None, EPS)
    np.testing.assert_allclose(out, kernels.batch_norm_reference(exact, None, None, EPS)[0], atol=2e-3)
    g = rng.standard_normal(x.shape).astype("float32")
    zeros = np.zeros(3, "float32")
    d_x, *_ = kernels.batch_norm_backward((g, zeros, zeros), x, None, statistics, EPS)
    expected, *_ = differentiated(exact, np.ones(3), zeros, (g, zeros, zeros))
    np.testing.assert_allclose(d_x, expected, atol=2e-3)


def test_equal_numbers_have_no_variance():
    mean, var = kernels.moments(np.full((6, 2, 50), 1234.567, np.float32))
    np.testing.assert_allclose(mean, np.float32(1234.567))
    assert (var < 1e-6).all()


def test_infinite_numbers_stay_in_their_channel():
    x = np.random.default_rng(0).standard_normal((8, 2, 3))
    x[0, 0, 0] = np.nan
    (out, *_), _ = kernels.batch_norm(x, None, None, EPS)
    assert np.isnan(out[:, 0]).all()
    np.testing.assert_allclose(out[:, 1], kernels.batch_norm_reference(x, None, None, EPS)[0][:, 1])


def test_blocks_cover_everything_once():
    for shape in [(5, 3, 7), (1, 4, 1000), (100, 6, 1), (2, 1, 200_000), (3, 70_000, 2)]:
        seen = np.zeros(shape, int)
        for part in (slice(0, shape[0] // 2), slice(shape[0] // 2, shape[0])):
            for block in kernels._blocks(shape, part):
                seen[block] += 1
        assert (seen == 1).all()
