"""The gradient of the output, dout: forgotten, used twice, in another order, or not everywhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from .cases import Array, Attempt, Axes, Case, Pairing, subsets, written


def upstream(case: Case) -> Iterator[Attempt]:
    """dout forgotten, used twice, or used in another order."""
    mistake = "the factor dout is missing: the gradient of the output (chain rule)"
    fix = f"{case.name} = ... * dout (or the matrix product with it)"
    yield Attempt(1, mistake, fix, lambda c: (c.found, c.pulled(np.ones_like(c.douts))))
    yield Attempt(2, "dout is used twice", "use dout once", lambda c: (c.found, c.pulled(c.douts**2)), scaled=False)
    if not case.single:
        ends = np.cumsum([0, case.dout.size, case.douts.size - case.dout.size])
        for number, (start, end) in enumerate(itertools.pairwise(ends)):
            mistake = f"only the gradient of the {'first output' if number == 0 else 'later outputs'} is used"
            fix = "add what comes through every output"
            yield Attempt(1, mistake, fix, _only_between(int(start), int(end)), scaled=False)
        return
    for axis, size in enumerate(case.dout.shape):
        if size > 1:
            yield Attempt(
                3,
                f"dout is flipped along axis {axis}",
                "use dout in its own order",
                _pulling_flipped(axis),
                scaled=False,
            )
        for shift in (1, -1) if size > 2 else ():
            mistake = f"dout is off by one along axis {axis}"
            yield Attempt(
                3,
                mistake,
                "use the entry of dout that belongs to the output",
                _pulling_rolled(axis, shift),
                scaled=False,
            )


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


def samples(case: Case) -> Iterator[Attempt]:
    """What each output contributes is summed over the wrong axes, or is overwritten instead of added."""
    if not case.single:
        return
    name, dout = case.name, case.dout
    for axes in subsets(dout.ndim):
        if np.prod([n for axis, n in enumerate(dout.shape) if axis not in axes]) == case.found.size < dout.size:
            mistake = f"the sum runs over axis {written(axes)}, which is the wrong one"
            right = "the other axes" if dout.ndim == 2 else "the axes of broadcasting"
            yield Attempt(2, mistake, f"sum what becomes {name} over {right}", _contributing(axes))
    for axis, size in enumerate(dout.shape):
        for which, index in (("first", 0), ("last", size - 1)) if size > 1 else ():
            mistake = f"only the {which} entry along axis {axis} of dout counts"
            yield Attempt(1, mistake, _ACCUMULATE[which], _one_sample(axis, index), scaled=False)
    for axes in subsets(dout.ndim):
        for which in ("last", "first"):
            mistake = f"where several outputs use the same entry, only the {which} one counts"
            yield Attempt(
                2,
                mistake,
                f"{_ACCUMULATE[which]}; np.add.at for repeated indices",
                _overwriting(axes, which),
                scaled=False,
            )


_ACCUMULATE = {
    "last": "accumulate with += instead of =",
    "first": "add what comes from the others (is there a return or break in the loop, or is what they give replaced?)",
}


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
