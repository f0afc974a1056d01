"""Graphs of runs that are observed: Modules, lines, names, and what needs no gradient."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def leaf(*shape, name=None):
    tensor = ag.tensor(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape), requires_grad=True)
    return tensor if name is None else ag.name(tensor, name)


def graph_of(*args, **kwargs):
    return ag.draw(*args, **kwargs).graph


def labels(graph, mark=None):
    return [node.label for node in graph.nodes if node.kind == "op" and (mark is None or mark in node.marks)]


def node_of(graph, label):
    (node,) = (node for node in graph.nodes if node.label == label)
    return node


def named(graph):
    return {value.name: node for node in graph.nodes for value in node.values if value.name}


def edges(graph):
    """The edges by the names or labels of their ends, with their marks."""
    titles = [node.values[0].name or node.label for node in graph.nodes]
    return {f"{titles[e.source]} -> {titles[e.target]}": set(e.marks) for e in graph.edges}


# -- Modules -----------------------------------------------------------------------------------------------------------


class Twice(nn.Module):
    """Calls one layer twice, through a Module that computes nothing itself."""

    def __init__(self):
        self.inner = nn.Sequential(nn.Linear(3, 3, rng=np.random.default_rng(0)))
        self.scale = nn.Parameter([2.0])
        self.register_buffer("shift", np.ones(3, "float32"))

    def forward(self, x):
        return self.inner(self.inner(x)) * self.scale + self.shift


def test_each_call_of_a_module_is_known():
    graph = graph_of(Twice(), np.ones((2, 3), "float32"))
    seen = [(m.path, m.label, m.parent, m.parameters, m.call) for m in graph.modules]
    assert seen == [
        ("", "Twice", None, 13, 0),
        ("inner", "Sequential", 0, 12, 0),
        ("inner.0", "Linear", 1, 12, 0),
        ("inner", "Sequential", 0, 12, 1),
        ("inner.0", "Linear", 3, 12, 1),
    ]
    assert [(node.label, node.module) for node in graph.nodes if node.kind == "op"] == [
        *(("linear", 2), ("linear", 4), ("multiply", 0), ("add", 0)),
    ]


def test_parameters_and_buffers_belong_to_their_module_and_inputs_to_none():
    graph = graph_of(Twice(), np.ones((2, 3), "float32"))
    places = {name: node.module for name, node in named(graph).items()}
    assert places == {"x": None, "inner.0.weight": 2, "inner.0.bias": 2, "scale": 0, "shift": 0}


def test_a_model_is_afterwards_as_before():
    model = nn.BatchNorm1d(3)
    before = model.state_dict()
    graph = graph_of(model, np.ones((2, 3), "float32"))
    assert "unused" not in {mark for node in graph.nodes for mark in node.marks}  # running statistics are its business
    after = model.state_dict()
    assert all(np.array_equal(after[key], before[key]) for key in before)


def test_a_shape_stands_for_an_input():
    assert named(graph_of(nn.Linear(3, 2), (5, 3)))["x"].values[0].shape == (5, 3)


def test_modules_are_folded_to_a_depth():
    graph = graph_of(Twice(), (2, 3), depth=1)
    assert [node.label for node in graph.nodes if node.kind == "group"] == ["Sequential", "Sequential"]
    (whole,) = (node for node in graph_of(Twice(), (2, 3), depth=0).nodes if node.kind == "group")
    assert (whole.label, whole.is_output) == ("Twice", True)


# -- a function --------------------------------------------------------------------------------------------------------


def test_inputs_are_called_as_the_parameters_that_take_them():
    graph = graph_of(lambda x, pair: x * pair[0] + pair[1], leaf(2), [leaf(2, name="own"), np.ones(2)])
    assert set(named(graph)) == {"x", "own", "pair[1]"}


def test_names_that_are_passed_come_first():
    x = leaf(2)
    assert set(named(graph_of(lambda x: ag.name(ag.tanh(x), "inner"), x, names={"given": x}))) == {"given", "inner"}


def test_the_users_line_and_its_text():
    graph = graph_of(lambda x: ag.tanh(x), leaf(2))  # here
    source = node_of(graph, "tanh").source
    assert (source.file, source.function) == (__file__, "<lambda>")
    assert source.text.endswith("# here")


def test_operations_that_need_no_gradient_are_seen_too():
    scaled = graph_of(lambda x, w: (x / 255) @ w, ag.ones((2, 3), "float64"), leaf(3, 2))
    assert edges(scaled) == {"x -> divide": set(), "divide -> matmul": set(), "w -> matmul": set()}
    assert labels(scaled, "detached") == []
    assert labels(graph_of(lambda x, w: (x / 255) @ w, ag.ones((2, 3), "float64"), leaf(3, 2), constants=False)) == [
        "matmul"
    ]


def test_a_run_without_any_gradient_can_be_drawn():
    assert labels(graph_of(lambda x: ag.exp(x) + 1, ag.ones(2))) == ["exp", "add"]


def test_where_a_history_is_cut_off():
    def function(x):
        h = ag.tanh(x)
        return (h - ag.exp(h.detach())).sum()

    graph = graph_of(function, leaf(2))
    assert labels(graph, "detached") == ["exp"]
    assert edges(graph)["tanh -> exp"] == {"detached"}
    assert edges(graph)["tanh -> subtract"] == set()


def test_what_no_grad_computes_is_detached():
    def function(x):
        with ag.no_grad():
            total = ag.sum(x)
        return x * total

    assert labels(graph_of(function, leaf(2)), "detached") == ["sum"]


def test_results_that_nothing_uses_are_marked():
    def function(x, y):
        ag.exp(y)
        return ag.tanh(x)

    graph = graph_of(function, leaf(2), leaf(2))
    assert {node.values[0].name or node.label for node in graph.nodes if "unused" in node.marks} == {"y", "exp"}


def test_what_a_checkpoint_runs_is_within_it():
    graph = graph_of(lambda x: ag.checkpoint(lambda x: ag.tanh(x) * 2, x).sum(), leaf(2))
    assert labels(graph) == ["checkpoint", "sum"]


def test_outputs_of_several_outputs():
    def function(x):
        a, b = ag.split(x.detach(), 2)
        return {"sum": a + b, "whole": x * 2, "count": 3}

    graph = graph_of(function, leaf(4))
    parts = [edge for edge in graph.edges if graph.nodes[edge.source].label == "split"]
    assert [(edge.output, edge.operand) for edge in parts] == [(0, "a"), (1, "b")]
    assert [node.label for node in graph.nodes if node.is_output] == ["add", "multiply"]


@pytest.mark.parametrize(
    ("function", "message"),
    [(lambda x: 3, "returned a int without Tensors"), (lambda x: ag.ones(2), "comes from no operation")],
)
def test_results_that_cannot_be_drawn(function, message):
    with pytest.raises((TypeError, ValueError), match=message):
        ag.draw(function, leaf(2))


def test_inputs_are_not_for_tensors():
    x = leaf(2)
    with pytest.raises(TypeError, match="pass tensors together as a list"):
        ag.draw(x, x, x)


def test_the_same_run_gives_the_same_graph():
    model = Twice()
    assert graph_of(model, (2, 3)) == graph_of(model, (2, 3))


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_name_is_found_although_the_tensor_is_gone():
    x = leaf(2)
    y = ag.exp(ag.name(ag.tanh(x), "h"))
    assert named(graph_of(y))["h"].label == "tanh"


def test_one_of_several_outputs_has_a_name():
    first, second = ag.split(leaf(4), 2)
    ag.name(second, "second")
    (node,) = (node for node in graph_of(first * second).nodes if node.label == "split")
    assert [value.name for value in node.values] == [None, "second"]


def test_names_keep_no_memory():
    count = len(ag.core.named)
    y = ag.name(ag.tanh(leaf(2)), "y")
    assert len(ag.core.named) == count + 1
    del y
    assert len(ag.core.named) == count


# -- large runs --------------------------------------------------------------------------------------------------------


def test_a_recurrence_over_1000_steps_is_drawn_as_one():
    cell = nn.RNNCell(2, 2, rng=np.random.default_rng(0))

    def run(xs):
        h = None
        for x in xs:
            h = cell(x, h)
        return h

    graph = graph_of(run, (ag.ones((1000, 1, 2))))
    assert [module.repeat for module in graph.modules] == [1000, 1]
    assert labels(graph) == ["unstack", "linear", "linear", "add", "tanh"]
    assert [edge.operand for edge in graph.edges if edge.loop] == ["x"]


def test_forty_doublings_are_drawn_as_one():
    y = leaf(1)
    for _ in range(40):
        y = y + y
    graph = graph_of(y)
    assert [module.repeat for module in graph.modules] == [40]
    assert [(edge.operand, edge.loop) for edge in graph.edges] == [("a", False), ("b", False), ("a", True), ("b", True)]
