"""Another forward: the gradient is right for one in which a value is another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from .cases import Array, Attempt, Case, Pairing


def other_forwards(case: Case) -> Iterator[Attempt]:
    """The gradient is right for a forward in which one value is another one."""
    name = case.name
    for other, value in case.values.items():
        if other in ("dout", "out"):
            continue
        itself = other == case.of
        if value.ndim > 2 and not itself:
            mistake = f"{other} is not flipped along its last two axes (rotated by 180 degrees), or should not be"
            yield Attempt(1, mistake, f"{other}[..., ::-1, ::-1]", _changed(other, lambda v: v[..., ::-1, ::-1]))
        if not itself:
            yield Attempt(
                2, f"the factor {other} is missing", f"{name} = ... {other} ...", _changed(other, np.ones_like)
            )
    out = case.values.get("out")
    if out is not None and out.shape == case.true.shape:
        mistake = f"the output is used where {case.of} is meant: is it overwritten in place?"
        yield Attempt(
            2, mistake, f"keep a copy of {case.of}", _remeasured(case.of, lambda c: c.values["out"]), scaled=False
        )
    for constant, number in case.constants.items():
        if number > 1 and number == int(number):
            yield Attempt(
                1, f"{constant} = {number:g} is ignored: this is right for 1", f"use {constant}", _ignoring(constant, 1)
            )
        if number not in (0, 1):
            yield Attempt(
                2, f"{constant} = {number:g} is ignored: this is right for 0", f"use {constant}", _ignoring(constant, 0)
            )


def _changed(name: str, change: Callable[[Array], Array]) -> Pairing:
    return _remeasured(name, lambda case: change(case.values[name]))


def _remeasured(name: str, other: Callable[[Case], Array]) -> Pairing:
    """The Jacobian of forward with another array in place of a named one."""

    def pairing(case: Case) -> tuple[Array, Array] | None:
        again = case.remeasured(name, other(case).copy())
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
