"""Convolution and correlation of two arrays, as mathematics and signal processing distinguish them.

Convolution turns one of the two round, correlation does not: ``convolve(a, v)`` is ``correlate(a, flip(v))`` for real
numbers. What deep learning calls convolution (`conv2d`) is a correlation, "valid" unless there is padding.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, op
from ..kernels import signal as kernels
from ..kernels.signal import MODES
from .elementwise import conj
from .padding import pad
from .shape import flip


@op(
    a=lambda g, a_shape, v, mode: convolve(_in_full(g, a_shape, v.shape, mode), flip(v), "valid"),
    v=lambda g, a, v_shape, mode: convolve(_in_full(g, a.shape, v_shape, mode), flip(a), "valid"),
)
def convolve(a: Array, v: Array, mode: str = "full") -> Array:
    """Convolution, ``out[k] = sum_i a[i] * v[k - i]``: `v` is turned round, moved over `a`, multiplied and added up.

    a, v: as many axes each. mode: as in SciPy, "full" for all places where they overlap; "same" for the middle part, as
    large as `a`; "valid" for the places where the smaller one lies inside the larger one. Returns along each axis of
    n and m elements ``n + m - 1``, ``n`` or ``abs(n - m) + 1``. Raises ValueError for another mode, for different axes
    and without elements; in mode "valid" if neither holds the other, in mode "same" if `v` is the longer one.

    >>> convolve(randn(4), randn(3))
    >>> convolve(randn(4, 5), randn(2, 3), "same")
    >>> convolve(randn(2, 3), randn(4, 3), "valid")
    """
    _check(np.shape(a), np.shape(v), mode)
    return kernels.convolve(a, v, mode)


@op(
    a=lambda g, a_shape, v, mode: convolve(_in_full(g, a_shape, v.shape, mode), conj(v), "valid"),
    v=lambda g, a, v_shape, mode: conj(flip(convolve(_in_full(g, a.shape, v_shape, mode), flip(a), "valid"))),
)
def correlate(a: Array, v: Array, mode: str = "valid") -> Array:
    """Correlation, ``out[k] = sum_i a[i + k] * conj(v[i])``: `v` is moved over `a` as it is, multiplied and added up.

    The same as ``convolve(a, conj(flip(v)), mode)``, where arguments, result and errors are described. In one
    dimension it is NumPy's, which has "valid" by default where SciPy has "full"; in two, "valid" is `conv2d` for one
    channel. Returns along each axis of n and m elements ``n + m - 1``, ``n`` or ``abs(n - m) + 1``.

    >>> correlate(randn(4), randn(3))
    >>> correlate(randn(3), randn(4))
    >>> correlate(randn(4, 5), randn(2, 3), "same")
    >>> correlate(randn(2, 3), randn(4, 3), "full")
    """
    _check(np.shape(a), np.shape(v), mode)
    return kernels.convolve(a, np.conj(np.flip(v)), mode)


def _in_full(g: Any, a: tuple[int, ...], v: tuple[int, ...], mode: str) -> Any:
    """The gradient of the "full" result, of which `mode` keeps a part."""
    return g if mode == "full" else pad(g, kernels.left_out(a, v, mode))


def _check(a: tuple[int, ...], v: tuple[int, ...], mode: str) -> None:
    if mode not in MODES:
        raise ValueError(f"mode {mode!r} is not known; use full, same or valid")
    if len(a) != len(v) or not a:
        raise ValueError(f"a has {len(a)} axes, v has {len(v)}; pass as many in both, at least one")
    if 0 in (*a, *v):
        raise ValueError("there are no elements; pass arrays of at least one")
    larger = [n >= m for n, m in zip(a, v, strict=True)]
    smaller = [n <= m for n, m in zip(a, v, strict=True)]
    if mode == "valid" and not all(larger) and not all(smaller):
        raise ValueError('in mode "valid" one must be at least as long as the other along every axis; use another mode')
    if mode == "same" and not all(larger):
        raise ValueError(
            "v is longer than a, where mode \"same\" means two things (NumPy's and SciPy's); exchange a and v, or cut"
            ' what you need from mode "full"'
        )
