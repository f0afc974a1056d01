"""A term that is missing: what comes through a sum, a mean, a variance, or is to be subtracted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .cases import Array, Attempt, Axes, Case, Pairing, corrected, subsets, written


def missing_terms(case: Case) -> Iterator[Attempt]:
    """What reaches an output through a sum, mean or variance over an axis was left out."""
    name, shape = case.name, case.true.shape
    if case.single and case.dout.shape == shape:
        fix = f"add what {name} gets from the other outputs: each output depends on several entries"
        mistake = "each entry counts only for the output at its own place: the rest of the Jacobian is missing"
        yield Attempt(
            3, mistake, fix, lambda c: (c.found, c.dout * np.diag(c.jacobian).reshape(c.true.shape)), scaled=False
        )
    axes_of = [axes for axes in subsets(len(shape)) if all(shape[axis] > 1 for axis in axes)]
    out = case.values.get("out")
    for axes in axes_of:
        along = f"axis={written(axes)}, keepdims=True"
        if out is not None and out.shape == shape:
            for form in ("out", "np.exp(out)"):
                missing = f"the subtraction of the sum over axis {written(axes)}, as in softmax, is missing, or wrong"
                fix = f"{name} = {name} - {form} * {name}.sum({along})"
                yield Attempt(2, missing, fix, _softmax(form, axes), scaled=False)
        mistake = f"what comes through the mean over axis {written(axes)} is missing, or wrong"
        yield corrected(2, mistake, f"{name} = {name} - {name}.mean({along})", _centring(axes))
        for eps in (0.0, 1e-3, 1e-5, 1e-6, 1e-7, 1e-8, *case.constants.values()):
            for centred in (False, True):
                both = "mean and the variance" if centred else "variance"
                mistake = f"what comes through the {both} over axis {written(axes)} is missing"
                mean = f" - {name}.mean({along})" if centred else ""
                fix = f"{name} = {name}{mean} - x_hat * ({name} * x_hat).mean({along})"
                yield Attempt(2 + centred, mistake, fix, _variance(axes, eps, centred), scaled=False)
    for label, numbers in case.labels.items():
        if len(shape) == 2 and numbers.shape == shape[:1]:
            mistake = "the 1 at the right class is not subtracted"
            fix = f"{name}[np.arange({shape[0]}), {label}] -= 1 (before the division, if it is a mean)"
            for averaged in (False, True):
                yield Attempt(1, mistake, fix, _labels(label, averaged), scaled=False)
    for other, value in case.values.items():
        if value.shape == shape and other not in ("dout", "out") and case.dout.size == 1:
            for count in (1, shape[0], int(np.prod(shape))):
                for factor in (1, 2):
                    mistake, fix = f"{other} is not subtracted", f"{name} = {name} - ... {other}"
                    yield Attempt(2, mistake, fix, _subtracting(other, factor / count), scaled=False)


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
