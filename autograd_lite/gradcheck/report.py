"""What a verification found, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from .branches import Kink


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

    @property
    def difference(self) -> float:
        """Distance of the two values; infinite if one of them is NaN or infinite."""
        difference = abs(self.analytic - self.numeric)
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


class Report:
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
        self.problems, self.culprit, self.notes = tuple(problems), culprit, tuple(notes)

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
        return f"<Report {'ok' if self else 'FAILED'}: {len(self.entries)} of {self.total} entries{worst}>"

    def to_text(self, entries: int = 10) -> str:
        """The verdict and a table of the worst entries, at most so many."""
        found = f"{len(self.failures)} of them wrong" if self.failures else "all agree"
        lines = [f"gradcheck: {len(self.entries)} of {self.total} entries compared with finite differences, {found}"]
        if self.entries:
            lines += ["", table(_COLUMNS, [_row(entry) for entry in self.entries[:entries]])]
        if any(entry.error > entry.tolerance for entry in self.failures):
            lines += ["", "A numeric value with an error above the tolerance decides nothing: is there a kink nearby?"]
        return "\n".join(lines)


def _badness(entry: Entry) -> tuple[bool, bool, float]:
    return entry.verdict.bad, entry.verdict is Verdict.UNRELIABLE, entry.excess


_COLUMNS = ("order", "entry", "analytic", "numeric", "numeric error", "difference", "tolerance", "verdict")


def _row(entry: Entry) -> tuple[str, ...]:
    values = (f"{entry.analytic:.9g}", f"{entry.numeric:.9g}")
    errors = (f"{entry.error:.1e}", f"{entry.difference:.1e}", f"{entry.tolerance:.1e}")
    return (str(entry.order), entry.label, *values, *errors, entry.verdict.value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a header, in columns."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(line(row, widths) for row in (header, *rows))


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
