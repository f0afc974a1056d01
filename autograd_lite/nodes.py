"""Handles and history: what a tensor is to the engine, and what it remembers of how it was made."""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from types import EllipsisType
from typing import Any

import numpy as np

next_serial = itertools.count(1).__next__


class Handle:
    """What `Tensor` is to the engine: an array, its gradient, and the node that made it (None: a constant)."""

    __slots__ = ("__weakref__", "_name", "data", "grad", "node")
    data: Any
    grad: Any
    node: Node | None
    _name: str


class Node:
    """One value in the history: the op that made it, and what the op's derivative needs.

    Nodes are numbered as they are made, so descending serial numbers are an order in which gradients can flow. A
    node holds arrays and parents, never handles: memory goes with the last handle, without the garbage collector.
    """

    __slots__ = ("__weakref__", "dtype", "op", "params", "parents", "saved", "serial", "shape")
    op: Any  # Op; None on a Leaf and on an Output
    parents: tuple[Node | None, ...]  # one for each array argument; None where no gradient is wanted
    params: tuple[Any, ...]
    saved: Any  # tuple of values, as op.saved_names says; FREED after a backward
    serial: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def __repr__(self) -> str:
        return f"<Node {self.serial} {label(self)} {self.shape} {self.dtype}>"


class Leaf(Node):
    """The start of a history: a tensor that the user made and wants a gradient for."""

    __slots__ = ("handle", "name", "stamp")
    handle: weakref.ref[Handle]
    name: str | None  # of the handle; kept here, too, because a picture may be wanted when the handle is gone
    stamp: int  # when an optimizer last wrote into the array, on the clock of serial numbers; 0: never

    def __init__(self, handle: Handle):
        self.op, self.parents, self.params, self.saved = None, (), (), ()
        self.serial, self.stamp = next_serial(), 0
        self.shape, self.dtype = handle.data.shape, handle.data.dtype
        self.handle, self.name = weakref.ref(handle), getattr(handle, "_name", None)


class Output(Node):
    """One output of a node that has several; `params` holds which. Its gradient is collected in the parent's list."""

    __slots__ = ()

    def __init__(self, node: Node, slot: int, shape: tuple[int, ...], dtype: np.dtype[Any]):
        self.op, self.parents, self.params, self.saved = None, (node,), (slot,), ()
        self.serial, self.shape, self.dtype = next_serial(), shape, dtype


class Freed:
    """What `Node.saved` becomes when a backward has let go of it."""

    def __repr__(self) -> str:
        return "FREED"


FREED = Freed()

named: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()  # what the user calls results of operations

retained: weakref.WeakKeyDictionary[Node, weakref.ref[Handle]] = weakref.WeakKeyDictionary()


def retain(handle: Handle) -> None:
    """Let `backward` write `.grad` on a handle that is not a leaf, too."""
    assert handle.node is not None
    retained[handle.node] = weakref.ref(handle)


class _Writes:
    """The leaves whose arrays an optimizer has written into, and when it last did, on the clock of serial numbers."""

    def __init__(self) -> None:
        self.leaves: weakref.WeakSet[Leaf] = weakref.WeakSet()
        self.last, self.lock = 0, threading.Lock()


_writes = _Writes()


def written(*handles: Handle) -> None:
    """Tell the engine that arrays of leaves are written into: a backward of anything older that saved one raises."""
    with _writes.lock:
        _writes.last = next_serial()
        for handle in handles:
            leaf = handle.node
            if isinstance(leaf, Leaf):
                if not leaf.stamp:
                    _writes.leaves.add(leaf)
                leaf.stamp = _writes.last


def written_since(serial: int) -> list[Leaf]:
    """The leaves whose arrays were written into after the node of that number was made."""
    if _writes.last <= serial:
        return []
    with _writes.lock:
        return [leaf for leaf in _writes.leaves if leaf.stamp > serial]


def label(node: Node) -> str:
    """A node's name for people: its op's, or what stands in for one."""
    return node.op.name if node.op is not None else "leaf" if isinstance(node, Leaf) else f"output {node.params[0]}"


# ---------------------------------------------------------------------------------------------------------------
# Operands: from what a user passes to arrays
# ---------------------------------------------------------------------------------------------------------------

_default_dtype: np.dtype[Any] = np.dtype(np.float32)


def set_default_dtype(dtype: Any) -> None:
    """Choose the dtype that Python numbers and lists become when they are made tensors (float32 at the start).

    Raises TypeError for a dtype that is not floating-point.
    """
    global _default_dtype
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"set_default_dtype: {np.dtype(dtype)} is not a floating-point dtype; pass float32 or float64")
    _default_dtype = np.dtype(dtype)


def get_default_dtype() -> np.dtype[Any]:
    """The dtype that Python numbers and lists become when they are made tensors."""
    return _default_dtype


def as_array(value: Any, dtype: Any = None) -> np.ndarray[Any, Any]:
    """`value` as an array: arrays keep their dtype, Python numbers and lists get the default one, bools stay bools."""
    value = _without_handles(value)
    try:
        array = np.asarray(value, dtype=dtype)
    except ValueError as error:  # text, or rows of different lengths
        raise ValueError(
            f"no array can be made of {value!r:.60}: {error}; pass numbers, in rows of one length"
        ) from error
    if dtype is None and not hasattr(value, "dtype") and array.dtype.kind in "iuf" and not _holds_arrays(value):
        array = array.astype(_default_dtype)
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{value!r:.60} is not numeric (dtype {array.dtype}); pass numbers or an array of numbers")
    return array


def _without_handles(value: Any) -> Any:
    """Nested lists of arrays for nested lists of Tensors. One with a history is refused: its gradient would be lost."""
    if isinstance(value, list | tuple):
        return [_without_handles(item) for item in value]
    if isinstance(value, Handle) and value.node is not None:
        raise TypeError(
            f"an array of this tensor {value.data.shape} {value.data.dtype} would lose its gradient;"
            " use t.detach() if that is meant, or ag.stack([...]) to combine tensors"
        )
    return value.data if isinstance(value, Handle) else value


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, list) and any(hasattr(item, "dtype") or _holds_arrays(item) for item in value)


def operand(value: Any) -> Any:
    """An array argument that is neither Tensor nor ndarray: scalars stay (Python's never promote), lists convert."""
    if value is None or isinstance(value, bool | int | float | complex | np.generic):
        return value
    return as_array(value)


def constant_operand(value: Any) -> Any:
    """The same for an argument that gets no gradient (indices, a mask): a list of whole numbers stays whole."""
    if isinstance(value, list | tuple):
        return as_array(np.asarray(_without_handles(value)))
    return operand(value)


def raw(value: Any, convert: Callable[[Any], Any] = operand) -> Any:
    """An array argument without its handle; `convert` is for what is neither Tensor nor ndarray."""
    return value.data if isinstance(value, Handle) else value if type(value) is np.ndarray else convert(value)


def raw_index(index: Any) -> Any:
    """An index as NumPy takes it: Tensors unwrapped, also inside a tuple or list."""
    if isinstance(index, int | slice | np.ndarray | EllipsisType) or index is None:
        return index
    if isinstance(index, Handle):
        return index.data
    if isinstance(index, tuple | list):
        return type(index)(map(raw_index, index))
    return index
