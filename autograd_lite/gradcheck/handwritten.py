"""A hand-written pair of functions, forward and backward, called the way their signatures ask for."""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import numpy as np

from .layers import Layer, Parameter, is_variable, value_at
from .saved import saved_arrays

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
    layer: Any = None  # in the state in which backward has left it


class Pair:
    """A hand-written ``forward`` and ``backward``: functions, or methods of one object, a layer.

    inputs: values that fix the shapes; the arrays of the layer that `backward` leaves gradients of are added to them.
    outputs: how many of the values that `forward` returns are outputs; the others are its cache. wrt: the names of the
    inputs whose gradients are wanted. None: as the signatures tell.
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
        self.layer = Layer(_owner(forward)) if _owner(forward) is not None else None
        self.owned = self.layer is not None and _owner(backward) is self.layer.owner
        self._held: list[Parameter] = []
        self.inputs = [_precise(value) for value in inputs]
        self.names = _argument_names(forward, len(inputs))
        result = _values(self._bound(self.inputs)[0](*copy.deepcopy(self.inputs)))
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
        self._other = self._hold()
        if unknown := {*(wrt or ())} - {*self.names, *(parameter.name for parameter in self._other)}:
            raise ValueError(f"check_backward: wrt names {sorted(unknown)}; the inputs are {', '.join(self.names)}")

    @property
    def keeps_state(self) -> bool:
        """Whether forward may leave behind what `backward` needs: it is a layer, or `backward` gets only dout."""
        return self.owned or (self._convention == "nothing" and not self._results)

    def _hold(self) -> list[Parameter]:
        """Makes the arrays of the layer that have gradients inputs; returns its other parameters."""
        if self.layer is None:
            return []
        try:
            used = self.run(self.inputs, [np.ones(out.shape) for out in self.evaluate(self.inputs)]).layer
        except Exception:  # what backward raises is told when it is examined
            used = None
        found = [one for one in self.layer.parameters(used if self.owned else None, self.names) if self._lasts(one)]
        self._held = [parameter for parameter in found if parameter.gradient]
        self.names += [parameter.name for parameter in self._held]
        self.inputs += [_precise(parameter.array) for parameter in self._held]
        return [parameter for parameter in found if not parameter.gradient]

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

    def _bound(
        self, values: Sequence[Any], other: Mapping[int, Array] | None = None
    ) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
        """Both functions; if they are methods, those of a copy of the layer that has these values, and the copy.

        other: values of further arrays of the layer, by their ids.
        """
        if self.layer is None:
            return self.forward, self.backward, None
        held = {id(parameter.array): value for parameter, value in zip(self._held, values[self.given :], strict=True)}
        layer = self.layer.copied({**held, **(other or {})})
        backward = _method_of(layer, self.backward) if self.owned else self.backward
        return _method_of(layer, self.forward), backward, layer

    def _lasts(self, parameter: Parameter) -> bool:
        """Whether forward leaves an array as it is; what it overwrites is the state of the layer."""
        moved = _moved(parameter.array)
        forward, _, layer = self._bound(self.inputs, {id(parameter.array): moved.copy()})
        try:
            with np.errstate(all="ignore"):
                forward(*copy.deepcopy(self.inputs))
        except Exception:  # beyond the domain of forward
            return True
        return bool(np.array_equal(value_at(layer, parameter.path), moved))

    @property
    def given(self) -> int:
        """How many inputs forward is called with; the others are in the layer."""
        return len(self.names) - len(self._held)

    def evaluate(self, values: Sequence[Any], other: Mapping[int, Array] | None = None) -> tuple[Array, ...]:
        """The outputs, of copies of the values."""
        values = [value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value) for value in values]
        return self._split(self._bound(values, other)[0](*values[: self.given]))[0]

    def saved(self, values: Sequence[Any]) -> dict[str, Array]:
        """The arrays that forward leaves for backward, in its cache or in the layer, by the student's names."""
        given = copy.deepcopy(list(values))
        forward, _, layer = self._bound(given)
        rest = self._split(forward(*given[: self.given]))[1]
        functions = self.forward, self.backward
        if not rest:
            return saved_arrays(layer, "self", functions) if self.owned else {}
        names = _positional(self.backward)[0][self.count * (self.takes_upstream + self._results) :]
        if self._convention == "cache":
            return saved_arrays(rest[0] if len(rest) == 1 else tuple(rest), names[0] if names else "cache", functions)
        parts = [saved_arrays(value, name, functions) for name, value in zip(names, rest, strict=False)]
        return {key: array for part in parts for key, array in part.items()}

    def run(self, values: Sequence[Any], douts: Sequence[Array], between: Any = None, repair: bool = False) -> Run:
        """Both functions, with copies of everything, noting who changes what.

        between: other values, for which forward is called before backward is. repair: where forward has overwritten an
        input that its cache holds, backward gets the input as it was.
        """
        given, upstream = copy.deepcopy(list(values)), copy.deepcopy(list(douts))
        forward, backward, layer = self._bound(given)
        outputs, rest = self._split(forward(*given[: self.given]))
        changed = {("forward", name) for name in _differing(self.names, values, given)}
        if repair:
            rest = [_replaced(value, given, values) for value in rest]
        if between is not None:
            forward(*copy.deepcopy(list(between[: self.given])))
        before = copy.deepcopy((given, rest))
        outputs = copy.deepcopy(outputs)
        result = backward(*self._arguments(upstream, list(outputs), rest, given[: self.given]))
        changed |= {("backward", name) for name in _differing(self.names, before[0], given)}
        changed |= {("backward", name) for name in _differing(self.upstream_names, douts, upstream)}
        changed |= {("backward", "the cache") for _ in _differing(["cache"] * len(rest), before[1], rest)}
        return Run(outputs, self._by_name(copy.deepcopy(result), values, layer), changed, layer)

    def without_gradient(self, gradients: Mapping[str, Array | None]) -> dict[str, bool]:
        """The variables that have none of these gradients, and whether the output depends on each."""
        found = {}
        for position, (name, value) in enumerate(zip(self.names, self.inputs, strict=True)):
            if is_variable(value) and gradients.get(name) is None:
                moved = [*self.inputs[:position], _moved(value), *self.inputs[position + 1 :]]
                found[name] = self._differs(moved)
        moved_other = {
            held.name: self._differs(self.inputs, {id(held.array): _moved(held.array)}) for held in self._other
        }
        return found | moved_other

    def _differs(self, values: Sequence[Any], other: Mapping[int, Array] | None = None) -> bool:
        """Whether the outputs are others than those of the inputs."""
        try:
            with np.errstate(all="ignore"):
                return not _same(self.evaluate(self.inputs), self.evaluate(values, other))
        except Exception:  # beyond the domain of forward, which must have looked at it
            return True

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

    def _by_name(self, result: Any, inputs: Sequence[Any], layer: Any) -> dict[str, Array | None]:
        """The gradients that `backward` returned or left in the layer, by the names of their inputs."""
        given = self.names[: self.given]
        arrays = [name for name, value in zip(given, inputs, strict=False) if is_variable(value)]
        if isinstance(result, Mapping):
            forms = ("d{}", "{}", "grad_{}", "{}_grad", "d_{}")
            keys = {name: next((f.format(name) for f in forms if f.format(name) in result), None) for name in arrays}
            found = {name: _as_array(result[key]) for name, key in keys.items() if key is not None}
        else:
            values = _values(result)
            wanted = [name for name in self.wrt or () if name in given]
            names = next((some for some in (wanted, arrays, given) if some and len(some) >= len(values)), arrays)
            if len(values) > len(names):
                raise CallError(f"backward returns {len(values)} gradients for {len(names)} inputs: {', '.join(names)}")
            found = {name: _as_array(value) for name, value in zip(names, values, strict=False)}
        found = {name: value for name, value in found.items() if name in arrays}
        found |= {held.name: _as_array(value_at(layer, held.gradient or ())) for held in self._held}
        for name, value in found.items():
            if value is not None and value.dtype.kind not in "iubfc":
                raise CallError(f"the gradient of {name} has the dtype {value.dtype}, which is none of numbers")
        return {name: value for name, value in found.items() if self.wrt is None or name in self.wrt}


def _precise(value: Any) -> Any:
    return value.astype(np.float64) if is_variable(value) else copy.deepcopy(value)


def _moved(value: Array) -> Array:
    """Other values nearby, larger ones, as square roots and logarithms prefer."""
    return value + np.linspace(0.05, 0.15, value.size).reshape(value.shape)


def _owner(function: Any) -> Any:
    """The object that a function is a method of."""
    owner = getattr(function, "__self__", None)
    return owner if isinstance(function, MethodType) and not isinstance(owner, type) else None


def _method_of(owner: Any, method: Any) -> Callable[..., Any]:
    return MethodType(method.__func__, owner)


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
