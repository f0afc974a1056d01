"""What a verification found, entry by entry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from .branches import Kink
from .document import Block, Code, Document, Readable, Remark, Table, Tone, decimal, few


class Verdict(StrEnum):
    """What one comparison of a computed derivative with a measured one says, and what to do about it.

    PASS: both agree, within what the error bar and rounding explain.
    FAIL: they do not. The derivative is wrong; see which operation the report names.
    KINK-OK: the function has no derivative here; the computed one is between the slopes of both sides, so it is right.
    KINK-OUTSIDE: here, too, but it is not between them. It is wrong, and often 0 where an operation forgets a tie.
    BLOCKED: there is a slope, but no gradient arrives. The path was cut, at the line that the report names.
    UNRELIABLE: undecided, since a mistake could hide in the error bar, or there is no slope. It counts neither as right
    nor as wrong: check at another point, in better scaled numbers, or with `resample=1`.
    """

    PASS = "PASS"
    FAIL = "FAIL"
    KINK_OK = "KINK-OK"
    KINK_OUTSIDE = "KINK-OUTSIDE"
    UNRELIABLE = "UNRELIABLE"
    BLOCKED = "BLOCKED"

    @property
    def good(self) -> bool:
        """Whether the derivative is right."""
        return self in (Verdict.PASS, Verdict.KINK_OK)

    @property
    def bad(self) -> bool:
        """Whether the derivative is wrong; of what is UNRELIABLE, nobody knows."""
        return not self.good and self is not Verdict.UNRELIABLE


TONES = {str(verdict): Tone.GOOD if verdict.good else Tone.BAD if verdict.bad else Tone.UNSURE for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a gradient: what was computed, what was measured, and how far the two may differ.

    order: of the derivative, 2 for the gradient of the gradient. name, index: of the input or parameter, and the place
    in it. analytic: what `gradients` computes; numeric: what differences measure (at a kink, of the values between the
    slopes of both sides, the nearest); error: how far the measurement itself may be off. tolerance: how far both may
    be apart. verdict: what follows. one_sided: at a kink, the slopes on its left and right; kink: which operation has
    it. note: a sentence on the verdict. complex_step: whether `numeric` is by a complex step, which the differences
    confirm. direction: whether this is no single entry, but the derivative along a random direction. together: whether
    the verdict is on all entries that are equal at this kink, moved as one.
    """

    order: int
    name: str
    index: tuple[int, ...]
    analytic: complex
    numeric: complex
    error: float
    tolerance: float
    verdict: Verdict = Verdict.PASS
    one_sided: tuple[complex, complex] | None = None
    kink: Kink | None = None
    note: str = ""
    complex_step: bool = False
    direction: bool = False
    together: bool = False

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


class GradientError(AssertionError):
    """Raised where derivatives are wrong, with all that was found as its text; `report` is the same as an object."""

    def __init__(self, message: str, report: Any = None):
        super().__init__(message)
        self.report = report


