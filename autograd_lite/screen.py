"""How the commands that train print what they do: headings, and lines with a label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .extras import optional

Progress = Callable[..., Any]


def heading(text: str) -> None:
    """An empty line and `text`."""
    print(f"\n{text}", flush=True)


def line(label: str, text: str) -> None:
    """`text` in a column beside its label."""
    print(f"  {label:<15} {text}".rstrip(), flush=True)


def block(text: str) -> None:
    """Lines of text, set off from what the program itself says."""
    print("\n".join(f"  | {line}".rstrip() for line in text.strip().splitlines()), flush=True)


def count_parameters(model: Any) -> int:
    """How many numbers a model learns."""
    return sum(parameter.size for parameter in model.parameters())


def progress_bars(extra: str) -> Progress:
    """A maker of progress bars, which show only in a terminal and vanish when they are full.

    Raises ModuleNotFoundError, which says to install the extra, if tqdm is not there.
    """
    tqdm = optional("tqdm", "tqdm", extra, extra=extra).tqdm
    layout = "  {desc:<16}{percentage:3.0f}% {bar:30} {remaining} left{postfix}"
    return lambda **options: tqdm(desc="training", bar_format=layout, leave=False, disable=None, **options)
