import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.gradcheck.contracts import contract_problems, gradient_problems


def problems(f, *arrays):
    leaves = {f"x{i}": ag.tensor(array, requires_grad=True) for i, array in enumerate(arrays)}

    def outputs():
        return (f(*leaves.values()),)

    weights = [np.random.default_rng(1).uniform(0.5, 1.5, outputs()[0].shape)]
    before = [leaf.data.copy() for leaf in leaves.values()]
    found = contract_problems(outputs, weights, leaves)
    assert all(np.array_equal(leaf.data, old) for leaf, old in zip(leaves.values(), before, strict=True))
    return [(problem.kind, problem.name) for problem in found]


def user_op(forward, **formulas):
    def wrong(x):
        return forward(x)

    wrong.__annotations__ = {"x": core.Array, "return": core.Array}
    return core.op(registered=False, **formulas)(wrong)


X = np.random.default_rng(0).normal(size=(3, 4))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.tanh(x) @ x.T,
        lambda x: ag.softmax(ag.max(x, axis=0)),
        lambda x: ag.conv1d(x.reshape(1, 3, 4), np.ones((2, 3, 2))),
        lambda x: ag.sort(x, axis=1).cumsum(axis=0),
    ],
    ids=["tanh", "max", "conv1d", "sort"],
)
def test_nothing_is_said_of_what_is_right(f):
    assert problems(f, X) == []


def test_infinite_and_missing_gradients_are_no_problem():
    assert problems(lambda x: ag.sqrt(x), np.array([0.0, 1.0])) == []
    assert problems(lambda x: ag.tensor(x.data).sum() + 0 * x.sum(), X) == []


def test_a_forward_that_writes_into_its_input():
    def forward(x):
        x += 1
        return x * 2

    assert problems(user_op(forward, x=lambda g: 2 * g), X) == [("aliasing", "x0")]


def test_a_derivative_that_writes_into_what_arrives():
    def formula(g):
        g *= 2
        return g

    assert problems(user_op(lambda x: x * 2, x=formula), X)[0] == ("aliasing", "output 0")


def test_a_derivative_that_writes_into_its_input():
    def formula(g, x):
        x[0, 0] += 1
        return g * x

    assert problems(user_op(lambda x: x * x / 2, x=formula), X)[0] == ("aliasing", "x0")


def test_a_derivative_that_writes_into_the_output():
    def formula(g, out):
        out *= 0.5
        return g * out

    assert ("aliasing", "output 0") in problems(user_op(np.exp, x=formula), X)


def test_a_derivative_that_keeps_a_state():
    calls = []

    def formula(g):
        calls.append(1)
        return g * len(calls)

    assert problems(user_op(lambda x: x * 1.0, x=formula), X) == [("second use", "x0")]


@pytest.mark.parametrize("place", ["value", "gradient"])
def test_what_relies_on_the_strides(place):
    def as_in_memory(x):
        return np.lib.stride_tricks.as_strided(x, x.shape, (x.itemsize * x.shape[1], x.itemsize))

    if place == "value":
        wrong = user_op(lambda x: as_in_memory(x) * 1.0, x=lambda g: g)
    else:
        wrong = user_op(lambda x: x * x / 2, x=lambda g, x: g * as_in_memory(x))
    found = problems(wrong, X)
    assert found
    assert set(found) == {("contiguity", "x0")}


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [
        (np.zeros((3, 4)), []),
        (np.zeros((4, 3)), ["transpose it"]),
        (np.zeros((5, 3, 4)), ["sum it over"]),
        (np.zeros(7), ["one number for each entry"]),
        (np.zeros((3, 4), "float32"), ["float32"]),
        ([[0.0]], ["list"]),
    ],
)
def test_the_form_of_a_gradient(gradient, expected):
    messages = [problem.message for problem in gradient_problems("w", gradient, X)]
    assert len(messages) == len(expected)
    assert all(word in message for word, message in zip(expected, messages, strict=True))
