"""A factor made of one named value, elementwise: missing, too much, or another one; a mask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from ..source import normal
from .cases import CLOSE, EPSILONS, Array, Attempt, Case, Pairing, fits

_Form = Callable[[Array], Array]

_FORMS: dict[str, _Form] = {
    "{}": lambda v: v,
    "(1 - {})": lambda v: 1 - v,
    "(1 + {})": lambda v: 1 + v,
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
    "(1 + {}**2)": ("(1 - {}**2)", lambda v: 1 + v * v),
    "np.sin({})": ("np.cos({})", np.sin),
}
_STEPS: dict[str, _Form] = {
    "({} > 0)": lambda v: v > 0,
    "({} < 0)": lambda v: v < 0,
    "np.sign({})": np.sign,
}


# How else a form may be written, and what of a product stands in a longer one.
_WRITTEN = {
    "{0} * (1 - {0})": ("(1 - {})",),
    "(1 - {}**2)": ("(1 - {}**2)", "(1 - {0} * {0})", "(1 - np.square({}))"),
    "(1 - np.tanh({})**2)": ("(1 - np.tanh({})**2)", "(1 - np.tanh({0}) * np.tanh({0}))"),
    "{}**2": ("{}**2", "{0} * {0}", "np.square({})"),
    "(1 / {})": ("{}",),
}
_TANH = ("(1 - {}**2)", "(1 - {})")  # the likeliest of all slips: it comes before "(1 + out) is missing", the same

_Named = tuple[str, str, _Form]  # a value, and a form of it: the code, and the function


def local_factors(case: Case) -> Iterator[Attempt]:
    """A factor made of one named value is missing, too much, or another one.

    What is missing or too much comes first: a quotient of two factors is often that of two others as well. A factor is
    said to stand in the place of another one only if it stands in the source of backward.
    """
    name = case.name
    values = [value for value in case.values if value not in case.upstream]
    saved = [key for key, v in case.saved.items() if not any(np.array_equal(v, w) for w in case.values.values())]
    for cost, named in itertools.chain(_single(values), _of_saved(saved)):
        written, factor = _code(named), _factor(named)
        yield from _missing(case, cost, written, factor)
        if named[1] not in _STEPS:  # what a mask has made zero cannot be told
            yield from _extra(case, cost, named)
    for value, constant in itertools.product(values, case.constants):
        yield from _missing(case, 3, f"np.where({value} > 0, 1, {constant})", _leaky(value, constant))
    for value, eps in itertools.product([*values, *saved], [*EPSILONS, *case.constants.values()]):
        root = f"np.sqrt({value} + eps)"
        mistake = f"it has to be divided by {root}, with the eps of forward"
        yield Attempt(3, mistake, f"{name} = {name} / {root}", _divided(_root(value, eps)), scaled=False)
    for cost, right, wrong in _exchanged([*values, *saved]):
        stands = _stands(case, wrong)
        if stands is not False:
            of_tanh = (right[1], wrong[1]) == _TANH and np.any(case.known(right[0]) < 0)  # no sigmoid
            cost = 1 if stands and of_tanh else cost
            mistake = f"the factor is {_code(wrong)} where it should be {_code(right)}"
            fix = f"replace {_code(wrong)} by {_code(right)}"
            yield Attempt(cost, mistake, fix, _replacing(_factor(right), _factor(wrong)), scaled=False)


def _missing(case: Case, cost: int, written: str, factor: Callable[[Case], Array]) -> Iterator[Attempt]:
    name, missing = case.name, f"the factor {written} is missing"
    yield Attempt(cost, missing, f"{name} = {name} * {written}", _times(factor))
    for upstream in case.upstream:
        fix = f"multiply {upstream} by {written} where {name} is made of it"
        yield Attempt(cost + 1, missing, fix, _before(upstream, factor, divided=True))


def _extra(case: Case, cost: int, named: _Named) -> Iterator[Attempt]:
    """A factor is too much; or what has no such factor has to be divided."""
    name, written, factor = case.name, _code(named), _factor(named)
    mistake, fix = f"the factor {written} is too much", f"no factor {written}; or divide by it, if there is none"
    value, template, _ = named
    pairing = _times_true(factor)
    if template == "{}**2" and _multiplied(case, value, "{}") and _multiplied(case, value, template) is False:
        mistake, fix = f"it is multiplied by {value}, and has to be divided by it", f"replace * {value} by / {value}"
    elif _multiplied(case, value, template) is False:
        mistake, fix = f"it has to be divided by {written}", f"{name} = {name} / {written}"
        pairing = _divided(factor)
    yield Attempt(cost, mistake, fix, pairing, scaled=False)
    for upstream in case.upstream:
        before = fix.replace(
            f"{name} = {name} / {written}", f"divide {upstream} by {written} where {name} is made of it"
        )
        yield Attempt(cost + 1, mistake, before, _before(upstream, factor), scaled=False)


def _stands(case: Case, named: _Named) -> bool | None:
    """Whether a factor stands in the source of backward; None if there is none, or it may have another name there."""
    value, template, _ = named
    source = case.source
    forms = _WRITTEN.get(template, (template,))
    names = _names(case, value)
    if any(normal(form.format(one)) in source.expressions for form in forms for one in names):
        return True
    others = _others(case)
    if not source.known or (template == "{}" and others):
        return None
    return any(normal(form.format(other)) in source.expressions for form in forms for other in others)


def _multiplied(case: Case, value: str, template: str) -> bool | None:
    """Whether anything is multiplied by a factor in the source of backward; None if that does not tell."""
    forms = _WRITTEN.get(template, (template,))
    names = {one for form in forms for name in _names(case, value) for one in case.source.names(form.format(name))}
    if names & case.source.factors:
        return True
    return None if not case.source.known or _others(case) & case.source.factors else False


def _names(case: Case, value: str) -> set[str]:
    """What a value is called in backward: it may be saved under several names, and have a variable."""
    same = [key for key, array in case.saved.items() if np.array_equal(array, case.known(value))]
    return {name for one in (value, *same) for name in case.source.names(one)}


def _others(case: Case) -> set[str]:
    """The variables of backward of which nothing is known, but for those that are called like gradients."""
    known = {name for one in (*case.values, *case.saved) for name in case.source.names(one)}
    names = {text for text in case.source.expressions if text.isidentifier()} - known - {*_MODULES}
    return {name for name in names if not name.startswith(("d", "grad"))}


_MODULES = ("np", "numpy", "self")


def _exchanged(values: Sequence[str]) -> Iterator[tuple[int, _Named, _Named]]:
    """A factor, and another one in its place: of another value, or of the same one in another form; with costs."""
    for (value, template), (other, used) in itertools.permutations(itertools.product(values, _FORMS), 2):
        squared = value == other and {template, used} == {"{}", "{}**2"}  # better said as one factor more or less
        if (value == other or template == used) and not squared:
            cost = 6 if "{}" in (template, used) else 7
            yield cost, (value, template, _FORMS[template]), (other, used, _FORMS[used])
    for value, (slip, (template, form)) in itertools.product(values, _SLIPS.items()):
        yield 3, (value, template, _FORMS[template]), (value, slip, form)


def _single(values: Sequence[str]) -> Iterator[tuple[int, _Named]]:
    """Factors of one value, with their costs."""
    for value, (template, form) in itertools.product(values, (_FORMS | _STEPS).items()):
        cost = 1 if template == "{}" else 2
        if template in ("{}**2", "np.sign({})") or (template in _STEPS and value == "out"):
            cost = 4  # what is better said otherwise
        yield cost, (value, template, form)


def _of_saved(names: Sequence[str]) -> Iterator[tuple[int, _Named]]:
    """Factors of what forward saves, with their costs: those of inputs and outputs are said first."""
    for name, (template, form) in itertools.product(names, _FORMS.items()):
        yield 3 if template == "{}" else 5 if template == "{}**2" else 4, (name, template, form)


def _root(name: str, eps: float) -> Callable[[Case], Array]:
    return lambda case: np.sqrt(case.known(name) + eps)


def _code(named: _Named) -> str:
    return named[1].format(named[0])


def _factor(named: _Named) -> Callable[[Case], Array]:
    return lambda case: np.asarray(named[2](case.known(named[0])))


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


def _divided(factor: Callable[[Case], Array]) -> Pairing:
    """The same, of a factor that can be divided by."""
    return lambda case: _times_true(factor)(case) if np.all(factor(case)) else None


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
    """Elementwise functions of two slopes, as relu: the mask is of the wrong array, inverted, or 0 for a slope."""
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
    yield Attempt(
        1,
        "the smaller of the two slopes is missing: there the gradient is not 0",
        f"{name} = dout * np.where(mask, larger, smaller), with both slopes of forward",
        lambda c: _switched(c, lambda low, high, slope: np.where(abs(slope - high) < abs(slope - low), high, 0)),
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
