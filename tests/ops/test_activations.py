"""Activations against PyTorch, at kinks and far out, and what they refuse."""

import numpy as np
import pytest
import scipy.special

import autograd_lite as ag
from autograd_lite.kernels import activations as kernels

AROUND = np.array([-1e4, -100.0, -20.0, -3.5, -1.0, -0.2, 0.2, 1.0, 3.5, 19.0, 21.0, 100.0, 1e4])

# Ours, PyTorch's, and where the kinks are.
TABLE = {
    "relu6": (ag.relu6, lambda t, x: t.nn.functional.relu6(x), [0, 6]),
    "leaky_relu": (ag.leaky_relu, lambda t, x: t.nn.functional.leaky_relu(x), [0]),
    "leaky_relu 0": (lambda x: ag.leaky_relu(x, 0.0), lambda t, x: t.nn.functional.leaky_relu(x, 0.0), [0]),
    "leaky_relu 2": (lambda x: ag.leaky_relu(x, 2.0), lambda t, x: t.nn.functional.leaky_relu(x, 2.0), [0]),
    "rrelu": (ag.rrelu, lambda t, x: t.nn.functional.rrelu(x), [0]),
    "hardtanh": (ag.hardtanh, lambda t, x: t.nn.functional.hardtanh(x), [-1, 1]),
    "hardtanh 0 2": (lambda x: ag.hardtanh(x, 0, 2), lambda t, x: t.nn.functional.hardtanh(x, 0, 2), [0, 2]),
    "hardswish": (ag.hardswish, lambda t, x: t.nn.functional.hardswish(x), [-3, 3]),
    "hardshrink": (ag.hardshrink, lambda t, x: t.nn.functional.hardshrink(x), [-0.5, 0.5]),
    "softshrink": (ag.softshrink, lambda t, x: t.nn.functional.softshrink(x), [-0.5, 0.5]),
    "threshold": (lambda x: ag.threshold(x, 0.3, 2), lambda t, x: t.nn.functional.threshold(x, 0.3, 2), [0.3]),
    "elu": (ag.elu, lambda t, x: t.nn.functional.elu(x), [0]),
    "elu 2": (lambda x: ag.elu(x, 2.0), lambda t, x: t.nn.functional.elu(x, 2.0), [0]),
    "selu": (ag.selu, lambda t, x: t.nn.functional.selu(x), [0]),
    "celu": (ag.celu, lambda t, x: t.nn.functional.celu(x), [0]),
    "celu 2": (lambda x: ag.celu(x, 2.0), lambda t, x: t.nn.functional.celu(x, 2.0), [0]),
    "softplus": (ag.softplus, lambda t, x: t.nn.functional.softplus(x), [0, 20]),
    "softplus 2 1": (lambda x: ag.softplus(x, 2, 1), lambda t, x: t.nn.functional.softplus(x, 2, 1), [0, 0.5 + 1e-9]),
    "logsigmoid": (ag.logsigmoid, lambda t, x: t.nn.functional.logsigmoid(x), [0]),
    "silu": (ag.silu, lambda t, x: t.nn.functional.silu(x), [0]),
    "gelu": (ag.gelu, lambda t, x: t.nn.functional.gelu(x), [0]),
    "gelu tanh": (lambda x: ag.gelu(x, "tanh"), lambda t, x: t.nn.functional.gelu(x, approximate="tanh"), [0]),
    "mish": (ag.mish, lambda t, x: t.nn.functional.mish(x), [0]),
    "softsign": (ag.softsign, lambda t, x: t.nn.functional.softsign(x), [0]),
    "tanhshrink": (ag.tanhshrink, lambda t, x: t.nn.functional.tanhshrink(x), [0]),
    "softmin": (ag.softmin, lambda t, x: t.nn.functional.softmin(x, -1), [0]),
}
table = pytest.mark.parametrize("name", list(TABLE))


# -- against PyTorch -----------------------------------------------------------------------------------------------


@table
def test_values_and_derivatives_are_those_of_pytorch_at_kinks_too(name, agrees_with_torch):
    ours, theirs, kinks = TABLE[name]
    far = AROUND if name != "mish" else AROUND[:-1]  # PyTorch's second derivative of it is NaN at 1e4
    agrees_with_torch(ours, theirs, np.concatenate([far, np.array(kinks, float)]), rtol=1e-7)


def test_hardsigmoid_is_that_of_pytorch(agrees_with_torch):  # which has no second derivative, and 1/6 in float32
    x = np.concatenate([AROUND, [-3.0, 3.0]])
    agrees_with_torch(ag.hardsigmoid, lambda t, x: t.nn.functional.hardsigmoid(x), x, order=1, rtol=1e-7)