class Report(Readable):
    """The result of a verification: true if no entry is wrong, no problem was found, and not all is undecided.

    entries: one for each entry that was checked, the worst first. total: how many there are, checked or not. problems:
    what else is wrong. culprit: the first operation whose own derivative is wrong, if it was looked for and found.
    notes: sentences on how the check was made. strict: whether it is false, too, if an entry is undecided or there was
    none.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        total: int,
        problems: Iterable[Problem] = (),
        culprit: Any = None,
        notes: Iterable[str] = (),
        strict: bool = False,
    ):
        self.entries = tuple(sorted(entries, key=_badness, reverse=True))
        self.total = total
        self.problems, self.culprit, self.notes = tuple(problems), culprit, tuple(filter(None, notes))
        self.strict = strict

    @property
    def worst(self) -> Entry | None:
        """The entry that agrees least: wrong ones first, then by the tolerance; None if there was nothing to check."""
        return self.entries[0] if self.entries else None

    @property
    def failures(self) -> tuple[Entry, ...]:
        """The entries that are wrong, the worst first."""
        return tuple(entry for entry in self.entries if entry.verdict.bad)

    @property
    def undecided(self) -> tuple[Entry, ...]:
        """The entries that are UNRELIABLE: nobody knows whether they are right."""
        return tuple(entry for entry in self.entries if entry.verdict is Verdict.UNRELIABLE)

    def __bool__(self) -> bool:
        return not (self.failures or self.problems or self._decides_nothing() or (self.strict and self._leaves_doubt()))

    def _decides_nothing(self) -> bool:
        return bool(self.entries) and len(self.undecided) == len(self.entries)

    def _leaves_doubt(self) -> bool:
        return bool(self.undecided) or not (self.entries and self.total)

    def __repr__(self) -> str:
        worst = f", worst {self.worst.label} off by {self.worst.difference:.1e}" if self.worst else ""
        return f"<Report {self._status()}: {self._compared()}{worst}>"

    def _status(self) -> str:
        """All of it in a word, with what takes from a good one."""
        if self.failures or self.problems:
            return "FAILED"
        if not self._leaves_doubt():
            return "ok"
        doubt = "there was nothing to check"
        if self.undecided:
            doubt = f"{len(self.undecided):,} of {len(self.entries):,} undecided"
        return f"ok, but {doubt}" if self else f"FAILED, {doubt}"

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
        names: dict[str, list[str]] = {}
        for problem in self.problems:
            names.setdefault(problem.message, []).append(problem.name)
        blocks: list[Block] = [Remark(few(alike), message) for message, alike in names.items()]
        shown = self.entries[:entries]
        if shown:
            blocks.append(Table(_COLUMNS, [_row(entry) for entry in shown], TONES))
        blocks += _explanations(shown, self.entries)
        if self.culprit is not None:
            blocks += [self.culprit.to_text(), Code(self.culprit.code(told=False)) if self.culprit.small else _SAVED]
        if any(entry.name.startswith("grad_output") for entry in shown):
            blocks.append(_ARRIVES)
        return Document(self._title(), bool(self), [*blocks, *self.notes])

    def _title(self) -> str:
        verdicts = Counter(entry.verdict for entry in self.entries)
        counts = [f"{verdicts[verdict]:,} {verdict}" for verdict in Verdict if verdicts[verdict]]
        if kinds := list(dict.fromkeys(problem.kind for problem in self.problems)):
            counts.append(f"{len(self.problems)} other problem{'s' * (len(self.problems) > 1)} ({', '.join(kinds)})")
        sharp = sum(entry.complex_step for entry in self.entries)
        checked = (
            f"{self._compared()} compared with finite differences{f', {sharp:,} with complex steps' * bool(sharp)}"
        )
        return f"gradcheck {self._status()}: {', '.join([checked, *counts])}"

    def _compared(self) -> str:
        directions = sum(entry.direction for entry in self.entries)
        single = len(self.entries) - directions
        parts = [f"{directions} direction{'s' * (directions > 1)}"] if directions else []
        noun = "entry" if self.total == 1 else "entries"
        parts += [f"{single:,} of {self.total:,} {noun}"] if single or not directions else []
        return " and ".join(parts)


MOST_EXPLAINED = 5  # remarks on entries, each for all that are alike
_SMALL_NUMBER = re.compile(r"\b[\d.]+e[-+]\d+")
_ARRIVES = (
    "grad_output 0 is the gradient that arrives at output 0: the gradient is a function of it, too. That of the next"
    " order is called grad_output 0'."
)
_SAVED = (
    'culprit.save("folder") of the report (an AssertionError has it as `error.report`) writes a program that shows it,'
    " with its arrays."
)


def _explanations(shown: Sequence[Entry], entries: Sequence[Entry]) -> list[Block]:
    """What is to be said about those that are shown, once for all entries that are alike."""
    groups: dict[object, list[Entry]] = {}
    for entry in entries:
        if entry.kink or entry.one_sided or entry.note:
            groups.setdefault(_kind(entry), []).append(entry)
    kinds = list(dict.fromkeys(kind for entry in shown if (kind := _kind(entry)) in groups))
    left = sum(len(groups[kind]) for kind in kinds[MOST_EXPLAINED:])
    told = [_explanation(groups[kind]) for kind in kinds[:MOST_EXPLAINED]]
    return [*told, *([f"... and {left:,} more such entries"] if left else [])]


def _kind(entry: Entry) -> object:
    """What entries have in common that are explained at once: the operation and line, and what is known of them."""
    kink = (entry.kink.op, entry.kink.line) if entry.kink else None
    return kink, entry.verdict, entry.one_sided is None, _SMALL_NUMBER.sub("", entry.note)


def _explanation(alike: Sequence[Entry]) -> Remark:
    """At which kink entries stand, or why they decide nothing; numbers are those of the first, the worst."""
    first, several = alike[0], len(alike) > 1
    sentences = []
    if first.kink is not None:
        sentences.append(f"at a kink of {first.kink.at if several else first.kink}")
    if first.one_sided is not None:
        sentences.append("of the first, " * several + _sides(first))
    return Remark(few([entry.label for entry in alike]), ". ".join(filter(None, ("; ".join(sentences), first.note))))


def _sides(entry: Entry) -> str:
    """The slopes beside a kink, and whether the gradient is between them."""
    assert entry.one_sided is not None
    left, right = (decimal(side if abs(side) > entry.error else 0.0, 6) for side in entry.one_sided)
    slopes = f"slope {left} on its left and {right} on its right"
    if entry.verdict is Verdict.UNRELIABLE:
        return slopes
    lies = "lies" if entry.verdict is Verdict.KINK_OK else "does not lie"
    return f"{slopes}, the gradient {decimal(entry.analytic, 6)} {lies} between them"


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
