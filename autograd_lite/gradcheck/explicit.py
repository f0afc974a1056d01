"""Gradients that are not the engine's: plain functions of arrays, as `scipy.optimize.minimize` takes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import operand
from .inputs import check_function
from .signatures import argument_names

Array = np.ndarray[Any, Any]


class ExplicitGradient:
    """A function of real arrays whose value is one number, with what computes its gradients.

    arrays: copies of the inputs in float64, by the names that `function` has for them. jac: True if `function` returns
    both, or what returns the gradient for each array. Raises TypeError and ValueError, here and when something is
    computed, for what is no such function.
    """

    def __init__(self, function: Callable[..., Any], jac: Callable[..., Any] | bool, inputs: Sequence[Any]):
        check_function("gradcheck", "f", function)
        if jac is not True:
            check_function("gradcheck", "jac", jac)
        if not inputs:
            raise ValueError("gradcheck: there is no input; pass arrays")
        if any(map(np.iscomplexobj, inputs)):
            raise TypeError(
                "gradcheck: with jac, a function is one of real arrays; let it take real and imaginary parts as two"
            )
        self.function, self._jac = function, jac
        names = argument_names(function, len(inputs))
        self.arrays = {name: np.array(value, np.float64) for name, value in zip(names, inputs, strict=True)}

    def value(self, *arrays: Array) -> Array:
        """The value, a 0-d array in float64."""
        result = np.asarray(self._both(*arrays)[0] if self._jac is True else self.function(*arrays))
        if result.size != 1 or result.dtype.kind not in "fiu":
            raise TypeError(
                f"gradcheck: f returned a value {result.shape} {result.dtype}; with jac, it must be one real number"
            )
        return result.reshape(()).astype(np.float64)

    def gradients(self, *arrays: Array) -> list[Any]:
        """What is returned for each array: of one array as an array, of several as it comes."""
        found = self._jac(*arrays) if callable(self._jac) else self._both(*arrays)[1]
        found = [self._of_one(found)] if len(self.arrays) == 1 else self._of_several(found)
        for (name, array), g in zip(self.arrays.items(), found, strict=True):
            if np.asarray(g).dtype.kind not in "biufc":
                raise TypeError(f"gradcheck: the gradient for {name} is {operand(g)}; return an array {array.shape}")
        return [np.asarray(g) for g in found] if len(found) == 1 else found

    def _both(self, *arrays: Array) -> tuple[Any, Any]:
        found = self.function(*arrays)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise TypeError(f"gradcheck: with jac=True, f must return (value, gradient), not {operand(found)}")
        return found[0], found[1]

    def _of_one(self, found: Any) -> Any:
        """The gradient for the only array, which may be in a tuple of one."""
        (array,) = self.arrays.values()
        in_a_tuple = isinstance(found, tuple) and len(found) == 1 and np.ndim(found) > array.ndim
        return found[0] if in_a_tuple else found

    def _of_several(self, found: Any) -> list[Any]:
        count = len(found) if isinstance(found, tuple | list) else 1
        if not isinstance(found, tuple | list) or count != len(self.arrays):
            given = "1 gradient" if count == 1 else f"{count} gradients"
            raise ValueError(f"gradcheck: {len(self.arrays)} inputs, but {given}; return one for each input")
        return list(found)
