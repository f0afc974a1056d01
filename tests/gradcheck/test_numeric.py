"""Measured slopes, and whether their error bars are honest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.differentiate import derivative

from autograd_lite.gradcheck.numeric import UNKNOWN, Vector, best_central, central, one_sided, slope


@pytest.mark.parametrize(
    ("function", "slope_of"),
    [(np.exp, np.exp), (np.sin, np.cos), (lambda x: x**7, lambda x: 7 * x**6), (lambda x: 1 / x, lambda x: -1 / x**2)],
)
@pytest.mark.parametrize("x", [-3.0, -0.3, 0.1, 1.0, 12.0])
def test_the_error_bar_covers_the_error(
    function: Callable[[float], float], slope_of: Callable[[float], float], x: float
) -> None:
    tolerance = 1e-8 + 1e-8 * abs(slope_of(x))
    found = slope(lambda value: np.array([function(value)]), x, 1e-4, tolerance)
    assert abs(found.value - slope_of(x)) <= found.error
    assert found.error <= tolerance


@pytest.mark.parametrize("x", [-2.0, -1e-3, 0.0, 0.7, 40.0])
@pytest.mark.parametrize("function", [np.tanh, np.sin, lambda x: 1 / (1 + x * x), lambda x: np.exp(-x * x) * x])
def test_both_ways_of_measuring_agree_with_scipy(function: Callable[[float], float], x: float) -> None:
    def vector(at: float) -> np.ndarray:
        return np.array([function(at)])

    steps = [0.1 / 8**k for k in range(10)]
    both = best_central(vector, x, steps, vector(x))
    theirs = derivative(function, x)
    assert abs(both.value - theirs.df) <= 4 * (both.error + theirs.error)
    assert both.error <= 1e-7
    for direction in (-1, 1):
        side = one_sided(vector, x, direction, steps)
        theirs = derivative(function, x, step_direction=direction)
        assert side is not None
        assert abs(side.slopes[0] - theirs.df) <= 4 * (side.errors[0] + theirs.error)
        assert side.errors[0] <= 1e-6


def test_the_elements_are_summed() -> None:
    found = slope(lambda x: np.array([x, x**2, 5.0]), 3.0, 1e-4, 1e-8)
    assert found.value == pytest.approx(7.0, abs=1e-9)


@pytest.mark.parametrize("distance", [1e-9, 1e-7, 3e-5])
def test_steps_shrink_until_a_kink_is_outside(distance: float) -> None:
    found = slope(lambda x: np.array([abs(x)]), distance, 1e-4, 1e-6)
    assert found.value == pytest.approx(1.0, abs=1e-6)


def test_steps_shrink_until_they_stay_in_the_domain() -> None:
    found = slope(lambda x: np.array([np.sqrt(x)]), 1e-6, 1e-4, 5e-3)
    assert found.value == pytest.approx(500.0, rel=1e-5)


def test_where_nothing_can_be_measured_the_error_is_infinite() -> None:
    found = slope(lambda x: np.array([np.log(x)]), -1.0, 1e-4, 1e-6)
    assert np.isnan(found.value)
    assert found.error == np.inf


def test_a_step_that_changes_nothing_measures_nothing() -> None:
    assert central(lambda x: np.array([x]), 1e8, 1e-9) is UNKNOWN
    assert best_central(lambda x: np.array([x]), 1e8, [1.0, 1e-9, 1e-10], np.array([1e8])).value == pytest.approx(1)


# -- the best of many steps ------------------------------------------------------------------------------------------


def steps(first: float, last: float) -> list[float]:
    count = int(np.log(first / last) / np.log(8)) + 1
    return [first / 8**i for i in range(count)]


def noisy(x: float) -> np.ndarray:
    """exp, but for noise of 1e-9."""
    return np.array([np.exp(x) + 1e-9 * np.modf(1e5 * np.sin(1e9 * x))[0]])


@pytest.mark.parametrize("x", [1.0, 1e4, 1e8, 1e10])
def test_steps_over_many_turns_of_a_sine_do_not_count(x: float) -> None:
    def function(value: float) -> np.ndarray:
        return np.sin(np.array([value]))

    found = best_central(function, x, steps(1e-2 * x, max(1e-6, 64 * np.spacing(x))), function(x))
    assert found.value == pytest.approx(np.cos(x), abs=1e-4)
    assert abs(found.value - np.cos(x)) <= 5 * found.error
    for side in (-1, 1):
        beside = one_sided(function, x, side, steps(1e-2 * x, max(1e-6, 64 * np.spacing(x))))
        assert beside is not None
        assert beside.slopes == pytest.approx(np.cos(x), abs=1e-3)
        assert abs(beside.slopes - np.cos(x)) <= 5 * beside.errors


def test_noise_makes_an_error_bar_large_and_never_small_by_luck() -> None:
    points = np.random.default_rng(0).uniform(-1, 1, 200)
    for x in points:
        found = best_central(noisy, x, steps(1e-2, 1e-8), noisy(x))
        assert abs(found.value - np.exp(x)) <= 5 * found.error
        assert found.error < 1e-4
        beside = one_sided(noisy, x, 1, steps(1e-2, 1e-8))
        assert beside is not None
        assert abs(beside.slopes - np.exp(x)) <= 5 * beside.errors


@pytest.mark.parametrize("width", [1e-6, 2e-6, 1e-5])
def test_what_a_function_turns_within_the_smallest_steps_is_not_taken_for_noise(width: float) -> None:
    """Noise is as large for every step; the differences of this one fall, and the last of them is the best."""

    def steep(x: float) -> Vector:
        return np.array([1.0, -0.99]) * (x - 1) / np.hypot(x - 1, width)

    found = best_central(steep, 1.0, [1e-2 * 8.0**-number for number in range(7)], steep(1.0))
    assert abs(found.value - 0.01 / width) <= found.error <= 400
