"""NumPy's two dispatch protocols over the same ops: ``np.tanh(tensor)``, ``np.concatenate([...])``, ``array * tensor``.

There is no second list of functions: whatever the registry of ops has under NumPy's name works, and is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from . import core

# NumPy's own second names: what `function.__name__` gives, and what we (and np.*) call it.
_ALIASES = {"absolute": "abs", "amax": "max", "amin": "min", "conjugate": "conj", "true_divide": "divide"}


def array_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``ufunc(*inputs)`` with a Tensor among the inputs. Raises TypeError for what has no derivative here."""
    name = ufunc.__name__
    if method == "reduce" and name in _REDUCTIONS:
        kwargs = {"axis": 0, **{k: v for k, v in kwargs.items() if v is not None or k == "axis"}}
        return _op(_REDUCTIONS[name], f"np.{name}.reduce")(*inputs, **kwargs)
    if method != "__call__":
        raise TypeError(f"np.{name}.{method}: not available for tensors; use detach().numpy() if no gradient is needed")
    return _call(name, inputs, kwargs)


def array_function(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """``function(*args, **kwargs)`` with a Tensor among the arguments. Raises TypeError for what is missing."""
    return _call(function.__name__, args, kwargs)


_REDUCTIONS = {"add": "sum", "maximum": "max", "minimum": "min"}


def _call(name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    if "out" in kwargs:
        raise TypeError(f"np.{name}: out= cannot be used with tensors, which are values; use the result instead")
    return _op(_ALIASES.get(name, name), f"np.{name}")(*args, **kwargs)


def _op(name: str, asked: str) -> Callable[..., Any]:
    if name not in core.registry:
        raise TypeError(
            f"{asked}: autograd_lite has no operation {name!r}, so the gradient would be lost;"
            " use detach().numpy() if no gradient is needed, or define it with @ag.op"
        )
    return core.registry[name].function
