"""Discrete Fourier transforms, with NumPy's names, arguments and norms.

The matrix of a transform is symmetric, so the derivative of `fft` is `fft` again, cut or padded to the length that its
operand had; that of `ifft` is `ifft`. The transforms of real numbers are real-linear, and each is the other's adjoint
but for the weights of the frequencies that stand for two. Gradients of complex operands are PyTorch's: dL/d(Re z) +
i dL/d(Im z).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core import Array, composite, op, raw
from .elementwise import conj
from .padding import pad
from .shape import section
from .turning import roll

Axes = int | tuple[int, ...] | None
Norm = Literal["backward", "ortho", "forward"] | None

# The norm with which the transform in the other direction has the factor that this one has.
_SWAPPED: dict[Norm, Norm] = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def _resized(g: Any, length: int, axis: int) -> Any:
    """`g` cut, or padded with zeros, to a length along the axis: what a transform does to its operand, in reverse."""
    axis %= g.ndim
    if g.shape[axis] >= length:
        return section(g, axis, None, length)
    return pad(g, [(0, length - n if i == axis else 0) for i, n in enumerate(g.shape)])


# -- one axis ----------------------------------------------------------------------------------------------------


@op(x=lambda g, x_shape, axis, norm: _resized(fft(g, None, axis, norm), x_shape[axis], axis))
def fft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """Discrete Fourier transform along `axis`: ``sum(x[j] * exp(-2 pi i j k / n))`` for each frequency k below n.

    x: at least one axis, cut or padded with zeros to n elements (None: as many as there are). norm: "backward" (or
    None) for no factor, "ortho" for ``1 / sqrt(n)``, "forward" for ``1 / n``. Returns x's shape with n along the axis,
    complex. Raises ValueError for n below 1 and for another norm.

    >>> fft(randn(2, 3))
    >>> fft(randn(3, 2) + 1j * randn(3, 2), 4, 0, "ortho")
    >>> fft(randn(4), n=3)
    """
    normalize_axis_index(axis, np.ndim(x))  # NumPy's transforms do not name an axis that is not there
    return np.fft.fft(x, n, axis, norm)


@op(x=lambda g, x_shape, axis, norm: _resized(ifft(g, None, axis, norm), x_shape[axis], axis))
def ifft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """Inverse of `fft` along `axis`: ``sum(x[k] * exp(2 pi i j k / n)) / n`` for each j below n.

    x: at least one axis, cut or padded with zeros to n elements (None: as many as there are). norm: "backward" (or
    None) for the factor ``1 / n``, "ortho" for ``1 / sqrt(n)``, "forward" for none. Returns x's shape with n along the
    axis, complex. Raises ValueError for n below 1 and for another norm.

    >>> ifft(randn(2, 3) + 1j * randn(2, 3))
    >>> ifft(randn(3, 2), 4, 0, "ortho")
    """
    normalize_axis_index(axis, np.ndim(x))
    return np.fft.ifft(x, n, axis, norm)


def _rfft_gradient(g: Any, x_shape: tuple[int, ...], n: int | None, axis: int, norm: Norm) -> Any:
    """The frequencies that the result lacks have no gradient; the engine takes the real part."""
    n = x_shape[axis] if n is None else n
    return _resized(fft(_resized(g, n, axis), None, axis, norm), x_shape[axis], axis)


@op(x=lambda g, x_shape, n, axis, norm: _rfft_gradient(g, x_shape, n, axis, norm))
def rfft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """`fft` of real numbers along `axis`, without the second half of the frequencies, which mirror the first.

    x: real, at least one axis. n, norm: as for `fft`. Returns x's shape with ``n // 2 + 1`` along the axis, complex.
    Raises TypeError for complex numbers, ValueError for n below 1 and for another norm.

    >>> rfft(randn(2, 4))
    >>> rfft(randn(3), 4)
    >>> rfft(randn(3, 2), 5, 0, "forward")
    """
    if np.iscomplexobj(x):
        raise TypeError("rfft takes real numbers; use fft")
    normalize_axis_index(axis, np.ndim(x))
    return np.fft.rfft(x, n, axis, norm)


def _irfft_gradient(g: Any, x_shape: tuple[int, ...], axis: int, norm: Norm) -> Any:
    """A frequency inside stands for its mirror image too, and counts twice; the first one and that of n / 2 do not."""
    n = g.shape[axis]
    weights = np.full(n // 2 + 1, 2, g.dtype)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    spectrum = conj(rfft(g, None, axis, _SWAPPED[norm]))
    weights = weights.reshape((-1,) + (1,) * (g.ndim - 1 - axis % g.ndim))
    return _resized(spectrum * weights, x_shape[axis], axis)


@op(x=lambda g, x_shape, axis, norm: _irfft_gradient(g, x_shape, axis, norm))
def irfft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """Inverse of `rfft` along `axis`: n real numbers from the first ``n // 2 + 1`` frequencies.

    x: at least one axis, cut or padded with zeros to ``n // 2 + 1`` elements (n None: twice as many as there are, less
    two). norm: as for `ifft`. Returns x's shape with n along the axis, real. The imaginary part of the first frequency,
    and for even n that of the last, counts for nothing: its gradient is 0. Raises ValueError for n below 1 and for
    another norm.

    >>> irfft(randn(2, 3) + 1j * randn(2, 3))
    >>> irfft(randn(3, 2) + 1j * randn(3, 2), 5, 0, "ortho")
    """
    normalize_axis_index(axis, np.ndim(x))
    return np.fft.irfft(x, n, axis, norm)


@composite()
def hfft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """`fft` along `axis` of a signal whose second half mirrors the first, so that the spectrum is real.

    x: the first half, at least one axis. n: of the whole signal (None: twice as many as there are, less two). norm: as
    for `fft`. Returns x's shape with n along the axis, real. Errors as for `irfft`.

    >>> hfft(randn(3) + 1j * randn(3))
    >>> hfft(randn(3, 2) + 1j * randn(3, 2), 5, 0, "ortho")
    """
    return irfft(conj(x), n, axis, _swapped(norm))


@composite()
def ihfft(x: Array, n: int | None = None, axis: int = -1, norm: Norm = None) -> Array:
    """Inverse of `hfft` along `axis`: the first half of a signal, from its real spectrum.

    x: real, at least one axis. n: how many of them count (None: all). norm: as for `ifft`. Returns x's shape with
    ``n // 2 + 1`` along the axis, complex. Errors as for `rfft`.

    >>> ihfft(randn(4))
    >>> ihfft(randn(3, 2), 5, 0, "ortho")
    """
    return conj(rfft(x, n, axis, _swapped(norm)))


def _swapped(norm: Norm) -> Norm:
    if norm not in _SWAPPED:
        raise ValueError(f'norm {norm!r} is not known; use "backward", "ortho" or "forward"')
    return _SWAPPED[norm]


# -- several axes: one after the other, the last one first -------------------------------------------------------


def _lengths_and_axes(x: Any, s: Any, axes: Any) -> list[tuple[int | None, int]]:
    """(length, axis) of each transform, in the order of `axes`; NumPy's defaults: all axes, or the last ones of s."""
    s = (s,) if np.ndim(s) == 0 and s is not None else s
    if axes is None:
        axes = range(np.ndim(raw(x))) if s is None else range(-len(s), 0)
    axes = [axes] if np.ndim(axes) == 0 else list(axes)
    lengths = [None] * len(axes) if s is None else [None if n in (None, -1) else n for n in s]
    if len(lengths) != len(axes):
        raise ValueError(f"s has {len(lengths)} lengths for {len(axes)} axes; give one for each, or leave s out")
    if not axes:
        raise ValueError("there is no axis to transform; name at least one")
    return list(zip(lengths, axes, strict=True))


