"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import softmax as kernels
from ..kernels.reduction import Axis
from .elementwise import exp, log
from .reduction import sum


def _softmax_spec(x: Any, axis: Axis = -1) -> Any:
    exponentials = exp(x - kernels.largest(raw(x), axis))
    return exponentials / sum(exponentials, axis, keepdims=True)


@op(spec=_softmax_spec, x=lambda g, out, axis: kernels.softmax_gradient(g, out, axis))
def softmax(x: Array, axis: Axis = -1) -> Array:
    """``exp(x) / sum(exp(x))`` along `axis`: positive, and 1 in sum. Its Jacobian is ``y_i (delta_ij - y_j)``.

    x: real, any shape. Returns the same shape.

    >>> softmax(randn(3, 2))
    >>> softmax(randn(3, 2), axis=0)
    """
    return kernels.softmax(real_numbers(x), axis)


def _log_softmax_spec(x: Any, axis: Axis = -1) -> Any:
    shifted = x - kernels.largest(raw(x), axis)
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


@op(spec=_log_softmax_spec, x=lambda g, out, axis: kernels.log_softmax_gradient(g, out, axis))
def log_softmax(x: Array, axis: Axis = -1) -> Array:
    """``log(softmax(x))`` along `axis`, exact where the probabilities vanish.

    x: real, any shape. Returns the same shape.

    >>> log_softmax(randn(3, 2))
    >>> log_softmax(randn(3, 2), axis=0)
    """
    return kernels.log_softmax(real_numbers(x), axis)


def real_numbers(x: Any) -> Any:
    """x, as floating-point numbers if it has integers. Raises TypeError for complex numbers."""
    if x.dtype.kind == "c":
        raise TypeError("complex numbers have no largest one; pass the real part, or ag.abs(x)")
    return x if x.dtype.kind == "f" else x.astype(np.result_type(x, np.float16))
