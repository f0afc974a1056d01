"""What stands in the source of a student's function."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any


class Source:
    """The expressions in the source of a function, as normalized text; `known` is false where there is no source.

    factors: what is multiplied by something, or passed to a function that may do so.
    """

    def __init__(self, function: Callable[..., Any] | None = None):
        self.expressions: set[str] = set()
        self.factors: set[str] = set()
        self._variables: dict[str, set[str]] = {}  # to which an expression is assigned
        for node in nodes(function) if function is not None else ():
            if isinstance(node, ast.expr):
                self.expressions.add(_text(node))
            self.factors |= {_text(factor) for factor in _factors(node)}
            for target, value in _assigned(node):
                self._variables.setdefault(_text(value), set()).add(_text(target))
        self.known = bool(self.expressions)

    def names(self, code: str) -> set[str]:
        """An expression, and the variables that it is assigned to."""
        return {normal(code), *self._variables.get(normal(code), ())}


def nodes(function: Callable[..., Any]) -> Iterator[ast.AST]:
    """All parts of the source of a function; none where there is no source, or it is a part of an expression."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # typed into an interpreter, or a part of a longer expression
        return
    parts = list(ast.walk(tree))
    if getattr(function, "__name__", "") == "<lambda>":  # there may be several in the line
        taken = list(inspect.signature(function).parameters)
        lambdas = [part for part in parts if isinstance(part, ast.Lambda)]
        alike = [part for part in lambdas if [argument.arg for argument in part.args.args] == taken]
        parts = list(ast.walk(alike[0])) if len(alike) == 1 else parts
    yield from parts


@functools.lru_cache(maxsize=10_000)
def normal(code: str) -> str:
    """Code with the spaces and parentheses that `ast.unparse` gives it; what is none stays as it is."""
    try:
        return _text(ast.parse(code, mode="eval").body)
    except SyntaxError:
        return code


def _text(node: ast.expr) -> str:
    return re.sub(r"\b(\d+)\.0\b", r"\1", ast.unparse(node)).replace("numpy.", "np.")


def _factors(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        found = [node.left, node.right]
    elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult):
        found = [node.target, node.value]
    else:
        found = node.args if isinstance(node, ast.Call) else []
    return [*found, *(part.value for part in found if isinstance(part, ast.Subscript))]  # s[:, t] is a part of s


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    if not isinstance(node, ast.Assign):
        return
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value
