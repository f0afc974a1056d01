from dataclasses import replace

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.draw import Edge, Graph
from autograd_lite.draw.shorten import REACH, shorten


def leaf(*shape, name=None, dtype="float32"):
    tensor = ag.tensor(np.random.default_rng(0).standard_normal(shape).astype(dtype), requires_grad=True)
    if name is not None:
        tensor.name = name
    return tensor


def graph_of(*args, **kwargs) -> Graph:
    """The graph with every repetition."""
    return ag.draw(*args, roll=False, **kwargs).graph


def ops(graph):
    return [node for node in graph.nodes if node.kind == "op"]


def constants(graph):
    return [node for node in graph.nodes if node.kind == "constant"]


# -- nodes and edges ---------------------------------------------------------------------------------------------


def test_draw_is_the_function_although_there_is_a_package_of_that_name():
    import autograd_lite.draw.graph  # noqa: F401

    assert callable(ag.draw)


def test_edges_run_from_operand_to_operation_in_the_order_of_the_operands():
    a, b = leaf(3, name="a"), leaf(3, name="b")
    graph = graph_of(b - ag.tanh(a))
    assert [node.label for node in graph.nodes] == ["leaf", "tanh", "leaf", "subtract"]
    assert [node.values[0].name for node in graph.nodes] == ["a", None, "b", None]
    assert graph.edges == (Edge(0, 1, "x"), Edge(2, 3, "a"), Edge(1, 3, "b"))


def test_a_tensor_used_twice_has_two_edges():
    x = leaf(2)
    assert graph_of(x * x).edges == (Edge(0, 1, "a"), Edge(0, 1, "b"))
    graph = graph_of(ag.concatenate([x, x, x]))
    assert len(graph.nodes) == 2
    assert len(graph.edges) == 3


def test_doubling_forty_times_has_forty_one_nodes():
    y = leaf(1)
    for _ in range(40):
        y = y + y
    graph = graph_of(y)
    assert (len(graph.nodes), len(graph.edges)) == (41, 80)


def test_a_chain_of_100_000_operations_needs_no_recursion():
    x = leaf(1)
    y = x
    for _ in range(100_000):
        y = ag.tanh(y)
    picture = ag.draw(y, roll=False)
    assert len(picture.graph.nodes) == 100_001
    assert picture.source.count("->") == 100_000


def test_several_outputs_share_their_graph_and_are_marked():
    x = leaf(2)
    y = ag.tanh(x)
    graph = graph_of([y, ag.exp(y)])
    assert [node.is_output for node in graph.nodes] == [False, True, True]


def test_a_leaf_can_be_drawn():
    (node,) = graph_of(leaf(2, name="w")).nodes
    assert (node.kind, node.values[0].name, node.is_output) == ("leaf", "w", True)


def test_outputs_of_one_operation_are_values_of_one_node():
    x = leaf(4, 3)
    i, f = ag.split(x, 2)
    graph = graph_of([f * i, i], {"gate": f})
    x_, split, product = graph.nodes
    assert [node.label for node in (x_, split, product)] == ["leaf", "split", "multiply"]
    assert [(value.slot, value.name, value.is_output) for value in split.values] == [
        ("0", None, True),
        ("1", "gate", False),
    ]
    assert graph.edges[1:] == (Edge(1, 2, "a", 1), Edge(1, 2, "b", 0))


def test_the_graph_stays_after_backward_freed_what_it_saved():
    x, w = ag.tensor(np.ones((2, 3), "float32")), leaf(3, 4, name="w")
    loss = ag.tanh(x @ w).sum()
    before = graph_of(loss, constants=False)
    loss.backward()
    assert graph_of(loss, constants=False) == before
    (constant,) = constants(graph_of(loss))
    assert constant.values[0].shape is None


def test_the_graph_of_a_gradient_can_be_drawn():
    x = leaf(3)
    (gradient,) = ag.gradients(ag.tanh(x).sum(), x, create_graph=True)
    assert "tanh" in [node.label for node in graph_of(gradient).nodes]


# -- parameters, shapes, dtypes ----------------------------------------------------------------------------------


def only_op(output):
    return ops(graph_of(output))[-1]


