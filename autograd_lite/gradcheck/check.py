"""Gradients against finite differences, entry by entry, to any order."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import gradients
from ..tensor import Tensor
from .numeric import Estimate, Vector, slope
from .report import Entry, Report, Verdict

_PRECISE = (np.float64, np.complex128)  # with less, the noise of a difference hides the slope

Outputs = Callable[[], "tuple[Tensor, ...]"]  # what is differentiated: a function of the data of the leaves


@dataclass(frozen=True, slots=True)
class Settings:
    """How fine to measure, how well both values must agree, and how many entries to look at."""

    eps: float
    atol: float
    rtol: float
    max_entries: int | None

    def __post_init__(self) -> None:
        if self.max_entries is not None and self.max_entries < 1:
            raise ValueError(f"gradcheck: max_entries={self.max_entries} checks nothing; pass a larger one, or None")

    def tolerance(self, value: complex) -> float:
        """How far a computed derivative may be from this measured one."""
        return self.atol + self.rtol * (abs(value) if np.isfinite(value) else 0)


def gradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-4,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    order: int = 1,
    max_entries: int | None = None,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> Report:
    """Compare the gradients of `f` at `inputs` with finite differences, entry by entry.

    f: a function of Tensors that returns a Tensor or a tuple of them; called as ``f(*inputs)``, or as ``f()`` if it
        takes no arguments, which is how to check a model: ``ag.gradcheck(lambda: loss(model(x), y), *parameters)``.
    inputs: float64 or complex128. Arrays are checked and so are Tensors that require a gradient; leaves are varied
        where they are and have their data back afterwards, whatever happens. Everything else is passed on as it is.
    eps: the first step of the differences, relative to the larger of 1 and the entry; made smaller where needed.
    atol, rtol: the two values may differ by ``atol + rtol * abs(numeric)``.
    order: 2 checks the gradients of the gradients as well, and so on.
    max_entries: check a random choice of so many, spread evenly over the inputs.
    raise_exception: False returns the report whatever it says.
    rng: a generator, or the seed of one, for that choice and for the weights of outputs that are no real scalar. (One
        random weighting finds an error in any entry of the Jacobian, but for a set of weights of measure zero.)

    The gradient for a complex input is dL/d(Re z) + i dL/d(Im z), of the real part of the weighted outputs.
    Returns a Report. Raises AssertionError with its text if an entry is wrong; TypeError for inputs or outputs of
    another precision or outputs that are no Tensors, ValueError if f is not deterministic or there is nothing to check.
    """
    if order < 1:
        raise ValueError(f"gradcheck: order={order} checks nothing; pass 1 for gradients, 2 for theirs as well")
    orders = range(1, order + 1)
    return _check(f, inputs, orders, Settings(eps, atol, rtol, max_entries), raise_exception, rng)


def gradgradcheck(
    f: Callable[..., Any],
    *inputs: Any,
    eps: float = 1e-4,
    atol: float = 1e-7,
    rtol: float = 1e-5,
    max_entries: int | None = None,
    raise_exception: bool = True,
    rng: np.random.Generator | int = 0,
) -> Report:
    """Compare the gradients of the gradients of `f` with finite differences: second order, and only that.

    The gradients are computed with ``create_graph=True``, and are differentiated with respect to the inputs and to the
    weights of the outputs. Arguments, result and errors as in `gradcheck`.
    """
    return _check(f, inputs, (2,), Settings(eps, atol, rtol, max_entries), raise_exception, rng)


def _check(
    f: Callable[..., Any],
    inputs: Sequence[Any],
    orders: Sequence[int],
    settings: Settings,
    raise_exception: bool,
    rng: np.random.Generator | int,
) -> Report:
    rng = np.random.default_rng(rng)
    arguments, found = _prepared(f, inputs)
    outputs = _outputs_of(f, arguments)
    entries: list[Entry] = []
    total = 0
    with _data_of_their_own([leaf for _, leaf in found]):
        _check_deterministic(outputs)
        leaves = _by_name(found)  # after the first call, in which a Module names its parameters
        for order in range(1, max(orders) + 1):
            if order > 1:
                outputs, leaves = _gradient_function(outputs, leaves, rng)
            if order in orders:
                entries += _entries(order, outputs, leaves, settings, rng)
                total += sum(leaf.size for leaf in leaves.values())
    report = Report(entries, total)
    if raise_exception and not report:
        raise AssertionError(report.to_text())
    return report


# -- inputs and outputs --------------------------------------------------------------------------------------------


def _prepared(f: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Sequence[Any], list[tuple[str, Tensor]]]:
    """What to call `f` with, and the leaves among it, with the names of the arguments."""
    names = _argument_names(f, len(inputs))
    arguments = [_argument(name, value) for name, value in zip(names, inputs, strict=True)]
    pairs = zip(names, arguments, strict=True)
    leaves = [(name, value) for name, value in pairs if isinstance(value, Tensor) and value.requires_grad]
    if not leaves:
        raise ValueError("gradcheck: no input requires a gradient; pass arrays, or Tensors with requires_grad=True")
    if _takes_nothing(f):
        if any(argument is not value for argument, value in zip(arguments, inputs, strict=True)):
            raise ValueError("gradcheck: f takes no arguments, so the inputs must be the leaves that it uses itself")
        arguments = []
    return arguments, leaves


def _by_name(leaves: Sequence[tuple[str, Tensor]]) -> dict[str, Tensor]:
    """The leaves by their own names, or by those of the arguments where they have none or share one."""
    named: dict[str, Tensor] = {}
    for argument, leaf in leaves:
        label = leaf.name or argument
        named[label if label not in named else f"{label} ({argument})"] = leaf
    return named


def _argument(name: str, value: Any) -> Any:
    """An input as `f` gets it: a leaf where a gradient is to be checked."""
    if not isinstance(value, Tensor | np.ndarray | np.generic):
        return value
    wanted = value.requires_grad if isinstance(value, Tensor) else value.dtype.kind in "fc"
    if not wanted:
        return value
    if value.dtype not in _PRECISE:
        raise TypeError(
            f"gradcheck: {name} {value.shape} is {value.dtype}, too coarse for finite differences; convert it with"
            " astype('float64'), or make the model with dtype='float64'"
        )
    if isinstance(value, Tensor) and value.is_leaf:
        return value
    data = value.data if isinstance(value, Tensor) else value
    return Tensor(np.array(data), requires_grad=True)


_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _takes_nothing(f: Callable[..., Any]) -> bool:
    return not any(parameter.kind in (*_NAMED, parameter.VAR_POSITIONAL) for parameter in _parameters(f))


def _argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Names for the inputs: those of the arguments of `f` where it has them, else numbers."""
    names = [parameter.name for parameter in _parameters(f) if parameter.kind in _NAMED][:count]
    return names + [f"input {number}" for number in range(len(names), count)]


