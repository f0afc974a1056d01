"""What a training found, and whether that is good enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A number that a training found, on data that it did not learn from.

    unit: what stands behind the number; decimals: digits after the point. required: what the number has to be at least,
    or at most where lower is better; None: nothing is asked.
    """

    name: str
    value: float
    unit: str = "%"
    decimals: int = 1
    required: float | None = None
    lower_is_better: bool = False

    @property
    def passed(self) -> bool:
        """Whether it is as good as required; NaN never is."""
        if self.required is None:
            return self.value == self.value
        return self.value <= self.required if self.lower_is_better else self.value >= self.required

    def __str__(self) -> str:
        return f"{self.value:.{self.decimals}f} {self.unit}".rstrip()

    @property
    def requirement(self) -> str:
        """What is asked, in words; empty if nothing is."""
        if self.required is None:
            return ""
        return f"{'at most' if self.lower_is_better else 'at least'} {self.required:g} {self.unit}".rstrip()


@dataclass(frozen=True)
class Result:
    """What a recipe returns: its figures, a plot (a matplotlib figure), the model that was trained.

    model: None for one without parameters, which has no weights to write.
    """

    figures: tuple[Figure, ...]
    plot: Any
    model: Any

    @property
    def passed(self) -> bool:
        """Whether all figures are as good as required."""
        return all(figure.passed for figure in self.figures)