@composite()
def fftn(x: Array, s: tuple[int, ...] | None = None, axes: Axes = None, norm: Norm = None) -> Array:
    """`fft` along several axes (all for None).

    x: any shape. s: the length along each axis (None, or -1 for one of them: as it is). norm: as for `fft`, of each.
    Returns x's shape with these lengths, complex. Raises ValueError where s and axes do not fit.

    >>> fftn(randn(2, 3))
    >>> fftn(randn(2, 2) + 1j * randn(2, 2), (3, 2), (1, 0), "ortho")
    """
    for n, axis in reversed(_lengths_and_axes(x, s, axes)):
        x = fft(x, n, axis, norm)
    return x


@composite()
def ifftn(x: Array, s: tuple[int, ...] | None = None, axes: Axes = None, norm: Norm = None) -> Array:
    """Inverse of `fftn`.

    Arguments, result and errors as for `fftn`; norm as for `ifft`. Returns x's shape with the lengths of s, complex.

    >>> ifftn(randn(2, 3))
    >>> ifftn(randn(2, 2) + 1j * randn(2, 2), (3, 2), (1, 0), "ortho")
    """
    for n, axis in reversed(_lengths_and_axes(x, s, axes)):
        x = ifft(x, n, axis, norm)
    return x


@composite()
def rfftn(x: Array, s: tuple[int, ...] | None = None, axes: Axes = None, norm: Norm = None) -> Array:
    """`rfft` along the last of several axes (all for None), then `fft` along the others.

    x: real, any shape. s, norm: as for `fftn`. Returns x's shape with these lengths, the last one ``n // 2 + 1``,
    complex. Errors as for `fftn` and `rfft`.

    >>> rfftn(randn(2, 3))
    >>> rfftn(randn(2, 2), (3, 4), (1, 0), "ortho")
    """
    *others, (n, axis) = _lengths_and_axes(x, s, axes)
    x = rfft(x, n, axis, norm)
    for n, axis in reversed(others):
        x = fft(x, n, axis, norm)
    return x


