"""A hand-written pair of functions, forward and backward, called the way their signatures ask for."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MethodType
from typing import Any

import numpy as np

from .convention import convention
from .layers import Array, Layer, Parameter, gradient_names, is_variable, value_at
from .saved import saved_arrays
from .signatures import argument_names


class CallError(ValueError):
    """A pair does not keep to the convention."""


@dataclass
class Run:
    """What one call of both functions gave and what it changed."""

    outputs: tuple[Array, ...]
    gradients: dict[str, Array | None]
    changed: set[tuple[str, str]] = field(default_factory=set)  # by whom, what: ("backward", "dout")
    layer: Any = None  # in the state in which backward has left it
    unread: tuple[str, ...] = ()  # what backward returns that is the gradient of no array


class Pair:
    """A hand-written ``forward`` and ``backward``: functions, or methods of one object, a layer.

    inputs: values that fix the shapes. Added to them are the arrays of a dict among them, if `backward` returns
    gradients by its keys, and those of the layer that `backward` leaves gradients of.
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
        self.given = len(inputs)  # what forward is called with; what else are inputs is in the layer
        self.names, self.inputs = argument_names(forward, self.given), [_precise(value) for value in inputs]
        self._keys: list[tuple[int, str]] = []  # of arrays in dicts: the number of the input, and the key
        self._held: list[Parameter] = []
        values = _values(self._bound(self.inputs)[0](*copy.deepcopy(self.inputs)))
        self.convention = convention(forward, backward, self.names, values, outputs)
        tried = self._tried()
        self._keys = self._returned(tried.unread if tried is not None else ())
        self.names += [key for _, key in self._keys]
        self.inputs += [_precise(self.inputs[number][key]) for number, key in self._keys]
        found = self._parameters(tried)
        self._held = [parameter for parameter in found if parameter.gradient]
        self._other = [parameter for parameter in found if not parameter.gradient]
        self.names += [parameter.name for parameter in self._held]
        self.inputs += [_precise(parameter.array) for parameter in self._held]
        if unknown := {*(wrt or ())} - {*self.names, *(parameter.name for parameter in self._other)}:
            raise ValueError(f"check_backward: wrt names {sorted(unknown)}; the inputs are {', '.join(self.names)}")

    @property
    def keeps_state(self) -> bool:
        """Whether forward may leave behind what `backward` needs: it is a layer, or `backward` gets only dout."""
        return self.owned or (self.convention.rest == "nothing" and not self.convention.takes_outputs)

    def _tried(self) -> Run | None:
        try:
            return self.run(self.inputs, [np.ones(out.shape) for out in self.evaluate(self.inputs)])
        except Exception:  # what backward raises is told when it is examined
            return None

    def _returned(self, keys: Sequence[str]) -> list[tuple[int, str]]:
        """The arrays in those dicts of which `backward` returns a gradient under one of these keys."""
        found = []
        for number, holder in enumerate(self.inputs):
            arrays = [key for key, value in holder.items() if is_variable(value)] if isinstance(holder, dict) else []
            if any(name in keys for key in arrays for name in (*gradient_names(key), key)):
                found += [(number, key) for key in arrays if isinstance(key, str) and key not in self.names]
        return found

    def _parameters(self, tried: Run | None) -> list[Parameter]:
        """The arrays of the layer that last, with the places where `backward` leaves their gradients."""
        if self.layer is None:
            return []
        used = tried.layer if tried is not None and self.owned else None
        return [one for one in self.layer.parameters(used, self.names) if self._lasts(one)]

    def _filled(self, values: Sequence[Any]) -> list[Any]:
        """The values, with those of the arrays in dicts in their places."""
        filled = list(values)
        for (number, key), array in zip(self._keys, filled[self.given :], strict=False):
            filled[number] = copy.copy(filled[number])
            filled[number][key] = array
        return filled

    def _bound(
        self, values: Sequence[Any], other: Mapping[int, Array] | None = None
    ) -> tuple[Callable[..., Any], Callable[..., Any], Any]:
        """Both functions; if they are methods, those of a copy of the layer that has these values, and the copy.

        other: values of further arrays of the layer, by their ids.
        """
        if self.layer is None:
            return self.forward, self.backward, None
        own = values[self.given + len(self._keys) :]
        held = {id(parameter.array): value for parameter, value in zip(self._held, own, strict=True)}
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

    def evaluate(self, values: Sequence[Any], other: Mapping[int, Array] | None = None) -> tuple[Array, ...]:
        """The outputs, of copies of the values."""
        values = self._filled(values)
        values = [value.copy() if isinstance(value, np.ndarray) else copy.deepcopy(value) for value in values]
        return self._split(self._bound(values, other)[0](*values[: self.given]))[0]

    def _split(self, result: Any) -> tuple[tuple[Array, ...], list[Any]]:
        """The outputs in what forward returned, and the rest."""
        return self.convention.split(_values(result))

    def saved(self, values: Sequence[Any]) -> dict[str, Array]:
        """The arrays that forward leaves for backward, in its cache or in the layer, by the student's names."""
        given = copy.deepcopy(self._filled(values))
        forward, _, layer = self._bound(given)
        rest = self._split(forward(*given[: self.given]))[1]
        functions = self.forward, self.backward
        if not rest:
            return saved_arrays(layer, "self", functions) if self.owned else {}
        names = self.convention.value_names(self.names)
        if self.convention.rest == "cache":
            return saved_arrays(rest[0] if len(rest) == 1 else tuple(rest), names[0] if names else "cache", functions)
        parts = [saved_arrays(value, name, functions) for name, value in zip(names, rest, strict=False)]
        return {key: array for part in parts for key, array in part.items()}

    def run(self, values: Sequence[Any], douts: Sequence[Array], between: Any = None, repair: bool = False) -> Run:
        """Both functions, with copies of everything, noting who changes what.

        between: other values, for which forward is called before backward is. repair: where forward has overwritten an
        input that its cache holds, backward gets the input as it was.
        """
        values = self._filled(values)
        given, upstream = copy.deepcopy(values), copy.deepcopy(list(douts))
        forward, backward, layer = self._bound(given)
        outputs, rest = self._split(forward(*given[: self.given]))
        changed = {("forward", name) for name in _differing(self.names, values, given)}
        if repair:
            rest = [_replaced(value, given, values) for value in rest]
        if between is not None:
            forward(*copy.deepcopy(self._filled(between)[: self.given]))
        before = copy.deepcopy((given, rest))
        outputs = copy.deepcopy(outputs)
        by_name = dict(zip(self.names[: self.given], given, strict=False))
        result = backward(*self.convention.arguments(upstream, outputs, rest, by_name))
        changed |= {("backward", name) for name in _differing(self.names, before[0], given)}
        changed |= {("backward", name) for name in _differing(self.convention.upstream, douts, upstream)}
        changed |= {("backward", "the cache") for _ in _differing(["cache"] * len(rest), before[1], rest)}
        gradients, unread = self._by_name(copy.deepcopy(result), values, layer)
        return Run(outputs, gradients, changed, layer, unread)

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
                return not same(self.evaluate(self.inputs), self.evaluate(values, other))
        except Exception:  # beyond the domain of forward, which must have looked at it
            return True

    def _by_name(
        self, result: Any, inputs: Sequence[Any], layer: Any
    ) -> tuple[dict[str, Array | None], tuple[str, ...]]:
        """The gradients that `backward` returned or left in the layer, by names of inputs; what else there is."""
        returned = [result] if isinstance(result, Mapping) else _values(result)
        by_key = {key: value for part in returned if isinstance(part, Mapping) for key, value in part.items()}
        values = [value for value in returned if not isinstance(value, Mapping)]
        given = self.names[: self.given + (0 if by_key else len(self._keys))]
        arrays = [name for name, value in zip(given, inputs, strict=False) if is_variable(value)]
        wanted = [name for name in self.wrt or () if name in given]
        names = next((some for some in (wanted, arrays, given) if some and len(some) >= len(values)), arrays)
        if len(values) > len(names):
            raise CallError(f"backward returns {len(values)} gradients for {len(names)} inputs: {', '.join(names)}")
        all_found = {name: _as_array(value) for name, value in zip(names, values, strict=False)}
        keyed = [*arrays, *(key for _, key in self._keys)]
        keys = {name: [key for key in (*gradient_names(name), name) if key in by_key] for name in keyed}
        all_found |= {name: _as_array(by_key[known[0]]) for name, known in keys.items() if known}
        own = {key for held in self._held for key in gradient_names(held.name)}
        read = {key for known in keys.values() for key in known} | own
        unread = [name for name, value in all_found.items() if name not in {*arrays, *keyed} and value is not None]
        unread += [str(key) for key, value in by_key.items() if key not in read and value is not None]
        found = {name: value for name, value in all_found.items() if name in {*arrays, *keyed}}
        found |= {held.name: _as_array(value_at(layer, held.gradient or ())) for held in self._held}
        for name, value in found.items():
            if value is not None and value.dtype.kind not in "iubfc":
                raise CallError(f"the gradient of {name} has the dtype {value.dtype}, which is none of numbers")
        gradients = {name: value for name, value in found.items() if self.wrt is None or name in self.wrt}
        return gradients, tuple(unread)


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


def _differing(names: Sequence[str], before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    return [name for name, a, b in zip(names, before, after, strict=True) if not same(a, b)]


def same(a: Any, b: Any) -> bool:
    """Whether two values, or all in two containers, are the same arrays, or None; anything else counts as the same."""
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if not isinstance(a, np.ndarray) or b is None:
        return (a is None) == (b is None)
    return bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))


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
