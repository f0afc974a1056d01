"""What a convolution and its two adjoints are, by scipy.signal: one image, one channel, one filter at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..windows import Lengths, Windows
from .layout import every_nth, padded
from .problem import Problem

Array = np.ndarray[Any, Any]

ANY_AXES = True


def wins(problem: Problem) -> bool:
    """Never: it is there to be compared with."""
    return False


def correlate(x: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """Each window of x (N, C, *size) times each filter of the weight (O, C / groups, *kernel): (N, O, *counts)."""
    from scipy import signal

    image, filters = np.moveaxis(padded(x, windows.padding), -1, 1), _apart(weight, windows.dilation)
    out = np.zeros((len(x), len(weight), *windows.counts(x.shape[2:])), np.result_type(x, weight))
    for n, o, c, channel in _connections(len(x), x.shape[1], len(weight), groups):
        # scipy.signal.correlate conjugates its second argument; we do not.
        found = signal.correlate(image[n, channel], np.conj(filters[o, c]), mode="valid", method="direct")
        out[n, o] += found[every_nth(windows.stride)]
    return out


def transposed(y: Array, weight: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in x: a true convolution of y, its numbers set apart by the stride."""
    from scipy import signal

    size = windows.covered(y.shape[2:])
    spread, filters = _apart(y, windows.stride), _apart(weight, windows.dilation)
    image = np.zeros((len(y), weight.shape[1] * groups, *_grown(size, windows)), np.result_type(y, weight))
    for n, o, c, channel in _connections(len(y), image.shape[1], len(weight), groups):
        image[n, channel] += signal.convolve(spread[n, o], filters[o, c], mode="full", method="direct")
    around = tuple((-before, -after) for before, after in windows.padding)
    return np.moveaxis(padded(image, around), -1, 1)


def filter_gradient(x: Array, y: Array, windows: Windows, groups: int) -> Array:
    """The adjoint of `correlate` in the weight: x correlated with y, its numbers set apart by the stride."""
    from scipy import signal

    image, spread = np.moveaxis(padded(x, windows.padding), -1, 1), _apart(y, windows.stride)
    weight = np.zeros((y.shape[1], x.shape[1] // groups, *windows.kernel), np.result_type(x, y))
    kept = tuple(slice(0, span, step) for span, step in zip(windows.span, windows.dilation, strict=True))
    for n, o, c, channel in _connections(len(x), x.shape[1], len(weight), groups):
        found = signal.correlate(image[n, channel], np.conj(spread[n, o]), mode="valid", method="direct")
        weight[o, c] += found[kept]
    return weight


def _connections(images: int, channels: int, filters: int, groups: int) -> Iterator[tuple[int, int, int, int]]:
    """(image, filter, number of the channel in the filter's group, its number among all channels)."""
    inputs, outputs = channels // groups, filters // groups
    for n, o, c in np.ndindex(images, filters, inputs):
        yield n, o, c, o // outputs * inputs + c


def _apart(images: Array, steps: Lengths) -> Array:
    """(n, m, *size) with zeros between the elements, which end up `steps` apart."""
    size = ((length - 1) * step + 1 for length, step in zip(images.shape[2:], steps, strict=True))
    out = np.zeros((*images.shape[:2], *size), images.dtype)
    out[:, :, *every_nth(steps)] = images
    return out


def _grown(size: Lengths, windows: Windows) -> Lengths:
    """The size of an image with its padding."""
    return tuple(n + before + after for n, (before, after) in zip(size, windows.padding, strict=True))
