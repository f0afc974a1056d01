"""Random numbers as constant tensors. All take `rng`; None is the package's own generator, which `ag.seed` starts anew.

Floating-point results have the default dtype (float32, see `ag.set_default_dtype`) unless `dtype` says otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..core import get_default_dtype, raw
from ..kernels import random as kernels
from .creation import Shape, constant
from .random import Generator, default_rng
from .softmax import softmax


def rand(*shape: Any, dtype: DTypeLike | None = None, rng: Generator | None = None, requires_grad: bool = False) -> Any:
    """Uniform numbers from 0 up to 1. Returns a Tensor of `shape`, whose lengths come one by one or as a tuple."""
    return uniform(size=_one_tuple(shape), dtype=dtype, rng=rng, requires_grad=requires_grad)


def randn(
    *shape: Any, dtype: DTypeLike | None = None, rng: Generator | None = None, requires_grad: bool = False
) -> Any:
    """Standard normal numbers. Returns a Tensor of `shape`, whose lengths come one by one or as a tuple."""
    return normal(size=_one_tuple(shape), dtype=dtype, rng=rng, requires_grad=requires_grad)


def _one_tuple(shape: tuple[Any, ...]) -> Shape:
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape


def uniform(
    low: Any = 0.0,
    high: Any = 1.0,
    size: Shape | None = None,
    *,
    dtype: DTypeLike | None = None,
    rng: Generator | None = None,
    requires_grad: bool = False,
) -> Any:
    """Uniform numbers from `low` up to `high`; no gradient flows to these.

    low, high: numbers or arrays. Returns a Tensor of `size` (None: the shape that the two broadcast to).
    """
    low, high, dtype = raw(low), raw(high), _float(dtype)
    size = _size(size, low, high)
    drawn = default_rng(rng).random(size, _drawn_as(dtype))
    return constant(np.asarray(low + (np.subtract(high, low)) * drawn, dtype), requires_grad)


def normal(
    loc: Any = 0.0,
    scale: Any = 1.0,
    size: Shape | None = None,
    *,
    dtype: DTypeLike | None = None,
    rng: Generator | None = None,
    requires_grad: bool = False,
) -> Any:
    """Normal numbers of mean `loc` and standard deviation `scale`; no gradient flows to these.

    loc, scale: numbers or arrays, the scale not negative. Returns a Tensor of `size` (None: the shape that the two
    broadcast to). Raises ValueError for a negative scale.
    """
    loc, scale, dtype = raw(loc), raw(scale), _float(dtype)
    if np.any(np.less(scale, 0)):
        raise ValueError("normal: the scale is negative; pass a standard deviation, from 0 on")
    size = _size(size, loc, scale)
    drawn = default_rng(rng).standard_normal(size, _drawn_as(dtype))
    return constant(np.asarray(loc + scale * drawn, dtype), requires_grad)


def _size(size: Shape | None, *parameters: Any) -> tuple[int, ...]:
    """The shape to draw: the one that is asked for, or else that of the parameters. Raises ValueError if too small."""
    least = np.broadcast_shapes(*map(np.shape, parameters))
    if size is None:
        return least
    size = tuple(size) if np.iterable(size) else (size,)
    if np.broadcast_shapes(size, least) != size:
        raise ValueError(f"the parameters have shape {least}, which does not fit into size {size}; leave size out")
    return size


def _float(dtype: DTypeLike | None) -> np.dtype[Any]:
    dtype = np.dtype(get_default_dtype() if dtype is None else dtype)
    if dtype.kind != "f":
        raise TypeError(f"random numbers of {dtype} are not known; pass a floating-point dtype, or use randint")
    return dtype


def _drawn_as(dtype: np.dtype[Any]) -> Any:
    """The type to draw: NumPy's generators know two."""
    return np.float32 if dtype == np.float32 else np.float64


