"""All parameters as one vector of real numbers, for methods that look at them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import core
from ..kernels.optimizers import parts
from ..tensor import Tensor

Array = np.ndarray[Any, Any]


class Vector:
    """Reads and writes the arrays of several parameters as one vector; complex numbers are two real ones."""

    def __init__(self, parameters: Sequence[Tensor], dtype: Any = None):
        self.parameters = parameters
        real = (parts(parameter.data).dtype for parameter in parameters)
        self.dtype = np.result_type(*real) if dtype is None else np.dtype(dtype)

    def joined(self, arrays: Iterable[Array | None]) -> Array:
        """A new vector of the numbers of `arrays`, one like each parameter; None stands for zeros."""
        pieces = (np.zeros_like(p.data) if a is None else a for p, a in zip(self.parameters, arrays, strict=True))
        return np.concatenate([parts(piece).reshape(-1).astype(self.dtype, copy=False) for piece in pieces])

    def values(self) -> Array:
        """The numbers of the parameters, copied."""
        return self.joined(parameter.data for parameter in self.parameters)

    def split(self, vector: Array) -> list[Array]:
        """Arrays like the parameters with the numbers of `vector`."""
        arrays, start = [], 0
        for parameter in self.parameters:
            array = np.empty_like(parameter.data)
            target = parts(array)
            target[...] = vector[start : start + target.size].reshape(target.shape)
            start += target.size
            arrays.append(array)
        return arrays

    def write(self, vector: Array) -> None:
        """Give the parameters the numbers of `vector`."""
        core.written(*self.parameters)
        for parameter, array in zip(self.parameters, self.split(vector), strict=True):
            parameter.data[...] = array
