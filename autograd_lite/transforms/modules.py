"""A module as a function of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core import Handle
from ..errors import operand
from ..tensor import Tensor


def functional_call(module: Any, parameters: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """What ``module(*args, **kwargs)`` gives with other values for parameters: a module as a function of them.

    parameters: arrays or Tensors by the names of `module.named_parameters`; others keep their values. Returns what the
    module returns; afterwards it is as before. Not for a module that several threads use at once, nor for one with a
    checkpoint in it. Raises ValueError for names that the module does not have, and for other shapes or dtypes.

    >>> ag.grad(lambda p: loss(ag.functional_call(model, p, x)))({k: p.data for k, p in model.named_parameters()})
    """
    own = dict(module.named_parameters())
    values = {name: value if isinstance(value, Handle) else Tensor(value) for name, value in parameters.items()}
    for name, value in values.items():
        if name not in own:
            raise ValueError(f"functional_call: there is no parameter {name!r}; those of the module are {[*own]}")
        if (value.data.shape, value.data.dtype) != (own[name].data.shape, own[name].data.dtype):
            raise ValueError(
                f"functional_call: {name} is {operand(value)}, the parameter {operand(own[name])}; pass one like it"
            )
    before = {name: (own[name].data, own[name].node) for name in values}
    try:
        for name, value in values.items():
            own[name].data, own[name].node = value.data, value.node
        return module(*args, **kwargs)
    finally:
        for name, (data, node) in before.items():
            own[name].data, own[name].node = data, node
