"""Where a gradient is wrong, if no correction helps."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .cases import CLOSE, Array, Case, subsets, written

_CHANCE = 0.05  # a probability


def whereabouts(case: Case, wrong: Array) -> str:
    """A sentence or two on where a gradient of the right shape is wrong, and how."""
    found, true, count = np.asarray(case.found, float), case.true, int(wrong.sum())
    places = np.argwhere(wrong)
    shown = ", ".join(str(place.tolist()) for place in places[:5]) + (", ..." if count > 5 else "")
    are = "is" if count == 1 else "are"
    said = [f"{count} of {wrong.size} entries {are} wrong: {shown}" if true.ndim else "the value is wrong"]
    some = 1 < count < wrong.size
    for axis in range(true.ndim) if some else ():
        indices = sorted(set(places[:, axis].tolist()))
        if len(indices) < true.shape[axis] and len(indices) <= 2:
            said.append(f"all of them at {' or '.join(map(str, indices))} along axis {axis}")
    said += [f"all of them {phrase}" for phrase, mask in _conditions(case) if some and _explains(mask, wrong)]
    zero = np.abs(true) <= CLOSE * np.abs(true).max(initial=0)
    if zero[wrong].all():
        said.append("there it should be zero")
    elif not found[wrong].any():
        said.append("there it is zero, and should not be")
    elif np.ptp((true - found)[wrong]) <= CLOSE * np.abs(true).max():
        said.append(f"{(true - found)[wrong].mean():.6g} has to be added to each")
    elif not zero.any() and found.all():
        ratio = true / found
        for axes in reversed(subsets(true.ndim)):
            alike = np.all(np.ptp(ratio, axis=axes) <= CLOSE * abs(ratio).max())
            if alike and len(axes) == true.ndim:
                said.append(f"true / found is {ratio.mean():.6g} everywhere")
                break
            if alike and np.prod([true.shape[axis] for axis in axes]) > 1:
                shape = tuple(1 if axis in axes else n for axis, n in enumerate(true.shape))
                said.append(f"true / found is the same along axis {written(axes)}: a factor of shape {shape} is wrong")
                break
    return "; ".join(said)


def _explains(mask: Array, wrong: Array) -> bool:
    """Whether the wrong entries are among these, and not by chance."""
    return bool(mask[wrong].all()) and bool((mask == wrong).all() or mask.mean() ** wrong.sum() < _CHANCE)


def _conditions(case: Case) -> Iterable[tuple[str, Array]]:
    for name, value in case.values.items():
        if value.shape == case.true.shape:
            yield f"where {name} < 0", value < 0
            yield f"where {name} > 0", value > 0
