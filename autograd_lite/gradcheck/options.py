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


def explained(check: F) -> F:
    """The same function, which answers keywords that it does not know with what is meant instead."""
    known = inspect.signature(check).parameters

    @functools.wraps(check)
    def answering(*args: Any, **options: Any) -> Any:
        for name, value in options.items():
            if name not in known:
                raise TypeError(f"{check.__name__}: there is no option {name}=; {_hint(name, value, list(known))}")
        return check(*args, **options)

    return answering  # type: ignore[return-value]


def _hint(name: str, value: Any, known: list[str]) -> str:
    if name in _OF_PYTORCH:
        return _OF_PYTORCH[name]
    near = get_close_matches(name, known, n=1, cutoff=0.75)
    if near:
        return f"did you mean {near[0]}=?"
    return f"what f takes by name, give to it in a function: lambda x: f(x, {name}={value!r:.20})"
