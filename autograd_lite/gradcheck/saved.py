"""What a student's forward saves for backward: its arrays, by the names that the two functions give them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .layers import Path, arrays_in

Array = np.ndarray[Any, Any]


def saved_arrays(cache: Any, root: str, pair: tuple[Callable[..., Any], Callable[..., Any]]) -> dict[str, Array]:
    """The arrays in a cache, called as in the source of forward and backward, or by their places: ``cache[2]``."""
    names = _names_of_tuples(*pair)
    found: dict[str, Array] = {}
    for path, array in arrays_in(cache):
        *before, last = path or (None,)
        holder = _at(cache, before) if path else None
        known = names.get(len(holder)) if isinstance(holder, tuple | list) else None
        name = known[last] if known else _written(root, path)
        found.setdefault(name, np.array(array, float))
    return found


def _at(value: Any, path: list[Any]) -> Any:
    for step in path:
        value = value[step] if isinstance(value, dict | list | tuple) else getattr(value, step)
    return value


def _written(root: str, path: Path) -> str:
    """A path as one would write it: ``cache[2]``, ``cache['a']``, ``self.x``."""
    attribute = root == "self"
    return root + "".join(f".{step}" if attribute and isinstance(step, str) else f"[{step!r}]" for step in path)


def _names_of_tuples(forward: Callable[..., Any], backward: Callable[..., Any]) -> dict[int, list[str]]:
    """For each length the names in the tuple that backward unpacks, or else in one that forward packs."""
    found: dict[int, list[str]] = {}
    for names in (*_tuples(backward, ast.Store), *_tuples(forward, ast.Load)):
        found.setdefault(len(names), names)
    return found


def _tuples(function: Callable[..., Any], context: type[ast.expr_context]) -> Iterator[list[str]]:
    """The names in each tuple of names in the source of a function; none where there is no source."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):  # typed into an interpreter, or a part of a longer expression
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple) and isinstance(node.ctx, context):
            names = [element.id for element in node.elts if isinstance(element, ast.Name)]
            if len(names) == len(node.elts) == len(set(names)):
                yield names
