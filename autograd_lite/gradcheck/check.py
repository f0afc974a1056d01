"""Gradients against finite differences, entry by entry, to any order."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..errors import GradientShapeError
from ..recording import Call, leave, observe
from ..tensor import Tensor
from .blame import blamed
from .branches import Kink, first_difference, traced
from .contracts import recording_problems
from .cuts import OUTPUT, first_change
from .directions import Direction, direction_at, line_along, own_rng, search
from .document import few
from .inputs import DOUBLE, SINGLE, Way
from .judge import Finding, Ground, at_a_glance, at_a_tie, judge
from .localize import first_inexact, first_wrong, where_not_finite
from .numeric import Function, Vector
from .options import explained
from .progress import progress
from .report import Entry, GradientError, Problem, Report, Verdict
from .rounding import Rounding, moved_by_rounding, spread
from .sharper import REFUSED, Sharper
from .subjects import Array, Outputs, Subject, data_of_their_own, subject_of, subject_with_gradient

_IN_THE_WAY = ("mutation", "shape")  # problems that leave nothing to compare
_MEASURED_WRONG = (Verdict.FAIL, Verdict.KINK_OUTSIDE)
_SHOWN = 5  # entries that are looked for if a direction is wrong
_CLOSELY = 50  # entries of an order that are wrong beyond doubt; where others are as clear, one look is enough
_ASIDE = 1e-3  # how far an input is moved, relative to its size, to see whether anything depends on it
_BEND = 1e-2  # between both sides of a point, relatively, for its slope to be one

_WEIGHTED = (
    "f does not return one real number, so its outputs were weighted at random: slopes and gradients are those of the"
    " weighted sum."
)
_AT_A_GLANCE = (
    f"Of the entries that are wrong, the first {_CLOSELY} were looked at closely; of the others only those whose"
    " derivative is not far from the measured one."
)
_RIGHT_BY_THEMSELVES = "No operation was found to be wrong by itself."
_KINKS_COMBINED = (
    " At kinks, each of them may give any slope between those of both sides, and what the chain rule makes of these"
    " need not be one: relu(x) - relu(-x) has the slope 1 at 0, but the gradient 0. Is it right off the kinks, with"
    " resample=1?"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How fine to measure, what to tolerate beyond the error bars, and how many entries to look at."""

    eps: float
    atol: float
    rtol: float
    max_entries: int | None
    directions: int | None
    resample: int
    strict: bool

    def __post_init__(self) -> None:
        if not 0 < self.eps < np.inf:
            raise ValueError(f"gradcheck: eps={self.eps} is no step; pass a positive number, such as 1e-4")
        for name, tolerance in (("atol", self.atol), ("rtol", self.rtol)):
            if not tolerance >= 0:
                raise ValueError(f"gradcheck: {name}={tolerance} is no tolerance; pass 0 or more")
        if self.directions is not None and self.directions < 1:
            raise ValueError(f"gradcheck: directions={self.directions} checks nothing; pass a larger one, or None")
        if self.max_entries is not None and self.max_entries < 1:
            raise ValueError(f"gradcheck: max_entries={self.max_entries} checks nothing; pass a larger one, or None")
        if self.resample < 0:
            raise ValueError(f"gradcheck: resample={self.resample} is no number of times; pass 0 or more")

    def allowance(self, value: complex) -> float:
        """How far a computed derivative may be from this measured one, whatever the error bar."""
        return self.atol + self.rtol * (abs(value) if np.isfinite(value) else 0)


