"""Complex numbers beside their arithmetic: angle and modulus, and pairs of real numbers. (`conj`, `real`, `imag` and
`astype` are among the elementwise operations.)

The gradient for a complex z is PyTorch's: dL/d(Re z) + i dL/d(Im z), the direction of steepest ascent.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Array, composite, raw
from .elementwise import imag, real
from .shape import numbers_as_arrays, stack
from .trigonometric import arctan2, cos, rad2deg, sin


@composite()
def angle(z: Array, deg: bool = False) -> Array:
    """Angle of complex numbers against the positive real axis, from -pi to pi in radians, or in degrees, elementwise.

    z: any shape; a real number has the angle 0 or pi. Returns the same shape, real. At 0 the gradient is 0.

    >>> angle(randn(3) + 1j * randn(3))
    >>> angle(randn(3), True)
    """
    radians = arctan2(imag(z), real(z))
    return rad2deg(radians) if deg else radians


@composite()
def polar(abs: Array, angle: Array) -> Array:
    """Complex numbers of a modulus and an angle in radians, elementwise: ``abs * exp(1j * angle)``.

    abs, angle: real, broadcast against each other. Returns the broadcast shape, complex.

    >>> polar(positive(3, 2), randn(2))
    """
    for name, part in (("abs", abs), ("angle", angle)):
        if np.iscomplexobj(raw(part)):
            raise TypeError(f"{name} must be real; pass its real part, or ag.abs and ag.angle of it")
    abs, angle = numbers_as_arrays((abs, angle))
    return abs * cos(angle) + 1j * (abs * sin(angle))


@composite()
def view_as_real(x: Array) -> Array:
    """Real and imaginary parts side by side along a new last axis, as in PyTorch (but a copy).

    x: complex, any shape. Returns x's shape with an axis of 2 behind, real. Raises TypeError for real numbers.

    >>> view_as_real(randn(3) + 1j * randn(3))
    """
    if not np.iscomplexobj(raw(x)):
        raise TypeError("real numbers have no second part; convert them with astype('complex128') if that is meant")
    return stack([real(x), imag(x)], -1)


@composite()
def view_as_complex(x: Array) -> Array:
    """Complex numbers from pairs of real ones along the last axis, as in PyTorch (but a copy).

    x: real, the last axis of length 2. Returns x's shape without the last axis, complex. Raises ValueError for another
    length, TypeError for complex numbers.

    >>> view_as_complex(randn(3, 2))
    """
    if np.iscomplexobj(raw(x)):
        raise TypeError("the numbers are complex already; pass pairs of real ones")
    shape: Any = np.shape(raw(x))
    if shape[-1:] != (2,):
        raise ValueError("the last axis must have length 2, for real and imaginary part; stack the two with axis=-1")
    return x[..., 0] + 1j * x[..., 1]
