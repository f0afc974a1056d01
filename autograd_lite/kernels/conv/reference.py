"""What a convolution is, without any care for speed."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..windows import Windows
from .layout import padded

Array = np.ndarray[Any, Any]


def correlate_reference(x: Array, weight: Array, windows: Windows, groups: int = 1) -> Array:
    """`correlate` as it is defined: one image, one channel, one filter at a time by scipy.signal."""
    from scipy.signal import correlate as correlate_images

    (sh, sw), (dh, dw) = windows.stride, windows.dilation
    image = np.moveaxis(padded(x, windows.padding), -1, 1)
    filters = np.zeros((*weight.shape[:2], *windows.span), weight.dtype)
    filters[:, :, ::dh, ::dw] = np.conj(weight)  # scipy.signal conjugates its second argument
    out = np.zeros((len(x), len(weight), *windows.counts(x.shape[2:])), np.result_type(x, weight))
    outputs, inputs = len(weight) // groups, x.shape[1] // groups
    for n, o, c in np.ndindex(len(x), len(weight), inputs):
        channel = image[n, o // outputs * inputs + c]
        out[n, o] += correlate_images(channel, filters[o, c], mode="valid", method="direct")[::sh, ::sw]
    return out
