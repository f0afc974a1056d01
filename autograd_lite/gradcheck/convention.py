"""How a hand-written backward is to be called, as the signatures of both functions tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .layers import GRADIENT_NAMES, Array
from .saved import returned_names
from .signatures import Positional, positional

_OUTPUT = re.compile(r"outs?|outputs?|y")

# The gradient of one more output: dh, dc_next, d_out2, dnext_h, grad_cell, upstream2. After the d there is one letter,
# or a word for an output: data, dims, dropout_mask and derivative are values that forward saves.
_WORDS = "out|output|next|prev|hidden|cell|state|loss|logits|scores|probs|mean|var|std|weights"
_GRADIENT = re.compile(
    rf"d_?([a-z]|{_WORDS})\d*(_\w+)?|(grad|gradient|upstream)(\d*|_\w+)|\w+_grad(ient)?|up\d+", re.IGNORECASE
)
_FIRST = re.compile(rf"{_GRADIENT.pattern}|d|g|up|delta|err|error", re.IGNORECASE)  # the first one has more names


@dataclass(frozen=True, slots=True)
class Convention:
    """How backward is called: with the gradients of the outputs, then with the outputs, then with the rest.

    count: how many of the values that forward returns are outputs. takes_upstream: whether there are gradients of
    them; upstream: what these are called. takes_outputs: whether there are the outputs. rest: what comes then, "cache",
    "values" (those that forward returns beside the outputs), "values and inputs", "inputs", "named" (values and inputs,
    told apart by the names of inputs), or "nothing". names: of the parameters that get the rest.
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
    for results in (count, 0) if _are_outputs(taken.names[before:], inputs, returned[:count]) else (0,):
        names = taken.names[before + results :]
        for rest, size in _sizes(names, inputs, len(values) - count, results > 0).items():
            if taken.required <= before + results + size <= taken.most:
                known = takes_upstream and len(taken.names) >= count
                upstream = taken.names[:count] if known else ["dout"] * count
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
    only = taken.required == taken.most == 1 and len(values) > 1 and np.ndim(values[0]) == 0
    return first not in (*inputs, "cache", *returned[1:]) and not (only and not _FIRST.fullmatch(first))


def _outputs(names: Sequence[str], inputs: Sequence[str], values: Sequence[Any], returned: Sequence[str | None]) -> int:
    """How many of the values are outputs: the first, and those after it that are arrays and have a gradient."""
    count = 1
    for name, value, its_name in zip(names[1:], values[1:], returned[1:], strict=False):
        array = isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "f"
        if not array or name in inputs or name in returned or not _is_gradient(name, its_name):
            break
        count += 1
    return count


def _is_gradient(name: str, value: str | None) -> bool:
    """Whether a parameter is called like a gradient; value: the name of what it would be the gradient of."""
    return name in [form.format(value) for form in GRADIENT_NAMES[:-1]] or bool(_GRADIENT.fullmatch(name))


def _are_outputs(names: Sequence[str], inputs: Sequence[str], returned: Sequence[str | None]) -> bool:
    """Whether the first parameters are outputs, by common names of these, or by those that forward returns them by."""
    pairs = list(zip(names, returned, strict=False))
    called = all(name not in inputs and (name == known or _OUTPUT.fullmatch(name)) for name, known in pairs)
    return called and len(pairs) == len(returned)


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


def _sizes(names: Sequence[str], inputs: Sequence[str], values: int, after_outputs: bool) -> dict[str, int]:
    """How many arguments the rest has by each convention that applies, the likeliest one first.

    names: of the parameters that are left; values: how many forward returns beside the outputs.
    """
    others = sum(name not in inputs for name in names)
    sizes = {"named": len(names)} if values and others == values < len(names) else {}
    if values:
        sizes |= {"cache": 1, "values": values, "values and inputs": values + len(inputs)}
    if not (values and after_outputs):
        sizes |= {"inputs": len(inputs)} | ({} if others else {"named": len(names)}) | {"nothing": 0}
    return sizes
