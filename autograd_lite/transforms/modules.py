"""A module as a function of its parameters."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..core import Handle, Node
from ..errors import operand
from ..tensor import Tensor


def functional_call(module: Any, parameters: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """What ``module(*args, **kwargs)`` gives with other values for parameters: a module as a function of them.

    parameters: arrays or Tensors by the names of `module.named_parameters`; others keep their values. Returns what the
    module returns; afterwards it is as before. Not for a module that several threads use at once. Raises ValueError for
    names that the module does not have, and for other shapes or dtypes.

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
    with standing_in(tuple(StandIn(own[name], value.data, value.node) for name, value in values.items())):
        return module(*args, **kwargs)


class StandIn(NamedTuple):
    """The value and history that a Tensor has for a while."""

    handle: Handle
    data: Any
    node: Node | None


class _ThreadState(threading.local):
    present: tuple[StandIn, ...] = ()


_local = _ThreadState()


def present_stand_ins() -> tuple[StandIn, ...]:
    """Those of this thread's open blocks, for what runs a function again later."""
    return _local.present


@contextmanager
def standing_in(stand_ins: tuple[StandIn, ...]) -> Iterator[None]:
    """A block in which Tensors have other values; what they had before comes back."""
    before = [StandIn(handle, handle.data, handle.node) for handle, _, _ in stand_ins]
    outer, _local.present = _local.present, (*_local.present, *stand_ins)
    try:
        _put(stand_ins)
        yield
    finally:
        _put(before[::-1])
        _local.present = outer


def _put(stand_ins: Iterable[StandIn]) -> None:
    for handle, data, node in stand_ins:
        handle.data, handle.node = data, node
