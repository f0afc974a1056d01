"""What the planner decides, in words and figures: for people who want to know."""

from __future__ import annotations

from typing import NamedTuple

from .plan import KERNELS, plan, refusal_of
from .problem import Problem


class Choice(NamedTuple):
    """The kernel for one role of a convolution.

    multiplications: of numbers, about, in its way of computing. workspace: bytes that each thread needs beside operands
    and result, about. others: for each kernel that was not taken, why not.
    """

    role: str
    kernel: str
    reason: str
    multiplications: int
    workspace: int
    others: dict[str, str]

    def __str__(self) -> str:
        lines = [
            f"{self.kernel}: {self.reason}",
            f"  {self.multiplications:,} multiplications, {self.workspace / 1e6:.1f} MB of workspace",
            *(f"  not {name}: {reason}" for name, reason in self.others.items()),
        ]
        return "\n".join(lines)


def choice(problem: Problem) -> Choice:
    """What `plan` decides, why, and why not otherwise. Raises ValueError if a kernel is forced that cannot do it."""
    kernel, reason = plan(problem)
    module = KERNELS[kernel]
    multiplications, workspace = module.cost(problem) if hasattr(module, "cost") else (problem.products, 0)
    others = {name: _why_not(name, problem, kernel) for name in KERNELS if name != kernel}
    return Choice(problem.role, kernel, reason, multiplications, workspace, others)


def _why_not(name: str, problem: Problem, chosen: str) -> str:
    if refusal := refusal_of(name, problem):
        return refusal
    if name == "scipy":
        return "it is the reference, slow, for comparing"
    wins = getattr(KERNELS[name], "wins", None)
    if wins and not wins(problem):
        return "it could, and is slower on such shapes"
    return f"it could, and {chosen} comes first"
