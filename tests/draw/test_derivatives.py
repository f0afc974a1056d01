"""What flows back along an edge, written from the formulas of the operations."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import core
from autograd_lite.draw.derivatives import LONGEST, derivative


@pytest.mark.parametrize(
    ("operation", "operand", "text"),
    [
        ("add", "b", "g"),
        ("subtract", "b", "-g"),
        ("multiply", "a", "g · b"),
        ("divide", "a", "g / b"),
        ("divide", "b", "-g · out / b"),
        ("matmul", "a", "g bᵀ"),
        ("matmul", "b", "aᵀ g"),
        ("linear", "x", "g weight"),
        ("linear", "weight", "gᵀ x"),
        ("tanh", "x", "g · (1 - out²)"),
        ("sigmoid", "x", "g · out · (1 - out)"),
        ("exp", "x", "g · out"),
        ("log", "x", "g / x"),
        ("sin", "x", "g · cos(x)"),
        ("sqrt", "x", "0.5 · g / out"),
        ("relu", "x", "g · [out > 0]"),
        ("where", "x", "g · [condition]"),
        ("where", "y", "g · [not condition]"),
        ("mean", "x", "g / n"),
        ("transpose", "x", "gᵀ"),
        ("reshape", "x", "reshape(g)"),
        ("getitem", "x", "scatter(g)"),
        ("concatenate", "arrays", "part of g"),
        ("gelu", "x", "g · ∂gelu"),
        ("conv2d", "weight", "g · ∂conv2d/∂weight"),
    ],
)
def test_the_derivatives_of_operations(operation, operand, text):
    assert derivative(core.registry[operation], operand) == text


@pytest.mark.parametrize(
    ("exponent", "text"),
    [("2", "g · 2 · x"), ("3", "g · 3 · x²"), ("0.5", "g · 0.5 · x^-0.5"), ("p", "g · p · x^(p - 1)")],
)
def test_numbers_are_put_in(exponent, text):
    assert derivative(core.registry["power"], "x", (("exponent", exponent),)) == text


def differentiable():
    for op in core.registry.values():
        if isinstance(op, core.Op):
            yield from (pytest.param(op, name, id=f"{op.name}-{name}") for name in op.arrays if op.takes_gradient(name))


def test_each_operation_has_one_that_is_short():
    for parameter in differentiable():
        op, name = parameter.values
        text = derivative(op, name)
        assert "g" in text
        assert "∂" in text or len(text) <= LONGEST


def leaf(name, *shape):
    return ag.name(ag.tensor(np.ones(shape), requires_grad=True), name)


def flows(*args, **options):
    graph = ag.draw(*args, detail="everything", **options).graph
    titles = [node.values[0].name or node.label for node in graph.nodes]
    return {f"{titles[e.source]} -> {titles[e.target]}": e.derivative for e in graph.edges}


def test_the_chain_rule_of_a_network_with_two_layers():
    x = ag.ones((5, 3), "float64")
    w1, b1, w2 = leaf("W1", 3, 4), leaf("b1", 4), leaf("W2", 4, 2)
    h = ag.name(ag.tanh(x @ w1 + b1), "h")
    assert flows(ag.name((h @ w2).sum(), "L"), names={"x": x}) == {
        "x -> matmul": None,
        "W1 -> matmul": "dL/dW1 = xᵀ g",
        "matmul -> add": "g",
        "b1 -> add": "dL/db1 = ∑ g",
        "add -> h": "g · (1 - h²)",
        "h -> matmul": "g W2ᵀ",
        "W2 -> matmul": "dL/dW2 = hᵀ g",
        "matmul -> L": "g",
    }


def test_what_is_broadcast_is_summed():
    assert flows(leaf("x", 2, 3) * leaf("s", 3)) == {
        "x -> multiply": "dL/dx = g · s",
        "s -> multiply": "dL/ds = ∑ (g · x)",
    }


def test_a_leaf_that_is_used_twice_has_no_gradient_from_one_edge():
    x = leaf("x", 2)
    graph = ag.draw(x * x, detail="everything").graph
    assert [edge.derivative for edge in graph.edges] == ["g · x", "g · x"]


def test_nothing_flows_where_the_history_is_cut():
    def function(x):
        return x * ag.exp(x.detach())

    graph = ag.draw(function, leaf("x", 2), detail="everything").graph
    assert [edge.derivative for edge in graph.edges] == [None, "dL/dx = g · b", None]


def test_an_operation_of_ones_own():
    @core.op(x=lambda g, x: 3 * g * x, registered=False)
    def own(x: core.Array) -> core.Array:
        return 1.5 * x * x

    assert flows(own(leaf("x", 2))) == {"x -> own": "dL/dx = 3 · g · x"}


def test_shapes_alone_have_none():
    assert all(edge.derivative is None for edge in ag.draw(leaf("x", 2) * 2).graph.edges)
