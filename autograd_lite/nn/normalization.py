"""Normalization: over the batch, over features, over groups of channels, over instances, and over neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from ..core import as_array
from ..ops import layer_norm, normalization
from ..tensor import Tensor
from .checks import check_sizes, checked_dtype, matching
from .linear import empty
from .module import Module, Parameter


class _Affine(Module):
    """What has a weight, from 1, and a bias, from 0; either may be None."""

    weight: Parameter | None
    bias: Parameter | None

    def reset_parameters(self) -> None:
        """Weights 1, biases 0."""
        for parameter, start in ((self.weight, 1), (self.bias, 0)):
            if parameter is not None:
                parameter.data[...] = start


def _check_numbers(layer: Module, **numbers: Any) -> None:
    """Raise ValueError for what is no number from 0 on."""
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value >= 0:
            raise ValueError(f"{type(layer).__name__}: {name} is {value!r:.60}; pass a number that is not negative")


def _array(x: Any) -> Any:
    """`x` for a layer that has no parameters whose dtype it should have."""
    return x if hasattr(x, "shape") else as_array(x)


class _ByChannel(_Affine):
    """What normalises channels and keeps running statistics; these differ in the shapes that they take."""

    _shapes: ClassVar[dict[int, str]]  # what x may be, by its number of axes
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ):
        check_sizes(self, num_features=num_features)
        _check_numbers(self, eps=eps, momentum=0 if momentum is None else momentum)
        dtype = checked_dtype(self, dtype, kinds="f")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = empty((num_features,), dtype) if affine else None
        self.bias = empty((num_features,), dtype) if affine and bias else None
        self.register_buffer("running_mean", np.zeros(num_features, dtype) if track_running_stats else None)
        self.register_buffer("running_var", np.ones(num_features, dtype) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", np.array(0) if track_running_stats else None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Let the running statistics start anew: means 0, variances 1, no batches."""
        for buffer, start in ((self.running_mean, 0), (self.running_var, 1), (self.num_batches_tracked, 0)):
            if buffer is not None:
                buffer.data = np.full_like(buffer.data, start)

    def reset_parameters(self) -> None:
        """Weights 1, biases 0, and running statistics as at the start."""
        self.reset_running_stats()
        super().reset_parameters()

    def _checked(self, x: Any) -> Any:
        like = self.weight if self.weight is not None else self.running_mean
        x = _array(x) if like is None else matching(self, x, like)
        title, shape = type(self).__name__, x.shape
        if len(shape) not in self._shapes:
            expected = " or ".join(self._shapes.values())
            raise ValueError(f"{title}: x is {shape}, not {expected}; reshape it, or take the layer for its axes")
        channels = shape[self._channel_axis(len(shape))]
        if channels != self.num_features:
            raise ValueError(
                f"{title}: x {shape} has {channels} channels, the layer {self.num_features}; make it for {channels}"
            )
        return x

    def _channel_axis(self, ndim: int) -> int:
        return 1

    def extra_repr(self) -> str:
        """The arguments."""
        options = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([str(self.num_features), *(f"{option}={getattr(self, option)}" for option in options)])


class _BatchNorm(_ByChannel):
    def forward(self, x: Any) -> Any:
        """`x` normalised, with the batch's statistics in training or if there are no running ones."""
        x = self._checked(x)
        if self.running_mean is None:
            return normalization.batch_norm(x, None, None, self.weight, self.bias, True, eps=self.eps)
        statistics = self.running_mean, self.running_var
        if not self.training:
            return normalization.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
        assert self.num_batches_tracked is not None
        batches = self.num_batches_tracked.data + 1
        momentum = 1 / int(batches) if self.momentum is None else self.momentum  # for None they are plain means
        out = normalization.batch_norm(x, *statistics, self.weight, self.bias, True, momentum, self.eps)
        self.num_batches_tracked.data = np.asarray(batches)  # not before the batch has been found fit
        return out


class BatchNorm1d(_BatchNorm):
    """Each channel with mean 0 and variance 1 over the batch, then times a weight plus a bias: `ag.batch_norm`.

    x: (N, C) or (N, C, L). In training the running statistics move by the share `momentum` (None: they are means over
    all batches) towards the batch's; evaluation uses them. affine: whether there is a weight (C,), from 1, and with
    `bias` a bias (C,), from 0. track_running_stats: False for the batch's statistics in evaluation, too. Returns x's
    shape. Raises ValueError for another shape, and in training for one number in each channel; TypeError for an input
    of another dtype. Ioffe and Szegedy 2015.
    """

    _shapes: ClassVar = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images, x (N, C, H, W)."""

    _shapes: ClassVar = {4: "(N, C, H, W)"}


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for volumes, x (N, C, D, H, W)."""

    _shapes: ClassVar = {5: "(N, C, D, H, W)"}


