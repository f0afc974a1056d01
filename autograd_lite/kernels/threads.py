"""Work in pieces on several threads, where a piece is long enough to pay for the hand-over.

NumPy lets go of the interpreter's lock inside its loops, so pieces of a few large calls run side by side, each with
BLAS on one thread. How work is divided depends on its size and the number of threads, never on timing, and so do the
results; if the threads are busy with another thread's work, the same pieces run one after the other.
"""

from __future__ import annotations

import contextvars
import itertools
import os
import queue
import threading
from collections.abc import Callable
from numbers import Integral
from typing import Any, TypeVar

from . import blas

T = TypeVar("T")

VARIABLE = "AUTOGRAD_LITE_NUM_THREADS"
# A sleeping thread takes 0.05 ms to begin. Work below this, in seconds on one thread, is not divided.
WORTH_DIVIDING = 5e-4


# -- how many ----------------------------------------------------------------------------------------------------


def _initial_number() -> int:
    """The environment's number, else as many as NumPy's BLAS takes; 1 where that cannot be told to take one."""
    text = os.environ.get(VARIABLE, "")
    if not text:
        return max(1, blas.get_threads())
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"the environment variable {VARIABLE} is {text!r}; set it to a number of threads, or unset it")
    return int(text)


_number = 0  # not known yet


def get_num_threads() -> int:
    """How many threads kernels divide their work among.

    Returns what `set_num_threads` set; before that the environment variable AUTOGRAD_LITE_NUM_THREADS, or else the
    number of threads of NumPy's BLAS. Raises ValueError if the variable is not a number of at least 1.
    """
    global _number
    _number = _number or _initial_number()
    return _number


def set_num_threads(n: int) -> None:
    """Let kernels and matrix products use `n` threads, in the whole process (NumPy's BLAS is told, too).

    Results may differ in the last digit between numbers of threads, and never between runs. Raises TypeError or
    ValueError unless `n` is an integer of at least 1.
    """
    global _number
    if not isinstance(n, Integral) or isinstance(n, bool):
        raise TypeError(f"set_num_threads: n must be an integer, not {n!r}; pass the number of threads")
    if n < 1:
        raise ValueError(f"set_num_threads: n must be at least 1, not {n}; pass 1 for no threads beside the caller's")
    _number = int(n)
    blas.set_threads(_number)


# -- pieces ------------------------------------------------------------------------------------------------------


def pieces(length: int, seconds: float) -> list[slice]:
    """`length` items as slices of about equal length, one for each thread; one slice if the work does not pay.

    seconds: what the work takes on one thread, roughly, computed from shapes.
    """
    threads = get_num_threads() if seconds >= WORTH_DIVIDING and blas.can_set_threads() else 1
    number = max(1, min(threads, length))
    ends = [length * i // number for i in range(number + 1)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def run(work: Callable[[slice], T], slices: list[slice]) -> list[T]:
    """``[work(piece) for piece in slices]``, side by side if there are several. The first error is raised, in order."""
    if len(slices) == 1:
        return [work(slices[0])]
    with blas.one_thread:
        if getattr(_inside, "piece", False) or not _team_lock.acquire(blocking=False):
            return [work(piece) for piece in slices]
        try:
            return _side_by_side(work, slices)
        finally:
            _team_lock.release()


def _side_by_side(work: Callable[[slice], T], slices: list[slice]) -> list[T]:
    while len(_team) < len(slices) - 1:
        _team.append(_Worker())
    answers = [helper.begin(work, piece) for helper, piece in zip(_team, slices[1:], strict=False)]
    outcomes = [_outcome(work, slices[0]), *(answer.get() for answer in answers)]
    for _, error in outcomes:
        if error is not None:
            raise error
    return [result for result, _ in outcomes]


def _outcome(work: Callable[[slice], Any], piece: slice) -> tuple[Any, BaseException | None]:
    """The result of a piece or its error; nothing inside it is divided again."""
    _inside.piece = True
    try:
        return work(piece), None
    except BaseException as error:  # raised by the caller, when all pieces have ended
        return None, error
    finally:
        _inside.piece = False


class _Worker:
    """A thread that waits for pieces of work; np.errstate and the like hold in it as in the caller."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._loop, name="autograd_lite", daemon=True).start()

    def _loop(self) -> None:
        while True:
            context, work, piece, answer = self._tasks.get()
            answer.put(context.run(_outcome, work, piece))
            del context, work, piece, answer  # keep no array alive while waiting

    def begin(self, work: Callable[[slice], Any], piece: slice) -> queue.SimpleQueue[Any]:
        """Where the outcome of the piece will be: a queue of its own, for the caller may be interrupted."""
        answer: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tasks.put((contextvars.copy_context(), work, piece, answer))
        return answer


_inside = threading.local()
_team: list[_Worker] = []
_team_lock = threading.Lock()


def _after_fork() -> None:
    """A child process has none of its parent's other threads."""
    global _team_lock
    _team.clear()
    _team_lock = threading.Lock()
    blas.one_thread.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
