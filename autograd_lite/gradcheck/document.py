"""A finding to be read: a title, sentences, tables and code, as plain text, Markdown or HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """What a word in a table means for the reader: it has a colour where there are colours."""

    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header. tones: of the words that stand in cells of their own and mean something."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    tones: Mapping[str, Tone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be said about something that has a name."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of a program, to be copied as they are."""

    source: str


Block = str | Remark | Table | Code


@dataclass(frozen=True, slots=True)
class Document:
    """What is told in all formats: first of all a title with the verdict, then blocks, the most important first."""

    title: str
    good: bool
    blocks: Sequence[Block]

    def to_text(self) -> str:
        """For a terminal."""
        return "\n\n".join((self.title, *map(_text, self.blocks)))

    def to_markdown(self) -> str:
        """For a page or an issue."""
        return "\n\n".join((f"**{_escaped_markdown(self.title)}**", *map(_markdown, self.blocks))) + "\n"

    def to_html(self) -> str:
        """For a notebook or a page, light or dark; without its style, as in a mail, it reads well, too."""
        verdict, colon, rest = self.title.partition(": ")
        title = f"<p><strong>{html.escape(verdict)}</strong>{html.escape(colon + rest)}</p>"
        blocks = "\n".join(map(_html, self.blocks))
        tone = Tone.GOOD if self.good else Tone.BAD
        return f'<div class="ag-report {tone}">\n{_STYLE}\n{title}\n{blocks}\n</div>'


def decimal(value: complex, digits: int = 9) -> str:
    """A number in a sentence or table; zero has no sign."""
    unsigned = value + 0j if isinstance(value, complex) else value + 0.0
    return f"{unsigned:.{digits}g}"


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of many names, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


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


def _text(block: Block) -> str:
    if isinstance(block, Table):
        return table(block.header, block.rows)
    if isinstance(block, Remark):
        return f"{block.about}: {block.text}"
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


def _markdown(block: Block) -> str:
    if isinstance(block, Table):
        rows = [[_markdown_cell(cell, block.tones.get(cell)) for cell in row] for row in block.rows]
        rules = ["--:" if numeric else "---" for numeric in _numeric_columns(block)]
        return "\n".join(f"| {' | '.join(row)} |" for row in (block.header, rules, *rows))
    if isinstance(block, Code):
        return f"```python\n{block.source.rstrip()}\n```"
    if isinstance(block, Remark):
        return f"**{_escaped_markdown(block.about)}**: {_escaped_markdown(block.text)}"
    return _escaped_markdown(block)


def _markdown_cell(cell: str, tone: Tone | None) -> str:
    return f"**{_escaped_markdown(cell)}**" if tone is Tone.BAD else _escaped_markdown(cell)


def _numeric_columns(block: Table) -> list[bool]:
    """Which columns hold nothing but numbers, and are aligned on the right."""
    columns = zip(block.header, *block.rows, strict=True)
    return [bool(block.rows) and all(map(_is_number, column[1:])) for column in columns]


def _is_number(text: str) -> bool:
    try:
        complex(text)
    except ValueError:
        return text == "-"  # where there is none
    return True


def _escaped_markdown(text: str) -> str:
    """Text in which no character has a meaning of its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|" else letter for letter in text)


# -- HTML ------------------------------------------------------------------------------------------------------------


_STYLE = """<style>
.ag-report { border-left: 4px solid; padding: 0.1em 0 0.1em 1em; overflow-x: auto;
  font: 14px/1.5 system-ui, sans-serif }
.ag-report.good { border-color: #1f883d }
.ag-report.bad { border-color: #cf222e }
.ag-report p { margin: 0.6em 0; max-width: 60em }
.ag-report code, .ag-report pre, .ag-report table { font: 13px/1.5 ui-monospace, monospace }
.ag-report p code { font-weight: 600 }
.ag-report pre { margin: 0.4em 0 1.2em; padding: 0.6em 0.9em; border: 1px solid #8884; border-radius: 6px;
  width: fit-content; max-width: 100%; box-sizing: border-box; background: #8881; overflow-x: auto }
.ag-report table { border-collapse: collapse; margin: 0.8em 0 }
.ag-report .rows th, .ag-report .rows td { text-align: left; padding: 0.25em 0.9em; white-space: nowrap }
.ag-report .rows th { font-family: system-ui, sans-serif; border-bottom: 1px solid #8888 }
.ag-report .rows td { border-bottom: 1px solid #8883 }
.ag-report .rows .number { text-align: right; font-variant-numeric: tabular-nums }
.ag-report td b { color: white; font: 600 12px system-ui, sans-serif; padding: 0.15em 0.6em; border-radius: 1em }
.ag-report b.good { background: #1f883d }
.ag-report b.bad { background: #cf222e }
.ag-report b.unsure { background: #9a6700 }
</style>"""  # of no other element of the page; grey is half transparent, so that it is right on any background


def _html(block: Block) -> str:
    if isinstance(block, Table):
        numeric = _numeric_columns(block)
        header = _html_row("th", map(html.escape, block.header), numeric)
        rows = [
            _html_row("td", (_html_cell(cell, block.tones.get(cell)) for cell in row), numeric) for row in block.rows
        ]
        return "\n".join(('<table class="rows">', header, *rows, "</table>"))
    if isinstance(block, Code):
        return f"<pre><code>{html.escape(block.source)}</code></pre>"
    if isinstance(block, Remark):
        return f"<p><code>{html.escape(block.about)}</code>: {html.escape(block.text)}</p>"
    return f"<p>{html.escape(block)}</p>"


def _html_row(tag: str, cells: Iterable[str], numeric: Sequence[bool]) -> str:
    kinds = (' class="number"' * number for number in numeric)
    return f"<tr>{''.join(f'<{tag}{kind}>{cell}</{tag}>' for cell, kind in zip(cells, kinds, strict=True))}</tr>"


def _html_cell(cell: str, tone: Tone | None) -> str:
    return f'<b class="{tone}">{html.escape(cell)}</b>' if tone else html.escape(cell)
