"""What a derivative must keep to beside being right: it repeats itself, and leaves alone what it only reads.

Each check runs the function and its gradient again in a way that must make no difference, and tells what did. They find
what single entries cannot: the entries are right as long as nobody looks twice.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import numpy as np

from ..core import gradients
from ..errors import fix_of_shape
from ..tensor import Tensor
from .numeric import largest
from .report import Problem
from .rounding import moved_by_rounding

Array = np.ndarray[Any, Any]
Outputs = Callable[[], "tuple[Tensor, ...]"]

RTOL = 1e-9  # of float64: sums in another order differ by less, mistakes by more
_ROUNDINGS = 256  # of larger gradients
_MOVES = 64  # of what changed last digits do, where sums cancel
_STATE = (
    "the gradient is another once the function was called elsewhere, so it uses what a call has left behind (a cache"
    " with too coarse a key?); compute it from its arguments alone"
)


def contract_problems(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> list[Problem]:
    """All that is wrong with how `outputs` and its gradients treat the leaves, at their present values.

    outputs: computes the outputs from the leaves' data; weights: the gradient that arrives at each of them; leaves: by
    name. The data of the leaves is as before afterwards. It takes a few runs, however many leaves there are.
    """
    with ExitStack() as stack:
        for leaf in leaves.values():
            stack.enter_context(_data(leaf, leaf.data.copy()))
        found = list(_writes_and_second_use(outputs, weights, leaves))
        if not found:  # the gradients of a function that writes into its inputs differ for that reason already
            found += _layouts(outputs, weights, leaves)
        return found


def explicit_problems(
    gradients_of: Callable[..., Any], arrays: Mapping[str, Array], value: Callable[..., Any] | None = None
) -> list[Problem]:
    """All that is wrong with the form of gradients that are not the engine's, and with how they treat their arrays.

    gradients_of: returns a gradient for each of the arrays; value: the function itself, where it is another.
    """
    given = {name: array.copy() for name, array in arrays.items()}
    found: list[Problem] = []
    if value is not None:
        value(*given.values())
        found += _rewritten("mutation", given, arrays, "the function")
    returned = gradients_of(*given.values())
    first = [np.array(g) for g in returned]
    found += _rewritten("aliasing", given, arrays, "its gradient")
    second = [np.array(g) if isinstance(g, np.ndarray) else g for g in gradients_of(*given.values())]
    elsewhere = [_beside(array) for array in arrays.values()]
    _tried(lambda: gradients_of(*elsewhere))
    overwritten = [not _equal(g, np.asarray(now)) for g, now in zip(first, returned, strict=True)]
    if value is not None:
        _tried(lambda: value(*elsewhere))
    third = gradients_of(*given.values())
    for (name, array), g, again, later, changed in zip(arrays.items(), first, second, third, overwritten, strict=True):
        wrong = list(gradient_problems(name, again, array))
        if wrong or any(problem.name == name for problem in found):  # all else may be due to that
            pass
        elif not _close(g, np.asarray(again)):
            message = "the gradient is another when it is computed once more; draw random numbers outside of it"
            wrong.append(Problem("determinism", name, message))
        elif changed:
            message = "a later call overwrites the gradient that was returned; return a new array each time"
            wrong.append(Problem("aliasing", name, message))
        elif not _close(g, np.asarray(later)):
            wrong.append(Problem("state", name, _STATE))
        found += wrong
    return found


def _beside(array: Array) -> Array:
    """Other numbers of the same signs."""
    return array * np.linspace(0.9, 0.95, array.size, dtype=array.real.dtype).reshape(array.shape)


def _tried(call: Callable[[], Any]) -> None:
    """Do what may lead beyond the domain, and whose result does not matter."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call()


def _rewritten(kind: str, given: Mapping[str, Array], originals: Mapping[str, Array], what: str) -> Iterator[Problem]:
    """A problem for each array that is not as it was; it is put right."""
    for name, original in originals.items():
        if not _equal(given[name], original):
            given[name][...] = original
            yield Problem(kind, name, f"{what} changed this input in place; compute with a copy")


