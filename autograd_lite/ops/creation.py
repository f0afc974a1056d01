"""New constant tensors: NumPy's functions for that, with `requires_grad` to make a leaf.

Python's floating-point numbers become the default dtype (float32, see `ag.set_default_dtype`), as everywhere here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import Handle, as_array, get_default_dtype, raw, tensor_of

Shape = int | tuple[int, ...]


def constant(array: Any, requires_grad: bool = False) -> Any:
    """A tensor without history; a leaf, if it is to have a gradient."""
    tensor = tensor_of(np.asarray(array), None)
    return tensor.requires_grad_() if requires_grad else tensor


def _default(dtype: DTypeLike | None, *values: Any) -> Any:
    """The dtype that is asked for, else the default one; for complex values its complex partner."""
    if isinstance(dtype, int):
        raise TypeError(f"dtype={dtype} is a number; give all lengths as one tuple, as in ag.zeros((2, 3))")
    kinds = {np.asarray(value).dtype.kind for value in values}
    return np.result_type(get_default_dtype(), 1j if "c" in kinds else 0.0) if dtype is None else dtype


def zeros(shape: Shape, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of zeros, of the default dtype unless told otherwise. Returns a Tensor of `shape`."""
    return constant(np.zeros(shape, _default(dtype)), requires_grad)


def ones(shape: Shape, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of ones, of the default dtype unless told otherwise. Returns a Tensor of `shape`."""
    return constant(np.ones(shape, _default(dtype)), requires_grad)


def full(shape: Shape, fill_value: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of one value all over, or of one that broadcasts to the shape.

    Returns a Tensor of `shape`; a Python number becomes the default dtype, a boolean and an array keep theirs.
    """
    return constant(np.full(shape, as_array(fill_value, dtype)), requires_grad)


def empty(shape: Shape, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor whose elements are whatever the memory held: to be filled, as NumPy's. Returns a Tensor of `shape`."""
    return constant(np.empty(shape, _default(dtype)), requires_grad)


def zeros_like(x: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of zeros. Returns a Tensor of x's shape and (unless told otherwise) dtype; no gradient flows to x."""
    return constant(np.zeros_like(_array(x), dtype), requires_grad)


def ones_like(x: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of ones. Returns a Tensor of x's shape and (unless told otherwise) dtype; no gradient flows to x."""
    return constant(np.ones_like(_array(x), dtype), requires_grad)


def full_like(x: Any, fill_value: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor of one value all over. Returns a Tensor of x's shape and (unless told otherwise) dtype.

    No gradient flows to x.
    """
    return constant(np.full_like(_array(x), _constant(fill_value), dtype), requires_grad)


def empty_like(x: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """A tensor whose elements are whatever the memory held. Returns a Tensor of x's shape and dtype."""
    return constant(np.empty_like(_array(x), dtype), requires_grad)


def _array(x: Any) -> Any:
    return raw(x, as_array)


def _constant(value: Any) -> Any:
    """A number or array without its handle. Raises TypeError if its gradient would be lost."""
    return np.asarray(value) if isinstance(value, Handle) else value


# -- sequences of numbers ----------------------------------------------------------------------------------------


def arange(
    start: Any,
    stop: Any = None,
    step: Any = 1,
    dtype: DTypeLike | None = None,
    *,
    requires_grad: bool = False,
) -> Any:
    """Numbers from `start` on in steps of `step`, up to and without `stop`; with one number, those from 0 up to it.

    Returns a Tensor of one axis: of whole numbers if all three are whole, else of the default dtype.
    """
    start, stop = (0, start) if stop is None else (start, stop)
    numbers: Any = np.arange(_constant(start), _constant(stop), _constant(step), dtype)  # type: ignore[call-overload]
    whole = dtype is not None or numbers.dtype.kind in "iu"
    return constant(numbers if whole else numbers.astype(_default(None)), requires_grad)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    axis: int = 0,
    *,
    requires_grad: bool = False,
) -> Any:
    """So many numbers at equal distances from `start` to `stop`, which is the last one with endpoint.

    Returns a Tensor of ``(num,)``; for arrays start and stop their broadcast shape, with the numbers along `axis`.
    """
    start, stop = _constant(start), _constant(stop)
    return constant(
        np.linspace(start, stop, num, endpoint, dtype=_default(dtype, start, stop), axis=axis), requires_grad
    )


def logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: DTypeLike | None = None,
    axis: int = 0,
    *,
    requires_grad: bool = False,
) -> Any:
    """Powers of `base` whose exponents are those numbers that `linspace` gives. Returns a Tensor, shaped as there."""
    start, stop, base = _constant(start), _constant(stop), _constant(base)
    dtype = _default(dtype, start, stop, base)
    return constant(np.logspace(start, stop, num, endpoint, base, dtype, axis), requires_grad)


def geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike | None = None,
    axis: int = 0,
    *,
    requires_grad: bool = False,
) -> Any:
    """So many numbers from `start` to `stop`, each the same multiple of the one before.

    Returns a Tensor, shaped as that of `linspace`.
    """
    start, stop = _constant(start), _constant(stop)
    return constant(np.geomspace(start, stop, num, endpoint, _default(dtype, start, stop), axis), requires_grad)


# -- matrices ----------------------------------------------------------------------------------------------------


def eye(
    N: int, M: int | None = None, k: int = 0, dtype: DTypeLike | None = None, *, requires_grad: bool = False
) -> Any:
    """Ones on the k-th diagonal above the main one, zeros elsewhere. Returns a Tensor of (N, M); M is N by default."""
    return constant(np.eye(N, M, k, _default(dtype)), requires_grad)


def identity(n: int, dtype: DTypeLike | None = None, *, requires_grad: bool = False) -> Any:
    """The matrix that changes no vector. Returns a Tensor of (n, n)."""
    return eye(n, dtype=dtype, requires_grad=requires_grad)


def tri(
    N: int, M: int | None = None, k: int = 0, dtype: DTypeLike | None = None, *, requires_grad: bool = False
) -> Any:
    """Ones on and below the k-th diagonal, zeros above. Returns a Tensor of (N, M); M is N by default."""
    return constant(np.tri(N, M, k, _default(dtype)), requires_grad)
