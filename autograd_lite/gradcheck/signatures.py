"""What a function takes by position, as its signature tells."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Positional(NamedTuple):
    """Names of the positional parameters, how many have to be given, and how many may be."""

    names: list[str]
    required: int
    most: float


def positional(f: Callable[..., Any]) -> Positional:
    """What `f`, or the forward of a Module, takes; some builtins do not tell, and may take anything."""
    try:
        parameters = list(inspect.signature(getattr(f, "forward", f)).parameters.values())
    except ValueError:
        parameters = [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]
    named = [parameter for parameter in parameters if parameter.kind in _NAMED]
    any_number = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
    required = sum(parameter.default is parameter.empty for parameter in named)
    return Positional([parameter.name for parameter in named], required, float("inf") if any_number else len(named))


def takes(f: Callable[..., Any], count: int) -> bool:
    """Whether `f` can be called with so many arguments."""
    _, required, most = positional(f)
    return required <= count <= most


def takes_nothing(f: Callable[..., Any]) -> bool:
    """Whether `f` has no arguments, and uses its Tensors itself."""
    return positional(f).most == 0


def argument_names(f: Callable[..., Any], count: int) -> list[str]:
    """Names for the inputs: those of the arguments of `f` where it has them, else numbers."""
    names = positional(f).names[:count]
    return names + [f"input {number}" for number in range(len(names), count)]
