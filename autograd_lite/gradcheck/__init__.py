"""Verification of derivatives by finite differences: of any function of Tensors, and of every op by its samples.

`numeric` measures a slope, `check` compares it with what `gradients` computes, `report` says how well they agree;
`samples` and `ops` apply this to the operations of the registry. `teacher` checks what students write by hand, plain
functions of arrays, and `mistakes` tries the usual ones.
"""

from .branches import Kink
from .check import gradcheck, gradgradcheck
from .report import Entry, Problem, Report, Verdict
from .teacher import BackwardReport, check_backward

__all__ = [
    "BackwardReport",
    "Entry",
    "Kink",
    "Problem",
    "Report",
    "Verdict",
    "check_backward",
    "gradcheck",
    "gradgradcheck",
]
