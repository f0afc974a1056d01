"""Both derivatives of a function, beside each other: computed by the engine, and measured by differences."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..recording import leave
from ..tensor import Tensor
from .cuts import OUTPUT
from .directions import Direction, direction_at, line_along, norm, own_rng, search
from .document import decimal, few
from .inputs import DOUBLE
from .judge import Finding, Ground, at_a_glance, at_a_tie, judge
from .nearby import Conditioning, Nearby, or_zeros
from .numeric import Function, Vector, largest
from .progress import progress
from .report import Entry, Report, Verdict
from .rounding import noise
from .settings import Settings
from .sharper import REFUSED, Sharper
from .single import Single
from .subjects import Array, Sides

_SHOWN = 5  # entries that are looked for if a direction is wrong
_CLOSELY = 50  # entries of an order that are wrong beyond doubt; where others are as clear, one look is enough
_ASIDE = 1e-3  # how far an input is moved, relative to its size, to see whether anything depends on it

_WEIGHTED = (
    "f does not return one real number, so its outputs were weighted at random: slopes and gradients are those of the"
    " weighted sum."
)
_AT_A_GLANCE = (
    f"Of the entries that are wrong, the first {_CLOSELY} were looked at closely; of the others only those whose"
    " derivative is not far from the measured one."
)
TOGETHER = "Each is right by itself, but where all that are equal at this kink move together, the slope is"


class Comparison:
    """Both derivatives, of one order, of the sum of the weighted outputs of a subject, where its leaves are now.

    notes: what is to be said of them all, once `entries` has been called.
    """

    def __init__(self, order: int, sides: Sides, settings: Settings, rng: np.random.Generator):
        self.order, self.settings, self.rng = order, settings, rng
        self.subject = sides.measured
        self.leaves = self.subject.leaves
        self.weights = _weights([output.data for output in self.subject.outputs()], rng)
        found = zip(self.leaves.items(), sides.computed.gradient(self.weights), strict=True)
        self.gradient = {name: or_zeros(g, leaf) for (name, leaf), g in found}
        self.values = self.weighted()
        self.endless = ~np.isfinite(self.values)
        self.middle = np.where(self.endless, 0, self.values)
        self.conditioning = Conditioning(self.subject, self.weights, float(np.finfo(sides.precision).eps))
        self.nearby = Nearby(self.subject)
        self.sharper = Sharper(self.conditioning) if sides.precision == DOUBLE else None
        self.single = None if sides.precision == DOUBLE else Single(sides, self.weights)
        self.noise = functools.cache(self._noise)
        self.notes: list[str] = []

    # -- the function ----------------------------------------------------------------------------------------------

    def weighted(self) -> Vector:
        """The elements of the outputs, each times its weight."""
        outputs = self.subject.outputs()
        if self.subject.explicit is None:
            for number, output in enumerate(outputs):
                leave(output, f"{OUTPUT}{number}")
        pairs = zip(outputs, self.weights, strict=True)
        parts = [np.real(np.conj(weight) * output.data).reshape(-1) for output, weight in pairs]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _noise(self) -> float:
        """How far rounding errors on the way move the function; 0 if it is not defined for numbers with some."""
        return noise(lambda: float(self.weighted().sum()))

    def beside(self) -> Vector:
        """The same at other points: not a number beyond the domain, and where the outputs have other shapes.

        Elements that are not finite have no slope, but one of 0 for as long as they do not change.
        """
        try:
            found = self.weighted()
        except (ArithmeticError, ValueError):
            return np.full_like(self.middle, np.nan)
        if found.shape != self.middle.shape:
            return np.full_like(self.middle, np.nan)
        if self.endless.any():
            same = (found == self.values) | (np.isnan(found) & np.isnan(self.values))
            found[self.endless] = np.where(same, 0, np.nan)[self.endless]
        return found

    def _line(self, direction: Direction) -> Function:
        """The function of a step in that direction from where the leaves are."""
        return line_along(self.beside, self._point(), direction)

    def _point(self) -> dict[str, Array]:
        return {name: leaf.data for name, leaf in self.leaves.items()}

    # -- what is thought of the gradient ---------------------------------------------------------------------------

    def entries(self) -> list[Entry]:
        """What is thought of each entry, or direction, that is to be checked."""
        if self.order == 1:
            self.notes.append(self._without_influence())
        if self.settings.directions is None:
            found: list[Entry] = []
            sizes = [leaf.size for leaf in self.leaves.values()]
            chosen = dict(zip(self.leaves, _choice(sizes, self.settings.max_entries, self.rng), strict=True))
        else:
            found, chosen = self._along_directions(self.settings.directions)
        found += self._together(self._one_by_one(chosen))
        if self.sharper and self.sharper.refused:
            self.notes.append(REFUSED)
        if any(entry.one_sided for entry in found) and not all((weight == 1).all() for weight in self.weights):
            self.notes.append(_WEIGHTED)
        return found

    def _along_directions(self, count: int) -> tuple[list[Entry], dict[str, Sequence[int]]]:
        """What is thought of so many random directions, and by name the entries that wrong ones led to."""
        ground = self._ground(norm(self.gradient.values()), 1.0, line=True)

        def judged(function: Function, along: float, direction: Direction) -> Finding:
            if np.isinf(along):
                note = "An entry of the gradient is infinite and hides all others; check entry by entry."
                return Finding(np.nan, np.inf, 0.0, Verdict.UNRELIABLE, note=note)
            moved = functools.partial(self.conditioning.along, direction)
            found = judge(function, 0.0, along, moved, ground)
            found = self.single.excused(found, along, direction) if self.single else found
            size = sum(float(np.abs(self.gradient[name] * v).sum()) for name, v in direction.items())
            return self.sharper.looked_at(found, along, direction, size, moved, ground) if self.sharper else found

        limit = self.settings.max_entries or _SHOWN
        point = self._point()
        found = search(self.beside, point, self.gradient, judged, count, self.rng, limit)
        self.notes += [found.note(), found.blunted(point)]
        entries = [
            Entry(self.order, f"direction {i}", (), along, *finding, direction=True)
            for i, (along, finding) in enumerate(found.directions)
        ]
        failing: dict[str, Sequence[int]] = {name: [] for name in self.leaves}
        for name, position in found.failing:
            failing[name] = [*failing[name], position]
        return entries, failing

    def _one_by_one(self, chosen: Mapping[str, Sequence[int]]) -> list[Entry]:
        """What is thought of single entries, given by their flat positions."""
        entries: list[Entry] = []
        wrong = 0
        size = largest(*self.gradient.values())
        total = sum(leaf.size for leaf in self.leaves.values())
        with progress(sum(map(len, chosen.values())), lambda: Report(entries, total).to_text()) as compared:
            for name, leaf in self.leaves.items():
                ground = self._ground(size, largest(leaf.data) or 1.0)
                for position in chosen[name]:
                    index = tuple(int(i) for i in np.unravel_index(position, leaf.shape))
                    slot = _Slot(self, name, leaf, index, self.gradient[name][index].item(), ground, wrong < _CLOSELY)
                    entries.append(slot.entry())
                    wrong += entries[-1].verdict.bad
                    compared()
        if wrong > _CLOSELY:
            self.notes.append(_AT_A_GLANCE)
        return entries

    def _together(self, entries: list[Entry]) -> list[Entry]:
        """The entries, of which those at one kink are wrong if their sum is not the slope of all moving together.

        Each of several equal values may have any part of the slope, but not each of them all of it.
        """
        at_kinks = defaultdict(list)
        for number, entry in enumerate(entries):
            comparable = np.isfinite(entry.analytic) and self.leaves[entry.name].dtype.kind == "f" and not entry.note
            if entry.verdict is Verdict.KINK_OK and entry.kink and comparable:
                at_kinks[entry.kink.op, entry.kink.call].append(number)
        for numbers in at_kinks.values():
            told = self._wrong_together([entries[number] for number in numbers]) if len(numbers) > 1 else ""
            for number in numbers if told else ():
                entries[number] = replace(entries[number], verdict=Verdict.KINK_OUTSIDE, note=told, together=True)
        return entries

    def _wrong_together(self, entries: Sequence[Entry]) -> str:
        """What is wrong with the sum of the gradients of these, in a sentence; or nothing."""
        direction = {entry.name: np.zeros(self.leaves[entry.name].shape) for entry in entries}
        for entry in entries:
            direction[entry.name][entry.index] = 1
        sizes = [abs(self.leaves[entry.name].data[entry.index]) for entry in entries]
        ground = self._ground(norm(self.gradient.values()), float(max(sizes)) or 1.0, line=True)
        along = float(sum(entry.analytic.real for entry in entries))
        named = all(entry.kink and entry.kink.op for entry in entries)  # else rounding may change the branch unseen
        moved = functools.partial(self.conditioning.along, direction) if named else float
        found = judge(self._line(direction), 0.0, along, moved, ground)
        if found.verdict is not Verdict.FAIL:  # nor at a kink: then others are equal to them that are not checked
            return ""
        return f"{TOGETHER} {decimal(found.numeric, 6)}, and their gradients sum to {decimal(along, 6)}."

    def _ground(self, gradient: float, variable: float, line: bool = False) -> Ground:
        """What entries have in common, where the gradient and what moves are of these sizes."""
        return Ground(
            middle=self.middle,
            gradient=gradient,
            variable=variable,
            allowance=self.settings.allowance,
            precision=self.conditioning.precision,
            order=self.order,
            step=self.settings.eps,
            noise=self.noise,
            line=line,
        )

    def _without_influence(self) -> str:
        """On which of its arrays `f` does not depend, in a sentence: a check of these compares 0 with 0. Or nothing."""

        def unchanged(name: str) -> bool:
            with np.errstate(all="ignore"):
                moved = self._line({name: direction_at(self.leaves[name].data, own_rng(0))})(_ASIDE)
            return np.array_equal(moved, self.middle)

        zero = [name for name, g in self.gradient.items() if g.size and not g.any()]
        names = list(filter(unchanged, zero))
        return f"f does not depend on {few(names)} near this point: 0 was compared with 0." if names else ""


@dataclass(slots=True)
class _Slot:
    """One entry of an input: a variable, or the two parts of a complex one."""

    comparison: Comparison
    name: str
    leaf: Tensor
    index: tuple[int, ...]
    computed: complex
    ground: Ground
    closely: bool  # whether to doubt even what is clearly wrong

    def entry(self) -> Entry:
        """The verdict on it."""
        x, g, order = self.leaf.data[self.index].item(), self.computed, self.comparison.order
        if not np.isfinite(x):
            note = f"The entry is {x} and cannot be moved; pass what is to stay, a mask say, as ag.tensor(...)."
            return Entry(order, self.name, self.index, g, np.nan, np.inf, 0.0, Verdict.UNRELIABLE, note=note)
        if self.leaf.dtype.kind != "c":
            return Entry(order, self.name, self.index, g, *self._sharpened(self._judged(self._at, x, g.real)))
        real = self._judged(lambda part: self._at(complex(part, x.imag)), x.real, g.real)
        imag = self._judged(lambda part: self._at(complex(x.real, part)), x.imag, g.imag)
        return Entry(order, self.name, self.index, g, *_complex(real, imag))

    def _at(self, value: complex) -> Vector:
        data = self.leaf.data  # while it is moved to nearby points, another array
        original = data[self.index]
        try:
            data[self.index] = value
            return self.comparison.beside()
        finally:
            data[self.index] = original

    def _judged(self, function: Callable[[float], Vector], x: float, computed: float) -> Finding:
        if not self.closely and (found := at_a_glance(function, x, computed, self._conditioning, self.ground)):
            return found
        found = judge(function, x, computed, self._conditioning, self.ground)
        if found.verdict.bad and self.comparison.endless.any():
            note = "An output is not finite here, and may hide a slope."
            return found._replace(verdict=Verdict.UNRELIABLE, note=note)
        if found.verdict not in (Verdict.FAIL, Verdict.KINK_OUTSIDE):
            return found
        start = self.leaf.data[self.index]

        def line_here() -> Function:
            at = x + float((self.leaf.data[self.index] - start).real)
            return lambda step: function(at + step)

        size = abs(x) or self.ground.variable
        slopes = functools.partial(self.comparison.nearby.slopes, line_here, size, self.ground.gradient)
        return at_a_tie(found, computed, slopes, self.comparison.nearby.kink)

    def _sharpened(self, found: Finding) -> Finding:
        """The finding after a second look: by a complex step, where there is one, or in float64."""
        moved = np.zeros(self.leaf.shape)
        moved[self.index] = 1
        g, direction = self.computed, {self.name: moved}
        if self.comparison.single:
            return self.comparison.single.excused(found, g.real, direction)
        if self.comparison.sharper is None:
            return found
        return self.comparison.sharper.looked_at(found, g.real, direction, abs(g), self._conditioning, self.ground)

    def _conditioning(self) -> float:
        return self.comparison.conditioning.at(self.name, self.index)


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


def _weights(outputs: Sequence[Array], rng: np.random.Generator) -> list[Array]:
    """What makes one real number of the outputs: 1 if they are one already, so that its gradient is what is shown."""
    if len(outputs) == 1 and outputs[0].size == 1 and outputs[0].dtype.kind == "f":
        return [np.ones(outputs[0].shape)]
    return [random_like(output, rng) for output in outputs]


def random_like(array: Array, rng: np.random.Generator) -> Array:
    """Random weights, none of them close to 0, where an error would hide; those of real numbers fit into float32."""
    signs = rng.choice((-1.0, 1.0), array.shape)
    weights: Any = signs * np.float32(rng.uniform(0.5, 1.5, array.shape))
    if array.dtype.kind == "c":
        weights = weights * np.complex64(np.exp(2j * np.pi * rng.random(array.shape)))
    return np.asarray(weights)


def _choice(sizes: Sequence[int], max_entries: int | None, rng: np.random.Generator) -> list[Any]:
    """Flat positions to check in each input: all, or `max_entries` in all, no input having far more than its share."""
    left = sum(sizes) if max_entries is None else max_entries
    quotas = [0] * len(sizes)
    for rank, number in enumerate(np.argsort(sizes, kind="stable")):  # what small inputs do not need, large ones get
        quotas[number] = min(sizes[number], -(-left // (len(sizes) - rank)))
        left -= quotas[number]
    chosen = (rng.choice(size, quota, replace=False) for size, quota in zip(sizes, quotas, strict=True) if size)
    return [np.sort(next(chosen)) if size else np.zeros(0, int) for size in sizes]
