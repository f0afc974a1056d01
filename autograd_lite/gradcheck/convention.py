"""How a hand-written backward is to be called, as the signatures of both functions tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .layers import Array, gradient_names
from .saved import returned_names
from .signatures import Positional, positional

_OUTPUT = re.compile(r"outs?|outputs?|y")
_UPSTREAM = re.compile(r"dout|grad_out(put)?|upstream(_grad(ient)?)?")

# How the gradient of one more output is called: dh, dc_next, dout2, grad_cell. But words that begin with d are values
# that forward saves: data, dims, dropout_mask, derivative.
_GRADIENT = re.compile(r"d_?[a-z]\w*|(grad|gradient|upstream)(\d+|_\w+)|\w+_grad(ient)?|up\d+", re.IGNORECASE)
_STEMS = """data date decay decod default degree delay delta denom dens depend depth deriv desc determ devi diag dict
    diff digit dilat dimens direct disc disp dist divi domain double down drawn drop dtype dual dummy durat dynam"""
_SHORT = "deg det dev dim dir div dot dt"  # by themselves, in the plural, with a number, or before an underscore
_WORD = re.compile(rf"({'|'.join(_STEMS.split())})\w*|({'|'.join(_SHORT.split())})s?(\d*|_\w+)", re.IGNORECASE)
_FIRST = re.compile(rf"{_GRADIENT.pattern}|d|g|grad|gradient|upstream|up|delta|err|error", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Convention:
    """How backward is called: with the gradients of the outputs, then with the outputs, then with the rest.

    count: how many of the values that forward returns are outputs. takes_upstream: whether there are gradients of
    them; upstream: what these are called. takes_outputs: whether there are the outputs. rest: what comes then, "cache",
    "unpacked" (the parts of the cache), "values" (those that forward returns beside the outputs), "values and inputs",
    "inputs", "named" (values and inputs, told apart by the names of inputs), or "nothing". names: of the parameters
    that get the rest.
    """

    count: int
    takes_upstream: bool
    upstream: tuple[str, ...]
    takes_outputs: bool
    rest: str
    names: tuple[str, ...]

    def split(self, values: Sequence[Any]) -> tuple[tuple[Array, ...], list[Any]]:
        """The outputs among the values that forward returns, and the others."""
        return tuple(np.asarray(value) for value in values[: self.count]), list(values[self.count :])

    def arguments(
        self, douts: Sequence[Array], outputs: Sequence[Array], values: Sequence[Any], inputs: Mapping[str, Any]
    ) -> list[Any]:
        """The arguments of backward. values: those that forward returned beside the outputs; inputs: by name."""
        left = iter(values)
        rest = {
            "cache": [values[0] if len(values) == 1 else tuple(values)],
            "values": [*values],
            "values and inputs": [*values, *inputs.values()],
            "inputs": [*inputs.values()],
            "named": [inputs[name] if name in inputs else next(left, None) for name in self.names],
            "unpacked": [part for value in values for part in (value if isinstance(value, tuple | list) else ())],
            "nothing": [],
        }[self.rest]
        return [*(douts if self.takes_upstream else ()), *(outputs if self.takes_outputs else ()), *rest]

    def value_names(self, inputs: Sequence[str]) -> list[str]:
        """What backward calls the values that forward returns beside the outputs."""
        if self.rest == "named":
            return [name for name in self.names if name not in inputs]
        return [*self.names] if self.rest in ("cache", "values", "values and inputs") else []


def convention(
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    inputs: Sequence[str],
    values: Sequence[Any],
    outputs: int | None = None,
) -> Convention:
    """How to call `backward`. inputs: their names; values: what forward returns; outputs: how many, if it is known.

    Raises ValueError if it is not clear, or cannot be.
    """
    taken = positional(backward)
    returned = returned_names(forward, len(values))
    takes_upstream = _takes_upstream(taken, inputs, values, returned)
    count = outputs
    if count is None:
        count = _outputs(taken.names, inputs, values, returned) if takes_upstream else 1
    _check_outputs(taken.names, values, count, takes_upstream)
    before = count if takes_upstream else 0
    upstream = taken.names[:count] if takes_upstream and len(taken.names) >= count else ["dout"] * count
    are_outputs = _are_outputs(taken.names[before:], inputs, returned[:count], upstream)
    for results in (count, 0) if are_outputs else (0,):
        names = _without_options(taken, before + results, inputs)
        sizes = _sizes(names, inputs, values[count:], results > 0, starred=bool(taken.names) and taken.most == np.inf)
        for rest, size in sizes.items():
            if taken.required <= before + results + size <= taken.most:
                return Convention(count, takes_upstream, tuple(upstream), results > 0, rest, tuple(names))
    raise ValueError(
        f"check_backward: cannot tell how to call backward({', '.join(taken.names)}); it may take (dout, cache), where"
        " forward returns (out, cache), or (dout, *inputs of forward), or (dout); wrap it in a lambda that does"
    )


def _takes_upstream(
    taken: Positional, inputs: Sequence[str], values: Sequence[Any], returned: Sequence[str | None]
) -> bool:
    """Whether the first parameter is the gradient of an output; a loss may take its cache, or its inputs, at once."""
    if not taken.names:
        return taken.most > 0
    first = taken.names[0]
    if not _FIRST.fullmatch(first) and any(map(_UPSTREAM.fullmatch, taken.names[1:])):
        return False  # it is elsewhere, where it cannot be given
    only = taken.required == taken.most == 1 and len(values) > 1 and np.ndim(values[0]) == 0
    return first not in (*inputs, "cache", *returned[1:]) and not (only and not _FIRST.fullmatch(first))


def _outputs(names: Sequence[str], inputs: Sequence[str], values: Sequence[Any], returned: Sequence[str | None]) -> int:
    """How many of the values are outputs: the first, and those after it that are arrays and have a gradient."""
    count, of_inputs = 1, {gradient for name in inputs for gradient in gradient_names(name)}
    for name, value, its_name in zip(names[1:], values[1:], returned[1:], strict=False):
        array = isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f"
        saved = name in inputs or name in returned or (np.ndim(values[0]) == 0 and name in of_inputs)  # loss, dx
        if not array or saved or not _is_gradient(name, its_name):
            break
        count += 1
    return count


def _is_gradient(name: str, value: str | None) -> bool:
    """Whether a parameter is called like a gradient; value: the name of what it would be the gradient of."""
    return name in gradient_names(value) or bool(_GRADIENT.fullmatch(name) and not _WORD.fullmatch(name))


def _without_options(taken: Positional, start: int, inputs: Sequence[str]) -> list[str]:
    """The parameters from `start` on, but for those at the end that have defaults and are no inputs."""
    names = taken.names[start:]
    while len(names) > max(taken.required - start, 0) and names[-1] not in inputs:
        names.pop()
    return names


def _are_outputs(
    names: Sequence[str], inputs: Sequence[str], returned: Sequence[str | None], upstream: Sequence[str]
) -> bool:
    """Whether the first parameters are outputs: by common names of these, by those in forward, or by (dz, z)."""
    triples = list(zip(names, returned, upstream, strict=False))
    return len(triples) == len(returned) and all(
        name not in inputs and (name == known or _OUTPUT.fullmatch(name) or dout in gradient_names(name))
        for name, known, dout in triples
    )


def _check_outputs(names: Sequence[str], values: Sequence[Any], count: int, takes_upstream: bool) -> None:
    if not 1 <= count <= len(values):
        raise ValueError(f"check_backward: outputs={count}, but forward returns {len(values)} values")
    for number, value in enumerate(values[:count]):
        if not _is_output(value, number):
            kind = f"{type(value).__name__} {getattr(value, 'dtype', '')}".rstrip()
            raise ValueError(
                f"check_backward: forward returns {kind} as output {number}; return arrays of real numbers, and a cache"
                " after them"
            )
    if not takes_upstream and any(np.size(value) != 1 for value in values[:count]):
        raise ValueError(
            f"check_backward: backward{tuple(names)} takes no gradient of the output; its first parameter must be"
            " that, named dout, unless the output is one number"
        )


def _is_output(value: Any, number: int) -> bool:
    """Whether a value is made of real numbers; only the first may be a list of them, any other is a cache."""
    if isinstance(value, Mapping) or (number > 0 and isinstance(value, tuple | list)):
        return False
    try:
        return np.asarray(value).dtype.kind in "biuf"
    except ValueError:  # arrays of several shapes
        return False


def _sizes(
    names: Sequence[str], inputs: Sequence[str], values: Sequence[Any], after_outputs: bool, starred: bool
) -> dict[str, int]:
    """How many arguments the rest has by each convention that applies, the likeliest one first.

    names: of the parameters that are left; starred: whether ``*rest`` follows other parameters; values: those that
    forward returns beside the outputs.
    """
    others, count, sizes = sum(name not in inputs for name in names), len(values), {}
    if count and others == count < len(names):
        sizes["named"] = len(names)
    if starred and not names and count == 1 and isinstance(values[0], tuple | list):
        sizes["unpacked"] = len(values[0])
    if count:
        sizes |= {"cache": 1, "values": count, "values and inputs": count + len(inputs)}
    if not (count and after_outputs):
        sizes |= {"inputs": len(inputs)} | ({} if others else {"named": len(names)}) | {"nothing": 0}
    return sizes
