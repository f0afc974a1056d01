"""The flat form of a nested state: arrays by name, and a description of everything else, in JSON.

A flat dictionary of arrays needs no description: its keys are the names. Otherwise an array's name is the path to it,
like ``state/layers.0.weight/exp_avg``, and the description is ``{"version": 1, "state": ...}``, in which None,
booleans, integers, finite floats, strings and lists stand for themselves, and all else is an object with one key:

    {"dict": [[key, value], ...]}   keys are strings or integers       {"array": name}    an array
    {"tuple": [...]}                                                   {"scalar": name}   a NumPy scalar: a 0-d array
    {"float": "nan"}                or "inf", "-inf"                   {"complex": [real, imaginary]}
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import operand
from ..tensor import Tensor

Arrays = dict[str, np.ndarray[Any, Any]]

RESERVED = "__autograd_lite__"  # the description's own name in a file
_VERSION = 1
_DEPTH = 64  # of nesting; Python's JSON works by recursion


def flattened(state: Any) -> tuple[Arrays, str | None]:
    """The arrays of a state by name, and the description, or None where the state is a flat dictionary of arrays.

    Raises TypeError for what cannot be stored.
    """
    state = _opened(state)
    if not isinstance(state, Mapping):
        raise TypeError(
            f"save: a {type(state).__name__} is no state; pass a Module, an Optimizer, or a dictionary of arrays"
        )
    if all(_is_name(key) and _is_array(value) for key, value in state.items()):
        return {key: _array(key, value) for key, value in state.items()}, None
    arrays: Arrays = {}
    described = _described(state, (), arrays)
    return arrays, json.dumps({"version": _VERSION, "state": described}, allow_nan=False)


def restored(arrays: Arrays, description: str) -> dict[Any, Any]:
    """The state that `flattened` took apart. Raises ValueError for a description that does not fit the arrays."""
    content = json.loads(description, object_pairs_hook=unique_keys)
    if not isinstance(content, dict) or content.get("version") != _VERSION or "state" not in content:
        raise ValueError("its description is not of version 1; a newer autograd_lite may be able to read it")
    rest = dict(arrays)
    state = _value(content["state"], rest, 0)
    if rest:
        raise ValueError(f"its description does not mention the arrays {sorted(rest)}")
    if not isinstance(state, dict):
        raise ValueError("what its description describes is no dictionary")
    return state


def check_name(name: str) -> None:
    """Raise ValueError for a name that a program which unpacks the file might take for a path out of its folder."""
    if not _is_name(name):
        raise ValueError(f"the name {name!r:.80} of an array could lead out of a folder; do not unpack such a file")


def unique_keys(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs of an object in JSON as a dictionary. Raises ValueError for a key that is there twice."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"the key {key!r:.80} is there twice")
        result[key] = value
    return result


# -- taking apart ------------------------------------------------------------------------------------------------------


def _opened(value: Any) -> Any:
    """The state of a Module or an Optimizer (ours or PyTorch's); any other value as it is."""
    if not isinstance(value, type) and callable(method := getattr(value, "state_dict", None)):
        return method()
    return value


def _is_array(value: Any) -> bool:
    return isinstance(value, Tensor) or (hasattr(value, "__array__") and not isinstance(value, np.generic | type))


def _is_name(key: Any) -> bool:
    if not isinstance(key, str) or not key or key == RESERVED or not key.isprintable():
        return False
    return not (key.startswith("/") or key[1:2] == ":" or "\\" in key or ".." in key.split("/"))


def _array(where: str, value: Any) -> np.ndarray[Any, Any]:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"save: {where} is a masked array, whose mask would be lost; save .data and .mask")
    try:
        array = np.asarray(value.data if isinstance(value, Tensor) else value)
    except Exception as error:
        raise TypeError(
            f"save: {where} is a {type(value).__name__} that NumPy cannot read ({error}); pass arrays"
        ) from error
    if array.dtype.kind not in "biufcUS":
        raise TypeError(
            f"save: {where} is an array of {array.dtype}, which only a pickle could hold; pass numbers, or lists of"
            " strings and numbers"
        )
    return array


def _described(value: Any, path: tuple[str, ...], arrays: Arrays) -> Any:
    """The description of a value; its arrays go into `arrays`."""
    where = "/".join(path)
    if len(path) > _DEPTH:
        raise ValueError(f"save: {where:.60}... is nested more than {_DEPTH} deep; does the state contain itself?")
    value = _opened(value)
    if isinstance(value, np.generic) or _is_array(value):
        name = _fresh(path, arrays)
        arrays[name] = _array(where, value)
        return {"scalar" if isinstance(value, np.generic) else "array": name}
    if isinstance(value, Mapping):
        return {"dict": [[_key(where, k), _described(v, (*path, str(k)), arrays)] for k, v in value.items()]}
    if type(value) in (list, tuple):
        items = [_described(item, (*path, str(i)), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is complex:
        return {"complex": [_described(part, path, arrays) for part in (value.real, value.imag)]}
    raise TypeError(
        f"save: {where} is a {type(value).__name__} {operand(value)}, which only a pickle could hold; pass arrays,"
        " numbers, strings, None, and dictionaries, lists and tuples of these"
    )


def _key(where: str, key: Any) -> str | int:
    if type(key) not in (str, int):
        raise TypeError(f"save: a key in {where or 'the state'} is {operand(key)}; keys must be strings or integers")
    return key


def _fresh(path: tuple[str, ...], arrays: Arrays) -> str:
    """A name for the array at this path that none has so far, of characters that are harmless in any file."""
    name = "/".join(re.sub(r"[^\w.+-]|^\.\.$", "_", key) or "_" for key in path)
    while name in arrays or name == RESERVED:
        name += "_"
    return name


# -- putting together --------------------------------------------------------------------------------------------------


def _value(described: Any, arrays: Arrays, depth: int) -> Any:
    """The value of a description; its arrays are taken out of `arrays`."""
    if depth > 2 * _DEPTH:
        raise ValueError("its description is nested too deep")
    if isinstance(described, list):
        return [_value(item, arrays, depth + 1) for item in described]
    if not isinstance(described, dict):
        return described
    (kind, content), *more = described.items() or [(None, None)]
    if kind not in _KINDS or more:
        raise ValueError(f"its description has {described!r:.80}, whose meaning is not known")
    return _KINDS[kind](content, arrays, depth + 1)


def _dict(content: Any, arrays: Arrays, depth: int) -> dict[Any, Any]:
    result = {}
    for key, item in content:
        if type(key) not in (str, int) or key in result:
            raise ValueError(f"its description has the key {key!r:.80} twice, or as no string or integer")
        result[key] = _value(item, arrays, depth)
    return result


def _array_named(name: Any, arrays: Arrays, depth: int) -> np.ndarray[Any, Any]:
    if name not in arrays:
        raise ValueError(f"its description mentions the array {name!r:.80}, which is missing or mentioned before")
    return arrays.pop(name)


_KINDS: dict[str | None, Callable[[Any, Arrays, int], Any]] = {
    "dict": _dict,
    "tuple": lambda content, arrays, depth: tuple(_value(item, arrays, depth) for item in content),
    "array": _array_named,
    "scalar": lambda content, arrays, depth: _array_named(content, arrays, depth)[()],
    "float": lambda content, arrays, depth: float(content),
    "complex": lambda content, arrays, depth: complex(*(_value(part, arrays, depth) for part in content)),
}
