"""Verification of derivatives by finite differences: of any function of Tensors, and of every op by its samples.

`numeric` measures a slope, `check` compares it with what `gradients` computes, `report` says how well they agree;
`samples` and `ops` apply this to the operations of the registry.
"""

from .branches import Kink
from .check import gradcheck, gradgradcheck
from .report import Entry, Problem, Report, Verdict

__all__ = ["Entry", "Kink", "Problem", "Report", "Verdict", "gradcheck", "gradgradcheck"]
