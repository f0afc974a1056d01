"""Every operation of the registry checked on its samples: what the tests and the command line both run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..core import Definition
from ..tensor import Tensor
from .check import gradcheck
from .report import Report
from .samples import Sample, called_at_its_definition, samples

Array = np.ndarray[Any, Any]
ORDER = 2  # of the derivatives that are checked
WITHOUT_SAMPLE = "op {name} has no sample; add a line such as >>> {name}(randn(3, 2)) to its docstring"


@dataclass(frozen=True)
class Row:
    """What was found for one op: a report for each of its samples, none if the op has no gradient."""

    op: Definition
    samples: list[Sample]
    reports: list[Report]
    error: str | None = None  # why the check could not be made

    @property
    def ok(self) -> bool:
        """Whether the op has samples, and all derivatives are right on them."""
        return self.error is None and all(self.reports)

    @property
    def verdict(self) -> str:
        """One word or two for the table."""
        return "FAILED" if not self.ok else "ok" if self.op.differentiable else "no gradient"

    def worst_error(self, order: int) -> float | None:
        """The largest relative error of this order over all samples; None if nothing was compared."""
        entries = (entry for report in self.reports for entry in report.entries if entry.order == order)
        return max((entry.relative_error for entry in entries), default=None)

    def to_text(self) -> str:
        """What is wrong, at length; empty if nothing is."""
        wrong = [f"{s.line}\n{r.to_text()}" for s, r in zip(self.samples, self.reports, strict=False) if not r]
        return "\n\n".join(([self.error] if self.error else []) + wrong)


def check_op(op: Definition) -> Row:
    """Compare the derivatives of `op` up to second order with finite differences, on each sample of its docstring."""
    found: list[Sample] = []
    reports: list[Report] = []
    try:
        found = samples(op)
        if not found:
            raise ValueError(WITHOUT_SAMPLE.format(name=op.name))
        if op.differentiable:
            reports += [check_sample(sample) for sample in found]
    except Exception as error:  # a broken op is a finding, not the end of the check
        return Row(op, found, reports, f"{type(error).__name__}: {error}")
    return Row(op, found, reports)


def check_sample(
    sample: Sample,
    variables: Mapping[str, Array] | None = None,
    order: int = ORDER,
    max_entries: int | None = None,
    rng: int = 0,
) -> Report:
    """Compare the derivatives of an op up to `order` on one sample, or on other values for its variables.

    max_entries: check a random choice of so many entries for each order; None: all. rng: a seed for it.
    """
    variables = sample.variables() if variables is None else variables
    inputs = {name: Tensor(array, requires_grad=True) for name, array in variables.items()}
    for name, tensor in inputs.items():
        tensor.name = name
    return gradcheck(
        called_at_its_definition(sample.op.forward, lambda: _with_a_slope(sample.call(inputs))),
        *inputs.values(),
        order=order,
        max_entries=max_entries,
        raise_exception=False,
        rng=rng,
    )


def _with_a_slope(result: Any) -> Any:
    """A scalar times 3, so that the gradient that arrives at the op is not 1, which would hide that it is not used."""
    scalar = isinstance(result, Tensor) and result.size == 1 and result.dtype.kind == "f"
    return 3 * result if scalar else result
