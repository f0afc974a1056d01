"""A finding to be read: a title, sentences, tables and code, as plain text, Markdown or HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header. `marked` are the numbers of rows that matter most: what is wrong."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of a program, to be copied as they are."""

    source: str


@dataclass(frozen=True, slots=True)
class Document:
    """What is told in all formats: first of all a title with the verdict, then blocks, the most important first."""

    title: str
    good: bool
    blocks: Sequence[str | Table | Code]

    def to_text(self) -> str:
        """For a terminal."""
        return "\n\n".join((self.title, *map(_text, self.blocks)))

    def to_markdown(self) -> str:
        """For a page or an issue."""
        return "\n\n".join((f"**{_escaped_markdown(self.title)}**", *map(_markdown, self.blocks))) + "\n"

    def to_html(self) -> str:
        """For a notebook: right in light and dark, and without colours, too."""
        frame = f"border-left: 4px solid {'#00795a' if self.good else '#c2410c'}; padding-left: 0.8em"
        blocks = "\n".join(map(_html, self.blocks))
        return f'<div style="{frame}">\n<p><strong>{html.escape(self.title)}</strong></p>\n{blocks}\n</div>'


def decimal(value: complex, digits: int = 9) -> str:
    """A number in a sentence or table; zero has no sign."""
    unsigned = value + 0j if isinstance(value, complex) else value + 0.0
    return f"{unsigned:.{digits}g}"


class Readable:
    """Something to be read in all formats; `_document` says what is to be told."""

    def to_text(self) -> str:
        """The verdict and what there is to say, for a terminal."""
        return self._document().to_text()

    def to_markdown(self) -> str:
        """The same in Markdown."""
        return self._document().to_markdown()

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self._document().to_html()

    def _document(self) -> Document:
        raise NotImplementedError


# -- plain text ------------------------------------------------------------------------------------------------------


def _text(block: str | Table | Code) -> str:
    if isinstance(block, Table):
        return table(block.header, block.rows)
    if isinstance(block, Code):
        return "\n".join(f"    {line}".rstrip() for line in block.source.splitlines())
    return block


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a header, in columns."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(line(row, widths) for row in (header, *rows))


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


# -- Markdown --------------------------------------------------------------------------------------------------------


def _markdown(block: str | Table | Code) -> str:
    if isinstance(block, Table):
        rows = [
            [f"**{_escaped_markdown(cell)}**" if number in block.marked else _escaped_markdown(cell) for cell in row]
            for number, row in enumerate(block.rows)
        ]
        return "\n".join(f"| {' | '.join(row)} |" for row in (block.header, ["---"] * len(block.header), *rows))
    if isinstance(block, Code):
        return f"```python\n{block.source.rstrip()}\n```"
    return _escaped_markdown(block)


def _escaped_markdown(text: str) -> str:
    """Text in which no character has a meaning of its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|" else letter for letter in text)


# -- HTML ------------------------------------------------------------------------------------------------------------


def _html(block: str | Table | Code) -> str:
    if isinstance(block, Table):
        rows = [_html_row(row, "td", number in block.marked) for number, row in enumerate(block.rows)]
        return f"<table>\n{_html_row(block.header, 'th')}\n{chr(10).join(rows)}\n</table>"
    if isinstance(block, Code):
        return f"<pre><code>{html.escape(block.source)}</code></pre>"
    return f"<p>{html.escape(block)}</p>"


def _html_row(cells: Sequence[str], tag: str, marked: bool = False) -> str:
    weight = "; font-weight: bold" if marked else ""
    style = f'style="text-align: left; font-family: monospace{weight}"'
    return f"<tr>{''.join(f'<{tag} {style}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