def test_parameters_are_shown_where_they_are_off_their_default():
    x = leaf(2, 3)
    assert only_op(x.sum()).parameters == ()
    assert only_op(x.sum(axis=1, keepdims=True)).parameters == ("axis=1", "keepdims=True")
    assert only_op(x.reshape(3, 2)).parameters == ()  # the result's shape says it
    assert only_op(x.astype("float64")).parameters == ("dtype=float64",)
    assert only_op(x.astype(np.float64)).parameters == ("dtype=float64",)


@pytest.mark.parametrize(
    ("index", "shown"),
    [
        (1, "[1]"),
        ((slice(None), 2), "[:, 2]"),
        ((..., None, slice(3, 0, -1)), "[..., None, 3:0:-1]"),
        (np.array([0, 1, 1]), "[int64 (3,)]"),
        ([0, 1], "[[0, 1]]"),
        ([0, 1] * 20, "[[0, 1, 0, 1, 0, 1, 0, 1, ...]]"),
    ],
)
def test_indices_are_shown_as_they_are_written(index, shown):
    assert only_op(leaf(4, 5)[index]).parameters == (shown,)


def test_long_parameters_are_cut():
    (parameter,) = only_op(leaf(*[1] * 12).transpose(*range(11, -1, -1))).parameters
    assert parameter == "axes=(11, 10, 9, 8, 7, 6, 5, 4, ...)"
    (parameter,) = only_op(ag.leaky_relu(leaf(1, 1), 1 / 3)).parameters
    assert parameter == "negative_slope=0.3333"
    assert len(only_op(leaf(10**6)[(np.arange(3),)]).parameters[0]) < 40


def test_shape_and_dtype_are_kept():
    (value,) = only_op(leaf(2, 3, dtype="float64").sum(axis=0)).values
    assert (value.shape, value.dtype) == ((3,), "float64")


# -- constants ---------------------------------------------------------------------------------------------------


def test_constants_have_one_node_each_with_shape_and_the_name_of_their_argument():
    x, w, target = ag.tensor(np.ones((2, 3), "float32")), leaf(3, 3), np.array([0, 2])
    logits = (x @ w) * (x @ (w @ w))
    graph = graph_of(ag.cross_entropy(logits, target), {"x": x})
    assert [(node.label, node.values[0].name, node.values[0].shape) for node in constants(graph)] == [
        ("constant", "x", (2, 3)),
        ("target", None, (2,)),
    ]
    assert constants(graph_of(ag.cross_entropy(logits, target), constants=False)) == []


def test_numbers_are_parameters_and_not_nodes():
    x = leaf(2)
    assert only_op(x**2).parameters == ("exponent=2",)
    assert only_op(2.5 * x).parameters == ("a=2.5",)
    assert constants(graph_of(2.5 * x)) == []
    assert ops(graph_of(2.5 * x, constants=False))[0].parameters == ()


def test_a_number_with_a_name_is_a_node():
    rate = ag.tensor(0.5)
    (node,) = constants(graph_of(leaf(2) * rate, {"rate": rate}))
    assert node.values[0].name == "rate"


def test_operands_that_were_not_given_are_not_shown():
    graph = graph_of(ag.clip(leaf(2), a_max=1.0))
    assert constants(graph) == []
    assert ops(graph)[0].parameters == ("a_max=1",)


def test_a_constant_in_a_sequence():
    (node,) = constants(graph_of(ag.concatenate([leaf(2), np.ones(3, "float32")])))
    assert node.label == "constant"


# -- names -------------------------------------------------------------------------------------------------------


class TwoParameters:
    def __init__(self):
        self.w, self.b = leaf(3, 2), leaf(2)

    def named_parameters(self):
        yield "layer.w", self.w
        yield "layer.b", self.b


def test_names_from_a_module_a_dict_and_the_tensors_themselves():
    model, x = TwoParameters(), leaf(3, name="x")
    loss = (x @ model.w + model.b).sum()
    loss.name = "loss"

    def named(names):
        return {node.values[0].name for node in graph_of(loss, names).nodes} - {None}

    assert named(model) == {"x", "loss", "layer.w", "layer.b"}
    assert named({"weight": model.w, "input": x, "not there": leaf(1)}) == {"input", "loss", "weight"}
    assert named(None) == {"x", "loss"}


