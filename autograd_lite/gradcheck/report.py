"""What a verification found, entry by entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from .branches import Kink
from .document import Code, Document, Readable, Table, decimal


class Verdict(StrEnum):
    """What is to be thought of an entry."""

    PASS = "PASS"
    FAIL = "FAIL"
    KINK_OK = "KINK-OK"  # at a kink, and between the slopes of both sides
    KINK_OUTSIDE = "KINK-OUTSIDE"  # at a kink, and not between them
    UNRELIABLE = "UNRELIABLE"  # a plausible mistake would hide in the error of the measurement
    BLOCKED = "BLOCKED"  # no gradient, though there is a slope: the path was cut

    @property
    def good(self) -> bool:
        """Whether the derivative is right."""
        return self in (Verdict.PASS, Verdict.KINK_OK)

    @property
    def bad(self) -> bool:
        """Whether the derivative is wrong; of what is UNRELIABLE, nobody knows."""
        return not self.good and self is not Verdict.UNRELIABLE


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gradient: what was computed, what was measured, and how far the two may differ."""

    order: int  # 1: of the gradient; 2: of the gradient of the gradient
    name: str  # of the input or parameter
    index: tuple[int, ...]  # within it
    analytic: complex
    numeric: complex  # at a kink: of the values between the one-sided slopes, the one nearest to `analytic`
    error: float  # how far `numeric` itself may be off
    tolerance: float
    verdict: Verdict = Verdict.PASS
    one_sided: tuple[complex, complex] | None = None  # at a kink: the slopes on its left and right
    kink: Kink | None = None
    note: str = ""  # a sentence on the verdict: why UNRELIABLE, where BLOCKED
    direction: bool = False  # whether this is no single entry, but the derivative along a random direction

    @property
    def difference(self) -> float:
        """Distance of the two values; infinite if one of them is NaN or infinite, and not the other."""
        difference = 0.0 if self.analytic == self.numeric else abs(self.analytic - self.numeric)
        return difference if np.isfinite(difference) else np.inf

    @property
    def relative_error(self) -> float:
        """The difference, relative to the larger of 1 and the measured value."""
        return self.difference / max(1.0, abs(self.numeric)) if np.isfinite(self.difference) else np.inf

    @property
    def excess(self) -> float:
        """The difference in units of the tolerance: above 1, the values do not agree."""
        return self.difference / self.tolerance if self.tolerance else np.inf if self.difference else 0.0

    @property
    def ok(self) -> bool:
        """Whether the derivative is right."""
        return self.verdict.good

    @property
    def label(self) -> str:
        """The entry as one would write it: ``weight[2, 0]``."""
        return self.name + (str(list(self.index)) if self.index else "")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong beside the values of single entries; each makes the report false."""

    kind: str  # in a word: "dtype", "shape", "determinism", "aliasing"
    name: str  # of the input or parameter
    message: str  # a full sentence, with the fix


class Report(Readable):
    """The result of a verification: true if no entry is wrong, no problem was found, and not all is unreliable.

    entries: one for each entry that was checked, the worst first. total: how many there are, checked or not. problems:
    what else is wrong. culprit: the first operation whose own derivative is wrong, if it was looked for and found.
    notes: sentences on how the check was made.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        total: int,
        problems: Iterable[Problem] = (),
        culprit: Any = None,
        notes: Iterable[str] = (),
    ):
        self.entries = tuple(sorted(entries, key=_badness, reverse=True))
        self.total = total
        self.problems, self.culprit, self.notes = tuple(problems), culprit, tuple(filter(None, notes))

    @property
    def worst(self) -> Entry | None:
        """The entry that agrees least: wrong ones first, then by the tolerance; None if there was nothing to check."""
        return self.entries[0] if self.entries else None

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that are wrong, the worst first."""
        return tuple(entry for entry in self.entries if entry.verdict.bad)

    def __bool__(self) -> bool:
        return not (self.failures or self.problems or self._decides_nothing())

    def _decides_nothing(self) -> bool:
        return bool(self.entries) and all(entry.verdict is Verdict.UNRELIABLE for entry in self.entries)

    def __repr__(self) -> str:
        worst = f", worst {self.worst.label} off by {self.worst.difference:.1e}" if self.worst else ""
        return f"<Report {'ok' if self else 'FAILED'}: {self._compared()}{worst}>"

    def to_text(self, entries: int = 10) -> str:
        """The verdict and a table of the worst entries, at most so many; below it what else there is to say."""
        return self._document(entries).to_text()

    def to_markdown(self, entries: int = 10) -> str:
        """The same in Markdown."""
        return self._document(entries).to_markdown()

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, ready for `json.dumps`; complex numbers as [real, imaginary]."""
        return {
            "ok": bool(self),
            "total": self.total,
            "entries": [_plain(entry) for entry in self.entries],
            "problems": [_plain(problem) for problem in self.problems],
            "culprit": None if self.culprit is None else _plain(self.culprit.to_dict()),
            "notes": list(self.notes),
        }

    def _document(self, entries: int = 10) -> Document:
        blocks: list[str | Table | Code] = [f"{problem.name}: {problem.message}" for problem in self.problems]
        shown = self.entries[:entries]
        if shown:
            marked = frozenset(number for number, entry in enumerate(shown) if entry.verdict.bad)
            blocks.append(Table(_COLUMNS, [_row(entry) for entry in shown], marked))
        blocks += _explanations(shown, self.entries)
        if self.culprit is not None:
            blocks += [self.culprit.to_text(), Code(self.culprit.code(told=False))]
        return Document(self._title(), bool(self), [*blocks, *self.notes])

    def _title(self) -> str:
        verdicts = Counter(entry.verdict for entry in self.entries)
        counts = [f"{verdicts[verdict]:,} {verdict}" for verdict in Verdict if verdicts[verdict]]
        counts += [f"{len(self.problems)} further problem{'s' * (len(self.problems) > 1)}"] if self.problems else []
        checked = f"{self._compared()} compared with finite differences"
        return f"gradcheck {'ok' if self else 'FAILED'}: {', '.join([checked, *counts])}"

    def _compared(self) -> str:
        directions = sum(entry.direction for entry in self.entries)
        single = len(self.entries) - directions
        parts = [f"{directions} direction{'s' * (directions > 1)}"] if directions else []
        parts += [f"{single:,} of {self.total:,} entries"] if single or not directions else []
        return " and ".join(parts)


