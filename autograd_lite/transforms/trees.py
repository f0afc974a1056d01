"""Trees: nested tuples, lists, dicts and named tuples of values. None is a tree without any."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from typing import Any


def named_leaves(tree: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The values of a tree in order, each with its path, such as ``path['layers'][0]``."""
    if isinstance(tree, dict | list | tuple):
        for key, part in _parts(tree):
            yield from named_leaves(part, f"{path}[{key!r}]")
    elif tree is not None:
        yield path, tree


def leaves(tree: Any) -> list[Any]:
    """The values of a tree in order."""
    return [leaf for _, leaf in named_leaves(tree, "")]


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same tree with ``function(value)`` in the place of each value."""
    if isinstance(tree, dict):
        mapped = copy.copy(tree)  # keeps the kind of dict, and its order
        for key, part in tree.items():
            mapped[key] = map_leaves(function, part)
        return mapped
    if isinstance(tree, list | tuple):
        parts = [map_leaves(function, part) for part in tree]
        return tree._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
    return None if tree is None else function(tree)


def rebuild(tree: Any, values: Iterable[Any]) -> Any:
    """The same tree with other values, given in order."""
    remaining = iter(values)
    return map_leaves(lambda _: next(remaining), tree)


def aligned(tree: Any, other: Any, path: str) -> Iterator[tuple[str, Any]]:
    """For each value of `tree`, its path and what `other` has there; None where that has None for it or all around it.

    Raises ValueError where `other` branches in another way.
    """
    if not isinstance(tree, dict | list | tuple):
        if tree is not None:
            yield path, other
        elif other is not None:
            raise ValueError(f"{path} is {type(other).__name__}, there must be None; pass a tree of the same structure")
        return
    if other is None:
        yield from ((inner, None) for inner, _ in named_leaves(tree, path))
        return
    parts = dict(_parts(tree))
    others = dict(_parts(other)) if isinstance(other, dict) is isinstance(tree, dict) and _branches(other) else None
    if others is None or others.keys() != parts.keys():
        raise ValueError(
            f"{path} is {_described(other)}, there must be {_described(tree)}; pass a tree of the same structure"
        )
    for key, part in parts.items():
        yield from aligned(part, others[key], f"{path}[{key!r}]")


def _branches(tree: Any) -> bool:
    return isinstance(tree, dict | list | tuple)


def _parts(tree: Any) -> Iterable[tuple[Any, Any]]:
    return tree.items() if isinstance(tree, dict) else enumerate(tree)


def _described(tree: Any) -> str:
    kind = type(tree).__name__
    if isinstance(tree, dict):
        return f"a {kind} with the keys {', '.join(map(repr, tree))}"
    return f"a {kind} of {len(tree)}" if _branches(tree) else f"one {kind}"