@explained
def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    loss: Callable[..., Any] | None = None,
    jac: Callable[..., Any] | bool | None = None,
    dtype: DTypeLike | None = None,
    eps: float = 1e-4,
    atol: float = 0.0,
    rtol: float = 0.0,
    order: int = 1,
    max_entries: int | None = None,
    directions: int | None = None,
    resample: int = 0,
    strict: bool = False,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> Report:
    """Compare the gradients of `f` at `inputs` with finite differences, entry by entry.

    f: a function of Tensors that returns Tensors (one, or several in a tuple, list or dict), called as ``f(*inputs)``,
        or as ``f()`` if it takes no arguments; or a Module, of which all parameters that learn are checked by name, on
        a copy.
    inputs: float64 or complex128. Arrays are checked and so are Tensors that require a gradient, also those in tuples,
        lists and dicts; leaves are varied where they are and have their data back afterwards, whatever happens.
        Everything else is passed on as it is. PyTorch's way, one tuple of all arguments, is understood where f does not
        take it as one.
    loss: check ``loss(f(*inputs), target)``; the target is the last of the inputs.
    jac: check any Python function of arrays whose value is one real number, and no Tensors at all: True if f returns
        ``(value, gradient)``, as for `scipy.optimize.minimize`, or the function that returns the gradient. Of several
        inputs, a tuple of gradients.
    dtype: "float32" computes the gradient in float32, and measures it on a float64 copy of inputs and Module. To an f
        that takes no arguments, copies of the inputs stand in for these while it runs: also Tensors that need no
        gradient should be among them if they must be of one dtype with the leaves.
    eps: the first step of the differences, relative to the larger of 1 and the entry; other steps where it is bad.
    atol, rtol: tolerate ``atol + rtol * abs(numeric)`` beyond what error bars and rounding explain.
    order: 2 checks the gradients of the gradients as well, and so on.
    max_entries: check a random choice of so many, spread evenly over the inputs.
    directions: compare derivatives along so many random directions, each of which looks at all entries at once; the
        report says with which probability they miss an error. If one is wrong, entries that are wrong are looked for,
        at most `max_entries` (or 5).
    resample: move entries that sit on a kink by about a thousandth and check again, at most so often; the report says
        which were moved.
    strict: count it as a failure, too, if an entry is undecided (UNRELIABLE), or there is none.
    raise_exception: False returns the report whatever it says.
    rng: a generator, or the seed of one, for that choice and for the weights of outputs that are no real scalar. (One
        random weighting finds an error in any entry of the Jacobian, but for a set of weights of measure zero.)

    Where every operation is holomorphic, f is called with complex numbers, too: what a complex step measures counts
    where the differences agree with it, and errors in the twelfth digit are found.

    The gradient for a complex input is dL/d(Re z) + i dL/d(Im z), of the real part of the weighted outputs. At a kink
    the gradient must lie between the slopes of both sides, summed over the elements of the output.

    Each entry has a verdict: PASS; FAIL; at a kink, KINK-OK or KINK-OUTSIDE; BLOCKED, where the path of the gradient is
    cut; UNRELIABLE, where the measurement cannot decide. docs/verification.md says what to do about each.

    Returns a Report. Raises GradientError, an AssertionError with its text (and itself, as `report`), if an entry is
    wrong, or all are undecided; TypeError for inputs or outputs of another precision or outputs that are no Tensors,
    ValueError if f is not deterministic or there is nothing to check.
    """
    if order < 1:
        raise ValueError(f"gradcheck: order={order} checks nothing; pass 1 for gradients, 2 for theirs as well")
    settings = Settings(eps, atol, rtol, max_entries, directions, resample, strict)
    sides = _sides(f, inputs, loss, jac, dtype)
    if jac is not None and jac is not False and order > 1:
        raise ValueError(f"gradcheck: with jac there are first derivatives only, not order={order}")
    return _check(sides, range(1, order + 1), settings, raise_exception, rng)


@explained
def gradgradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    loss: Callable[..., Any] | None = None,
    dtype: DTypeLike | None = None,
    eps: float = 1e-4,
    atol: float = 0.0,
    rtol: float = 0.0,
    max_entries: int | None = None,
    directions: int | None = None,
    resample: int = 0,
    strict: bool = False,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> Report:
    """Compare the gradients of the gradients of `f` with finite differences: second order, and only that.

    The gradients are computed with ``create_graph=True``, and are differentiated with respect to the inputs and to the
    weights of the outputs. Arguments, result and errors as in `gradcheck`.
    """
    sides = _sides(f, inputs, loss, None, dtype, "gradgradcheck")
    settings = Settings(eps, atol, rtol, max_entries, directions, resample, strict)
    return _check(sides, (2,), settings, raise_exception, rng)


