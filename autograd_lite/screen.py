"""How the commands that train print what they do: headings, and lines with a label."""

from __future__ import annotations

from typing import Any


def heading(text: str) -> None:
    """An empty line and `text`."""
    print(f"\n{text}", flush=True)


def line(label: str, text: str) -> None:
    """`text` in a column beside its label."""
    print(f"  {label:<16}{text}".rstrip(), flush=True)


def block(text: str) -> None:
    """Lines of text, set off from what the program itself says."""
    print("\n".join(f"  | {line}".rstrip() for line in text.strip().splitlines()), flush=True)


def count_parameters(model: Any) -> int:
    """How many numbers a model learns."""
    return sum(parameter.size for parameter in model.parameters())
