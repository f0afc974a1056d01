"""Plots of models whose results are images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..extras import optional
from ..training import History


def curves_and_pictures(history: History, rows: Mapping[str, Any]) -> Any:
    """A matplotlib figure: the curves of a training and, below, rows of images, each with its name.

    rows: by name, N images each, as many in one row as in the others: (N, H, W), grey from 0 to 1, or (N, H, W, 3),
    red, green and blue. What is outside is shown as the nearest.
    """
    pictures = max(map(len, rows.values()))
    figure = optional("matplotlib.figure", "matplotlib", "train", extra="train").Figure(
        (2 * pictures, 3.5 + 2.2 * len(rows)), layout="constrained"
    )
    above, below = figure.subfigures(2, 1, height_ratios=[3.5, 2.2 * len(rows)])
    history.draw(above)
    for strip, (name, images) in zip(below.subfigures(len(rows), 1, squeeze=False)[:, 0], rows.items(), strict=True):
        strip.suptitle(name)
        for axes, image in zip(strip.subplots(1, pictures, squeeze=False)[0], images, strict=True):
            axes.imshow(image.clip(0, 1), cmap="gray", vmin=0, vmax=1)
            axes.set_axis_off()
    return figure
