"""Initial values. Each function fills a parameter in place, from `rng` or the package's own generator, and returns it.

Names, arguments and distributions are torch.nn.init's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import core
from ..ops.random import Generator, default_rng
from ..tensor import Tensor

__all__ = [
    "Generator",
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "fans",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
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
    "conv_transpose1d": 1.0,
    "conv_transpose2d": 1.0,
    "conv_transpose3d": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which weights before this nonlinearity should be larger, to keep the variance.

    nonlinearity: "linear", "conv1d" to "conv3d", "conv_transpose1d" to "conv_transpose3d", "sigmoid", "tanh", "relu",
    "leaky_relu" (`param` is its slope below 0, 0.01 for None) or "selu". Raises ValueError for another.
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        raise ValueError(f"calculate_gain: {nonlinearity!r} is not known; use one of {[*_GAINS, 'leaky_relu']}")
    return _GAINS[nonlinearity]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill with numbers drawn evenly from `a` to `b`; of complex ones both parts."""
    rng = default_rng(rng)
    return _fill(tensor, _parts(tensor, lambda: rng.uniform(a, b, tensor.shape)))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill with normally distributed numbers; of complex ones both parts have this mean, and half of the variance."""
    return _fill(tensor, _normal(tensor, mean, std, default_rng(rng)))


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, rng: Generator | None = None
) -> Tensor:
    """Fill with normally distributed numbers, of which those outside `a` to `b` (values, not deviations) are left out.

    Exact however far the bounds are from the mean. Raises ValueError unless ``a < b`` and ``std > 0``, TypeError for
    complex numbers, which have no order.
    """
    from scipy.special import log_ndtr, ndtri_exp

    if tensor.dtype.kind == "c":
        raise TypeError(f"trunc_normal_: {tensor.dtype} numbers do not lie between bounds; use normal_")
    if not (a < b and std > 0):
        raise ValueError(f"trunc_normal_: a={a}, b={b}, std={std} leave no numbers to draw; pass a < b and std > 0")
    low, high = (a - mean) / std, (b - mean) / std
    sign = 1.0
    if low + high > 0:  # work in the tail below 0, where logarithms of the distribution function are exact
        low, high, sign = -high, -low, -1.0
    # The distribution function at the result is even between those of the bounds: F(low) + u (F(high) - F(low)).
    log_top = log_ndtr(high)
    share = math.exp(log_ndtr(low) - log_top)
    u = 1.0 - default_rng(rng).random(tensor.shape)
    deviations = sign * ndtri_exp(log_top + np.log(share + u * (1.0 - share)))
    return _fill(tensor, np.clip(mean + std * deviations, a, b))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    return _fill(tensor, val)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with ones on the diagonal and zeros elsewhere. Raises ValueError for another number of axes."""
    return _fill(tensor, np.eye(*_matrix_shape("eye_", tensor)))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the filters of a convolution such that it passes its input on: channel i to channel i, in each group.

    tensor: (out, in, ...) with one to three axes of a filter, whose middle becomes 1. Channels without a partner are 0.
    Raises ValueError for another number of axes, and if `groups` does not divide the output channels.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError(f"dirac_: {tensor.shape} is no filter of a convolution, which has 3 to 5 axes; use eye_")
    outputs, inputs, *window = tensor.shape
    if groups < 1 or outputs % groups:
        raise ValueError(f"dirac_: {outputs} output channels do not make {groups} groups; pass a divisor as groups=")
    values = np.zeros(tensor.shape)
    middle = tuple(size // 2 for size in window)
    if values.size:
        for first in range(0, outputs, outputs // groups):
            for channel in range(min(outputs // groups, inputs)):
                values[(first + channel, channel, *middle)] = 1
    return _fill(tensor, values)


def orthogonal_(tensor: Tensor, gain: float = 1.0, rng: Generator | None = None) -> Tensor:
    """Fill with a random matrix, (out, the rest), whose rows (or columns, if there are fewer) are orthonormal.

    All such matrices are equally likely (Mezzadri 2007); then they are multiplied by `gain`. Complex ones are unitary.
    Raises ValueError for less than two axes. Saxe et al. 2014.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: {tensor.shape} is no matrix, which needs axes (out, in, ...); use normal_")
    if tensor.size == 0:
        return tensor
    rows, columns = tensor.shape[0], tensor.size // tensor.shape[0]
    long, short = max(rows, columns), min(rows, columns)
    rng = default_rng(rng)
    q, r = np.linalg.qr(_parts(tensor, lambda: rng.normal(size=(long, short))))
    diagonal = np.diagonal(r)
    q = q * (diagonal / np.abs(diagonal))  # a factorisation with a positive diagonal is unique, so q has no bias
    return _fill(tensor, gain * (q if rows == long else q.T).reshape(tensor.shape))


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, rng: Generator | None = None) -> Tensor:
    """Fill a matrix with normally distributed numbers, and set the share `sparsity` of each column to 0 (rounded up).

    Raises ValueError for another number of axes and a share that is not between 0 and 1. Martens 2010.
    """
    rows, columns = _matrix_shape("sparse_", tensor)
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: {sparsity} is no share of a column; pass a sparsity from 0 to 1")
    rng = default_rng(rng)
    values = _normal(tensor, 0.0, std, rng)
    order = rng.random((rows, columns)).argsort(axis=0)  # each column is a permutation of the rows
    return _fill(tensor, np.where(order < math.ceil(sparsity * rows), 0.0, values))


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


def _matrix_shape(user: str, tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim != 2:
        raise ValueError(f"{user}: {tensor.shape} has {tensor.ndim} axes, a matrix has 2; pass a matrix")
    rows, columns = tensor.shape
    return rows, columns


def _xavier_std(tensor: Tensor, gain: float) -> float:
    return gain * math.sqrt(2 / max(1, sum(fans(tensor))))


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f'init: mode {mode!r} is not known; use "fan_in" or "fan_out"')
    fan_in, fan_out = fans(tensor)
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan_in if mode == "fan_in" else fan_out))


def _parts(tensor: Tensor, draw: Callable[[], Any]) -> Any:
    """What `draw` returns; for complex tensors once for each part."""
    return draw() + 1j * draw() if tensor.dtype.kind == "c" else draw()


def _normal(tensor: Tensor, mean: float, std: float, rng: Generator) -> Any:
    """Normally distributed numbers, whose variance complex ones share among their parts."""
    deviation = std / math.sqrt(2) if tensor.dtype.kind == "c" else std
    return _parts(tensor, lambda: rng.normal(mean, deviation, tensor.shape))


def _fill(tensor: Tensor, values: Any) -> Tensor:
    if not tensor.is_leaf:
        raise ValueError(f"init: {tensor.shape} is the result of an operation and no parameter; pass a leaf")
    np.copyto(tensor.data, values, casting="same_kind")
    core.written(tensor)
    return tensor
