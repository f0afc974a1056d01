"""A wrong gradient in one trial, an attempt to explain it, and the hint that an attempt gives if it holds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..source import Source

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...]

CLOSE = 1e-5  # relative; the measured gradient has some ten digits, and a mistake changes more than five
EPSILONS = (0.0, 1e-3, 1e-5, 1e-6, 1e-7, 1e-8)  # what is usually added to a variance


@dataclass(frozen=True, slots=True)
class Hint:
    """What the mistake may be and what to write instead."""

    mistake: str
    fix: str
    cost: int  # how far-fetched


@dataclass
class Case:
    """One gradient in one trial.

    of: the input. jacobian: (size of the outputs, size of the input), measured. dout: for the first output; douts: for
    all, flat. values: arrays by their names in the student's functions, among them `dout` and `out`. others: the true
    gradients of the other inputs; right: which of those were found. remeasured: the Jacobian with another array in
    place of a named one; None if forward does not take that. upstream: what the gradients of the outputs are called in
    `values`. saved: what forward leaves for backward, by name. source: that of backward.
    """

    name: str
    of: str
    found: Array
    true: Array
    smooth: Array  # where the true gradient is unique
    jacobian: Array
    dout: Array
    douts: Array
    values: dict[str, Array]
    constants: dict[str, float]
    labels: dict[str, Array]
    others: dict[str, Array]
    right: frozenset[str]
    remeasured: Callable[[str, Any], tuple[Array, tuple[int, ...]] | None]
    upstream: tuple[str, ...]
    saved: dict[str, Array]
    source: Source = field(default_factory=Source)

    def known(self, name: str) -> Array:
        """The array of this name, one that is saved if there is no other."""
        return self.values[name] if name in self.values else self.saved[name]

    def pulled(self, weights: Array) -> Array:
        """The gradient that these weights of the outputs give."""
        return np.asarray((weights.reshape(-1) @ self.jacobian).reshape(self.true.shape))

    def pulled_with(self, upstream: str, weights: Array) -> Array:
        """The same with these weights of one of the outputs, given by the name of its gradient."""
        parts = [weights if name == upstream else self.values[name] for name in self.upstream]
        return self.pulled(np.concatenate([part.reshape(-1) for part in parts]))

    @property
    def single(self) -> bool:
        """Whether there is one output."""
        return self.douts.size == self.dout.size

    def close(self, a: Array, b: Array) -> bool:
        """Whether two arrays are the same, where the truth is unique."""
        return self.ratio(a, b, scaled=False) in (1, None)

    def ratio(self, a: Array, b: Array, scaled: bool) -> float | None:
        """The number that makes the first array the second one, where the truth is unique; NaN if none does.

        It is 1 unless the arrays may be scaled, and None for zeros, which any number would do for.
        """
        a, b = np.asarray(a, float), np.asarray(b, float)
        if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
            return np.nan
        if a.shape == self.smooth.shape:
            a, b = a[self.smooth], b[self.smooth]
        tolerance = CLOSE * np.abs(b) + CLOSE / 100 * np.abs(b).max(initial=0)  # small entries have fewer digits
        if np.all(np.abs(a - b) <= tolerance):
            return 1.0 if np.any(b) else None
        ratio = float(np.sum(a * b) / np.sum(a**2)) if scaled and np.any(a) else 0.0
        return ratio if ratio and np.all(np.abs(ratio * a - b) <= tolerance) else np.nan


Pairing = Callable[[Case], tuple[Any, Any] | None]  # two arrays that are the same if an assumption holds


@dataclass(frozen=True, slots=True)
class Attempt:
    """An assumption about the mistake: the hint that it gives, and the pairing that shows whether it holds.

    scaled: whether a constant factor may be wrong as well. part: if a constant factor is the mistake, of what.
    """

    cost: int
    mistake: str
    fix: str
    pairing: Pairing
    scaled: bool = field(default=True, kw_only=True)
    part: str = field(default="", kw_only=True)


def corrected(cost: int, mistake: str, fix: str, correction: Callable[[Array], Array]) -> Attempt:
    """The assumption that a gradient is right after a correction."""
    return Attempt(cost, mistake, fix, lambda case: (correction(case.found), case.true))


def subsets(ndim: int) -> list[Axes]:
    """All choices of axes, single ones first."""
    return [axes for count in range(1, ndim + 1) for axes in itertools.combinations(range(ndim), count)]


def fits(shape: Axes, to: Axes) -> bool:
    """Whether a shape can be broadcast to another one."""
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False


def written(axes: Axes) -> str:
    """Axes as an argument of NumPy's functions: ``1`` or ``(0, 1)``."""
    return str(axes[0]) if len(axes) == 1 else str(axes)


def named_constants(names: Sequence[str], inputs: Sequence[Any]) -> dict[str, float]:
    """The numbers among the inputs, those in dictionaries too."""
    found: dict[str, float] = {}
    for name, value in zip(names, inputs, strict=True):
        pairs = value.items() if isinstance(value, Mapping) else [(name, value)]
        found |= {str(key): number for key, number in pairs if _is_number(number)}
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
