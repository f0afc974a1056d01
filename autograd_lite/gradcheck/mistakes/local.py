"""A factor made of one named value, elementwise: missing, too much, or another one; a mask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from .cases import CLOSE, Array, Attempt, Case, Pairing, fits

_Form = Callable[[Array], Array]

_FORMS: dict[str, _Form] = {
    "{}": lambda v: v,
    "(1 - {})": lambda v: 1 - v,
    "(1 - {}**2)": lambda v: 1 - v * v,
    "{0} * (1 - {0})": lambda v: v * (1 - v),
    "{}**2": lambda v: v * v,
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
    for cost, written, factor in _single(case, values):
        missing, extra = f"the factor {written} is missing", f"the factor {written} is too much"
        yield Attempt(cost, missing, f"{name} = {name} * {written}", _times(factor))
        yield Attempt(cost, extra, f"no factor {written}", _times(factor, of_true=True), scaled=False)
        if case.single:
            fix = f"dout = dout * {written}, before {name} is made of it"
            yield Attempt(cost + 1, missing, fix, _before(factor, divided=True))
            yield Attempt(cost + 1, extra, f"no factor {written}", _before(factor), scaled=False)
    for cost, (right, meant), (wrong, used) in _exchanged(values):
        mistake, fix = f"the factor is {wrong} where it should be {right}", f"replace {wrong} by {right}"
        yield Attempt(cost, mistake, fix, _replacing(meant, used), scaled=False)


_Named = tuple[str, Callable[[Case], Array]]


def _exchanged(values: Sequence[str]) -> Iterator[tuple[int, _Named, _Named]]:
    """A factor, and another one in its place: of another value, or of the same one in another form; with costs."""
    for (value, template), (other, used) in itertools.permutations(itertools.product(values, _FORMS), 2):
        if value == other or template == used:
            cost = 4 if template == used != "{}" else 3
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


def _factor(name: str, form: _Form = np.asarray) -> Callable[[Case], Array]:
    return lambda case: form(case.values[name])


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


def _before(factor: Callable[[Case], Array], divided: bool = False) -> Pairing:
    """What becomes of the true gradient if dout is multiplied by a factor, or divided by it, first."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        by = 1 / factor(case) if divided else factor(case)
        if case.found.shape != case.true.shape or not fits(by.shape, case.dout.shape) or not np.isfinite(by).all():
            return None
        return case.found, case.pulled(case.dout * by)

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
        return (_before if at_output else _times_true)(lambda case: used(case) / meant(case))(case)

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
