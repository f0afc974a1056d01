"""The table of results, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .workload import OURS, TUNED, peer_of

HEADER = ("workload", "", "ours", "tuned", "peer", "its time", "tuned / its", "reach", "stretch", "MB: ours, tuned, it")
EXPLANATION = """\
Times of a step: minimum (median). Tuned: ours after `ag.tune_allocator()`, for which the bars hold; a peer that was
tried in several ways meets them with its fastest. MB: how far the peak of memory is above the size after import."""


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """Lines for each workload, one for each system beside ours."""
    return markdown([HEADER, *(row for result in results for row in rows(result))])


def rows(result: Mapping[str, Any]) -> list[list[str]]:
    """The lines of one workload; what is ours stands in the first only."""
    ours, tuned = (result["systems"].get(system) for system in (OURS, TUNED))
    head = [result["title"], result["unit"], *(times(figures, result["scale"]) for figures in (ours, tuned))]
    lines = []
    for system, its in peers(result).items():
        ratio = tuned["min"] / its["min"]
        bars = [bar(result, which, system) for which in ("reach", "stretch")]
        memory = megabytes(ours, tuned, its)
        lines.append([*head, system.replace("/", ", "), times(its, result["scale"]), f"{ratio:.2f}", *bars, memory])
        head = [""] * len(head)
    return lines or [[*head, *[""] * 5, megabytes(ours, tuned)]]


def peers(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The figures of all systems but ours."""
    return {system: its for system, its in result["systems"].items() if system not in (OURS, TUNED)}


def fastest(result: Mapping[str, Any], peer: str) -> str:
    """The fastest variant of a peer."""
    variants = {system: its["min"] for system, its in peers(result).items() if peer_of(system) == peer}
    return min(variants, key=variants.__getitem__)


def reached(result: Mapping[str, Any], which: str, system: str) -> bool | None:
    """Whether our ratio to a system is within the bar that `which` names; None if there is no bar for it."""
    limit = result[which].get(peer_of(system))
    if limit is None or fastest(result, peer_of(system)) != system:
        return None
    return result["systems"][TUNED]["min"] / result["systems"][system]["min"] <= limit


def bar(result: Mapping[str, Any], which: str, system: str) -> str:
    """A bar, and whether it is reached."""
    is_reached = reached(result, which, system)
    return "" if is_reached is None else f"{result[which][peer_of(system)]:.2g} {'yes' if is_reached else '**no**'}"


def summary(results: Sequence[Mapping[str, Any]]) -> str:
    """How many bars are reached: "reach 12 of 14, stretch 3 of 14"."""
    counts = []
    for which in ("reach", "stretch"):
        marks = [reached(result, which, system) for result in results for system in peers(result)]
        counts.append(f"{which} {marks.count(True)} of {len(marks) - marks.count(None)}")
    return ", ".join(counts)


def times(figures: Mapping[str, Any] | None, scale: float) -> str:
    """Minimum and median in a workload's unit."""
    return "" if figures is None else f"{short(figures['min'] / scale)} ({short(figures['median'] / scale)})"


def short(number: float) -> str:
    """Three digits, and no exponent."""
    return f"{number:.0f}" if number >= 100 else f"{number:#.3g}"


def megabytes(*figures: Mapping[str, Any] | None) -> str:
    """The memory of each system; nothing where it is not known."""
    known = [found["memory"] for found in figures if found is not None]
    return "" if None in known else ", ".join(f"{memory / 1e6:.1f}" for memory in known)


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as a table whose columns stand below each other; the first line is the header."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {padded[0]} |", f"|{rule}|", *(f"| {line} |" for line in padded[1:])])
