"""Limits on gradients, between backward and step. Both write into the gradients' arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..tensor import Tensor
from .optimizer import gradient_of


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients by one factor, so that the norm of all their elements together is at most `max_norm`.

    Returns the norm before. norm_type: p of the p-norm; ``math.inf`` for the largest absolute value. Raises
    RuntimeError for a norm that is infinite or NaN, if asked to; nothing is changed then.
    """
    gradients = _gradients("clip_grad_norm_", parameters)
    total = _norm(gradients, norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {total}, so no factor can help; look for the operation"
            " that overflows, or lower the learning rate"
        )
    factor = max_norm / (total + 1e-6)  # torch.nn.utils' guard against division by zero
    if not factor >= 1:
        for gradient in gradients:
            gradient *= factor
    return total


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Limit each element of each gradient to the interval from ``-clip_value`` to ``clip_value``."""
    for gradient in _gradients("clip_grad_value_", parameters):
        np.clip(gradient, -clip_value, clip_value, out=gradient)


def _gradients(function: str, parameters: Tensor | Iterable[Tensor]) -> list[np.ndarray[Any, Any]]:
    if not isinstance(parameters, Iterable):
        raise TypeError(f"{function}: a {type(parameters).__name__} is no parameters; pass model.parameters()")
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    found = (gradient_of(function, parameter) for parameter in parameters)
    return [gradient for gradient in found if gradient is not None]


def _norm(gradients: list[np.ndarray[Any, Any]], p: float) -> float:
    if not gradients:
        return 0.0
    if p == math.inf:
        return float(max(np.abs(gradient).max(initial=0) for gradient in gradients))
    if p == 2:  # a dot product needs no array of squares
        return math.sqrt(sum(float(np.vdot(gradient, gradient).real) for gradient in gradients))
    return float(sum(float((np.abs(gradient) ** p).sum()) for gradient in gradients) ** (1 / p))
