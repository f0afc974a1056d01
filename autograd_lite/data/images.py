"""Images, with a label each or without."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..extras import optional
from .split import Split, train_validation_split
from .structure import Array


class Images(NamedTuple):
    """N images with their classes: images (N, channels, height, width) float32, labels (N,) int64."""

    images: Array
    labels: Array


def digits(*, size: int = 8, test_fraction: float = 0.2, seed: int = 0) -> Split[Images]:
    """The 1,797 handwritten digits of scikit-learn, grey values from 0 (paper) to 1 (ink).

    size: height and width in pixels; above the 8 of the originals they are interpolated (LeNet-5 takes 32).
    test_fraction: the share of the test part, which is chosen by `seed`. Returns images (N, 1, size, size), labels
    0 to 9. Raises ModuleNotFoundError if scikit-learn is not installed, ValueError for a size or share out of range.
    Source: the test part of "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, 1998, UCI Machine
    Learning Repository, CC BY 4.0.
    """
    if size < 8:
        raise ValueError(f"digits: size is {size}, the originals have 8 pixels; pass 8 or more")
    source = optional("sklearn.datasets", "scikit-learn", "data.digits").load_digits()
    images = (source.images / 16).astype(np.float32)[:, None]
    data = Images(enlarge(images, size), source.target.astype(np.int64))
    return Split(*train_validation_split(data, test_fraction, seed=seed))


def photographs() -> dict[str, Array]:
    """The two colour photographs that come with scikit-learn, by name: "china" (a temple) and "flower" (a dahlia).

    Each is (3, 427, 640) float32: red, green and blue from 0 to 1. `patches` cuts them into small squares.
    Raises ModuleNotFoundError if scikit-learn or Pillow is not installed.
    Sources: flickr.com, by the users danielbuechele and vultilion, CC BY 2.0.
    """
    source = optional("sklearn.datasets", "scikit-learn", "data.photographs", "data")
    optional("PIL.Image", "Pillow", "data.photographs", "data")  # reads the files for scikit-learn
    images = {name: source.load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    return {name: (image.transpose(2, 0, 1) / np.float32(255)).astype(np.float32) for name, image in images.items()}


def enlarge(images: Array, size: int) -> Array:
    """Images (..., height, width) interpolated bilinearly to (..., size, size), each pixel being a small area."""
    from scipy import ndimage  # loaded when first needed: importing autograd_lite stays fast

    factors = (*[1] * (images.ndim - 2), size / images.shape[-2], size / images.shape[-1])
    return np.asarray(ndimage.zoom(images, factors, order=1, mode="nearest", grid_mode=True))
