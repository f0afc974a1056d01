"""Parameters of operations in few characters."""

from __future__ import annotations

from collections.abc import Iterator
from types import EllipsisType
from typing import Any

import numpy as np

from ..core import Op

LONGEST = 36  # characters of one parameter
MOST_ITEMS = 8  # of a list or tuple


def parameters(op: Op, values: tuple[Any, ...]) -> tuple[str, ...]:
    """Those parameters of a call that are off their defaults: ``axis=1``, or ``[1, :]`` for an index."""
    return tuple(_parameters(op, values))


def _parameters(op: Op, values: tuple[Any, ...]) -> Iterator[str]:
    for name, value in zip(op.params, values, strict=True):
        default = op.signature.parameters[name].default
        if name == "index":
            yield cut(f"[{_index(value)}]")
        elif name != "shape" and not _is_default(value, default):
            yield f"{name}={short(value)}"  # a target shape is what the node shows as its result anyway


def _is_default(value: Any, default: Any) -> bool:
    """Whether a parameter need not be shown: it is the default, or a tuple of it, as in ``stride=(1, 1)``."""
    if isinstance(value, tuple) and value and isinstance(default, int):
        return all(_is_default(item, default) for item in value)
    return value is default or short(value) == short(default)


def short(value: Any) -> str:
    """Any value in at most `LONGEST` characters; an array that is no number by its dtype and shape."""
    return cut(_text(value))


def whole(array: Any) -> str:
    """All of a small array."""
    return _text(array.tolist())


def shape(lengths: tuple[int, ...]) -> str:
    """A shape; "scalar" if it has no axes."""
    return str(tuple(lengths)) if lengths else "scalar"


def cut(line: str, longest: int = LONGEST) -> str:
    """`line`, or its beginning and "..." if it is longer."""
    return line if len(line) <= longest else line[: longest - 3] + "..."


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray | np.generic) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {shape(value.shape)}"
    if isinstance(value, bool | int | str):
        return str(value)
    if isinstance(value, float | complex):
        return f"{value:.4g}"
    if isinstance(value, slice):
        return _slice(value)
    if isinstance(value, list | tuple):
        return _sequence(value)
    if isinstance(value, EllipsisType):
        return "..."
    if isinstance(value, type) and issubclass(value, np.generic):
        return np.dtype(value).name
    return getattr(value, "__name__", None) or str(value)


def _sequence(values: list[Any] | tuple[Any, ...]) -> str:
    items = list(map(_text, values[:MOST_ITEMS])) + ["..."] * (len(values) > MOST_ITEMS)
    if isinstance(values, list):
        return f"[{', '.join(items)}]"
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _slice(value: slice) -> str:
    start, stop, step = ("" if part is None else _text(part) for part in (value.start, value.stop, value.step))
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"


def _index(index: Any) -> str:
    return ", ".join(map(_text, index)) if isinstance(index, tuple) else _text(index)