@dataclass(slots=True)
class Sides:
    """The same subject twice: where it is measured, and where its gradient is computed; mostly one and the same."""

    measured: Subject
    computed: Subject
    precision: np.dtype[Any]

    def gradient_function(self, weights: Sequence[Array]) -> Sides:
        """Both sides' gradients as functions, to be differentiated in their turn."""
        measured = self.measured.gradient_function(weights)
        same = self.computed is self.measured
        return Sides(measured, measured if same else self.computed.gradient_function(weights), self.precision)


def _sides(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    loss: Any,
    jac: Callable[..., Any] | bool | None,
    dtype: Any,
    caller: str = "gradcheck",
) -> Sides:
    precision = DOUBLE if dtype is None else np.dtype(dtype)
    if precision not in (DOUBLE, SINGLE):
        raise ValueError(f"{caller}: dtype={precision} is not supported; pass 'float32', or None for float64")
    if jac is not None and jac is not False:
        if loss is not None or precision != DOUBLE:
            raise ValueError("gradcheck: jac is for functions of arrays in float64, without loss and dtype")
        subject = subject_with_gradient(f, inputs, jac)
        return Sides(subject, subject, precision)
    if precision == DOUBLE:
        subject = subject_of(f, inputs, loss, Way(DOUBLE, dtype is not None, caller))
        return Sides(subject, subject, precision)
    computed = subject_of(f, inputs, loss, Way(SINGLE, True, caller))
    measured = subject_of(f, inputs, loss, Way(DOUBLE, True, caller))
    for name, leaf in measured.leaves.items():
        leaf.data = computed.leaves[name].data.astype(leaf.dtype)  # the same values, to the last bit
    return Sides(measured, computed, precision)


def _check(
    sides: Sides,
    orders: Sequence[int],
    settings: Settings,
    raise_exception: bool,
    seed: np.random.Generator | int,
) -> Report:
    rng = own_rng(seed) if isinstance(seed, int | np.integer) else seed
    notes: list[str] = []
    leaves = [leaf for subject in (sides.measured, sides.computed) for leaf in subject.leaves.values()]
    with data_of_their_own(leaves):
        _check_deterministic(sides.measured)
        try:
            report = _report(sides, orders, settings, rng, notes)
            for _ in range(settings.resample):
                moved = _move_off_kinks(sides, report.entries, rng)
                if not moved:
                    break
                notes.append(f"Moved off a kink, by about a thousandth: {', '.join(moved)}.")
                report = _report(sides, orders, settings, rng, notes)
        except GradientShapeError as error:
            report = Report([], 0, [Problem("shape", error.operation, error.rule)])
    if raise_exception and not report:
        raise GradientError(report.to_text(), report)
    return report


def _report(
    sides: Sides, orders: Sequence[int], settings: Settings, rng: np.random.Generator, notes: Sequence[str]
) -> Report:
    """The report at the present values of the leaves, and `notes` in it."""
    entries: list[Entry] = []
    stages: list[Outputs] = []  # what is differentiated, in each order
    problems: list[Problem] = []
    notes = [*notes]
    culprit = None
    total = 0
    for order in range(1, max(orders) + 1):
        if order > 1:
            sides = sides.gradient_function([_random_like(o.data, rng) for o in sides.measured.outputs()])
        stages.append(sides.computed.outputs)
        weights = [_random_like(o.data, rng).astype(o.dtype) for o in sides.computed.outputs()]
        if order == min(orders):
            problems += blamed(sides.computed.problems(weights), sides.computed)
        if order < max(orders) and sides.computed.explicit is None:
            problems += recording_problems(sides.computed.outputs, weights, sides.computed.leaves)
        if order in orders and not any(problem.kind in _IN_THE_WAY for problem in problems):
            entries += _entries(order, sides, settings, rng, notes)
            total += sum(leaf.size for leaf in sides.measured.leaves.values())
    wrong = [entry.order for entry in entries if entry.verdict.bad]
    undefined = any(np.isnan(entry.analytic) for entry in entries)
    if (wrong or problems) and sides.computed.explicit is None:
        culprit = first_wrong(stages[: min(wrong, default=max(orders))])
        if culprit is None and any(entry.verdict.bad and entry.complex_step for entry in entries):
            culprit = first_inexact(stages[min(wrong) - 1])
        combined = culprit is None and _combines_operations(stages[-1])
        if combined and settings.directions is not None:
            entries = [_undecided_at_kinks(entry) for entry in entries]
        measured = [entry for entry in entries if entry.verdict in _MEASURED_WRONG]
        if culprit is None and measured and not undefined:
            at_kinks = combined and any(entry.kink is not None for entry in measured)
            notes.append(_RIGHT_BY_THEMSELVES + _KINKS_COMBINED * at_kinks)
    if undefined and culprit is None and sides.computed.explicit is None:
        notes.append(where_not_finite(stages[-1]))
    return Report(entries, total, problems, culprit=culprit, notes=notes, strict=settings.strict)


