"""What the pytest plugin does when it is used; the plugin itself is the file pytest_autograd_lite.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..core import Definition, registry
from ..recording import Line, user_line
from .check import gradcheck
from .ops import WITHOUT_SAMPLE, Row, check_op
from .report import GradientError, Report
from .samples import lines_of

FEW = 100  # entries that the fixture checks unless it is told otherwise


def fixture(thorough: bool) -> Callable[..., Report]:
    """What the fixture `gradcheck` gives to a test."""

    def checked(f: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
        __tracebackhide__ = True  # the report says it all
        defaults: dict[str, Any] = {} if thorough else {"max_entries": FEW}
        if thorough and not options.get("jac"):  # of which there is the first derivative only
            defaults["order"] = 2
        raise_exception = options.pop("raise_exception", True)
        report = gradcheck(f, *inputs, raise_exception=False, **{**defaults, **options})
        if raise_exception and not report:
            raise WrongGradient(report, user_line())
        return report

    return checked


class WrongGradient(GradientError, pytest.fail.Exception):  # type: ignore[name-defined,misc]
    """What the fixture raises; pytest shows the line of the test and the text, without a traceback."""

    def __init__(self, report: Report, line: Line | None):
        super().__init__(report.to_text(), report)
        self.msg, self.pytrace = f"{line}\n{report.to_text()}", False


_known = pytest.StashKey[set[str]]()  # operations that have a test


def items_of_operations(collector: pytest.Collector) -> list[pytest.Item]:
    """A test for each operation in the registry that is not the package's own, and has none in the session yet.

    They belong to the file that was collected when they became known: the first that imports them.
    """
    package, known = __name__.partition(".")[0], collector.session.stash.setdefault(_known, set())
    new = [op for op in registry.values() if op.forward.__module__.partition(".")[0] != package]
    new = [op for op in new if op.name not in known]
    known.update(op.name for op in new)
    return [_OpItem.from_parent(collector, name=f"gradcheck[{op.name}]", op=op) for op in new]


class _OpItem(pytest.Item):
    """Checks one operation on its samples, to second order; one that has no sample is skipped."""

    def __init__(self, *, op: Definition, **options: Any):
        super().__init__(**options)
        self.op = op

    def runtest(self) -> None:
        if not lines_of(self.op):
            pytest.skip(WITHOUT_SAMPLE.format(name=self.op.name))
        row = check_op(self.op)
        if not row.ok:
            raise _Wrong(row)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Wrong):
            return f"{self.op.name}\n{excinfo.value.row.to_text()}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        code = self.op.forward.__code__
        return code.co_filename, code.co_firstlineno - 1, self.name  # which pytest counts from 0


class _Wrong(Exception):
    """An operation whose derivative is wrong, or that cannot be checked."""

    def __init__(self, row: Row):
        self.row = row
