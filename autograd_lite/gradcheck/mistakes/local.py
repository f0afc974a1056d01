"""A factor made of one named value, elementwise: missing, too much, or another one; a mask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from .cases import CLOSE, Array, Attempt, Case, Pairing, fits

_Form = Callable[[Array], Array]

_FORMS: dict[str, _Form] = {
    "{}": lambda v: v,
    "(1 - {})": lambda v: 1 - v,
    "(1 - {}**2)": lambda v: 1 - v * v,
    "{0} * (1 - {0})": lambda v: v * (1 - v),
    "{}**2": lambda v: v * v,
    "(1 - np.tanh({})**2)": lambda v: 1 - np.tanh(v) ** 2,
    "np.exp({})": np.exp,
    "np.cos({})": np.cos,
    "np.sqrt({})": np.sqrt,
}
_SLIPS: dict[str, tuple[str, _Form]] = {  # what is written by mistake for which form
    "(1 / {})": ("{}", lambda v: 1 / v),
    "(1 + {})": ("(1 - {})", lambda v: 1 + v),
    "(1 + {}**2)": ("(1 - {}**2)", lambda v: 1 + v * v),
    "np.sin({})": ("np.cos({})", np.sin),
}
_STEPS: dict[str, _Form] = {
    "({} > 0)": lambda v: v > 0,
    "({} < 0)": lambda v: v < 0,
    "np.sign({})": np.sign,
}


def local_factors(case: Case) -> Iterator[Attempt]:
    """A factor made of one named value is missing, too much, or another one."""
    name = case.name
    values = [value for value in case.values if value != "dout"]
    saved = [key for key, v in case.saved.items() if not any(np.array_equal(v, w) for w in case.values.values())]
    for cost, written, factor in itertools.chain(_single(case, values), _of_saved(saved)):
        missing, extra = f"the factor {written} is missing", f"the factor {written} is too much"
        without = f"no factor {written}; or divide by it, if there is none"
        yield Attempt(cost, missing, f"{name} = {name} * {written}", _times(factor))
        yield Attempt(cost, extra, without, _times(factor, of_true=True), scaled=False)
        for upstream in case.upstream:
            fix = f"{upstream} = {upstream} * {written}, before {name} is made of it"
            yield Attempt(cost + 1, missing, fix, _before(upstream, factor, divided=True))
            yield Attempt(cost + 1, extra, without, _before(upstream, factor), scaled=False)
    for cost, (right, meant), (wrong, used) in _exchanged([*values, *saved]):
        mistake, fix = f"the factor is {wrong} where it should be {right}", f"replace {wrong} by {right}"
        yield Attempt(cost, mistake, fix, _replacing(meant, used), scaled=False)


_Named = tuple[str, Callable[[Case], Array]]


def _exchanged(values: Sequence[str]) -> Iterator[tuple[int, _Named, _Named]]:
    """A factor, and another one in its place: of another value, or of the same one in another form; with costs."""
    for (value, template), (other, used) in itertools.permutations(itertools.product(values, _FORMS), 2):
        squared = value == other and {template, used} == {"{}", "{}**2"}  # better said as one factor more or less
        if (value == other or template == used) and not squared:
            cost = 3 if "{}" in (template, used) else 4
            yield cost, _named(value, template, _FORMS[template]), _named(other, used, _FORMS[used])
    for value, (slip, (template, form)) in itertools.product(values, _SLIPS.items()):
        yield 3, _named(value, template, _FORMS[template]), _named(value, slip, form)


def _named(value: str, template: str, form: _Form) -> _Named:
    return template.format(value), _factor(value, form)


def _single(case: Case, values: Sequence[str]) -> Iterator[tuple[int, str, Callable[[Case], Array]]]:
    """Factors of one value, with their costs."""
    for value in values:
        for template, form in (_FORMS | _STEPS).items():
            cost = 1 if template == "{}" else 2
            if template in ("{}**2", "np.sign({})") or (template in _STEPS and value == "out"):
                cost = 4  # what is better said otherwise
            yield cost, template.format(value), _factor(value, form)
        for constant in case.constants:
            yield 3, f"np.where({value} > 0, 1, {constant})", _leaky(value, constant)


def _of_saved(names: Sequence[str]) -> Iterator[tuple[int, str, Callable[[Case], Array]]]:
    """Factors of what forward saves, with their costs: those of inputs and outputs are said first."""
    for name, (template, form) in itertools.product(names, _FORMS.items()):
        yield 3 if template == "{}" else 5 if template == "{}**2" else 4, template.format(name), _factor(name, form)


def _factor(name: str, form: _Form = np.asarray) -> Callable[[Case], Array]:
    return lambda case: form(case.known(name))


def _leaky(name: str, slope: str) -> Callable[[Case], Array]:
    return lambda case: np.where(case.values[name] > 0, 1.0, case.constants[slope])


def _times(factor: Callable[[Case], Array], of_true: bool = False) -> Pairing:
    """The gradient with a factor; or the true one with it, which the gradient has too much."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        by = factor(case)
        if case.found.shape != case.true.shape or not fits(by.shape, case.true.shape):
            return None
        return (case.true * by, case.found) if of_true else (case.found * by, case.true)

    return pairing


