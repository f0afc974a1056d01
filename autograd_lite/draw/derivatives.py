"""The derivative that belongs to an edge, as one writes it: ``xᵀ g`` for the weight of a matrix product.

It is read from the formulas of the operations, which stand beside their definitions as lambdas: the syntax tree of a
formula is written again with the names that the operands have in the graph. What is long, or is computed by a function
of its own, is only named: ``g · ∂gelu/∂x``.
"""

from __future__ import annotations

import ast
import functools
import inspect
import math
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from .. import core
from .graph import Edge, Graph, Node

LONGEST = 32  # characters of a derivative that is written out

Names = tuple[tuple[str, str], ...]  # what formulas call something, and what it is called in the graph


def with_derivatives(graph: Graph, ops: Mapping[int, core.Op]) -> Graph:
    """The graph with what flows back along each edge. ops: the operations that a gradient arrives at."""
    operands: list[list[Edge]] = [[] for _ in graph.nodes]
    uses = [0] * len(graph.nodes)
    for edge in graph.edges:
        operands[edge.target].append(edge)
        uses[edge.source] += flows(graph, edge, ops)
    edges = []
    for edge in graph.edges:
        if flows(graph, edge, ops):
            flow = _flow(graph, edge, operands[edge.target], ops[edge.target])
            source = graph.nodes[edge.source]
            if source.kind == "leaf" and uses[edge.source] == 1 and source.values[0].name:
                flow = f"dL/d{_last_part(source.values[0].name)} = {flow}"
            edge = replace(edge, derivative=flow)
        edges.append(edge)
    return replace(graph, edges=tuple(edges))


def flows(graph: Graph, edge: Edge, ops: Mapping[int, core.Op]) -> bool:
    """Whether a gradient flows back along an edge."""
    wanted = edge.source in ops or graph.nodes[edge.source].kind == "leaf"
    if not wanted or edge.target not in ops or "detached" in edge.marks:
        return False
    return ops[edge.target].takes_gradient(edge.operand)


def _flow(graph: Graph, edge: Edge, operands: list[Edge], op: core.Op) -> str:
    target = graph.nodes[edge.target]
    text = derivative(op, edge.operand, tuple(_names(graph, target, operands)))
    given, result = graph.nodes[edge.source].values[edge.output].shape, target.values[0].shape
    smaller = given is not None and result is not None and math.prod(given) < math.prod(result)
    if smaller and (text == "g" or "broadcast" in edge.marks):
        return f"\N{N-ARY SUMMATION} {text}" if text.isidentifier() else f"\N{N-ARY SUMMATION} ({text})"
    return text


def _names(graph: Graph, target: Node, operands: list[Edge]) -> Iterator[tuple[str, str]]:
    """What the names in a formula of an operation are in the graph; numbers stand for themselves."""
    for parameter in target.parameters:
        name, equals, number = parameter.partition("=")
        if equals and _is_number(number):
            yield name, number
    for edge in operands:
        given = graph.nodes[edge.source].values[edge.output].name
        if given:
            yield edge.operand, _last_part(given)
    if len(target.values) == 1 and target.values[0].name:
        yield "out", target.values[0].name


def _last_part(name: str) -> str:
    return name.rpartition(".")[2]


@functools.lru_cache(maxsize=10_000)
def derivative(op: core.Op, operand: str, names: Names = ()) -> str:
    """What flows back to an operand of an operation, at whose result the gradient `g` arrives."""
    body = _formulas(op).get(operand)
    try:
        if body is not None:
            text = _Writer(op, dict(names)).write(body).text
            if len(text) <= LONGEST:
                return text
    except _NotWritten:
        pass
    several = len(op.arrays) > 1
    return f"g \N{MIDDLE DOT} \N{PARTIAL DIFFERENTIAL}{op.name}" + f"/\N{PARTIAL DIFFERENTIAL}{operand}" * several


@functools.cache
def _formulas(op: core.Op) -> dict[str, ast.expr]:
    """The bodies of the formulas, as they stand in the decorator of the operation."""
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(op.forward))).body
    except (OSError, SyntaxError, ValueError):  # it was defined where there is no file
        return {}
    decorators = tree.decorator_list if isinstance(tree, ast.FunctionDef) else []
    keywords = (keyword for call in decorators if isinstance(call, ast.Call) for keyword in call.keywords)
    return {k.arg: k.value.body for k in keywords if k.arg in op.formulas and isinstance(k.value, ast.Lambda)}


# -- a formula as text -------------------------------------------------------------------------------------------------


class _NotWritten(Exception):
    """What a formula does cannot be said in a few signs."""


class _Text(NamedTuple):
    """A part of a formula. How strongly it holds together: 0 a sum, 1 a product, 2 a power, 3 a name."""

    text: str
    strength: int = 3

    def within(self, strength: int) -> str:
        """The text as a part of something that holds together so strongly."""
        return self.text if self.strength >= strength else f"({self.text})"


_SUPERSCRIPTS = {"2": "\N{SUPERSCRIPT TWO}", "3": "\N{SUPERSCRIPT THREE}"}
_TRANSPOSED = "\N{MODIFIER LETTER CAPITAL T}"
_COMPARED = {ast.Gt: ">", ast.Lt: "<", ast.GtE: "\N{GREATER-THAN OR EQUAL TO}", ast.LtE: "\N{LESS-THAN OR EQUAL TO}"}
_PRODUCTS = ("safe_multiply", "safe_product", "multiply", "_times")
_QUOTIENTS = ("safe_divide", "divide")
_SAME = ("broadcast_to", "_kept")  # the same numbers in another shape
_MATRIX_PRODUCTS = {  # of the arguments of a function
    "_matmul_a": "{0} {2}T",
    "_matmul_b": "{1}T {0}",
    "product_of_rows": "{0}T {1}",
    "matmul": "{0} {1}",
}


