"""Values, gradients, memory and times of nodes."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.draw.measure import HUGE, Backward, summarise


def leaf(values, name=None, dtype="float64"):
    tensor = ag.tensor(np.asarray(values, dtype), requires_grad=True)
    return tensor if name is None else ag.name(tensor, name)


def by_label(graph):
    return {node.values[0].name or node.label: node for node in graph.nodes}


def drawn(*what, detail="everything", **options):
    return by_label(ag.draw(*what, detail=detail, **options).graph)


# -- summaries ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.arange(8.0), (8, 0, 7, 3.5, math.sqrt(140), 0.125, 0, 0)),
        (np.array([3, -4]), (2, -4, 3, -0.5, 5, 0, 0, 0)),
        (np.array([True, False]), (2, 0, 1, 0.5, 1, 0.5, 0, 0)),
        (np.array([3 + 4j, 0]), (2, 0, 5, 2.5, 5, 0.5, 0, 0)),
        (np.array([np.nan, np.inf, -np.inf, 2]), (4, 2, 2, 2, 2, 0, 1, 2)),
        (np.float32(2), (1, 2, 2, 2, 2, 0, 0, 0)),
    ],
)
def test_an_array_in_numbers(array, expected):
    found = summarise(array)
    counts = (found.zeros, found.nans, found.infinities)
    assert (found.count, found.minimum, found.maximum, found.mean, found.norm, *counts) == pytest.approx(expected)


@pytest.mark.parametrize("array", [np.zeros(0), np.full(3, np.nan)])
def test_an_array_without_a_finite_number(array):
    found = summarise(array)
    assert math.isnan(found.mean)
    assert found == summarise(array)


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(0.5), "0.5"),
        (np.array([[1, 2.0], [3, 1 / 3]]), "[[1, 2], [3, 0.3333]]"),
        (np.array([1, 2]), "[1, 2]"),
        (np.zeros(100), None),
    ],
)
def test_small_arrays_whole(array, text):
    assert summarise(array).text == text


# -- values ------------------------------------------------------------------------------------------------------------


def test_all_values_of_a_run():
    def function(x, w):
        return ag.tanh(x * w).sum()

    nodes = drawn(function, np.array([0.0, 1.0]), leaf([2.0, 3.0]), detail="values")
    shown = {name: node.values[0].data.text for name, node in nodes.items()}
    assert shown == {
        "x": "[0, 1]",
        "w": "[2, 3]",
        "multiply": "[0, 3]",
        "tanh": "[0, 0.9951]",
        "sum": "0.9951",
    }


def test_of_a_graph_that_exists_what_is_saved():
    x, w = leaf([1.0, 2.0], "x"), leaf([3.0, 4.0], "w")
    total = (ag.tanh(x * w) + w).sum()
    nodes = drawn(total, detail="values")
    known = {name: node.values[0].data is not None for name, node in nodes.items()}
    assert known == {"x": True, "w": True, "multiply": False, "tanh": True, "add": False, "sum": True}


def test_what_an_operation_was_given_is_known_from_what_it_saves():
    x = leaf([1.0, 2.0], "x")
    assert drawn(ag.sin(x * 2), detail="values")["multiply"].values[0].data.text == "[2, 4]"


# -- gradients ---------------------------------------------------------------------------------------------------------


def model_and_loss():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.Tanh(), nn.LSTM(4, 2, rng=rng), nn.Flatten())
    x = ag.tensor(rng.standard_normal((5, 2, 3)))
    model = model.astype("float64")
    hidden, _ = model[2](model[1](model[0](x)))
    first, second = ag.split(hidden * hidden, 2, axis=-1)
    return model, (first * 3 + second).sum() + model[0].weight.sum()


def test_gradients_are_those_of_the_engine():
    model, loss = model_and_loss()
    found = Backward([loss]).gradients
    expected = ag.gradients(loss, list(model.parameters()), retain_graph=True)
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        assert found[parameter.node, 0].norm == pytest.approx(np.linalg.norm(gradient.data))
        assert parameter.grad is None
    loss.backward()  # nothing was freed


def test_several_outputs_count_as_their_sum():
    x = leaf([1.0, 2.0], "x")
    y = x * x
    assert drawn([y, y * 3], detail="values")["x"].values[0].gradient.text == "[8, 16]"


def test_a_freed_graph_has_no_gradients():
    x = leaf([1.0, 2.0], "x")
    loss = (x * x).sum()
    loss.backward()
    nodes = drawn(loss)
    assert nodes["x"].values[0].gradient is None
    assert nodes["multiply"].saved_bytes is None


@pytest.mark.parametrize(
    ("function", "label", "mark"),
    [
        (lambda x: ag.where(x > 1, x, ag.sqrt(x - 1)).sum(), "sqrt", "nan"),
        (lambda x: (x * np.array([np.inf, 1])).sum(), "multiply", "infinite"),
        (lambda x: ag.sqrt(x * 0).sum(), "x", "nan gradient"),
        (lambda x: ag.sqrt(x * 0).sum(), "multiply", "infinite gradient"),
        (lambda x: ag.relu(-x).sum(), "x", "zero gradient"),
        (lambda x: (x * (2 * HUGE)).sum(), "x", "huge gradient"),
    ],
)
def test_marks(function, label, mark):
    with np.errstate(all="ignore"):
        nodes = drawn(function, leaf([0.5, 2.0]))
    assert mark in nodes[label].marks


def test_an_ordinary_graph_has_no_marks():
    assert not any(node.marks for node in drawn(lambda x: ag.tanh(x).sum(), leaf([0.5, 2.0]), detail="values").values())


# -- costs -------------------------------------------------------------------------------------------------------------


def test_memory_is_counted_once_and_parameters_never():
    def function(x):
        h = ag.tanh(x)  # keeps its result, and multiply the same once more
        return (h * h * np.ones(10)).sum()

    nodes = drawn(function, leaf(np.linspace(-1, 1, 10)), detail="costs")
    assert [nodes[name].saved_bytes for name in ("tanh", "sum")] == [80, 0]
    assert {name for name, node in nodes.items() if "saved" in node.marks} == {"tanh", "constant"}


def test_times_of_a_run():
    nodes = drawn(lambda x: ag.tanh(x).sum(), leaf([0.5, 2.0]), detail="costs")
    for label in ("tanh", "sum"):
        assert 0 < nodes[label].forward_seconds < 1
        assert 0 < nodes[label].backward_seconds < 1
    assert nodes["x"].forward_seconds is None


def test_shapes_cost_no_backward():
    nodes = drawn(lambda x: ag.tanh(x).sum(), leaf([0.5, 2.0]), detail="shapes")
    assert all(node.backward_seconds is None and node.values[0].gradient is None for node in nodes.values())
