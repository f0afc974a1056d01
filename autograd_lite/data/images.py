"""Images with a label each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .extras import optional
from .split import Split

Array = np.ndarray[Any, Any]


class Images(NamedTuple):
    """N images with their classes: images (N, channels, height, width) float32, labels (N,) int64."""

    images: Array
    labels: Array


def digits(*, size: int = 8, test_fraction: float = 0.2, seed: int = 0) -> Split[Images]:
    """The 1,797 handwritten digits of scikit-learn, grey values from 0 (paper) to 1 (ink).

    size: height and width in pixels; above the 8 of the originals they are interpolated (LeNet-5 takes 32).
    test_fraction: the share of the test part, which is chosen by `seed`. Returns images (N, 1, size, size), labels
    0 to 9. Raises ModuleNotFoundError if scikit-learn is not installed, ValueError for a size or share out of range.
    """
    if size < 8:
        raise ValueError(f"digits: size is {size}, the originals have 8 pixels; pass 8 or more")
    source = optional("sklearn.datasets", "scikit-learn", "data.digits").load_digits()
    images = (source.images / 16).astype(np.float32)[:, None]
    return shuffled_split(Images(enlarge(images, size), source.target.astype(np.int64)), test_fraction, seed)


def enlarge(images: Array, size: int) -> Array:
    """Images (..., height, width) interpolated bilinearly to (..., size, size), each pixel being a small area."""
    from scipy import ndimage  # loaded when first needed: importing autograd_lite stays fast

    factors = (*[1] * (images.ndim - 2), size / images.shape[-2], size / images.shape[-1])
    return np.asarray(ndimage.zoom(images, factors, order=1, mode="nearest", grid_mode=True))


def shuffled_split(data: Images, test_fraction: float, seed: int) -> Split[Images]:
    """All of `data` in an order chosen by `seed`, its last share for testing. Raises ValueError if a part is empty."""
    count = len(data.labels)
    trained = count - round(test_fraction * count)
    if not 0 < trained < count:
        raise ValueError(f"a test_fraction of {test_fraction} leaves a part of {count} images empty; pass 0.2, say")
    order = np.random.default_rng(seed).permutation(count)
    train, test = order[:trained], order[trained:]
    return Split(Images(data.images[train], data.labels[train]), Images(data.images[test], data.labels[test]))


def subtract_mean(data: Split[Images]) -> Split[Images]:
    """Both parts minus the mean image of the training part; the test part must not leak into what is learned."""
    mean = data.train.images.mean(axis=0, keepdims=True)
    return Split(*(part._replace(images=part.images - mean) for part in data))


def shifted(images: Array, most: int, rng: np.random.Generator) -> Array:
    """Each image moved at random, by up to `most` pixels up or down and left or right; what comes in repeats the edge.

    images: (N, channels, height, width). Returns the same shape. A network that sees each image at many places learns
    that the place does not matter.
    """
    height, width = images.shape[-2:]
    padded = np.pad(images, ((0, 0), (0, 0), (most, most), (most, most)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))  # a view of every place
    rows, columns = rng.integers(0, 2 * most + 1, (2, len(images)))
    return np.ascontiguousarray(windows[np.arange(len(images)), :, rows, columns])
