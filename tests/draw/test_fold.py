"""Folding Modules and chains; rolling up what repeats."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw.fold import chained, folded
from autograd_lite.draw.graph import Edge, Graph, ModuleInfo, Node, Value
from autograd_lite.draw.labels import edge_label
from autograd_lite.draw.roll import rolled
from autograd_lite.draw.walk import walk

SHAPE = (2, 3)


def node(id, label, kind="op", module=None, name=None, is_output=False, parameters=(), **options):
    value = Value(SHAPE, "float32", name, is_output=is_output)
    return Node(id, kind, label, (value,), parameters, module, **options)


def seen(graph):
    """The edges with the labels of their ends, loops with an asterisk."""
    return [
        f"{graph.nodes[e.source].label} -{'*' * e.loop}{e.output}-> {graph.nodes[e.target].label}" for e in graph.edges
    ]


def labels(graph):
    return [node.label for node in graph.nodes]


def leaf(value, name):
    tensor = ag.tensor(np.asarray(value, float), requires_grad=True)
    tensor.name = name
    return tensor


# -- Modules -----------------------------------------------------------------------------------------------------------

# x -> [model: [0 Linear: matmul(weight) add(bias)] relu [1 Linear: matmul add]]; the model's bias is shared
MODULES = (ModuleInfo("", "Model"), ModuleInfo("0", "Linear", 0, 12), ModuleInfo("1", "Linear", 0, 9))
NESTED = Graph(
    (
        node(0, "leaf", "leaf", name="x"),
        node(1, "leaf", "leaf", module=1, name="0.weight"),
        node(2, "matmul", module=1, saved_bytes=8),
        node(3, "leaf", "leaf", module=0, name="bias"),
        node(4, "add", module=1, saved_bytes=4, forward_seconds=0.5),
        node(5, "relu", module=0),
        node(6, "matmul", module=2),
        node(7, "add", module=2, is_output=True),
    ),
    (
        *(Edge(0, 2, "a"), Edge(1, 2, "b"), Edge(2, 4, "a"), Edge(3, 4, "b"), Edge(4, 5, "x")),
        *(Edge(5, 6, "a"), Edge(6, 7, "a"), Edge(3, 7, "b")),
    ),
    MODULES,
)


def test_modules_of_the_model_are_folded_with_their_parameters_and_costs():
    graph = folded(NESTED, 1)
    assert labels(graph) == ["leaf", "leaf", "Linear", "relu", "Linear"]
    assert seen(graph) == [
        *("leaf -0-> Linear", "leaf -0-> Linear", "Linear -0-> relu", "relu -0-> Linear", "leaf -0-> Linear")
    ]
    first = graph.nodes[2]
    assert (first.kind, first.parameters, first.members) == ("group", ("0", "12 parameters"), (1, 2, 4))
    assert (first.saved_bytes, first.forward_seconds, first.backward_seconds) == (12, 0.5, None)
    assert [n.id for n in graph.nodes] == list(range(5))
    assert graph.nodes[4].is_output


def test_a_module_that_is_called_twice_has_its_parameters_in_both():
    modules = (ModuleInfo("", "Model"), ModuleInfo("cell", "Cell", 0), ModuleInfo("cell", "Cell", 0, call=1))
    nodes = (
        node(0, "leaf", "leaf", name="x"),
        node(1, "leaf", "leaf", module=1, name="cell.weight"),
        node(2, "matmul", module=1),
        node(3, "matmul", module=2, is_output=True),
    )
    edges = (Edge(0, 2, "a"), Edge(1, 2, "b"), Edge(2, 3, "a"), Edge(1, 3, "b"))
    graph = folded(Graph(nodes, edges, modules), 1)
    assert labels(graph) == ["leaf", "Cell", "Cell"]
    assert seen(graph) == ["leaf -0-> Cell", "Cell -0-> Cell"]


def test_what_a_module_is_given_stays_outside_even_if_it_is_constant():
    model, x = ag.nn.Linear(3, 2), np.ones((4, 3), "float32")
    assert [node.label for node in ag.draw(model, x, depth=0).graph.nodes] == ["constant", "Linear"]


def test_the_whole_model_is_one_node():
    graph = folded(NESTED, 0)
    assert labels(graph) == ["leaf", "Model"]
    assert seen(graph) == ["leaf -0-> Model"]


def test_nothing_lies_so_deep():
    assert folded(NESTED, 2) == NESTED


def test_several_results_of_a_folded_module_are_told_apart():
    graph = Graph(
        (node(0, "sin", module=0), node(1, "cos", module=0), node(2, "add"), node(3, "exp")),
        (Edge(0, 1, "x"), Edge(0, 2, "a"), Edge(1, 2, "b"), Edge(1, 3, "x")),
        (ModuleInfo("", "Both"),),
    )
    small = folded(graph, 0)
    assert [value.slot for value in small.nodes[0].values] == ["0", "1"]
    assert seen(small) == ["Both -0-> add", "Both -1-> add", "Both -1-> exp"]


# -- chains ------------------------------------------------------------------------------------------------------------


def test_chains_of_elementwise_operations():
    x = leaf(np.ones(3), "x")
    y = ag.exp(ag.tanh(2 * x))
    graph = chained(walk((y * x).sum()), {"multiply", "tanh", "exp"}.__contains__)
    assert labels(graph) == ["leaf", "multiply → tanh → exp → multiply", "sum"]
    assert [e.operand for e in graph.edges] == ["b", "b", "x"]


def test_a_value_that_is_used_twice_ends_a_chain():
    y = ag.tanh(ag.sin(leaf(np.ones(3), "x")))
    graph = chained(walk((ag.exp(y) + y).sum()), {"sin", "tanh", "exp", "add"}.__contains__)
    assert labels(graph) == ["leaf", "sin → tanh", "exp → add", "sum"]


# -- repetitions -------------------------------------------------------------------------------------------------------


def recurrence(steps, x=None):
    rng = np.random.default_rng(0)
    w, u, h = leaf(rng.normal(size=(3, 3)), "w"), leaf(rng.normal(size=(3, 3)), "u"), leaf(np.zeros((2, 3)), "h0")
    x = leaf(rng.normal(size=(steps, 2, 3)), "x")
    states = []
    for t in range(steps):
        h = ag.tanh(x[t] @ u + h @ w)
        states.append(h)
    return states


@pytest.mark.parametrize("steps", [3, 50])
def test_steps_of_a_recurrence_are_drawn_once(steps):
    inner = ["getitem", "matmul", "matmul", "add", "tanh"]
    graph = rolled(walk(ag.stack(recurrence(steps)).sum()))
    assert sorted(labels(graph)) == sorted(["leaf"] * 4 + inner + ["stack", "sum"])
    assert seen(graph).count("tanh -*0-> matmul") == 1
    assert seen(graph).count("tanh -0-> stack") == 1
    assert [module.repeat for module in graph.modules] == [steps]
    assert [node.label for node in graph.nodes if node.module == 0] == inner
    (index,) = [node.parameters for node in graph.nodes if node.label == "getitem"]
    assert index == (f"[0] ... [{steps - 1}]",)


def test_the_first_state_enters_beside_the_loop():
    graph = rolled(walk(recurrence(4)[-1]))
    names = [graph.nodes[e.source].values[0].name for e in graph.edges if graph.nodes[e.target].label == "matmul"]
    assert names.count("h0") == 1
    assert graph.nodes[-1].is_output


def test_two_steps_are_not_worth_a_box():
    graph = walk(ag.stack(recurrence(2)).sum())
    assert rolled(graph) is graph


def test_doubling_is_one_operation_with_two_edges_and_two_loops():
    y = leaf(1.0, "y")
    for _ in range(40):
        y = y + y
    assert seen(rolled(walk(y))) == ["leaf -0-> add"] * 2 + ["add -*0-> add"] * 2


def test_layers_with_weights_of_their_own_are_drawn_once():
    h = leaf(np.ones((2, 3)), "x")
    for i in range(5):
        h = ag.tanh(h @ leaf(np.eye(3), f"layers.{i}.weight"))
    graph = rolled(walk(h))
    assert labels(graph) == ["leaf", "leaf", "matmul", "tanh"]
    assert seen(graph) == ["leaf -0-> matmul", "leaf -0-> matmul", "matmul -0-> tanh", "tanh -*0-> matmul"]


def test_what_takes_its_operands_in_another_way_is_not_the_same():
    values = [leaf(np.ones(3), "x")]
    for i in range(12):
        values.append(values[-1] * values[i // 2])
    graph = walk(values[-1])
    assert rolled(graph) is graph


def test_blocks_within_blocks():
    h = leaf(np.ones(3), "x")
    for _ in range(4):
        for _ in range(5):
            h = ag.sin(h)
        h = ag.exp(h)
    graph = rolled(walk(h))
    assert labels(graph) == ["leaf", "sin", "exp"]
    assert sorted((m.repeat, m.parent) for m in graph.modules) == [(4, None), (5, 0)]


def test_calls_of_modules_stay_around_what_they_compute():
    nodes, edges, modules = [node(0, "leaf", "leaf", name="x")], [], [ModuleInfo("", "Model")]
    for call in range(4):
        modules.append(ModuleInfo("cell", "Cell", 0, call=call))
        first = len(nodes)
        nodes += [node(first, "sin", module=call + 1), node(first + 1, "cos", module=0)]
        edges += [Edge(first - 1, first, "x"), Edge(first, first + 1, "x")]
    graph = rolled(Graph(tuple(nodes), tuple(edges), tuple(modules)))
    assert [(m.label, m.repeat, m.parent) for m in graph.modules] == [("Model", 1, None), ("", 4, 0), ("Cell", 1, 1)]
    assert [n.module for n in graph.nodes] == [None, 2, 1]


def test_costs_add_up():
    nodes = (node(0, "leaf", "leaf"), *(node(i, "sin", saved_bytes=4, forward_seconds=0.25) for i in range(1, 5)))
    graph = rolled(Graph(nodes, tuple(Edge(i, i + 1, "x") for i in range(4))))
    assert (graph.nodes[1].saved_bytes, graph.nodes[1].forward_seconds) == (16, 1.0)
    assert graph.nodes[1].members == (1, 2, 3, 4)


def test_a_long_graph_without_repetition_takes_its_time_once():
    rng = np.random.default_rng(0)
    y = leaf(0.5, "x")
    for choice in rng.integers(0, 3, 20_000):
        y = (ag.sin, ag.cos, ag.tanh)[choice](y)
    graph = rolled(walk(y))
    assert len(graph.nodes) < 20_001
    assert all(e.source < e.target or e.loop for e in graph.edges)


def test_what_is_alike_but_goes_to_different_places_is_not_rolled():
    x = leaf(np.ones((2, 4)), "x")
    i, f, o, g = (ag.sigmoid(gate) for gate in ag.split(x, 4, axis=1))
    gates = walk(i * g + ag.tanh(f) - o)
    assert rolled(gates) is gates
    heads = walk(ag.concatenate([ag.sigmoid(head) for head in ag.split(x, 4, axis=1)]))
    assert [info.repeat for info in rolled(heads).modules] == [4]


def test_which_results_the_rounds_take_is_told():
    h, w = leaf(np.ones(2), "h"), leaf(np.ones((2, 2)), "w")
    for x in leaf(np.ones((5, 2)), "x"):
        h = ag.tanh(h @ w + x)
    graph = rolled(walk(h))
    (edge,) = [edge for edge in graph.edges if graph.nodes[edge.source].label == "unstack"]
    assert (edge.output, edge.last, edge_label(graph, edge)) == (0, 4, "0 ... 4")
