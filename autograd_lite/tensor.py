"""class Tensor: an array whose history is recorded. Methods and operators are one line each and delegate to ops.

Tensors are values: ``x + y`` never changes x, and ``x += y`` or ``x[i] = v`` move the handle x on to a new value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any, Self, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from . import core, numpy_protocol, torch_names
from .errors import LostGradientError
from .nodes import constant_operand
from .ops import (
    comparison,
    counting,
    diagonal,
    elementwise,
    exponential,
    gather,
    indexing,
    linalg,
    masking,
    products,
    reduction,
    rounding,
    scan,
    selecting,
    shape,
    softmax,
    sorting,
    special,
    statistics,
    tiling,
    trigonometric,
    turning,
)

Axis = int | tuple[int, ...] | None
Operand = Any  # Tensor | ArrayLike; NumPy's own operators are no more exact


def _operator(op: Any) -> Callable[[Tensor, Operand], Tensor]:
    """An operation as a method: the function itself, because a call between would cost 0.05 us."""
    return op


class Tensor(core.Handle):
    """An array with an optional history, from which gradients are computed.

    data: anything NumPy makes an array of; an ndarray is used as it is, without a copy (`ag.tensor` copies). Python
    numbers and lists become float32 (see `ag.set_default_dtype`). requires_grad: make it a leaf, whose `.grad` a
    backward fills. Raises TypeError for data that is not numeric, or requires_grad on integers.
    """

    __slots__ = ()
    data: np.ndarray[Any, Any]
    grad: Tensor | None

    def __init__(self, data: ArrayLike | Tensor, *, requires_grad: bool = False, dtype: DTypeLike | None = None):
        self.data = core.as_array(data, dtype)
        self.grad = None
        self.node = None
        if requires_grad:
            self.requires_grad_()

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    @property
    def nbytes(self) -> int:
        """Bytes that the elements take."""
        return self.data.nbytes

    @property
    def name(self) -> str | None:
        """What pictures and errors call this tensor: its path in the model for a parameter; else None, or as set."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str) -> None:
        self._name = name
        if isinstance(self.node, core.Leaf):
            self.node.name = name
        elif self.node is not None:
            core.named[self.node] = name

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user and not by a recorded operation."""
        return self.node is None or isinstance(self.node, core.Leaf)

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded. Can be set on a leaf."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Make it a leaf that gets a gradient, or (False) a constant; returns itself.

        Raises TypeError for integers and booleans, ValueError for False on the result of an operation.
        """
        if requires_grad and self.node is None:
            if self.data.dtype.kind not in "fc":
                raise TypeError(
                    f"requires_grad_: {self.shape} {self.dtype} has no derivatives; convert it, astype('float32')"
                )
            self.node = core.Leaf(self)
        elif not requires_grad and self.node is not None:
            if not self.is_leaf:
                raise ValueError("requires_grad_(False): this is the result of an operation; use detach()")
            self.node = None
        return self

    # -- gradients -----------------------------------------------------------------------------------------------

    def backward(
        self, gradient: Operand = None, *, retain_graph: bool | None = None, create_graph: bool = False
    ) -> None:
        """Add the gradient of this tensor to the `.grad` of every leaf that it was computed from.

        gradient: weights of this tensor's shape; needed unless it is a real scalar. retain_graph: keep what the graph
        saved, for another backward. create_graph: record this computation, for derivatives of higher order.
        Raises ValueError without history or gradient, RuntimeError if the graph was freed. Nothing is written then.
        """
        weights = None if gradient is None else [gradient]
        core.backward(self, weights, retain_graph=retain_graph, create_graph=create_graph)

    def retain_grad(self) -> None:
        """Let backward fill `.grad` although this is the result of an operation. Raises ValueError without history."""
        if self.node is None:
            raise ValueError("retain_grad: this tensor has no history; set requires_grad=True on an input")
        if not self.is_leaf:
            core.retain(self)

    def detach(self) -> Tensor:
        """The same values (and memory) without the history."""
        if core.gate.special:
            self._leave("detach()")
        return _constant(self.data)

    # -- leaving for NumPy and Python ----------------------------------------------------------------------------

    def _leave(self, how: str) -> None:
        """Tell who watches that the value goes on without its history."""
        if self.node is not None:
            core.leave(self, how)

    def numpy(self) -> np.ndarray[Any, Any]:
        """The array itself, sharing memory. Raises TypeError if a gradient would be lost: detach() first."""
        self._refuse_to_lose_gradient("numpy()")
        return self.data

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        self._refuse_to_lose_gradient("np.asarray")
        return np.array(self.data, dtype=dtype, copy=copy)

    def _refuse_to_lose_gradient(self, what: str) -> None:
        if self.node is not None:
            raise LostGradientError(
                f"{what}: tensor {self.shape} {self.dtype} requires a gradient, which a NumPy array cannot carry;"
                " use functions of tensors (ag.stack combines several), or t.detach().numpy() if it is not needed"
            )

    def item(self) -> Any:
        """The only element, as a Python number. Raises ValueError if there is not exactly one."""
        return self._number("item()")

    def _number(self, how: str) -> Any:
        if self.data.size != 1:
            raise ValueError(f"item: the tensor has {self.size} elements {self.shape}; index or reduce it to one first")
        if core.gate.special:
            self._leave(how)
        return self.data.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        if core.gate.special:
            self._leave("tolist()")
        return self.data.tolist()

    def __float__(self) -> float:
        return float(self._number("float()"))

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __complex__(self) -> complex:
        return complex(self._number("complex()"))

    def __index__(self) -> int:
        return self.data.__index__()

    def __bool__(self) -> bool:
        if self.data.size != 1:
            raise ValueError(
                f"bool: the truth of a tensor {self.shape} {self.dtype} is ambiguous; reduce it, t.any() or t.all()"
            )
        return bool(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def __format__(self, specification: str) -> str:
        return format(self._number("format()") if specification else str(self), specification)

    def __repr__(self) -> str:
        values = np.array2string(self.data, separator=", ", prefix="tensor(", threshold=200, edgeitems=3)
        return f"tensor({values}, {self.dtype}{self._origin()})"

    def _origin(self) -> str:
        if self.node is None:
            return ""
        return ", requires_grad=True" if self.is_leaf else f", made by {core.label(self.node)}"

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not isinstance(vars(Tensor).get(name), torch_names.Elsewhere)]

    __hash__ = object.__hash__

    # -- copies --------------------------------------------------------------------------------------------------

    def copy(self) -> Tensor:
        """A tensor of the same value in memory of its own; the gradient flows through."""
        return self.astype(self.dtype)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self._rebuilt(self.data.copy())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _rebuild, (type(self), self.data, self._state())

    def _state(self) -> tuple[bool, np.ndarray[Any, Any] | None, str | None]:
        if self.node is not None and not self.is_leaf:
            raise ValueError(f"only leaves can be copied whole, this was made by {core.label(self.node)}; detach() it")
        return self.requires_grad, None if self.grad is None else self.grad.data.copy(), self.name

    def _rebuilt(self, data: np.ndarray[Any, Any]) -> Self:
        return _rebuild(type(self), data, self._state())

    # -- in-place: the handle moves on to a new value -------------------------------------------------------------

    def _become(self, operator: str, result: Tensor) -> Self:
        """Take over the value and history of `result`; a leaf may do so only under no_grad, where it stays a leaf."""
        if result.shape != self.shape:
            raise ValueError(
                f"{operator}: the result has shape {result.shape}, the left side {self.shape}, which cannot grow;"
                " write x = x + y instead"
            )
        if result.dtype != self.dtype:
            if not np.can_cast(result.dtype, self.dtype, "same_kind"):
                raise TypeError(
                    f"{operator}: the result is {result.dtype}, the left side {self.dtype};"
                    f" write x = x.astype('{result.dtype}') first"
                )
            result = result.astype(self.dtype)
        if not isinstance(self.node, core.Leaf):
            retained = self.node is not None and self.node in core.retained
            self.data, self.node = result.data, result.node
            if retained and self.node is not None:
                core.retain(self)
        elif core.is_grad_enabled():
            raise RuntimeError(
                f"{operator}: this leaf {self.shape} {self.dtype} requires a gradient, so changing it would lose it;"
                " do it under no_grad(), or write x = x + y"
            )
        else:
            self.data = result.data
        return self

    def __iadd__(self, other: Operand) -> Self:
        return self._become("+=", elementwise.add(self, other))

    def __isub__(self, other: Operand) -> Self:
        return self._become("-=", elementwise.subtract(self, other))

    def __imul__(self, other: Operand) -> Self:
        return self._become("*=", elementwise.multiply(self, other))

    def __itruediv__(self, other: Operand) -> Self:
        return self._become("/=", elementwise.divide(self, other))

    def __ipow__(self, other: Operand) -> Self:
        return self._become("**=", elementwise.power(self, other))

    def __ifloordiv__(self, other: Operand) -> Self:
        return self._become("//=", rounding.floor_divide(self, other))

    def __imod__(self, other: Operand) -> Self:
        return self._become("%=", rounding.remainder(self, other))

    def __imatmul__(self, other: Operand) -> Self:
        return self._become("@=", linalg.matmul(self, other))

    def __iand__(self, other: Operand) -> Self:
        return self._become("&=", comparison.bitwise_and(self, other))

    def __ior__(self, other: Operand) -> Self:
        return self._become("|=", comparison.bitwise_or(self, other))

    def __ixor__(self, other: Operand) -> Self:
        return self._become("^=", comparison.bitwise_xor(self, other))

    def __setitem__(self, index: Any, value: Operand) -> None:
        if isinstance(value, list | tuple):
            value = constant_operand(value)  # exact: the dtype is that of x anyway, not the default one
        if getattr(value, "node", None) is not None and self.dtype.kind not in "fc":
            raise TypeError(
                f"x[index] = value: x {self.shape} is {self.dtype}, so the gradient of value would be lost;"
                " convert x with astype('float32') first"
            )
        self._become("x[index] = value", indexing.setitem(self, index, value))

    # -- operators -----------------------------------------------------------------------------------------------

    __add__ = _operator(elementwise.add)
    __sub__ = _operator(elementwise.subtract)
    __mul__ = _operator(elementwise.multiply)
    __truediv__ = _operator(elementwise.divide)
    __pow__ = _operator(elementwise.power)
    __floordiv__ = _operator(rounding.floor_divide)
    __mod__ = _operator(rounding.remainder)
    __matmul__ = _operator(linalg.matmul)

    def __radd__(self, other: Operand) -> Tensor:
        return elementwise.add(other, self)

    def __rsub__(self, other: Operand) -> Tensor:
        return elementwise.subtract(other, self)

    def __rmul__(self, other: Operand) -> Tensor:
        return elementwise.multiply(other, self)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return elementwise.divide(other, self)

    def __rpow__(self, other: Operand) -> Tensor:
        return elementwise.power(other, self)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return linalg.matmul(other, self)

    def __rfloordiv__(self, other: Operand) -> Tensor:
        return rounding.floor_divide(other, self)

    def __rmod__(self, other: Operand) -> Tensor:
        return rounding.remainder(other, self)

    def __divmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return rounding.divmod(self, other)

    def __rdivmod__(self, other: Operand) -> tuple[Tensor, Tensor]:
        return rounding.divmod(other, self)

    def __and__(self, other: Operand) -> Tensor:
        return comparison.bitwise_and(self, other)

    def __or__(self, other: Operand) -> Tensor:
        return comparison.bitwise_or(self, other)

    def __xor__(self, other: Operand) -> Tensor:
        return comparison.bitwise_xor(self, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __lshift__(self, other: Operand) -> Tensor:
        return comparison.left_shift(self, other)

    def __rshift__(self, other: Operand) -> Tensor:
        return comparison.right_shift(self, other)

    def __rlshift__(self, other: Operand) -> Tensor:
        return comparison.left_shift(other, self)

    def __rrshift__(self, other: Operand) -> Tensor:
        return comparison.right_shift(other, self)

    def __neg__(self) -> Tensor:
        return elementwise.negative(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __invert__(self) -> Tensor:
        return comparison.invert(self)

    def __round__(self, ndigits: int | None = None) -> Tensor:
        return rounding.round(self, ndigits or 0)

    def __eq__(self, other: Operand) -> Tensor:  # type: ignore[override]  # elementwise, as in NumPy
        return comparison.equal(self, other)

    def __ne__(self, other: Operand) -> Tensor:  # type: ignore[override]  # elementwise, as in NumPy
        return comparison.not_equal(self, other)

    __lt__ = _operator(comparison.less)
    __le__ = _operator(comparison.less_equal)
    __gt__ = _operator(comparison.greater)
    __ge__ = _operator(comparison.greater_equal)
    __getitem__ = _operator(indexing.getitem)

    def __iter__(self) -> Iterator[Tensor]:
        return iter(shape.unstack(self))

    def __contains__(self, value: Operand) -> bool:
        return bool(np.any(self.data == core.raw(value)))

    # -- methods: elementwise ------------------------------------------------------------------------------------

    def exp(self) -> Tensor:
        """`ag.exp` of this tensor."""
        return elementwise.exp(self)

    def log(self) -> Tensor:
        """`ag.log` of this tensor."""
        return elementwise.log(self)

    def sqrt(self) -> Tensor:
        """`ag.sqrt` of this tensor."""
        return elementwise.sqrt(self)

    def square(self) -> Tensor:
        """`ag.square` of this tensor."""
        return elementwise.square(self)

    def abs(self) -> Tensor:
        """`ag.abs` of this tensor."""
        return elementwise.abs(self)

    def tanh(self) -> Tensor:
        """`ag.tanh` of this tensor."""
        return elementwise.tanh(self)

    def sigmoid(self) -> Tensor:
        """`ag.sigmoid` of this tensor."""
        return elementwise.sigmoid(self)

    def relu(self) -> Tensor:
        """`ag.relu` of this tensor."""
        return elementwise.relu(self)

    def expm1(self) -> Tensor:
        """`ag.expm1` of this tensor."""
        return exponential.expm1(self)

    def exp2(self) -> Tensor:
        """`ag.exp2` of this tensor."""
        return exponential.exp2(self)

    def log1p(self) -> Tensor:
        """`ag.log1p` of this tensor."""
        return exponential.log1p(self)

    def log2(self) -> Tensor:
        """`ag.log2` of this tensor."""
        return exponential.log2(self)

    def log10(self) -> Tensor:
        """`ag.log10` of this tensor."""
        return exponential.log10(self)

    def sin(self) -> Tensor:
        """`ag.sin` of this tensor."""
        return trigonometric.sin(self)

    def cos(self) -> Tensor:
        """`ag.cos` of this tensor."""
        return trigonometric.cos(self)

    def tan(self) -> Tensor:
        """`ag.tan` of this tensor."""
        return trigonometric.tan(self)

    def arcsin(self) -> Tensor:
        """`ag.arcsin` of this tensor."""
        return trigonometric.arcsin(self)

    def arccos(self) -> Tensor:
        """`ag.arccos` of this tensor."""
        return trigonometric.arccos(self)

    def arctan(self) -> Tensor:
        """`ag.arctan` of this tensor."""
        return trigonometric.arctan(self)

    def sinh(self) -> Tensor:
        """`ag.sinh` of this tensor."""
        return trigonometric.sinh(self)

    def cosh(self) -> Tensor:
        """`ag.cosh` of this tensor."""
        return trigonometric.cosh(self)

    def arcsinh(self) -> Tensor:
        """`ag.arcsinh` of this tensor."""
        return trigonometric.arcsinh(self)

    def arccosh(self) -> Tensor:
        """`ag.arccosh` of this tensor."""
        return trigonometric.arccosh(self)

    def arctanh(self) -> Tensor:
        """`ag.arctanh` of this tensor."""
        return trigonometric.arctanh(self)

    def reciprocal(self) -> Tensor:
        """`ag.reciprocal` of this tensor."""
        return elementwise.reciprocal(self)

    def sign(self) -> Tensor:
        """`ag.sign` of this tensor."""
        return elementwise.sign(self)

    def floor(self) -> Tensor:
        """`ag.floor` of this tensor."""
        return rounding.floor(self)

    def ceil(self) -> Tensor:
        """`ag.ceil` of this tensor."""
        return rounding.ceil(self)

    def trunc(self) -> Tensor:
        """`ag.trunc` of this tensor."""
        return rounding.trunc(self)

    def round(self, decimals: int = 0) -> Tensor:
        """`ag.round` of this tensor."""
        return rounding.round(self, decimals)

    def isnan(self) -> Tensor:
        """`ag.isnan` of this tensor."""
        return comparison.isnan(self)

    def isinf(self) -> Tensor:
        """`ag.isinf` of this tensor."""
        return comparison.isinf(self)

    def isfinite(self) -> Tensor:
        """`ag.isfinite` of this tensor."""
        return comparison.isfinite(self)

    def erf(self) -> Tensor:
        """`ag.erf` of this tensor."""
        return special.erf(self)

    def clip(self, a_min: Operand = None, a_max: Operand = None) -> Tensor:
        """`ag.clip` of this tensor."""
        return elementwise.clip(self, a_min, a_max)

    def conj(self) -> Tensor:
        """`ag.conj` of this tensor."""
        return elementwise.conj(self)

    @property
    def real(self) -> Tensor:
        """`ag.real` of this tensor."""
        return elementwise.real(self)

    @property
    def imag(self) -> Tensor:
        """`ag.imag` of this tensor."""
        return elementwise.imag(self)

    def astype(self, dtype: DTypeLike) -> Tensor:
        """`ag.astype` of this tensor."""
        return elementwise.astype(self, dtype)

    # -- methods: reductions -------------------------------------------------------------------------------------

    def sum(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.sum` of this tensor."""
        return reduction.sum(self, axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.mean` of this tensor."""
        return reduction.mean(self, axis, keepdims=keepdims)

    def var(self, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Tensor:
        """`ag.var` of this tensor."""
        return reduction.var(self, axis, correction=correction, keepdims=keepdims)

    def max(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.max` of this tensor."""
        return reduction.max(self, axis, keepdims=keepdims)

    def min(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.min` of this tensor."""
        return reduction.min(self, axis, keepdims=keepdims)

    def prod(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.prod` of this tensor."""
        return reduction.prod(self, axis, keepdims=keepdims)

    def std(self, axis: Axis = None, *, correction: float = 0, keepdims: bool = False) -> Tensor:
        """`ag.std` of this tensor."""
        return reduction.std(self, axis, correction=correction, keepdims=keepdims)

    def ptp(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.ptp` of this tensor."""
        return reduction.ptp(self, axis, keepdims=keepdims)

    def all(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.all` of this tensor."""
        return reduction.all(self, axis, keepdims=keepdims)

    def any(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.any` of this tensor."""
        return reduction.any(self, axis, keepdims=keepdims)

    def count_nonzero(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.count_nonzero` of this tensor."""
        return reduction.count_nonzero(self, axis, keepdims=keepdims)

    def median(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.median` of this tensor."""
        return statistics.median(self, axis, keepdims=keepdims)

    def quantile(self, q: Operand, axis: Axis = None, *, method: str = "linear", keepdims: bool = False) -> Tensor:
        """`ag.quantile` of this tensor."""
        return statistics.quantile(self, q, axis, method=method, keepdims=keepdims)

    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """`ag.argmax` of this tensor."""
        return reduction.argmax(self, axis, keepdims=keepdims)

    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """`ag.argmin` of this tensor."""
        return reduction.argmin(self, axis, keepdims=keepdims)

    def logsumexp(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """`ag.logsumexp` of this tensor."""
        return reduction.logsumexp(self, axis, keepdims=keepdims)

    # -- methods: scans and order ---------------------------------------------------------------------------------

    def cumsum(self, axis: int | None = None) -> Tensor:
        """`ag.cumsum` of this tensor."""
        return scan.cumsum(self, axis)

    def cumprod(self, axis: int | None = None) -> Tensor:
        """`ag.cumprod` of this tensor."""
        return scan.cumprod(self, axis)

    def cummax(self, axis: int = -1) -> tuple[Tensor, Tensor]:
        """`ag.cummax` of this tensor."""
        return scan.cummax(self, axis)

    def cummin(self, axis: int = -1) -> tuple[Tensor, Tensor]:
        """`ag.cummin` of this tensor."""
        return scan.cummin(self, axis)

    def logcumsumexp(self, axis: int = -1) -> Tensor:
        """`ag.logcumsumexp` of this tensor."""
        return scan.logcumsumexp(self, axis)

    def sort(self, axis: int | None = -1, *, descending: bool = False) -> Tensor:
        """`ag.sort` of this tensor."""
        return sorting.sort(self, axis, descending=descending)

    def argsort(self, axis: int | None = -1, *, descending: bool = False) -> Tensor:
        """`ag.argsort` of this tensor."""
        return sorting.argsort(self, axis, descending=descending)

    def topk(self, k: int, axis: int = -1, *, largest: bool = True, sorted: bool = True) -> tuple[Tensor, Tensor]:
        """`ag.topk` of this tensor."""
        return sorting.topk(self, k, axis, largest=largest, sorted=sorted)

    def nonzero(self) -> tuple[Tensor, ...]:
        """`ag.nonzero` of this tensor."""
        return counting.nonzero(self)

    # -- methods: networks ----------------------------------------------------------------------------------------

    def softmax(self, axis: Axis = -1) -> Tensor:
        """`ag.softmax` of this tensor."""
        return softmax.softmax(self, axis)

    def log_softmax(self, axis: Axis = -1) -> Tensor:
        """`ag.log_softmax` of this tensor."""
        return softmax.log_softmax(self, axis)

    # -- methods: shape ------------------------------------------------------------------------------------------

    def reshape(self, *lengths: SupportsIndex | Sequence[SupportsIndex]) -> Tensor:
        """`ag.reshape` of this tensor; the lengths one by one or as a tuple."""
        return shape.reshape(self, _one_tuple(lengths))

    def transpose(self, *axes: SupportsIndex | Sequence[SupportsIndex] | None) -> Tensor:
        """`ag.transpose` of this tensor; the axes one by one or as a tuple (none: reversed)."""
        return shape.transpose(self, None if axes in ((), (None,)) else _one_tuple(axes))

    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """`ag.swapaxes` of this tensor."""
        return shape.swapaxes(self, axis1, axis2)

    def squeeze(self, axis: Axis = None) -> Tensor:
        """`ag.squeeze` of this tensor."""
        return shape.squeeze(self, axis)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """`ag.flatten` of this tensor."""
        return shape.flatten(self, start_dim, end_dim)

    def ravel(self) -> Tensor:
        """`ag.ravel` of this tensor."""
        return shape.ravel(self)

    def unflatten(self, axis: int, lengths: tuple[int, ...]) -> Tensor:
        """`ag.unflatten` of this tensor."""
        return shape.unflatten(self, axis, lengths)

    def moveaxis(self, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor:
        """`ag.moveaxis` of this tensor."""
        return shape.moveaxis(self, source, destination)

    def expand_dims(self, axis: int | tuple[int, ...]) -> Tensor:
        """`ag.expand_dims` of this tensor."""
        return shape.expand_dims(self, axis)

    def broadcast_to(self, lengths: int | tuple[int, ...]) -> Tensor:
        """`ag.broadcast_to` of this tensor."""
        return shape.broadcast_to(self, lengths)

    def flip(self, axis: Axis = None) -> Tensor:
        """`ag.flip` of this tensor."""
        return shape.flip(self, axis)

    def roll(self, shift: int | tuple[int, ...], axis: Axis = None) -> Tensor:
        """`ag.roll` of this tensor."""
        return turning.roll(self, shift, axis)

    def repeat(self, repeats: Operand, axis: int | None = None) -> Tensor:
        """`ag.repeat` of this tensor."""
        return tiling.repeat(self, repeats, axis)

    def tile(self, reps: int | tuple[int, ...]) -> Tensor:
        """`ag.tile` of this tensor."""
        return tiling.tile(self, reps)

    def split(self, indices_or_sections: int | tuple[int, ...], axis: int = 0) -> tuple[Tensor, ...]:
        """`ag.split` of this tensor."""
        return shape.split(self, indices_or_sections, axis)

    def unstack(self, axis: int = 0) -> tuple[Tensor, ...]:
        """`ag.unstack` of this tensor."""
        return shape.unstack(self, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """`ag.diagonal` of this tensor."""
        return diagonal.diagonal(self, offset, axis1, axis2)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """`ag.trace` of this tensor."""
        return reduction.trace(self, offset, axis1, axis2)

    def tril(self, k: int = 0) -> Tensor:
        """`ag.tril` of this tensor."""
        return diagonal.tril(self, k)

    def triu(self, k: int = 0) -> Tensor:
        """`ag.triu` of this tensor."""
        return diagonal.triu(self, k)

    @property
    def T(self) -> Tensor:
        """The axes in reverse order."""
        return shape.transpose(self)

    @property
    def mT(self) -> Tensor:
        """The last two axes exchanged: each matrix transposed."""
        return shape.swapaxes(self, -1, -2)

    # -- methods: choosing elements -------------------------------------------------------------------------------

    def take(self, indices: Operand, axis: int | None = None, mode: str = "raise") -> Tensor:
        """`ag.take` of this tensor."""
        return selecting.take(self, indices, axis, mode)

    def compress(self, condition: Operand, axis: int | None = None) -> Tensor:
        """`ag.compress` of this tensor."""
        return selecting.compress(condition, self, axis)

    def index_select(self, axis: int, index: Operand) -> Tensor:
        """`ag.index_select` of this tensor."""
        return selecting.index_select(self, axis, index)

    def index_add(self, axis: int, index: Operand, source: Operand, alpha: float = 1) -> Tensor:
        """`ag.index_add` of this tensor."""
        return selecting.index_add(self, axis, index, source, alpha)

    def gather(self, axis: int, index: Operand) -> Tensor:
        """`ag.gather` of this tensor."""
        return gather.gather(self, axis, index)

    def scatter(self, axis: int, index: Operand, src: Operand) -> Tensor:
        """`ag.scatter` of this tensor."""
        return gather.scatter(self, axis, index, src)

    def scatter_add(self, axis: int, index: Operand, src: Operand) -> Tensor:
        """`ag.scatter_add` of this tensor."""
        return gather.scatter_add(self, axis, index, src)

    def masked_fill(self, mask: Operand, value: Operand) -> Tensor:
        """`ag.masked_fill` of this tensor."""
        return masking.masked_fill(self, mask, value)

    def masked_select(self, mask: Operand) -> Tensor:
        """`ag.masked_select` of this tensor."""
        return masking.masked_select(self, mask)

    # -- methods: linear algebra ----------------------------------------------------------------------------------

    def matmul(self, other: Operand) -> Tensor:
        """`ag.matmul` of this tensor."""
        return linalg.matmul(self, other)

    def dot(self, other: Operand) -> Tensor:
        """`ag.dot` of this tensor."""
        return products.dot(self, other)

    # -- NumPy's protocols ---------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return numpy_protocol.array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return numpy_protocol.array_function(function, args, kwargs)


def _passes_on(method: Any, op: Any) -> bool:
    """Whether a method has the arguments of an operation, and does nothing but call it."""
    ours, its = inspect.signature(method).parameters.values(), op.signature.parameters.values()
    return [(p.name, p.kind, p.default) for p in ours][1:] == [(p.name, p.kind, p.default) for p in its][1:]


# A method that only passes its arguments on is the operation itself: one call less, and the operation's own errors.
for _name, _method in [*vars(Tensor).items()]:
    if isinstance(_method, FunctionType) and _name in core.registry and _passes_on(_method, core.registry[_name]):
        setattr(Tensor, _name, core.registry[_name].function)

torch_names.add_missing(Tensor, "x")
core.register_tensor_class(Tensor)


def _one_tuple(lengths: tuple[Any, ...]) -> tuple[int, ...]:
    lengths = tuple(lengths[0]) if len(lengths) == 1 and not isinstance(lengths[0], SupportsIndex) else lengths
    return tuple(int(length) for length in lengths)


def _constant(array: np.ndarray[Any, Any]) -> Tensor:
    return core.tensor_of(array, None)


def _rebuild(kind: Any, data: np.ndarray[Any, Any], state: tuple[bool, np.ndarray[Any, Any] | None, str | None]) -> Any:
    requires_grad, grad, name = state
    tensor = object.__new__(kind)
    tensor.data, tensor.node = data, None
    tensor.grad = None if grad is None else _constant(grad)
    if name is not None:
        tensor.name = name
    return tensor.requires_grad_(requires_grad)


def tensor(data: ArrayLike | Tensor, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Tensor:
    """A new tensor with a copy of `data`.

    data: numbers, (nested) lists, arrays; Python numbers and lists become float32 (see `set_default_dtype`; booleans
    stay booleans), arrays keep their dtype. Raises TypeError for data that is not numeric, and for a tensor that
    requires a gradient, which would be lost.
    """
    return Tensor(np.array(core.as_array(data, dtype)), requires_grad=requires_grad)


def from_numpy(array: np.ndarray[Any, Any]) -> Tensor:
    """A tensor that shares the memory of `array`: who writes into the array changes the tensor, behind its history.

    Raises TypeError for what is not an ndarray; `ag.tensor` takes anything and copies.
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy: {type(array).__name__} is not an ndarray; use ag.tensor, which copies")
    return Tensor(array)
