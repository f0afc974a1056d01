"""Samples are read from docstrings, evaluated, and captured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck.ops import check_op
from autograd_lite.gradcheck.samples import Generators, off_default, samples


@pytest.fixture
def define(registry: dict[str, core.Op]) -> Callable[..., core.Op]:
    """An op of this test only: its forward has the docstring that is passed, and the derivative may be wrong."""

    def defined(doc: str, factor: float = 3.0) -> core.Op:
        def triple(x: core.Array, y: core.Array | None = None, *, shift: float = 0.0) -> core.Array:
            return 3 * x + shift

        triple.__doc__ = doc
        ag.op(x=lambda g: factor * g)(triple)
        return registry["triple"]

    return defined


def test_arguments_are_captured_with_their_defaults(define: Callable[..., core.Op]) -> None:
    op = define("Three times.\n\n>>> triple(randn(3, 2))\n>>> triple(exp(randn(2)), shift=1.5)\n")
    first, second = samples(op)
    assert first.values[0].shape == (3, 2)
    assert first.values[1:] == (None, 0.0)
    assert second.values[2] == 1.5
    assert (second.values[0] > 0).all(), "a sample may use other ops"
    assert list(second.variables()) == ["x"]


def test_samples_are_the_same_every_time(define: Callable[..., core.Op]) -> None:
    op = define("Three times.\n\n>>> triple(randn(3, 2))\n")
    np.testing.assert_array_equal(samples(op)[0].values[0], samples(op)[0].values[0])
    assert not np.array_equal(samples(op)[0].values[0], samples(op, seed=1)[0].values[0])


def test_arrays_are_replaced_by_name() -> None:
    (sample, *_) = samples(core.registry["concatenate"])
    assert list(sample.arrays()) == ["arrays[0]", "arrays[1]"]
    arrays, axis = sample.replaced({"arrays[1]": "another"})
    assert arrays[1] == "another"
    assert axis == 0


def test_what_is_never_off_its_default_is_known(define: Callable[..., core.Op]) -> None:
    op = define("Three times.\n\n>>> triple(randn(2), shift=0.0)\n>>> triple(randn(2), randn(2))\n")
    assert off_default(op, samples(op)) == {"y": True, "shift": False}


@pytest.mark.parametrize("line", ["triple(unknown(3))", "exp(randn(3))", "triple(randn(3), colour=1)"])
def test_a_sample_that_does_not_work_is_an_error(define: Callable[..., core.Op], line: str) -> None:
    op = define(f"Three times.\n\n>>> {line}\n")
    with pytest.raises(ValueError, match="triple"):
        samples(op)


def test_a_row_for_each_op(define: Callable[..., core.Op]) -> None:
    row = check_op(define("Three times.\n\n>>> triple(randn(3, 2))\n"))
    assert (row.ok, row.verdict, row.to_text()) == (True, "ok", "")
    assert row.worst_error(1) == pytest.approx(0.0, abs=1e-9)


def test_a_wrong_op_fails_with_its_sample_and_entries(define: Callable[..., core.Op]) -> None:
    row = check_op(define("Three times.\n\n>>> triple(randn(3, 2))\n", factor=-3.0))
    assert (row.ok, row.verdict) == (False, "FAILED")
    assert "triple(randn(3, 2))" in row.to_text()
    assert "x[" in row.to_text()


def test_an_op_without_a_sample_fails(define: Callable[..., core.Op]) -> None:
    row = check_op(define("Three times."))
    assert not row.ok
    assert "no sample" in row.to_text()


def test_generators_keep_their_word() -> None:
    generators = Generators(0)
    assert generators.randn().shape == ()
    assert generators.randn(2, 3).dtype == np.float64
    assert generators.positive(100).min() >= 0.5
    values = np.sort(generators.distinct(5, 7).reshape(-1))
    assert np.diff(values).min() > 0.19
    assert np.abs(values).min() > 0.09
    integers: Any = generators.integers(4, 100)
    assert integers.dtype.kind == "i"
    assert set(integers.tolist()) == {0, 1, 2, 3}
    assert generators.mask(4, 5).sum() == 10