def _combines_operations(outputs: Outputs) -> bool:
    """Whether more than one operation has a derivative in a run: of a single one, the chain rule excuses nothing."""
    calls: list[Call] = []
    with observe(calls.append):
        outputs()
    return sum(call.op.differentiable for call in calls) > 1


def _undecided_at_kinks(entry: Entry) -> Entry:
    """What is thought of an entry at a kink in random directions, if each operation is right by itself.

    A direction crosses all kinks at once. Each operation may give any slope of its own there, and what the chain rule
    makes of these need not lie between the slopes of the whole on both sides.
    """
    if entry.verdict is not Verdict.KINK_OUTSIDE:
        return entry
    note = "Each operation is right by itself; where several kinks meet, their slopes together need not be one."
    return replace(entry, verdict=Verdict.UNRELIABLE, note=note)


def _move_off_kinks(sides: Sides, entries: Sequence[Entry], rng: np.random.Generator) -> list[str]:
    """Move the entries of the leaves that sit on a kink, all of them if a direction crosses one; their labels."""
    found = [entry for entry in entries if entry.kink is not None]
    leaves = sides.measured.leaves
    places = {(entry.name, entry.index): entry.label for entry in found if entry.name in leaves}
    if any(entry.name.startswith("direction ") and entry.name not in leaves for entry in found):
        places = {(name, index): name for name, leaf in leaves.items() for index in np.ndindex(leaf.shape)}
    for name, index in places:
        leaf, theirs = leaves[name], sides.computed.leaves[name]
        size = abs(leaf.data[index]) or _largest(leaf.data) or 1.0
        theirs.data[index] += size * 1e-3 * rng.choice((-1.0, 1.0)) * rng.uniform(0.5, 1.0)
        leaf.data[index] = theirs.data[index]  # in float32, the same to the last bit
    return list(dict.fromkeys(places.values()))


def _check_deterministic(subject: Subject) -> None:
    first, second = (_values(subject) for _ in range(2))
    same = len(first) == len(second) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-10, atol=1e-12, equal_nan=True)
        for a, b in zip(first, second, strict=True)
    )
    if not same:
        raise ValueError(
            "gradcheck: f gave two different results for the same inputs; draw random numbers outside of f, or switch"
            f" dropout off with eval(). {first_change(subject.outputs)}".rstrip(" .")
        )


def _values(subject: Subject) -> list[Array]:
    """The outputs. Should the function write into its inputs, which is a finding of its own, they are restored."""
    with data_of_their_own(list(subject.leaves.values())):
        return [output.data.copy() for output in subject.outputs()]


# -- both derivatives ----------------------------------------------------------------------------------------------


