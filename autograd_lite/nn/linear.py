"""Dense layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..ops.linear import linear
from ..ops.random import Generator
from ..ops.similarity import bilinear
from . import init
from .checks import check_sizes, checked_dtype, matching
from .module import Module, Parameter


class Identity(Module):
    """`x` as it is. Whatever it is made with is ignored, so that it can stand in the place of any other layer."""

    def __init__(self, *args: Any, **kwargs: Any):
        pass

    def forward(self, x: Any) -> Any:
        """`x`."""
        return x


class Linear(Module):
    """``x @ weight.T + bias``.

    x: (..., in_features). Returns (..., out_features). Weight (out_features, in_features) and bias start evenly
    distributed within ``1 / sqrt(in_features)``. Raises TypeError for an input of another dtype and for sizes that are
    no integers, ValueError for another number of features and for negative sizes.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, in_features=in_features, out_features=out_features)
        dtype = checked_dtype(self, dtype)
        self.in_features, self.out_features = in_features, out_features
        self.weight = empty((out_features, in_features), dtype)
        self.bias = empty((out_features,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        draw_within(1 / math.sqrt(max(1, self.in_features)), [self.weight, self.bias], rng)

    def forward(self, x: Any) -> Any:
        """``x @ weight.T + bias``."""
        return linear(matching(self, x, self.weight), self.weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """For each output k the form ``a @ weight[k] @ b + bias[k]``.

    a: (..., in1_features), b: (..., in2_features), the same leading axes. Returns (..., out_features). Weight
    (out_features, in1_features, in2_features) and bias start evenly distributed within ``1 / sqrt(in1_features)``.
    Raises TypeError for inputs of another dtype, ValueError for other shapes.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        dtype = checked_dtype(self, dtype)
        self.in1_features, self.in2_features, self.out_features = in1_features, in2_features, out_features
        self.weight = empty((out_features, in1_features, in2_features), dtype)
        self.bias = empty((out_features,), dtype) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        draw_within(1 / math.sqrt(max(1, self.in1_features)), [self.weight, self.bias], rng)

    def forward(self, a: Any, b: Any) -> Any:
        """``a @ weight[k] @ b + bias[k]`` for each k."""
        a, b = matching(self, a, self.weight, "a"), matching(self, b, self.weight, "b")
        return bilinear(a, b, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The arguments."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features},"
            f" bias={self.bias is not None}"
        )


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Parameter:
    """A parameter to be filled."""
    return Parameter(np.zeros(shape, dtype))


def draw_within(bound: float, parameters: list[Parameter | None], rng: Generator | None) -> None:
    """Fill parameters, in this order, evenly from ``-bound`` to ``bound``, as most layers of torch.nn start."""
    for parameter in parameters:
        if parameter is not None:
            init.uniform_(parameter, -bound, bound, rng)
