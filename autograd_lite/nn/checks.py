"""What layers check of their arguments when they are made, and of their inputs when they are called."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike

from .. import core
from ..tensor import Tensor

if TYPE_CHECKING:
    from .module import Module


def check_integers(layer: Module, **values: Any) -> None:
    """TypeError for a value that is no integer."""
    for name, value in values.items():
        try:
            index(value)
        except TypeError:
            raise TypeError(
                f"{type(layer).__name__}: {name} is {value!r:.60}, a {type(value).__name__}; pass an integer, which"
                " int(...) and n // 2 give, and n / 2 does not"
            ) from None


def check_sizes(layer: Module, least: int = 0, **sizes: Any) -> None:
    """TypeError for a size that is no integer, ValueError for one below `least`."""
    check_integers(layer, **sizes)
    for name, size in sizes.items():
        if size < least:
            raise ValueError(f"{type(layer).__name__}: {name} is {size}; pass an integer from {least} on")


def check_probability(layer: Module, name: str, p: Any) -> None:
    """ValueError for what is not a number from 0 to 1."""
    if not isinstance(p, int | float | np.number) or not 0 <= p <= 1:
        raise ValueError(f"{type(layer).__name__}: {name} = {p!r:.60} is not a probability; pass a number from 0 to 1")


def checked_dtype(layer: Module, dtype: DTypeLike | None, kinds: str = "fc") -> np.dtype[Any]:
    """The dtype for a layer's parameters, the default one for None; TypeError for one whose kind is not in `kinds`."""
    title = type(layer).__name__
    try:
        found = np.dtype(core.get_default_dtype() if dtype is None else dtype)
    except TypeError:
        raise TypeError(f"{title}: dtype {dtype!r:.60} is not known; pass 'float32' or 'float64'") from None
    if found.kind == "c" and "c" not in kinds:
        raise TypeError(
            f"{title}: it computes with real numbers, dtype {found} is complex; pass 'float32' or 'float64', and give"
            " it real and imaginary parts as features"
        )
    if found.kind not in kinds:
        raise TypeError(f"{title}: parameters of dtype {found} cannot be learned; pass 'float32' or 'float64'")
    return found


def matching(layer: Module, x: Any, parameter: Tensor, name: str = "x") -> Any:
    """`x`, called `name`, for a layer to compute on, which must have the dtype of its parameters.

    Lists and numbers are converted. Raises TypeError for what is not numeric, and for an array of another dtype: it
    would silently turn everything behind it into that (a float64 input makes a float32 network compute at half its
    speed).
    """
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return _converted(layer, x, parameter.dtype, name)
    if dtype != parameter.data.dtype:
        raise TypeError(
            f"{type(layer).__name__}: {name} {x.shape} is {x.dtype}, {parameter.name or 'its weight'}"
            f" {parameter.shape} is {parameter.dtype}; {_remedy(x.dtype, parameter.dtype, name)}"
        )
    return x


def _converted(layer: Module, x: Any, dtype: Any, name: str) -> Any:
    """The array that a list or number stands for."""
    title, fix = type(layer).__name__, f"; pass a Tensor or an array of {dtype}"
    if x is None or isinstance(x, str | bytes):  # NumPy would make NaN of None, and a number of "1"
        raise TypeError(f"{title}: {name} is {x!r:.60}{fix}")
    try:
        return core.as_array(x, dtype)
    except (TypeError, ValueError) as error:
        fix = "" if "; " in str(error) else fix
        raise TypeError(f"{title}: {name}, a {type(x).__name__}, cannot become {dtype}: {error}{fix}") from error


def _remedy(found: Any, expected: Any, name: str) -> str:
    """What to do about an array of another dtype: integers can only be converted, text cannot be."""
    kind = getattr(found, "kind", "f")
    if kind == "c":
        return f"make the layer with dtype='{found}', or pass the real part"
    if kind not in "biuf":
        return f"pass numbers, an array of {expected}"
    convert = f"pass {name}.astype('{expected}')"
    return f"{convert}, or make the layer with dtype='{found}'" if kind == "f" else convert
