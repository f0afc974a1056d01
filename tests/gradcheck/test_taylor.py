"""Taylor's remainder and the dot product tell right gradients from wrong ones, without a tolerance to choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def cubed() -> Iterator[Callable[..., Any]]:
    """Defines x**3 with any derivative, for this test only."""
    before = dict(core.registry)

    def define(formula: Callable[..., Any]) -> Callable[..., Any]:
        def cubed(x: core.Array) -> core.Array:
            return x**3

        return ag.op(x=formula)(cubed)

    yield define
    core.registry.clear()
    core.registry.update(before)


X = np.random.default_rng(1).standard_normal((3, 4))
W = np.random.default_rng(2).standard_normal((4, 2))

RIGHT: dict[str, Callable[..., Any]] = {
    "smooth": lambda x, w: ag.tanh(x @ w),
    "scalar": lambda x, w: ag.exp(x @ w).mean(),
    "kinks elsewhere": lambda x, w: ag.relu(x @ w) + ag.abs(x).sum(),
    "several outputs": lambda x, w: (ag.sin(x), ag.argmax(x), w * w),
    "odd": lambda x, w: ag.sin(x * 0) + ag.tanh(w).sum(),
    "large": lambda x, w: 1e8 * ag.sigmoid(x @ w),
    "small": lambda x, w: 1e-8 * ag.sigmoid(x @ w),
    "complex": lambda x, w: ag.exp(1j * (x @ w)),
    "leaves its domain": lambda x, w: ag.log(x * x + 0.01) * ag.sqrt(w * w).sum(),
    "linear": lambda x, w: 3 * x,
    "quadratic": lambda x, w: (x * x).sum() + (x @ w),
    "constant": lambda x, w: x * 0 + 5.0,
}

RIGHT_SLOPE = {"linear": None, "constant": None}


@pytest.mark.parametrize("name", RIGHT)
def test_the_slope_is_two_where_the_gradient_is_right(name: str) -> None:
    report = ag.taylor_test(RIGHT[name], X, W)
    assert report
    if name in RIGHT_SLOPE:
        assert report.slope is None
    elif name != "kinks elsewhere":
        assert report.slope is not None
        assert report.slope > 1.9


@pytest.mark.parametrize("name", [name for name in RIGHT if name not in ("kinks elsewhere", "linear", "constant")])
def test_with_the_hessian_the_slope_is_three(name: str) -> None:
    report = ag.taylor_test(RIGHT[name], X, W, order=2)
    assert report.expected == 3
    assert report.slope is None if name == "quadratic" else report.slope is not None
    assert report.slope is None or report.slope > 2.8


@pytest.mark.parametrize("factor", [1.0, -3.0, 3.001])
def test_the_slope_is_one_where_it_is_wrong(cubed: Callable[..., Any], factor: float) -> None:
    wrong = cubed(lambda g, x: factor * g * x * x)
    report = ag.taylor_test(lambda x: ag.sin(wrong(x)), X, raise_exception=False)
    assert not report
    assert report.slope == pytest.approx(1, abs=0.3)
    assert "FAILED" in report.to_text()
    with pytest.raises(AssertionError, match=r"log-log slope [01]\."):
        ag.taylor_test(wrong, X)
    assert not ag.dot_product_test(wrong, X, raise_exception=False)


def test_wrong_in_second_order_only(cubed: Callable[..., Any]) -> None:
    wrong = cubed(lambda g, x: 3 * g * (x * x).data if isinstance(x, ag.Tensor) else 3 * g * x * x)
    assert ag.taylor_test(wrong, X)
    report = ag.taylor_test(wrong, X, order=2, raise_exception=False)
    assert not report
    assert report.slope == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("name", RIGHT)
def test_both_products_agree_where_the_gradient_is_right(name: str) -> None:
    report = ag.dot_product_test(RIGHT[name], X, W)
    assert report
    assert report.tolerance <= 1e-7 * max(1.0, abs(report.forward))
    if name in ("linear", "constant"):
        assert abs(report.forward - report.backward) <= 1e-14 * max(1.0, abs(report.forward))
        assert report.tolerance <= 1e-11


def test_a_convolution_is_linear_in_each_argument(rng: np.random.Generator) -> None:
    x, w = rng.standard_normal((2, 3, 8, 8)), ag.tensor(rng.standard_normal((4, 3, 3, 3)))
    report = ag.dot_product_test(lambda x: ag.conv2d(x, w, stride=2, padding=1), x)
    assert report.tolerance < 1e-10
    assert ag.taylor_test(lambda x: ag.conv2d(x, w, stride=2, padding=1), x).slope is None


def test_parameters_of_a_module(rng: np.random.Generator) -> None:
    model = ag.nn.Sequential(ag.nn.Linear(4, 5, dtype="float64"), ag.nn.Tanh(), ag.nn.Linear(5, 1, dtype="float64"))
    before = [p.data.copy() for p in model.parameters()]
    x = ag.tensor(rng.standard_normal((6, 4)))
    assert ag.taylor_test(lambda: model(x).mean(), *model.parameters())
    assert ag.taylor_test(model, x, order=2)
    assert ag.dot_product_test(model, x)
    for p, data in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.data, data)


def test_a_step_that_f_refuses_is_left_out() -> None:
    target = np.full((3, 4), 0.5)
    x = np.random.default_rng(3).uniform(0.1, 0.9, (3, 4))
    report = ag.taylor_test(ag.binary_cross_entropy, x, ag.tensor(target))
    assert np.isnan(report.remainders[0])
    assert ag.dot_product_test(ag.binary_cross_entropy, x, ag.tensor(target))
    with pytest.raises(ValueError, match="must be probabilities"):
        ag.taylor_test(ag.binary_cross_entropy, x + 1, ag.tensor(target))


def test_a_single_step_has_no_slope() -> None:
    report = ag.taylor_test(ag.log, np.array([6e-7]), raise_exception=False, rng=3)
    assert np.isfinite(report.remainders).sum() == 1
    assert repr(report) == "<TaylorReport undecided: slope unknown, 2 expected>"
    assert report.note.startswith("The function is finite at fewer than two of these steps")


def test_nothing_that_can_be_measured_is_no_success() -> None:
    with np.errstate(invalid="ignore"):
        report = ag.taylor_test(lambda x: ag.log(x - 100), X, raise_exception=False)
    assert not report
    assert report.note.startswith("The function is finite at fewer than two of these steps")


@pytest.mark.parametrize("factor", [3.0, 0.5], ids=["right", "wrong"])
@pytest.mark.parametrize("offset", [1e10, 1e13, 1e16])
def test_what_rounding_hides_is_no_success(cubed: Callable[..., Any], offset: float, factor: float) -> None:
    """Right or wrong, the numbers are the same."""
    cube = cubed(lambda g, x: factor * g * x * x)
    f = {
        ag.taylor_test: lambda x: offset + 1e-3 * cube(x).sum(),
        ag.dot_product_test: lambda x: 1e3 * offset + ag.relu(cube(x)).sum(),
    }
    for test, outputs in f.items():
        report = test(outputs, X, raise_exception=False)
        assert not report
        assert repr(report).startswith(f"<{type(report).__name__} undecided: ")
        assert report.note.startswith("Rounding hides what a wrong gradient would change")
        assert report.to_dict()["ok"] is False
        with pytest.raises(AssertionError, match=r"test undecided: .*\n\nRounding hides"):
            test(outputs, X)


@pytest.mark.parametrize("offset", [1e9, 1e10])
def test_rounding_may_hide_that_a_gradient_is_not_zero(cubed: Callable[..., Any], offset: float) -> None:
    nothing = cubed(lambda g, x: 0 * g)
    for test in (ag.taylor_test, ag.dot_product_test):
        assert not test(lambda x: offset + ag.relu(1e-5 * nothing(x)).sum(), X, raise_exception=False)


def test_rounding_may_hide_the_hessian_alone() -> None:
    assert ag.taylor_test(lambda x: (1e12 * x + x * x).sum(), X)
    report = ag.taylor_test(lambda x: (1e12 * x + x * x).sum(), X, order=2, raise_exception=False)
    assert repr(report) == "<TaylorReport undecided: slope unknown, 3 expected>"


NO_SLOPE: dict[str, Callable[..., Any]] = {
    "zero": lambda x: 0 * x,
    "a large constant": lambda x: 0 * x + 1e20,
    "linear": lambda x: 1e8 * x,
    "linear, with a constant": lambda x: 1e5 + x.sum(),
    "sums to one": lambda x: ag.softmax(x).sum(),
    "cancels": lambda x: ag.sin(x) ** 2 + ag.cos(x) ** 2,
    "saturated": lambda x: ag.sigmoid(50 + x),
    "dead": lambda x: ag.relu(x - 100),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", NO_SLOPE)
def test_what_is_linear_or_zero_is_not_hidden(name: str, order: int) -> None:
    assert ag.taylor_test(NO_SLOPE[name], X, order=order).slope is None
    assert ag.dot_product_test(NO_SLOPE[name], X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.taylor_test(ag.sin, X, order=3), ValueError, "order=3"),
        (lambda: ag.taylor_test(ag.sin, X.astype(np.float32)), TypeError, "float32"),
        (lambda: ag.dot_product_test(ag.sin, [1, 2]), ValueError, "no input requires a gradient"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_reports_as_text_and_values() -> None:
    report = ag.taylor_test(ag.sin, X)
    assert len(report.to_text().splitlines()) == 3 + len(report.steps)
    assert "| step |" in report.to_markdown()
    assert "<table" in report._repr_html_()
    assert report.to_dict()["ok"] is True
    assert "ok: slope 2.0" in repr(report)
    product = ag.dot_product_test(ag.sin, X)
    assert "ok" in product.to_text()
    assert product.to_dict()["forward"] == product.forward


def test_a_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = ag.taylor_test(ag.sin, X).plot(tmp_path / "taylor.png")
    (axes,) = figure.axes
    assert axes.get_xscale() == axes.get_yscale() == "log"
    assert [line.get_label() for line in axes.lines] == ["remainder", "slope 2: right", "slope 1: wrong"]
    assert axes.get_title() == "slope 2.00, 2 expected"
    assert (tmp_path / "taylor.png").stat().st_size > 1000


def test_a_plot_of_what_is_all_rounding_has_no_slopes() -> None:
    pytest.importorskip("matplotlib")
    for f in (lambda x: 3 * x, lambda x: 0 * x):
        (axes,) = ag.taylor_test(f, X).plot().axes
        assert [line.get_label() for line in axes.lines] == ["remainder"]
        assert axes.get_title() == "exactly linear, the remainder is rounding"
        assert axes.get_ylim()[0] > 0


@pytest.mark.parametrize(("f", "order", "degree"), [(lambda x: 3 * x, 1, "linear"), (lambda x: x * x, 2, "quadratic")])
def test_a_polynomial_is_said_to_be_one(f: Callable[..., Any], order: int, degree: str) -> None:
    report = ag.taylor_test(f, X, order=order)
    assert repr(report) == f"<TaylorReport ok: exactly {degree}, the remainder is rounding>"
    assert report.to_text().startswith(f"Taylor test ok: exactly {degree}, ")


def test_a_result_close_to_zero_has_the_rounding_of_what_cancels() -> None:
    x = np.array([-1.7, -1.1, -0.4, 0.4, 1.2, 1.8])
    assert all(ag.dot_product_test(ag.median, x, rng=seed) for seed in range(10))


PIECEWISE: dict[str, Callable[..., Any]] = {
    "relu": ag.relu,
    "sum of relu": lambda x: ag.relu(x).sum(),
    "abs": lambda x: ag.abs(x).sum(),
    "max": ag.max,
    "clip": lambda x: ag.clip(x, -0.5, 0.5),
}


@pytest.mark.parametrize("name", PIECEWISE)
@pytest.mark.parametrize("size", [1, 6, 100])
def test_kinks_that_only_large_steps_cross_are_no_mistake(name: str, size: int, cubed: Callable[..., Any]) -> None:
    wrong = ag.op(x=lambda g: 1.001 * g)(_unchanged)
    for seed in range(10):
        x = np.random.default_rng(seed).standard_normal(size)
        assert ag.taylor_test(PIECEWISE[name], x, rng=seed)
        beside = ag.taylor_test(
            lambda x: ag.sum(PIECEWISE[name](x)) + wrong(x).sum(), x, rng=seed, raise_exception=False
        )
        assert not beside
        assert "FAILED" in repr(beside)


def test_how_far_a_function_is_a_polynomial_is_said() -> None:
    report = ag.taylor_test(ag.relu, np.array([0.1, -2.0]), rng=1)
    assert report.slope is None
    assert repr(report) == "<TaylorReport ok: exactly linear up to a step of 3e-02, the remainder is rounding>"


@pytest.mark.parametrize("test", [ag.taylor_test, ag.dot_product_test])
def test_a_kink_is_named_where_a_test_fails_at_one(test: Callable[..., Any], cubed: Callable[..., Any]) -> None:
    at_zero = np.array([0.0, 1.0])
    with pytest.raises(AssertionError, match=r"at a kink of relu at .*, element \[0\], .* use gradcheck"):
        test(ag.relu, at_zero)
    bent = ag.op(x=lambda g, x: g * (x > 0))(_positive_part)
    assert "does not declare its branches" in test(bent, at_zero, raise_exception=False).note
    assert test(cubed(lambda g, x: g * x), X, raise_exception=False).note == ""


def _unchanged(x: core.Array) -> core.Array:
    return x


def _positive_part(x: core.Array) -> core.Array:
    return np.maximum(x, 0)


@pytest.mark.parametrize("test", [ag.taylor_test, ag.dot_product_test])
def test_a_function_that_draws_random_numbers_is_refused(test: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=rf"{test.__name__}: f gave two different results.*multiply at"):
        test(lambda x: (x * rng.standard_normal(4)).sum(), np.ones(4))
    model = ag.nn.Sequential(ag.nn.Linear(4, 8), ag.nn.Dropout(0.5)).astype("float64")
    with pytest.raises(ValueError, match="dropout"):
        test(model, np.ones((3, 4)))


def log_of_normal_distribution(x: Any) -> Any:
    return ag.sum(ag.log(0.5 * (1 + ag.erf(x / 2**0.5))))


def log_likelihood_of_noise(x: Any) -> Any:
    t = np.linspace(0, 1, 6)
    covariance = np.exp(-0.5 * (t[:, None] - t) ** 2) + ag.exp(x) * np.eye(6)
    return ag.slogdet(covariance)[1] + np.sin(np.arange(6.0)) @ ag.solve(covariance, np.sin(np.arange(6.0)))


@pytest.mark.parametrize("rng", range(3))
@pytest.mark.parametrize("test", [ag.taylor_test, ag.dot_product_test])
@pytest.mark.parametrize(
    ("f", "x"),
    [(log_of_normal_distribution, [-6.0, -2, 0, 2, 6]), (log_likelihood_of_noise, -16.0)],
    ids=["1 + erf", "covariance"],
)
def test_rounding_on_the_way_is_no_mistake(test: Callable[..., Any], f: Any, x: Any, rng: int) -> None:
    assert test(f, np.array(x), rng=rng)


def test_a_smooth_function_that_bends_within_small_steps_has_no_kink() -> None:
    report = ag.taylor_test(lambda x: ag.sum(ag.sqrt(x * x + 1e-14)), np.zeros(3), raise_exception=False)
    assert "kink" not in report.note
    assert "at a kink" in ag.taylor_test(lambda x: ag.sum(ag.abs(x)), np.zeros(3), raise_exception=False).note
