"""What the formulas about matrices share.

The literature writes derivatives with the adjoint x^H, and so do we: of a real array it is the transpose. The engine's
formulas know no conjugates (`core.gradients`), so a formula in those terms conjugates what comes and what it gives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import raw
from .elementwise import conj, where


def require_square(*matrices: Any) -> None:
    """Raise ValueError unless each has the shape (..., n, n)."""
    for x in matrices:
        shape = np.shape(raw(x))
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError("the last two axes must form square matrices; check the shape")


def require_matrix(x: Any) -> None:
    """Raise ValueError unless x has two axes or more."""
    if np.ndim(raw(x)) < 2:
        raise ValueError("the last two axes must form matrices; insert an axis with expand_dims")


def require_right_side(a: Any, b: Any) -> None:
    """Raise ValueError unless a, of square matrices, and b, a vector or matrices, can be those of a linear system."""
    require_square(a)
    b_shape = np.shape(raw(b))
    rows = b_shape[0 if len(b_shape) == 1 else -2] if b_shape else None
    if rows != a.shape[-1]:
        raise ValueError("b must have as many rows as a, as one vector or as matrices; insert an axis with expand_dims")


def conjugate(x: Any) -> Any:
    """conj(x); of a real array the array itself."""
    return conj(x) if x.dtype.kind == "c" else x


def adjoint(x: Any) -> Any:
    """Each matrix transposed and conjugated."""
    return conjugate(x.mT)


def hermitian_part(x: Any) -> Any:
    """(x + x^H) / 2, which is x if x is symmetric (Hermitian)."""
    return (x + adjoint(x)) / 2


def real_dtype(x: Any) -> Any:
    """The dtype of x's real part."""
    return np.zeros(0, x.dtype).real.dtype


def lower_half(x: Any) -> Any:
    """The part below the diagonal and half of the diagonal: y with y + y^T = x, for symmetric x."""
    n = x.shape[-1]
    return x * (np.tri(n, dtype=real_dtype(x)) - np.eye(n, dtype=real_dtype(x)) / 2)


def strictly_lower(x: Any) -> Any:
    """The part below the diagonal."""
    return x * np.tri(x.shape[-2], x.shape[-1], -1, dtype=real_dtype(x))


def upper(x: Any) -> Any:
    """The part above and on the diagonal."""
    return x * np.tri(x.shape[-1], x.shape[-2], dtype=real_dtype(x)).T


def columns_times(x: Any, weights: Any) -> Any:
    """``x @ diag(weights)``."""
    return x * weights[..., None, :]


def reciprocal_or_zero(x: Any, scale: Any) -> Any:
    """1 / x, and 0 where x is `negligible`."""
    small = negligible(x, scale)
    return where(small, 0, 1 / where(small, 1, x))


def equals(values: Any) -> Any:
    """Which pairs of the values along the last axis are equal, but for rounding: (..., n, n); not differentiated."""
    values = raw(values)
    return negligible(values[..., :, None] - values[..., None, :], largest(values)[..., None])


def with_an_equal(values: Any) -> Any:
    """Which of the values along the last axis equal another one: eigenvalues have kinks there."""
    return equals(values).sum(-1) > 1


def shared_by_equals(g: Any, values: Any) -> Any:
    """The gradient of values along the last axis, of which equal ones get the same: all may be each other's."""
    same = equals(values)
    number = same.sum(-1, keepdims=True)
    return ((same / number).astype(g.dtype) @ g[..., None])[..., 0] if (number > 1).any() else g


def negligible(x: Any, scale: Any) -> Any:
    """Where x is nothing but a rounding error of values of matrices as large as `scale`; not differentiated."""
    return np.abs(raw(x)) <= 4 * x.shape[-1] * np.finfo(x.dtype).eps * scale


def largest(values: Any) -> Any:
    """The largest modulus along the last axis, with an axis of length 1 in its place; not differentiated."""
    return np.max(np.abs(raw(values)), axis=-1, keepdims=True, initial=0)
