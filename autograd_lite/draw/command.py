"""``python -m autograd_lite draw``: a graph as a file, or as a tree in the terminal."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..nn.module import Module
from ..targets import load
from ..tensor import Tensor
from . import Picture, picture_of


def main(target: str, output: Path | None, inputs: Sequence[np.ndarray], options: Mapping[str, Any]) -> int:
    """Draw what ``module:name`` names into a file, or print it as a tree; the exit status: 2 if it cannot be drawn.

    inputs: of a Module or function. options: of `draw`.
    """
    try:
        picture = picture_of(with_inputs(target, load(target), inputs), **options)
        told = str(picture) if output is None else f"wrote {picture.save(output)}"
    except Exception as error:  # whatever the user's own code raises
        print(f"draw {target}: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(told)
    return 0


def with_inputs(target: str, what: Any, inputs: Sequence[np.ndarray]) -> Any:
    """What is to be drawn: if it is a Module or a function, in a tuple with its inputs.

    Raises ValueError if it needs inputs and there are none.
    """
    if _is_function(what) and not _arguments(what):
        what = what()  # also a class, of a Module
    if not inputs:
        if isinstance(what, Module):
            raise ValueError(f"{type(what).__name__} needs an input; give its shape, such as --input 1,3,32,32")
        if _is_function(what):
            raise ValueError(
                f"{target} takes {', '.join(_arguments(what))}; give the shape of each, such as --input 8,3, or name a"
                " function without arguments that returns (f, *inputs)"
            )
        return what
    if isinstance(what, Module):
        return (what, *inputs)
    if _is_function(what):
        return (what, *map(_leaf, inputs))
    raise ValueError(f"{target} is a {type(what).__name__}, which takes no inputs; leave --input out")


def _leaf(array: np.ndarray) -> Tensor:
    return Tensor(array, requires_grad=array.dtype.kind in "fc")


def _is_function(what: Any) -> bool:
    return callable(what) and not isinstance(what, Module | Picture | Tensor)


def _arguments(function: Any) -> list[str]:
    """The names of the arguments that it cannot do without."""
    return [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
