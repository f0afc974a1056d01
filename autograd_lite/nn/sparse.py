"""Tables of vectors."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike

from ..ops.elementwise import where
from ..ops.indexing import embedding
from ..ops.random import Generator
from . import init
from .checks import check_integers, check_sizes, checked_dtype
from .linear import empty
from .module import Module


class Embedding(Module):
    """Rows of a learned table ``weight`` (num_embeddings, embedding_dim), which starts normally distributed.

    x: integers, any shape. padding_idx: a row that starts at 0 and gets no gradient. Returns the shape of x with the
    features behind. Raises TypeError for what are not integers, IndexError for rows that the table does not have.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        check_sizes(self, num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        check_integers(self, **({} if padding_idx is None else {"padding_idx": padding_idx}))
        dtype = checked_dtype(self, dtype)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise IndexError(f"Embedding: padding_idx {padding_idx} is not below {num_embeddings}; change one")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = padding_idx % num_embeddings if padding_idx is not None else None
        self.weight = empty((num_embeddings, embedding_dim), dtype)
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, x: Any) -> Any:
        """``weight[x]``."""
        rows = embedding(x, self.weight)
        if self.padding_idx is None:
            return rows
        # The row's values come from a constant, so that no gradient reaches the table there.
        padding = (x == self.padding_idx)[..., None]
        return where(padding, rows.detach(), rows)

    def extra_repr(self) -> str:
        """The arguments."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"
