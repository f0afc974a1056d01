"""class Picture: what `draw` returns."""

from __future__ import annotations

import os
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from .dot import DIRECTIONS, to_dot
from .graph import Graph
from .render import FORMATS, render

MOST_IN_NOTEBOOK = 2000  # nodes; laying out more takes minutes, which nobody wants from a cell that just ends so


class Picture:
    """A computation graph that shows itself in a notebook and can be saved. `graph` has it as plain values."""

    def __init__(self, graph: Graph, rankdir: str = "TB"):
        if rankdir not in DIRECTIONS:
            raise ValueError(f"draw: rankdir {rankdir!r} is not known; use one of {', '.join(DIRECTIONS)}")
        self.graph, self.rankdir = graph, rankdir

    @property
    def source(self) -> str:
        """The graph in Graphviz's language; the same program gives the same text."""
        return to_dot(self.graph, self.rankdir)

    def to_svg(self) -> str:
        """The picture as SVG. Raises RuntimeError, with what to install, if there is no Graphviz."""
        return render(self.graph, self.rankdir, "svg").decode()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file of the format that its suffix names, and return the path.

        path: ends in .svg, .png, .pdf (the last two need the program dot) or .dot (works always). A file is replaced
        only by a complete one. Raises ValueError for another suffix, FileNotFoundError if there is no such folder,
        RuntimeError if there is no Graphviz.
        """
        path = Path(path)
        format = path.suffix.lower().removeprefix(".")
        if format not in (*FORMATS, "dot"):
            raise ValueError(f"draw: {path.name!r} does not end in a known format; use .svg, .png, .pdf or .dot")
        folder = str(path.parent)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"draw: there is no folder {folder!r}; make it: os.makedirs({folder!r})")
        _write(path, self.source.encode() if format == "dot" else render(self.graph, self.rankdir, format))
        return path

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
