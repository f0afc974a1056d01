"""Keywords that a check does not know, answered with what is meant instead."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ALWAYS = "that is always checked; leave it out"
_NO_FORWARD_MODE = "there is one mode, whose gradients are checked; leave it out"
# PyTorch's names that are none here
_OF_PYTORCH = {
    "fast_mode": "directions=4 compares along random directions, which is fast for large inputs",
    "check_undefined_grad": _ALWAYS,
    "check_grad_dtypes": _ALWAYS,
    "check_forward_ad": _NO_FORWARD_MODE,
    "check_fwd_over_rev": _NO_FORWARD_MODE,
    "check_rev_over_rev": "that is what gradgradcheck does; leave it out",
    "check_backward_ad": _NO_FORWARD_MODE,
    "check_batched_grad": "there are no batched gradients; leave it out",
    "check_batched_forward_grad": "there are no batched gradients; leave it out",
    "nondet_tol": "an f that is not deterministic is refused; draw its random numbers outside of it",
    "masked": "there are no sparse Tensors; leave it out",
    "grad_outputs": "outputs are weighted at random; rng= is the seed",
    "gen_non_contig_grad_outputs": "layouts of memory are always checked; leave it out",
}


_POSITIONAL = "the first argument is the function, and the inputs follow it: {check}(f, x, w)"
_BY_POSITION = ("inputs", "func", "fn", "function", "args")

_options: dict[str, list[str]] = {}  # of each check, by its name


def explained(check: F) -> F:
    """The same function, which answers keywords that it does not know with what is meant instead."""
    parameters = inspect.signature(check).parameters.values()
    known = [parameter.name for parameter in parameters if parameter.kind is not parameter.VAR_POSITIONAL]
    name = check.__name__
    _options[name] = known

    @functools.wraps(check)
    def answering(*args: Any, **options: Any) -> Any:
        for option, value in options.items():
            if option not in known:
                raise TypeError(f"{name}: there is no option {option}=; {_hint(name, option, value)}")
        return check(*args, **options)

    return answering  # type: ignore[return-value]


def _hint(check: str, option: str, value: Any) -> str:
    if option in _OF_PYTORCH:
        return _OF_PYTORCH[option]
    if option in _BY_POSITION:
        return _POSITIONAL.format(check=check)
    if having := [other for other, options in _options.items() if option in options]:
        return f"only {' and '.join(having)} {'has' if len(having) == 1 else 'have'} it"
    if near := get_close_matches(option, _options[check], n=1, cutoff=0.75):
        return f"did you mean {near[0]}=?"
    return f"what f takes by name, give to it in a function: lambda x: f(x, {option}={value!r:.20})"
