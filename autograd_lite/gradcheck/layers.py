"""The arrays that an object with methods forward and backward holds, and where backward leaves their gradients."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Path = tuple[Any, ...]  # names of attributes, keys and numbers that lead to a value: ("params", "w")

_FORMS = ("d{}", "grad_{}", "{}_grad", "d_{}")
_CONTAINERS = ("grads", "grad", "gradients", "dparams")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An array of a layer, and the path to its gradient once backward has run; None if backward leaves none."""

    name: str
    path: Path
    array: Array
    gradient: Path | None


class Layer:
    """An object whose methods forward and backward are a pair; its arrays can be replaced in copies of it."""

    def __init__(self, owner: Any):
        self.owner = owner
        self.arrays: dict[int, tuple[Array, list[Path]]] = {}  # by their ids, with all paths that lead there
        for path, array in arrays_in(owner):
            self.arrays.setdefault(id(array), (array, []))[1].append(path)

    def copied(self, values: Mapping[int, Array]) -> Any:
        """A deep copy that has these values in place of the arrays with these ids, wherever it holds them."""
        return copy.deepcopy(self.owner, dict(values))

    def parameters(self, used: Any, taken: Sequence[str]) -> list[Parameter]:
        """All arrays but those that are gradients of others, as `used` shows: a copy in which backward has run.

        taken: names that others have.
        """
        places = [_first(_gradient_of(used, path) for path in paths) for _, paths in self.arrays.values()]
        own = [
            (array, paths[0], place)
            for (array, paths), place in zip(self.arrays.values(), places, strict=True)
            if not any(path in places for path in paths)
        ]
        ends = [*(path[-1] for _, path, _ in own), *taken]
        return [
            Parameter(str(path[-1]) if _is_plain(path, ends) else written(path), path, array, place)
            for array, path, place in own
        ]


def value_at(value: Any, path: Path) -> Any:
    """What a path leads to; None if it leads nowhere."""
    for step in path:
        try:
            value = value[step] if isinstance(value, Mapping | list | tuple) else getattr(value, str(step))
        except (AttributeError, IndexError, KeyError, TypeError):
            return None
    return value


def written(path: Path, root: str = "self") -> str:
    """A path as one would write it: ``self.layers[0].w``, ``cache['a']``."""
    return root + "".join(f".{step}" if root == "self" and isinstance(step, str) else f"[{step!r}]" for step in path)


def gradient_names(value: Any) -> list[str]:
    """What the gradient beside a value of this name may be called; nothing if it has no name, but a number."""
    return [form.format(value) for form in _FORMS] if isinstance(value, str) else []


def gradient_name(name: str) -> str:
    """What the gradient of a value is called: ``dw``, ``self.layers[0].dw``."""
    before, dot, last = name.rpartition(".")
    return f"{before}{dot}d{last}"


def is_variable(value: Any) -> bool:
    """Whether a value has a gradient: an array of real numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_plain(path: Path, ends: Sequence[Any]) -> bool:
    return isinstance(path[-1], str) and ends.count(path[-1]) == 1


def arrays_in(value: Any) -> Iterator[tuple[Path, Array]]:
    """The arrays of real numbers of an object, those in its lists, dicts and further objects too, by their paths."""
    return _arrays(value, (), set())


def _arrays(value: Any, path: Path, seen: set[int]) -> Iterator[tuple[Path, Array]]:
    if id(value) in seen or isinstance(value, type) or inspect.ismodule(value) or inspect.isroutine(value):
        return
    if is_variable(value):
        yield path, value
        return
    if isinstance(value, Mapping):
        parts = list(value.items())
    elif isinstance(value, list | tuple):
        parts = list(enumerate(value))
    else:
        parts = list(getattr(value, "__dict__", {}).items())
    if parts:
        seen.add(id(value))
    for step, part in parts:
        yield from _arrays(part, (*path, step), seen)


def _gradient_of(used: Any, path: Path) -> Path | None:
    """Where the gradient of what is at a path is: beside it, or in a container of gradients."""
    *before, last = path
    beside = [(*before, name) for name in gradient_names(last)]
    keys = [*gradient_names(last), last]
    inside = [(*before, container, key) for container in _CONTAINERS for key in keys]
    if before:  # params["w"], with the gradient in grads["w"] or as dw
        *above, holder = before
        containers = (*_CONTAINERS, *gradient_names(holder))
        inside += [(*above, container, key) for container in containers for key in keys]
        inside += [(*above, name) for name in gradient_names(last)]
    return _first(
        place
        for place in (*beside, *inside)
        if place != path and isinstance(value_at(used, place), np.ndarray | np.number | float)
    )


def _first(places: Iterable[Path | None]) -> Path | None:
    return next((place for place in places if place is not None), None)