@composite()
def irfftn(x: Array, s: tuple[int, ...] | None = None, axes: Axes = None, norm: Norm = None) -> Array:
    """Inverse of `rfftn`: `ifft` along all axes but the last, then `irfft` along that.

    x: any shape. s: the lengths of the result. norm: as for `ifft`. Returns x's shape with these lengths, real. Errors
    as for `fftn`.

    >>> irfftn(randn(2, 3) + 1j * randn(2, 3))
    >>> irfftn(randn(2, 2) + 1j * randn(2, 2), (3, 3), (1, 0), "ortho")
    """
    *others, (n, axis) = _lengths_and_axes(x, s, axes)
    for length, other in others:
        x = ifft(x, length, other, norm)
    return irfft(x, n, axis, norm)


@composite()
def fft2(x: Array, s: tuple[int, ...] | None = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`fftn` along two axes, the last ones unless told otherwise.

    Arguments and errors as for `fftn`. Returns x's shape with the lengths of s, complex.

    >>> fft2(randn(2, 3))
    >>> fft2(randn(2, 2, 1), (2, 1), (0, 1), "ortho")
    """
    return fftn(x, s, axes, norm)


@composite()
def ifft2(x: Array, s: tuple[int, ...] | None = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """Inverse of `fft2`.

    Arguments and errors as for `ifftn`. Returns x's shape with the lengths of s, complex.

    >>> ifft2(randn(2, 3))
    >>> ifft2(randn(2, 2, 1), (2, 1), (0, 1), "ortho")
    """
    return ifftn(x, s, axes, norm)


@composite()
def rfft2(x: Array, s: tuple[int, ...] | None = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """`rfftn` along two axes, the last ones unless told otherwise.

    Arguments and errors as for `rfftn`. Returns x's shape with the lengths of s, the last one ``n // 2 + 1``, complex.

    >>> rfft2(randn(2, 3))
    >>> rfft2(randn(2, 2, 1), (2, 3), (0, 1), "ortho")
    """
    return rfftn(x, s, axes, norm)


@composite()
def irfft2(x: Array, s: tuple[int, ...] | None = None, axes: Axes = (-2, -1), norm: Norm = None) -> Array:
    """Inverse of `rfft2`.

    Arguments and errors as for `irfftn`. Returns x's shape with the lengths of s, real.

    >>> irfft2(randn(2, 3) + 1j * randn(2, 3))
    >>> irfft2(randn(2, 2, 1) + 1j * randn(2, 2, 1), (2, 3), (0, 1), "ortho")
    """
    return irfftn(x, s, axes, norm)


# -- frequency 0 in the middle -----------------------------------------------------------------------------------


@composite()
def fftshift(x: Array, axes: Axes = None) -> Array:
    """Elements rolled so that the first one, of frequency 0, comes to the middle, along `axes` (all for None).

    x: any shape. Returns the same shape.

    >>> fftshift(randn(3, 2))
    >>> fftshift(randn(3, 4), 1)
    """
    return _rolled(x, axes, 1)


@composite()
def ifftshift(x: Array, axes: Axes = None) -> Array:
    """Inverse of `fftshift`: the middle element comes to the front, along `axes` (all for None).

    x: any shape. Returns the same shape.

    >>> ifftshift(randn(3, 2))
    >>> ifftshift(randn(3, 4), 1)
    """
    return _rolled(x, axes, -1)


def _rolled(x: Any, axes: Axes, direction: int) -> Any:
    shape = np.shape(raw(x))
    axes = tuple(range(len(shape))) if axes is None else normalize_axis_tuple(axes, len(shape), allow_duplicate=True)
    # fftshift rolls by n // 2, its inverse by -(n // 2).
    return roll(x, tuple(direction * (shape[axis] // 2) for axis in axes), axes)
