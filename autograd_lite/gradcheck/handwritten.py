"""A hand-written pair of functions, forward and backward, called the way their signatures ask for."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_UPSTREAM = re.compile(r"d|grad|up")  # how names of gradients of outputs begin: dout, dnext_h, grad_output, upstream
_OUTPUT = re.compile(r"outs?|outputs?|y")
_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class CallError(ValueError):
    """A pair does not keep to the convention."""


@dataclass
class Run:
    """What one call of both functions gave and what it changed."""

    outputs: tuple[Array, ...]
    gradients: dict[str, Array | None]
    changed: set[tuple[str, str]] = field(default_factory=set)  # by whom, what: ("backward", "dout")


class Pair:
    """A hand-written ``forward`` and ``backward``.

    inputs: values that fix the shapes. outputs: how many of the values that `forward` returns are outputs; the others
    are its cache. wrt: the names of the inputs that `backward` returns gradients of. None: as the signatures tell.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        inputs: Sequence[Any],
        outputs: int | None = None,
        wrt: Sequence[str] | None = None,
    ):
        self.forward, self.backward, self.wrt = forward, backward, wrt
        self.names = _argument_names(forward, len(inputs))
        result = _values(forward(*copy.deepcopy(list(inputs))))
        names, self._required, self._most = _positional(backward)
        known = {*self.names, "cache"}
        self.takes_upstream = bool(names or self._most) and not (names and names[0] in known)
        leading = [name for name in names if name not in known and _UPSTREAM.match(name)]
        count = max(1, min(len(result), len(leading))) if outputs is None else outputs
        if not 1 <= count <= len(result):
            raise ValueError(f"check_backward: outputs={count}, but forward returns {len(result)} values")
        if not self.takes_upstream and any(np.size(value) != 1 for value in result[:count]):
            raise ValueError(
                f"check_backward: backward{tuple(names)} takes no gradient of the output; its first parameter must be"
                " that, named dout, unless the output is one number"
            )
        self.count = count
        self._convention = self._choose(names, len(result) - count)

    @property
    def keeps_state(self) -> bool:
        """Whether `backward` gets only dout, so that forward must have left something behind."""
        return self._convention == "nothing" and not self._results

    def _choose(self, names: Sequence[str], rest: int) -> str:
        """What `backward` takes after the gradients of the outputs: the first of these that its signature allows."""
        before = self.count if self.takes_upstream else 0
        named = [n for n in names[before : before + self.count] if _OUTPUT.fullmatch(n) and n not in self.names]
        for results in (self.count, 0) if len(named) == self.count else (0,):
            self._results = results
            for convention, size in self._sizes(names[before + results :], rest).items():
                if size >= 0 and self._required <= before + results + size <= self._most:
                    return convention
        raise ValueError(
            f"check_backward: cannot tell how to call backward({', '.join(names)}); it may take (dout, cache), where"
            " forward returns (out, cache), or (dout, *inputs of forward), or (dout); wrap it in a lambda that does"
        )

    def _sizes(self, left: Sequence[str], rest: int) -> dict[str, int]:
        """How many arguments there are by each convention; -1 where it does not apply."""
        inputs = len(self.names)
        sizes = {"cache": 1, "values": rest, "values and inputs": rest + inputs} if rest else {}
        if rest and self._results:
            return sizes
        return sizes | {"inputs": inputs, "named": len(left) if {*left} <= {*self.names} else -1, "nothing": 0}

    def evaluate(self, values: Sequence[Any]) -> tuple[Array, ...]:
        """The outputs, of copies of the values."""
        return self._split(self.forward(*copy.deepcopy(list(values))))[0]

    def run(self, values: Sequence[Any], douts: Sequence[Array], between: Any = None, repair: bool = False) -> Run:
        """Both functions, with copies of everything, noting who changes what.

        between: other values, for which forward is called before backward is. repair: where forward has overwritten an
        input that its cache holds, backward gets the input as it was.
        """
        given, upstream = copy.deepcopy(list(values)), copy.deepcopy(list(douts))
        outputs, rest = self._split(self.forward(*given))
        changed = {("forward", name) for name in _differing(self.names, values, given)}
        if repair:
            rest = [_replaced(value, given, values) for value in rest]
        if between is not None:
            self.forward(*copy.deepcopy(list(between)))
        before = copy.deepcopy((given, rest))
        outputs = copy.deepcopy(outputs)
        result = self.backward(*self._arguments(upstream, list(outputs), rest, given))
        changed |= {("backward", name) for name in _differing(self.names, before[0], given)}
        changed |= {("backward", name) for name in _differing(self.upstream_names, douts, upstream)}
        changed |= {("backward", "the cache") for _ in _differing(["cache"] * len(rest), before[1], rest)}
        return Run(outputs, self._by_name(copy.deepcopy(result), values), changed)

    @property
    def upstream_names(self) -> list[str]:
        """What the gradients of the outputs are called."""
        names = _positional(self.backward)[0]
        return names[: self.count] if self.takes_upstream and len(names) >= self.count else ["dout"] * self.count

    def _split(self, result: Any) -> tuple[tuple[Array, ...], list[Any]]:
        values = _values(result)
        return tuple(np.asarray(value) for value in values[: self.count]), values[self.count :]

    def _arguments(self, douts: list[Array], outputs: list[Array], rest: list[Any], inputs: list[Any]) -> list[Any]:
        after = (
            {
                "cache": [rest[0] if len(rest) == 1 else tuple(rest)],
                "values": rest,
                "values and inputs": rest + inputs,
                "inputs": inputs,
                "named": [],
                "nothing": [],
            }
            if rest
            else {"inputs": inputs}
        )
        arguments = (douts if self.takes_upstream else []) + (outputs if self._results else [])
        if self._convention == "named":
            names = _positional(self.backward)[0][len(arguments) :]
            return arguments + [inputs[self.names.index(name)] for name in names]
        return arguments + after.get(self._convention, [])

    def _by_name(self, result: Any, inputs: Sequence[Any]) -> dict[str, Array | None]:
        """The gradients that `backward` returned, by the names of the inputs they belong to."""
        arrays = [name for name, value in zip(self.names, inputs, strict=True) if is_variable(value)]
        if isinstance(result, Mapping):
            forms = ("d{}", "{}", "grad_{}", "{}_grad", "d_{}")
            keys = {name: next((f.format(name) for f in forms if f.format(name) in result), None) for name in arrays}
            found = {name: _as_array(result[key]) for name, key in keys.items() if key is not None}
        else:
            values = _values(result)
            names = list(self.wrt or (self.names if len(values) == len(self.names) else arrays))
            if len(values) > len(names):
                raise CallError(f"backward returns {len(values)} gradients for {len(names)} inputs: {', '.join(names)}")
            found = {name: _as_array(value) for name, value in zip(names, values, strict=False)}
        return {name: value for name, value in found.items() if name in arrays}


