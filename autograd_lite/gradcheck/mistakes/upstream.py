"""The gradient of the output, dout: forgotten, used twice, in another order, or not everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .cases import Array, Attempt, Axes, Case, Hint, Pairing, subsets, written


def unused(cases: Sequence[Case]) -> Hint | None:
    """Whether the gradient stays the same for another dout; the first two cases differ in nothing else."""
    one, other = cases[:2]
    alike = one.found.shape == other.found.shape and np.array_equal(one.found, other.found)
    if not alike or not np.any(one.found) or one.close(one.true, other.true):
        return None
    return Hint(_FORGOTTEN, f"{one.name} = ... * dout (or the matrix product with it), before any sum", 1)


_FORGOTTEN = "the factor dout is missing: the gradient of the output (chain rule)"


def upstream(case: Case) -> Iterator[Attempt]:
    """dout used twice, or used in another order."""
    yield Attempt(2, "dout is used twice", "use dout once", lambda c: (c.found, c.pulled(c.douts**2)), scaled=False)
    if not case.single:
        for one in case.upstream:
            mistake, fix = f"the factor {one} is missing", f"multiply what comes through its output by {one}"
            yield Attempt(1, mistake, fix, _pulling_ones(one), scaled=False)
        for first, which in ((True, "first output"), (False, "later outputs")):
            mistake, fix = f"only the gradient of the {which} is used", "add what comes through every output"
            yield Attempt(1, mistake, fix, _only(first), scaled=False)
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
        for other in range(axis + 1, case.dout.ndim):
            if case.dout.shape[other] == size > 1:
                mistake, fix = f"axes {axis} and {other} of dout are exchanged", "use dout in its own order"
                yield Attempt(3, mistake, fix, _pulling_exchanged(axis, other), scaled=False)
        for shift in (1, -1) if size > 2 else ():
            mistake = f"dout is off by one along axis {axis}"
            yield Attempt(
                3,
                mistake,
                "use the entry of dout that belongs to the output",
                _pulling_rolled(axis, shift),
                scaled=False,
            )


def _only(first: bool) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array]:
        of_first = np.arange(case.douts.size) < case.dout.size
        return case.found, case.pulled(np.where(of_first == first, case.douts, 0))

    return pairing


def _pulling_ones(name: str) -> Pairing:
    return lambda case: (case.found, case.pulled_with(name, np.ones_like(case.values[name])))


def _pulling_flipped(axis: int) -> Pairing:
    return lambda case: (case.found, case.pulled(np.flip(case.dout, axis)))


def _pulling_exchanged(axis: int, other: int) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        exchanged = np.swapaxes(case.dout, axis, other)
        return (case.found, case.pulled(exchanged)) if exchanged.shape == case.dout.shape else None

    return pairing


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
    dout = case.dout
    for meant in subsets(dout.ndim):
        if not case.close(_contributions(case, meant), case.true.reshape(-1)):
            continue
        for axes in subsets(dout.ndim):
            if not set(axes) <= set(meant):
                mistake = f"the sum runs over axis {written(axes)}, and has to run over axis {written(meant)}"
                yield Attempt(1, mistake, _summed(case, meant), _contributing(axes, meant))
        break
    for axes in subsets(dout.ndim):
        for which, index in (("first", 0), ("last", -1)) if all(dout.shape[axis] > 1 for axis in axes) else ():
            along = f"axis {axes[0]}" if len(axes) == 1 else f"each of the axes {written(axes)}"
            mistake = f"only the {which} entry along {along} of dout counts"
            yield Attempt(len(axes), mistake, _ACCUMULATE[which], _one_sample(axes, index), scaled=False)
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


def _contributions(case: Case, axes: Axes) -> Array:
    """What each output contributes, if it depends on one entry of the input, summed over these axes."""
    each = case.dout * case.jacobian.sum(axis=1).reshape(case.dout.shape)
    return np.asarray(each.sum(axis=axes).reshape(-1))


def _contributing(axes: Axes, meant: Axes) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array] | None:
        if not case.close(_contributions(case, meant), case.true.reshape(-1)):
            return None
        return case.found.reshape(-1), _contributions(case, axes)

    return pairing


def _summed(case: Case, axes: Axes) -> str:
    """The right sum, in code."""
    itself = case.close(_contributions(case, axes), case.dout.sum(axis=axes).reshape(-1))
    keepdims = ", keepdims=True" if case.true.ndim == case.dout.ndim else ""
    return f"{case.name} = {'dout' if itself else '(...)'}.sum(axis={written(axes)}{keepdims})"


def _one_sample(axes: Axes, index: int) -> Pairing:
    def pairing(case: Case) -> tuple[Array, Array]:
        only = np.zeros_like(case.dout)
        at = tuple(index if axis in axes else slice(None) for axis in range(case.dout.ndim))
        only[at] = case.dout[at]
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