def test_a_leaf_keeps_its_name_when_its_tensor_is_gone():
    y = ag.tanh(leaf(2, name="w"))
    assert graph_of(y).nodes[0].values[0].name == "w"


def test_names_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="pass a dict from name to tensor, or a Module"):
        ag.draw(leaf(2), ["x"])


# -- what cannot be drawn ----------------------------------------------------------------------------------------


def test_errors_name_the_output_and_the_fix():
    with pytest.raises(ValueError, match=r"draw: output 1 \(2,\) float32 has no history.*requires_grad=True"):
        ag.draw([leaf(2), ag.tensor([1.0, 2.0])])
    with pytest.raises(TypeError, match="output 0 is a ndarray; pass a Tensor"):
        ag.draw(np.ones(2))
    with pytest.raises(ValueError, match="at least one Tensor"):
        ag.draw([])
    with pytest.raises(ValueError, match="rankdir 'down' is not known; use one of TB"):
        ag.draw(leaf(2), rankdir="down")


# -- large graphs ------------------------------------------------------------------------------------------------


def recurrence(steps):
    x, w, h = leaf(steps, 2, name="x"), leaf(2, 2, name="w"), leaf(2, name="h0")
    first = ag.exp(h)
    for x_t in x:
        h = ag.tanh(ag.sigmoid(ag.relu(h @ w + x_t) * first))
    return ag.draw(h, roll=False).graph


def test_small_graphs_are_drawn_as_they_are():
    graph = recurrence(5)
    assert shorten(graph) is graph


def test_in_large_graphs_what_is_far_is_shown_again_beside_its_use():
    graph = recurrence(100)
    short = shorten(graph)
    assert [node.id for node in short.nodes] == list(range(len(short.nodes)))
    assert len(short.edges) == len(graph.edges)
    assert ops(short) == [node for node in short.nodes if node.kind == "op"]
    assert [node.label for node in ops(short)] == [node.label for node in ops(graph)]
    weights = [node for node in short.nodes if node.values[0].name == "w"]
    assert 40 < len(weights) <= 100
    references = [node.label for node in short.nodes if node.kind == "reference"]
    assert any(label.startswith("unstack 50 (n") for label in references)
    assert any(label.startswith("exp (n") for label in references)


def test_the_operations_of_a_large_graph_keep_their_operands():
    def operands(graph, edge):
        return graph.nodes[edge.target].label, edge.operand, graph.nodes[edge.target].values

    graph = recurrence(100)
    short = shorten(graph)
    assert [operands(graph, edge) for edge in graph.edges] == [operands(short, edge) for edge in short.edges]


def test_edges_are_short_afterwards():
    x = leaf(2, name="x")
    y = x
    for _ in range(1000):
        y = ag.tanh(y) * x
    short = shorten(ag.draw(y, roll=False).graph)
    rows = {0: 0}
    for edge in short.edges:
        rows[edge.target] = max(rows.get(edge.target, 0), rows.get(edge.source, 0) + 1)
    spans = [rows[edge.target] - rows[edge.source] for edge in short.edges if short.nodes[edge.source].kind == "op"]
    assert max(spans) <= REACH


def test_a_pair_of_defaults_is_the_default():
    x, w = leaf(1, 1, 4, 4), leaf(1, 1, 2, 2)
    y = ag.conv2d(x, w, stride=(1, 1), padding=(0, 0), dilation=(1, 2))
    assert graph_of(y).nodes[-1].parameters == ("dilation=(1, 2)",)


def test_what_is_known_of_an_edge_stays_with_it():
    graph = recurrence(100)
    first = replace(graph.edges[0], derivative="g", marks=frozenset({"path"}))
    loop = Edge(len(graph.nodes) - 1, 2, "x", loop=True)
    short = shorten(replace(graph, edges=(first, *graph.edges[1:], loop)))
    assert (short.edges[0].derivative, short.edges[0].marks) == ("g", frozenset({"path"}))
    assert short.edges[-1].loop
    assert short.nodes[short.edges[-1].source] == replace(graph.nodes[-1], id=len(short.nodes) - 1)
