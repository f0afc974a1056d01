"""What a student's forward saves for backward: its arrays, by the names that the two functions give them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .layers import Array, arrays_in, value_at, written
from .source import nodes


def saved_arrays(cache: Any, root: str, pair: tuple[Callable[..., Any], Callable[..., Any]]) -> dict[str, Array]:
    """The arrays in a cache, called as in the source of forward and backward, or by their places: ``cache[2]``."""
    names = _names_of_tuples(*pair)
    found: dict[str, Array] = {}
    for path, array in arrays_in(cache):
        holder = value_at(cache, path[:-1]) if path else None
        known = names.get(len(holder)) if isinstance(holder, tuple | list) else None
        name = known[path[-1]] if known else written(path, root)
        found.setdefault(name, np.array(array, float))
    return found


def _names_of_tuples(forward: Callable[..., Any], backward: Callable[..., Any]) -> dict[int, list[str]]:
    """For each length the names in the tuple that backward unpacks, or else in one that forward packs."""
    found: dict[int, list[str]] = {}
    for names in (*_tuples(backward, ast.Store), *_tuples(forward, ast.Load)):
        found.setdefault(len(names), names)
    return found


def returned_names(function: Callable[..., Any], count: int) -> list[str | None]:
    """The names of the so many values that a function returns; None for what is no name, or has no source."""
    returned = (node.value for node in nodes(function) if isinstance(node, ast.Return))
    for value in returned:
        elements = value.elts if isinstance(value, ast.Tuple | ast.List) else [value]
        if len(elements) == count:
            return [element.id if isinstance(element, ast.Name) else None for element in elements]
    return [None] * count


def _tuples(function: Callable[..., Any], context: type[ast.expr_context]) -> Iterator[list[str]]:
    """The names in each tuple of names in the source of a function."""
    for node in nodes(function):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, context):
            names = [element.id for element in node.elts if isinstance(element, ast.Name)]
            if len(names) == len(node.elts) == len(set(names)):
                yield names
