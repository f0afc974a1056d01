"""Matrix products and sums of products."""

from __future__ import annotations

import math
import string
from typing import Any

import numpy as np

from ..core import Array, Deferred, Handle, composite, op
from ..kernels import einsum as named
from ..kernels import linalg as kernels
from .shape import expand_dims, numbers_as_arrays, reshape, squeeze


@op(
    a=lambda g, a_shape, b: _matmul_a(g, len(a_shape), b),
    b=lambda g, a, b_shape, b_dtype: _matmul_b(g, a, len(b_shape), b_dtype),
)
def matmul(a: Array, b: Array) -> Array:
    """Matrix product ``a @ b`` over the last two axes; a 1-D operand is a row on the left, a column on the right.

    a: (..., n, k) or (k,); b: (..., k, m) or (k,); the leading axes broadcast. Returns (..., n, m), without the axis
    that a 1-D operand lacks. Raises ValueError for 0-d operands and where the two k differ.

    >>> matmul(randn(3, 2), randn(2, 4))
    >>> matmul(randn(5, 3, 2), randn(2, 4))
    >>> matmul(randn(2), randn(2, 2, 4))
    >>> matmul(randn(2, 1, 3), randn(2, 3, 2))
    >>> matmul(randn(2, 3, 2), randn(2))
    >>> matmul(randn(2), randn(2))
    """
    if getattr(a, "ndim", 0) == 0 or getattr(b, "ndim", 0) == 0:
        raise ValueError("a matrix product needs at least one axis on each side; multiply scalars with *")
    columns, rows = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if columns != rows:
        raise ValueError(
            f"a has {columns} columns, b has {rows} rows; transpose one with swapaxes(-1, -2) or check the sizes"
        )
    return kernels.matmul(a, b)


def _matmul_a(g: Any, a_ndim: int, b: Any) -> Any:
    if b.ndim == 1:  # (..., n) x (k,) -> (..., n, k); with a 1-D, () x (k,) -> (k,)
        return g * b if a_ndim == 1 else expand_dims(g, -1) * b
    if a_ndim == 1:  # (..., k, m) @ (..., m, 1) -> (..., k)
        return squeeze(matmul(b, expand_dims(g, -1)), -1)
    return matmul(g, b.mT)


def _matmul_b(g: Any, a: Any, b_ndim: int, b_dtype: Any) -> Any:
    if a.ndim == 1:  # (k,) x (..., m) -> (..., k, m); with b 1-D, (k,) x () -> (k,)
        return a * g if b_ndim == 1 else expand_dims(a, -1) * expand_dims(g, -2)
    if b_ndim == 1:  # (..., k, n) @ (..., n, 1) -> (..., k)
        return squeeze(matmul(a.mT, expand_dims(g, -1)), -1)
    if b_ndim == 2:
        return product_of_rows(a, g, b_dtype)
    return matmul(a.mT, g)


def product_of_rows(a: Any, b: Any, dtype: Any) -> Any:
    """One product for a whole batch: (..., k) and (..., m) as (k, rows) @ (rows, m); deferred, as it is a weight's.

    A weight that is used in each step of a loop gets its gradients from all steps in one product.
    """
    a, b = rows(a), rows(b)
    recorded = isinstance(a, Handle) or isinstance(b, Handle)
    if recorded or not a.dtype == b.dtype == dtype:
        return matmul(a.T, b)
    return Deferred(kernels.product_of_rows, kernels.add_products_of_rows, (a, b))


def rows(x: Any) -> Any:
    """(..., n) as a matrix of all its rows, (rows, n). With n = 0 a length of -1 would have no answer."""
    return x if x.ndim == 2 else reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


# -- sums over named axes ----------------------------------------------------------------------------------------


@composite()
def einsum(subscripts: str, *operands: Array, optimize: Any = True) -> Array:
    """Sum of products over named axes (Einstein's convention), as in NumPy: ``einsum("ij,jk->ik", a, b)`` is ``a @ b``.

    operands: as many as there are terms in `subscripts`; NumPy's other form, ``einsum(a, [0, 1], b, [1, 2], [0, 2])``,
    will do, too. optimize: in which order to multiply more than two, as in ``np.einsum_path``: True, "greedy",
    "optimal", a path, or False for the given order. (NumPy's default is False, which is slower and gives the same.) Two
    at a time are multiplied, and the derivative follows the same path. Returns the shape that the output term names.
    Raises ValueError for subscripts that do not fit the operands.

    >>> einsum("ij,jk->ik", randn(3, 2), randn(2, 4))
    >>> einsum("...i,ij", randn(4, 3), randn(3, 2))
    >>> einsum("ii,k->i", randn(3, 3), randn(2))
    >>> einsum("ij,jk,bk->bi", randn(2, 2), randn(2, 3), randn(1, 3), optimize="optimal")
    """
    if not isinstance(subscripts, str):
        subscripts, operands = named.letters(subscripts, *operands)
    line = numbers_as_arrays(operands)
    path = tuple(optimize) if isinstance(optimize, list) else optimize
    for positions, step in named.steps(subscripts, tuple([x.shape for x in line]), path):
        taken = [line[i] for i in positions]
        line = [x for i, x in enumerate(line) if i not in positions] if len(line) > 2 else []
        line.append(contract(step, *taken))
    return line[0]


@op(operands=lambda g, i, subscripts, operands: _contract_gradient(g, i, subscripts, operands))
def contract(subscripts: str, *operands: Array) -> Array:
    """One step of `einsum`: the sum of products of one or two operands, by BLAS where there is a sum.

    subscripts: with an output and without "...". operands: one or two. Returns the shape that the output term names.

    >>> contract("jb,bij->bi", randn(2, 3), randn(3, 1, 2))
    >>> contract("iji,k->kj", randn(2, 3, 2), randn(2))
    """
    return named.contract(subscripts, *numbers_as_arrays(operands))


def _contract_gradient(g: Any, i: int, subscripts: str, operands: tuple[Any, ...]) -> Any:
    """The product of the gradient with the other operand, over the axes of the i-th one.

    An axis that stands twice in a term is a diagonal: its second name is kept apart and tied by an identity matrix. An
    axis that nobody else has was summed away (or broadcast, if all others have length 1): a vector of ones spreads the
    gradient over it.
    """
    left, _, output = subscripts.partition("->")
    terms, arrays = left.split(","), numbers_as_arrays(operands)
    target, others = "", [*terms[:i], output, *terms[i + 1 :]]
    factors = [*arrays[:i], g, *arrays[i + 1 :]]
    unused = iter(sorted(set(string.ascii_letters) - set("".join(terms))))
    for axis, name in enumerate(terms[i]):
        length = arrays[i].shape[axis]
        if name in target:
            twin = next(unused)
            others.append(name + twin)
            factors.append(np.eye(length, dtype=g.dtype))
            name = twin
        elif length > _longest(name, others, factors):
            others.append(name)
            factors.append(np.ones(length, dtype=g.dtype))
        target += name
    product = contract if len(factors) <= 2 else einsum
    return product(f"{','.join(others)}->{target}", *factors)


def _longest(name: str, terms: list[str], factors: list[Any]) -> int:
    """The length of an axis where it is longest; -1 if no term has it."""
    found = (
        n for term, f in zip(terms, factors, strict=True) for axis, n in zip(term, f.shape, strict=True) if axis == name
    )
    return max(found, default=-1)
