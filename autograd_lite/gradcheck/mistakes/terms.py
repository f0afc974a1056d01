"""A term that is missing, or wrong by any factor: what comes through a sum, a mean or a variance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .cases import EPSILONS, Array, Attempt, Axes, Case, Pairing, corrected, subsets, written


def missing_terms(case: Case) -> Iterator[Attempt]:
    """What reaches an output through a sum, mean or variance over an axis was left out."""
    name, shape = case.name, case.true.shape
    if case.single and case.dout.shape == shape:
        fix = f"add what {name} gets from the other outputs: each output depends on several entries"
        mistake = "each entry counts only for the output at its own place: the rest of the Jacobian is missing"
        yield Attempt(
            3, mistake, fix, lambda c: (c.found, c.dout * np.diag(c.jacobian).reshape(c.true.shape)), scaled=False
        )
    if case.found.shape == shape:
        if case.single and case.dout.shape == shape:
            mistake, fix = "the term dout is missing: what goes around, along a shortcut", f"{name} = {name} + dout"
            yield Attempt(2, mistake, fix, lambda c: (c.true - c.found, c.dout), scaled=False)
        if case.of in case.values and case.true.size > 2 and case.dout.size == 1:
            mistake = f"a multiple of {case.of} is missing, or wrong, as of a penalty of squares (weight decay)"
            yield Attempt(3, mistake, f"{name} = {name} + ... * {case.of}", _multiple, scaled=False)
    axes_of = [axes for axes in subsets(len(shape)) if all(shape[axis] > 1 for axis in axes)]
    out = case.values.get("out")
    for axes in axes_of:
        along = f"axis={written(axes)}, keepdims=True"
        if out is not None and out.shape == shape:
            for form in ("out", "np.exp(out)"):
                missing = f"the subtraction of the sum over axis {written(axes)}, as in softmax, is missing, or wrong"
                fix = f"{name} = {name} - {form} * {name}.sum({along})"
                yield Attempt(4, missing, fix, _softmax(form, axes), scaled=False)
        mistake = f"what comes through the mean over axis {written(axes)} is missing, or wrong"
        yield corrected(4, mistake, f"{name} = {name} - {name}.mean({along})", _centring(axes))
        for eps in (*EPSILONS, *case.constants.values()):
            for centred in (False, True):
                both = "mean and the variance" if centred else "variance"
                mistake = f"what comes through the {both} over axis {written(axes)} is missing, or wrong"
                mean = f" - {name}.mean({along})" if centred else ""
                fix = f"{name} = {name}{mean} - x_hat * ({name} * x_hat).mean({along})"
                yield Attempt(4 + centred, mistake, fix, _variance(axes, eps, centred), scaled=False)


def _multiple(case: Case) -> tuple[Array, Array] | None:
    """What is missing, and the multiple of the input that comes closest to it."""
    if case.found.shape != case.true.shape:
        return None
    rest, value = case.true - case.found, case.values[case.of]
    return rest, value * (np.sum(rest * value) / np.sum(value**2))


def _centring(axes: Axes) -> Callable[[Array], Array]:
    return lambda array: array - array.mean(axis=axes, keepdims=True) if max(axes) < array.ndim else array


def _softmax(form: str, axes: Axes) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        if case.found.shape != case.true.shape:
            return None
        out = np.exp(case.values["out"]) if form != "out" else case.values["out"]
        return case.found - out * case.found.sum(axis=axes, keepdims=True), case.true

    return pairing


def _variance(axes: Axes, eps: float, centred: bool) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        x, found = case.values.get(case.of), case.found
        if x is None or found.shape != x.shape or eps < 0:
            return None
        normal = (x - x.mean(axis=axes, keepdims=True)) / np.sqrt(x.var(axis=axes, keepdims=True) + eps)
        corrected = found - normal * (found * normal).mean(axis=axes, keepdims=True)
        return corrected - found.mean(axis=axes, keepdims=True) if centred else corrected, case.true

    return pairing
