"""``python -m autograd_lite gradcheck``: derivatives of operations in a table, those of functions by their reports."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from ..core import registry
from ..targets import load
from .document import line
from .ops import Row, check_op
from .targets import check

_COLUMNS = ("op", "samples", "first order", "second order", "verdict")


def main(names: Sequence[str] = ()) -> int:
    """Check the ops of these names, or all, and print a row for each; the exit status of the command.

    That is 0 if all derivatives are right, 1 if one is wrong, and 2 for a name that no op has.
    """
    unknown = [name for name in names if name not in registry]
    if unknown:
        print("\n".join(map(_unknown, unknown)), file=sys.stderr)
        return 2
    chosen = sorted(names or registry)
    rows = _print_table(chosen)
    failed = [row for row in rows if not row.ok]
    for row in failed:
        print(f"\n{row.op.name}\n{row.to_text()}")
    flat = sum(not row.op.differentiable for row in rows)
    ops = "1 op" if len(rows) == 1 else f"{len(rows)} ops"
    counts = f"{ops}, {len(failed)} failed" + f", {flat} have no gradient" * bool(flat)
    print(f"\n{counts}. An error is relative to the larger of 1 and the measured value.")
    return 1 if failed else 0


def check_functions(targets: Sequence[str], **options: Any) -> int:
    """Check functions named as ``module:function`` and print their reports; the exit status, as of `main`.

    options: of `gradcheck`.
    """
    status = 0
    for target in targets:
        try:
            reports = check(target.rpartition(":")[2], load(target), **options)
        except Exception as error:  # a function that cannot be checked is answered, with the reason
            print(f"gradcheck {target}: {type(error).__name__}: {error}", file=sys.stderr)
            status = 2
            continue
        for source, report in reports:
            print(f"{target}  {source}\n{report.to_text()}\n", flush=True)
        if not all(report for _, report in reports):
            status = max(status, 1)
    return status


def print_names() -> int:
    """Print the names of all ops, one in a line; the exit status 0."""
    print("\n".join(sorted(registry)))
    return 0


def _unknown(name: str) -> str:
    if name.endswith(".py"):
        return f"gradcheck: {name} is a file; name a function in it, as {name}:function"
    near = get_close_matches(name, registry, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "gradcheck --list prints the names of all"
    return f"gradcheck: there is no op {name!r}; {hint}"


def _print_table(names: Iterable[str]) -> list[Row]:
    """Print each row as soon as it is known."""
    widths = [max(map(len, (*registry, _COLUMNS[0]))), *map(len, _COLUMNS[1:])]
    print(line(_COLUMNS, widths))
    rows = []
    for name in names:
        row = check_op(registry[name])
        print(line(_cells(row), widths), flush=True)
        rows.append(row)
    return rows


def _cells(row: Row) -> tuple[str, ...]:
    errors = (row.worst_error(1), row.worst_error(2))
    shown = ("-" if error is None else f"{error:.1e}" for error in errors)
    return (row.op.name, str(len(row.samples)), *shown, row.verdict)
