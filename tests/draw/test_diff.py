"""Two graphs in one: which nodes are the same, what is told of the others; graphs that tests compare with a file."""

from dataclasses import replace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw import Edge, Graph, Node, Value, from_json
from autograd_lite.draw.graph import ModuleInfo
from autograd_lite.draw.match import matched
from autograd_lite.draw.records import to_json
from autograd_lite.draw.roll import rolled
from autograd_lite.draw.walk import walk

ROUNDS = "\N{MULTIPLICATION SIGN} 5 → \N{MULTIPLICATION SIGN} 7"


def leaf(name, *shape, dtype="float32"):
    tensor = ag.tensor(np.full(shape, 0.5, dtype), requires_grad=True)
    tensor.name = name
    return tensor


def network(width=4, activation=ag.tanh, deeper=False, dtype="float32", axis=0, last="b2"):
    """The output of a network with one hidden layer, or two."""
    h = np.ones((8, 3), dtype) @ leaf("w1", 3, width, dtype=dtype)
    h = activation(h + leaf("b1", width, dtype=dtype))
    if deeper:
        h = ag.tanh(h @ leaf("w3", width, width) + leaf("b3", width))
    return ag.mean(h @ leaf("w2", width, 2, dtype=dtype) + leaf(last, 2, dtype=dtype), axis=axis)


def marks(difference):
    return {
        mark: [node.values[0].name or node.label for node in difference.graph.nodes if mark in node.marks]
        for mark in ("added", "removed", "changed")
    }


# -- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "summary"),
    [
        (network(), ["the graphs are the same"]),
        (
            network(width=5),
            [
                "6 changed",
                "~ w1  (3, 4) → (3, 5)",
                "~ matmul  (8, 4) → (8, 5)",
                "~ b1  (4,) → (5,)",
                "~ add  (8, 4) → (8, 5)",
                "~ tanh  (8, 4) → (8, 5)",
                "~ w2  (4, 2) → (5, 2)",
            ],
        ),
        (network(activation=ag.relu), ["1 added, 1 removed", "+ relu  (8, 4)", "- tanh  (8, 4)"]),
        (
            network(deeper=True),
            [
                "5 added",
                "+ w3  (4, 4)",
                "+ matmul  (8, 4)",
                "+ b3  (4,)",
                "+ add  (8, 4)",
                "+ tanh  (8, 4)",
                "- edge tanh → matmul (a)",
            ],
        ),
        (network(axis=1), ["1 changed", "~ mean  axis=0 → 1  (2,) → (8,)"]),
        (network(last="bias"), ["1 changed", "~ bias  (2,)  was b2"]),
    ],
    ids=["same", "wider", "activation", "deeper", "parameter", "name"],
)
def test_summary(other, summary):
    difference = ag.draw_diff(network(), other)
    assert sorted(str(difference).splitlines()) == sorted(summary)
    assert difference.summary().splitlines()[0] == summary[0]
    assert difference.equal == (len(summary) == 1)


def test_a_change_of_the_type_is_told_everywhere():
    difference = ag.draw_diff(network(), network(dtype="float64"))
    assert difference.summary().count("float32 → float64") == len(difference.graph.nodes)
    assert not marks(difference)["added"]


def test_the_same_nodes_with_other_edges():
    x, y = leaf("x", 3), leaf("y", 3)
    difference = ag.draw_diff(x - y, y - x)
    first, *lines = difference.summary().splitlines()
    assert first == "the same nodes, with other edges"
    assert sorted(lines) == sorted(
        ["+ edge y → subtract (a)", "+ edge x → subtract (b)", "- edge x → subtract (a)", "- edge y → subtract (b)"]
    )
    assert not difference.equal


@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 1)])
def test_an_operand_taken_twice_has_two_edges(a, b):
    x, y = leaf("x", 3), leaf("y", 3)
    products = {1: x * y, 2: x * x}
    difference = ag.draw_diff(products[a], products[b])
    assert marks(difference) == {"added": ["y"] * (b == 1), "removed": ["y"] * (a == 1), "changed": []}
    assert len(difference.graph.edges) == 3


def test_another_output():
    x = leaf("x", 3)
    h = ag.tanh(x)
    y = ag.exp(h)
    assert ag.draw_diff(y, [h, y]).summary() == "1 changed\n~ tanh  (3,)  now an output"
    assert "~ tanh  (3,)  no longer an output" in ag.draw_diff(h, y).summary()


