"""Every error of an operation: operation, rule, operands with shape and dtype, fix."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import describe, operand
from autograd_lite.ops.creation import zeros


def test_an_operand_is_shown_by_shape_and_dtype_and_others_by_value():
    assert operand(np.zeros((2, 3), np.float32)) == "(2, 3) float32"
    assert operand(zeros((4,))) == "(4,) float32"
    assert operand([np.zeros(1), np.zeros(2)]) == "[(1,) float64, (2,) float64]"
    assert operand(3) == "3"
    assert len(operand("x" * 1000)) == 60


def test_rule_operands_fix():
    error = describe("op", {"x": np.zeros(3), "axis": 5}, ValueError("x is too short; make it longer"))
    assert type(error) is ValueError
    assert str(error) == "op: x is too short (x (3,) float64, axis 5); make it longer"


def test_every_error_has_a_fix():
    error = describe("op", {"x": 1}, np.exceptions.AxisError("axis 7 is out of bounds"))
    assert type(error) is ValueError
    assert str(error).endswith("; help(autograd_lite.op) says what it takes")


def test_the_operation_that_was_called_takes_the_place_of_one_that_it_is_made_of():
    inner = describe("inner", {"x": 1}, ValueError("x is too short; make it longer"))
    assert str(describe("outer", {"y": 2}, inner)) == "outer: x is too short (y 2); make it longer"
    inner = describe("inner", {"x": 1}, ValueError("x is odd"))
    assert str(describe("outer", {}, inner)) == "outer: x is odd (); help(autograd_lite.outer) says what it takes"


def test_numpys_words_are_said_once():
    with pytest.raises(
        ValueError, match=r"^sort: axis 3 is out of bounds [^;]*\(x [^;]*\); an array with n axes [^;]*$"
    ):
        ag.sort(ag.tensor([1.0]), 3)  # whose positions come from an operation that says the same


def test_broadcasting_is_explained():
    error = describe("add", {}, ValueError("operands could not be broadcast together with shapes (2,) (3,)"))
    assert "each pair must be equal or contain a 1" in str(error)
