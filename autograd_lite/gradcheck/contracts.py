"""What a derivative must keep to beside being right: it repeats itself, and leaves alone what it only reads.

Each check runs the function and its gradient again in a way that must make no difference, and tells what did. They find
what single entries cannot: the entries are right as long as nobody looks twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ..core import gradients
from ..tensor import Tensor
from .report import Problem

Array = np.ndarray[Any, Any]
Outputs = Callable[[], "tuple[Tensor, ...]"]

RTOL = 1e-9  # of float64: sums in another order differ by less, mistakes by more


def contract_problems(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> list[Problem]:
    """All that is wrong with how `outputs` and its gradients treat the leaves, at their present values.

    outputs: computes the outputs from the leaves' data; weights: the gradient that arrives at each of them; leaves: by
    name. The data of the leaves is as before afterwards.
    """
    with ExitStack() as stack:
        for leaf in leaves.values():
            stack.enter_context(_data(leaf, leaf.data.copy()))
        found = list(_writes_and_second_use(outputs, weights, leaves))
        if not found:  # the gradients of a function that writes into its inputs differ for that reason already
            found += _layouts(outputs, weights, leaves)
        return found


def gradient_problems(name: str, gradient: Any, array: Array) -> Iterator[Problem]:
    """What is wrong with the form of a gradient that some function returned for `array`."""
    if not isinstance(gradient, np.ndarray | np.generic | float | int | complex):
        message = f"the gradient is a {type(gradient).__name__}; return an array of shape {array.shape}"
        yield Problem("type", name, message)
        return
    gradient = np.asarray(gradient)
    if gradient.shape != array.shape:
        message = (
            f"the gradient has shape {gradient.shape}, the input {array.shape}; {_fix_of(gradient.shape, array.shape)}"
        )
        yield Problem("shape", name, message)
    if gradient.dtype != array.dtype and array.dtype.kind in "fc":
        yield Problem(
            "dtype", name, f"the gradient is {gradient.dtype}, the input {array.dtype}; return the input's type"
        )


def _fix_of(gradient: tuple[int, ...], array: tuple[int, ...]) -> str:
    try:
        broadcast = np.broadcast_shapes(gradient, array) == gradient
    except ValueError:
        broadcast = False
    if broadcast:
        return "sum it over the axes along which the input was broadcast"
    return "transpose it" if gradient == array[::-1] else "return one number for each entry of the input"


# -- nothing is written into, and once more gives the same ---------------------------------------------------------


def _writes_and_second_use(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> Iterator[Problem]:
    before = {name: leaf.data.copy() for name, leaf in leaves.items()}
    values = outputs()
    yield from _changed(before, leaves, "the function", "computed with a copy")
    results = [value.data.copy() for value in values]
    arriving = [np.array(weight) for weight in weights]
    first = _gradients(values, arriving, leaves, retain_graph=True)
    yield from _changed(before, leaves, "the derivative", "computed with a copy")
    for number, (value, result, given, weight) in enumerate(zip(values, results, arriving, weights, strict=True)):
        label = f"output {number}"
        if not _equal(value.data, result):
            yield Problem("aliasing", label, "the derivative changed it in place; compute with a copy")
        if not _equal(given, np.asarray(weight)):
            message = "the derivative changed the gradient that arrived in place; compute with a copy"
            yield Problem("aliasing", label, message)
    second = _gradients(values, weights, leaves)
    for name in leaves:
        if not _close(first[name], second[name]):
            message = (
                "the second backward through the same graph gave another gradient; a derivative changed what it had"
                " saved, or keeps a state: save copies, and compute with them only"
            )
            yield Problem("second use", name, message)


def _changed(before: Mapping[str, Array], leaves: Mapping[str, Tensor], what: str, fix: str) -> Iterator[Problem]:
    for name, leaf in leaves.items():
        if not _equal(leaf.data, before[name]):
            leaf.data[...] = before[name]
            yield Problem("aliasing", name, f"{what} changed this input in place; the result must be {fix}")


# -- the layout of memory makes no difference ----------------------------------------------------------------------


def _layouts(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> Iterator[Problem]:
    expected_values, expected = _run(outputs, weights, leaves)
    for kind, layout in LAYOUTS.items():
        for name, leaf in leaves.items():
            if leaf.size < 2:
                continue
            with _data(leaf, layout(leaf.data)):
                try:
                    values, found = _run(outputs, weights, leaves)
                except Exception as error:
                    yield Problem("contiguity", name, f"{kind} input raised {type(error).__name__}: {error}")
                    continue
            what = "the value is" if not _all_close(values, expected_values) else "the gradient is"
            if not (_all_close(values, expected_values) and _all_close(found, expected)):
                message = f"for {kind} input {what} another than for a contiguous copy; do not rely on the strides"
                yield Problem("contiguity", name, message)


def _transposed(array: Array) -> Array:
    """In the order of columns."""
    return np.asfortranarray(array)


def _strided(array: Array) -> Array:
    """Every second item of a larger array, which has NaN between."""
    larger = np.full((*array.shape, 2), np.nan, array.dtype)
    larger[..., 0] = array
    return larger[..., 0]


def _read_only(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


LAYOUTS = {"a transposed": _transposed, "a strided": _strided, "a read-only": _read_only}


@contextmanager
def _data(leaf: Tensor, array: Array) -> Iterator[None]:
    """A block in which a leaf holds other data."""
    original = leaf.data
    try:
        leaf.data = array
        yield
    finally:
        leaf.data = original


# -- both --------------------------------------------------------------------------------------------------------


def _run(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> tuple[list[Array], list[Array]]:
    values = outputs()
    return [value.data for value in values], list(_gradients(values, weights, leaves).values())


def _gradients(
    values: Sequence[Tensor], weights: Sequence[Any], leaves: Mapping[str, Tensor], retain_graph: bool | None = None
) -> dict[str, Array]:
    """The gradients by name, zeros where there is no path."""
    known = [(value, weight) for value, weight in zip(values, weights, strict=True) if value.requires_grad]
    if not known:
        return {name: np.zeros_like(leaf.data) for name, leaf in leaves.items()}
    found = gradients(
        [value for value, _ in known],
        list(leaves.values()),
        [weight for _, weight in known],
        retain_graph=retain_graph,
        allow_unused=True,
    )
    pairs = zip(leaves.items(), found, strict=True)
    return {name: np.zeros_like(leaf.data) if g is None else g.data for (name, leaf), g in pairs}


def _all_close(these: Sequence[Array], those: Sequence[Array]) -> bool:
    return len(these) == len(those) and all(map(_close, these, those))


def _close(a: Array, b: Array) -> bool:
    """Equal but for the order of sums, relative to the largest entry; NaN and infinities in the same places."""
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not (np.array_equal(finite, np.isfinite(a)) and _equal(a[~finite], b[~finite])):
        return False
    scale = float(np.abs(b[finite]).max(initial=0.0))
    eps = float(np.finfo(b.dtype).eps) / float(np.finfo(np.float64).eps) if b.dtype.kind in "fc" else 1.0
    return bool((np.abs(a[finite] - b[finite]) <= RTOL * eps * scale).all())


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=True)
