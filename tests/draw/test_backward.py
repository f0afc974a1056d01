"""The backward pass as a graph."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


def leaf(name, *shape):
    return ag.name(ag.tensor(np.ones(shape), requires_grad=True), name)


def network():
    x, w, b = ag.ones((5, 3), "float64"), leaf("W", 3, 4), leaf("b", 4)
    h = ag.name(ag.tanh(x @ w + b), "h")
    return ag.name((h * h).sum(), "L"), {"x": x}


def edges(graph, mark=None):
    """The edges by the names or labels of their ends."""
    titles = [f"{node.label} {node.values[0].name or ''}".strip() for node in graph.nodes]
    return [f"{titles[e.source]} -> {titles[e.target]}" for e in graph.edges if mark is None or mark in e.marks]


def test_gradients_flow_from_the_output_to_the_leaves():
    loss, names = network()
    graph = ag.draw(loss, names=names, graph="backward").graph
    assert edges(graph) == [
        "1 dL/dL -> ∂sum",
        "∂sum -> ∂multiply",
        "∂multiply -> add dL/dh",
        "∂multiply -> add dL/dh",
        "add dL/dh -> ∂tanh",
        "∂tanh -> ∂add",
        "∂add -> ∂matmul",
        "∂matmul -> gradient dL/dW",
        "∂add -> gradient dL/db",
    ]
    assert [node.parameters for node in graph.nodes if node.label == "∂multiply"] == [("a: g · h", "b: g · h")]
    assert [node.values[0].shape for node in graph.nodes if node.is_output] == [(3, 4), (4,)]
    assert all(node.side == "backward" for node in graph.nodes)


def test_both_sides_with_what_backward_needs_of_forward():
    loss, names = network()
    graph = ag.draw(loss, names=names, graph="both").graph
    forward = ag.draw(loss, names=names).graph
    assert graph.nodes[: len(forward.nodes)] == forward.nodes
    assert edges(graph, "saved") == [
        *("tanh h -> ∂multiply", "tanh h -> ∂multiply", "tanh h -> ∂tanh", "constant x -> ∂matmul"),
    ]
    pairs = {node.label: graph.nodes[node.pair].label for node in graph.nodes if node.side == "backward"}
    assert pairs == {
        "1": "sum",
        "∂sum": "sum",
        "∂multiply": "multiply",
        "add": "tanh",
        "∂tanh": "tanh",
        "∂add": "add",
        "∂matmul": "matmul",
        "gradient": "leaf",
    }
    assert all(edge.source < edge.target for edge in graph.edges)


def test_gradients_of_each_node_are_shown_beside_it():
    x = leaf("x", 2)
    graph = ag.draw((x * 3).sum(), graph="backward", detail="values").graph
    shown = {node.label: node.values[0].data.text for node in graph.nodes}
    assert shown == {"1": "1", "∂sum": "[1, 1]", "∂multiply": "[3, 3]", "gradient": "[3, 3]"}


def test_several_outputs_of_an_operation():
    a, b = ag.split(leaf("x", 4), 2)
    graph = ag.draw([(a * b).sum(), a], graph="backward").graph
    (split,) = (node for node in graph.nodes if node.label == "∂split")
    assert [edge.operand for edge in graph.edges if edge.target == split.id] == ["g 0", "g 1"]
    assert [node.label for node in graph.nodes].count("1") == 2


def test_modules_have_a_frame_on_each_side():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    graph = ag.draw(model, (2, 3), graph="both").graph
    assert [info.label for info in graph.modules] == ["Sequential", "Linear", "Tanh"] * 2
    assert {node.module for node in graph.nodes if node.side == "backward"} == {4, 5}
    folded = ag.draw(model, (2, 3), graph="both", depth=1).graph
    assert [(node.label, node.side) for node in folded.nodes if node.kind == "group"] == [
        *(("Linear", "forward"), ("Tanh", "forward"), ("Tanh", "backward"), ("Linear", "backward")),
    ]


@pytest.mark.parametrize("graph", ["backward", "both"])
def test_steps_of_a_recurrence_are_rolled_up(graph):
    def run(xs, w):
        h = ag.zeros(2, "float64")
        for x in xs:
            h = ag.tanh(h @ w + x)
        return h.sum()

    sizes = [len(ag.draw(run, ag.ones((n, 2)), leaf("w", 2, 2), graph=graph).graph.nodes) for n in (8, 20)]
    assert sizes[0] == sizes[1] < 30


def test_what_is_cut_off_has_no_derivative():
    graph = ag.draw(lambda x: (x * ag.exp(x.detach())).sum(), leaf("x", 2), graph="backward").graph
    assert [node.label for node in graph.nodes] == ["1", "∂sum", "∂multiply", "gradient"]


def test_double_backward_is_an_ordinary_graph():
    x = leaf("x", 2)
    (g,) = ag.gradients(ag.tanh(x).sum(), x, create_graph=True)
    labels = [node.label for node in ag.draw(g.sum(), graph="backward").graph.nodes]
    assert "∂tanh" in labels
    assert labels[-1] == "gradient"


def test_other_sides_are_refused():
    with pytest.raises(ValueError, match="use one of forward, backward, both"):
        ag.draw(leaf("x", 2) * 2, graph="sideways")