def test_long_summaries_end():
    y = leaf("y", 2)
    for _ in range(300):
        y = ag.tanh(y)
    *_, last = ag.draw_diff(walk(leaf("x", 3)), walk(y)).summary().splitlines()
    assert last.startswith("... and ")


def test_rounds_of_a_block():
    def recurrence(steps):
        h, w = leaf("h", 2, 2), leaf("w", 2, 2)
        for _ in range(steps):
            h = ag.tanh(h @ w)
        return rolled(walk(h))

    difference = ag.draw_diff(recurrence(5), recurrence(7))
    assert difference.summary().splitlines()[1:] == [f"~ block {ROUNDS}"]
    assert ROUNDS in difference.source
    assert ag.draw_diff(recurrence(5), recurrence(5)).equal


def test_modules_that_only_one_has():
    def graph(path, extra):
        nodes = [
            Node(0, "leaf", "leaf", (Value((2,), "float32", "x"),)),
            Node(1, "op", "tanh", (Value((2,), "float32"),), module=1),
            Node(2, "op", extra, (Value((2,), "float32", is_output=True),), module=2),
        ]
        modules = (ModuleInfo("", "Net"), ModuleInfo("a", "Tanh", 0), ModuleInfo(path, "Act", 0))
        return Graph(tuple(nodes), (Edge(0, 1, "x"), Edge(1, 2, "x")), modules)

    merged = ag.draw_diff(graph("b", "exp"), graph("c", "log")).graph
    assert [(info.path, info.parent) for info in merged.modules] == [("", None), ("a", 0), ("c", 0), ("b", 0)]
    modules = {node.label: node.module for node in merged.nodes if node.kind == "op"}
    assert modules == {"tanh": 1, "exp": 3, "log": 2}


# -- which are the same ----------------------------------------------------------------------------------------------


def chain(*functions, x=None):
    y = leaf("x", 3) if x is None else x
    for function in functions:
        y = function(y)
    return y


@pytest.mark.parametrize(
    ("a", "b", "added", "removed"),
    [
        ([ag.tanh] * 5, [ag.tanh] * 7, 2, 0),
        ([ag.tanh] * 7, [ag.tanh] * 5, 0, 2),
        ([ag.tanh, ag.exp, ag.sin], [ag.tanh, ag.sin], 0, 1),
        ([ag.tanh, ag.sin], [ag.tanh, ag.exp, ag.sin], 1, 0),
        ([ag.exp] + [ag.tanh] * 5, [ag.sin] + [ag.tanh] * 5, 1, 1),
        ([ag.tanh] * 5 + [ag.exp], [ag.tanh] * 5 + [ag.sin], 1, 1),
        ([ag.exp, ag.tanh, ag.exp], [ag.sin, ag.tanh, ag.sin], 3, 3),
    ],
)
def test_only_what_differs_is_marked(a, b, added, removed):
    found = marks(ag.draw_diff(walk(chain(*a)), walk(chain(*b))))
    assert (len(found["added"]), len(found["removed"])) == (added, removed)


def test_the_order_in_which_independent_parts_are_computed_does_not_count():
    x, y = leaf("x", 3), leaf("y", 3)
    a, b = ag.tanh(x), ag.exp(y)
    first = walk(a * b)
    d, c = ag.exp(y), ag.tanh(x)
    assert ag.draw_diff(first, walk(c * d)).equal


def test_what_changed_places_is_no_cycle():
    middle = [ag.sin, ag.exp]
    a, b = (walk(chain(ag.tanh, *order, ag.tanh)) for order in (middle, middle[::-1]))
    edges = ag.draw_diff(a, b).graph.edges
    assert all(edge.source < edge.target for edge in edges)
    assert set(matched(a, b)) == {0, 1, 4}