def _entries(order: int, sides: Sides, settings: Settings, rng: np.random.Generator, notes: list[str]) -> list[Entry]:
    """Both derivatives, of the sum of the weighted outputs, for each entry (or direction) that is to be checked."""
    subject = sides.measured
    weights = _weights([output.data for output in subject.outputs()], rng)
    leaves = list(subject.leaves.values())
    computed = [_or_zeros(g, leaf) for g, leaf in zip(sides.computed.gradient(weights), leaves, strict=True)]
    conditioning = _Conditioning(subject, weights, float(np.finfo(sides.precision).eps))

    def weighted() -> Vector:
        outputs = subject.outputs()
        if subject.explicit is None:
            for number, output in enumerate(outputs):
                leave(output, f"{OUTPUT}{number}")
        pairs = zip(outputs, weights, strict=True)
        parts = [np.real(np.conj(weight) * output.data).reshape(-1) for output, weight in pairs]
        return np.concatenate(parts) if parts else np.zeros(0)

    values = weighted()
    endless = ~np.isfinite(values)
    middle = np.where(endless, 0, values)

    def beside() -> Vector:
        """The same at other points: not a number beyond the domain, and where the outputs have other shapes.

        Elements that are not finite have no slope, but one of 0 for as long as they do not change.
        """
        try:
            found = weighted()
        except (ArithmeticError, ValueError):
            return np.full_like(middle, np.nan)
        if found.shape != middle.shape:
            return np.full_like(middle, np.nan)
        if endless.any():
            same = (found == values) | (np.isnan(found) & np.isnan(values))
            found[endless] = np.where(same, 0, np.nan)[endless]
        return found

    point = {name: leaf.data for name, leaf in subject.leaves.items()}
    if order == 1:
        notes.append(_without_influence(beside, middle, point, computed))
    nearby = _Nearby(subject)
    noise = functools.cache(lambda: spread(lambda: float(weighted().sum())))
    sharper = Sharper(subject, weights) if sides.precision == DOUBLE else None
    gradient = max(map(_largest, computed), default=0.0)
    entries = []
    if settings.directions is None:
        chosen = _choice([leaf.size for leaf in leaves], settings.max_entries, rng)
    else:
        ground = Ground(
            middle, _norm(computed), 1.0, settings.allowance, conditioning.precision, order, settings.eps, noise
        )

        def judged(function: Function, along: float, direction: Direction) -> Finding:
            moved = functools.partial(conditioning.along, direction)
            found = judge(function, 0.0, along, moved, ground)
            size = sum(float(np.abs(computed_by_name[name] * v).sum()) for name, v in direction.items())
            return sharper.looked_at(found, along, direction, size, moved, ground) if sharper else found

        computed_by_name = dict(zip(point, computed, strict=True))
        limit = settings.max_entries or _SHOWN
        found = search(beside, point, computed_by_name, judged, settings.directions, rng, limit)
        entries += [
            Entry(order, f"direction {i}", (), along, *finding, direction=True)
            for i, (along, finding) in enumerate(found.directions)
        ]
        chosen = [[position for label, position in found.failing if label == name] for name in point]
        notes += filter(None, (found.note(), found.blunted(point)))
    wrong = 0
    with progress(sum(map(len, chosen))) as compared:
        for number, (name, leaf) in enumerate(subject.leaves.items()):
            variable = _largest(leaf.data) or 1.0
            precision = conditioning.precision
            ground = Ground(middle, gradient, variable, settings.allowance, precision, order, settings.eps, noise)
            for position in chosen[number]:
                index = tuple(int(i) for i in np.unravel_index(position, leaf.shape))
                moved = functools.partial(conditioning.at, number, index)
                value, last = computed[number][index].item(), bool(endless.any())
                slot = _Slot(beside, leaf, index, value, moved, nearby, ground, sharper, wrong < _CLOSELY, last)
                entries.append(slot.entry(order, name))
                wrong += entries[-1].verdict.bad
                compared()
    if wrong > _CLOSELY:
        notes.append(_AT_A_GLANCE)
    if sharper and sharper.refused and REFUSED not in notes:
        notes.append(REFUSED)
    if any(entry.one_sided for entry in entries) and not all((weight == 1).all() for weight in weights):
        notes.append(_WEIGHTED)
    return entries


