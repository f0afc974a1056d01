"""Slopes by a complex step: for a holomorphic f that is real on the real line, Im f(x + ih) / h is f'(x) for tiny h.

Nothing is subtracted, so h may be 1e-20 and the slope is exact but for a few roundings (W. Squire and G. Trapp, "Using
complex variables to estimate derivatives of real functions", 1998). But operations have other code for complex numbers,
and it is the code for real ones that is to be checked. So what is measured here counts only

- where all operations on the path are known to be holomorphic, which a test holds over the registry, or are not the
  package's own: those are tried;
- where real numbers with an imaginary part of 0 keep it through every operation, and give the real outputs; and
- where differences of the real function agree with it, within their error bar: whoever uses the slope must see to that.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Call, observe, raw
from ..tensor import Tensor
from .branches import members
from .holomorphic import is_holomorphic
from .inputs import DOUBLE
from .numeric import Slope
from .subjects import Array, Subject

_TESTS = frozenset(("equal", "isnan"))  # by these, formulas find exceptional values: they give no numbers
_BOUNDARY = frozenset(("conj",))  # with it, the engine hands gradients over
_STEP, _SMALLEST = 1e-20, 1e-200
_ROUNDING = 8 * float(np.finfo(np.float64).eps)  # of what is summed
_BARS = 5  # of the differences, that a complex step may be away from them
_SHARPER = 1e-6  # of their error bar: its own is at least that
_UNLIKE = 1e-13  # if real outputs of both programs differ by more, relatively, the complex one is less exact


@dataclass(frozen=True, slots=True)
class ComplexStep:
    """Slopes of the weighted outputs of a subject by complex steps.

    unlike: how far the real parts of the complex program are from the outputs of the real one, relatively.
    """

    subject: Subject
    weights: Sequence[Array]
    unlike: float

    @classmethod
    def of(cls, subject: Subject, weights: Sequence[Array]) -> ComplexStep | None:
        """None if an operation is not known to be holomorphic, or anything goes wrong with complex numbers."""
        if subject.explicit or _order(subject) > 2 or any(leaf.dtype != DOUBLE for leaf in subject.leaves.values()):
            return None
        try:
            if subject.origin is not None:
                _without_imaginary_parts(subject.origin, frozenset())
            real, values = _without_imaginary_parts(subject, frozenset() if subject.origin is None else _BOUNDARY)
            difference = sum(float(np.abs(a.data - b.data).sum()) for a, b in zip(values, real, strict=True))
        except Exception:  # whatever a function does with numbers that it was not written for
            return None
        size = sum(float(np.abs(output.data).sum()) for output in real)
        unlike = difference / size if size else difference
        same = unlike <= _UNLIKE and all(output.dtype == DOUBLE for output in real)
        return cls(subject, weights, unlike) if same else None

    def along(self, direction: Mapping[str, Array]) -> Slope | None:
        """The slope along a direction, 0 in arrays that it does not name; None if it is not finite."""
        point = {name: self.subject.leaves[name].data for name in direction}
        step = max(_STEP * min((_reach(point[name], v) for name, v in direction.items()), default=1.0), _SMALLEST)
        try:
            with _complex(self.subject, {name: step * v for name, v in direction.items()}):
                outputs = self.subject.outputs()
            pairs = zip(self.weights, outputs, strict=True)
            parts = [np.imag(weight * output.data).reshape(-1) for weight, output in pairs]
        except Exception:  # as above
            return None
        slopes = np.concatenate([np.zeros(0), *parts]) / step
        size = float(np.abs(slopes).sum())
        return Slope(float(slopes.sum()), (_ROUNDING + self.unlike) * size, size, 0.0) if np.isfinite(size) else None

    def value_along(self, direction: Mapping[str, Array]) -> float:
        """That slope alone, or NaN."""
        found = self.along(direction)
        return np.nan if found is None else found.value


def agree(found: Slope, value: float, error: float) -> bool:
    """Whether differences, with this error bar, agree with a complex step."""
    return bool(abs(found.value - value) <= _BARS * error)


def confirmed(found: Slope | None, value: float, error: float) -> Slope | None:
    """A slope by a complex step if it is sharper than differences and they, with their error bar, agree; else None.

    Much sharper it may not be: what is of the order of the step squared is in no error bar.
    """
    if found is None or not agree(found, value, error):
        return None
    found = found._replace(error=max(found.error, _SHARPER * error))
    return found if found.error < error else None


def _reach(x: Array, v: Array) -> float:
    """How far along `v` entries change by their own size, at most 1; of a 0 there is no size."""
    moved = (v != 0) & (x != 0)
    return float(np.abs(x[moved] / v[moved]).min(initial=1.0))


def _order(subject: Subject) -> int:
    return 1 if subject.origin is None else 1 + _order(subject.origin)


@contextmanager
def _complex(subject: Subject, imaginary: Mapping[str, Array]) -> Iterator[None]:
    """A block in which the leaves are complex, with these imaginary parts, and 0.

    What the engine gives for a holomorphic f is the conjugate of f'. So of a gradient that is a function itself, the
    leaves that it is taken for are conjugates.
    """
    conjugates = subject.origin.leaves if subject.origin is not None else {}
    originals = [leaf.data for leaf in subject.leaves.values()]
    try:
        for name, leaf in subject.leaves.items():
            part = 1j * imaginary[name] if name in imaginary else 0j
            _set(leaf, np.asarray(leaf.data + (-part if name in conjugates else part)))
        with np.errstate(all="ignore"):
            yield
    finally:
        for leaf, original in zip(subject.leaves.values(), originals, strict=True):
            _set(leaf, original)


def _set(leaf: Tensor, data: Array) -> None:
    assert leaf.node is not None
    leaf.data, leaf.node.dtype = data, data.dtype


# -- what the path consists of -----------------------------------------------------------------------------------


def _without_imaginary_parts(subject: Subject, allowed: frozenset[str]) -> tuple[tuple[Tensor, ...], ...]:
    """The outputs for real numbers, and for complex ones without imaginary part.

    Raises if an operation that a gradient flows through is not known to be holomorphic, before a function gets complex
    numbers, which it may keep; and if an operation gives numbers with an imaginary part, or real ones.
    """

    def require_known(call: Call) -> None:
        if any(getattr(result, "node", None) is not None for result in members(call.output)):
            _require(is_holomorphic(call.op), call)

    def require_holomorphic(call: Call) -> None:
        if any(_is_complex(part) for value in call.arguments.values() for part in members(value)):
            known = is_holomorphic(call.op) or call.op.name in allowed
            results = [raw(result) for result in members(call.output) if result.dtype.kind in "fc"]
            kept = all(result.dtype.kind == "c" and not result.imag.any() for result in results)
            _require((known and kept) or call.op.name in _TESTS, call)

    with observe(require_known):
        real = subject.outputs()
    with _complex(subject, {}), warnings.catch_warnings(), observe(require_holomorphic):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        return real, subject.outputs()


def _require(condition: bool, call: Call) -> None:
    if not condition:
        raise _NotHolomorphic(call.op.name)


class _NotHolomorphic(Exception):
    pass


def _is_complex(value: Any) -> bool:
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"
