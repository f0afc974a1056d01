"""Arguments of convolutions and pooling: one number or one for each axis, checked once, as `Windows`."""

from __future__ import annotations

from operator import index
from typing import Any

from ..kernels.windows import Lengths, Padding, Windows

Numbers = int | tuple[int, ...]

AXES = {1: ("length",), 2: ("rows", "columns"), 3: ("depth", "rows", "columns")}  # of images, after N and channels
_WORDS = {1: "one", 2: "two", 3: "three"}


def for_axes(name: str, value: Any, axes: int, least: int = 1) -> Lengths:
    """One number for each axis, of an argument that is one for all or a tuple of them; ValueError below `least`."""
    if type(value) is int and value >= least:
        return (value,) * axes
    numbers = tuple(value) if isinstance(value, tuple | list) else (value,) * axes
    try:
        lengths = tuple(map(index, numbers))
        if len(lengths) != axes:
            raise TypeError
    except TypeError:
        raise ValueError(
            f"{name} must be an integer or {_WORDS[axes]} of them, not {value!r}; pass {_tuple_of(AXES[axes])}"
        ) from None
    if min(lengths) < least:
        raise ValueError(f"{name} must be at least {least}, not {value!r}; pass a larger number")
    return lengths


def both_sides(value: Any, axes: int) -> Padding:
    """(before, after) for each axis of a padding: a number, one for each axis, or such pairs, which may be negative."""
    if isinstance(value, tuple | list) and value and all(isinstance(part, tuple | list) for part in value):
        try:
            sides = tuple((index(before), index(after)) for before, after in value)
            if len(sides) != axes:
                raise ValueError
        except (TypeError, ValueError):
            pairs = {1: "(before, after)", 2: "(top, bottom), (left, right)"}
            names = pairs.get(axes, "(front, back), (top, bottom), (left, right)")
            raise ValueError(f"padding {value!r} is not understood; pass {_tuple_of((names,))}") from None
        return sides
    return tuple((number, number) for number in for_axes("padding", value, axes, least=0))


def moving(kernel: Lengths, size: Lengths, stride: Any, padding: Any, dilation: Any) -> Windows:
    """How windows move over images of this size. padding: as for `both_sides`, or "valid" or "same"."""
    axes = len(kernel)
    steps, distances = for_axes("stride", stride, axes), for_axes("dilation", dilation, axes)
    if not isinstance(padding, str):
        return Windows(kernel, steps, both_sides(padding, axes), distances)
    if padding not in ("valid", "same"):
        raise ValueError(f'padding {padding!r} is not known; use a number, a tuple, "valid" or "same"')
    windows = Windows.of(kernel, steps, dilation=distances)
    return windows.same(size) if padding == "same" else windows


def check_axes(name: str, ndim: int, axes: int, first: str = "images, channels") -> None:
    """ValueError unless there are these two axes and those of the image."""
    if ndim != axes + 2:
        raise ValueError(
            f"{name} must have {axes + 2} axes ({first}, {', '.join(AXES[axes])}), it has {ndim};"
            + (f" add the missing one, {name}[None]" if ndim == axes + 1 else " reshape it")
        )


def check_pixels(size: Lengths) -> None:
    """ValueError for images without pixels."""
    if min(size) < 1:
        raise ValueError(f"x has no pixels; pass images of at least {by((1,) * len(size))}")


def check_fit(size: Lengths, windows: Windows) -> None:
    """ValueError if not a single window fits on the padded image."""
    if min(windows.counts(size)) < 1:
        whole = (length + before + after for length, (before, after) in zip(size, windows.padding, strict=True))
        raise ValueError(
            f"the result would be empty: a window reaches over {by(windows.span)} pixels, the image with its padding"
            f" has {by(whole)}; use a smaller kernel or dilation, or more padding"
        )


def by(lengths: Any) -> str:
    """A size in words: 3x4."""
    return "x".join(map(str, lengths))


def _tuple_of(names: tuple[str, ...]) -> str:
    return f"({names[0]},)" if len(names) == 1 and "), (" not in names[0] else f"({', '.join(names)})"
