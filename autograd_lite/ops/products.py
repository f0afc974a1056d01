"""Products of vectors, matrices and tensors other than `matmul` and `einsum`, written with those two."""

from __future__ import annotations

import operator
import string
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core import Array, Arrays, composite, op, raw
from ..kernels import einsum as named
from .elementwise import where
from .linalg import contract, einsum, matmul
from .matrices import conjugate, require_square
from .shape import numbers_as_arrays, reshape, transpose
from .solving import inv

Axes = int | tuple[int, int] | tuple[tuple[int, ...], tuple[int, ...]]


# -- two operands ------------------------------------------------------------------------------------------------


@composite()
def dot(a: Array, b: Array) -> Array:
    """Sum of products over the last axis of `a` and the last but one of `b` (the only one of a vector).

    a: (..., n, k) or (k,); b: (..., k, m) or (k,). Returns all other axes of `a` and then all other axes of `b`; with a
    number on one side the elementwise product. Raises ValueError where the two k differ.

    >>> dot(randn(3), randn(3))
    >>> dot(randn(2, 3), randn(3, 2))
    >>> dot(randn(2, 3), randn(2, 3, 1))
    """
    if not np.ndim(raw(a)) or not np.ndim(raw(b)):
        return a * b
    return matmul(a, b) if b.ndim <= 2 else tensordot(a, b, (-1, -2))


@composite()
def vdot(a: Array, b: Array) -> Array:
    """Scalar product ``sum(conj(a) * b)`` of all elements, whatever the shapes.

    a, b: equally many elements. Returns a scalar. Raises ValueError for different numbers of elements.

    >>> vdot(randn(2, 3), randn(6))
    """
    a, b = numbers_as_arrays((a, b))
    return matmul(conjugate(reshape(a, -1)), reshape(b, -1))


@composite()
def inner(a: Array, b: Array) -> Array:
    """Sum of products over the last axes of both.

    a: (..., k); b: (..., k). Returns all other axes of `a` and then all other axes of `b`; with a number on one side
    the elementwise product. Raises ValueError where the two k differ.

    >>> inner(randn(3), randn(3))
    >>> inner(randn(2, 1, 2), randn(3, 2))
    """
    if not np.ndim(raw(a)) or not np.ndim(raw(b)):
        return a * b
    return tensordot(a, b, (-1, -1))


@composite()
def outer(a: Array, b: Array) -> Array:
    """Products of each element of `a` with each of `b`.

    a, b: any shape; flattened. Returns (number of elements of a, number of elements of b).

    >>> outer(randn(2), randn(1, 3))
    """
    a, b = numbers_as_arrays((a, b))
    return reshape(a, (-1, 1)) * reshape(b, -1)


@composite()
def tensordot(a: Array, b: Array, axes: Axes = 2) -> Array:
    """Sum of products over pairs of axes.

    a, b: any shape. axes: so many of the last of `a` and the first of `b`; or a pair of axes or of lists of axes, one
    list for each operand. Returns the other axes of `a` and then the other axes of `b`. Raises ValueError for axes that
    differ in number or length.

    >>> tensordot(randn(2, 3), randn(2, 3))
    >>> tensordot(randn(2, 1, 3), randn(3, 2), axes=1)
    >>> tensordot(randn(2, 1, 3), randn(3, 2), axes=((0, -1), (1, 0)))
    """
    a_shape, b_shape = np.shape(raw(a)), np.shape(raw(b))
    of_a, of_b = _pairs(axes, len(a_shape), len(b_shape))
    if [a_shape[i] for i in of_a] != [b_shape[i] for i in of_b]:
        raise ValueError("the axes to be summed must have the same lengths in both; check axes=")
    term_a, free = list(string.ascii_letters[: len(a_shape)]), iter(string.ascii_letters[len(a_shape) :])
    tied = {j: term_a[i] for i, j in zip(of_a, of_b, strict=True)}
    term_b = [tied[j] if j in tied else next(free) for j in range(len(b_shape))]
    output = [c for c in term_a + term_b if c not in tied.values()]
    return contract(f"{''.join(term_a)},{''.join(term_b)}->{''.join(output)}", a, b)


