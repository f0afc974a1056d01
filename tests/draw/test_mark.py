"""Marks that a graph shows by itself, and paths."""

import numpy as np
import pytest

import autograd_lite as ag


def leaf(*shape, name=None, dtype="float32"):
    tensor = ag.tensor(np.ones(shape, dtype), requires_grad=True)
    return tensor if name is None else ag.name(tensor, name)


def marks(graph):
    """The marks of edges, by operation and operand."""
    return {(graph.nodes[e.target].label, e.operand): set(e.marks) for e in graph.edges}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (lambda: leaf(2, 3) + leaf(3), [set(), {"broadcast"}]),
        (lambda: leaf(2, 1) * leaf(3), [{"broadcast"}, {"broadcast"}]),
        (lambda: leaf(2, 3) @ leaf(3), [set(), set()]),
        (lambda: leaf(2).astype("float64"), [{"cast"}]),
        (lambda: leaf(2) * leaf(2, dtype="float64"), [{"cast"}, set()]),
        (lambda: leaf(2) * leaf(1, dtype="float64"), [{"cast"}, {"broadcast"}]),
        (lambda: ag.abs(leaf(2, dtype="complex64")), [set()]),
    ],
)
def test_broadcasts_and_casts(result, expected):
    assert list(map(set, (edge.marks for edge in ag.draw(result()).graph.edges))) == expected


def test_a_path_goes_all_ways_between_two():
    x, w = leaf(2, 2, name="x"), leaf(2, 2, name="w")
    h = ag.tanh(x @ w)
    loss = (h * h + x).sum()
    for path in ((loss, w), ("loss", "w"), (loss, "w")):
        graph = ag.draw(loss, names={"loss": loss}, path=path).graph
        on = [node.values[0].name or node.label for node in graph.nodes if "path" in node.marks]
        assert on == ["w", "matmul", "tanh", "multiply", "add", "loss"]
        assert sum("path" in edge.marks for edge in graph.edges) == 6


@pytest.mark.parametrize(
    ("path", "message"),
    [(("x", "h"), "there is no path"), (("h", "unknown"), "'unknown' is not in the graph")],
)
def test_paths_that_do_not_exist(path, message):
    h = ag.name(ag.tanh(leaf(2, name="x")), "h")
    with pytest.raises(ValueError, match=message):
        ag.draw(h, path=path)


def test_a_path_from_a_tensor_that_is_elsewhere():
    with pytest.raises(ValueError, match="is not in the graph"):
        ag.draw(ag.tanh(leaf(2)), path=(leaf(2), leaf(2)))
