"""Functions of the user's that the command line and pytest check: found by name, with inputs that they bring along."""

from __future__ import annotations

import doctest
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .check import gradcheck
from .report import Report
from .samples import Generators, called_at_its_definition

WAYS = (
    "it can be checked if its docstring has samples, such as >>> {name}(randn(3, 2)), or if it takes no arguments and"
    " returns the function to check and its inputs, in a tuple"
)


def cases(name: str, function: Any) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """Everything to check about a function: the line that says how it is called, what to call, and the inputs.

    The function brings its inputs along: samples in its docstring (arrays come from the generators that samples of
    operations have, too: `randn`, `positive`, `distinct`, `integers`, `mask`), or, if it takes no arguments, a tuple
    ``(f, *inputs)`` that it returns. Raises ValueError for a function that does neither.
    """
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(function) or "")
    if examples:
        for example in examples:
            yield from _recorded(name, function, example.source.strip())
        return
    if isinstance(function, type) or inspect.signature(function).parameters:
        raise ValueError(f"{name} takes arguments, and nothing says which; {WAYS.format(name=name)}")
    returned = function()
    if not (isinstance(returned, tuple) and returned and callable(returned[0])):
        raise ValueError(f"{name} returned {type(returned).__name__}; {WAYS.format(name=name)}")
    yield f"{name}()", returned[0], returned[1:]


def _recorded(name: str, function: Any, line: str) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """The calls of the function in one line of its docstring, or of a Module that the line makes of a class.

    The line may use what the module of the function knows.
    """
    calls: list[tuple[Any, inspect.BoundArguments]] = []

    def recorded(called: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append((called, inspect.signature(getattr(called, "forward", called)).bind(*args, **kwargs)))
        return called(*args, **kwargs)

    def made(*args: Any, **kwargs: Any) -> Callable[..., Any]:
        return partial(recorded, function(*args, **kwargs).astype("float64"))

    is_class = isinstance(function, type)
    known = vars(sys.modules[function.__module__]) if function.__module__ in sys.modules else {}
    recorder = made if is_class else partial(recorded, function)
    try:
        eval(line, {**known, **Generators(0).by_name(), function.__name__: recorder})  # the user's own source text
    except Exception as error:
        raise ValueError(f"the sample {line!r} of {name} fails: {type(error).__name__}: {error}") from error
    if not calls:
        fix = f"; write {line}(randn(3, 2)), with its inputs" if is_class else ""
        raise ValueError(f"the sample {line!r} of {name} does not call it{fix}")
    for called, bound in calls:
        call = partial(called, **bound.kwargs) if bound.kwargs else called
        yield line, call if is_class else called_at_its_definition(function, call), bound.args


def check(name: str, function: Any, **options: Any) -> list[tuple[str, Report]]:
    """A report for each case of a function; errors as in `cases`, and of `gradcheck`, which gets the options.

    Modules are float32 unless they were made otherwise, so they are checked on a copy in float64.
    """
    return [
        (line, gradcheck(f, *inputs, raise_exception=False, **_in_double(f) | options))
        for line, f, inputs in cases(name, function)
    ]


def _in_double(f: Any) -> dict[str, Any]:
    return {"dtype": "float64"} if hasattr(f, "named_parameters") else {}
