"""Verification of derivatives by finite differences: of any function of Tensors, and of every op by its samples.

`numeric` measures a slope, `check` compares it with what `gradients` computes, `report` says how well they agree;
`samples` and `ops` apply this to the operations of the registry. `directions` look at all entries of a large gradient
at once, `localize` names the first operation that is wrong, and `taylor` has two tests without a tolerance. `teacher`
checks what students write by hand, plain functions of arrays, and `mistakes` has the usual ones to try.
"""

from .backward_report import BackwardReport
from .branches import Kink
from .check import gradcheck, gradgradcheck
from .report import Entry, GradientError, Problem, Report, Verdict
from .taylor import DotProductReport, TaylorReport, dot_product_test, taylor_test
from .teacher import check_backward

__all__ = [
    "BackwardReport",
    "DotProductReport",
    "Entry",
    "GradientError",
    "Kink",
    "Problem",
    "Report",
    "TaylorReport",
    "Verdict",
    "check_backward",
    "dot_product_test",
    "gradcheck",
    "gradgradcheck",
    "taylor_test",
]
