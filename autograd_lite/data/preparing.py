"""From raw images and tables to what a network learns from well: centred, scaled, and varied at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from .loader import Transform
from .split import Split
from .structure import Array, inputs_of, map_inputs

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Standardizer:
    """The map ``(x - mean) / std`` with a mean and a standard deviation learned from training data: `fit`.

    A channel or feature that never varies is only centred. mean, std: broadcast against one item.
    """

    mean: Array
    std: Array

    @classmethod
    def fit(cls, inputs: Array, *, per_pixel_mean: bool = False) -> Standardizer:
        """Learned from images (N, channels, ...), for each channel, or from a table (N, features), for each feature.

        per_pixel_mean: subtract the mean image, not the mean of each channel; the deviation is the channel's then too.
        Raises ValueError for no items, or fewer than two axes.
        """
        inputs = np.asarray(inputs)
        if inputs.ndim < 2 or not len(inputs):
            raise ValueError(
                f"Standardizer.fit: inputs have shape {inputs.shape}; pass (N, channels, ...) or (N, features), N > 0"
            )
        dtype = inputs.dtype if inputs.dtype.kind == "f" else np.dtype(np.float32)
        axes = (0, *range(2, inputs.ndim))
        mean = inputs.mean(0 if per_pixel_mean else axes, np.float64, keepdims=True)
        variance = np.square(inputs - mean.astype(dtype)).mean(axes, np.float64, keepdims=True)
        std = np.sqrt(variance)
        # what never varies has a deviation of rounding errors at most
        varies = std > 10 * np.finfo(dtype).eps * np.abs(mean).max(axes, keepdims=True)
        return cls(mean[0].astype(dtype), np.where(varies, std, 1)[0].astype(dtype))

    def __call__(self, inputs: Array) -> Array:
        """Standardized inputs, in the type of the floating-point numbers that were learned from."""
        return np.asarray((inputs - self.mean) / self.std)

    def undo(self, outputs: Array) -> Array:
        """What `outputs` were before they were standardized."""
        return np.asarray(outputs * self.std + self.mean)


def standardize(data: Split[Part], *, per_pixel_mean: bool = False) -> Split[Part]:
    """Both parts standardized by the training part; the test part must not leak into what is learned.

    data: parts whose first array are the inputs, such as `digits()` or `breast_cancer()`; see `Standardizer.fit`.
    """
    standardizer = Standardizer.fit(inputs_of(data.train), per_pixel_mean=per_pixel_mean)
    return Split(*(map_inputs(standardizer, part) for part in data))


def subtract_mean(data: Split[Part]) -> Split[Part]:
    """Both parts minus the mean image of the training part; the test part must not leak into what is learned."""
    mean = inputs_of(data.train).mean(axis=0, keepdims=True)
    return Split(*(map_inputs(lambda inputs: inputs - mean, part) for part in data))


# -- at random ---------------------------------------------------------------------------------------------------------


def on_inputs(function: Callable[..., Any], /, **options: Any) -> Transform:
    """A transform for `DataLoader` that changes a batch's first array only: ``function(inputs, rng=rng, **options)``.

    ``DataLoader(digits.train, 64, transforms=[on_inputs(random_crop, size=8, padding=1), on_inputs(random_flip)])``
    """

    def transform(batch: Any, rng: np.random.Generator) -> Any:
        return map_inputs(lambda inputs: function(inputs, rng=rng, **options), batch)

    return transform


def random_crop(
    images: Array, size: int | tuple[int, int], rng: np.random.Generator, *, padding: int = 0, mode: str = "constant"
) -> Array:
    """From each image a window of its own, at a place chosen at random.

    images: (N, channels, height, width); size: the window's, a number or (height, width); padding: that many pixels
    are added on all sides first, of zeros, or as another `mode` of np.pad has it.
    Returns (N, channels, *size). Raises ValueError for a window that is larger than the padded images.
    """
    height, width = (size, size) if isinstance(size, int) else size
    padded = np.pad(images, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode=mode)  # type: ignore[call-overload]
    if not (0 < height <= padded.shape[-2] and 0 < width <= padded.shape[-1]):
        raise ValueError(
            f"random_crop: no window of {height} by {width} fits into {padded.shape[-2]} by {padded.shape[-1]} pixels;"
            " pass a smaller size, or more padding"
        )
    windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width), axis=(2, 3))  # a view of every place
    rows, columns = (rng.integers(0, places, len(images)) for places in windows.shape[2:4])
    return np.ascontiguousarray(windows[np.arange(len(images)), :, rows, columns])


def shifted(images: Array, most: int, rng: np.random.Generator) -> Array:
    """Each image moved at random, by up to `most` pixels up or down and left or right; what comes in repeats the edge.

    images: (N, channels, height, width). Returns the same shape. A network that sees each image at many places learns
    that the place does not matter.
    """
    return random_crop(images, images.shape[-2:], rng, padding=most, mode="edge")


def random_flip(images: Array, rng: np.random.Generator, *, p: float = 0.5, axis: int = -1) -> Array:
    """Each image mirrored with probability `p`: left for right, or upside down with axis=-2.

    images: (N, ...). Returns the same shape. Raises ValueError for a p that is no probability.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"random_flip: p is {p}; pass a probability, 0 to 1")
    turned = rng.random(len(images)) < p
    result = np.array(images)
    result[turned] = np.flip(result[turned], axis)
    return result


def patches(images: Array, size: int, stride: int | None = None) -> Array:
    """All square windows of the images, in rows from the upper left, `stride` pixels apart (None: side by side).

    images: (N, channels, height, width). Returns (N * windows, channels, size, size), image by image.
    Raises ValueError for a size that does not fit, or a stride below 1.
    """
    stride = size if stride is None else stride
    if not 0 < size <= min(images.shape[-2:]) or stride < 1:
        raise ValueError(
            f"patches: size {size}, stride {stride} for images of {images.shape[-2]} by {images.shape[-1]} pixels;"
            " pass a size that fits, and a stride of 1 or more"
        )
    windows = np.lib.stride_tricks.sliding_window_view(images, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, images.shape[1], size, size)
