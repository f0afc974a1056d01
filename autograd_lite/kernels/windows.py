"""How windows move over an image: how many fit, how far they reach, which pixel each tap falls on. Integers only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

Pair = tuple[int, int]  # (rows, columns)
Padding = tuple[Pair, Pair]  # ((top, bottom), (left, right))
NO_PADDING: Padding = ((0, 0), (0, 0))


class Windows(NamedTuple):
    """Windows of `kernel` taps that move by `stride` over an image with `padding` around it.

    padding: ((top, bottom), (left, right)), where a negative number crops. dilation: the distance between taps.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = NO_PADDING
    dilation: Pair = (1, 1)

    @property
    def span(self) -> Pair:
        """Rows and columns that one window reaches over."""
        (kh, kw), (dh, dw) = self.kernel, self.dilation
        return dh * (kh - 1) + 1, dw * (kw - 1) + 1

    def counts(self, size: Pair) -> Pair:
        """How many windows fit on an image of this size, below each other and side by side; none below 1."""
        rows, columns = (
            (length + before + after - span) // step + 1
            for length, (before, after), span, step in zip(size, self.padding, self.span, self.stride, strict=True)
        )
        return rows, columns

    def covered(self, counts: Pair) -> Pair:
        """The smallest image that so many windows fit on: what `counts` inverts."""
        rows, columns = (
            (count - 1) * step + span - before - after
            for count, (before, after), span, step in zip(counts, self.padding, self.span, self.stride, strict=True)
        )
        return rows, columns

    def trimmed(self, extra: Pair) -> Windows:
        """The same windows on an image whose last `extra` rows and columns are left out (negative: more padding)."""
        (top, bottom), (left, right) = self.padding
        return self._replace(padding=((top, bottom - extra[0]), (left, right - extra[1])))

    def taps(self, size: Pair) -> Iterator[tuple[tuple[slice, slice], tuple[slice, slice]]]:
        """For each tap, row by row: the windows in which it lies on the image, and the pixels it then falls on."""
        counts = self.counts(size)
        rows, columns = ([self._tap(axis, tap, size, counts) for tap in range(self.kernel[axis])] for axis in (0, 1))
        for window_rows, pixel_rows in rows:
            for window_columns, pixel_columns in columns:
                yield (window_rows, window_columns), (pixel_rows, pixel_columns)

    def _tap(self, axis: int, tap: int, size: Pair, counts: Pair) -> tuple[slice, slice]:
        """Along one axis, where window i has this tap on pixel ``i * step + offset``: the i, and the pixels."""
        step, offset = self.stride[axis], tap * self.dilation[axis] - self.padding[axis][0]
        first = max(0, -(offset // step))  # the smallest i with i * step + offset >= 0
        last = min(counts[axis] - 1, (size[axis] - 1 - offset) // step)
        if last < first:
            return slice(0, 0), slice(0, 0)
        return slice(first, last + 1), slice(first * step + offset, last * step + offset + 1, step)
