"""Noise on photographs: a convolutional autoencoder has to give back what was there before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import ndimage

from .. import data, models, nn, optim
from ..nn.module import evaluating
from ..screen import count_parameters, line
from ..training import fit
from .pictures import curves_and_pictures
from .result import Figure, Result

Filter = Callable[[Any], Any]

# What a network has to be better than. They are for images (N, channels, height, width); which width of the bell, or
# size of the window, in pixels, is best is tried on the patches that are watched.
GAUSSIAN_FILTERS = [partial(ndimage.gaussian_filter, sigma=(0, 0, s, s)) for s in np.arange(0.8, 2.5, 0.2)]
MEDIAN_FILTERS = [partial(ndimage.median_filter, size=(1, 1, s, s)) for s in (3, 5, 7)]


@dataclass(frozen=True)
class Settings:
    """How to learn, and how good it has to be.

    noise: its standard deviation, where black is 0 and white 1. patch, stride: size and distance, in pixels, of the
    squares to learn from; test_patch: the size of those to watch and to be tested on, side by side. shown: how many of
    them are in the plot.
    """

    noise: float = 0.2
    patch: int = 32
    stride: int = 16
    test_patch: int = 96
    depth: int = 2
    width: int = 48
    epochs: int = 40
    batch: int = 32
    rate: float = 4e-3
    shown: int = 5
    required: float = 24.3


def train(seed: int = 0, settings: Settings | None = None) -> Result:
    """Train and test; `seed` chooses the initial values, the order of the data, what is mirrored and all noise.

    Both photographs are cut from top to bottom: the left half is learned from, the right third is for the test, and
    what is between them is watched.
    """
    settings = settings or Settings()
    photographs = np.stack(list(data.photographs().values()))
    width = photographs.shape[-1]
    left, middle, right = np.split(photographs, [width // 2, width - width // 3], axis=-1)
    learn = data.patches(left, settings.patch, settings.stride)
    rng = np.random.default_rng(seed)
    rest = (data.patches(strip, settings.test_patch) for strip in (middle, right))
    watch, test = (add_noise((clean,), rng, settings.noise) for clean in rest)
    model = models.ConvAutoencoder(3, settings.depth, settings.width, rng=np.random.default_rng(seed))
    line("model", f"convolutional autoencoder, {count_parameters(model):,} parameters")
    size, test_size = (f"{pixels} x {pixels} pixels" for pixels in (settings.patch, settings.test_patch))
    line("data", f"{len(learn):,} patches of {size}, {len(test[0])} more of {test_size} to test")
    optimizer = optim.Adam(model.parameters(), lr=settings.rate)
    history = fit(
        model,
        nn.MSELoss(),
        optimizer,
        data.DataLoader(
            (learn,),
            settings.batch,
            shuffle=True,
            seed=seed,
            transforms=[data.on_inputs(data.random_flip), partial(add_noise, sigma=settings.noise)],
        ),
        validation=data.DataLoader(watch, settings.batch),
        epochs=settings.epochs,
        schedule=optim.CosineAnnealingLR(optimizer, settings.epochs),
    )
    noisy, clean = test
    with evaluating(model):
        denoised = model(noisy).data
    gaussian, median = (best(filters, *watch) for filters in (GAUSSIAN_FILTERS, MEDIAN_FILTERS))
    figures = (
        Figure("PSNR", psnr(denoised, clean), "dB", required=settings.required),
        Figure("noisy input", psnr(noisy, clean), "dB"),
        Figure("Gaussian filter", psnr(gaussian(noisy), clean), "dB"),
        Figure("median filter", psnr(median(noisy), clean), "dB"),
    )
    pictures = {"noisy": noisy, "output": denoised, "clean": clean}
    # spread over both photographs
    shown = np.linspace(0, len(clean) - 1, settings.shown).astype(int)
    plot = curves_and_pictures(history, {name: p[shown].transpose(0, 2, 3, 1) for name, p in pictures.items()})
    return Result(figures, plot, model)


def add_noise(batch: tuple[Any], rng: np.random.Generator, sigma: float) -> tuple[Any, Any]:
    """Clean images, alone, to images with normal noise of that standard deviation, and the clean ones."""
    (clean,) = batch
    return clean + np.float32(sigma) * rng.standard_normal(clean.shape, dtype=clean.dtype), clean


def psnr(images: Any, clean: Any) -> float:
    """The peak signal-to-noise ratio in dB, from the mean squared error over all pixels, where white is 1."""
    return float(-10 * np.log10(np.square(images - clean).mean(dtype=np.float64)))


def best(filters: Sequence[Filter], noisy: Any, clean: Any) -> Filter:
    """The filter whose results have the highest PSNR."""
    return max(filters, key=lambda smooth: psnr(smooth(noisy), clean))
