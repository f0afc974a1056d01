"""Each way in which a path can be cut: the verdict, and the place that is named."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck import Report

X = np.array([0.37, 1.13])
ONES = ag.ones(2, dtype="float64")


def checked(f: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
    return ag.gradcheck(f, *(inputs or (X,)), raise_exception=False, **options)


# -- all of the path -------------------------------------------------------------------------------------------------


@ag.no_grad()
def unrecorded(x: ag.Tensor) -> ag.Tensor:
    return ag.sin(x)


def written_into(x: ag.Tensor) -> ag.Tensor:
    y = 0 * x
    y.data[...] = x.data**2
    return y * 3


def filled(x: ag.Tensor) -> ag.Tensor:
    y = ag.zeros(2, dtype="float64")
    y[0], y[1] = float(x[0]), float(x[1])
    return y


def slope(x: ag.Tensor) -> ag.Tensor:
    (g,) = ag.gradients((x**3).sum(), x)
    return 2 * g


@ag.op(registered=False)
def no_derivative(x: core.Array) -> core.Array:
    return x * x


@ag.op(registered=False, a=lambda g, b: g * b)
def scaled(a: core.Array, b: core.Array) -> core.Array:
    return a * b


TENSOR = "gets a Tensor without history: "
ARRAY = "gets an array, which has no history: "
NUMBER = "gets a number, which has no history: "
UNSEEN = "from detach(), or made of .data or .grad"

# What is cut, and what is said of it: {} stands for a place in this file.
CUTS: dict[str, tuple[Callable[..., Any], str]] = {
    "detach": (lambda x: ag.exp(x.detach()), f"exp at {{}} {TENSOR}detach() at {{}}."),
    "detach, and NumPy": (lambda x: ONES * np.asarray(x.detach()), f"multiply at {{}} {ARRAY}detach() at {{}}."),
    "detach, and NumPy's functions": (
        lambda x: ONES * np.sin(x.detach().numpy()),
        f"multiply at {{}} {ARRAY}from .data, or what NumPy made of it; perhaps by detach() at {{}}.",
    ),
    "data": (lambda x: ag.exp(ag.tensor(x.data)), f"exp at {{}} {TENSOR}{UNSEEN}."),
    "data, and NumPy's functions": (
        lambda x: ONES * np.exp(x.data),
        f"multiply at {{}} {ARRAY}from .data, or what NumPy made of it.",
    ),
    "operations of arrays": (lambda x: ag.exp(x.data) + 0 * x, f"add at {{}} {ARRAY}exp of arrays at {{}}."),
    "a condition": (lambda x: ag.where(x.data > 0, x.data, 0 * x), f"where at {{}} {ARRAY}from .data, or what"),
    "float": (lambda x: ONES * float(x[0]) * float(x[1]), f"multiply at {{}} {NUMBER}float() at {{}}."),
    "item": (lambda x: ONES * x[0].item() + x[1].item(), f" at {{}} {NUMBER}item() at {{}}."),
    "complex": (lambda x: ag.real(ONES * complex(x[0]) + complex(x[1])), f" at {{}} {NUMBER}complex() at {{}}."),
    "int": (
        lambda x: ONES * (int(x[0] * 1e12) * 1e-12) + int(x[1] * 1e12) * 1e-12,
        f" at {{}} {NUMBER}from item(), float() or .data; perhaps by int() at {{}}.",
    ),
    "math": (lambda x: ONES * math.sin(x[0]) + math.sin(x[1]), f" at {{}} {NUMBER}from item(), float() or .data; per"),
    "round": (lambda x: ONES * round(float(x[0]), 9) + round(float(x[1]), 9), f" at {{}} {NUMBER}float() at {{}}."),
    "text": (lambda x: ONES * float(f"{x[0]:.15f}") + float(f"{x[1]:.15f}"), f" at {{}} {NUMBER}format() at {{}}."),
    "tolist": (lambda x: ag.exp(ag.tensor(x.tolist(), dtype="float64")), f"exp at {{}} {TENSOR}tolist() at {{}}."),
    "a parameter": (
        lambda x: ag.leaky_relu(-ONES, float(x[0])) + ag.leaky_relu(-ONES, float(x[1])),
        f"leaky_relu at {{}} {NUMBER}float() at {{}}.",
    ),
    "an assignment": (filled, f"setitem at {{}} in filled {NUMBER}float() at {{}} in filled."),
    "no_grad": (unrecorded, "sin at {} in unrecorded runs under no_grad, so its result has no history."),
    "an integer cast": (lambda x: (x * 1e9).astype("int64") * 1e-9, "astype at {} gives int64, which has no history."),
    "no derivative": (
        lambda x: no_derivative(x),
        "no_derivative at {} has no derivative, so its result has no history.",
    ),
    "a constant argument": (
        lambda x: scaled(ONES, x),
        "scaled at {} takes b as a constant, though it has a history: scaled has no derivative for b;"
        " add b=lambda g, a: ... to @ag.op.",
    ),
    "a new leaf": (
        lambda x: ag.exp(ag.tensor(x.data, requires_grad=True)),
        "exp at {} gets a new leaf, where history begins: made of .data.",
    ),
    "written into": (
        written_into,
        "multiply at {} in written_into gets a Tensor whose data was written into, which its history does not tell.",
    ),
    "a gradient": (
        slope,
        f"multiply at {{}} in slope {TENSOR}gradients() without create_graph=True at {{}} in slope.",
    ),
    "output, detached": (lambda x: x.detach(), "output 0 is a Tensor without history: detach() at {}."),
    "output of NumPy": (lambda x: ag.tensor(np.exp(x.data)), f"output 0 is a Tensor without history: {UNSEEN}."),
    "one of two outputs": (
        lambda x: (0 * x, ag.tensor(x.data)),
        f"output 1 is a Tensor without history: {UNSEEN}.",
    ),
}
WAYS = pytest.mark.parametrize(("f", "told"), list(CUTS.values()), ids=list(CUTS))


def places(note: str) -> str:
    """A note with {} for each place in this file."""
    first, *rest = note.split(__file__ + ":")
    return first + "".join("{}" + part.lstrip("0123456789") for part in rest)


@WAYS
@pytest.mark.parametrize("options", [{}, {"directions": 2}, {"dtype": "float64"}], ids=str)
def test_a_path_that_is_cut_is_blocked_and_the_place_is_named(f: Any, told: str, options: dict[str, Any]) -> None:
    report = checked(f, **options)
    assert {entry.verdict.value for entry in report.entries} == {"BLOCKED"}
    assert all(told in places(entry.note) for entry in report.entries), report.to_text()
    assert report.culprit is None


@WAYS
def test_if_another_path_is_left_the_gradient_is_wrong_and_the_cut_is_named(f: Any, told: str) -> None:
    def both(x: ag.Tensor) -> tuple[Any, ...]:
        results = f(x)
        return (*(results if isinstance(results, tuple) else (results,)), ag.exp(x))

    report = checked(both)
    assert {entry.verdict.value for entry in report.entries} == {"FAIL"}
    assert all(told in places(entry.note) for entry in report.entries), report.to_text()
    assert "No operation was found to be wrong by itself." in report.notes


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x > 0.5) * 1.0,
        lambda x: ag.sum(x > 0.5) * 1.0,
        lambda x: (2 * x).astype("int64") * 1.0,
        lambda x: ag.round(8 * x) / 8,
        lambda x: ag.arange(5.0, dtype="float64")[(2 * x).astype("int64")],
        lambda x: ag.argsort(x) * 1.0,
        lambda x: x if float(x[0]) > 0 else 2 * x,
        lambda x: ag.softmax(x - x.max().detach()),
        lambda x: x * (0 * x.detach() + 1),
    ],
    ids=["comparison", "count", "cast", "round", "index", "argsort", "if", "a shift that cancels", "a factor of 1"],
)
def test_what_makes_no_difference_is_no_cut(f: Callable[..., Any]) -> None:
    report = checked(f)
    assert report
    assert {entry.verdict.value for entry in report.entries} == {"PASS"}


@pytest.mark.parametrize("steps", [1e6, 1e7, 1e8, 1e10, 1e12])
def test_fine_steps_of_integers_are_no_kinks(steps: float) -> None:
    x = np.random.default_rng(0).uniform(-2, 2, 20)
    report = checked(lambda x: (steps * x).astype("int64") / steps, x)
    verdicts = {entry.verdict.value for entry in report.entries}
    assert "BLOCKED" in verdicts
    assert verdicts <= {"BLOCKED", "UNRELIABLE"}


def test_steps_that_are_finer_than_any_difference_decide_nothing() -> None:
    """The gradient of `round` is 0 between its steps, which is right, and no help."""
    report = checked(lambda x: ag.round(1e11 * x) * 1e-11)
    assert {entry.verdict.value for entry in report.entries} == {"UNRELIABLE"}
    assert not report


# -- elsewhere -------------------------------------------------------------------------------------------------------


def test_at_a_kink_too() -> None:
    report = checked(lambda x: (2 * x + ag.abs(x)).detach() * 1.0, np.array([0.0]))
    (entry,) = report.entries
    assert entry.verdict.value == "BLOCKED"
    assert "detach() at" in entry.note


def test_in_second_order_it_is_a_formula() -> None:
    @ag.op(registered=False, x=lambda g, x: g * 3 * np.square(core.raw(x)))
    def cube(x: core.Array) -> core.Array:
        return x**3

    report = checked(lambda x: cube(x).sum(), order=2)
    blocked = [entry for entry in report.entries if entry.verdict.value == "BLOCKED"]
    assert {(entry.order, entry.name) for entry in blocked} == {(2, "x")}
    assert all(entry.note.startswith(f"multiply at {__file__}") for entry in blocked)


def test_in_a_module_the_parameters_before_it() -> None:
    class Halves(ag.nn.Module):
        def __init__(self) -> None:
            self.first, self.second = (ag.nn.Linear(2, 2, dtype="float64") for _ in range(2))

        def forward(self, x: ag.Tensor) -> ag.Tensor:
            hidden = ag.tanh(self.first(x)).detach()
            return self.second(2 * hidden)

    report = checked(Halves(), X[None])
    verdicts = {entry.name: entry.verdict.value for entry in report.entries}
    assert verdicts == {
        **dict.fromkeys(["first.weight", "first.bias", "x"], "BLOCKED"),
        **dict.fromkeys(["second.weight", "second.bias"], "PASS"),
    }
    assert "multiply at {} in forward gets a Tensor without history: detach() at {} in forward." in {
        places(entry.note) for entry in report.entries
    }


def test_in_float32_and_in_complex_numbers() -> None:
    assert {e.verdict.value for e in checked(lambda x: ag.exp(x.detach()), dtype="float32").entries} == {"BLOCKED"}
    assert {e.verdict.value for e in checked(lambda x: ag.exp(x.detach()), X + 1j).entries} == {"BLOCKED"}


def test_a_gradient_by_hand_that_is_zero_is_wrong_and_not_blocked() -> None:
    report = checked(lambda x: float(np.exp(x).sum()), jac=np.zeros_like)
    assert {entry.verdict.value for entry in report.entries} == {"FAIL"}
    assert {entry.note for entry in report.entries} == {""}
