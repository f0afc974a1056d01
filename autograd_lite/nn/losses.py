"""Losses as modules: called with a prediction and a target, they give a number to minimise."""

from __future__ import annotations

from typing import Any

from ..core import as_array
from ..ops import elementwise, reduction
from ..ops.cross_entropy import cross_entropy
from .module import Module


class CrossEntropyLoss(Module):
    """Minus the log-probability that ``softmax(logits)`` gives to the target classes: `ag.cross_entropy`.

    logits: (N, C), (N, C, d1, ...) or (C,); target: integers below C, the logits' shape without C. ignore_index: a
    target that does not count. reduction: "mean", "sum" or "none". Returns a scalar, or the target's shape for "none".
    Raises ValueError for shapes that do not belong together, IndexError for classes that do not exist.
    """

    def __init__(self, *, ignore_index: int = -100, reduction: str = "mean"):
        self.ignore_index, self.reduction = ignore_index, _checked(type(self), reduction)

    def forward(self, logits: Any, target: Any) -> Any:
        """``cross_entropy(logits, target)``."""
        return cross_entropy(logits, target, None, self.ignore_index, self.reduction)


class MSELoss(Module):
    """Squared difference of prediction and target.

    x, target: of one shape and dtype. reduction: "mean", "sum" or "none". Returns a scalar, or that shape for "none".
    Raises ValueError for different shapes, which would broadcast to something that is rarely meant.
    """

    def __init__(self, *, reduction: str = "mean"):
        self.reduction = _checked(type(self), reduction)

    def forward(self, x: Any, target: Any) -> Any:
        """Mean (or sum) of ``(x - target) ** 2``."""
        target = target if hasattr(target, "shape") else as_array(target, x.dtype)
        if x.shape != target.shape:
            raise ValueError(f"MSELoss: x {x.shape} and target {target.shape} must have one shape; reshape the target")
        return _reduced(elementwise.square(x - target), self.reduction)


def _reduced(losses: Any, how: str) -> Any:
    if how == "none":
        return losses
    return reduction.mean(losses) if how == "mean" else reduction.sum(losses)


def _checked(loss: type[Module], how: str) -> str:
    if how not in ("mean", "sum", "none"):
        raise ValueError(f'{loss.__name__}: reduction {how!r} is not known; use "mean", "sum" or "none"')
    return how