class Layer:
    """A pair made of an object with methods ``forward`` and ``backward``.

    Its own arrays are inputs as well, if backward leaves their gradients in it: ``dw``, ``grad_w`` or ``w_grad``.
    """

    def __init__(self, layer: Any, inputs: Sequence[Any]):
        self.layer, self.count = layer, len(inputs)
        trial = copy.deepcopy(layer)
        outputs = trial.forward(*copy.deepcopy(list(inputs)))
        trial.backward(np.ones_like(outputs))
        self.parameters = {
            name: gradient
            for name, value in vars(layer).items()
            if is_variable(value)
            for gradient in (f"d{name}", f"grad_{name}", f"{name}_grad")
            if isinstance(getattr(trial, gradient, None), np.ndarray)
        }
        self.inputs = [*inputs, *(getattr(layer, name) for name in self.parameters)]
        self.names = [*_argument_names(layer.forward, self.count), *self.parameters]

    def forward(self, *values: Any) -> tuple[Any, Any]:
        """The output, and as cache the layer in the state in which this has left it."""
        layer = copy.deepcopy(self.layer)
        for name, value in zip(self.parameters, values[self.count :], strict=True):
            setattr(layer, name, value)
        return layer.forward(*values[: self.count]), [layer]

    def backward(self, dout: Array, cache: list[Any]) -> tuple[Any, ...]:
        """The gradients that `backward` returns, and those that it leaves in the layer."""
        layer = copy.deepcopy(cache[0])
        returned = _values(layer.backward(dout))
        missing = [None] * (self.count - len(returned))
        return (*returned, *missing, *(getattr(layer, name) for name in self.parameters.values()))


def is_variable(value: Any) -> bool:
    """Whether an input has a gradient: an array of real numbers."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _values(result: Any) -> list[Any]:
    return list(result) if isinstance(result, tuple | list) else [result]


def _as_array(value: Any) -> Array | None:
    return None if value is None else np.asarray(value)


def _positional(function: Callable[..., Any]) -> tuple[list[str], int, float]:
    """Names of the positional parameters, how many have to be given, and how many may."""
    parameters = list(inspect.signature(function).parameters.values())
    named = [parameter for parameter in parameters if parameter.kind in _NAMED]
    open_ended = any(parameter.kind == parameter.VAR_POSITIONAL for parameter in parameters)
    required = sum(parameter.default is parameter.empty for parameter in named)
    return [parameter.name for parameter in named], required, np.inf if open_ended else len(named)


def _argument_names(function: Callable[..., Any], count: int) -> list[str]:
    owner = getattr(function, "__self__", None)
    if isinstance(owner, Layer):
        return owner.names
    names = _positional(function)[0][:count]
    return names + [f"input {number}" for number in range(len(names), count)]


def _differing(names: Sequence[str], before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    return [name for name, a, b in zip(names, before, after, strict=True) if not _same(a, b)]


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return not isinstance(a, np.ndarray) or bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


def _replaced(value: Any, changed: Sequence[Any], originals: Sequence[Any]) -> Any:
    """A cache in which each array that is one of the changed ones is a copy of the original."""
    if isinstance(value, tuple | list):
        return type(value)(_replaced(part, changed, originals) for part in value)
    if isinstance(value, Mapping):
        return {key: _replaced(part, changed, originals) for key, part in value.items()}
    for now, original in zip(changed, originals, strict=True):
        arrays = isinstance(value, np.ndarray) and isinstance(now, np.ndarray)
        if arrays and value.shape == now.shape and np.shares_memory(value, now):
            return original.copy()
    return value