def gradient_problems(name: str, gradient: Any, array: Array) -> Iterator[Problem]:
    """What is wrong with the form of a gradient that some function returned for `array`."""
    if not isinstance(gradient, np.ndarray | np.generic | float | int | complex):
        message = f"the gradient is a {type(gradient).__name__}; return an array of shape {array.shape}"
        yield Problem("type", name, message)
        return
    gradient = np.asarray(gradient)
    if gradient.shape != array.shape:
        fix = fix_of_shape(gradient.shape, array.shape)
        yield Problem("shape", name, f"the gradient has shape {gradient.shape}, the input {array.shape}; {fix}")
    if gradient.dtype != array.dtype and array.dtype.kind in "fc":
        yield Problem(
            "dtype", name, f"the gradient is {gradient.dtype}, the input {array.dtype}; return the input's type"
        )


# -- nothing is written into, and once more gives the same ---------------------------------------------------------


def _writes_and_second_use(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> Iterator[Problem]:
    data = {name: leaf.data for name, leaf in leaves.items()}
    before = {name: array.copy() for name, array in data.items()}
    values = outputs()
    yield from _rewritten("mutation", data, before, "the function")
    results = [value.data.copy() for value in values]
    arriving = [np.array(weight) for weight in weights]
    first = _gradients(values, arriving, leaves, retain_graph=True)
    yield from _rewritten("aliasing", data, before, "the derivative")
    for number, (value, result, given, weight) in enumerate(zip(values, results, arriving, weights, strict=True)):
        label = f"output {number}"
        if not _equal(value.data, result):
            yield Problem("aliasing", label, "the derivative changed it in place; compute with a copy")
        if not _equal(given, np.asarray(weight)):
            message = "the derivative changed the gradient that arrived in place; compute with a copy"
            yield Problem("aliasing", label, message)
    results = [value.data.copy() for value in values]
    with ExitStack() as stack:
        for leaf in leaves.values():
            stack.enter_context(_data(leaf, _beside(leaf.data)))
        _tried(outputs)  # so that a state is not by chance what it was in the first backward
    for number, (value, result) in enumerate(zip(values, results, strict=True)):
        if not _equal(value.data, result):
            message = "a later call overwrites this result; return a new array each time"
            yield Problem("aliasing", f"output {number}", message)
    message = (
        "the second backward through the same graph gave another gradient; a derivative changed what it had saved, or"
        " keeps a state: save copies, and compute with them only"
    )
    second, third = ([np.array(weight) for weight in weights] for _ in range(2))
    different = list(_different("second use", message, first, _gradients(values, second, leaves)))
    yield from different or _different("state", _STATE, first, _gradients(outputs(), third, leaves))


def recording_problems(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> Iterator[Problem]:
    """Where a gradient that is recorded, to be differentiated, is another one than the gradient that is not."""
    plain = _gradients(outputs(), weights, leaves)
    recorded = _gradients(outputs(), weights, leaves, create_graph=True)
    message = (
        "with create_graph=True the gradient is another one than without; an operation's spec must be the same function"
        " as the operation"
    )
    rounding = _Rounding(outputs, weights, leaves)
    arrives = largest(*map(np.asarray, weights))  # in an operation, terms as large may cancel: 1 - p, where p is near 1
    for problem in _different("second order", message, recorded, plain, arrives):
        if not rounding.explains(problem.name, recorded[problem.name], plain[problem.name]):
            yield problem


def _different(
    kind: str, message: str, found: Mapping[str, Array], expected: Mapping[str, Array], terms: float = 0.0
) -> Iterator[Problem]:
    """A problem for each gradient that is another one, by more than rounding of terms of that size."""
    scale = max(largest(*expected.values()), terms)
    return (Problem(kind, name, message) for name in expected if not _close(found[name], expected[name], scale))


# -- the layout of memory makes no difference ----------------------------------------------------------------------


def _layouts(outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]) -> Iterator[Problem]:
    expected = _run(outputs, weights, leaves)
    rounding = _Rounding(outputs, weights, leaves)

    def difference(names: Sequence[str], layout: Callable[[Array], Array]) -> str:
        """What happens if these leaves have that layout, in words; nothing if it makes no difference."""
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(_data(leaves[name], layout(leaves[name].data)))
            try:
                values, found = _run(outputs, weights, leaves)
            except Exception as error:
                return f"it raised {type(error).__name__}: {error}"
        if not rounding.all_close(range(len(values)), values, expected[0]):
            return "the value is another than for a contiguous copy; do not rely on the strides"
        if not rounding.all_close(leaves, found, expected[1]):
            return "the gradient is another than for a contiguous copy; do not rely on the strides"
        return ""

    names = [name for name, leaf in leaves.items() if leaf.size > 1]
    for kind, layout in LAYOUTS.items():
        if names and (together := difference(names, layout)):
            found = {name: difference([name], layout) for name in names}
            single = {name: message for name, message in found.items() if message} or {", ".join(names): together}
            yield from (Problem("contiguity", name, f"for {kind} input {what}") for name, what in single.items())


def _transposed(array: Array) -> Array:
    """In the order of columns."""
    return np.asfortranarray(array)


def _strided(array: Array) -> Array:
    """Every second item of a larger array, which has NaN between."""
    larger = np.full((*array.shape, 2), np.nan, array.dtype)
    larger[..., 0] = array
    return larger[..., 0]


def _broadcast(array: Array) -> Array:
    """Read-only, and with one item in the place of many along the axes where all are equal."""
    items = array
    for axis in range(array.ndim):
        first = items.take([0], axis)
        items = first if (_bytes(items) == _bytes(first)).all() else items
    return np.broadcast_to(items, array.shape)


def _bytes(array: Array) -> Array:
    """In which 0 and -0 are two things."""
    return np.ascontiguousarray(array)[..., None].view(np.uint8)


LAYOUTS = {"a transposed": _transposed, "a strided": _strided, "a read-only or broadcast": _broadcast}


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
    values: Sequence[Tensor],
    weights: Sequence[Any],
    leaves: Mapping[str, Tensor],
    retain_graph: bool | None = None,
    create_graph: bool = False,
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
        create_graph=create_graph,
        allow_unused=True,
    )
    pairs = zip(leaves.items(), found, strict=True)
    return {name: np.zeros_like(leaf.data) if g is None else g.data for (name, leaf), g in pairs}


