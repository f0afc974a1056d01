"""A complex step looks again at what differences have let pass: their error bars hide errors in the eleventh digit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .complex_step import ComplexStep, agree, confirmed
from .judge import ILL, SHARP, Finding, Ground
from .nearby import Conditioning
from .report import Verdict
from .rounding import SPREADS, drawn
from .subjects import Array

_WRONG = "Differences do not show that it is wrong, a complex step does."
REFUSED = (
    "Complex steps give other slopes than differences: the operations do something else with complex numbers, so the"
    " differences count."
)


class Sharper:
    """The second look at the gradient of a subject's weighted outputs; nothing changes where there is no complex step.

    refused: whether differences have contradicted one.
    """

    def __init__(self, conditioning: Conditioning):
        self.conditioning, self.subject = conditioning, conditioning.subject
        self.step = ComplexStep.of(self.subject, conditioning.weights)
        self.refused = False

    def looked_at(
        self,
        found: Finding,
        computed: float,
        direction: Mapping[str, Array],
        size: float,
        conditioning: Callable[[], float],
        ground: Ground,
    ) -> Finding:
        """The finding on the derivative along a direction by a complex step, if the differences confirm it.

        size: of what is summed in the computed derivative. conditioning: how far rounding of the inputs moves it. A
        mistake is one that is beyond all rounding, and where the differences are sharp enough to vouch for the step.
        """
        undecided = found.verdict in (Verdict.PASS, Verdict.UNRELIABLE) and np.isfinite(computed)
        if self.step is None or found.kink is not None or not undecided:
            return found
        origin = self.subject.origin
        if origin is not None and not direction.keys() & origin.leaves.keys():
            return found  # a gradient is linear in the weights, and its slopes for them are those of first order
        measured, numeric = self.step.along(direction), found.numeric.real
        slope = confirmed(measured, numeric, found.error)
        if slope is None:
            self.refused |= measured is not None and not agree(measured, numeric, found.error)
            return found
        slope = slope._replace(size=max(slope.size, size))
        tolerance, difference = ground.tolerance(slope), abs(computed - slope.value)
        if not difference <= tolerance:
            tolerance += ILL * conditioning() + SPREADS * self._spread(self.step, direction)
        if not tolerance < found.tolerance:
            return found
        verdict = Verdict.PASS if difference <= tolerance else Verdict.FAIL
        if verdict is Verdict.FAIL:
            sharp = found.error <= SHARP * max(slope.size, ground.gradient)
            if found.verdict is Verdict.UNRELIABLE or not sharp or ground.loses(difference, slope):
                return found
        note = "" if verdict is Verdict.PASS else _WRONG
        return Finding(slope.value, slope.error, tolerance, verdict, note=note, complex_step=True)

    def _spread(self, step: ComplexStep, direction: Mapping[str, Array]) -> float:
        """How far rounding moves the computed and the measured derivative along a direction."""
        places = [number for number, name in enumerate(self.subject.leaves) if name in direction]
        moves = [direction[name] for name in self.subject.leaves if name in direction]
        computed = []
        for gradient in self.conditioning.drawn:
            pairs = zip((gradient[place] for place in places), moves, strict=True)
            computed.append(float(sum((g * v).sum() for g, v in pairs if g is not None)))
        found = float(np.ptp([computed, drawn(lambda: step.value_along(direction))], axis=1).sum())
        return found if np.isfinite(found) else np.inf
