"""The samples of an op: the ``>>>`` lines of its docstring, as arguments that it can be called with.

A line may use every op of the registry and a few generators of arrays, which `Generators` lists. It is evaluated with
a recorder in the place of the op itself.
"""

from __future__ import annotations

import doctest
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Definition, registry

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Sample:
    """One call of an op: the source line, and the arguments in the order of the signature, defaults filled in."""

    op: Definition
    line: str
    values: tuple[Any, ...]

    def arrays(self) -> dict[str, Array]:
        """The array arguments by name, those of a sequence as ``name[i]``; without those that are no arrays."""
        return {label: value for label, _, value in self._places() if isinstance(value, np.ndarray)}

    def variables(self) -> dict[str, Array]:
        """The array arguments for which the op has a derivative."""
        wanted = {label: value for label, name, value in self._places() if self.op.takes_gradient(name)}
        return {label: x for label, x in wanted.items() if isinstance(x, np.ndarray) and x.dtype.kind in "fc"}

    def call(self, arrays: Mapping[str, Any], function: Callable[..., Any] | None = None) -> Any:
        """The op, or `function` with its signature, on these arguments, some of the arrays being replaced."""
        return self.op.bind(function or self.op.function, self.replaced(arrays))

    def replaced(self, arrays: Mapping[str, Any]) -> tuple[Any, ...]:
        """The arguments, with some of the arrays replaced."""
        values = []
        for (name, role), value in zip(self.op.roles.items(), self.values, strict=True):
            if role == "arrays":
                values.append(tuple(arrays.get(f"{name}[{i}]", item) for i, item in enumerate(value)))
            else:
                values.append(arrays.get(name, value))
        return tuple(values)

    def _places(self) -> Iterator[tuple[str, str, Any]]:
        for (name, role), value in zip(self.op.roles.items(), self.values, strict=True):
            if role == "arrays":
                yield from ((f"{name}[{i}]", name, item) for i, item in enumerate(value))
            elif role == "array":
                yield name, name, value


def lines_of(op: Definition) -> list[str]:
    """The source lines of the samples of `op`."""
    return [example.source.strip() for example in doctest.DocTestParser().get_examples(op.doc)]


def samples(op: Definition, seed: int = 0) -> list[Sample]:
    """The samples in the docstring of `op`, with arrays from a generator of this seed.

    Raises ValueError for a line that cannot be evaluated, or does not call the op.
    """
    names = {name: known.function for name, known in registry.items()} | Generators(seed).by_name()
    found: list[Sample] = []
    for line in lines_of(op):
        recorded: list[Sample] = []
        try:
            eval(line, {"np": np, **names, op.name: _recorder(op, line, recorded)})  # the package's own source text
        except Exception as error:
            raise ValueError(f"the sample {line!r} of op {op.name} fails: {error}") from error
        if not recorded:
            raise ValueError(f"the sample {line!r} of op {op.name} does not call it")
        found += recorded
    return found


def _recorder(op: Definition, line: str, found: list[Sample]) -> Callable[..., Any]:
    def record(*args: Any, **kwargs: Any) -> Any:
        bound = op.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        found.append(Sample(op, line, tuple(bound.arguments[name] for name in op.roles)))
        return op.function(*args, **kwargs)

    return record


def called_at_its_definition(function: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, which calls `function` with a sample, as if that stood on the first line of its definition.

    Who looks for the user's line, above `function` itself, finds no line that runs samples.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return call
    source = "\n" * (code.co_firstlineno - 1) + "lambda *args, **kwargs: call(*args, **kwargs)"
    calling = eval(compile(source, code.co_filename, "eval"), {"call": call})
    return functools.wraps(call)(calling)


def off_default(op: Definition, found: list[Sample]) -> dict[str, bool]:
    """For each argument with a default, whether one of the samples gives it another value."""
    parameters = [(i, p) for i, p in enumerate(op.signature.parameters.values()) if p.default is not inspect._empty]
    return {p.name: any(not _same(sample.values[i], p.default) for sample in found) for i, p in parameters}


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(np.array_equal(value, default)))


class Generators:
    """What samples make their arrays with: float64, from a seeded generator."""

    def __init__(self, seed: int):
        self._rng = np.random.default_rng(seed)

    def by_name(self) -> dict[str, Callable[..., Array]]:
        """The generators under the names that samples use."""
        return {name: getattr(self, name) for name in ("randn", "positive", "distinct", "integers", "mask")}

    def randn(self, *shape: int) -> Array:
        """Standard normal numbers."""
        return np.asarray(self._rng.standard_normal(shape))

    def positive(self, *shape: int) -> Array:
        """Numbers from 0.5 to 2: positive and away from 0."""
        return np.asarray(self._rng.uniform(0.5, 2.0, shape))

    def distinct(self, *shape: int) -> Array:
        """Odd multiples of 0.1, in random order: no two are equal and none is near 0, so no kink is near either."""
        size = int(np.prod(shape))
        levels = np.arange(size) - size // 2
        return self._rng.permutation(0.2 * levels + 0.1).reshape(shape)

    def integers(self, high: int, *shape: int) -> Array:
        """Integers from 0 to high - 1."""
        return np.asarray(self._rng.integers(0, high, shape))

    def mask(self, *shape: int) -> Array:
        """Booleans, half of them true."""
        size = int(np.prod(shape))
        return self._rng.permutation(np.arange(size) % 2 == 0).reshape(shape)
