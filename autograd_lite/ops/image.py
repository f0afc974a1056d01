"""Images resized, warped, and rearranged: one, two or three axes of pixels behind (N, C)."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core import Array, composite, raw
from ..kernels import resampling as kernels
from .elementwise import clip, where
from .indexing import embedding
from .linalg import matmul
from .pooling import adaptive_avg_pool
from .shape import expand_dims, moveaxis, reshape, swapaxes, transpose
from .tiling import repeat

_LINEAR = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2}  # modes that mix pixels, and for how many axes


# -- resizing ----------------------------------------------------------------------------------------------------


@composite()
def interpolate(
    x: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    """Images of another size, as PyTorch's function of that name makes them.

    x: real, (N, C, d1), (N, C, d1, d2) or (N, C, d1, d2, d3). size: of the pixel axes, one number for all or one each;
    or scale_factor: how many times as long they become (rounded down). mode: "nearest", "nearest-exact" (of pixel
    centres), "area" (means), "linear" for one axis, "bilinear" or "bicubic" for two, "trilinear" for three.
    align_corners: whether the outermost pixels keep their centres (else, and for None, the image keeps its edges).
    recompute_scale_factor: take the ratio from the rounded sizes instead of scale_factor. antialias: widen the kernel
    where the image shrinks ("bilinear" and "bicubic"). Returns (N, C, *size). In the modes that mix pixels a NaN or an
    infinity spreads over its row. Raises ValueError for a mode that does not fit the axes, and unless exactly one of
    size and scale_factor is given.

    >>> interpolate(randn(1, 1, 2, 3), (4, 5), mode="bilinear")
    >>> interpolate(randn(1, 1, 3), None, 2.5, "linear", True)
    >>> interpolate(randn(1, 1, 2, 3), None, 1.5, recompute_scale_factor=True)
    >>> interpolate(randn(1, 1, 4, 3), 2, mode="bicubic", antialias=True)
    """
    shape = np.shape(raw(x))
    old = shape[2:]
    _check_mode(mode, len(old), align_corners, antialias)
    new, scales = _sizes_and_scales(old, size, scale_factor, align_corners, recompute_scale_factor)
    if min(old, default=1) < 1 or min(new) < 1:
        raise ValueError(f"no image of {new} pixels can be made from one of {old}; both need at least one on each axis")
    if mode == "area":
        return adaptive_avg_pool(x, len(new), new)
    kind = "cubic" if mode == "bicubic" else "linear"
    for axis, (n, m, scale) in enumerate(zip(old, new, scales, strict=True), start=2):
        if mode in _LINEAR:
            if kind == "linear" and n == m:
                continue  # as in PyTorch, whatever scale_factor was rounded from
            weights = kernels.matrix(n, m, scale, kind, bool(align_corners), antialias)
            x = _mixed(x, weights.astype(_float_dtype(x)), axis)
        elif n != m or scale != 1:
            chosen = kernels.nearest(n, m, scale, mode == "nearest-exact")
            x = repeat(x, np.bincount(chosen, minlength=n), axis)  # in order: faster than take, above all backward
    return x


def _check_mode(mode: str, axes: int, align_corners: bool | None, antialias: bool) -> None:
    if axes not in (1, 2, 3):
        raise ValueError("x must be (N, C, d1), with up to three axes of pixels; add the axes that it lacks")
    if mode not in ("nearest", "nearest-exact", "area", *_LINEAR):
        raise ValueError(f'mode {mode!r} is not known; use "nearest", "nearest-exact", "area" or {", ".join(_LINEAR)}')
    if _LINEAR.get(mode, axes) != axes:
        fitting = " or ".join(f'"{name}"' for name, number in _LINEAR.items() if number == axes)
        raise ValueError(f"mode {mode!r} is for {_LINEAR[mode]} axes of pixels, x has {axes}; use {fitting}")
    if align_corners is not None and mode not in _LINEAR:
        raise ValueError(f"align_corners means nothing for mode {mode!r}; leave it out")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f'antialias is for "bilinear" and "bicubic", not for {mode!r}; leave it out')


def _sizes_and_scales(
    old: tuple[int, ...], size: Any, factor: Any, align_corners: bool | None, recompute: bool | None
) -> tuple[tuple[int, ...], list[float]]:
    """The new lengths, and for each how many old pixels there are to a new one."""
    if (size is None) == (factor is None):
        raise ValueError("either size or scale_factor must be given, and not both; leave one out")
    given = tuple(factor if size is None else size) if np.ndim(factor if size is None else size) else None
    each = given or (factor if size is None else size,) * len(old)
    if len(each) != len(old):
        raise ValueError(f"{len(each)} numbers were given for {len(old)} axes of pixels; give one for each, or one")
    if size is None and not all(0 < f < math.inf for f in each):
        raise ValueError("scale_factor says how many times as long axes become; pass numbers above 0")
    new = (
        tuple(operator.index(n) for n in each)
        if size is not None
        else tuple(math.floor(n * f) for n, f in zip(old, each, strict=True))
    )
    if align_corners:
        return new, [(n - 1) / (m - 1) if m > 1 else 0.0 for n, m in zip(old, new, strict=True)]
    if size is None and not recompute:
        return new, [1 / f for f in each]
    return new, [n / m if m else 0.0 for n, m in zip(old, new, strict=True)]


def _float_dtype(x: Any) -> Any:
    """Of weights for `x`, which may be integers."""
    return x.dtype if x.dtype.kind == "f" else np.float64


def _mixed(x: Any, weights: Any, axis: int) -> Any:
    """(new, old) weights applied along an axis: a matrix product on either side of the last two axes."""
    if axis == x.ndim - 1:
        return matmul(x, weights.T)
    if axis == x.ndim - 2:
        return matmul(weights, x)
    return moveaxis(matmul(moveaxis(x, axis, -1), weights.T), -1, axis)


# -- warping -----------------------------------------------------------------------------------------------------


@composite()
def affine_grid(theta: Array, size: Sequence[int], align_corners: bool = False) -> Array:
    """For each pixel of a new image, where an affine map takes it from: coordinates for `grid_sample`.

    theta: (N, 2, 3), or (N, 3, 4) for volumes; each matrix times (x, y, 1). size: (N, C, H, W) or (N, C, D, H, W) of
    the new images. align_corners: -1 and 1 are the centres of the outermost pixels, not the edges of the image. Returns
    (N, H, W, 2) or (N, D, H, W, 3), the last axis being (x, y) or (x, y, z). Raises ValueError where these do not fit.
    Jaderberg et al. 2015.

    >>> affine_grid(randn(1, 2, 3), (1, 1, 2, 3))
    >>> affine_grid(randn(1, 3, 4), (1, 1, 2, 1, 2), True)
    """
    pixels = tuple(size)[2:]
    axes, shape = len(pixels), np.shape(raw(theta))
    if axes not in (2, 3) or shape != (size[0], axes, axes + 1):
        expected = f"({size[0]}, {axes}, {axes + 1})" if axes in (2, 3) else "(N, 2, 3) with size (N, C, H, W)"
        raise ValueError(f"theta must be {expected}; reshape it, or check size")
    dtype = _float_dtype(theta)
    lines = [_coordinates(n, align_corners).astype(dtype) for n in pixels]
    mesh = np.stack([*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(pixels, dtype)], axis=-1)
    flat = mesh.reshape(-1, axes + 1)  # (pixels, axes + 1) @ (N, axes + 1, axes)
    return reshape(matmul(flat, swapaxes(theta, 1, 2)), (shape[0], *pixels, axes))


def _coordinates(n: int, align_corners: bool) -> Any:
    """Pixel centres between -1 and 1."""
    if align_corners:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(n)
    return (2 * np.arange(n) + 1) / n - 1


@composite()
def grid_sample(
    x: Array, grid: Array, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Array:
    """The values of images at any points, between their pixels: a new image, pixel by pixel.

    x: real, (N, C, H, W) or (N, C, D, H, W). grid: (N, H', W', 2) or (N, D', H', W', 3), coordinates (x, y[, z]) from
    -1 to 1. mode: "bilinear" (of the 4 or 8 pixels around), "nearest", or "bicubic" (of 16; two axes only).
    padding_mode: what is outside, "zeros", "border" (the nearest pixel) or "reflection". align_corners: -1 and 1 are
    the centres of the outermost pixels, not the edges of the image. Returns (N, C, H', W') or (N, C, D', H', W').
    The value has a kink where a point crosses a pixel's centre: there the gradient for the grid is that of the upper
    side; it is 0 for "nearest", and beyond the border for "border". Raises ValueError for shapes that do not fit and
    unknown modes. Jaderberg et al. 2015.

    >>> grid_sample(randn(1, 2, 3, 2), 0.4 * distinct(1, 2, 1, 2))
    >>> grid_sample(randn(1, 1, 3, 2), 3 * distinct(1, 2, 1, 2), padding_mode="reflection")
    >>> grid_sample(randn(1, 1, 3, 2), distinct(1, 2, 1, 2), "bicubic", "border", True)
    >>> grid_sample(randn(1, 1, 2, 2, 2), 0.6 * distinct(1, 1, 1, 2, 3))
    """
    shape, points = np.shape(raw(x)), np.shape(raw(grid))
    pixels = shape[2:]
    _check_sampling(shape, points, mode, padding_mode)
    table = reshape(
        moveaxis(x, 1, -1), (math.prod(shape[:1] + pixels), shape[1])
    )  # one row for each pixel of each image
    image = np.arange(shape[0]).reshape(-1, *(1,) * len(pixels)) * math.prod(pixels)  # where each image begins in it
    taps = []
    for axis, n in enumerate(pixels):
        coordinate = _pixel_coordinate(grid[..., len(pixels) - 1 - axis], n, align_corners)
        taps.append(_TAPS[mode](coordinate, n, padding_mode, align_corners))
    out: Any = 0
    for chosen in itertools.product(*taps):
        place, weight, inside = image, 1.0, True
        for axis, tap in enumerate(chosen):
            place = place + tap.index * math.prod(pixels[axis + 1 :])
            weight, inside = weight * tap.weight, inside & tap.inside
        out = out + embedding(place, table) * expand_dims(where(inside, weight, 0), -1)
    return moveaxis(out, -1, 1)


def _check_sampling(shape: tuple[int, ...], points: tuple[int, ...], mode: str, padding_mode: str) -> None:
    axes = len(shape) - 2
    if axes not in (2, 3):
        raise ValueError("x must be (N, C, H, W) or (N, C, D, H, W); add the axes that it lacks")
    if len(points) != axes + 2 or points[0] != shape[0] or points[-1] != axes:
        between = "D', H', W'" if axes == 3 else "H', W'"
        raise ValueError(f"the grid must be ({shape[0]}, {between}, {axes}); affine_grid makes such a one")
    if mode not in _TAPS:
        raise ValueError(f'mode {mode!r} is not known; use "bilinear", "nearest" or "bicubic"')
    if mode == "bicubic" and axes == 3:
        raise ValueError('mode "bicubic" is for images with two axes of pixels; use "bilinear" for volumes')
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f'padding_mode {padding_mode!r} is not known; use "zeros", "border" or "reflection"')
    if 0 in shape[2:]:
        raise ValueError("x has no pixels; check its shape")


class _Tap(NamedTuple):
    """One of the pixels on an axis that make a point's value: where, with which weight, and whether it is there."""

    index: Any  # integers within the image
    weight: Any  # what it counts, a function of the coordinate
    inside: Any  # False where it lies outside and counts as 0


def _pixel_coordinate(g: Any, n: int, align_corners: bool) -> Any:
    """A coordinate in pixels, pixel centres being whole numbers, from one between -1 and 1. A NaN is outside."""
    g = where(np.isnan(raw(g)), -3, g)
    return (g + 1) * ((n - 1) / 2) if align_corners else ((g + 1) * n - 1) * 0.5


def _brought_inside(c: Any, n: int, padding_mode: str, align_corners: bool) -> Any:
    """The coordinate that stands for one outside; its slope is 0 on the border and beyond, -1 or 1 elsewhere."""
    if padding_mode == "zeros":
        return clip(c, -2, n + 1)  # as far outside as any, and no overflow
    if padding_mode == "reflection":
        c = _reflected(c, n, align_corners)
    values = raw(c)
    return where((values > 0) & (values < n - 1), c, np.clip(values, 0, n - 1))


def _reflected(c: Any, n: int, align_corners: bool) -> Any:
    """`c` reflected at the outermost pixel centres, or at the edges, as often as it takes: linear in each piece."""
    low, span = (0.0, n - 1) if align_corners else (-0.5, n)
    if span == 0:
        return 0 * c
    c = _finite(c)
    distance = np.abs(raw(c) - low)
    times = np.floor(distance / span)
    even = times % 2 == 0
    slope = np.where(even, 1, -1) * np.where(raw(c) >= low, 1, -1)
    start = np.where(even, -times * span, (times + 1) * span) + low
    return (c - low) * slope.astype(distance.dtype) + start.astype(distance.dtype)


def _finite(c: Any) -> Any:
    """`c`, and 0 for an infinity, which no number of reflections brings inside: any pixel will do."""
    return where(np.isinf(raw(c)), 0, c)


def _nearest_taps(c: Any, n: int, padding_mode: str, align_corners: bool) -> list[_Tap]:
    index = np.rint(raw(_brought_inside(c, n, padding_mode, align_corners))).astype(np.intp)
    return [_Tap(np.clip(index, 0, n - 1), np.ones_like(raw(c)), (index >= 0) & (index < n))]


def _linear_taps(c: Any, n: int, padding_mode: str, align_corners: bool) -> list[_Tap]:
    c = _brought_inside(c, n, padding_mode, align_corners)
    first = np.floor(raw(c))
    t = c - first
    index = first.astype(np.intp)
    return [_Tap(np.clip(i, 0, n - 1), weight, (i >= 0) & (i < n)) for i, weight in ((index, 1 - t), (index + 1, t))]


def _cubic_taps(c: Any, n: int, padding_mode: str, align_corners: bool) -> list[_Tap]:
    """Four pixels; here it is they that are brought inside, not the point between them. Keys 1981, with slope -0.75."""
    a = -0.75
    c = _finite(c) if padding_mode == "reflection" else clip(c, -3 * n - 3, 4 * n + 3)
    first = np.floor(raw(c))
    t = c - first
    weights = [
        kernels.outer_cubic(t + 1, a),
        kernels.inner_cubic(t, a),
        kernels.inner_cubic(1 - t, a),
        kernels.outer_cubic(2 - t, a),
    ]
    taps = []
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        i = np.rint(_brought_inside(first + offset, n, padding_mode, align_corners)).astype(np.intp)
        taps.append(_Tap(np.clip(i, 0, n - 1), weight, (i >= 0) & (i < n)))
    return taps


_TAPS: dict[str, Callable[[Any, int, str, bool], list[_Tap]]] = {
    "nearest": _nearest_taps,
    "bilinear": _linear_taps,
    "bicubic": _cubic_taps,
}


# -- channels and pixels -----------------------------------------------------------------------------------------


@composite()
def pixel_shuffle(x: Array, upscale_factor: int) -> Array:
    """Channels moved into r times as many rows and columns, r = `upscale_factor`: r * r of them make one.

    x: (..., C * r * r, H, W). Returns (..., C, H * r, W * r). Raises ValueError where r * r does not divide the
    channels. Shi et al. 2016.

    >>> pixel_shuffle(randn(4, 1, 2), 2)
    """
    r, (*batch, channels, height, width) = upscale_factor, _image_shape(x)
    if r < 1 or channels % (r * r):
        raise ValueError(f"{channels} channels cannot be shared out over {r} x {r} pixels; choose another factor")
    n = len(batch)
    x = reshape(x, (*batch, channels // (r * r), r, r, height, width))
    x = transpose(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))  # (..., C, H, r, W, r)
    return reshape(x, (*batch, channels // (r * r), height * r, width * r))


@composite()
def pixel_unshuffle(x: Array, downscale_factor: int) -> Array:
    """The inverse of `pixel_shuffle`: each square of r by r pixels, r = `downscale_factor`, becomes channels.

    x: (..., C, H * r, W * r). Returns (..., C * r * r, H, W). Raises ValueError where r does not divide height and
    width.

    >>> pixel_unshuffle(randn(1, 2, 4), 2)
    """
    r, (*batch, channels, height, width) = downscale_factor, _image_shape(x)
    if r < 1 or height % r or width % r:
        raise ValueError(
            f"an image of {height} x {width} cannot be cut into squares of {r} x {r}; choose another factor"
        )
    n = len(batch)
    x = reshape(x, (*batch, channels, height // r, r, width // r, r))
    x = transpose(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))  # (..., C, r, r, H, W)
    return reshape(x, (*batch, channels * r * r, height // r, width // r))


@composite()
def channel_shuffle(x: Array, groups: int) -> Array:
    """Channels dealt out anew: the first of each group, then the second of each, and so on.

    x: (N, C, ...). Returns the same shape. Raises ValueError where `groups` does not divide the channels. Zhang et al.
    2018.

    >>> channel_shuffle(randn(1, 4, 1), 2)
    """
    shape = np.shape(raw(x))
    if len(shape) < 2 or groups < 1 or shape[1] % groups:
        raise ValueError(f"the channels of {shape} cannot be dealt into {groups} equal groups; choose another number")
    return reshape(swapaxes(reshape(x, (shape[0], groups, shape[1] // groups, *shape[2:])), 1, 2), shape)


def _image_shape(x: Any) -> tuple[int, ...]:
    shape: tuple[int, ...] = np.shape(raw(x))
    if len(shape) < 3:
        raise ValueError("x must be (..., C, H, W); add the axes that it lacks")
    return shape
