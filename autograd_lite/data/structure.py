"""Data as arrays under names or in order: one array, a tuple, a named tuple or a dict of them, all equally long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

Array = np.ndarray[Any, Any]
Data = TypeVar("Data")


def map_arrays(function: Callable[[Any], Any], data: Data) -> Data:
    """The same structure with function(array) in place of each array; a list becomes a tuple."""
    result: Any
    if isinstance(data, Mapping):
        result = {name: function(part) for name, part in data.items()}
    elif isinstance(data, tuple) and hasattr(data, "_make"):
        result = data._make(map(function, data))
    elif isinstance(data, tuple | list):
        result = tuple(map(function, data))
    else:
        result = function(data)
    return result


def take(data: Data, chosen: Array) -> Data:
    """The items with these numbers, of each array."""
    return map_arrays(lambda part: part[chosen], data)


def map_inputs(function: Callable[[Any], Any], data: Data) -> Data:
    """The same structure with function(array) in place of the first array only: by custom, what a model is given."""
    result: Any
    if isinstance(data, Mapping):
        first = next(iter(data))
        result = {**data, first: function(data[first])}
    elif isinstance(data, tuple) and hasattr(data, "_make"):
        result = data._make((function(data[0]), *data[1:]))
    elif isinstance(data, tuple | list):
        result = (function(data[0]), *data[1:])
    else:
        result = function(data)
    return result


def parts_of(data: Any) -> list[Any]:
    """The arrays of a structure in their order."""
    return list(data.values() if isinstance(data, Mapping) else data if isinstance(data, tuple | list) else [data])


def inputs_of(data: Any) -> Any:
    """The first array of a structure."""
    return parts_of(data)[0]


def as_arrays(function: str, data: Any) -> tuple[Any, int]:
    """The structure with all parts as ndarrays, and their common length. Raises ValueError if there is no such."""
    data = map_arrays(np.asarray, data)
    parts = parts_of(data)
    if not parts or any(part.ndim == 0 for part in parts):
        raise ValueError(f"{function}: there is a number, or nothing, where an array of items should be; pass arrays")
    lengths = [len(part) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(f"{function}: the arrays have {' and '.join(map(str, lengths))} items; pass equally long ones")
    return data, lengths[0]
