"""The likely mistake in a hand-written gradient, found by trying the corrections.

A gradient is wrong in several cases (different inputs, different gradients of the output). Each attempt here makes one
assumption about the mistake, and gives for each case two arrays that are the same if that is what happened: mostly the
gradient after a correction and the true one, or the gradient as it is and what the mistake would have made of the true
one. An attempt that holds in every case is a hint.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Axes = tuple[int, ...]

_CLOSE = 1e-5  # relative; the measured gradient has some ten digits, and a mistake changes more than five


@dataclass(frozen=True, slots=True)
class Hint:
    """What the mistake may be and what to write instead."""

    mistake: str
    fix: str
    cost: int  # how far-fetched


@dataclass
class Case:
    """One gradient in one trial.

    jacobian: (size of the outputs, size of the input), measured. dout: for the first output; douts: for all, flat.
    values: arrays by their names in the student's functions, among them `dout` and `out`. remeasured: the Jacobian with
    another array in place of a named one; None if forward does not take that.
    """

    name: str
    found: Array
    true: Array
    smooth: Array  # where the true gradient is unique
    jacobian: Array
    dout: Array
    douts: Array
    values: dict[str, Array]
    constants: dict[str, float]
    labels: dict[str, Array]
    others: dict[str, Array]  # the true gradients of the other inputs
    remeasured: Callable[[str, Any], tuple[Array, tuple[int, ...]] | None]
    _pulled: dict[str, Array] = field(default_factory=dict)

    def pulled(self, weights: Array) -> Array:
        """The gradient that these weights of the outputs give."""
        return np.asarray((weights.reshape(-1) @ self.jacobian).reshape(self.true.shape))

    @property
    def single(self) -> bool:
        """Whether there is one output."""
        return self.douts.size == self.dout.size

    def close(self, a: Array, b: Array) -> bool:
        """Whether two arrays are the same, where the truth is unique."""
        if a.shape != b.shape or not np.isfinite(a).all() or not np.isfinite(b).all():
            return False
        if a.shape == self.smooth.shape:
            a, b = a[self.smooth], b[self.smooth]
        scale = np.abs(b).max(initial=0)
        return bool(np.all(np.abs(a - b) <= _CLOSE * np.abs(b) + _CLOSE / 100 * scale))


Pairing = Callable[[Case], tuple[Any, Any] | None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An assumption about the mistake; scaled: a constant factor may be wrong as well."""

    cost: int
    mistake: str
    fix: str
    pairing: Pairing
    scaled: bool = True


def hints(cases: Sequence[Case]) -> tuple[Hint, ...]:
    """The mistakes that explain all cases, the simplest first; those far more complicated than it are left out."""
    if not any(np.any(case.true) for case in cases):
        return (Hint("the output does not depend on it: its gradient is zero", f"{cases[0].name} = 0", 0),)
    with np.errstate(all="ignore"):  # a correction that divides by zero is none
        found: dict[str, Hint] = {}
        for attempts in (_cheap, _costly):
            for attempt in attempts(cases[0]):
                for hint in _tried(attempt, cases):
                    found.setdefault(hint.mistake, hint)
            if found:
                break
    ranked = sorted(found.values(), key=lambda hint: hint.cost)
    return tuple(hint for hint in ranked if hint.cost <= ranked[0].cost + 1)[:4]


def _tried(attempt: Attempt, cases: Sequence[Case]) -> Iterator[Hint]:
    """The hints of an attempt that holds; the first case mostly shows that it does not."""
    pair = _paired(attempt, cases[0])
    if pair is None or not np.any(pair[0]) or not np.any(pair[1]):
        return
    ratio = 1.0
    if not cases[0].close(*pair):
        ratio = float(np.sum(pair[0] * pair[1]) / np.sum(pair[0] ** 2)) if attempt.scaled else 0.0
    if ratio == 0 or not np.isfinite(ratio) or not all(_holds(attempt, case, ratio) for case in cases):
        return
    if ratio == 1:
        if attempt.mistake:
            yield Hint(attempt.mistake, attempt.fix, attempt.cost)
        return
    named = list(_named_ratios(ratio, cases[0]))
    for mistake, fix in named:
        both = f"{attempt.mistake}; and {mistake}" if attempt.mistake else mistake
        yield Hint(both, "; ".join(filter(None, (attempt.fix, fix))), attempt.cost + 1)
    if not named and not attempt.mistake:
        mistake = f"a constant factor is wrong: every entry is to be multiplied by {ratio:.6g}"
        yield Hint(mistake, f"{cases[0].name} = {cases[0].name} * {ratio:.6g}", attempt.cost + 2)


