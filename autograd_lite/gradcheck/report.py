"""What a verification found, entry by entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gradient: what was computed, what was measured, and how far the two may differ."""

    order: int  # 1: of the gradient; 2: of the gradient of the gradient
    name: str  # of the input
    index: tuple[int, ...]  # within the input
    analytic: complex
    numeric: complex
    error: float  # how far `numeric` itself may be off
    tolerance: float

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
        """The difference in units of the tolerance: above 1, the entry is wrong."""
        return self.difference / self.tolerance

    @property
    def ok(self) -> bool:
        """Whether the two values agree."""
        return self.difference <= self.tolerance

    @property
    def label(self) -> str:
        """The entry as one would write it: ``weight[2, 0]``."""
        return self.name + (str(list(self.index)) if self.index else "")


class Report:
    """The result of a verification: true if every entry agrees.

    entries: one for each entry that was checked, the worst first. total: how many there are, checked or not.
    """

    def __init__(self, entries: Iterable[Entry], total: int):
        self.entries = tuple(sorted(entries, key=lambda entry: entry.excess, reverse=True))
        self.total = total

    @property
    def worst(self) -> Entry | None:
        """The entry that agrees least, measured in its tolerance; None if there was nothing to check."""
        return self.entries[0] if self.entries else None

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that do not agree, the worst first."""
        return tuple(entry for entry in self.entries if not entry.ok)

    def __bool__(self) -> bool:
        return not self.failures

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


_COLUMNS = ("order", "entry", "analytic", "numeric", "numeric error", "difference", "tolerance", "verdict")


def _row(entry: Entry) -> tuple[str, ...]:
    values = (f"{entry.analytic:.9g}", f"{entry.numeric:.9g}")
    errors = (f"{entry.error:.1e}", f"{entry.difference:.1e}", f"{entry.tolerance:.1e}")
    return (str(entry.order), entry.label, *values, *errors, "ok" if entry.ok else "WRONG")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of text under a header, in columns."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(line(row, widths) for row in (header, *rows))


def line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """One row of a table."""
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
