"""class Picture: what `draw` returns."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .dot import DIRECTIONS, to_dot
from .graph import Graph
from .html import to_html
from .labels import DETAILS
from .mermaid import to_mermaid
from .records import to_json
from .render import FORMATS, render
from .themes import THEMES
from .tree import to_text

MOST_IN_NOTEBOOK = 2000  # nodes; laying out more takes minutes, which nobody wants from a cell that just ends so


class Picture:
    """A computation graph that shows itself in a notebook and can be saved. `graph` has it as plain values.

    rankdir: the way the data flows; detail: what stands in the nodes, "shapes", "values", "costs" or "everything", as
    far as it is known; theme: "light" or "dark". Raises ValueError for others.
    """

    def __init__(self, graph: Graph, rankdir: str = "TB", detail: str = "shapes", theme: str = "light"):
        for name, value, known in (
            ("rankdir", rankdir, DIRECTIONS),
            ("detail", detail, DETAILS),
            ("theme", theme, tuple(THEMES)),
        ):
            if value not in known:
                raise ValueError(f"draw: {name} {value!r} is not known; use one of {', '.join(known)}")
        self.graph, self.rankdir, self.detail, self.theme = graph, rankdir, detail, theme

    @property
    def source(self) -> str:
        """The graph in Graphviz's language; the same program gives the same text."""
        return to_dot(self.graph, self.rankdir, detail=self.detail, theme=THEMES[self.theme])

    def to_svg(self) -> str:
        """The picture as SVG. Raises RuntimeError, with what to install, if there is no Graphviz."""
        return self._rendered("svg").decode()

    def to_text(self) -> str:
        """The graph as a tree for a terminal, from its outputs down; print(picture) prints it."""
        return to_text(self.graph, self.detail)

    def to_mermaid(self) -> str:
        """The graph in Mermaid's language, which GitHub draws in a ```mermaid block."""
        return to_mermaid(self.graph, self.rankdir, self.detail, THEMES[self.theme])

    def to_html(self) -> str:
        """The graph as one HTML page without network: fold, search, hover, step through forward and backward.

        What `draw` folded to a `depth` cannot be unfolded there: leave that to the page.
        """
        return to_html(self.graph, theme=THEMES[self.theme], detail=self.detail)

    def to_json(self) -> str:
        """The graph as JSON, which `draw.from_json` reads."""
        return to_json(self.graph)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file of the format that its suffix names, and return the path.

        path: ends in .svg, .png, .pdf (the last two need the program dot), .dot, .mmd (Mermaid), .txt (a tree), .json
        or .html (a page to explore the graph in); these work always. A file is replaced only by a complete one. Raises
        ValueError for another suffix, FileNotFoundError if there is no such folder, RuntimeError if there is no
        Graphviz.
        """
        path = Path(path)
        format = path.suffix.lower().removeprefix(".")
        if format not in (*FORMATS, *self._texts()):
            known = ", ".join(f".{name}" for name in (*FORMATS, *self._texts()))
            raise ValueError(f"draw: {path.name!r} does not end in a known format; use one of {known}")
        folder = str(path.parent)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"draw: there is no folder {folder!r}; make it: os.makedirs({folder!r})")
        _write(path, self._rendered(format) if format in FORMATS else self._texts()[format]().encode())
        return path

    def _texts(self) -> dict[str, Callable[[], str]]:
        """The formats that need no Graphviz."""
        return {
            "dot": lambda: self.source,
            "mmd": self.to_mermaid,
            "txt": lambda: self.to_text() + "\n",
            "json": self.to_json,
            "html": self.to_html,
        }

    def _rendered(self, format: str) -> bytes:
        return render(self.graph, self.rankdir, format, self.detail, THEMES[self.theme])

    def __str__(self) -> str:
        return self.to_text()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        if len(self.graph.nodes) > MOST_IN_NOTEBOOK:
            return {"text/plain": f"{self!r}: too large to show by itself, use .save(...)"}
        try:
            bundle["image/svg+xml"] = self.to_svg()
        except RuntimeError as error:
            bundle["text/plain"] += f"\n{error}"
        return bundle

    def __repr__(self) -> str:
        kinds = Counter(node.kind for node in self.graph.nodes)
        return f"<Picture of {_count(kinds['op'], 'operation')} on {_count(kinds['leaf'], 'leaf', 'leaves')}>"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: into one beside it, which then takes its place."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