def _paired(attempt: Attempt, case: Case) -> tuple[Array, Array] | None:
    pair = attempt.pairing(case)
    if pair is None:
        return None
    one, other = (np.asarray(array, float) for array in pair)
    return (one, other) if one.shape == other.shape else None


def _holds(attempt: Attempt, case: Case, ratio: float) -> bool:
    pair = _paired(attempt, case)
    return pair is not None and case.close(ratio * pair[0], pair[1])


# -- a constant factor ---------------------------------------------------------------------------------------------


def _named_ratios(ratio: float, case: Case) -> Iterator[tuple[str, str]]:
    """What a factor by which the gradient has to be multiplied may be."""
    name, size = case.name, abs(ratio)
    if np.isclose(ratio, -1, rtol=_CLOSE):
        yield "the sign is wrong", f"{name} = -{name}"
        return
    sign = "the sign is wrong, and " if ratio < 0 else ""
    minus = "-" if ratio < 0 else ""
    for phrase, factor, value in _factors(case):
        if np.isclose(size, value, rtol=_CLOSE):
            yield sign + phrase, f"{name} = {minus}{name} * {factor}"


def _factors(case: Case) -> Iterator[tuple[str, str, float]]:
    yield "a factor 2 is missing", "2", 2.0
    yield "a factor 2 is too much", "0.5", 0.5
    for count, origin in _counts(case).items():
        yield f"a mean where a sum is meant: it was divided by {count}, {origin}", str(count), count
        yield f"a sum where a mean is meant: divide by {count}, {origin}", f"1 / {count}", 1 / count
        yield f"divided by {count} where {count} - 1 is meant", f"{count} / ({count} - 1)", count / max(count - 1, 1)
        yield f"divided by {count} - 1 where {count} is meant", f"({count} - 1) / {count}", (count - 1) / count
    for name, value in case.constants.items():
        for form, number in ((name, value), (f"(1 - {name})", 1 - value)):
            if number not in (0, 1):
                yield f"the factor {form} is missing", form, abs(number)
                yield f"it has to be divided by {form}", f"1 / {form}", abs(1 / number)


def _counts(case: Case) -> dict[int, str]:
    """What a mean may be taken over: sizes of axes, with their origin."""
    arrays = {case.name[1:]: case.true, **case.values}
    counts: dict[int, str] = {}
    for name, array in arrays.items():
        for axis, size in enumerate(array.shape):
            counts.setdefault(size, f"the length of axis {axis} of {name}")
    for name, array in arrays.items():
        counts.setdefault(array.size, f"the size of {name}")
    return {count: origin for count, origin in counts.items() if count > 1}


# -- attempts that cost no new measurement -------------------------------------------------------------------------


def _cheap(case: Case) -> Iterator[Attempt]:
    yield Attempt(0, "", "", lambda case: (case.found, case.true))
    for attempts in (_shapes, _positions, _upstream, _samples, _missing_terms, _local_factors, _switches):
        yield from attempts(case)


