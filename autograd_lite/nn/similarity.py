"""How alike vectors are, as layers."""

from __future__ import annotations

from typing import Any

from ..ops.similarity import cosine_similarity, pairwise_distance
from .module import Module


class CosineSimilarity(Module):
    """Cosine of the angle between vectors along `dim`: `ag.cosine_similarity`, whose arguments these are.

    a, b: shapes that broadcast. Returns the broadcast shape without the axis `dim`.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        self.dim, self.eps = dim, eps

    def forward(self, a: Any, b: Any) -> Any:
        """``cosine_similarity(a, b, dim, eps)``."""
        return cosine_similarity(a, b, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of the difference of vectors along the last axis: `ag.pairwise_distance`, whose arguments these are.

    a, b: shapes that broadcast. Returns the broadcast shape without the last axis (of length 1 with keepdim).
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        self.p, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, a: Any, b: Any) -> Any:
        """``pairwise_distance(a, b, p, eps, keepdim)``."""
        return pairwise_distance(a, b, self.p, self.eps, self.keepdim)