class _InstanceNorm(_ByChannel):
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias, dtype=dtype)

    def forward(self, x: Any) -> Any:
        """`x` normalised, with its own statistics in training or if there are no running ones."""
        x = self._checked(x)
        alone = self._channel_axis(x.ndim) == 0
        own = self.training or self.running_mean is None
        momentum = 0.0 if self.momentum is None else self.momentum
        out = normalization.instance_norm(
            x[None] if alone else x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            own,
            momentum,
            self.eps,
        )
        return out[0] if alone else out

    def _channel_axis(self, ndim: int) -> int:
        return 0 if ndim == min(self._shapes) else 1


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sequence with mean 0 and variance 1, times a weight plus a bias: `ag.instance_norm`.

    x: (N, C, L) or (C, L). affine: whether there is a weight (C,), from 1, and with `bias` a bias (C,), from 0.
    track_running_stats: whether running statistics move by the share `momentum` in training, for evaluation to use.
    Returns x's shape. Raises ValueError for another shape, and for sequences of length 1; TypeError for an input of
    another dtype. Ulyanov et al. 2016.
    """

    _shapes: ClassVar = {2: "(C, L)", 3: "(N, C, L)"}


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for images, x (N, C, H, W) or (C, H, W)."""

    _shapes: ClassVar = {3: "(C, H, W)", 4: "(N, C, H, W)"}


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for volumes, x (N, C, D, H, W) or (C, D, H, W)."""

    _shapes: ClassVar = {4: "(C, D, H, W)", 5: "(N, C, D, H, W)"}


class GroupNorm(_Affine):
    """Groups of channels with mean 0 and variance 1, then times a weight plus a bias for each channel: `ag.group_norm`.

    x: (N, num_channels, ...); num_groups: a divisor of num_channels. affine: whether there is a weight, from 1, and
    with `bias` a bias, from 0. Returns x's shape. Raises ValueError for other shapes and numbers, TypeError for an
    input of another dtype. Wu and He 2018.
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        dtype: DTypeLike | None = None,
    ):
        check_sizes(self, 1, num_groups=num_groups)
        check_sizes(self, num_channels=num_channels)
        _check_numbers(self, eps=eps)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: {num_channels} channels cannot be {num_groups} groups; pass a divisor")
        dtype = checked_dtype(self, dtype, kinds="f")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        self.weight = empty((num_channels,), dtype) if affine else None
        self.bias = empty((num_channels,), dtype) if affine and bias else None
        self.reset_parameters()

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        x = _array(x) if self.weight is None else matching(self, x, self.weight)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"GroupNorm: x is {x.shape}, not (N, {self.num_channels}, ...); reshape it")
        return normalization.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"


class LocalResponseNorm(Module):
    """`x` divided by a power of the mean square of neighbouring channels: `ag.local_response_norm`.

    x: (N, C, ...). Returns the same shape. Raises ValueError for another shape, and unless size >= 1.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0):
        check_sizes(self, 1, size=size)
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return normalization.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


# -- over features -----------------------------------------------------------------------------------------------


class _OverFeatures(_Affine):
    """What normalises the last axes, whose lengths are given."""

    normalized_shape: tuple[int, ...]
    eps: Any  # a number; None for that of the dtype, where that is known

    def _make(self, normalized_shape: int | Sequence[int], affine: bool, bias: bool, dtype: DTypeLike | None) -> None:
        given = normalized_shape if isinstance(normalized_shape, Sequence) else (normalized_shape,)
        check_sizes(self, **{f"normalized_shape[{i}]": size for i, size in enumerate(given)})
        dtype = checked_dtype(self, dtype, kinds="f")
        self.normalized_shape, self.elementwise_affine = tuple(map(int, given)), affine
        self.weight = empty(self.normalized_shape, dtype) if affine else None
        self.bias = empty(self.normalized_shape, dtype) if affine and bias else None
        self.reset_parameters()

    def _matching(self, x: Any) -> Any:
        return _array(x) if self.weight is None else matching(self, x, self.weight)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class LayerNorm(_OverFeatures):
    """The last axes with mean 0 and variance 1, then times a weight plus a bias: `ag.layer_norm`.

    x: (..., *normalized_shape). elementwise_affine: whether there is a weight of that shape, from 1, and with `bias` a
    bias, from 0. Returns x's shape. Raises ValueError for another shape, TypeError for an input of another dtype. Ba,
    Kiros and Hinton 2016.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ):
        _check_numbers(self, eps=eps)
        self.eps = eps
        self._make(normalized_shape, elementwise_affine, bias, dtype)

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return layer_norm.layer_norm(self._matching(x), self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(_OverFeatures):
    """The last axes with a mean square of 1, then times a weight: `ag.rms_norm`.

    x: (..., *normalized_shape). eps: None for that of the dtype. elementwise_affine: whether there is a weight of that
    shape, from 1. Returns x's shape. Raises ValueError for another shape, TypeError for an input of another dtype.
    Zhang and Sennrich 2019.
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        *,
        dtype: DTypeLike | None = None,
    ):
        _check_numbers(self, eps=0 if eps is None else eps)
        self.eps = eps
        self._make(normalized_shape, elementwise_affine, False, dtype)

    def forward(self, x: Any) -> Any:
        """`x` normalised."""
        return layer_norm.rms_norm(self._matching(x), self.normalized_shape, self.weight, self.eps)
