"""Two tests of a whole gradient, with no tolerance to choose: Taylor's remainder, and <w, J v> = <J^T w, v>.

The first rests on Taylor's theorem: for a computed gradient g, ``f(x + h v) - f(x) - h <g, v>`` is
``h <f'(x) - g, v> + O(h**2)``. The factor of h is 0 if g is right; if it is wrong, only for v in a hyperplane, with
probability 0. The second is the adjoint test of geophysics (J. F. Claerbout, "Earth Soundings Analysis: Processing
Versus Inversion", 1992).
Either says nothing where rounding is larger than what a wrong gradient would change, and then says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..core import gradients
from ..extras import optional
from .branches import Kink, first_difference, traced
from .calls import weighted
from .complex_step import ComplexStep, confirmed
from .determinism import check_deterministic
from .directions import direction_at, gaussian, line_along, own_rng
from .document import Document, Readable, Table
from .inputs import DOUBLE, Way
from .numeric import Vector, best_central
from .options import explained
from .report import GradientError
from .rounding import SPREADS, noise, spread
from .subjects import Array, Subject, data_of_their_own, subject_of

R = TypeVar("R", "TaylorReport", "DotProductReport")

_EPS = float(np.finfo(np.float64).eps)
_STEPS = tuple(0.5 * 4.0**-k for k in range(11))  # down to 5e-7
_TINY = tuple(_STEPS[-1] * 4.0**-k for k in range(1, 6))  # where there are kinks nearby
_RESOLVED = 100  # a remainder so many times above rounding is known to a hundredth
_BENT = 1e-2  # second differences beside first ones: at a kink, however short the step
_ROUNDINGS = 4  # granted to each value and each term of a remainder
_BARS = 10  # error bars that both products may be apart; samples of the operations are by up to 1.1
_SUMMED = 16  # roundings granted to what the gradient and the direction sum to
_USED = 3  # slopes, those of the smallest steps that are resolved; of 3, the median does without one that is off
_SHARE, _NOTHING = 1e-2, 1e-6  # of a derivative, and of 1 if it is 0: if it is wrong by that, it has to show
_HIDDEN = (
    "Rounding hides what a wrong gradient would change: the outputs are large beside their changes, or kinks are so"
    " close that only tiny steps are left. Take off what is constant, or move the inputs."
)
_NOWHERE = "The function is finite at fewer than two of these steps, which are too long for where it is."


@dataclass(frozen=True)
class TaylorReport(Readable):
    """Remainders of Taylor's polynomial along a random direction: true if they fall as they do for right derivatives.

    steps, remainders: how far, and how far off there. rounding: the part of each that may be rounding. slope: of the
    logarithms, at the smallest steps at which rounding does not count; None if there are none, because the function is
    a polynomial itself, at least nearby; NaN, which is not true, if rounding would hide a wrong gradient, or hardly
    anything is finite.
    expected: the slope for right derivatives, one more than their order. note: what else there is to know if it failed.
    """

    steps: tuple[float, ...]
    remainders: tuple[float, ...]
    rounding: tuple[float, ...]
    slope: float | None
    expected: int
    note: str = ""

    def __bool__(self) -> bool:
        return self.slope is None or self.slope > self.expected - 0.5  # halfway to the slope of wrong ones

    def __repr__(self) -> str:
        return f"<TaylorReport {self._verdict()}: {self._finding()}>"

    def _verdict(self) -> str:
        return "ok" if self else "FAILED" if self._has_slope() else "undecided"

    def _finding(self) -> str:
        if self.slope is None:
            rest = _all_rounding(self.remainders, self.rounding)
            nearby = f" up to a step of {self.steps[rest]:.0e}" if rest else ""
            return f"exactly {_POLYNOMIALS[self.expected - 1]}{nearby}, the remainder is rounding"
        return f"slope {_shown(self.slope) if self._has_slope() else 'unknown'}, {self.expected} expected"

    def _has_slope(self) -> bool:
        return self.slope is not None and not np.isnan(self.slope)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"ok": bool(self), **asdict(self)}

    def plot(self, file: str | Path | None = None) -> Any:
        """Remainders over steps, with logarithmic axes, as a matplotlib figure; written to `file`, if given.

        Raises ModuleNotFoundError, which says what to install, without matplotlib.
        """
        module = optional("matplotlib.figure", "matplotlib", "TaylorReport.plot", extra="docs")
        figure = module.Figure(layout="constrained")
        self.draw(figure.subplots())
        if file is not None:
            figure.savefig(file)
        return figure

    def draw(self, axes: Any) -> None:
        """What `plot` shows, drawn into matplotlib's axes: beside the remainders, lines of the slopes in question.

        What is in the shade may be rounding; if all of it is, there is no slope to compare with.
        """
        largest, noise = max(self.remainders), max(self.rounding) or _EPS
        bottom = noise / 1e3
        axes.fill_between(self.steps, bottom, self.rounding, color="0.9", label="rounding")
        axes.loglog(self.steps, [max(r, bottom) for r in self.remainders], "o-", label="remainder")
        for slope, style, meaning in ((self.expected, "--", "right"), (self.expected - 1, ":", "wrong")):
            if self._has_slope():
                line = [largest * (h / self.steps[0]) ** slope for h in self.steps]
                axes.loglog(self.steps, line, style, label=f"slope {slope}: {meaning}")
        axes.set(xlabel="step", ylabel="remainder", ylim=(bottom, max(largest, noise) * 10), title=self._finding())
        axes.legend()

    def _document(self) -> Document:
        title = f"Taylor test {self._verdict()}: {'log-log ' * self._has_slope()}{self._finding()}"
        slopes = [None, *_local_slopes(self.steps, self.remainders, self.rounding)]
        rows = [
            (f"{h:.1e}", f"{remainder:.2e}", f"{rounding:.1e}", _shown(slope))
            for h, remainder, rounding, slope in zip(self.steps, self.remainders, self.rounding, slopes, strict=True)
        ]
        table = Table(("step", "remainder", "rounding", "slope"), rows)
        return Document(title, bool(self), [*filter(None, [self.note]), table])


_POLYNOMIALS = {1: "linear", 2: "quadratic"}


def _shown(slope: float | None) -> str:
    return "-" if slope is None else f"{slope:.2f}"


@explained
def taylor_test(
    f: Callable[..., Any],
    *inputs: Any,
    loss: Callable[..., Any] | None = None,
    order: int = 1,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> TaylorReport:
    """Whether ``|f(x + h v) - f(x) - h <g, v>|`` falls with the square of h, as it does if g is right.

    And, with probability 1 over v, only then: of a wrong g, ``h <f'(x) - g, v>`` is left, which falls with h.

    f, inputs, loss: as for `gradcheck`; outputs are weighted at random. v is a Gaussian direction over all inputs, in
    units of the size of each. order: 2 takes the second derivative along v off as well, by the gradient of the
    gradient; the slope is then 3. rng: a generator, or the seed of one.

    There is nothing to tolerate: a wrong gradient has slope 1. At a kink no gradient is right in this sense; the report
    names it, and `gradcheck` decides. Where outputs are so large that rounding would hide a wrong gradient, the report
    is false and says so.
    Returns a TaylorReport. Raises GradientError, an AssertionError, with its text if that is false, unless told not to;
    what `gradcheck` raises for such inputs; ValueError for another order.
    """
    if order not in (1, 2):
        raise ValueError(
            f"taylor_test: order={order} is not supported; pass 1 for the gradient, 2 for the Hessian, too"
        )
    rng = own_rng(rng)
    subject = subject_of(f, inputs, loss, Way(DOUBLE, False, "taylor_test"))
    with data_of_their_own(list(subject.leaves.values())):
        check_deterministic(subject, "taylor_test")
        trial = _Trial.of(subject, rng)
        first, second = trial.derivatives(order)
        report = _taylor(trial, first, second, order)
        if not report:  # rounding on the way may hide more than that of the outputs
            report = _taylor(trial, first, second, order, trial.noise())
        if not (report or report.note):
            report = replace(report, note=trial.told_of_kinks())
    return _raised(report, raise_exception)


def _taylor(trial: _Trial, first: float, second: float, order: int, noise: float = 0.0) -> TaylorReport:
    here = trial.line(0.0)
    remainders, rounding = [], []
    for h in _STEPS:
        there = trial.line(h)
        off = float((there - here).sum()) - h * first - h * h / 2 * second
        remainders.append(abs(off))
        terms = float(np.abs(there).sum() + np.abs(here).sum()) + h * abs(first) + h * h * abs(second)
        rounding.append(_ROUNDINGS * _EPS * (terms + trial.moved()) + 2 * noise)
    known = [found for found in _local_slopes(_STEPS, remainders, rounding) if found is not None]
    last, note = float(np.median(known[-_USED:])) if known else None, ""
    rest = _all_rounding(remainders, rounding)
    if np.isfinite(remainders).sum() < 2:
        last, note = np.nan, _NOWHERE
    elif last is None or (last <= order + 0.5 and _drops(remainders, rounding, order + 1)):
        if not _nothing_shows(trial, second, remainders[rest:], rounding[rest:], order):
            last = None
        elif last is None:
            last, note = np.nan, _HIDDEN
    return TaylorReport(_STEPS, tuple(remainders), tuple(rounding), last, order + 1, note)


def _resolved(remainders: Sequence[float], rounding: Sequence[float]) -> list[bool]:
    """Which remainders are seen, above rounding."""
    return [bool(np.isfinite(r)) and r > _RESOLVED * noise for r, noise in zip(remainders, rounding, strict=True)]


def _all_rounding(remainders: Sequence[float], rounding: Sequence[float]) -> int:
    """The number of the first step from which on all that remains is rounding."""
    return max((i + 1 for i, seen in enumerate(_resolved(remainders, rounding)) if seen), default=0)


def _drops(remainders: Sequence[float], rounding: Sequence[float], expected: int) -> bool:
    """Whether the remainder falls into rounding faster than it can by Taylor's theorem.

    So does that of a piecewise polynomial like relu, where the next step does not cross a kink any more.
    """
    rest = _all_rounding(remainders, rounding)
    if rest in (0, len(remainders)) or not np.isfinite(remainders[rest]):
        return False
    fall = (_STEPS[rest - 1] / _STEPS[rest]) ** (expected + 0.5)
    return remainders[rest - 1] > fall * _RESOLVED * rounding[rest]


def _nothing_shows(
    trial: _Trial, second: float, remainders: Sequence[float], rounding: Sequence[float], order: int
) -> bool:
    """Whether a derivative could be wrong, and rounding would leave nothing of what that changes at the last steps."""
    size = trial.size()
    if remainders and not size and not any(remainders):  # a constant, to the last digit
        return False

    def unseen(power: int) -> float:
        """The largest mistake that does not show, at two neighbouring steps, above rounding."""
        known = zip(_STEPS[len(_STEPS) - len(remainders) :], remainders, rounding, strict=True)
        least = [_RESOLVED * noise * power / h**power if np.isfinite(r) else np.inf for h, r, noise in known]
        return min(map(max, itertools.pairwise(least)), default=np.inf)

    if _hides(unseen(1), size, trial.backward):
        return True
    return order > 1 and _hides(unseen(2), abs(second), trial.curvature, max(1.0, size))


def _hides(error: float, size: float, compute: Callable[[], float], beside: float = 1.0) -> bool:
    """Whether an error hides a part that counts of a derivative of that size.

    compute: the derivative, afresh. If it is 0 but for rounding, as that of a sum of probabilities is, it has no size:
    then whether the error hides what counts `beside` it, around 1 for directions and weights that are.
    """
    if error <= _SHARE * size:
        return False
    return error > _NOTHING * beside or size > SPREADS * max(_EPS, spread(compute))


def _local_slopes(steps: Sequence[float], remainders: Sequence[float], rounding: Sequence[float]) -> list[float | None]:
    """The slope from each step to the next; None where rounding counts, or a value is not finite."""
    resolved = _resolved(remainders, rounding)
    return [
        float(np.log(remainders[i] / remainders[i + 1]) / np.log(steps[i] / steps[i + 1]))
        if resolved[i] and resolved[i + 1]
        else None
        for i in range(len(steps) - 1)
    ]


@dataclass(frozen=True)
class DotProductReport(Readable):
    """One number computed in two ways, <w, J v> forward and <J^T w, v> backward: true if they agree.

    forward is measured, and `error` is how far it may be off; `tolerance`: how far backward may be from it.
    complex_step: whether it was measured by one, and not by differences alone. hidden: whether they agree, but so would
    a wrong backward, for the tolerance is as large; it is not true then. note: what else there is to know if it failed.
    """

    forward: float
    backward: float
    error: float
    tolerance: float
    complex_step: bool = False
    hidden: bool = False
    note: str = ""

    def __bool__(self) -> bool:
        agree = bool(np.isfinite(self.backward)) and abs(self.forward - self.backward) <= self.tolerance
        return agree and not self.hidden

    def __repr__(self) -> str:
        return f"<DotProductReport {self._verdict()}: {self.forward:.9g} and {self.backward:.9g}>"

    def _verdict(self) -> str:
        return "ok" if self else "undecided" if self.hidden else "FAILED"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"ok": bool(self), **asdict(self)}

    def _document(self) -> Document:
        title = (
            f"dot-product test {self._verdict()}: <w, J v> is {self.forward:.15g} ± {self.error:.1e}"
            f"{' by a complex step' * self.complex_step}, <J^T w, v> is {self.backward:.15g}"
        )
        return Document(title, bool(self), [*filter(None, [self.note])])


@explained
def dot_product_test(
    f: Callable[..., Any],
    *inputs: Any,
    loss: Callable[..., Any] | None = None,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> DotProductReport:
    """Whether <w, J v> = <J^T w, v> for random v and w: J v is measured, and J^T w is what `gradients` computes.

    f, inputs, loss: as for `gradcheck`. J v comes from values of `f` alone (a J v that is made of the gradient itself
    proves nothing): by extrapolated differences over the step that suits, which for a linear function is as long as
    can be. Where all operations are holomorphic, a complex step that agrees with these measures J v to machine
    precision. Where outputs are so large that rounding would hide a wrong gradient, the report is false and says so.
    rng: a generator, or the seed of one.

    Returns a DotProductReport. Raises GradientError, an AssertionError, with its text if that is false, unless told not
    to; what `gradcheck` raises for such inputs.
    """
    rng = own_rng(rng)
    subject = subject_of(f, inputs, loss, Way(DOUBLE, False, "dot_product_test"))
    with data_of_their_own(list(subject.leaves.values())):
        check_deterministic(subject, "dot_product_test")
        trial = _Trial.of(subject, rng)
        backward, _ = trial.derivatives(1)
        found = best_central(trial.line, 0.0, (*_STEPS, *_TINY), trial.line(0.0))
        found = found._replace(error=found.error + _EPS * trial.moved() / found.step)
        rounding = _SUMMED * _EPS * (abs(backward) + trial.moved())
        report = DotProductReport(found.value, backward, found.error, _BARS * found.error + rounding)
        if not report:  # rounding on the way may hide more than that of the outputs
            hidden = SPREADS * trial.noise() / found.step
            report = replace(report, error=report.error + hidden, tolerance=report.tolerance + hidden)
        if report:
            report = _sharper(report, trial, rounding)
        if not report:
            report = replace(report, note=trial.told_of_kinks())
        elif _agree_anyway(report, trial):
            report = replace(report, hidden=True, note=_HIDDEN)
    return _raised(report, raise_exception)


def _sharper(report: DotProductReport, trial: _Trial, rounding: float) -> DotProductReport:
    """The same by a complex step, if there is one and the differences confirm it."""
    step = ComplexStep.of(trial.subject, trial.weights)
    found = step and confirmed(step.along(trial.direction), report.forward, report.error)
    if not (step and found):
        return report
    tolerance = _BARS * found.error + rounding
    if abs(report.backward - found.value) > tolerance:
        tolerance += SPREADS * (spread(trial.backward) + spread(lambda: step.value_along(trial.direction)))
    sharper = DotProductReport(found.value, report.backward, found.error, tolerance, complex_step=True)
    return sharper if tolerance < report.tolerance else report


def _agree_anyway(report: DotProductReport, trial: _Trial) -> bool:
    """Whether both numbers would agree if the gradient were wrong, too, for the tolerance is so large."""
    if report.forward == report.backward == 0:  # nothing changes at all
        return False
    size = max(abs(report.forward), trial.size())
    return _hides(report.tolerance, size, trial.backward)


@dataclass(frozen=True)
class _Trial:
    """A function along a random direction from where it is, its outputs weighted at random."""

    subject: Subject
    weights: list[Array]
    direction: dict[str, Array]
    gradient: dict[str, Array]

    @classmethod
    def of(cls, subject: Subject, rng: np.random.Generator) -> _Trial:
        weights = [gaussian(np.zeros_like(output.data), rng) for output in subject.outputs()]
        direction = {name: direction_at(leaf.data, rng) for name, leaf in subject.leaves.items()}
        found = zip(subject.leaves.items(), subject.gradient(weights), strict=True)
        gradient = {name: np.zeros_like(leaf.data) if g is None else g for (name, leaf), g in found}
        return cls(subject, weights, direction, gradient)

    def line(self, step: float) -> Vector:
        """The weighted outputs, so far along the direction; beyond the domain NaN, which counts for nothing."""
        point = {name: leaf.data for name, leaf in self.subject.leaves.items()}
        try:
            with np.errstate(all="ignore"):
                return line_along(self._weighted, point, self.direction)(step)
        except (ArithmeticError, ValueError):
            if step == 0:
                raise
            return np.full(sum(map(np.count_nonzero, self.weights)), np.nan)

    def _weighted(self) -> Vector:
        return weighted([output.data for output in self.subject.outputs()], self.weights)

    def told_of_kinks(self) -> str:
        """That this point is at a kink, where there is no derivative to test, in a sentence; empty if it is not."""
        kink = self._kink()
        if kink is None:
            return ""
        return (
            f"This is at a kink of {kink}; a function has no derivative there. Move the inputs a little, or use"
            " gradcheck, which asks for a gradient between the slopes of both sides."
        )

    def _kink(self) -> Kink | None:
        """The first operation that takes another branch on one side than on the other; or else a bend of the values."""
        step = _STEPS[-1]
        left, right = (traced(lambda to=to: self.line(to)) for to in (-step, step))  # type: ignore[misc]
        if declared := first_difference(left, right):
            return declared
        bend, change = self._bend(step)
        straight = bend <= _BENT * change or bend <= SPREADS * self.noise()
        if straight or self._bend(step / 4)[0] <= bend / 8:  # of a curve, 1 / 16 is left; of a kink, 1 / 4
            return None
        return Kink("", None, (), None, None, 0)

    def _bend(self, step: float) -> tuple[float, float]:
        """How far the values around are from a straight line, and how far they change along it."""
        before, here, after = (self.line(to) for to in (-step, 0.0, step))
        return float(np.abs(after - 2 * here + before).sum()), float(np.abs(after - before).sum())

    def size(self) -> float:
        """How large a derivative along directions like this one mostly is, by the gradient."""
        pairs = zip(self.gradient.values(), self.direction.values(), strict=True)
        return float(np.sqrt(sum((np.abs(g * v) ** 2).sum() for g, v in pairs)))

    def moved(self) -> float:
        """The sum of what the rounding of each input is multiplied with."""
        leaves = self.subject.leaves
        finite = {name: np.where(np.isfinite(leaf.data), leaf.data, 0) for name, leaf in leaves.items()}
        return sum(float(np.abs(g * finite[name]).sum()) for name, g in self.gradient.items())

    def derivatives(self, order: int) -> tuple[float, float]:
        """The first derivative along the direction by the gradient, and the second, by its gradient; or 0."""
        return self._first(self.gradient.values()), self.curvature() if order > 1 else 0.0

    def noise(self) -> float:
        """How far rounding errors on the way move the sum of the outputs; 0 if that is not defined for such numbers."""
        return noise(lambda: float(self.line(0.0).sum()))

    def backward(self) -> float:
        """The first one, computed afresh by operations."""
        return self._first(self.subject.gradient(self.weights, create_graph=True))

    def _first(self, gradient: Iterable[Array | None]) -> float:
        pairs = zip(gradient, self.direction.values(), strict=True)
        return float(sum(np.vdot(g, v).real for g, v in pairs if g is not None))

    def curvature(self) -> float:
        """The second one, by the gradient of the gradient."""
        leaves, along = list(self.subject.leaves.values()), list(self.direction.values())
        known = [(o, w) for o, w in zip(self.subject.outputs(), self.weights, strict=True) if o.requires_grad]
        if not known:
            return 0.0
        outputs, seeds = zip(*known, strict=True)
        found = gradients(outputs, leaves, seeds, create_graph=True, allow_unused=True)
        pairs = [(g, v) for g, v in zip(found, along, strict=True) if g is not None and g.requires_grad]
        if not pairs:
            return 0.0
        seconds = gradients([g for g, _ in pairs], leaves, [v for _, v in pairs], allow_unused=True)
        return float(sum(np.vdot(g.data, v).real for g, v in zip(seconds, along, strict=True) if g is not None))


def _raised(report: R, raise_exception: bool) -> R:
    if raise_exception and not report:
        raise GradientError(report.to_text(), report)
    return report