def _parameters(f: Callable[..., Any]) -> list[inspect.Parameter]:
    """What `f` takes; some builtins do not tell, and may take anything."""
    try:
        return list(inspect.signature(f).parameters.values())
    except ValueError:
        return [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]


def _outputs_of(f: Callable[..., Any], arguments: Sequence[Any]) -> Outputs:
    def outputs() -> tuple[Tensor, ...]:
        result = f(*arguments)
        results = tuple(result) if isinstance(result, tuple | list) else (result,)
        for output in results:
            if not isinstance(output, Tensor):
                raise TypeError(f"gradcheck: f returned {type(output).__name__}; return a Tensor or a tuple of Tensors")
        inexact = tuple(output for output in results if output.dtype.kind in "fc")
        if not inexact or any(output.dtype not in _PRECISE for output in inexact):
            found = ", ".join(str(output.dtype) for output in results) or "nothing"
            raise TypeError(f"gradcheck: f returned {found}; finite differences need float64 or complex128")
        return inexact

    return outputs


@contextmanager
def _data_of_their_own(leaves: Sequence[Tensor]) -> Iterator[None]:
    """A block in which the leaves hold copies of their data, which may be written into."""
    originals = [leaf.data for leaf in leaves]
    try:
        for leaf in leaves:
            leaf.data = np.array(leaf.data)
        yield
    finally:
        for leaf, original in zip(leaves, originals, strict=True):
            leaf.data = original


def _check_deterministic(outputs: Outputs) -> None:
    first, second = ([output.data.copy() for output in outputs()] for _ in range(2))
    same = len(first) == len(second) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-10, atol=1e-12, equal_nan=True)
        for a, b in zip(first, second, strict=True)
    )
    if not same:
        raise ValueError(
            "gradcheck: f gave two different results for the same inputs; draw random numbers outside of f, or switch"
            " dropout off with eval()"
        )


# -- both derivatives ----------------------------------------------------------------------------------------------


