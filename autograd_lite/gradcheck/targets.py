"""Functions of the user's that the command line and pytest check: found by name, with inputs that they bring along."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from .check import gradcheck
from .report import Report
from .samples import Generators

WAYS = (
    "it can be checked if its docstring has samples, such as >>> {name}(randn(3, 2)), or if it takes no arguments and"
    " returns the function to check and its inputs, in a tuple"
)


def cases(name: str, function: Any, seed: int = 0) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """Everything to check about a function: the line that says how it is called, what to call, and the inputs.

    The function brings its inputs along: samples in its docstring (arrays come from the generators that samples of
    operations have, too: `randn`, `positive`, `distinct`, `integers`, `mask`), or, if it takes no arguments, a tuple
    ``(f, *inputs)`` that it returns. Raises ValueError for a function that does neither.
    """
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(function) or "")
    if examples:
        for example in examples:
            yield from _recorded(name, function, example.source.strip(), seed)
        return
    if inspect.signature(function).parameters:
        raise ValueError(f"{name} takes arguments, and nothing says which; {WAYS.format(name=name)}")
    returned = function()
    if not (isinstance(returned, tuple) and returned and callable(returned[0])):
        raise ValueError(f"{name} returned {type(returned).__name__}; {WAYS.format(name=name)}")
    yield f"{name}()", returned[0], returned[1:]


def _recorded(
    name: str, function: Any, line: str, seed: int
) -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """The calls of the function in one line of its docstring, which may use what its module knows."""
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def record(*args: Any, **kwargs: Any) -> Any:
        calls.append((args, kwargs))
        return function(*args, **kwargs)

    known = getattr(inspect.unwrap(function), "__globals__", {})
    try:
        eval(line, {**known, **Generators(seed).by_name(), function.__name__: record})  # the user's own source text
    except Exception as error:
        raise ValueError(f"the sample {line!r} of {name} fails: {type(error).__name__}: {error}") from error
    if not calls:
        raise ValueError(f"the sample {line!r} of {name} does not call it")
    for args, kwargs in calls:
        bound = inspect.signature(function).bind(*args, **kwargs)
        yield line, partial(function, **bound.kwargs), bound.args


def check(name: str, function: Any, order: int = 1, max_entries: int | None = None) -> list[tuple[str, Report]]:
    """A report for each case of a function; errors as in `cases`, and of `gradcheck`."""
    return [
        (line, gradcheck(f, *inputs, order=order, max_entries=max_entries, raise_exception=False))
        for line, f, inputs in cases(name, function)
    ]
