"""The state of a thread: is history recorded, and who watches?"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from . import callers

if TYPE_CHECKING:
    from .definition import Op

F = TypeVar("F", bound=Callable[..., Any])

OFF, RECORD, TRACE = "OFF", "RECORD", "TRACE"


class Running(tuple[Any, ...]):
    """The Modules whose forward is running, outermost first: another object for each call of one.

    `outer` is what was running when the innermost was called.
    """

    outer: Running | None = None

    def entered(self, module: Any) -> Running:
        """What runs when `module` is called now."""
        inner = Running((*self, module))
        inner.outer = self
        return inner


class _ThreadState(threading.local):
    recording: bool = True
    observers: tuple[Callable[[Call], None], ...] = ()
    exits: tuple[Callable[[Exit], None], ...] = ()  # observers of what leaves the graph
    modules: Running = Running()  # kept under TRACE

    def __init__(self) -> None:  # runs once in each thread
        self.before: list[tuple[Any, ...]] = []  # what the open blocks will restore


class _Gate:
    """Counts the `with` blocks, in all threads, that change recording: while there are none, calls need not ask."""

    __slots__ = ("lock", "special")

    def __init__(self) -> None:
        self.special, self.lock = 0, threading.Lock()


local, gate = _ThreadState(), _Gate()


def position() -> str:
    """Where this thread's recording stands: OFF, RECORD or TRACE."""
    return TRACE if local.observers else RECORD if local.recording else OFF


def is_grad_enabled() -> bool:
    """Whether operations are recorded in this thread."""
    return local.recording


class _Switch:
    """A block (or, as a decorator, a function) with another state of this thread; what was there before comes back."""

    def _set(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        with gate.lock:
            gate.special += 1
        local.before.append((local.recording, local.observers, local.exits))
        self._set()

    def __exit__(self, *exception: object) -> None:
        local.recording, local.observers, local.exits = local.before.pop()
        with gate.lock:
            gate.special -= 1

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
            raise TypeError(
                f"{type(self).__name__}: {function.__name__} is a generator or coroutine, which runs after the call;"
                f" write `with {type(self).__name__}():` inside it"
            )

        def switched(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        switched.__name__, switched.__doc__ = function.__name__, function.__doc__
        switched.__wrapped__ = function  # type: ignore[attr-defined]  # what inspect and help look for
        return switched  # type: ignore[return-value]

    def _again(self) -> _Switch:
        return type(self)()


class no_grad(_Switch):
    """A block in which this thread records no history, so results are constants and need no memory for backward.

    Works as a decorator too. Errors raised: none.
    """

    def _set(self) -> None:
        local.recording = False


class enable_grad(_Switch):
    """A block in which this thread records history, also inside `no_grad`. Works as a decorator too."""

    def _set(self) -> None:
        local.recording = True


class observe(_Switch):
    """A block in which each operation of this thread is reported to `observer`, a function of one `Call`."""

    def __init__(self, observer: Callable[[Any], None]):
        self.observer = observer

    def _set(self) -> None:
        local.observers = (*local.observers, self.observer)

    def _again(self) -> observe:
        return type(self)(self.observer)


class observe_exits(observe):
    """A block in which each Tensor of this thread whose value leaves its graph is reported, as an `Exit`."""

    def _set(self) -> None:
        local.exits = (*local.exits, self.observer)


class Line(NamedTuple):
    """A line of the user's source: what to show when an operation is to be found again."""

    file: str
    number: int
    function: str

    def __str__(self) -> str:
        """``model.py:12 in forward``; what has no name of its own, as a lambda, is left out."""
        place = self.place()
        return place if self.function.startswith("<") else f"{place} in {self.function}"

    def place(self) -> str:
        """Where it is: ``model.py:12``, in a notebook ``cell [7], line 12``."""
        return place(self.file, self.number)


def place(file: str, number: int) -> str:
    """Where a line of a file is, in words; IPython knows which files are cells, and how these are numbered."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = getattr(getattr(shell, "compile", None), "_filename_map", {}).get(file)
    return f"{file}:{number}" if cell is None else f"cell [{cell}], line {number}"


@dataclass(frozen=True, slots=True)
class Call:
    """What an observer learns of one operation. Arguments are as passed, so they may be Tensors or arrays."""

    op: Op
    arguments: Mapping[str, Any]
    output: Any  # a Tensor or array; a tuple of them if the op has several outputs
    branch: Any  # which branch each element took, where the op has kinks; else None
    line: Line | None  # the innermost line outside the package
    modules: Running
    seconds: float  # that its forward took


@dataclass(frozen=True, slots=True)
class Exit:
    """What an observer learns of a Tensor whose value leaves its graph: as a number, or without its history."""

    handle: Any
    how: str  # "item()"
    line: Line | None


def leave(handle: Any, how: str) -> None:
    """Tell observers that the value of a Tensor leaves its graph. (Nobody can tell when its `data` is read.)"""
    for observer in local.exits:
        observer(Exit(handle, how, user_line()))


_PACKAGE = __file__.rpartition("recording.py")[0]


def user_line() -> Line | None:
    """The innermost line on this thread's stack that is not the package's own."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_PACKAGE, callers.FILE_PREFIX)):
            return Line(file, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return None
