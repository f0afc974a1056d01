"""A `Graph` as one HTML file that needs nothing else: fold, search, hover, step through forward and backward.

The page holds the graph as `records` writes it, and all that is to be read of it as `labels` words it; the scripts in
`viewer` lay it out and draw it. Each word stands once, and nodes have its number.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from .fold import total
from .graph import Graph, Node
from .labels import edge_label, lines, module_title, title
from .records import to_records
from .themes import DARK, LIGHT, MARK_LINES, Theme

SCRIPTS = ("graph.js", "layout.js", "frames.js", "steps.js", "scene.js", "panel.js", "viewer.js")


def to_html(graph: Graph, title: str = "Computation graph", theme: Theme | None = None, detail: str = "shapes") -> str:
    """The page as text.

    title: what stands above the graph. theme: the one that the page opens with; None: as the reader's system is set.
    The reader can switch. detail: what stands in the boxes, one of `labels.DETAILS`; all else is seen on hovering.
    """
    known = json.dumps(_contents(graph, detail), ensure_ascii=False, separators=(",", ":"))
    parts = {
        "title": html.escape(title),
        "theme": f' data-theme="{theme.name}"' if theme else "",
        "style": "\n".join((*_colours(), _asset("viewer.css"), *_marks())),
        "graph": known.replace("<", "\\u003c"),  # so that no name ends the element, or begins a comment
        "script": "\n".join(map(_asset, SCRIPTS)),
    }
    return re.sub(r"{{(\w+)}}", lambda found: parts[found[1]], _asset("page.html"))


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("viewer", name).read_text(encoding="utf-8")


# -- what is to be read ------------------------------------------------------------------------------------------------


def _contents(graph: Graph, detail: str) -> dict[str, Any]:
    words = _Words()
    nodes = [
        [words.number(title(node)), words.numbers(lines(node, detail)), words.numbers(lines(node, "everything"))]
        for node in graph.nodes
    ]
    labels = ((number, edge_label(graph, edge)) for number, edge in enumerate(graph.edges))
    return {
        "graph": to_records(graph),
        "nodes": nodes,
        "modules": [
            [words.number(module_title(info)), words.numbers(lines(node, detail)), words.numbers(lines(node, "costs"))]
            for info, node in zip(graph.modules, _module_nodes(graph), strict=True)
        ],
        "labels": {number: words.number(label) for number, label in labels if label},
        "words": words.all,
    }


class _Words:
    """Texts by number, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, word: str) -> int:
        if word not in self._numbers:
            self._numbers[word] = len(self.all)
            self.all.append(word)
        return self._numbers[word]

    def numbers(self, words: list[str]) -> list[int]:
        return [self.number(word) for word in words]


def _module_nodes(graph: Graph) -> Iterator[Node]:
    """For each Module or block a node that says what it learns, and what all within it costs."""
    inside: list[list[Node]] = [[] for _ in graph.modules]
    for node in graph.nodes:
        module = node.module
        while module is not None:
            inside[module].append(node)
            module = graph.modules[module].parent
    for info, nodes in zip(graph.modules, inside, strict=True):
        yield Node(
            0,
            "group",
            info.label,
            (),
            (f"{info.parameters:,} parameters",) if info.parameters else (),
            saved_bytes=total(node.saved_bytes for node in nodes),
            forward_seconds=total(node.forward_seconds for node in nodes),
            backward_seconds=total(node.backward_seconds for node in nodes),
        )


# -- colours -----------------------------------------------------------------------------------------------------------


def _colours() -> Iterator[str]:
    """The themes as variables of CSS; what is printed is light."""
    light, dark = _variables(LIGHT), _variables(DARK)
    yield f":root {{ color-scheme: light; {light} }}"
    yield f"@media screen and (prefers-color-scheme: dark) {{ :root {{ color-scheme: dark; {dark} }} }}"
    yield f"@media screen {{ [data-theme=light] {{ color-scheme: light; {light} }} }}"
    yield f"@media screen {{ [data-theme=dark] {{ color-scheme: dark; {dark} }} }}"


def _marks() -> Iterator[str]:
    """The lines of what is marked; of several rules the last one counts."""
    for mark, line in MARK_LINES.items():
        yield f".mark-{mark.replace(' ', '-')} > .shape {{ stroke: var(--{_hyphened(line)}) }}"


def _variables(theme: Theme) -> str:
    colours = {name: getattr(theme, name) for name in Theme.__slots__ if name != "name"}
    return " ".join(f"--{_hyphened(name)}: {colour};" for name, colour in colours.items())


def _hyphened(name: str) -> str:
    return name.replace("_", "-")
