"""The pytest plugin: a fixture `gradcheck`, the option --gradcheck. It loads autograd_lite only where it is used."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option."""
    parser.getgroup("autograd_lite").addoption(
        "--gradcheck",
        action="store_true",
        help="verify derivatives at length: every entry, to second order, in the fixture gradcheck; and each operation"
        " (@ag.op) that the tests import, on the samples in its docstring, as a test of its own",
    )


@pytest.fixture
def gradcheck(request: pytest.FixtureRequest) -> Any:
    """``gradcheck(f, *inputs, **options)``: `ag.gradcheck`, which fails the test with its report, an AssertionError.

    It checks at most 100 entries, chosen by a seed that is the same in each run; with ``pytest --gradcheck`` all of
    them, and the gradients of the gradients. What the call says itself, goes before.
    """
    from autograd_lite.gradcheck import testing

    return testing.fixture(thorough=request.config.getoption("--gradcheck"))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, Any]:
    """With --gradcheck: a test in a file for each operation that was defined outside autograd_lite when it was read.

    So ``test_layers.py::gradcheck[cube]`` is the name of one, and ``test_layers.py::test_shape`` runs none of them.
    """
    report = yield
    if isinstance(collector, pytest.Module) and report.passed and collector.config.getoption("--gradcheck"):
        from autograd_lite.gradcheck import testing

        report.result += testing.items_of_operations(collector)
    return report
