"""The package's own generator, and the dropouts. Whatever is random takes `rng`; no op draws by itself."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..core import Array, op, raw
from ..kernels import random as kernels
from .elementwise import where

Generator = np.random.Generator

_generator = np.random.default_rng()


class _ThreadState(threading.local):
    generator: Generator | None = None  # what this thread has in the place of the package's own


_local = _ThreadState()


def seed(seed: int) -> None:
    """Start the package's own generator anew, so that a program that draws from it alone can be repeated.

    seed: a whole number. NumPy's global generator is left alone.
    """
    global _generator
    _generator = np.random.default_rng(seed)


def default_rng(rng: Generator | None = None) -> Generator:
    """`rng` itself, or for None the package's own generator, which `ag.seed` starts anew."""
    return rng if rng is not None else _local.generator or _generator


@contextmanager
def drawing_from(generator: Generator) -> Iterator[None]:
    """A block in which `generator` has the place of the package's own, in this thread."""
    before, _local.generator = _local.generator, generator
    try:
        yield
    finally:
        _local.generator = before


def _booleans(mask: Any) -> Any:
    mask = np.asarray(raw(mask))
    if mask.dtype != bool:
        raise TypeError("the mask must be of booleans, true for what stays; convert it with mask.astype(bool)")
    return mask


@op(x=lambda g, mask, p: apply_dropout(g, mask, p))
def apply_dropout(x: Array, mask: Array, p: float) -> Array:
    """`x` where the mask is true, divided by ``1 - p`` so that the expectation stays, and 0 elsewhere.

    x: any shape; mask: booleans of the same shape, drawn outside (true with probability ``1 - p``). Returns x's shape
    and dtype. Raises ValueError for a mask of another shape, TypeError for one that is not of booleans and for an x of
    integers.

    >>> apply_dropout(randn(3, 2), mask(3, 2), 0.25)
    """
    mask = _booleans(mask)
    if x.dtype.kind not in "fc":
        raise TypeError(f"{x.dtype} cannot be scaled by 1 / (1 - p); convert x with astype('float32')")
    if mask.shape != x.shape:
        raise ValueError(f"the mask must have x's shape {x.shape}; draw one for this input")
    return kernels.masked(x, mask, 0.0 if p == 1 else 1 / (1 - p))


def dropout(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`x` with each element set to 0 with probability `p` and the others divided by ``1 - p``; `x` if not training.

    x: any shape. mask: booleans of x's shape, true for what stays, instead of drawing them from `rng` (None: the
    package's own generator). Returns x's shape. Raises ValueError for a `p` outside of 0 to 1.
    """
    _check_probability("dropout", p)
    if not training or (p == 0 and mask is None):
        return x
    return apply_dropout(x, _drawn(np.shape(raw(x)), p, rng) if mask is None else mask, p)


def alpha_dropout(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`x` with each element replaced, with probability `p`, by the value that `selu` tends to; `x` if not training.

    All are then scaled and shifted so that mean 0 and variance 1 stay (Klambauer et al. 2017). Arguments, result and
    errors as in `dropout`; as PyTorch's, it gives zeros for p = 1.
    """
    return _alpha_dropout("alpha_dropout", x, p, training, mask, rng, np.shape(raw(x)))


def _alpha_dropout(
    name: str, x: Any, p: float, training: bool, mask: Any, rng: Generator | None, lengths: tuple[int, ...]
) -> Any:
    _check_probability(name, p)
    if not training or (p == 0 and mask is None):
        return x
    mask = _fitted(name, _drawn(lengths, p, rng) if mask is None else mask, np.shape(raw(x)))
    if p == 1:
        return apply_dropout(x, mask, p)
    scale = 1 / math.sqrt((SELU_LIMIT**2 * p + 1) * (1 - p))
    return where(_booleans(mask), (x - p * SELU_LIMIT) * scale, (1 - p) * SELU_LIMIT * scale)


SELU_LIMIT = -1.7580993408473766  # of selu(x) for x to minus infinity: its scale times its alpha


# -- channels ----------------------------------------------------------------------------------------------------


def dropout1d(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`x` with each channel set to 0 as a whole with probability `p`, the others divided by ``1 - p``.

    x: (C, L) or (N, C, L). mask: booleans, true for what stays, that broadcast to x. Returns x's shape; `x` itself, if
    not training. Raises ValueError for another number of axes or a `p` outside of 0 to 1.
    """
    return _channel_dropout(1, x, p, training, mask, rng)


def dropout2d(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`dropout1d` for images, (C, H, W) or (N, C, H, W). Returns x's shape."""
    return _channel_dropout(2, x, p, training, mask, rng)


def dropout3d(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`dropout1d` for volumes, (C, D, H, W) or (N, C, D, H, W). Returns x's shape."""
    return _channel_dropout(3, x, p, training, mask, rng)


def _channel_dropout(axes: int, x: Any, p: float, training: bool, mask: Any, rng: Generator | None) -> Any:
    shape = np.shape(raw(x))
    if len(shape) not in (axes + 1, axes + 2):
        raise ValueError(
            f"dropout{axes}d: x {shape} has {len(shape)} axes; pass (N, C, ...) with {axes} behind the channels,"
            " with or without the N, or use the dropout for another number"
        )
    _check_probability(f"dropout{axes}d", p)
    if not training or (p == 0 and mask is None):
        return x
    mask = _drawn(shape[:-axes] + (1,) * axes, p, rng) if mask is None else mask
    return apply_dropout(x, _fitted(f"dropout{axes}d", mask, shape), p)


def feature_alpha_dropout(
    x: Array, p: float = 0.5, training: bool = True, mask: Array | None = None, rng: Generator | None = None
) -> Any:
    """`alpha_dropout` of channels as a whole.

    x: (N, C, ...). mask: booleans, true for what stays, that broadcast to x. Returns x's shape. Raises ValueError for
    fewer axes, and the errors of `alpha_dropout`.
    """
    shape = np.shape(raw(x))
    if len(shape) < 2:
        raise ValueError(f"feature_alpha_dropout: x {shape} has no axis of channels; pass (N, C, ...)")
    lengths = shape[:2] + (1,) * (len(shape) - 2)
    return _alpha_dropout("feature_alpha_dropout", x, p, training, mask, rng, lengths)


def _check_probability(name: str, p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: p = {p} is not a probability; pass a number from 0 to 1")


def _fitted(name: str, mask: Any, shape: tuple[int, ...]) -> Any:
    """The mask in the shape of what it is for."""
    try:
        return np.broadcast_to(raw(mask), shape)
    except ValueError as error:
        raise ValueError(f"{name}: the mask {np.shape(raw(mask))} does not broadcast to x's shape {shape}") from error


def _drawn(shape: tuple[int, ...], p: float, rng: Generator | None) -> Any:
    """A mask of what stays."""
    return kernels.bernoulli(default_rng(rng), 1 - p, shape)