@pytest.mark.parametrize("seed", range(20))
def test_both_graphs_are_in_the_union(seed):
    rng = np.random.default_rng(seed)

    def random_graph(number):
        x = leaf("x", 3)
        values = [x, leaf("y", 3)]
        choices = np.random.default_rng(seed)  # the same for both graphs, which differ in a few places
        for _ in range(30):
            kind, *picks = choices.integers(3), choices.integers(len(values)), choices.integers(len(values))
            i, j = (rng.integers(len(values)) if rng.random() < 0.05 * number else pick for pick in picks)
            values.append((values[i] * values[j], ag.tanh(values[i]), values[i] - values[j])[kind])
        return walk(values[-6:])

    a, b = random_graph(0), random_graph(1)
    assert ag.draw_diff(a, random_graph(0)).equal
    merged = ag.draw_diff(a, b).graph
    assert all(edge.source < edge.target for edge in merged.edges)
    assert [node.id for node in merged.nodes] == list(range(len(merged.nodes)))
    for graph, other in ((a, "added"), (b, "removed")):
        assert labels(merged, without=other) == labels(graph)


def labels(graph, without=None):
    """The operations, and the edges by those at their ends."""
    nodes = [node.label for node in graph.nodes if without not in node.marks]
    edges = [
        (graph.nodes[edge.source].label, graph.nodes[edge.target].label, edge.operand)
        for edge in graph.edges
        if without not in edge.marks
    ]
    return sorted(nodes), sorted(edges)


def test_a_node_that_two_graphs_share_by_name_has_no_other_partner():
    a, b = leaf("a", 3), leaf("b", 3)
    pairs = matched(walk(a * b), walk(b * a))
    assert pairs[0] == 1
    assert pairs[1] == 0


def test_long_graphs():
    a, b = walk(chain(*[ag.tanh, ag.sin] * 3000)), walk(chain(*[ag.tanh, ag.sin] * 2000, ag.exp, *[ag.tanh] * 1000))
    assert marks(ag.draw_diff(a, a)) == {"added": [], "removed": [], "changed": []}
    assert len(matched(a, b)) == 1 + 4000


# -- pictures --------------------------------------------------------------------------------------------------------


def test_a_difference_is_a_picture(tmp_path):
    difference = ag.draw_diff(ag.draw(network()), network(5, ag.relu), rankdir="LR")
    assert "rankdir=LR;" in difference.source
    assert "(3, 4) → (3, 5)" in difference.to_mermaid()
    assert "+ relu" in difference.to_text()
    assert repr(difference) == "<Difference: 1 added, 1 removed, 5 changed>"
    assert from_json(difference.to_json()) == difference.graph


def test_shape_of_a_leaf_stays_when_it_is_marked():
    assert 'class="leaf", style=filled' in ag.draw_diff(network(), network(5)).source


# -- files -----------------------------------------------------------------------------------------------------------


def test_a_graph_is_compared_with_its_file(tmp_path, monkeypatch):
    monkeypatch.delenv("AUTOGRAD_LITE_UPDATE", raising=False)
    file = tmp_path / "graphs" / "network.json"
    ag.assert_graph_equal(network(), file)  # writes it
    ag.assert_graph_equal(ag.draw(network()), str(file))
    written = file.read_text(encoding="utf-8")
    with pytest.raises(AssertionError) as caught:
        ag.assert_graph_equal(network(5), file)
    assert "~ w1  (3, 4) → (3, 5)" in str(caught.value)
    assert "AUTOGRAD_LITE_UPDATE=1" in str(caught.value)
    assert "update=True" in str(caught.value)
    assert file.read_text(encoding="utf-8") == written


def test_a_file_is_updated(tmp_path, monkeypatch):
    file = tmp_path / "network.json"
    ag.assert_graph_equal(network(), file)
    ag.assert_graph_equal(network(5), file, update=True)
    ag.assert_graph_equal(network(5), file)
    monkeypatch.setenv("AUTOGRAD_LITE_UPDATE", "1")
    with pytest.raises(AssertionError):
        ag.assert_graph_equal(network(), file, update=False)
    ag.assert_graph_equal(network(), file)
    monkeypatch.setenv("AUTOGRAD_LITE_UPDATE", "0")
    ag.assert_graph_equal(network(), file)


def test_what_differs_from_run_to_run_is_not_in_the_file(tmp_path):
    graph = walk(network())
    measured = {"forward_seconds": 1.0, "saved_bytes": 3, "marks": frozenset({"saved"})}
    nodes = tuple(replace(node, **measured) for node in graph.nodes)
    ag.assert_graph_equal(replace(graph, nodes=nodes), tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == to_json(graph)


def test_a_file_that_is_no_graph(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(ValueError, match="no graph"):
        ag.assert_graph_equal(network(), tmp_path / "a.json")
