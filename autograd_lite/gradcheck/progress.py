"""How far a long check has come: in a line on the terminal while it runs, and with what it found if interrupted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shutil import get_terminal_size

_FASTER = "directions=4 does all at once"
_PATIENCE, _PAUSE = 3.0, 0.5  # seconds before the first line, and between two of them


@contextmanager
def progress(total: int, found: Callable[[], str]) -> Iterator[Callable[[], None]]:
    """A block that compares so many entries and calls what it is given after each.

    If it takes more than some seconds, a line on stderr says how far it is, and what is faster, where somebody watches:
    in a terminal or a notebook. Raises KeyboardInterrupt with these words and what was `found` so far in the place of
    one without any.
    """
    start, done, told = time.monotonic(), 0, ""
    watched, due = _watched(), _PATIENCE

    def step() -> None:
        nonlocal done, told, due
        done += 1
        seconds = time.monotonic() - start
        if watched and seconds > due:
            line = _words(done, total, seconds)[: get_terminal_size().columns - 1]
            print(f"\r{line.ljust(len(told))}", end="", file=sys.stderr, flush=True)
            told, due = line, seconds + _PAUSE

    try:
        yield step
    except KeyboardInterrupt:
        far = _words(done, total, time.monotonic() - start)
        raise KeyboardInterrupt(f"{far}\n\nSo far:\n{found()}" if done else far) from None
    finally:
        if told:
            print(f"\r{' ' * len(told)}\r", end="", file=sys.stderr, flush=True)


def _watched() -> bool:
    return "ipykernel" in sys.modules or bool(sys.stderr and sys.stderr.isatty())


def _words(done: int, total: int, seconds: float) -> str:
    when = f"about {_duration(seconds / done * (total - done))} left" if done else f"{_duration(seconds)} so far"
    return f"gradcheck: {done:,} of {total:,} entries, {when}; {_FASTER}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
