"""The program that shows a wrong derivative: arrays in its text, to the last bit, and how its operation is called."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import Array, Call, Op, observe, registry
from autograd_lite.gradcheck import GradientError, script
from autograd_lite.gradcheck.branches import members
from autograd_lite.gradcheck.calls import Case
from autograd_lite.gradcheck.samples import samples
from autograd_lite.gradcheck.script import written


@pytest.mark.parametrize(
    "array",
    [
        np.array(0.1),
        np.array([1 / 3, -0.0, np.nan, np.inf]),
        np.array([[0.1, 2.5]], np.float32),
        np.array([0.1], np.float16),
        np.zeros((0, 3), np.float32),
        np.arange(3),
        np.arange(3, dtype=np.uint8),
        np.array([[True], [False]]),
        np.array([[complex(-0.0, 1.0), complex(1.0, -0.0)]]),
        np.array(complex(np.nan, 0.1), np.complex64),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    ],
    ids=str,
)
def test_an_array_as_text_is_the_same_to_the_last_bit(array: Any) -> None:
    again = eval(written(array), {"np": np, "nan": np.nan, "inf": np.inf})
    assert (again.shape, again.dtype, again.strides) == (array.shape, array.dtype, array.strides)
    assert again.tobytes("A") == array.tobytes("A")


def product(x: Array, w: Array) -> Array:
    return x @ w


def failure(f: Any, *inputs: Any) -> GradientError:
    with pytest.raises(GradientError) as raised:
        ag.gradcheck(f, *inputs)
    return raised.value


def pasted(source: str, **names: Any) -> list[float]:
    """The numbers that a program prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(source, names)
    return [float(line.partition(": ")[2]) for line in output.getvalue().splitlines()]


def test_the_code_in_the_text_of_the_error_runs_when_it_is_pasted() -> None:
    wrong = ag.op(x=lambda g, w: -g @ ag.swapaxes(w, 0, 1), w=lambda g, x: ag.swapaxes(x, 0, 1) @ g, registered=False)
    op = wrong(product)
    error = failure(lambda x, w: op(ag.tanh(x), w), np.ones((4, 3)), np.ones((3, 5)))
    code = "\n".join(line.removeprefix("    ") for line in str(error).partition("# Run this")[2].splitlines()[1:])
    computed, measured = pasted(code, product=op)
    assert computed == pytest.approx(error.report.culprit.analytic)
    assert measured == pytest.approx(-computed)
    assert "npz" not in str(error)


def test_of_arrays_that_are_too_large_it_says_how_to_save_them() -> None:
    def roll(x: Array) -> Array:
        return np.roll(x.reshape(40), 1)

    op = ag.op(x=lambda g: g, registered=False)(roll)
    error = failure(op, np.ones(40))
    assert not error.report.culprit.small
    assert 'culprit.save("folder") of the report (an AssertionError has it as `error.report`)' in str(error)
    assert "import numpy" not in str(error)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda op, x: op(2, x), "scaled(2, x['x'])"),
        (lambda op, x: op(2, x, float("-inf")), "scaled(2, x['x'], low=float('-inf'))"),
        (lambda op, x: op(2, x, 0.0, None, 3), "scaled(2, x['x'], high=3)"),
        (lambda op, x: op(2, x, w=x), "scaled(2, x['x'], w=x['w'])"),
    ],
)
def test_how_the_operation_is_called(call: Any, text: str) -> None:
    def scaled(factor: float, x: Array, low: float = 0.0, w: Array | None = None, high: float = 9.0) -> Array:
        return x * factor

    op = ag.op(x=lambda g: g, registered=False)(scaled)
    with pytest.raises(GradientError) as raised:
        ag.gradcheck(lambda x: call(op, x), np.ones(2))
    assert f"result = {text}" in raised.value.report.culprit.code()


def test_every_operation_is_called_as_in_its_samples() -> None:
    called = 0
    for op in [
        op for op in registry.values() if isinstance(op, Op) and op.forward.__module__.startswith("autograd_lite")
    ]:
        for sample in samples(op):
            calls: list[Call] = []
            with observe(calls.append):
                sample.call({name: ag.tensor(array) for name, array in sample.variables().items()})
            for case in [Case.of(call) for call in calls if call.op is op]:
                again = eval(script._call(case), {"np": np, "x": case.arrays(), op.name: op.function})
                for a, b in zip(members(again), members(op.bind(op.function, case.values.values())), strict=True):
                    np.testing.assert_array_equal(a, b, err_msg=script._call(case))
                called += 1
    assert called > 400