def _times_true(factor: Callable[[Case], Array]) -> Pairing:
    return _times(factor, of_true=True)


def _before(upstream: str, factor: Callable[[Case], Array], divided: bool = False) -> Pairing:
    """What becomes of the true gradient if that of an output is multiplied by a factor, or divided by it, first."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        by = 1 / factor(case) if divided else factor(case)
        dout = case.values[upstream]
        if case.found.shape != case.true.shape or not fits(by.shape, dout.shape) or not np.isfinite(by).all():
            return None
        return case.found, case.pulled_with(upstream, dout * by)

    return pairing


def _replacing(meant: Callable[[Case], Array], used: Callable[[Case], Array]) -> Pairing:
    """With one factor in place of another."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        right, wrong = meant(case), used(case)
        try:
            quotient = wrong / right
        except ValueError:  # the shapes do not fit
            return None
        if not np.isfinite(quotient).all() or not np.all(wrong):
            return None
        at_output = case.single and fits(quotient.shape, case.dout.shape)
        kind = partial(_before, case.upstream[0]) if at_output else _times_true
        return kind(lambda case: used(case) / meant(case))(case)

    return pairing


def switches(case: Case) -> Iterator[Attempt]:
    """Elementwise functions of two slopes, as relu: the mask is of the wrong array, or inverted."""
    if not case.single or case.dout.shape != case.true.shape:
        return
    name = case.name
    yield Attempt(
        1,
        "the mask is made of dout where it should be made of the input",
        f"{name} = dout * (x > 0), not (dout > 0)",
        lambda c: _switched(c, lambda low, high, slope: np.where(c.dout > 0, high, low)),
        scaled=False,
    )
    yield Attempt(
        1,
        "the mask is inverted",
        f"{name} = dout * mask, with mask true where the input passes",
        lambda c: _switched(c, lambda low, high, slope: low + high - slope),
        scaled=False,
    )


def _switched(case: Case, slopes: Callable[[Array, Array, Array], Array]) -> tuple[Array, Array] | None:
    if case.found.shape != case.true.shape or case.dout.shape != case.true.shape:
        return None
    slope = np.diag(case.jacobian).reshape(case.true.shape)
    smooth = slope[case.smooth]
    low, high = smooth.min(initial=np.inf), smooth.max(initial=-np.inf)
    if high - low < CLOSE:  # all at one side, which shows nothing
        return np.zeros(1), np.zeros(1)
    two = np.minimum(abs(smooth - low), abs(smooth - high)) <= CLOSE
    return (case.found, case.dout * slopes(low, high, slope)) if two.all() else None
