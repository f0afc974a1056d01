"""How windows move over an image: how many fit, how far they reach, which pixel each tap falls on. Integers only.

A step of a network asks the same again and again, so that answers are kept: without that, a step of LeNet-5 spends
0.3 ms here.
"""

from __future__ import annotations

import functools
import itertools
from typing import NamedTuple

Lengths = tuple[int, ...]  # one number for each axis of the image: (rows, columns) in two dimensions
Padding = tuple[tuple[int, int], ...]  # (before, after) for each axis
Slices = tuple[slice, ...]


class Windows(NamedTuple):
    """Windows of `kernel` taps that move by `stride` over an image with `padding` around it, in any number of axes.

    padding: (before, after) for each axis, where a negative number crops. dilation: the distance between taps.
    """

    kernel: Lengths
    stride: Lengths
    padding: Padding
    dilation: Lengths

    @classmethod
    def of(
        cls,
        kernel: Lengths,
        stride: Lengths | None = None,
        padding: Padding | None = None,
        dilation: Lengths | None = None,
    ) -> Windows:
        """Windows that touch each pixel and see no padding, but for what is given."""
        ones = (1,) * len(kernel)
        return cls(kernel, stride or ones, padding or ((0, 0),) * len(kernel), dilation or ones)

    @property
    def padded(self) -> bool:
        """Whether something is added to the image, or cropped."""
        return any(before or after for before, after in self.padding)

    @property
    def span(self) -> Lengths:
        """How far one window reaches along each axis."""
        return tuple(step * (taps - 1) + 1 for taps, step in zip(self.kernel, self.dilation, strict=True))

    @property
    def in_a_row(self) -> Windows:
        """These windows, of one axis, on images of one row."""
        (kernel,), (stride,), (padding,), (dilation,) = self
        return Windows((1, kernel), (1, stride), ((0, 0), padding), (1, dilation))

    def counts(self, size: Lengths) -> Lengths:
        """How many windows fit on an image of this size along each axis; none below 1."""
        return _counts(self, size)

    def covered(self, counts: Lengths) -> Lengths:
        """The smallest image that so many windows fit on: what `counts` inverts."""
        axes = zip(counts, self.padding, self.span, self.stride, strict=True)
        return tuple((count - 1) * step + span - before - after for count, (before, after), span, step in axes)

    def to_the_end(self, size: Lengths) -> Windows:
        """These windows, and one more along an axis with pixels left over, if it begins before the padding behind."""
        axes = zip(size, self.stride, self.span, self.padding, strict=True)
        return self._replace(padding=tuple(_with_rest(*axis) for axis in axes))

    def same(self, size: Lengths) -> Windows:
        """These windows with the padding for which ``ceil(size / stride)`` fit: an odd number, one more behind."""
        steps = zip(size, self.stride, self.span, strict=True)
        totals = (max(0, (-(-length // step) - 1) * step + span - length) for length, step, span in steps)
        return self._replace(padding=tuple((total // 2, total - total // 2) for total in totals))

    def trimmed(self, extra: Lengths) -> Windows:
        """The same windows on an image that lacks the last `extra` of each axis (negative: more padding)."""
        padding = tuple((before, after - more) for (before, after), more in zip(self.padding, extra, strict=True))
        return self._replace(padding=padding)

    def reaching(self, size: Lengths) -> Windows:
        """The same windows on the same image, with padding such that they cover all of it: strides may leave a rest."""
        return _reaching(self, size)

    def taps(self, size: Lengths) -> tuple[tuple[Slices, Slices], ...]:
        """For each tap, row by row: the windows in which it lies on the image, and the pixels it then falls on."""
        return _taps(self, size)


@functools.lru_cache(maxsize=1024)
def _counts(windows: Windows, size: Lengths) -> Lengths:
    axes = zip(size, windows.padding, windows.span, windows.stride, strict=True)
    return tuple((length + before + after - span) // step + 1 for length, (before, after), span, step in axes)


@functools.lru_cache(maxsize=1024)
def _reaching(windows: Windows, size: Lengths) -> Windows:
    covered = windows.covered(windows.counts(size))
    return windows.trimmed(tuple(length - least for length, least in zip(size, covered, strict=True)))


@functools.lru_cache(maxsize=64)
def _taps(windows: Windows, size: Lengths) -> tuple[tuple[Slices, Slices], ...]:
    counts = windows.counts(size)
    axes = ([_tap(windows, axis, i, size, counts) for i in range(taps)] for axis, taps in enumerate(windows.kernel))
    return tuple((tuple(seen for seen, _ in tap), tuple(at for _, at in tap)) for tap in itertools.product(*axes))


def _tap(windows: Windows, axis: int, tap: int, size: Lengths, counts: Lengths) -> tuple[slice, slice]:
    """Along one axis, where window i has this tap on pixel ``i * step + offset``: the i, and the pixels."""
    step, offset = windows.stride[axis], tap * windows.dilation[axis] - windows.padding[axis][0]
    first = max(0, -(offset // step))  # the smallest i with i * step + offset >= 0
    last = min(counts[axis] - 1, (size[axis] - 1 - offset) // step)
    if last < first:
        return slice(0, 0), slice(0, 0)
    return slice(first, last + 1), slice(first * step + offset, last * step + offset + 1, step)


def _with_rest(length: int, step: int, span: int, padding: tuple[int, int]) -> tuple[int, int]:
    """The padding of an axis with which no pixel is left over behind the last window."""
    before, after = padding
    last = -(-(length + before + after - span) // step) * step  # where it begins, in the padded image
    if last >= length + before:
        last -= step
    return before, max(after, last + span - length - before)
