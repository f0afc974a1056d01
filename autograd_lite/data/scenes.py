"""Pictures in which each pixel has a class: digits scattered over photographs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .images import Images, digits, enlarge, photographs
from .split import Split
from .structure import Array


class Scenes(NamedTuple):
    """N pictures with a class for each pixel: images (N, channels, H, W) float32, labels (N, H, W) int64."""

    images: Array
    labels: Array


BACKGROUND = 10  # the class of what is no digit


def digit_scenes(
    *,
    count: int = 2000,
    test_count: int = 250,
    size: int = 40,
    digit_size: int = 14,
    digits_each: int = 3,
    noise: float = 0.05,
    seed: int = 0,
) -> Split[Scenes]:
    """Cut-outs of the photographs in grey on which digits are written in bright, and which pixels are theirs.

    count, test_count: scenes in the parts; those of the test part are made of other digits, on the right third of the
    photographs, which the training part never shows. size, digit_size: in pixels; digits_each: in a scene, up to four,
    each at a random place in a quarter of its own. noise: the standard deviation of normal noise on top.
    Returns images (N, 1, size, size), grey from about 0 to about 1, and labels (N, size, size) int64, 0 to 9 or
    `BACKGROUND`, 10. Raises ModuleNotFoundError if scikit-learn or Pillow is not installed, ValueError for a digit_size
    below 8 or above half the size, more than four digits, or a size above a third of a photograph, 213 pixels.
    """
    if not (8 <= digit_size <= size // 2 and size <= 213 and 0 <= digits_each <= 4):
        raise ValueError(
            f"digit_scenes: {digits_each} digits of {digit_size} pixels in scenes of {size}; pass up to four of 8 or"
            " more pixels, half of a scene's size at most, and a size up to 213"
        )
    grounds = np.stack([photograph.mean(axis=0) for photograph in photographs().values()])
    third = grounds.shape[-1] // 3
    halves = slice(None, size // 2), slice(size // 2, None)
    quarters = [np.s_[rows, columns] for rows in halves for columns in halves]
    train_rng, test_rng = np.random.default_rng(seed).spawn(2)
    written = digits(seed=seed)

    def scenes(ground: Array, part: Images, count: int, rng: np.random.Generator) -> Scenes:
        images = np.empty((count, 1, size, size), np.float32)
        labels = np.full((count, size, size), BACKGROUND)
        for image, label in zip(images[:, 0], labels, strict=True):
            photograph = ground[rng.integers(len(ground))]
            image[...] = photograph[somewhere(photograph.shape, image.shape, rng)]
            for quarter in rng.permutation(4)[:digits_each]:
                chosen, place = rng.integers(len(part.labels)), quarters[quarter]
                ink = enlarge(part.images[chosen, 0], digit_size)
                write(image[place], label[place], ink, int(part.labels[chosen]), rng)
        images += noise * rng.standard_normal(images.shape, dtype=np.float32)
        return Scenes(images, labels)

    return Split(
        scenes(grounds[..., : 2 * third], written.train, count, train_rng),
        scenes(grounds[..., 2 * third :], written.test, test_count, test_rng),
    )


def write(image: Array, label: Array, ink: Array, digit: int, rng: np.random.Generator) -> None:
    """Write one digit into an image and its labels, both (H, W), in bright, at a random place.

    ink: (h, w), how much of each pixel it covers; half of it and more makes the pixel the digit's.
    """
    place = somewhere(image.shape, ink.shape, rng)
    image[place] += (rng.uniform(0.75, 1) - image[place]) * ink
    label[place] = np.where(ink >= 0.5, digit, label[place])


def somewhere(shape: tuple[int, ...], window: tuple[int, ...], rng: np.random.Generator) -> tuple[slice, ...]:
    """The slices of a window, of that shape, at a random place of an array of the first shape."""
    starts = [rng.integers(0, whole - part + 1) for whole, part in zip(shape, window, strict=True)]
    return tuple(slice(start, start + part) for start, part in zip(starts, window, strict=True))
