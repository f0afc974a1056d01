"""What is known of a gradient from beside its point: how much rounding moves it, and the slopes around a tie."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ..tensor import Tensor
from .branches import Kink, first_difference, traced
from .directions import Direction
from .numeric import Function, largest
from .rounding import Rounding, drawn, moved_by_rounding
from .subjects import Array, Subject

_BEND = 1e-2  # between both sides of a point, relatively, for its slope to be one


class Conditioning:
    """How far rounding of inputs and weights moves each entry of the gradient, measured once if it is asked for."""

    def __init__(self, subject: Subject, weights: Sequence[Array], precision: float):
        self.subject, self.weights, self.precision = subject, weights, precision

    def at(self, name: str, index: tuple[int, ...]) -> float:
        """The largest change that was seen in this entry of this input's gradient."""
        return float(self._moved[name][index])

    def along(self, direction: Direction) -> float:
        """The same of the derivative along a direction, if all changes had the worst signs."""
        return sum(float(np.abs(self._moved[name] * v).sum()) for name, v in direction.items())

    @functools.cached_property
    def _moved(self) -> dict[str, Array]:
        leaves = list(self.subject.leaves.values())

        def gradient(rounded: Rounding) -> list[Array]:
            found = self.subject.gradient([rounded(weight) for weight in self.weights])
            return [or_zeros(g, leaf) for g, leaf in zip(found, leaves, strict=True)]

        moved = moved_by_rounding(gradient, self.subject.outputs, leaves, self.precision)
        return dict(zip(self.subject.leaves, moved, strict=True))

    @functools.cached_property
    def drawn(self) -> list[list[Array | None]]:
        """The gradient for each leaf, with one set of rounding errors on the way after the other."""
        return drawn(lambda: self.subject.gradient(self.weights, create_graph=True))


class Nearby:
    """Points around that of the check, where entries that were equal are not: there are the gradients beside a tie."""

    _KINK, _NUMBER = 1e-4, 18  # the distance in which a kink is looked for, and at so many points

    def __init__(self, subject: Subject):
        self.leaves = list(subject.leaves.values())
        self.outputs = subject.outputs
        self._kink: Kink | None = None
        self._searched = False

    def kink(self) -> Kink | None:
        """The first operation that takes another branch at one of the points."""
        if not self._searched:
            self._searched = True
            here = traced(self.outputs)
            kinks = (first_difference(here, traced(self.outputs)) for _ in self._points(self._KINK, self._NUMBER))
            self._kink = next(filter(None, kinks), None)
        return self._kink

    def slopes(
        self, line_here: Callable[[], Function], size: float, gradient: float, distance: float, number: int
    ) -> Array:
        """The slopes of the elements at so many points, in a row each, for steps much smaller than the distance.

        line_here: gives, wherever the leaves are, the function of a step from there. size: of what moves; distance: of
        the points, relative to it. Points that are less than a step away from a kink or a jump are left out, where the
        slopes of both sides differ, beside the largest entry of the gradient.
        """
        step = distance * size / 100
        rows = []
        with np.errstate(all="ignore"):
            for _ in self._points(distance, number):
                before, middle, after = map(line_here(), (-step, 0.0, step))
                bend = float(np.abs(after - 2 * middle + before).sum()) / step
                slopes = (after - before) / (2 * step)
                if not bend > _BEND * max(float(np.abs(slopes).sum()), gradient):
                    rows.append(slopes)
        return np.stack(rows) if rows else np.full((1, 1), np.nan)

    def _points(self, distance: float, number: int) -> Iterator[None]:
        """Move the leaves to one point after the other, and back in the end.

        In the first two, entries rise, or fall, in their order. Then they move at random; from the second half on by
        amounts that differ from each other by factors, too, so that small moves of large entries occur.
        """
        rng = np.random.default_rng(0)
        originals = [leaf.data for leaf in self.leaves]
        try:
            for point in range(number):
                for leaf, original in zip(self.leaves, originals, strict=True):
                    order = np.linspace(-1, 1, leaf.size).reshape(leaf.shape) * (1 if point else -1)
                    moves = order if point < 2 else rng.uniform(-1, 1, leaf.shape)
                    if point >= max(18, number // 2):
                        moves = moves * 10 ** rng.uniform(-1, 0, leaf.shape)
                    size = np.where(original == 0, largest(original) or 1.0, np.abs(original))
                    leaf.data = np.asarray(original + distance * size * moves)
                yield
        finally:
            for leaf, original in zip(self.leaves, originals, strict=True):
                leaf.data = original


def or_zeros(gradient: Array | None, leaf: Tensor) -> Array:
    """The gradient, or zeros like the leaf where there is none."""
    return np.zeros_like(leaf.data) if gradient is None else gradient
