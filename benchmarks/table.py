"""The table of results, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .workload import OURS, TUNED, peer_of

HEADER = (
    "workload",
    "unit",
    "ours",
    "tuned",
    "peer",
    "its time",
    "tuned / it",
    "reach",
    "stretch",
    "MB ours, tuned, it",
)


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """A line for each workload and peer. Times are minima, with medians in parentheses."""
    return markdown([HEADER, *(row for result in results for row in rows(result))])


def rows(result: Mapping[str, Any]) -> list[list[str]]:
    """The lines of one workload."""
    ours, tuned = result["systems"][OURS], result["systems"][TUNED]
    left = [result["title"], result["unit"], times(ours), times(tuned)]
    lines = []
    for peer, system in fastest(result["systems"]).items():
        its = result["systems"][system]
        ratio = tuned["min"] / its["min"]
        bars = [bar(ratio, result[which].get(peer)) for which in ("reach", "stretch")]
        memory = ", ".join(megabytes(figures["memory"]) for figures in (ours, tuned, its))
        lines.append([*left, system.replace("/", ", "), times(its), f"{ratio:.2f}", *bars, memory])
    return lines or [[*left, "", "", "", "", "", ", ".join(megabytes(x["memory"]) for x in (ours, tuned))]]


def fastest(systems: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """For each peer the name of its fastest variant."""
    found: dict[str, str] = {}
    for system, figures in systems.items():
        peer = peer_of(system)
        if peer not in (OURS, TUNED) and (peer not in found or figures["min"] < systems[found[peer]]["min"]):
            found[peer] = system
    return found


def bar(ratio: float, limit: float | None) -> str:
    """A bar, and whether the ratio is within it."""
    return "" if limit is None else f"{limit:.2g} {'yes' if ratio <= limit else '**no**'}"


def times(figures: Mapping[str, Any]) -> str:
    return f"{figures['min']:.3g} ({figures['median']:.3g})"


def megabytes(memory: int | None) -> str:
    return "?" if memory is None else f"{memory / 1e6:.0f}"


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as a table whose columns stand below each other; the first line is the header."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {padded[0]} |", f"|{rule}|", *(f"| {line} |" for line in padded[1:])])
