"""Correlation: the trilinear form <g, correlate(x, weight)> and its three partial derivatives, each by several kernels.

`correlate` maps (x, weight) to y, `transposed` (y, weight) to x, `filter_gradient` (x, y) to the weight. In all of them
x is (N, C, H, W), the weight (O, C / groups, kh, kw), y (N, O, rows, columns). Results are views of arrays in the
order (rows, N, columns, channels), with which the next layer is fastest; elementwise ufuncs keep that order.

In one dimension the kernels see images of one row; in three, there is a depth before the rows. `plan` chooses the
kernel; `reference` is what all of them are held against.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..windows import Windows
from .choice import Choice, choice
from .layout import add_bias
from .plan import KERNELS, Plan, conv_kernel, plan
from .problem import CORRELATE, FILTER_GRADIENT, TRANSPOSED, Problem

__all__ = [
    "CORRELATE",
    "FILTER_GRADIENT",
    "KERNELS",
    "TRANSPOSED",
    "Choice",
    "Plan",
    "Problem",
    "add_bias",
    "choice",
    "conv_kernel",
    "correlate",
    "filter_gradient",
    "plan",
    "transposed",
]

Array = np.ndarray[Any, Any]


def correlate(x: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """Each window of x (N, C, H, W) times each filter of the weight (O, C / groups, kh, kw): (N, O, rows, columns)."""
    if x.ndim == 3:
        return correlate(_in_a_row(x), _in_a_row(weight), windows.in_a_row, groups)[:, :, 0]
    problem = Problem(
        CORRELATE, len(x), x.shape[1], len(weight), x.shape[2:], windows, groups, np.result_type(x, weight)
    )
    return KERNELS[plan(problem).kernel].correlate(x, weight, windows, groups)


def transposed(y: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """The adjoint of `correlate` in x: y (N, O, rows, columns) spread over the smallest image with these windows."""
    if y.ndim == 3:
        return transposed(_in_a_row(y), _in_a_row(weight), windows.in_a_row, groups)[:, :, 0]
    channels, size = weight.shape[1] * groups, windows.covered(y.shape[2:])
    problem = Problem(TRANSPOSED, len(y), channels, y.shape[1], size, windows, groups, np.result_type(y, weight))
    return KERNELS[plan(problem).kernel].transposed(y, weight, windows, groups)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int = 1) -> Array:
    """The adjoint of `correlate` in the weight: windows of x weighted by y and added up, (O, C / groups, kh, kw)."""
    if x.ndim == 3:
        return filter_gradient(_in_a_row(x), _in_a_row(y), windows.in_a_row, groups)[:, :, 0]
    problem = Problem(
        FILTER_GRADIENT, len(x), x.shape[1], y.shape[1], x.shape[2:], windows, groups, np.result_type(x, y)
    )
    return KERNELS[plan(problem).kernel].filter_gradient(x, y, windows, groups)


def _in_a_row(signals: Array) -> Array:
    """(n, m, length) seen as images of one row, (n, m, 1, length)."""
    return signals[:, :, None]