def test_softplus_at_its_threshold_is_that_of_pytorch(agrees_with_torch):
    ours, theirs = (lambda x: ag.softplus(x, 2, 1)), (lambda t, x: t.nn.functional.softplus(x, 2, 1))
    agrees_with_torch(ours, theirs, np.array([0.5]), order=1)


@pytest.mark.parametrize(
    ("x_shape", "weight_shape"), [((3, 2), (2,)), ((2, 3, 2), (3,)), ((2, 3, 2, 2), (3,)), ((5,), (1,)), ((3, 2), (1,))]
)
def test_prelu_is_that_of_pytorch(x_shape, weight_shape, agrees_with_torch):
    rng = np.random.default_rng(0)
    x, weight = rng.standard_normal(x_shape), rng.standard_normal(weight_shape)
    ours, theirs = ag.prelu, lambda t, x, w: t.nn.functional.prelu(x, w)
    agrees_with_torch(ours, theirs, x, weight)
    x.reshape(-1)[0] = 0.0  # PyTorch's second derivative there is not the derivative of its first one
    agrees_with_torch(ours, theirs, x, weight, order=1)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_glu_is_that_of_pytorch(axis, agrees_with_torch):
    x = np.random.default_rng(0).standard_normal((4, 6, 2))
    agrees_with_torch(lambda x: ag.glu(x, axis), lambda t, x: t.nn.functional.glu(x, axis), x)


# -- far out, in both precisions -----------------------------------------------------------------------------------


@table
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_is_finite_far_out_to_second_order(name, dtype):
    function, _, kinks = TABLE[name]
    x = ag.tensor(np.concatenate([AROUND, np.array(kinks, float)]).astype(dtype), requires_grad=True)
    y = function(x)
    (first,) = ag.gradients((y * y).sum(), x, create_graph=True)
    (second,) = ag.gradients(first.sum(), x)
    for result in (y, first, second):
        assert result.dtype == dtype
        assert np.isfinite(result.data).all()


@table
def test_single_precision_is_double_precision_rounded(name):
    function, _, _ = TABLE[name]
    results = []
    for dtype in (np.float32, np.float64):
        x = ag.tensor(AROUND.astype(dtype), requires_grad=True)
        y = function(x)
        results.append([y.data, ag.gradients(y.sum(), x)[0].data])
    np.testing.assert_allclose(*results, rtol=2e-5, atol=1e-30)


def test_tanhshrink_is_exact_near_zero() -> None:
    x = np.array([-1.5, -0.999, -0.3, -1e-3, -1e-9, 0.0, 1e-30, 1e-5, 0.1, 0.5, 0.99, 1.01, 3.0])
    small = np.where(np.abs(x) < 1e-2, x**3 / 3 - 2 * x**5 / 15 + 17 * x**7 / 315, 0)
    exact = np.where(small == 0, np.longdouble(x) - np.tanh(np.longdouble(x)), small).astype(float)
    np.testing.assert_allclose(ag.tanhshrink(x), exact, rtol=2e-15)
    np.testing.assert_allclose(ag.tanhshrink(x + 0j), exact, rtol=2e-15)


@table
def test_half_precision_stays(name):
    x = ag.tensor(AROUND[2:-2].astype(np.float16), requires_grad=True)
    y = TABLE[name][0](x)
    assert y.dtype == np.float16
    assert np.isfinite(ag.gradients(y.sum(), x)[0].data).all()


def test_tails_keep_their_relative_precision():
    x = np.array([-12.0, -30.0])
    np.testing.assert_allclose(ag.logsigmoid(-x), -np.exp(x), rtol=1e-5)
    np.testing.assert_allclose(ag.softplus(x), np.exp(x), rtol=1e-5)
    np.testing.assert_allclose(ag.mish(x), x * np.exp(x), rtol=1e-5)
    np.testing.assert_allclose(ag.gelu(x), x * np.exp(-(x**2) / 2) / -x / np.sqrt(2 * np.pi), rtol=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mish_is_a_line_far_out(dtype):
    x = ag.tensor(0.3 * np.finfo(dtype).max * np.array([-1, 1], dtype), requires_grad=True)
    y = ag.mish(x)
    np.testing.assert_array_equal(y.data, x.data * [0, 1])
    np.testing.assert_array_equal(ag.gradients(y.sum(), x)[0].data, [0, 1])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("relu6", (0, 6)),
        ("leaky_relu", (-np.inf, np.inf)),
        ("leaky_relu 2", (-np.inf, np.inf)),
        ("elu", (-1, np.inf)),
        ("softplus", (0, np.inf)),
        ("hardtanh", (-1, 1)),
        ("softshrink", (-np.inf, np.inf)),
        ("threshold", (2, np.inf)),
    ],
)
def test_infinity_and_nan_go_through(name, expected):
    found = TABLE[name][0](np.array([-np.inf, np.inf, np.nan]))
    np.testing.assert_array_equal(found, [*expected, np.nan])