def bernoulli(
    p: Any, size: Shape | None = None, *, dtype: DTypeLike | None = None, rng: Generator | None = None
) -> Any:
    """Ones with probability `p`, and zeros; no gradient flows to p.

    p: a number or an array of probabilities. Returns a Tensor of `size` (None: p's shape). Raises ValueError for what
    is no probability.
    """
    p, dtype = np.asarray(raw(p)), _float(dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("bernoulli: p is not a probability; pass numbers from 0 to 1")
    size = _size(size, p)
    if p.ndim == 0:
        return constant(kernels.bernoulli(default_rng(rng), float(p), size).astype(dtype))
    return constant((default_rng(rng).random(size) < p).astype(dtype))


def randint(
    low: int,
    high: int | None = None,
    size: Shape | None = None,
    *,
    dtype: DTypeLike = np.int64,
    rng: Generator | None = None,
) -> Any:
    """Whole numbers from `low` to ``high - 1``, all equally likely; with one bound, from 0 to ``low - 1``.

    Returns a Tensor of `size` (None: one number, without axes). Raises ValueError for an empty range.
    """
    return constant(default_rng(rng).integers(raw(low), raw(high), size, np.dtype(dtype)))


def randperm(n: int, *, rng: Generator | None = None) -> Any:
    """The whole numbers from 0 to ``n - 1`` in random order. Returns a Tensor of (n,)."""
    return constant(default_rng(rng).permutation(n))


def multinomial(
    probabilities: Any, num_samples: int, replacement: bool = False, *, rng: Generator | None = None
) -> Any:
    """Positions drawn with the given probabilities, from each row: PyTorch's (NumPy's function counts, instead).

    probabilities: (classes,) or (rows, classes), not negative; they need not add up to 1. replacement: whether a
    position may come twice. Returns a Tensor of whole numbers, (num_samples,) or (rows, num_samples), in the order in
    which they were drawn; positions of probability 0 never come. No gradient. Raises ValueError for probabilities that
    are negative, not finite or all 0 in a row, and for more samples than a row has positions to give.
    """
    if num_samples < 0:
        raise ValueError("multinomial: num_samples is negative; pass a number from 0 on")
    weights = np.asarray(raw(probabilities), np.float64)
    if weights.ndim not in (1, 2) or not weights.shape[-1]:
        raise ValueError(f"multinomial: probabilities {weights.shape} are no rows of classes; pass one row or a matrix")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("multinomial: probabilities must be finite and not negative; check them, softmax gives such")
    least = 1 if replacement else num_samples
    if ((weights > 0).sum(-1) < least).any():
        raise ValueError(
            f"multinomial: a row has fewer than {least} positions of a probability above 0;"
            " pass replacement=True, draw fewer samples, or check the probabilities"
        )
    draw = kernels.draw_again if replacement else kernels.draw_once
    return constant(draw(default_rng(rng), weights, num_samples))


def gumbel_softmax(
    logits: Any, tau: float = 1.0, hard: bool = False, axis: int = -1, *, rng: Generator | None = None
) -> Any:
    """A soft draw of a class with the probabilities ``softmax(logits)`` along `axis`, through which gradients flow.

    The softmax of ``(logits + noise) / tau``, with noise from the Gumbel distribution (Jang, Gu and Poole 2017,
    Maddison, Mnih and Teh 2017). tau: the lower, the nearer to a row with a single 1. hard: give that row, up to
    rounding; the gradient stays that of the soft one. Returns the shape of the logits. Raises ValueError for a tau that
    is not above 0.
    """
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau = {tau} is no temperature; pass a number above 0")
    values = np.asarray(raw(logits))
    noise = default_rng(rng).gumbel(size=values.shape).astype(values.dtype)
    soft = softmax((logits + noise) / tau, axis)
    if not hard:
        return soft
    found = raw(soft)
    winners = np.expand_dims(np.argmax(found, axis), axis)
    row = np.zeros_like(found)
    np.put_along_axis(row, winners, 1, axis)
    return soft + (row - found)