def _without_influence(
    beside: Callable[[], Vector], middle: Vector, point: Mapping[str, Array], gradients: Sequence[Array]
) -> str:
    """On which of its arrays `f` does not depend, in a sentence: a check of these compares 0 with 0. Or nothing."""

    def unchanged(name: str) -> bool:
        with np.errstate(all="ignore"):
            moved = line_along(beside, point, {name: direction_at(point[name], own_rng(0))})(_ASIDE)
        return np.array_equal(moved, middle)

    zero = [name for name, g in zip(point, gradients, strict=True) if g.size and not g.any()]
    names = list(filter(unchanged, zero))
    return f"f does not depend on {few(names)} near this point: 0 was compared with 0." if names else ""


@dataclass(slots=True)
class _Slot:
    """One entry of an input: a variable, or the two parts of a complex one."""

    weighted: Callable[[], Vector]
    leaf: Tensor
    index: tuple[int, ...]
    computed: complex
    conditioning: Callable[[], float]
    nearby: _Nearby
    ground: Ground
    sharper: Sharper | None
    closely: bool  # whether to doubt even what is clearly wrong
    endless: bool  # whether some of the outputs are not finite

    def entry(self, order: int, name: str) -> Entry:
        """The verdict on it."""
        x, g = self.leaf.data[self.index].item(), self.computed
        if not np.isfinite(x):
            note = f"The entry is {x} and cannot be moved; pass what is to stay, a mask say, as ag.tensor(...)."
            return Entry(order, name, self.index, g, np.nan, np.inf, 0.0, Verdict.UNRELIABLE, note=note)
        if self.leaf.dtype.kind != "c":
            found = self._judged(self._at, x, g.real)
            if self.sharper:
                moved = {name: _unit(self.leaf.shape, self.index)}
                found = self.sharper.looked_at(found, g.real, moved, abs(g), self.conditioning, self.ground)
            return Entry(order, name, self.index, g, *found)
        real = self._judged(lambda part: self._at(complex(part, x.imag)), x.real, g.real)
        imag = self._judged(lambda part: self._at(complex(x.real, part)), x.imag, g.imag)
        return Entry(order, name, self.index, g, *_complex(real, imag))

    def _at(self, value: complex) -> Vector:
        data = self.leaf.data  # while it is moved to nearby points, another array
        original = data[self.index]
        try:
            data[self.index] = value
            return self.weighted()
        finally:
            data[self.index] = original

    def _judged(self, function: Callable[[float], Vector], x: float, computed: float) -> Finding:
        if not self.closely and (found := at_a_glance(function, x, computed, self.conditioning, self.ground)):
            return found
        found = judge(function, x, computed, self.conditioning, self.ground)
        if found.verdict.bad and self.endless:
            note = "An output is not finite here, and may hide a slope."
            return found._replace(verdict=Verdict.UNRELIABLE, note=note)
        if found.verdict in (Verdict.FAIL, Verdict.KINK_OUTSIDE):
            slopes = functools.partial(self.nearby.slopes, self, function, x)
            return at_a_tie(found, computed, slopes, self.nearby.kink)
        return found


def _complex(real: Finding, imag: Finding) -> Finding:
    """The findings on both parts as one: the worse verdict, with what goes with it."""
    worse = max(
        real, imag, key=lambda found: (found.verdict.bad, not found.verdict.good, found.verdict != Verdict.PASS)
    )
    sides = None
    if worse.one_sided is not None:
        left, right = (complex(*(f.one_sided[i] if f.one_sided else f.numeric for f in (real, imag))) for i in (0, 1))
        sides = left, right
    return worse._replace(
        numeric=complex(real.numeric, imag.numeric),
        error=float(np.hypot(real.error, imag.error)),
        tolerance=float(np.hypot(real.tolerance, imag.tolerance)),
        one_sided=sides,
    )


