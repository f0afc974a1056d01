"""Regularizers, each as a penalty, to be added to the loss, and as a constraint, to be restored after each step.

``loss = cross_entropy(model(x), y) + L2(1e-4)(model)``, or ``optimizer.step()`` and then
``MaxNorm(limit=3).project_(model)``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any

import numpy as np

from .. import core
from ..nn import Module
from ..ops import elementwise as ops
from ..tensor import Tensor
from .optimizer import Array

Parameters = Module | Tensor | Iterable[Any]


class Regularizer:
    """What all regularizers share: a `strength` of the penalty, and a `limit` for each parameter by itself.

    Both take a tensor, several (or pairs of name and tensor), or a module, which stands for its parameters with two
    axes or more: biases and scales stay free. Raises ValueError for numbers out of range, and where the one that is
    needed was not given; TypeError for what are no parameters.
    """

    def __init__(self, strength: float | None = None, *, limit: float | None = None):
        self.strength, self.limit = self._checked("strength", strength), self._checked("limit", limit)
        if limit is not None and limit == 0:
            raise ValueError(f"{self._title}: limit = 0 leaves nothing; pass a number above 0")

    @property
    def _title(self) -> str:
        return type(self).__name__

    def _checked(self, name: str, value: Any) -> float | None:
        if value is not None and (not isinstance(value, Real) or not 0 <= float(value) < math.inf):
            raise ValueError(f"{self._title}: {name} = {value!r:.60} is out of range; pass a number from 0 on")
        return value if value is None else float(value)

    def __call__(self, parameters: Parameters) -> Tensor:
        """The penalty: `strength` times the sum of what the regularizer measures, a scalar to add to a loss."""
        strength = self._needed("strength", self.strength)
        return strength * sum(self._measure(parameter) for parameter in self._tensors(parameters))

    def project_(self, parameters: Parameters) -> None:
        """The constraint: move each parameter that is beyond `limit` to the closest point within, in place."""
        limit = self._needed("limit", self.limit)
        todo = list(self._tensors(parameters))
        core.written(*todo)
        for parameter in todo:
            self._project(parameter.data, limit)

    def _needed(self, name: str, value: float | None) -> float:
        if value is None:
            use = "a penalty" if name == "strength" else "a constraint"
            raise ValueError(f"{self._title}: for {use} its {name} is needed; make it with {name}=...")
        return value

    def _tensors(self, parameters: Parameters) -> Iterator[Tensor]:
        if isinstance(parameters, Module):
            parameters = [parameter for parameter in parameters.parameters() if parameter.ndim >= 2]
        elif isinstance(parameters, Tensor):
            parameters = [parameters]
        elif not isinstance(parameters, Iterable):
            raise TypeError(f"{self._title}: a {type(parameters).__name__} is no parameters; pass a module or tensors")
        found: list[Any] = [item[1] if isinstance(item, tuple) and len(item) == 2 else item for item in parameters]
        for parameter in found:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    f"{self._title}: a {type(parameter).__name__} is no parameter; pass a module or tensors"
                )
        if not found:
            raise ValueError(f"{self._title}: there are no parameters; pass a module with weights, or tensors")
        yield from found

    def _measure(self, x: Tensor) -> Any:
        raise NotImplementedError

    def _project(self, x: Array, limit: float) -> None:
        raise NotImplementedError

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value}" for name, value in vars(self).items() if value is not None)
        return f"{self._title}({options})"


class L1(Regularizer):
    """The sum of absolute values, which makes many of them 0 (the lasso)."""

    def _measure(self, x: Tensor) -> Any:
        return ops.abs(x).sum()

    def _project(self, x: Array, limit: float) -> None:
        """All shrink by the same amount, down to 0. Duchi et al. 2008."""
        sizes = np.sort(np.abs(x), axis=None)[::-1].astype(np.float64)
        if sizes.sum() > limit:
            excess = (np.cumsum(sizes) - limit) / np.arange(1, sizes.size + 1)
            _shrink(x, excess[np.flatnonzero(sizes > excess)[-1]])


class L2(Regularizer):
    """The sum of squares, whose slope is that of ``weight_decay=2 * strength``; as a constraint, the norm itself."""

    def _measure(self, x: Tensor) -> Any:
        return (ops.abs(x) ** 2).sum() if x.data.dtype.kind == "c" else (x * x).sum()

    def _project(self, x: Array, limit: float) -> None:
        norm = float(np.linalg.norm(x.reshape(-1)))
        if norm > limit:
            x *= limit / norm


class ElasticNet(Regularizer):
    """``l1_ratio * L1 + (1 - l1_ratio) / 2 * L2``: absolute values and squares. Zou and Hastie 2005."""

    def __init__(self, strength: float | None = None, l1_ratio: float = 0.5, *, limit: float | None = None):
        super().__init__(strength, limit=limit)
        self.l1_ratio = l1_ratio
        if not isinstance(l1_ratio, Real) or not 0 <= l1_ratio <= 1:
            raise ValueError(f"ElasticNet: l1_ratio = {l1_ratio!r:.60} is out of range; pass a number from 0 to 1")

    def _measure(self, x: Tensor) -> Any:
        return self.l1_ratio * L1()._measure(x) + (1 - self.l1_ratio) / 2 * L2()._measure(x)

    def _project(self, x: Array, limit: float) -> None:
        """The closest point shrinks by a multiple of the slope there; the multiple is found by bisection."""
        sizes = np.abs(x).astype(np.float64)

        def shrunk(multiple: float) -> Array:
            return np.maximum(sizes - multiple * self.l1_ratio, 0) / (1 + multiple * (1 - self.l1_ratio))

        def measure(values: Array) -> float:
            return float(self.l1_ratio * values.sum() + (1 - self.l1_ratio) / 2 * (values * values).sum())

        if measure(sizes) <= limit:
            return
        low, high = 0.0, 1.0
        while measure(shrunk(high)) > limit:
            low, high = high, 2 * high
        while low < (middle := (low + high) / 2) < high:
            low, high = (middle, high) if measure(shrunk(middle)) > limit else (low, middle)
        _shrink(x, high * self.l1_ratio)
        x /= 1 + high * (1 - self.l1_ratio)


class MaxNorm(Regularizer):
    """The norm of the weights that come into each neuron, a row of the parameter, is at most `limit`.

    As a penalty, the squares of what is beyond. Srivastava et al. 2014.
    """

    def __init__(self, strength: float | None = None, *, limit: float):
        super().__init__(strength, limit=limit)

    def _measure(self, x: Tensor) -> Any:
        limit = self._needed("limit", self.limit)
        squares = ops.abs(x) ** 2 if x.data.dtype.kind == "c" else x * x
        rows = squares.sum(axis=tuple(range(1, x.ndim))) if x.ndim > 1 else squares.sum()
        return ((ops.sqrt(ops.maximum(rows, limit * limit)) - limit) ** 2).sum()

    def _project(self, x: Array, limit: float) -> None:
        axes = tuple(range(1, x.ndim)) if x.ndim > 1 else None
        norms = np.sqrt((np.abs(x) ** 2).sum(axis=axes, keepdims=True))
        x *= limit / np.maximum(norms, limit)


def _shrink(x: Array, amount: float) -> None:
    """Bring each number closer to 0 by `amount`, not beyond."""
    sizes = np.abs(x)
    x *= np.maximum(sizes - amount, 0) / np.where(sizes > 0, sizes, 1)