MOST_EXPLAINED = 5  # sentences on single entries
_MOST_LABELS = 3  # entries that are named before one sentence


def _explanations(shown: Sequence[Entry], entries: Sequence[Entry]) -> list[str]:
    """What is to be said about those that are shown, each sentence once for all entries of which it is true."""
    labels: dict[str, list[str]] = {}
    for entry in entries:
        labels.setdefault(_explanation(entry), []).append(entry.label)
    sentences = [sentence for entry in shown if (sentence := _explanation(entry))]
    told = list(dict.fromkeys(sentences))[:MOST_EXPLAINED]
    left = sum(sentence not in told for sentence in sentences)
    lines = [f"{_few(labels[sentence])}: {sentence}" for sentence in told]
    return lines + ([f"... and {left} more such entries"] if left else [])


def _few(labels: Sequence[str]) -> str:
    more = len(labels) - _MOST_LABELS
    return ", ".join(labels[:_MOST_LABELS]) + (f" and {more:,} more" if more > 0 else "")


def _explanation(entry: Entry) -> str:
    """At which kink an entry stands, why it decides nothing; empty if there is nothing to be said."""
    sentences = []
    if entry.kink is not None:
        sentences.append(f"at a kink of {entry.kink}")
    if entry.one_sided is not None:
        left, right = (decimal(side if abs(side) > entry.error else 0.0, 6) for side in entry.one_sided)
        sentences.append(f"slope {left} on its left and {right} on its right")
        if entry.verdict is not Verdict.UNRELIABLE:
            lies = "lies" if entry.verdict is Verdict.KINK_OK else "does not lie"
            sentences[-1] += f", the gradient {decimal(entry.analytic, 6)} {lies} between them"
    return ". ".join(filter(None, ("; ".join(sentences), entry.note)))


def _plain(value: Any) -> Any:
    """Any part of a report as numbers, text, lists and dicts."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, complex | np.complexfloating):
        return [float(value.real), float(value.imag)]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _badness(entry: Entry) -> tuple[bool, bool, float]:
    return entry.verdict.bad, entry.verdict is Verdict.UNRELIABLE, entry.excess


_COLUMNS = ("order", "entry", "analytic", "numeric", "numeric error", "difference", "tolerance", "verdict")


def _row(entry: Entry) -> tuple[str, ...]:
    values = (decimal(entry.analytic), decimal(entry.numeric))
    errors = (f"{entry.error:.1e}", f"{entry.difference:.1e}", f"{entry.tolerance:.1e}")
    return (str(entry.order), entry.label, *values, *errors, entry.verdict.value)