class _Conditioning:
    """How far rounding of inputs and weights moves each entry of the gradient, measured once if it is asked for."""

    def __init__(self, subject: Subject, weights: Sequence[Array], precision: float):
        self.subject, self.weights, self.precision = subject, weights, precision

    def at(self, number: int, index: tuple[int, ...]) -> float:
        """The largest change that was seen in this entry of this input's gradient."""
        return float(self._moved[number][index])

    def along(self, direction: Direction) -> float:
        """The same of the derivative along a direction, if all changes had the worst signs."""
        moved = dict(zip(self.subject.leaves, self._moved, strict=True))
        return sum(float(np.abs(moved[name] * v).sum()) for name, v in direction.items())

    @functools.cached_property
    def _moved(self) -> list[Array]:
        leaves = list(self.subject.leaves.values())

        def gradient(rounded: Rounding) -> list[Array]:
            found = self.subject.gradient([rounded(weight) for weight in self.weights])
            return [_or_zeros(g, leaf) for g, leaf in zip(found, leaves, strict=True)]

        return moved_by_rounding(gradient, self.subject.outputs, leaves, self.precision)


class _Nearby:
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

    def slopes(self, slot: _Slot, function: Callable[[float], Vector], x: float, distance: float, number: int) -> Array:
        """The slopes of the elements at so many points, in a row each, for steps much smaller than the distance.

        distance: relative to the entry that moves, or, of a zero, to the largest of its input. Points that are less
        than a step away from a kink or a jump are left out.
        """
        step = distance * (abs(x) or slot.ground.variable) / 100
        here = slot.leaf.data[slot.index]
        rows = []
        with np.errstate(all="ignore"):
            for _ in self._points(distance, number):
                at = x + float((slot.leaf.data[slot.index] - here).real)
                before, middle, after = (function(at + side * step) for side in (-1, 0, 1))
                bend = float(np.abs(after - 2 * middle + before).sum()) / step
                slopes = (after - before) / (2 * step)
                if not bend > _BEND * max(float(np.abs(slopes).sum()), slot.ground.gradient):
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
                    size = np.where(original == 0, _largest(original) or 1.0, np.abs(original))
                    leaf.data = np.asarray(original + distance * size * moves)
                yield
        finally:
            for leaf, original in zip(self.leaves, originals, strict=True):
                leaf.data = original


def _weights(outputs: Sequence[Array], rng: np.random.Generator) -> list[Array]:
    """What makes one real number of the outputs: 1 if they are one already, so that its gradient is what is shown."""
    if len(outputs) == 1 and outputs[0].size == 1 and outputs[0].dtype.kind == "f":
        return [np.ones(outputs[0].shape)]
    return [_random_like(output, rng) for output in outputs]


def _random_like(array: Array, rng: np.random.Generator) -> Array:
    """Random weights, none of them close to 0, where an error would hide; those of real numbers fit into float32."""
    signs = rng.choice((-1.0, 1.0), array.shape)
    weights: Any = signs * np.float32(rng.uniform(0.5, 1.5, array.shape))
    if array.dtype.kind == "c":
        weights = weights * np.complex64(np.exp(2j * np.pi * rng.random(array.shape)))
    return np.asarray(weights)


def _unit(shape: tuple[int, ...], index: tuple[int, ...]) -> Array:
    """0 everywhere but at one place."""
    found = np.zeros(shape)
    found[index] = 1
    return found


def _or_zeros(gradient: Array | None, leaf: Any) -> Array:
    return np.zeros_like(leaf.data) if gradient is None else gradient


def _norm(arrays: Sequence[Array]) -> float:
    return float(np.sqrt(sum(np.vdot(array, array).real for array in arrays)))


def _largest(array: Array) -> float:
    """The largest absolute value among those that are finite."""
    finite = np.abs(array[np.isfinite(array)])
    return float(finite.max()) if finite.size else 0.0


def _choice(sizes: Sequence[int], max_entries: int | None, rng: np.random.Generator) -> list[Any]:
    """Flat positions to check in each input: all, or `max_entries` in all, no input having far more than its share."""
    left = sum(sizes) if max_entries is None else max_entries
    quotas = [0] * len(sizes)
    for rank, number in enumerate(np.argsort(sizes, kind="stable")):  # what small inputs do not need, large ones get
        quotas[number] = min(sizes[number], -(-left // (len(sizes) - rank)))
        left -= quotas[number]
    chosen = (rng.choice(size, quota, replace=False) for size, quota in zip(sizes, quotas, strict=True) if size)
    return [np.sort(next(chosen)) if size else np.zeros(0, int) for size in sizes]
