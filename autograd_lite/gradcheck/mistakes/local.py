"""A factor made of one named value, elementwise: missing, too much, or another one; a mask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from .cases import CLOSE, Array, Attempt, Case, Pairing

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


def local_factors(case: Case) -> Iterator[Attempt]:
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
        if written != "dout":  # which is told of by `upstream`
            yield Attempt(cost, missing, fix, _times(factor))
        yield Attempt(cost, extra, f"leave {written} out", _times(factor, of_true=True), scaled=False)
        if case.single and written != "dout":
            fix = f"dout = dout * {written}, before {name} is made of it"
            yield Attempt(cost + 1, missing, fix, _before(factor, divided=True))
            yield Attempt(cost + 1, extra, f"leave {written} out", _before(factor), scaled=False)
    for (value, template), (other, used) in itertools.permutations(itertools.product(values, _FORMS), 2):
        if value == other or template == used:
            right, wrong = template.format(value), used.format(other)
            mistake, fix = f"the factor is {wrong} where it should be {right}", f"replace {wrong} by {right}"
            exchanged = _replacing(_formed(value, _FORMS[template]), _formed(other, _FORMS[used]))
            yield Attempt(3 if template == "{}" else 4, mistake, fix, exchanged, scaled=False)


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
        by = factor(case)
        if case.found.shape != case.true.shape or not _fits(by, case.true.shape):
            return None
        return (case.true * by, case.found) if of_true else (case.found * by, case.true)

    return pairing


def _times_true(factor: Callable[[Case], Array]) -> Pairing:
    return _times(factor, of_true=True)


def _before(factor: Callable[[Case], Array], divided: bool = False) -> Pairing:
    """What becomes of the true gradient if dout is multiplied by a factor, or divided by it, first."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        by = 1 / factor(case) if divided else factor(case)
        if case.found.shape != case.true.shape or not _fits(by, case.dout.shape) or not np.isfinite(by).all():
            return None
        return case.found, case.pulled(case.dout * by)

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
    slope = np.diag(case.jacobian).reshape(case.true.shape)
    low, high = slope.min(), slope.max()
    two = np.minimum(abs(slope - low), abs(slope - high)) <= CLOSE
    if not two.all() or high - low < CLOSE or case.found.shape != case.true.shape:
        return None
    return case.found, case.dout * slopes(low, high, slope)
