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

from ..core import Call, Definition, observe, raw
from ..tensor import Tensor
from .inputs import DOUBLE
from .numeric import Slope
from .subjects import Array, Subject

# Operations without branches whose code for complex numbers continues that for real ones, and is as exact.
_BY_KIND = {
    "arithmetic": (
        "add subtract multiply divide negative positive alias copy reciprocal square squared_error lerp power"
        " safe_multiply safe_product safe_divide safe_subtract apply_dropout"
    ),
    "functions of one number": (
        "exp exp2 expm1 log log2 log10 log1p sqrt sin cos tan sinh cosh tanh arcsin arccos arctan arcsinh arccosh"
        " arctanh sigmoid tanhshrink erf erfc erfcx ndtr"
    ),
    "reductions and scans": "sum mean prod logsumexp cumsum cumprod linear_recurrence",
    "products and linear systems": (
        "matmul contract linear cross_product det inv solve substitute convolve conv1d conv2d conv3d conv_transpose1d"
        " conv_transpose2d conv_transpose3d conv1d_weight conv2d_weight conv3d_weight local_conv1d local_conv2d"
    ),
    "what only moves numbers": (
        "reshape transpose swapaxes expand_dims squeeze broadcast_to concatenate stack split unstack flip roll rot90"
        " repeat diagonal diagonal_scatter scatter_diagonal tril triu block_diag getitem setitem embedding take_flat"
        " put_flat where pad_constant pad_repeated sliding_window_view unfold flip_sequences take_windows"
    ),
    "what adds numbers at places": (
        "sum_runs add_at scatter_rows add_flat bincount unpad_repeated frame_sums fold add_windows avg_pool"
        " adaptive_avg_pool sum_windows spread_windows spread_bins scatter_windows"
    ),
}
HOLOMORPHIC = frozenset(name for names in _BY_KIND.values() for name in names.split())

_TESTS = frozenset(("equal", "isnan"))  # by these, formulas find exceptional values: they give no numbers
_BOUNDARY = frozenset(("conj",))  # with it, the engine hands gradients over
_STEP, _SMALLEST = 1e-20, 1e-200
_ROUNDING = 8 * float(np.finfo(np.float64).eps)  # of what is summed
_BARS = 5  # of the differences, that a complex step may be away from them
_SHARPER = 1e-6  # of their error bar: its own is at least that
_UNLIKE = 1e-6  # real outputs of both programs that differ by more, relatively, are not those of one function


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
        real = subject.outputs()
        try:
            if subject.origin is not None:
                _observed(subject.origin, HOLOMORPHIC)
            values = _observed(subject, HOLOMORPHIC | (_BOUNDARY if subject.origin is not None else frozenset()))
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
        except Exception:  # as above
            return None
        parts = [
            np.imag(weight * output.data).reshape(-1) for weight, output in zip(self.weights, outputs, strict=True)
        ]
        slopes = np.concatenate([np.zeros(0), *parts]) / step
        size = float(np.abs(slopes).sum())
        return Slope(float(slopes.sum()), (_ROUNDING + self.unlike) * size, size, 0.0) if np.isfinite(size) else None

    def value_along(self, direction: Mapping[str, Array]) -> float:
        """That slope alone, or NaN."""
        found = self.along(direction)
        return np.nan if found is None else found.value


def confirmed(found: Slope | None, value: float, error: float) -> Slope | None:
    """A slope by a complex step if it is sharper than differences and they, with their error bar, agree; else None.

    Much sharper it may not be: what is of the order of the step squared is in no error bar.
    """
    if found is None or not abs(found.value - value) <= _BARS * error:
        return None
    found = found._replace(error=max(found.error, _SHARPER * error))
    return found if found.error < error else None


def _reach(x: Array, v: Array) -> float:
    """How far along `v` entries change by their own size, at most 1; of a 0 there is no size."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.min(np.abs(x / v), where=(x != 0) & (v != 0), initial=1.0))


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
            part = imaginary.get(name, 0.0)
            _set(leaf, np.asarray(leaf.data + 1j * (-part if name in conjugates else part)))
        with np.errstate(all="ignore"):
            yield
    finally:
        for leaf, original in zip(subject.leaves.values(), originals, strict=True):
            _set(leaf, original)


def _set(leaf: Tensor, data: Array) -> None:
    assert leaf.node is not None
    leaf.data, leaf.node.dtype = data, data.dtype


# -- what the path consists of -----------------------------------------------------------------------------------


def _observed(subject: Subject, known: frozenset[str]) -> tuple[Any, ...]:
    """The outputs for complex numbers without imaginary part. Raises if an operation is not known, or gives one."""

    def require_holomorphic(call: Call) -> None:
        values = [part for value in call.arguments.values() for part in _parts(value)]
        if not any(map(_is_complex, values)) or call.op.name in _TESTS:
            return
        results = [result for result in _parts(call.output) if result.dtype.kind in "fc"]
        if not is_holomorphic(call.op, known) or any(r.dtype.kind == "f" or r.imag.any() for r in map(raw, results)):
            raise _NotHolomorphic(call.op.name)

    with _complex(subject, {}), warnings.catch_warnings(), observe(require_holomorphic):
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        return subject.outputs()


class _NotHolomorphic(Exception):
    pass


def is_holomorphic(op: Definition, known: frozenset[str] = HOLOMORPHIC) -> bool:
    """Whether an operation is to be tried with complex numbers: one that is listed, or not the package's own."""
    return op.name in known or not op.forward.__module__.startswith(_PACKAGE)


_PACKAGE = __name__.partition(".")[0] + "."


def _parts(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _is_complex(value: Any) -> bool:
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"
