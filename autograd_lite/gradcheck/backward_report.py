"""What `check_backward` found, gradient by gradient, with what to correct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .document import Block, Code, Document, Readable, Remark, Table
from .mistakes import Hint
from .report import TONES, Problem, Verdict


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """What was found out about one gradient.

    wrong: the most entries that are wrong in one trial. error: the largest difference, relative to the largest entry.
    hints: each of them alone makes the gradient right in all trials. where: which entries are wrong, without a hint.
    """

    name: str
    shape: tuple[int, ...]
    wrong: int
    error: float
    hints: tuple[Hint, ...] = ()
    where: str = ""
    unmeasured: int = 0  # entries that differences cannot decide about in any trial

    @property
    def size(self) -> int:
        """The number of entries."""
        return int(np.prod(self.shape))

    @property
    def verdict(self) -> Verdict:
        """FAIL, PASS, or UNRELIABLE if no entry could be measured."""
        if self.wrong:
            return Verdict.FAIL
        return Verdict.UNRELIABLE if 0 < self.size == self.unmeasured else Verdict.PASS


class BackwardReport(Readable):
    """The result of `check_backward`: true if all gradients are right and nothing else is wrong."""

    def __init__(
        self,
        function: str,
        gradients: Sequence[GradientCheck],
        problems: Sequence[Problem] = (),
        notes: Sequence[str] = (),
    ):
        self.function = function
        self.gradients, self.problems, self.notes = tuple(gradients), tuple(problems), tuple(notes)

    @property
    def failures(self) -> tuple[GradientCheck, ...]:
        """The gradients that are wrong."""
        return tuple(gradient for gradient in self.gradients if gradient.wrong)

    def __bool__(self) -> bool:
        unreliable = self.gradients and all(gradient.verdict is Verdict.UNRELIABLE for gradient in self.gradients)
        return not (self.failures or self.problems or unreliable)

    def __repr__(self) -> str:
        return f"<BackwardReport {'ok' if self else 'FAILED'}: {self._verdict()}>"

    def _verdict(self) -> str:
        wrong, right, unknown = (
            [gradient.name for gradient in self.gradients if gradient.verdict is verdict]
            for verdict in (Verdict.FAIL, Verdict.PASS, Verdict.UNRELIABLE)
        )
        told = ((wrong, "wrong"), (right, "right"), (unknown, "undecided"))
        phrases = [f"{listed(names)} {_is(names)} {word}" for names, word in told if names]
        missing = [problem.name for problem in self.problems if problem.kind == "missing"]
        phrases += [f"{listed(missing)} {_is(missing)} missing"] if missing else []
        if others := len(self.problems) - len(missing):
            phrases.append(f"{others} problem{'s' if others > 1 else ''}")
        return "; ".join(phrases) or "nothing was compared"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values, ready for `json.dumps`."""
        return {
            "function": self.function,
            "ok": bool(self),
            "gradients": [
                asdict(gradient) | {"verdict": str(gradient.verdict), "shape": list(gradient.shape)}
                for gradient in self.gradients
            ],
            "problems": [asdict(problem) for problem in self.problems],
            "notes": list(self.notes),
        }

    def _document(self) -> Document:
        blocks: list[Block] = []
        if self.gradients:
            blocks.append(Table(_COLUMNS, [_row(gradient) for gradient in self.gradients], TONES))
        blocks += _explained(self.failures)
        blocks += [Remark(problem.name, problem.message) for problem in self.problems]
        return Document(f"{self.function}: {self._verdict()}", bool(self), [*blocks, *self.notes])


_COLUMNS = ("gradient", "shape", "verdict", "wrong entries", "largest error")


def _row(gradient: GradientCheck) -> tuple[str, ...]:
    wrong = f"{gradient.wrong} of {gradient.size}"
    error = f"{gradient.error:.1e}" if np.isfinite(gradient.error) else "-"
    return gradient.name, str(gradient.shape), gradient.verdict, wrong, error


def _explained(gradients: Sequence[GradientCheck]) -> Iterator[Remark | Code]:
    """What to correct, or where the error sits."""
    for alike, mistakes in _causes(gradients):
        names = listed([gradient.name for gradient in alike])
        right = "makes it right" if len(alike) == 1 else "makes all of them right"
        if not mistakes:
            yield Remark(names, f"{alike[0].where}. None of the usual corrections makes it right.")
        elif len(mistakes) > 1:
            yield Remark(names, f"each of these {len(mistakes)} corrections {right}, the simplest first:")
        for mistake in mistakes:
            yield Remark(names, f"{mistake}. Correct it:")
            fixes = (hint.fix for gradient in alike for hint in gradient.hints if hint.mistake == mistake)
            yield Code("\n".join(dict.fromkeys(fixes)))


def _causes(gradients: Sequence[GradientCheck]) -> list[tuple[list[GradientCheck], list[str]]]:
    """Gradients with the mistakes that explain them; several of them with what explains all, if there is any."""
    causes: list[tuple[list[GradientCheck], list[str]]] = []
    for gradient in gradients:
        own = [hint.mistake for hint in gradient.hints]
        for number, (alike, mistakes) in enumerate(causes):
            if shared := [mistake for mistake in mistakes if mistake in own]:
                causes[number] = [*alike, gradient], shared
                break
        else:
            causes.append(([gradient], own))
    return causes


def listed(names: Sequence[str]) -> str:
    """Names in a sentence: ``dx, dw and db``."""
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else names[0]


def _is(names: Sequence[str]) -> str:
    return "are" if len(names) > 1 else "is"