def _entries(
    order: int, outputs: Outputs, leaves: dict[str, Tensor], settings: Settings, rng: np.random.Generator
) -> list[Entry]:
    """Both derivatives, of the sum of the weighted outputs, for each entry that is to be checked."""
    values = outputs()
    weights = _weights(values, rng)
    analytic = _analytic(values, weights, list(leaves.values()))
    del values

    def weighted() -> Vector:
        pairs = zip(outputs(), weights, strict=True)
        parts = [np.real(np.conj(weight) * output.data).reshape(-1) for output, weight in pairs]
        return np.concatenate(parts) if parts else np.zeros(0)

    entries = []
    chosen = _choice([leaf.size for leaf in leaves.values()], settings.max_entries, rng)
    for (name, leaf), gradient, positions in zip(leaves.items(), analytic, chosen, strict=True):
        for position in positions:
            index = tuple(int(i) for i in np.unravel_index(position, leaf.shape))
            numeric = _numeric(weighted, leaf.data, index, settings)
            tolerance = settings.tolerance(numeric.value)
            computed = gradient[index].item()
            verdict = Verdict.PASS if abs(computed - numeric.value) <= tolerance else Verdict.FAIL
            entries.append(Entry(order, name, index, computed, numeric.value, numeric.error, tolerance, verdict))
    return entries


def _weights(outputs: Sequence[Tensor], rng: np.random.Generator) -> list[Any]:
    """What makes one real number of the outputs: 1 if they are one already, so that its gradient is what is shown."""
    if len(outputs) == 1 and outputs[0].size == 1 and outputs[0].dtype.kind == "f":
        return [np.ones(outputs[0].shape)]
    return [_random_like(output.data, rng) for output in outputs]


def _random_like(array: np.ndarray[Any, Any], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Random weights, none of them close to 0, where an error would hide."""
    signs = rng.choice((-1.0, 1.0), array.shape)
    weights: Any = signs * rng.uniform(0.5, 1.5, array.shape)
    if array.dtype.kind == "c":
        weights = weights * np.exp(2j * np.pi * rng.random(array.shape))
    return np.asarray(weights)


def _analytic(outputs: Sequence[Tensor], weights: Sequence[Any], leaves: Sequence[Tensor]) -> list[Any]:
    """The gradients by the engine; zeros for a leaf that it does not find among the ancestors."""
    known = [(output, weight) for output, weight in zip(outputs, weights, strict=True) if output.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(leaves)
    if known:
        found = gradients([output for output, _ in known], leaves, [weight for _, weight in known], allow_unused=True)
    return [np.zeros_like(leaf.data) if g is None else g.data for g, leaf in zip(found, leaves, strict=True)]


def _numeric(weighted: Callable[[], Vector], data: Any, index: tuple[int, ...], settings: Settings) -> Estimate:
    """The measured derivative for one entry of the data of a leaf."""
    original = data[index]

    def at(value: complex) -> Vector:
        data[index] = value
        return weighted()

    def measured(function: Callable[[float], Vector], part: Any) -> Estimate:
        return slope(function, float(part), settings.eps, settings.tolerance)

    try:
        if data.dtype.kind != "c":
            return measured(at, original)
        real = measured(lambda part: at(complex(part, original.imag)), original.real)
        imaginary = measured(lambda part: at(complex(original.real, part)), original.imag)
        return Estimate(real.value + 1j * imaginary.value, float(np.hypot(real.error, imaginary.error)))
    finally:
        data[index] = original


def _choice(sizes: Sequence[int], max_entries: int | None, rng: np.random.Generator) -> list[Any]:
    """Flat positions to check in each input: all, or `max_entries` in all, no input having far more than its share."""
    left = sum(sizes) if max_entries is None else max_entries
    quotas = [0] * len(sizes)
    for rank, number in enumerate(np.argsort(sizes, kind="stable")):  # what small inputs do not need, large ones get
        quotas[number] = min(sizes[number], -(-left // (len(sizes) - rank)))
        left -= quotas[number]
    chosen = (rng.choice(size, quota, replace=False) for size, quota in zip(sizes, quotas, strict=True) if size)
    return [np.sort(next(chosen)) if size else np.zeros(0, int) for size in sizes]


# -- one order more ------------------------------------------------------------------------------------------------


def _gradient_function(
    outputs: Outputs, leaves: dict[str, Tensor], rng: np.random.Generator
) -> tuple[Outputs, dict[str, Tensor]]:
    """The gradients of the weighted outputs, as a function of the leaves and of the weights."""
    weights = [Tensor(_random_like(output.data, rng), requires_grad=True) for output in outputs()]
    targets = list(leaves.values())

    def gradient() -> tuple[Tensor, ...]:
        known = [(output, weight) for output, weight in zip(outputs(), weights, strict=True) if output.requires_grad]
        if not known:
            return ()
        values, seeds = zip(*known, strict=True)
        found = gradients(values, targets, seeds, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None)

    named = {_fresh(f"grad_output {number}", leaves): weight for number, weight in enumerate(weights)}
    return gradient, leaves | named


def _fresh(name: str, taken: dict[str, Tensor]) -> str:
    return name if name not in taken else _fresh(f"{name}'", taken)
