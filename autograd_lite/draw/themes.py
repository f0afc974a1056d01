"""Colours of pictures, for light and dark pages; told apart by the colour-blind, and legible in print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .graph import Mark

# What a mark looks like: a line in a colour of the theme. The worst comes last, and is what one sees of several.
MARK_LINES = {
    "unused": "edge",
    "detached": "edge",
    "saved": "saved",
    "path": "path",
    "zero gradient": "zero",
    "huge gradient": "huge",
    "added": "output_line",
    "changed": "saved",
    "removed": "bad",
    "infinite gradient": "bad",
    "nan gradient": "bad",
    "infinite": "bad",
    "nan": "bad",
}


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by what they are for; those of lines stand out from the background and from each other."""

    name: str
    background: str
    text: str
    quiet: str  # of what is less important
    edge: str
    op: str
    op_line: str
    leaf: str
    leaf_line: str
    output: str
    output_line: str
    backward: str
    backward_line: str
    module: str
    module_line: str
    loop: str
    path: str
    saved: str
    zero: str
    huge: str
    bad: str
    bad_fill: str

    def of_marks(self, marks: Iterable[Mark]) -> Iterator[str]:
        """Attributes for Graphviz of a node that has these marks."""
        known = set(marks)
        worst = [mark for mark in MARK_LINES if mark in known]
        if not worst:
            return
        yield f'color="{getattr(self, MARK_LINES[worst[-1]])}", penwidth=3'
        if worst[-1] in ("unused", "detached", "removed"):
            yield 'style="rounded,dashed"'
        if worst[-1] in ("nan", "infinite"):
            yield f'fillcolor="{self.bad_fill}"'

    def of_edge_marks(self, marks: Iterable[Mark]) -> list[str]:
        """Attributes for Graphviz of an edge that has these marks."""
        known = set(marks)
        found = ['arrowtail=odiamond, dir=both, tooltip="broadcast"'] if "broadcast" in known else []
        found += [f'color="{self.huge}", tooltip="another type of numbers"'] if "cast" in known else []
        found += [f'color="{self.path}", penwidth=3'] if "path" in known else []
        found += [f'color="{self.output_line}", penwidth=2'] if "added" in known else []
        return found + ([f'color="{self.bad}", style=dashed'] if "removed" in known else [])


LIGHT = Theme(
    name="light",
    background="white",
    text="#111827",
    quiet="#4b5563",
    edge="#6b7280",
    op="#eef3fa",
    op_line="#3b6ea5",
    leaf="#fdf1d3",
    leaf_line="#b07800",
    output="#e3f4ec",
    output_line="#00795a",
    backward="#fbe9f2",
    backward_line="#a3386f",
    module="#f7f7f8",
    module_line="#c3c7ce",
    loop="#7b3fa0",
    path="#d55e00",
    saved="#0072b2",
    zero="#8a8a8a",
    huge="#c2410c",
    bad="#b00020",
    bad_fill="#fbd5da",
)
DARK = Theme(
    name="dark",
    background="#15181d",
    text="#f3f4f6",
    quiet="#aab2bf",
    edge="#8b95a5",
    op="#1f2c3d",
    op_line="#6ea8dc",
    leaf="#3a2f14",
    leaf_line="#e0a83a",
    output="#12332a",
    output_line="#3fc79a",
    backward="#3a1c2d",
    backward_line="#e07ab2",
    module="#1b1f26",
    module_line="#454d5a",
    loop="#b88ae0",
    path="#ff9248",
    saved="#56b4e9",
    zero="#9a9a9a",
    huge="#ff8a4c",
    bad="#ff5a6e",
    bad_fill="#571c26",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