class _Writer:
    """Writes the syntax tree of one formula."""

    def __init__(self, op: core.Op, names: Mapping[str, str]):
        self.op, self.names = op, names

    def write(self, node: ast.expr) -> _Text:
        """A part of the formula as text. Raises _NotWritten."""
        method = getattr(self, f"_{type(node).__name__}", None)
        if method is None:
            raise _NotWritten
        text: _Text = method(node)
        return text

    def _Name(self, node: ast.Name) -> _Text:
        return _Text(self.names.get(node.id, node.id))

    def _Constant(self, node: ast.Constant) -> _Text:
        return _Text(str(node.value))

    def _UnaryOp(self, node: ast.UnaryOp) -> _Text:
        if not isinstance(node.op, ast.USub):
            raise _NotWritten
        return _Text(f"-{self.write(node.operand).within(1)}", 1)

    def _Compare(self, node: ast.Compare) -> _Text:
        sign = _COMPARED.get(type(node.ops[0]))
        if sign is None or len(node.ops) > 1:
            raise _NotWritten
        return _Text(f"[{self.write(node.left).text} {sign} {self.write(node.comparators[0]).text}]")

    def _BinOp(self, node: ast.BinOp) -> _Text:
        a, b = self.write(node.left), self.write(node.right)
        if isinstance(node.op, ast.Mult):
            return _product(a, b)
        if isinstance(node.op, ast.Div):
            return _quotient(a, b)
        if isinstance(node.op, ast.Pow):
            return _power(a, b)
        if isinstance(node.op, ast.MatMult):
            return _Text(f"{a.within(2)} {b.within(2)}", 1)
        if not isinstance(node.op, ast.Add | ast.Sub):
            raise _NotWritten
        minus = isinstance(node.op, ast.Sub)
        if _is_number(a.text) and _is_number(b.text):
            return _Text(f"{float(a.text) + (-1 if minus else 1) * float(b.text):.4g}")
        return _Text(f"{a.text} {'-' if minus else '+'} {b.within(1)}", 0)

    def _Attribute(self, node: ast.Attribute) -> _Text:
        if node.attr not in ("T", "mT"):
            raise _NotWritten
        return _Text(self.write(node.value).within(3) + _TRANSPOSED)

    def _Subscript(self, node: ast.Subscript) -> _Text:
        return _Text(f"part of {self.write(node.value).within(3)}", 1)

    def _Call(self, node: ast.Call) -> _Text:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in ("one", "count"):
            return _Text("1" if name == "one" else "n")
        if name == "deferred":
            return _Text("scatter(g)")
        if name == "where" and len(node.args) == 3:
            return self._choice(*node.args)
        if name == "_joined_part":
            return _Text("part of g", 1)
        if name in _MATRIX_PRODUCTS:
            parts = (self.write(arg).within(3) if isinstance(arg, ast.Name) else "" for arg in node.args)
            return _Text(_MATRIX_PRODUCTS[name].replace("T", _TRANSPOSED).format(*parts), 1)
        if (name.startswith("_") and name not in (*_PRODUCTS, *_SAME)) or isinstance(node.func, ast.Attribute):
            raise _NotWritten
        args = [self.write(arg) for arg in node.args if not self._is_detail(arg)]
        if name in _PRODUCTS:
            return _product(*args)
        if name in _QUOTIENTS:
            return _quotient(*args)
        if name in _SAME:
            return args[0]
        if name == "power":
            return _power(*args)
        if name == "square":
            return _power(args[0], _Text("2"))
        if name in ("transpose", "swapaxes") and len(args) == 1:
            return _Text(args[0].within(3) + _TRANSPOSED)
        if name not in core.registry:
            raise _NotWritten
        return _Text(f"{name}({', '.join(arg.text for arg in args)})")

    def _choice(self, condition: ast.expr, a: ast.expr, b: ast.expr) -> _Text:
        """One of two values, of which one is 0, as a product with a condition that counts as 0 or 1."""
        first, second, chosen = self.write(a), self.write(b), self.write(condition).text.strip("[]")
        if second.text == "0":
            return _product(first, _Text(f"[{chosen}]"))
        if first.text == "0":
            return _product(second, _Text(f"[not {chosen}]"))
        raise _NotWritten

    def _is_detail(self, node: ast.expr) -> bool:
        """Whether an argument only says along which axes, of which shape or type."""
        arrays = ("g", "out", *self.op.arrays, *self.op.residuals)
        named = (part.id in arrays for part in ast.walk(node) if isinstance(part, ast.Name))
        return not any(named) and not isinstance(node, ast.Constant)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _product(a: _Text, b: _Text) -> _Text:
    if a.text == "1" or b.text == "1":
        return b if a.text == "1" else a
    return _Text(f"{a.within(1)} \N{MIDDLE DOT} {b.within(1)}", 1) if a.text != b.text else _power(a, _Text("2"))


def _quotient(a: _Text, b: _Text) -> _Text:
    return a if b.text == "1" else _Text(f"{a.within(1)} / {b.within(2)}", 1)


def _power(a: _Text, b: _Text) -> _Text:
    if b.text == "1":
        return a
    return _Text(a.within(3) + (_SUPERSCRIPTS.get(b.text) or f"^{b.within(3)}"), 2)
