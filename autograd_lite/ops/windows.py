"""Arguments of convolutions and pooling: numbers or pairs, checked once, as `Windows`."""

from __future__ import annotations

from operator import index
from typing import Any

from ..kernels.windows import Lengths, Padding, Windows

Numbers = int | tuple[int, int]


def pair(name: str, value: Any, least: int = 1) -> tuple[int, int]:
    """(rows, columns) of an argument that is one number for both, or a pair; ValueError below `least`."""
    numbers = tuple(value) if isinstance(value, tuple | list) else (value, value)
    try:
        rows, columns = map(index, numbers)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be an integer or two of them, not {value!r}; pass (rows, columns)") from None
    if min(rows, columns) < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}; pass a larger number")
    return rows, columns


def both_sides(value: Any) -> Padding:
    """((top, bottom), (left, right)) of a padding: a number, a pair, or such pairs, which may be negative."""
    if isinstance(value, tuple | list) and all(isinstance(part, tuple | list) for part in value) and len(value) == 2:
        try:
            (top, bottom), (left, right) = (map(index, part) for part in value)
        except (TypeError, ValueError):
            raise ValueError(f"padding {value!r} is not understood; pass ((top, bottom), (left, right))") from None
        return (top, bottom), (left, right)
    rows, columns = pair("padding", value, least=0)
    return (rows, rows), (columns, columns)


def check_axes(name: str, ndim: int, axes: str = "images, channels, rows, columns") -> None:
    """ValueError unless there are these four axes."""
    if ndim != 4:
        raise ValueError(
            f"{name} must have 4 axes ({axes}), it has {ndim};"
            + (f" add the missing one, {name}[None]" if ndim == 3 else " reshape it")
        )


def check_fit(size: Lengths, windows: Windows) -> None:
    """ValueError if not a single window fits on the padded image."""
    if min(windows.counts(size)) < 1:
        (top, bottom), (left, right) = windows.padding
        height, width = size[0] + top + bottom, size[1] + left + right
        rows, columns = windows.span
        raise ValueError(
            f"the result would be empty: a window reaches over {rows}x{columns} pixels, the image with its padding has"
            f" {height}x{width}; use a smaller kernel or dilation, or more padding"
        )
