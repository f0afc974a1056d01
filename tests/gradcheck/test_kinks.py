"""Every operation of the registry on its kinks: no false alarm there, and the operation that has the kink is named."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.core import Definition, registry
from autograd_lite.gradcheck import Report, Verdict
from autograd_lite.gradcheck.ops import check_sample
from autograd_lite.gradcheck.samples import samples

ON_KINKS: dict[str, Callable[[Any], Any]] = {
    "whole numbers": np.round,
    "halves": lambda x: np.round(2 * x) / 2,
    "zeros": lambda x: 0.0 * x,
    "ones": np.ones_like,
}
BRANCHING = [name for name, op in sorted(registry.items()) if op.branch is not None and op.differentiable]


def reports(op: Definition) -> Iterator[tuple[str, Report]]:
    for sample in samples(op):
        for kind, moved in ON_KINKS.items():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # at 0, some divide by it
                try:
                    report = check_sample(sample, {name: moved(x) for name, x in sample.variables().items()}, order=1)
                except ValueError:  # a value that the operation refuses
                    continue
            yield f"{sample.line} at {kind}", report


@pytest.mark.parametrize("name", BRANCHING)
def test_on_its_kinks_an_operation_is_right_and_named(name: str) -> None:
    for where, report in reports(registry[name]):
        assert not report.failures, f"{where}\n{report.to_text()}"
        assert not report.problems, f"{where}\n{report.to_text()}"
        for entry in report.entries:
            if entry.verdict is Verdict.KINK_OK:
                assert entry.kink is not None
                assert entry.kink.op, where


@pytest.mark.parametrize(
    "name",
    ["sort", "topk", "cummax", "kthvalue", "median", "quantile", "vector_norm", "huber_loss", "hinge_loss"]
    + ["l1_loss", "smooth_l1_loss", "margin_ranking_loss", "multi_margin_loss", "relu6", "ptp"]
    + ["scatter_reduce", "interpolate", "grid_sample", "interp", "prelu", "divmod", "partition", "squared_hinge_loss"],
)
def test_what_is_written_with_others_has_their_kinks(name: str) -> None:
    for where, report in reports(registry[name]):
        assert not report.failures, f"{where}\n{report.to_text()}"
        named = [entry.kink.op for entry in report.entries if entry.verdict is Verdict.KINK_OK and entry.kink]
        assert all(named), f"{where}\n{report.to_text()}"


def test_the_modulus_has_one_branch_off_zero() -> None:
    z = np.array([1 + 2j, 0.5 - 1j])
    assert ag.gradcheck(lambda z: ag.abs(2 * z).sum(), z)
    halved = ag.op(registered=False, x=lambda g: ag.real(g) * 2 + 1j * ag.imag(g))(twice)
    report = ag.gradcheck(lambda z: (ag.abs(halved(z)) ** 2).sum(), z, raise_exception=False)
    assert [entry.verdict for entry in report.entries] == [Verdict.FAIL] * 2
    assert all(entry.kink is None for entry in report.entries)


def twice(x: ag.Array) -> ag.Array:
    return 2 * x