def _pairs(axes: Any, a_ndim: int, b_ndim: int) -> tuple[list[int], list[int]]:
    """The axes of both that belong together, positive."""
    if not isinstance(axes, tuple | list | np.ndarray):
        if axes > min(a_ndim, b_ndim):
            raise ValueError(f"operands with {a_ndim} and {b_ndim} axes have no {axes} in common; pass a smaller axes=")
        axes = (range(a_ndim - axes, a_ndim), range(axes))
    of_a, of_b = ([i] if np.ndim(i) == 0 else list(i) for i in axes)
    if len(of_a) != len(of_b):
        raise ValueError(f"{len(of_a)} axes of a cannot be paired with {len(of_b)} of b; name equally many")
    of_a, of_b = [normalize_axis_index(i, a_ndim) for i in of_a], [normalize_axis_index(i, b_ndim) for i in of_b]
    if len(set(of_a)) < len(of_a) or len(set(of_b)) < len(of_b):
        raise ValueError("an axis is named twice; name each axis once")
    return of_a, of_b


# -- stacks of vectors and matrices ------------------------------------------------------------------------------


@composite()
def vecdot(a: Array, b: Array, axis: int = -1) -> Array:
    """Scalar products ``sum(conj(a) * b)`` of vectors along `axis`.

    a, b: broadcast against each other but for that axis, which is equally long. Returns the broadcast shape without
    the axis. Raises ValueError for different lengths of the axis.

    >>> vecdot(randn(2, 3), randn(3))
    >>> vecdot(randn(3, 2), randn(3, 1), axis=0)
    """
    if axis != -1:
        a, b = _axis_last(a, axis), _axis_last(b, axis)
    _require_equal(a, -1, b, -1)
    return einsum("...i,...i->...", conjugate(a), b)


@composite()
def matvec(a: Array, b: Array) -> Array:
    """Products of matrices and vectors.

    a: (..., n, k); b: (..., k); the leading axes broadcast. Returns (..., n). Raises ValueError where the k differ.

    >>> matvec(randn(2, 1, 3, 2), randn(2, 2))
    """
    _require_equal(a, -1, b, -1, a_ndim=2)
    return einsum("...ij,...j->...i", a, b)


@composite()
def vecmat(a: Array, b: Array) -> Array:
    """Products of vectors, conjugated, and matrices.

    a: (..., k); b: (..., k, m); the leading axes broadcast. Returns (..., m). Raises ValueError where the k differ.

    >>> vecmat(randn(2, 2), randn(2, 1, 2, 3))
    """
    _require_equal(a, -1, b, -2, b_ndim=2)
    return einsum("...i,...ij->...j", conjugate(a), b)


def _require_equal(a: Any, a_axis: int, b: Any, b_axis: int, a_ndim: int = 1, b_ndim: int = 1) -> None:
    """Raise ValueError unless both have so many axes, and those two are equally long (1 is not repeated)."""
    a_shape, b_shape = np.shape(raw(a)), np.shape(raw(b))
    if len(a_shape) < a_ndim or len(b_shape) < b_ndim:
        raise ValueError(f"a needs {a_ndim} axes or more, b {b_ndim}; insert some with expand_dims")
    if a_shape[a_axis] != b_shape[b_axis]:
        raise ValueError(f"axis {a_axis} of a and axis {b_axis} of b must be equally long; check the sizes")


def _axis_last(x: Any, axis: int) -> Any:
    axis = normalize_axis_index(axis, np.ndim(raw(x)))
    return transpose(x, (*(i for i in range(x.ndim) if i != axis), axis))


# -- vectors in space --------------------------------------------------------------------------------------------


