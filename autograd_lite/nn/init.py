"""Initial values. Each function fills a parameter in place, from `rng` or the package's own generator, and returns it.

Names, arguments and distributions are torch.nn.init's.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import core
from ..ops.random import Generator, default_rng
from ..tensor import Tensor

__all__ = [
    "Generator",
    "calculate_gain",
    "constant_",
    "fans",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

_GAINS = {
    "linear": 1.0,
    "conv1d": 1.0,
    "conv2d": 1.0,
    "conv3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before this nonlinearity should be larger, to keep the variance.

    nonlinearity: "linear", "conv1d" to "conv3d", "sigmoid", "tanh", "relu", "leaky_relu" (`param` is its slope below 0,
    0.01 for None) or "selu". Raises ValueError for another.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: {nonlinearity!r} is not known; use one of {[*_GAINS, 'leaky_relu']}")
    return _GAINS[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill with numbers drawn evenly from `a` to `b`."""
    return _fill(tensor, default_rng(rng).uniform(a, b, tensor.shape))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers."""
    return _fill(tensor, default_rng(rng).normal(mean, std, tensor.shape))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill evenly such that variances are kept both ways: ``std = gain * sqrt(2 / (fan_in + fan_out))``.

    tensor: (out, in, ...). Raises ValueError for fewer axes. Glorot and Bengio 2010.
    """
    bound = math.sqrt(3) * _xavier_std(tensor, gain)
    return uniform_(tensor, -bound, bound, rng)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, rng: Generator | None = None) -> Tensor:
    """The same with normally distributed numbers.

    tensor: (out, in, ...). Raises ValueError for fewer axes. Glorot and Bengio 2010.
    """
    return normal_(tensor, 0.0, _xavier_std(tensor, gain), rng)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Generator | None = None,
) -> Tensor:
    """Fill evenly such that variances are kept through rectifiers: ``std = gain / sqrt(fan)``.

    tensor: (out, in, ...). a: the slope below 0 of the leaky_relu that follows. mode: "fan_in" keeps the variance of
    the forward pass, "fan_out" of the backward. Raises ValueError for fewer axes or another mode. He et al. 2015.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    rng: Generator | None = None,
) -> Tensor:
    """The same with normally distributed numbers.

    Arguments and errors as in `kaiming_uniform_`. He et al. 2015.
    """
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), rng)


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs reach one output, and how many outputs one input reaches.

    tensor: a weight (out, in, ...), where the further axes are those of a filter. Raises ValueError for fewer axes.
    """
    if tensor.ndim < 2:
        raise ValueError(f"init: {tensor.shape} has no fan-in, which needs axes (out, in, ...); use uniform_")
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / sum(fans(tensor)))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'init: mode {mode!r} is not known; use "fan_in" or "fan_out"')
    fan_in, fan_out = fans(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan_in if mode == "fan_in" else fan_out))


def _fill(tensor: Tensor, values: Any) -> Tensor:
    if not tensor.is_leaf:
        raise ValueError(f"init: {tensor.shape} is the result of an operation and no parameter; pass a leaf")
    np.copyto(tensor.data, values, casting="same_kind")
    core.written(tensor)
    return tensor