class _Rounding:
    """How far gradients (by name) and values (by number) may differ by rounding alone; measured if that matters."""

    def __init__(self, outputs: Outputs, weights: Sequence[Any], leaves: Mapping[str, Tensor]):
        self.outputs, self.weights, self.leaves = outputs, weights, leaves

    def all_close(self, keys: Iterable[str | int], these: Sequence[Array], those: Sequence[Array]) -> bool:
        """Whether all arrays of two lists are equal, but for rounding."""
        triples = zip(keys, these, those, strict=True)
        return all(_close(this, that) or self.explains(key, this, that) for key, this, that in triples)

    def explains(self, key: str | int, this: Array, that: Array) -> bool:
        """Whether these differ by no more than rounding may do: where all that counts cancels, that is all there is."""
        if this.shape != that.shape or not (np.isfinite(this) & np.isfinite(that)).all():
            return False
        return bool((np.abs(this - that) <= _MOVES * self._moved[key]).all())

    @functools.cached_property
    def _moved(self) -> dict[str | int, float]:
        def run(rounded: Callable[[Array], Array]) -> list[Array]:
            values, found = _run(self.outputs, [rounded(np.asarray(w)) for w in self.weights], self.leaves)
            return values + found

        leaves = list(self.leaves.values())
        precision = max((float(np.finfo(leaf.dtype).eps) for leaf in leaves if leaf.dtype.kind in "fc"), default=0.0)
        moved = moved_by_rounding(run, self.outputs, leaves, precision)
        keys = [*range(len(moved) - len(leaves)), *self.leaves]
        return {key: float(change.max(initial=0.0)) for key, change in zip(keys, moved, strict=True)}


def _close(a: Array, b: Array, others: float = 0.0) -> bool:
    """Equal but for the order of sums, relative to the largest entry; NaN and infinities in the same places.

    others: the largest entry of other gradients. One that is zero, as a bias before batch normalization has, is made of
    their rounding.
    """
    if a.shape != b.shape:
        return False
    finite = np.isfinite(b)
    if not (np.array_equal(finite, np.isfinite(a)) and _equal(a[~finite], b[~finite])):
        return False
    eps = float(np.finfo(b.dtype if b.dtype.kind in "fc" else np.float64).eps)
    tolerance = RTOL * eps / float(np.finfo(np.float64).eps) * largest(b) + _ROUNDINGS * eps * others
    return bool((np.abs(a[finite] - b[finite]) <= tolerance).all())


def _equal(a: Array, b: Array) -> bool:
    return np.array_equal(a, b, equal_nan=True)