@composite()
def cross(a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    """Vector product of vectors in space.

    a, b: broadcast against each other but for one axis of length 3, `axisa` and `axisb`, `axisc` in the result;
    `axis` stands for all three. Returns the broadcast shape. Raises ValueError for vectors of another length (NumPy
    still takes those in a plane, and warns).

    >>> cross(randn(2, 3), randn(3))
    >>> cross(randn(3, 2), randn(2, 1, 3), 0, 2, 0)
    >>> cross(randn(3, 1), randn(3, 2), axis=0)
    """
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis, axis, axis)
    a_ndim, b_ndim = np.ndim(raw(a)), np.ndim(raw(b))
    # Counted from the end, axes keep their places when operands are broadcast.
    from_end = [
        normalize_axis_index(i, n) - n for i, n in ((axisa, a_ndim), (axisb, b_ndim), (axisc, max(a_ndim, b_ndim)))
    ]
    if a.shape[from_end[0]] != 3 or b.shape[from_end[1]] != 3:
        raise ValueError("vectors must have length 3; pad those in a plane with 0, and check axisa= and axisb=")
    return cross_product(a, b, *from_end)


@op(
    a=lambda g, b, axisa, axisb, axisc: cross_product(b, g, axisb, axisc, axisa),
    b=lambda g, a, axisa, axisb, axisc: cross_product(g, a, axisc, axisa, axisb),
)
def cross_product(a: Array, b: Array, axisa: int, axisb: int, axisc: int) -> Array:
    """`cross` with axes that are counted from the end.

    a, b: broadcast against each other but for axes of length 3. Returns the broadcast shape.

    >>> cross_product(randn(3, 2), randn(2, 2, 3), -2, -1, -3)
    """
    return np.cross(a, b, axisa, axisb, axisc)


# -- several operands --------------------------------------------------------------------------------------------


@composite()
def multi_dot(arrays: Arrays) -> Array:
    """Product of a chain of matrices, multiplied in the order that takes the least work.

    arrays: two or more matrices (n, k), (k, m), ...; the first and the last may be vectors, a row and a column.
    Returns what ``arrays[0] @ arrays[1] @ ...`` does. Raises ValueError for fewer arrays, or sizes that do not fit.

    >>> multi_dot([randn(3, 1), randn(1, 3), randn(3, 2)])
    >>> multi_dot([randn(2), randn(2, 3), randn(3, 2), randn(2)])
    """
    shapes = [np.shape(raw(x)) for x in arrays]
    if len(shapes) < 2 or any(len(s) != 2 for s in shapes[1:-1]) or any(len(s) not in (1, 2) for s in shapes):
        raise ValueError("a chain has two matrices or more, of two axes each; only the first and last may be vectors")
    first = shapes[0][0] if len(shapes[0]) == 2 else 1
    last = shapes[-1][1] if len(shapes[-1]) == 2 else 1
    split = named.chain_order([first, *(s[0] for s in shapes[1:]), last])

    def product(i: int, j: int) -> Any:
        return arrays[i] if i == j else matmul(product(i, split[i, j]), product(split[i, j] + 1, j))

    return product(0, len(shapes) - 1)


@composite()
def matrix_power(x: Array, n: int) -> Array:
    """Square matrices to a whole power: the identity for 0, of the inverse for a negative one.

    x: (..., m, m). Returns the same shape. Raises TypeError for a power that is not whole, ValueError for matrices that
    are not square, or are singular where the power is negative.

    >>> matrix_power(randn(2, 3, 3), 3)
    >>> matrix_power(randn(2, 2) + 2 * np.eye(2), -2)
    """
    n = operator.index(n)
    require_square(x)
    if n < 0:
        x, n = inv(x), -n
    if n == 0:
        return where(True, np.eye(x.shape[-1], dtype=x.dtype), x)
    power, result = x, None
    while n:  # the squares x, x^2, x^4, ... of which n's binary digits say that they take part
        n, digit = divmod(n, 2)
        if digit:
            result = power if result is None else matmul(result, power)
        power = matmul(power, power) if n else power
    return result
