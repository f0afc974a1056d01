"""Gradients against finite differences, entry by entry, to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..errors import GradientShapeError
from ..recording import Call, observe
from .blame import blamed
from .comparison import Comparison, random_like
from .contracts import recording_problems
from .culprit import Culprit
from .determinism import check_deterministic
from .directions import own_rng
from .inputs import DOUBLE, SINGLE, Way
from .localize import first_inexact, first_wrong, where_not_finite
from .numeric import largest
from .options import explained
from .report import Entry, GradientError, Problem, Report, Verdict
from .settings import Settings, check_count
from .subjects import Outputs, Sides, data_of_their_own, subject_of, subject_with_gradient

_IN_THE_WAY = ("mutation", "shape")  # problems that leave nothing to compare
_MEASURED_WRONG = (Verdict.FAIL, Verdict.KINK_OUTSIDE)

_RIGHT_BY_THEMSELVES = "No operation was found to be wrong by itself."
_KINKS_COMBINED = (
    " At kinks, each of them may give any slope between those of both sides, and what the chain rule makes of these"
    " need not be one: relu(x) - relu(-x) has the slope 1 at 0, but the gradient 0. Is it right off the kinks, with"
    " resample=1?"
)


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
    loss: check ``loss(f(*inputs), target)``; the target is the last of the inputs. Of a Module as loss, the parameters
        are checked, too, as ``loss.NAME``, on a copy.
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
    check_count("gradcheck", "order", order, 1, "pass 1 for gradients, 2 for theirs as well")
    settings = Settings(eps, atol, rtol, max_entries, directions, resample, strict)
    rng = own_rng(rng)
    jac = None if jac is False else jac
    sides = _sides(f, inputs, loss, jac, dtype)
    if jac is not None and order > 1:
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
    settings = Settings(eps, atol, rtol, max_entries, directions, resample, strict, "gradgradcheck")
    rng = own_rng(rng)
    sides = _sides(f, inputs, loss, None, dtype, "gradgradcheck")
    return _check(sides, (2,), settings, raise_exception, rng)


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
    if jac is not None:
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
    rng: np.random.Generator,
) -> Report:
    leaves = [leaf for subject in (sides.measured, sides.computed) for leaf in subject.leaves.values()]
    with data_of_their_own(leaves):
        check_deterministic(sides.measured, settings.caller)
        try:
            report = _report(sides, orders, settings, rng, [])
            moved: list[str] = []
            for _ in range(settings.resample):
                labels = _move_off_kinks(sides, report.entries, rng)
                if not labels:
                    break
                moved += [label for label in labels if label not in moved]
                note = f"Moved off a kink, by about a thousandth: {', '.join(moved)}."
                report = _report(sides, orders, settings, rng, [note])
        except GradientShapeError as error:
            report = Report([], 0, [Problem("shape", error.operation, error.rule)])
    if raise_exception and not report:
        raise GradientError(report.to_text(), report)
    return report


@dataclass(slots=True)
class _Findings:
    """What is found in all orders. stages: what is differentiated, in each order."""

    notes: list[str]
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    stages: list[Outputs] = field(default_factory=list)
    total: int = 0


def _report(
    sides: Sides, orders: Sequence[int], settings: Settings, rng: np.random.Generator, notes: Sequence[str]
) -> Report:
    """The report at the present values of the leaves, and `notes` in it."""
    found = _Findings([*notes])
    for order in range(1, max(orders) + 1):
        if order > 1:
            sides = sides.gradient_function([random_like(o.data, rng) for o in sides.measured.outputs()])
        _check_order(order, orders, sides, settings, rng, found)
    culprit = None if sides.computed.explicit else _explained(found, settings.directions is not None)
    return Report(found.entries, found.total, found.problems, culprit, found.notes, settings.strict)


def _check_order(
    order: int, orders: Sequence[int], sides: Sides, settings: Settings, rng: np.random.Generator, found: _Findings
) -> None:
    """Add what is found in one order, which may be on the way to others."""
    found.stages.append(sides.computed.outputs)
    weights = [random_like(o.data, rng).astype(o.dtype) for o in sides.computed.outputs()]
    if order == min(orders):
        found.problems += blamed(sides.computed.problems(weights), sides.computed)
    if order < max(orders) and sides.computed.explicit is None:
        found.problems += recording_problems(sides.computed.outputs, weights, sides.computed.leaves)
    if order in orders and not any(problem.kind in _IN_THE_WAY for problem in found.problems):
        comparison = Comparison(order, sides, settings, rng)
        found.entries += comparison.entries()
        found.notes += [note for note in comparison.notes if note not in found.notes]
        found.total += sum(leaf.size for leaf in sides.measured.leaves.values())


def _explained(found: _Findings, along_directions: bool) -> Culprit | None:
    """The first wrong operation, if anything is wrong; where none is, the notes say more."""
    undefined = any(np.isnan(entry.analytic) for entry in found.entries)
    culprit = None
    if found.problems or any(entry.verdict.bad for entry in found.entries):
        culprit = _first_wrong(found)
        if culprit is None:
            _excuse(found, along_directions, undefined)
    if undefined and culprit is None:
        found.notes.append(where_not_finite(found.stages[-1]))
    return culprit


def _first_wrong(found: _Findings) -> Culprit | None:
    """The first operation whose own derivative is wrong, in the lowest order in which an entry is."""
    wrong = [entry for entry in found.entries if entry.verdict.bad]
    lowest = min((entry.order for entry in wrong), default=len(found.stages))
    culprit = first_wrong(found.stages[:lowest])
    if culprit is None and any(entry.complex_step for entry in wrong):
        culprit = first_inexact(found.stages[lowest - 1])
    return culprit


def _excuse(found: _Findings, along_directions: bool, undefined: bool) -> None:
    """If each operation is right by itself, several kinks that meet decide nothing; else say that none was found."""
    combined = _combines_operations(found.stages[-1])
    if combined:
        found.entries = [_undecided_at_kinks(entry, along_directions) for entry in found.entries]
    measured = [entry for entry in found.entries if entry.verdict in _MEASURED_WRONG]
    if measured and not undefined:
        at_kinks = combined and any(entry.kink is not None for entry in measured)
        found.notes.append(_RIGHT_BY_THEMSELVES + _KINKS_COMBINED * at_kinks)


def _combines_operations(outputs: Outputs) -> bool:
    """Whether more than one operation has a derivative in a run: of a single one, the chain rule excuses nothing."""
    calls: list[Call] = []
    with observe(calls.append):
        outputs()
    return sum(call.op.differentiable for call in calls) > 1


def _undecided_at_kinks(entry: Entry, directions: bool) -> Entry:
    """What is thought of entries at kinks that move together, as in a direction, if each operation is right by itself.

    They cross all kinks at once. Each operation may give any slope of its own there, and what the chain rule makes of
    these need not lie between the slopes of the whole on both sides.
    """
    if entry.verdict is not Verdict.KINK_OUTSIDE or not (directions or entry.together):
        return entry
    note = "Each operation is right by itself; where several kinks meet, their slopes together need not be one."
    return replace(entry, verdict=Verdict.UNRELIABLE, note=note)


def _move_off_kinks(sides: Sides, entries: Sequence[Entry], rng: np.random.Generator) -> list[str]:
    """Move the entries of the leaves that sit on a kink, all of them if a direction crosses one; their labels."""
    found = [entry for entry in entries if entry.kink is not None]
    leaves = sides.measured.leaves
    places = {(entry.name, entry.index): entry.label for entry in found if not entry.direction and entry.name in leaves}
    if any(entry.direction for entry in found):
        places = {(name, index): name for name, leaf in leaves.items() for index in np.ndindex(leaf.shape)}
    for name, index in places:
        leaf, theirs = leaves[name], sides.computed.leaves[name]
        size = abs(leaf.data[index]) or largest(leaf.data) or 1.0
        sign: Any = rng.choice((-1.0, 1.0))
        phase = np.exp(2j * np.pi * rng.random()) if leaf.dtype.kind == "c" else sign
        theirs.data[index] += size * 1e-3 * phase * rng.uniform(0.5, 1.0)
        leaf.data[index] = theirs.data[index]  # in float32, the same to the last bit
    return list(dict.fromkeys(places.values()))