def _shapes(case: Case) -> Iterator[Attempt]:
    """Transposed, not summed over an axis of broadcasting, not cropped, cut to integers."""
    name, found, true = case.name, case.found, case.true
    if found.ndim == 2:
        yield Attempt(1, "a transpose is missing or too much", f"{name} = {name}.T", lambda c: (c.found.T, c.true))
    elif found.ndim > 2:
        for order in itertools.permutations(range(found.ndim)):
            if sum(a != b for a, b in enumerate(order)) == 2:
                yield _corrected(2, "two axes are exchanged", f"{name} = {name}.transpose{order}", _transposing(order))
    if found.shape == true.shape:
        integers = found.dtype.kind in "iub"
        if integers:
            mistake = f"its dtype is {found.dtype}: fractions are cut off"
            yield Attempt(0, mistake, f"make {name} with dtype=float", lambda c: (c.found, np.trunc(c.true)), False)
        return
    for axes in _subsets(found.ndim):
        if int(np.prod([n for axis, n in enumerate(found.shape) if axis not in axes])) == true.size:
            fix = f"{name} = {name}.sum(axis={_written(axes)})" + _reshaped(found, axes, true)
            mistake = f"the sum over axis {_written(axes)}, along which broadcasting repeated the values, is missing"
            yield _corrected(1, mistake, fix, _summing(axes, true.shape))
    if found.size == true.size:
        mistake = f"only the shape is wrong: {found.shape} for {true.shape}"
        yield Attempt(
            1, mistake, f"{name} = {name}.reshape{true.shape}", lambda c: (c.found.reshape(c.true.shape), c.true)
        )
    if found.size < true.size and found.ndim <= true.ndim:
        mistake = "it was summed over an axis that its input has"
        for axes in _subsets(true.ndim):
            for form in ("sum", "mean"):
                pairing = _reducing(form, axes)
                yield Attempt(2, mistake, f"no {form} over axis {_written(axes)}", pairing, False)
    margins = [(f - t) // 2 if f != t else 0 for f, t in zip(found.shape, true.shape, strict=False)]
    if found.ndim == true.ndim and all(
        f - 2 * m == t for f, m, t in zip(found.shape, margins, true.shape, strict=True)
    ):
        inner = ", ".join(f"{m}:-{m}" if m else ":" for m in margins)
        where = tuple(slice(m, -m) if m else slice(None) for m in margins)
        mistake = "the padding is still there: cut it off"
        yield _corrected(1, mistake, f"{name} = {name}[{inner}]", lambda array: array[where])


def _positions(case: Case) -> Iterator[Attempt]:
    """Flipped, shifted along an axis, or exchanged with another gradient."""
    name = case.name
    for other, value in case.values.items():
        if value.ndim == 2 and value.shape[0] == value.shape[1] and case.true.ndim == 2 and f"d{other}" != name:
            mistake, fix = (
                f"{other} should be transposed, or should not",
                f"use {other}.T where {other} is, or the reverse",
            )
            for left, turned in itertools.product((False, True), repeat=2):
                yield Attempt(2, mistake, fix, _untransposed(other, left, turned))
    for axes in _subsets(case.true.ndim):
        if len(axes) <= 2 and all(case.true.shape[axis] > 1 for axis in axes):
            turn = " (rotate by 180 degrees)" if len(axes) == 2 else ""
            mistake = f"it is flipped along axis {_written(axes)}{turn}"
            yield _corrected(2, mistake, f"{name} = np.flip({name}, {_written(axes)})", _flipping(axes))
    for axis, size in enumerate(case.true.shape):
        for shift in (1, -1) if size > 2 else ():
            mistake = f"off by one along axis {axis}: entry i is what belongs to entry i {'-' if shift > 0 else '+'} 1"
            yield Attempt(3, mistake, f"shift {name} by {-shift} along axis {axis}", _shifting(axis, shift), False)
    for other in case.others:
        mistake = f"{name} and {other} are swapped: this is {other}"
        yield Attempt(1, mistake, "return the gradients in the order of the inputs", _exchanging(other), False)


def _upstream(case: Case) -> Iterator[Attempt]:
    """dout forgotten, used twice, or used in another order."""
    ones = Attempt(
        1,
        "the factor dout is missing: the gradient of the output (chain rule)",
        f"{case.name} = ... * dout (or the matrix product with it)",
        lambda c: (c.found, c.pulled(np.ones_like(c.douts))),
    )
    yield ones
    yield Attempt(2, "dout is used twice", "use dout once", lambda c: (c.found, c.pulled(c.douts**2)), False)
    if not case.single:
        ends = np.cumsum([0, case.dout.size, case.douts.size - case.dout.size])
        for number, (start, end) in enumerate(itertools.pairwise(ends)):
            mistake = f"only the gradient of the {'first output' if number == 0 else 'later outputs'} is used"
            fix = "add what comes through every output"
            yield Attempt(1, mistake, fix, _only_between(int(start), int(end)), False)
        return
    for axis, size in enumerate(case.dout.shape):
        if size > 1:
            yield Attempt(
                3, f"dout is flipped along axis {axis}", "use dout in its own order", _pulling_flipped(axis), False
            )
        for shift in (1, -1) if size > 2 else ():
            mistake = f"dout is off by one along axis {axis}"
            yield Attempt(
                3, mistake, "use the entry of dout that belongs to the output", _pulling_rolled(axis, shift), False
            )


def _samples(case: Case) -> Iterator[Attempt]:
    """What each output contributes is summed over the wrong axes, or is overwritten instead of added."""
    if not case.single:
        return
    name, dout = case.name, case.dout
    for axes in _subsets(dout.ndim):
        if np.prod([n for axis, n in enumerate(dout.shape) if axis not in axes]) == case.found.size < dout.size:
            yield Attempt(
                2,
                f"the sum runs over axis {_written(axes)}, which is the wrong one",
                f"sum what becomes {name} over the other axes"
                if dout.ndim == 2
                else "sum over the axes of broadcasting",
                _contributing(axes),
            )
    for axis, size in enumerate(dout.shape):
        for which, index in (("first", 0), ("last", size - 1)) if size > 1 else ():
            mistake = f"only the {which} entry along axis {axis} of dout counts"
            yield Attempt(1, mistake, _ACCUMULATE[which], _one_sample(axis, index), False)
    for axes in _subsets(dout.ndim):
        for which in ("last", "first"):
            mistake = f"where several outputs use the same entry, only the {which} one counts"
            yield Attempt(
                2, mistake, f"{_ACCUMULATE[which]}; np.add.at for repeated indices", _overwriting(axes, which), False
            )


_ACCUMULATE = {
    "last": "accumulate with += instead of =",
    "first": "go on after the first one (is there a return or break in the loop?)",
}


def _missing_terms(case: Case) -> Iterator[Attempt]:
    """What reaches an output through a sum, mean or variance over an axis was left out."""
    name, shape = case.name, case.true.shape
    if case.single and case.dout.shape == shape:
        fix = f"add what {name} gets from the other outputs: each output depends on several entries"
        mistake = "each entry counts only for the output at its own place: the rest of the Jacobian is missing"
        yield Attempt(3, mistake, fix, lambda c: (c.found, c.dout * np.diag(c.jacobian).reshape(c.true.shape)), False)
    axes_of = [axes for axes in _subsets(len(shape)) if all(shape[axis] > 1 for axis in axes)]
    out = case.values.get("out")
    for axes in axes_of:
        along = f"axis={_written(axes)}, keepdims=True"
        if out is not None and out.shape == shape:
            for form in ("out", "np.exp(out)"):
                mistake = (
                    f"the subtraction of the sum is missing, as in the gradient of softmax (axis {_written(axes)})"
                )
                fix = f"{name} = {name} - {form} * {name}.sum({along})"
                yield Attempt(2, mistake, fix, _softmax(form, axes), False)
        mistake = f"what comes through the mean over axis {_written(axes)} is missing"
        yield _corrected(2, mistake, f"{name} = {name} - {name}.mean({along})", _centring(axes))
        for eps in (0.0, 1e-3, 1e-5, 1e-6, 1e-7, 1e-8, *case.constants.values()):
            for centred in (False, True):
                both = "mean and the variance" if centred else "variance"
                mistake = f"what comes through the {both} over axis {_written(axes)} is missing"
                mean = f" - {name}.mean({along})" if centred else ""
                fix = f"{name} = {name}{mean} - x_hat * ({name} * x_hat).mean({along})"
                yield Attempt(2 + centred, mistake, fix, _variance(axes, eps, centred), False)
    for label, numbers in case.labels.items():
        if len(shape) == 2 and numbers.shape == shape[:1]:
            mistake = "the 1 at the right class is not subtracted"
            fix = f"{name}[np.arange({shape[0]}), {label}] -= 1 (before the division, if it is a mean)"
            for averaged in (False, True):
                yield Attempt(1, mistake, fix, _labels(label, averaged), False)
    for other, value in case.values.items():
        if value.shape == shape and other not in ("dout", "out") and case.dout.size == 1:
            for count in (1, shape[0], int(np.prod(shape))):
                for factor in (1, 2):
                    mistake, fix = f"{other} is not subtracted", f"{name} = {name} - ... {other}"
                    yield Attempt(2, mistake, fix, _subtracting(other, factor / count), False)


_FORMS: dict[str, Callable[[Array], Array]] = {
    "{}": lambda v: v,
    "(1 - {})": lambda v: 1 - v,
    "(1 - {}**2)": lambda v: 1 - v * v,
    "{0} * (1 - {0})": lambda v: v * (1 - v),
    "{}**2": lambda v: v * v,
    "np.exp({})": np.exp,
    "np.cos({})": np.cos,
    "np.sign({})": np.sign,
    "np.sqrt({})": np.sqrt,
}
_STEPS = {
    "({} > 0)": lambda v: v > 0,
    "({} < 0)": lambda v: v < 0,
}


def _local_factors(case: Case) -> Iterator[Attempt]:
    """A factor made of one named value is missing, too much, or another one."""
    name = case.name
    values = [v for v, array in case.values.items() if array.size > 1 or v != "dout"]
    forms: list[tuple[int, str, Callable[[Case], Array]]] = []
    for value in values:
        for template, form in (_FORMS | _STEPS).items():
            forms.append((1 if template == "{}" else 2, template.format(value), _formed(value, form)))
        for constant, number in case.constants.items():
            forms.append((3, f"np.where({value} > 0, 1, {constant})", _formed(value, _leaky(number))))
    for cost, written, factor in forms:
        missing, extra = f"the factor {written} is missing", f"the factor {written} is too much"
        fix = f"{name} = {name} * {written}"
        yield Attempt(cost, missing, fix, _times(factor))
        yield Attempt(cost, extra, f"leave {written} out", _times(factor, of_true=True), False)
        if case.single:
            fix = f"dout = dout * {written}, before {name} is made of it"
            yield Attempt(cost + 1, missing, fix, _before(factor, divided=True))
            yield Attempt(cost + 1, extra, f"leave {written} out", _before(factor), False)
    for (value, template), (other, used) in itertools.permutations(itertools.product(values, _FORMS), 2):
        if value == other or template == used:
            right, wrong = template.format(value), used.format(other)
            mistake, fix = f"the factor is {wrong} where it should be {right}", f"replace {wrong} by {right}"
            exchanged = _replacing(_formed(value, _FORMS[template]), _formed(other, _FORMS[used]))
            yield Attempt(3 if template == "{}" else 4, mistake, fix, exchanged, False)


def _switches(case: Case) -> Iterator[Attempt]:
    """Elementwise functions of two slopes, as relu: the mask is of the wrong array, or inverted."""
    if not case.single or case.dout.shape != case.true.shape:
        return
    name = case.name
    yield Attempt(
        1,
        "the mask is made of dout where it should be made of the input",
        f"{name} = dout * (x > 0), not (dout > 0)",
        lambda c: _switched(c, lambda low, high, slope: np.where(c.dout > 0, high, low)),
        False,
    )
    yield Attempt(
        1,
        "the mask is inverted",
        f"{name} = dout * mask, with mask true where the input passes",
        lambda c: _switched(c, lambda low, high, slope: low + high - slope),
        False,
    )


# -- attempts that measure again -----------------------------------------------------------------------------------


def _costly(case: Case) -> Iterator[Attempt]:
    """The gradient is right for a forward in which one value is another one."""
    name = case.name
    for other, value in case.values.items():
        if other in ("dout", "out"):
            continue
        itself = other == name[1:]
        if value.ndim > 2 and not itself:
            mistake = f"{other} is not flipped along its last two axes (rotated by 180 degrees), or should not be"
            yield Attempt(1, mistake, f"{other}[..., ::-1, ::-1]", _remeasured(other, lambda v: v[..., ::-1, ::-1]))
        if not itself:
            yield Attempt(
                2, f"the factor {other} is missing", f"{name} = ... {other} ...", _remeasured(other, np.ones_like)
            )
    out = case.values.get("out")
    if out is not None and out.shape == case.true.shape:
        mistake = f"the output is used where {name[1:]} is meant: is it overwritten in place?"
        yield Attempt(2, mistake, f"keep a copy of {name[1:]}", _at_output(), False)
    for constant, number in case.constants.items():
        if number > 1 and number == int(number):
            yield Attempt(
                1, f"{constant} = {number:g} is ignored: this is right for 1", f"use {constant}", _ignoring(constant, 1)
            )
        if number not in (0, 1):
            yield Attempt(
                2, f"{constant} = {number:g} is ignored: this is right for 0", f"use {constant}", _ignoring(constant, 0)
            )


def _remeasured(name: str, change: Callable[[Array], Array]) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        again = case.remeasured(name, change(case.values[name]).copy())
        if again is None or again[0].shape != case.jacobian.shape:
            return None
        return case.found, (case.douts @ again[0]).reshape(case.true.shape)

    return pairing


def _at_output() -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        again = case.remeasured(case.name[1:], case.values["out"].copy())
        if again is None or again[0].shape != case.jacobian.shape:
            return None
        return case.found, (case.douts @ again[0]).reshape(case.true.shape)

    return pairing


def _ignoring(constant: str, number: int) -> Pairing:
    """The Jacobian with another number, of those outputs that dout has."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        again = case.remeasured(constant, number) if case.single else None
        if again is None or len(again[1]) != case.dout.ndim:
            return None
        jacobian, shape = again
        if jacobian.shape[1] != case.true.size or any(n < m for n, m in zip(shape, case.dout.shape, strict=True)):
            return None
        dout = np.zeros(shape)
        dout[tuple(map(slice, case.dout.shape))] = case.dout
        return case.found, (dout.reshape(-1) @ jacobian).reshape(case.true.shape)

    return pairing


# -- pairings ------------------------------------------------------------------------------------------------------


def _corrected(cost: int, mistake: str, fix: str, correction: Callable[[Array], Array]) -> Attempt:
    """Right after a correction."""
    return Attempt(cost, mistake, fix, lambda case: (correction(case.found), case.true))


def _transposing(order: Axes) -> Callable[[Array], Array]:
    return lambda array: array.transpose(order)


def _summing(axes: Axes, shape: Axes) -> Callable[[Array], Array]:
    return lambda array: array.sum(axis=axes).reshape(shape)


def _flipping(axes: Axes) -> Callable[[Array], Array]:
    return lambda array: np.flip(array, tuple(axis for axis in axes if axis < array.ndim))


def _centring(axes: Axes) -> Callable[[Array], Array]:
    return lambda array: array - array.mean(axis=axes, keepdims=True) if max(axes) < array.ndim else array


def _reducing(form: str, axes: Axes) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        reduced = getattr(case.true, form)(axis=axes)
        return (case.found.reshape(-1), reduced.reshape(-1)) if reduced.size == case.found.size else None

    return pairing


def _shifting(axis: int, shift: int) -> Pairing:
    """All but what the shift moves over the edge."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        if case.found.shape != case.true.shape:
            return None
        found, true = np.moveaxis(case.found, axis, 0), np.moveaxis(case.true, axis, 0)
        return (found[shift:], true[:-shift]) if shift > 0 else (found[:shift], true[-shift:])

    return pairing


def _untransposed(name: str, left: bool, turned: bool) -> Pairing:
    """A square matrix in a product, in place of its transpose: the true one is divided out, the other put in."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        right = case.values[name].T if turned else case.values[name]
        product, found = (case.true.T, case.found.T) if left else (case.true, case.found)
        if product.ndim != 2 or product.shape[1] != len(right) or abs(np.linalg.det(right)) < 1e-9:
            return None
        return found, np.linalg.solve(right.T, product.T).T @ right.T

    return pairing


def _exchanging(other: str) -> Pairing:
    return lambda case: (case.found, case.others[other]) if case.found.shape == case.others[other].shape else None


def _only_between(start: int, end: int) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array]:
        numbers = np.arange(case.douts.size)
        return case.found, case.pulled(np.where((start <= numbers) & (numbers < end), case.douts, 0))

    return pairing


def _pulling_flipped(axis: int) -> Pairing:
    return lambda case: (case.found, case.pulled(np.flip(case.dout, axis)))


def _pulling_rolled(axis: int, shift: int) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array]:
        shifted = np.moveaxis(np.zeros_like(case.dout), axis, 0)
        dout = np.moveaxis(case.dout, axis, 0)
        shifted[slice(shift, None) if shift > 0 else slice(None, shift)] = dout[:-shift] if shift > 0 else dout[-shift:]
        whole = np.roll(case.dout, shift, axis)
        for moved in (whole, np.moveaxis(shifted, 0, axis)):
            expected = case.pulled(moved)
            if case.close(case.found, expected):
                break
        return case.found, expected

    return pairing


def _contributing(axes: Axes) -> Pairing:
    """What each output contributes, if it depends on one entry of the input, summed over these axes."""

    def pairing(case: Case) -> tuple[Array, Array]:
        each = case.dout * case.jacobian.sum(axis=1).reshape(case.dout.shape)
        return case.found.reshape(-1), each.sum(axis=axes).reshape(-1)

    return pairing


def _one_sample(axis: int, index: int) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array]:
        only = np.zeros_like(case.dout)
        np.moveaxis(only, axis, 0)[index] = np.moveaxis(case.dout, axis, 0)[index]
        return case.found, case.pulled(only)

    return pairing


def _overwriting(axes: Axes, which: str) -> Pairing:
    """A loop over these axes of the output that assigns: for each entry, the last (first) turn that reaches it."""

    def pairing(case: Case) -> tuple[Array, Array]:
        each = (case.douts[:, None] * case.jacobian).reshape(*case.dout.shape, -1)
        touched = (case.jacobian != 0).reshape(each.shape)
        rest = tuple(axis for axis in range(case.dout.ndim) if axis not in axes)
        turns, reached = each.sum(axis=rest), touched.any(axis=rest)
        turns, reached = turns.reshape(-1, turns.shape[-1]), reached.reshape(-1, turns.shape[-1])
        if which == "last":
            turns, reached = turns[::-1], reached[::-1]
        first = reached.argmax(axis=0)
        return case.found, turns[first, np.arange(len(first))].reshape(case.true.shape)

    return pairing


def _softmax(form: str, axes: Axes) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        if case.found.shape != case.true.shape:
            return None
        out = np.exp(case.values["out"]) if form != "out" else case.values["out"]
        return case.found - out * case.found.sum(axis=axes, keepdims=True), case.true

    return pairing


def _variance(axes: Axes, eps: float, centred: bool) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        x, found = case.values.get(case.name[1:]), case.found
        if x is None or found.shape != x.shape or eps < 0:
            return None
        normal = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)
        corrected = found - normal * (found * normal).mean(axis=axes, keepdims=True)
        return corrected - found.mean(axis=axes, keepdims=True) if centred else corrected, case.true

    return pairing


def _labels(label: str, mean: bool) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        numbers = case.labels[label]
        inside = numbers.size and numbers.min() >= 0 and numbers.max() < case.true.shape[1]
        if case.found.shape != case.true.shape or not inside or case.dout.size != 1:
            return None
        corrected = case.found.astype(float)
        corrected[np.arange(len(numbers)), numbers] -= case.dout.reshape(()) / (len(numbers) if mean else 1)
        return corrected, case.true

    return pairing


def _subtracting(other: str, factor: float) -> Pairing:
    return lambda c: (
        (c.found - c.dout.reshape(()) * factor * c.values[other], c.true) if c.found.shape == c.true.shape else None
    )


def _formed(name: str, form: Callable[[Array], Array]) -> Callable[[Case], Array]:
    return lambda case: form(case.values[name])


def _leaky(slope: float) -> Callable[[Array], Array]:
    return lambda array: np.where(array > 0, 1.0, slope)


def _fits(factor: Array, shape: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(factor.shape, shape) == shape
    except ValueError:
        return False


def _times(factor: Callable[[Case], Array], of_true: bool = False) -> Pairing:
    """The gradient with a factor; or the true one with it, which the gradient has too much."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        number = factor(case)
        if case.found.shape != case.true.shape or not _fits(number, case.true.shape):
            return None
        return (case.true * number, case.found) if of_true else (case.found * number, case.true)

    return pairing


def _before(factor: Callable[[Case], Array], divided: bool = False) -> Pairing:
    """What becomes of the true gradient if dout is multiplied by a factor, or divided by it, first."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        number = 1 / factor(case) if divided else factor(case)
        if case.found.shape != case.true.shape or not _fits(number, case.dout.shape) or not np.isfinite(number).all():
            return None
        return case.found, case.pulled(case.dout * number)

    return pairing


def _replacing(meant: Callable[[Case], Array], used: Callable[[Case], Array]) -> Pairing:
    """With one factor in place of another."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        right, wrong = meant(case), used(case)
        if right.shape != wrong.shape or not np.isfinite(wrong / right).all() or not np.all(wrong):
            return None
        at_output = case.single and _fits(right, case.dout.shape)
        return (_before if at_output else _times_true)(lambda case: used(case) / meant(case))(case)

    return pairing


def _times_true(factor: Callable[[Case], Array]) -> Pairing:
    return _times(factor, of_true=True)


def _switched(case: Case, slopes: Callable[[Array, Array, Array], Array]) -> tuple[Array, Array] | None:
    slope = np.diag(case.jacobian).reshape(case.true.shape)
    low, high = slope.min(), slope.max()
    two = np.minimum(abs(slope - low), abs(slope - high)) <= _CLOSE
    if not two.all() or high - low < _CLOSE or case.found.shape != case.true.shape:
        return None
    return case.found, case.dout * slopes(low, high, slope)


def _subsets(ndim: int) -> list[Axes]:
    """All choices of axes, single ones first."""
    return [axes for count in range(1, ndim + 1) for axes in itertools.combinations(range(ndim), count)]


def _written(axes: Axes) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


def _reshaped(found: Array, axes: Axes, true: Array) -> str:
    left = tuple(n for axis, n in enumerate(found.shape) if axis not in axes)
    return "" if left == true.shape else f".reshape{true.shape}"


# -- where no correction helps -------------------------------------------------------------------------------------


def whereabouts(case: Case, wrong: Array) -> str:
    """A sentence or two on where a gradient of the right shape is wrong, and how."""
    found, true, count = np.asarray(case.found, float), case.true, int(wrong.sum())
    places = np.argwhere(wrong)
    shown = ", ".join(str(place.tolist()) for place in places[:5]) + (", ..." if count > 5 else "")
    said = [f"{count} of {wrong.size} entries are wrong: {shown}" if true.ndim else "the value is wrong"]
    for axis in range(true.ndim) if count < wrong.size else ():
        indices = sorted(set(places[:, axis].tolist()))
        if len(indices) < true.shape[axis] and len(indices) <= 2:
            said.append(f"all of them at {' or '.join(map(str, indices))} along axis {axis}")
    said += [f"all of them {phrase}" for phrase, mask in _conditions(case) if count < wrong.size and mask[wrong].all()]
    zero = np.abs(true) <= _CLOSE * np.abs(true).max(initial=0)
    if zero[wrong].all():
        said.append("there it should be zero")
    elif not found[wrong].any():
        said.append("there it is zero, and should not be")
    elif np.ptp((true - found)[wrong]) <= _CLOSE * np.abs(true).max():
        said.append(f"{(true - found)[wrong].mean():.6g} has to be added to each")
    elif not zero.any() and found.all():
        ratio = true / found
        for axes in reversed(_subsets(true.ndim)):
            if np.prod([true.shape[a] for a in axes]) > 1 and np.all(
                np.ptp(ratio, axis=axes) <= _CLOSE * abs(ratio).max()
            ):
                shape = tuple(1 if axis in axes else n for axis, n in enumerate(true.shape))
                said.append(f"true / found is the same along axis {_written(axes)}: a factor of shape {shape} is wrong")
                break
    return "; ".join(said)


def _conditions(case: Case) -> Iterable[tuple[str, Array]]:
    for name, value in case.values.items():
        if value.shape == case.true.shape:
            yield f"where {name} < 0", value < 0
            yield f"where {name} > 0", value > 0


def named_constants(names: Sequence[str], inputs: Sequence[Any]) -> dict[str, float]:
    """The numbers among the inputs, those in dictionaries too."""
    found: dict[str, float] = {}
    for name, value in zip(names, inputs, strict=True):
        pairs = value.items() if isinstance(value, Mapping) else [(name, value)]
        found |= {str(key): number for key, number in pairs if _is_number(number)}
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
