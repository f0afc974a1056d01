"""Batch normalization."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from ..ops.normalization import batch_norm
from ..tensor import Tensor
from .checks import check_sizes, checked_dtype, matching
from .linear import empty
from .module import Module, Parameter


class _BatchNorm(Module):
    """What the three have in common; they differ in the shapes that they take."""

    _shapes: ClassVar[dict[int, str]]  # what x may be, by its number of axes
    weight: Parameter | None
    bias: Parameter | None
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
        dtype: DTypeLike | None = None,
    ):
        check_sizes(self, num_features=num_features)
        dtype = checked_dtype(self, dtype, kinds="f")
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self.weight = empty((num_features,), dtype) if affine else None
        self.bias = empty((num_features,), dtype) if affine else None
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
        for parameter, start in ((self.weight, 1), (self.bias, 0)):
            if parameter is not None:
                parameter.data[...] = start

    def forward(self, x: Any) -> Any:
        """`x` normalised, with the batch's statistics in training or if there are no running ones."""
        like = self.weight if self.weight is not None else self.running_mean
        x = x if like is None else matching(self, x, like)
        self._check(x.shape)
        if self.running_mean is None:
            return batch_norm(x, None, None, self.weight, self.bias, True, eps=self.eps)
        statistics = self.running_mean, self.running_var
        if not self.training:
            return batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)
        assert self.num_batches_tracked is not None
        batches = self.num_batches_tracked.data + 1
        momentum = 1 / int(batches) if self.momentum is None else self.momentum  # for None they are plain means
        out = batch_norm(x, *statistics, self.weight, self.bias, True, momentum, self.eps)
        self.num_batches_tracked.data = np.asarray(batches)  # not before the batch has been found fit
        return out

    def _check(self, shape: tuple[int, ...]) -> None:
        title = type(self).__name__
        if len(shape) not in self._shapes:
            expected = " or ".join(self._shapes.values())
            raise ValueError(f"{title}: x is {shape}, not {expected}; reshape it, or take the layer for its axes")
        if shape[1] != self.num_features:
            raise ValueError(
                f"{title}: x {shape} has {shape[1]} channels, the layer {self.num_features}; make it for {shape[1]}"
            )

    def extra_repr(self) -> str:
        """The arguments."""
        options = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([str(self.num_features), *(f"{option}={getattr(self, option)}" for option in options)])


class BatchNorm1d(_BatchNorm):
    """Each channel with mean 0 and variance 1 over the batch, then times a weight plus a bias: `ag.batch_norm`.

    x: (N, C) or (N, C, L). In training the running statistics move by the share `momentum` (None: they are means over
    all batches) towards the batch's; evaluation uses them. affine: whether there are a weight (C,), from 1, and a bias
    (C,), from 0. track_running_stats: False for the batch's statistics in evaluation, too. Returns x's shape. Raises
    ValueError for another shape, and in training for one number in each channel; TypeError for an input of another
    dtype. Ioffe and Szegedy 2015.
    """

    _shapes: ClassVar = {2: "(N, C)", 3: "(N, C, L)"}


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images, x (N, C, H, W)."""

    _shapes: ClassVar = {4: "(N, C, H, W)"}


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for volumes, x (N, C, D, H, W)."""

    _shapes: ClassVar = {5: "(N, C, D, H, W)"}
