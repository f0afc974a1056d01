"""What the pytest plugin does when it is used; the plugin itself is the file pytest_autograd_lite.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ..core import Definition, registry
from .check import gradcheck
from .ops import Row, check_op
from .report import Report

FEW = 100  # entries that the fixture checks unless it is told otherwise


def fixture(thorough: bool) -> Callable[..., Report]:
    """What the fixture `gradcheck` gives to a test."""

    def checked(f: Callable[..., Any], *inputs: Any, **options: Any) -> Report:
        __tracebackhide__ = True  # the report says it all
        defaults: dict[str, Any] = {"order": 2} if thorough else {"max_entries": FEW}
        raise_exception = options.pop("raise_exception", True)
        report = gradcheck(f, *inputs, raise_exception=False, **{**defaults, **options})
        if raise_exception and not report:
            pytest.fail(report.to_text(), pytrace=False)
        return report

    return checked


def items_of_operations(session: pytest.Session) -> list[pytest.Item]:
    """A test for each operation in the registry that is not the package's own."""
    package = __name__.partition(".")[0]
    own = [op for op in registry.values() if op.forward.__module__.partition(".")[0] != package]
    return [_OpItem.from_parent(session, name=f"gradcheck[{op.name}]", op=op) for op in own]


class _OpItem(pytest.Item):
    """Checks one operation on its samples, to second order."""

    def __init__(self, *, op: Definition, **options: Any):
        super().__init__(**options)
        self.op = op

    def runtest(self) -> None:
        row = check_op(self.op)
        if not row.ok:
            raise _Wrong(row)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, _Wrong):
            return f"{self.op.name}\n{excinfo.value.row.to_text()}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        code = self.op.forward.__code__
        return code.co_filename, code.co_firstlineno, self.name


class _Wrong(Exception):
    """An operation whose derivative is wrong, or that cannot be checked."""

    def __init__(self, row: Row):
        self.row = row
