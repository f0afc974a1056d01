"""A gradient in float32 that differs from what is measured: a mistake, or what rounding in float32 leaves of terms."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from .directions import Direction, derivative_along, norm
from .inputs import SINGLE
from .judge import Finding
from .nearby import or_zeros
from .numeric import largest
from .report import Verdict
from .rounding import SPREADS, drawn
from .subjects import Array, Sides, Subject

_ROUNDINGS = 4  # of the gradient that arrives: so much terms that cancel leave within an operation, as 1 - p does
_NOTE = "In float64 the gradient is right; in float32, rounding of terms that cancel may leave as much as it is off by."


class Single:
    """The gradient that is computed in float32, beside the one by the same formulas in float64."""

    def __init__(self, sides: Sides, weights: Sequence[Array]):
        self.sides, self.weights = sides, weights

    def excused(self, found: Finding, computed: float, direction: Direction) -> Finding:
        """UNRELIABLE rather than wrong, where float64 is right along a direction and rounding explains the rest."""
        if found.verdict not in (Verdict.FAIL, Verdict.KINK_OUTSIDE):
            return found
        exact = derivative_along(self._exact, direction)
        if not abs(exact - found.numeric) <= found.tolerance:
            return found
        rounding = _ROUNDINGS * float(np.finfo(SINGLE).eps) * largest(*self.weights) * norm(direction.values())
        if not abs(computed - exact) <= rounding + SPREADS * self._spread(direction):
            return found
        return found._replace(verdict=Verdict.UNRELIABLE, note=_NOTE)

    @functools.cached_property
    def _exact(self) -> dict[str, Array]:
        return self._gradient(self.sides.measured)

    @functools.cached_property
    def _drawn(self) -> list[dict[str, Array]]:
        """With rounding errors on the way to the outputs; those of a derivative of its own excuse nothing."""
        return drawn(lambda: self._gradient(self.sides.computed))

    def _gradient(self, subject: Subject) -> dict[str, Array]:
        found = zip(subject.leaves.items(), subject.gradient(self.weights), strict=True)
        return {name: or_zeros(g, leaf) for (name, leaf), g in found}

    def _spread(self, direction: Direction) -> float:
        """How far rounding errors on the way move the derivative along a direction; 0 if that is not finite."""
        found = [derivative_along(gradient, direction) for gradient in self._drawn]
        return float(np.ptp(found)) if np.isfinite(found).all() else 0.0
