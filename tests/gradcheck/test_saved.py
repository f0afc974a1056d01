"""A factor that forward has saved is named as the student names it, however it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

X, W = np.random.default_rng(0).uniform(0.5, 2, (2, 3, 4))


def _tuple() -> tuple[Any, ...]:
    def forward(x, w):
        root = np.sqrt(x + w)
        return np.sin(root * w), (x, w, root)

    def backward(dout, cache):
        _, w, s = cache
        return dout * np.cos(s * w) * w / 2

    return forward, backward


def _packed() -> tuple[Any, ...]:
    def forward(x, w):
        root = np.sqrt(x + w)
        cache = (root, w)
        return np.sin(root * w), cache

    return forward, lambda dout, cache: dout * np.cos(cache[0] * cache[1]) * cache[1] / 2


def _places() -> tuple[Any, ...]:
    def forward(x, w):
        root = np.sqrt(x + w)
        return np.sin(root * w), [root * 1, w]

    return forward, lambda dout, kept: dout * np.cos(kept[0] * kept[1]) * kept[1] / 2


def _dict() -> tuple[Any, ...]:
    def forward(x, w):
        root = np.sqrt(x + w)
        return np.sin(root * w), {"root": root, "w": w}

    return forward, lambda dout, cache: dout * np.cos(cache["root"] * cache["w"]) * cache["w"] / 2


def _values() -> tuple[Any, ...]:
    def forward(x, w):
        root = np.sqrt(x + w)
        return np.sin(root * w), root, w

    def backward(dout, radix, w):
        return dout * np.cos(radix * w) * w / 2

    return forward, backward


def _layer() -> tuple[Any, ...]:
    class Layer:
        def forward(self, x, w):
            self.root, self.w = np.sqrt(x + w), w
            return np.sin(self.root * w)

        def backward(self, dout):
            return dout * np.cos(self.root * self.w) * self.w / 2

    layer = Layer()
    return layer.forward, layer.backward


@pytest.mark.parametrize(
    ("pair", "name"),
    [
        (_tuple, "s"),
        (_packed, "root"),
        (_places, "kept[0]"),
        (_dict, "cache['root']"),
        (_values, "radix"),
        (_layer, "self.root"),
    ],
)
def test_a_factor_that_is_saved_is_named(pair: Callable[[], tuple[Any, ...]], name: str) -> None:
    report = ag.check_backward(*pair(), X, W, wrt=["x"])
    (check,) = report.failures
    (hint,) = check.hints
    assert hint.mistake == f"the factor {name} is too much"
    assert hint.fix == f"no factor {name}; or divide by it, if there is none"
