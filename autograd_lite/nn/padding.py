"""Layers that put a frame around sequences, images and volumes.

Layers of one, two and three dimensions differ in `axes` alone, kinds of frame in the mode of `ag.pad`.
"""

from __future__ import annotations

from typing import Any, ClassVar

from ..core import raw
from ..ops.padding import pad
from ..ops.windows import AXES
from .checks import check_integers
from .module import Module


class _Pad(Module):
    """What all share. `padding` is kept in PyTorch's order: before and after the last axis, then of the one before."""

    axes: ClassVar[int]
    mode: ClassVar[str]

    def __init__(self, padding: Any):
        self.padding = tuple(padding) if isinstance(padding, tuple | list) else (padding,) * (2 * self.axes)
        if len(self.padding) != 2 * self.axes:
            raise ValueError(
                f"{type(self).__name__}: padding has {len(self.padding)} widths; pass one for all, or {2 * self.axes}:"
                f" before and after the {', then the '.join(AXES[self.axes][::-1])}"
            )
        check_integers(self, **{f"padding[{i}]": width for i, width in enumerate(self.padding)})

    def forward(self, x: Any) -> Any:
        """`x` in its frame, less what a negative width takes away."""
        frame = list(zip(self.padding[::2], self.padding[1::2], strict=True))[::-1]  # in the order of the axes
        lengths = self._lengths(x)
        kept = [slice(max(-before, 0), n + min(after, 0)) for n, (before, after) in zip(lengths, frame, strict=True)]
        if any(part.start > part.stop for part in kept):
            raise ValueError(f"{type(self).__name__}: {self.padding} takes more away than {lengths} have; pad less")
        x = x[(..., *kept)] if min(self.padding) < 0 else x
        widths = [(max(before, 0), max(after, 0)) for before, after in frame]
        return pad(x, [(0, 0)] * (x.ndim - self.axes) + widths, self.mode, **self._options())

    def _lengths(self, x: Any) -> tuple[int, ...]:
        """Those of the axes that get a frame."""
        shape = getattr(raw(x), "shape", ())
        if len(shape) not in (self.axes + 1, self.axes + 2):
            expected = ", ".join(AXES[self.axes])
            raise ValueError(
                f"{type(self).__name__}: x {shape} must be (N, C, {expected}) or (C, {expected}); add the axes it lacks"
            )
        return shape[-self.axes :]

    def _options(self) -> dict[str, Any]:
        return {}

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.padding}"


# -- constants -------------------------------------------------------------------------------------------------------


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def _options(self) -> dict[str, Any]:
        return {"constant_values": self.value}

    def extra_repr(self) -> str:
        """The arguments."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """Sequences in a frame of `value`.

    x: (N, C, L) or (C, L). padding: one width for both ends, or (before, after); negative ones take away. Returns x's
    shape with L grown. Raises TypeError for widths that are no integers, ValueError for another number of them, another
    number of axes and where more is taken away than there is.
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """Images in a frame of `value`.

    x: (N, C, H, W) or (C, H, W). padding: one width for all sides, or (left, right, top, bottom); negative ones take
    away. Returns x's shape with H and W grown. Raises what `ConstantPad1d` does.
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """Volumes in a frame of `value`.

    x: (N, C, D, H, W) or (C, D, H, W). padding: one width for all sides, or (left, right, top, bottom, front, back);
    negative ones take away. Returns x's shape with D, H and W grown. Raises what `ConstantPad1d` does.
    """

    axes = 3


class _ZeroPad(_Pad):
    mode = "constant"


class ZeroPad1d(_ZeroPad):
    """Sequences in a frame of zeros; the arguments are those of `ConstantPad1d`."""

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Images in a frame of zeros; the arguments are those of `ConstantPad2d`."""

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Volumes in a frame of zeros; the arguments are those of `ConstantPad3d`."""

    axes = 3


# -- elements again --------------------------------------------------------------------------------------------------


class _ReflectionPad(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPad):
    """Sequences mirrored at their first and last elements; the arguments are those of `ConstantPad1d`.

    A width beyond the sequence's length, which PyTorch refuses, is mirrored again.
    """

    axes = 1


class ReflectionPad2d(_ReflectionPad):
    """Images mirrored at their outermost pixels; the arguments are those of `ConstantPad2d`."""

    axes = 2


class ReflectionPad3d(_ReflectionPad):
    """Volumes mirrored at their outermost pixels; the arguments are those of `ConstantPad3d`."""

    axes = 3


class _ReplicationPad(_Pad):
    mode = "edge"


class ReplicationPad1d(_ReplicationPad):
    """Sequences whose first and last elements are repeated; the arguments are those of `ConstantPad1d`."""

    axes = 1


class ReplicationPad2d(_ReplicationPad):
    """Images whose outermost pixels are repeated; the arguments are those of `ConstantPad2d`."""

    axes = 2


class ReplicationPad3d(_ReplicationPad):
    """Volumes whose outermost pixels are repeated; the arguments are those of `ConstantPad3d`."""

    axes = 3


class _CircularPad(_Pad):
    mode = "wrap"


class CircularPad1d(_CircularPad):
    """Sequences that go on with their other end; the arguments are those of `ConstantPad1d`.

    A width beyond the sequence's length, which PyTorch refuses, goes round again.
    """

    axes = 1


class CircularPad2d(_CircularPad):
    """Images that go on with their other side; the arguments are those of `ConstantPad2d`."""

    axes = 2


class CircularPad3d(_CircularPad):
    """Volumes that go on with their other side; the arguments are those of `ConstantPad3d`."""

    axes = 3
