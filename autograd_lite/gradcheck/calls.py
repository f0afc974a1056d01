"""One recorded operation by itself: its derivative along a random direction, computed and measured."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from ..core import Call, Definition, Handle, gradients, raw
from ..tensor import Tensor
from .complex_step import confirmed
from .holomorphic import is_holomorphic
from .numeric import Estimate, Function, Slope, Vector, one_sided, slope

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]

_WIDE = {"e": np.dtype(np.float64), "f": np.dtype(np.float64), "F": np.dtype(np.complex128)}  # by the code of a dtype


@dataclass(frozen=True)
class Case:
    """An operation with the arguments of one call, and which of its derivatives is in question.

    values: one for each argument of the signature, arrays without handles. variables: the arrays that it is
    differentiated for, those of a sequence as ``arrays[1]``. levels: the weights of the outputs, by name, if it is the
    derivative of the gradient, a function of the variables and of these; in third order those of that gradient, too.
    constants: arrays with a history for which it has no derivative. rounding: units in the last place that a computed
    derivative may be off by; samples of the operations need up to 64. beside: how much of the weights counts beside it,
    for what cancels in a formula. sharply: measure it by a complex step, where there is one.
    """

    op: Definition
    values: Mapping[str, Any]
    variables: tuple[str, ...]
    levels: tuple[Arrays, ...] = ()
    constants: tuple[str, ...] = ()
    rounding: float = 200
    beside: float = 1.0
    sharply: bool = False

    @classmethod
    def of(cls, call: Call, snapshot: Callable[[Array], Array] = np.array) -> Case:
        """What a call was given; `snapshot` copies arrays, for nobody knows what is written into them later."""
        values: dict[str, Any] = {}
        variables: list[str] = []
        constants: list[str] = []
        for (name, role), value in zip(call.op.roles.items(), call.arguments.values(), strict=True):
            for label, member in _members(name, value) if role in ("array", "arrays") else ():
                if has_history(member):
                    (variables if call.op.takes_gradient(name) else constants).append(label)
            values[name] = _copied(value, snapshot)
        return cls(call.op, values, tuple(variables), constants=tuple(constants))

    @property
    def order(self) -> int:
        """1: the derivative of the operation; 2: that of its gradient."""
        return len(self.levels) + 1

    @property
    def weights(self) -> Arrays:
        """The weights of all levels."""
        return {label: weight for level in self.levels for label, weight in level.items()}

    @property
    def kind(self) -> Any:
        """What similar cases share: the operation, its parameters, the shapes and dtypes of its arrays."""
        parts = (
            (label, v.shape, v.dtype.str) if isinstance(v, np.ndarray) else (label, repr(v)) for label, v in self._all()
        )
        return self.op.name, self.op.forward, self.variables, *parts

    def arrays(self) -> Arrays:
        """All arrays among the arguments, those of an index too."""
        return {label: value for label, value in self._all() if isinstance(value, np.ndarray)}

    def point(self) -> Arrays:
        """What this derivative is taken for, by name: the variables, and in higher order the weights as well."""
        arrays = self.arrays()
        return {label: arrays[label] for label in self.variables} | self.weights

    def replaced(self, arrays: Mapping[str, Any]) -> Case:
        """The same call with other arrays in the place of some."""
        values = {
            name: tuple(arrays.get(label, member) for label, member in _members(name, value))
            if _holds_arrays(value)
            else arrays.get(name, value)
            for name, value in self.values.items()
        }
        return replace(self, values=values)

    def of_next_order(self, weights: Sequence[Array]) -> Case:
        """The same call, the derivative of this derivative in question, at these weights of the outputs."""
        name = "grad_" * self.order + "output"
        return replace(self, levels=(*self.levels, {f"{name}_{i}": weight for i, weight in enumerate(weights)}))

    def precise(self) -> Case:
        """The same call in double precision, for what is measured."""
        values = {name: _wide(value) for name, value in self.values.items()}
        levels = ({label: _wide(weight) for label, weight in level.items()} for level in self.levels)
        return replace(self, values=values, levels=tuple(levels))

    def outputs(self, point: Mapping[str, Any], recorded: bool = True) -> tuple[Any, ...]:
        """What is differentiated, at these variables (and weights): outputs of the operation, or its gradients.

        recorded: with a history, which a fused operation makes by its spec; without, its own kernels are used.
        """
        outputs = self._results(point)
        names = self.variables
        for level in self.levels:
            leaves = [point[name] for name in names]
            pairs = zip(outputs, level, strict=True)
            seeded = [(output, point[label]) for output, label in pairs if has_history(output)]
            found: Sequence[Any] = [None] * len(leaves)
            if seeded:
                values, seeds = zip(*seeded, strict=True)
                record = recorded or level is not self.levels[-1]
                found = gradients(values, leaves, seeds, create_graph=record, allow_unused=True)
            zeros = (Tensor(np.zeros_like(raw(x))) for x in leaves)
            outputs = tuple(zero if g is None else g for g, zero in zip(found, zeros, strict=True))
            names = (*names, *level)
        return outputs

    def _results(self, point: Mapping[str, Any]) -> tuple[Any, ...]:
        result = self.op.bind(self.op.function, self.replaced(point).values.values())
        results = result if isinstance(result, tuple) else (result,)
        return tuple(output for output in results if output.dtype.kind in "fc")

    def _all(self) -> Iterator[tuple[str, Any]]:
        for name, value in self.values.items():
            yield from _members(name, value)


def _members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """An argument, or what is in its tuple, with labels."""
    if isinstance(value, tuple):
        yield from ((f"{name}[{i}]", member) for i, member in enumerate(value))
    else:
        yield name, value


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, tuple | list) and any(isinstance(member, Handle | np.ndarray) for member in value)


def _copied(value: Any, snapshot: Callable[[Array], Array]) -> Any:
    if _holds_arrays(value):
        return tuple(_copied(member, snapshot) for member in value)
    plain = value.data if isinstance(value, Handle) else value
    if isinstance(plain, list | dict | set):
        return copy.deepcopy(plain)
    return snapshot(plain) if isinstance(plain, np.ndarray) else plain


def _wide(value: Any) -> Any:
    """A value in double precision: arrays, and dtypes that are parameters."""
    if isinstance(value, tuple):
        return tuple(map(_wide, value))
    if isinstance(value, np.ndarray):
        return value.astype(_WIDE.get(value.dtype.char, value.dtype))
    if isinstance(value, np.dtype) or (isinstance(value, type) and issubclass(value, np.generic)):
        return _WIDE.get(np.dtype(value).char, value)
    return value


def has_history(value: Any) -> bool:
    """Whether a gradient can be taken of it."""
    return getattr(value, "node", None) is not None


# -- along a direction ---------------------------------------------------------------------------------------------


class Probe(NamedTuple):
    """A derivative along a direction: by the gradient, and measured; and how far the two may differ."""

    analytic: float
    numeric: Estimate
    tolerance: float
    line: Function  # what was measured
    complex_step: bool = False

    @property
    def ok(self) -> bool:
        """Whether the two agree; a slope that is not finite says nothing, and does not."""
        return bool(abs(self.analytic - self.numeric.value) <= self.tolerance)


def compared(
    case: Case, weights: Sequence[Array], direction: Mapping[str, Array], gradient: Arrays | None = None
) -> Probe:
    """The derivative of weighted outputs along a direction, 0 in arrays that it does not name.

    gradient: of the weighted outputs, if it is known.
    """
    found = pulled(case, weights) if gradient is None else gradient
    pairs = [(found[label], v) for label, v in direction.items()]
    analytic = float(sum(np.vdot(g, v).real for g, v in pairs))
    size = sum(float(np.abs(g * v).sum()) for g, v in pairs)
    weight = sum(float(np.abs(w).sum()) for w in weights)
    point = case.point()
    moved = sum(float(np.nansum(np.abs(found[label] * point[label] * (v != 0)))) for label, v in direction.items())
    line = line_of(case, weights, direction)
    numeric = slope(line, 0.0, _STEP, _SHARP * (size + 1e-3 * weight))
    low = max(float(np.finfo(array.dtype).eps) for array in (*found.values(), *weights))
    rounding = case.rounding * low * (size + case.beside * weight)  # of the result; what is moved has roundings, too
    if sharper := _by_complex_step(case, weights, direction, numeric):
        return Probe(analytic, sharper, _BARS * (sharper.error + _EPS * moved) + rounding, line, complex_step=True)
    return Probe(analytic, numeric, _BARS * (numeric.error + _EPS / _STEP * moved) + rounding, line)


def _by_complex_step(
    case: Case, weights: Sequence[Array], direction: Mapping[str, Array], numeric: Estimate
) -> Estimate | None:
    """The same, if it is wanted, possible, and confirmed by what differences measure."""
    arrays = (*case.point().values(), *weights)
    if not case.sharply or case.order > 1 or not is_holomorphic(case.op) or any(a.dtype.char != "d" for a in arrays):
        return None
    line: Any = line_of(case, [1j * weight for weight in weights], direction)  # i times the outputs' imaginary parts
    try:
        slopes = line(1e-20j) / 1e-20
    except Exception:  # whatever an operation does with numbers that it was not written for
        return None
    size = float(np.abs(slopes).sum())
    found = confirmed(Slope(float(slopes.sum()), 8 * _EPS * size, size, 0.0), numeric.value.real, numeric.error)
    return found and Estimate(found.value, found.error)


_EPS = float(np.finfo(np.float64).eps)
_STEP = 1e-4
_SHARP = 1e-7  # beside the gradient: of an error bar above a tenth of it, smaller steps may make a smaller one
_BARS = 10  # a derivative may be so many error bars away from the measured one; samples of the operations are up to 7


def pulled(case: Case, weights: Sequence[Array]) -> Arrays:
    """The gradients of the weighted outputs, as the engine computes them; formulas may write into what they get."""
    leaves = leaves_of(case.point())
    seeded = [(o, np.array(w)) for o, w in zip(case.outputs(leaves), weights, strict=True) if has_history(o)]
    found: Sequence[Any] = [None] * len(leaves)
    if seeded:
        outputs, seeds = zip(*seeded, strict=True)
        found = gradients(outputs, list(leaves.values()), seeds, allow_unused=True)
    pairs = zip(leaves.items(), found, strict=True)
    return {label: np.zeros_like(leaf.data) if g is None else g.data for (label, leaf), g in pairs}


def sides(line: Function) -> tuple[float, float, float]:
    """The least and the largest slope at 0 that subgradients may have, and how far these may be off.

    Each component has a slope on the left and one on the right.
    """
    left, right = (one_sided(line, 0.0, side, _SIDE_STEPS) for side in (-1, 1))
    if left is None or right is None:
        return np.nan, np.nan, np.inf
    low, high = np.minimum(left.slopes, right.slopes), np.maximum(left.slopes, right.slopes)
    return float(low.sum()), float(high.sum()), float(left.errors.sum() + right.errors.sum())


_SIDE_STEPS = (1e-2, 1e-3, 1e-4, 1e-5)  # of which the one with the smallest error bar counts


def line_of(case: Case, weights: Sequence[Array], direction: Mapping[str, Array]) -> Function:
    """The weighted outputs, in double precision, as a function of the way along a direction."""
    case = case.precise()
    point = case.point()
    weights = [_wide(weight) for weight in weights]

    def line(step: float) -> Vector:
        moved = point | {label: point[label] + step * v for label, v in direction.items()}
        outputs = case.outputs(moved if case.order == 1 else leaves_of(moved), recorded=False)
        return weighted([raw(output) for output in outputs], weights)

    return line


def weighted(outputs: Sequence[Array], weights: Sequence[Array]) -> Vector:
    """One vector of all outputs, its sum being the real number that is differentiated."""
    pairs = [(output, w, w != 0) for output, w in zip(outputs, weights, strict=True)]  # without weight, inf is nothing
    return np.concatenate([np.zeros(0), *(np.real(np.conj(w[used]) * output[used]) for output, w, used in pairs)])


def leaves_of(point: Mapping[str, Array]) -> dict[str, Any]:
    """Tensors that require a gradient, with arrays of their own."""
    return {label: Tensor(np.array(array), requires_grad=True) for label, array in point.items()}