# -- fast paths ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slope", [0.0, 0.01, 1.0, 1.5, -0.5, np.array([0.1, -0.3])])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_masked_products_choose_as_where_does(slope, dtype):
    x = np.array([[-2.0, -1.0], [0.0, 0.5], [3.0, -0.0]], dtype)
    slope = np.asarray(slope, dtype)
    np.testing.assert_array_equal(kernels.leaky_slope(x, slope), np.where(x > 0, dtype(1), slope))
    np.testing.assert_array_equal(kernels.leaky_relu(x, slope), np.where(x > 0, x, slope * x))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (lambda x: kernels.elu(x, 1.5, 1), lambda x: np.where(x > 0, x, 1.5 * np.expm1(x))),
        (lambda x: kernels.elu(x, 1.5, 1.5), lambda x: np.where(x > 0, x, 1.5 * np.expm1(x / 1.5))),
        (lambda x: kernels.softplus(x, 1, 20), lambda x: np.where(x > 20, x, np.log1p(np.exp(x)))),
        (lambda x: kernels.softplus(x, 2, 1), lambda x: np.where(2 * x > 1, x, np.log1p(np.exp(2 * x)) / 2)),
        (kernels.logsigmoid, scipy.special.log_expit),
        (kernels.mish, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
        (kernels.hardswish, lambda x: np.where(x < -3, 0, np.where(x > 3, x, x * (x + 3) / 6))),
        (lambda x: kernels.gelu_gate(x, "none"), lambda x: (1 + scipy.special.erf(x / np.sqrt(2))) / 2),
        (
            lambda x: kernels.gelu_gate(x, "tanh"),
            lambda x: (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2,
        ),
    ],
)
def test_kernels_compute_what_the_definitions_say(found, expected):
    x = np.linspace(-30, 30, 601)
    np.testing.assert_allclose(found(x), expected(x), rtol=1e-12, atol=1e-14)


# -- chance, and what is refused -----------------------------------------------------------------------------------


def test_random_slopes_come_from_the_generator_and_are_constants():
    x = ag.tensor(-np.ones((50, 40), np.float32), requires_grad=True)
    y = ag.rrelu(x, 0.2, 0.4, training=True, rng=np.random.default_rng(0))
    assert y.dtype == np.float32
    assert -0.4 < y.data.min() < -0.39
    assert -0.21 < y.data.max() < -0.2
    np.testing.assert_array_equal(ag.gradients(y.sum(), x)[0].data, -y.data)
    again = ag.rrelu(x, 0.2, 0.4, training=True, rng=np.random.default_rng(0))
    np.testing.assert_array_equal(again.data, y.data)
    np.testing.assert_array_equal(ag.rrelu(x, training=True, slopes=np.full(x.shape, 0.5, np.float32)).data, -0.5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ag.rrelu(np.ones(2), 0.4, 0.2), ValueError, "above"),
        (lambda: ag.hardtanh(np.ones(2), 1, -1), ValueError, "exchange"),
        (lambda: ag.softshrink(np.ones(2), -1.0), ValueError, "distance"),
        (lambda: ag.celu(np.ones(2), 0), ValueError, "divides"),
        (lambda: ag.softplus(np.ones(2), 0), ValueError, "positive"),
        (lambda: ag.softplus(np.ones(2), 1.0, -1.0), ValueError, "negative"),
        (lambda: ag.gelu(np.ones(2), "erf"), ValueError, '"none" or "tanh"'),
        (lambda: ag.glu(np.ones((2, 3))), ValueError, "even"),
        (lambda: ag.prelu(np.ones((2, 3)), np.ones(2)), ValueError, "channels"),
        (lambda: ag.silu(np.ones(2) * 1j), TypeError, "real"),
    ],
)
def test_what_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_axis_that_is_not_there_and_numbers_without_order_are_refused():
    with pytest.raises(ValueError, match="glu: axis 2 is out of bounds"):
        ag.glu(np.ones((2, 4)), 2)
    with pytest.raises(TypeError, match="threshold"):
        ag.threshold(np.ones(2) * 1j, 0.0, 1.0)
