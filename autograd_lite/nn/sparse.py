"""Tables of vectors."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ..core import raw
from ..ops.elementwise import where
from ..ops.embedding_bag import embedding_bag
from ..ops.indexing import embedding
from ..ops.random import Generator
from ..tensor import Tensor
from . import init
from .checks import check_integers, check_sizes, checked_dtype
from .linear import empty
from .module import Module, Parameter


class _Table(Module):
    """What both share: the table, which starts normally distributed but for the row `padding_idx` of zeros."""

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
        dtype = checked_dtype(self, dtype)
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = self._checked_padding(padding_idx)
        self.weight = empty((num_embeddings, embedding_dim), dtype)
        self.reset_parameters(rng)

    def _checked_padding(self, padding_idx: int | None) -> int | None:
        """The row's number from the start."""
        if padding_idx is None:
            return None
        check_integers(self, padding_idx=padding_idx)
        if not -self.num_embeddings <= padding_idx < self.num_embeddings:
            raise IndexError(
                f"{type(self).__name__}: padding_idx {padding_idx} is not below {self.num_embeddings}; change one"
            )
        return padding_idx % self.num_embeddings

    def reset_parameters(self, rng: Generator | None = None) -> None:
        """Draw initial values."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    @classmethod
    def _of(cls, embeddings: ArrayLike | Tensor, freeze: bool, **options: Any) -> Self:
        weight = Parameter(embeddings, requires_grad=not freeze)
        if weight.ndim != 2:
            raise ValueError(f"{cls.__name__}.from_pretrained: embeddings are {weight.shape}; pass (rows, features)")
        layer = cls(0, weight.shape[1], dtype=weight.dtype)  # no rows to draw
        vars(layer).update(options)
        layer.num_embeddings = len(weight.data)
        layer.padding_idx = layer._checked_padding(layer.padding_idx)
        layer.weight = weight
        return layer

    def extra_repr(self) -> str:
        """The arguments."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Embedding(_Table):
    """Rows of a learned table ``weight`` (num_embeddings, embedding_dim), which starts normally distributed.

    x: integers, any shape. padding_idx: a row that starts at 0 and gets no gradient. Returns the shape of x with the
    features behind. Raises TypeError for what are not integers, IndexError for rows that the table does not have.
    """

    @classmethod
    def from_pretrained(
        cls, embeddings: ArrayLike | Tensor, freeze: bool = True, padding_idx: int | None = None
    ) -> Self:
        """A layer with these rows, (num_embeddings, embedding_dim), all as they are, in their dtype.

        freeze: they are not learned. Raises ValueError for what is no table.
        """
        return cls._of(embeddings, freeze, padding_idx=padding_idx)

    def forward(self, x: Any) -> Any:
        """``weight[x]``."""
        rows = embedding(x, self.weight)
        if self.padding_idx is None:
            return rows
        # The row's values come from a constant, so that no gradient reaches the table there.
        padding = (np.asarray(raw(x)) == self.padding_idx)[..., None]
        return where(padding, rows.detach(), rows)


class EmbeddingBag(_Table):
    """Sum, mean or maximum of the rows of a learned table that each bag of indices names: `ag.embedding_bag`.

    x: integers, (B, L), or (N,) with offsets (B,), where each bag begins. mode: "sum", "mean" or "max".
    include_last_offset: the offsets have the end of the last bag, too. padding_idx: a row that starts at 0, does not
    count and gets no gradient. per_sample_weights: factors for the rows in a sum. Returns (B, embedding_dim). The
    table starts normally distributed. PyTorch's max_norm, norm_type and scale_grad_by_freq, which stand before the mode
    there, are missing. Raises ValueError for an unknown mode, and as `ag.embedding_bag` does.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        dtype: DTypeLike | None = None,
        rng: Generator | None = None,
    ):
        if mode not in ("sum", "mean", "max"):
            raise ValueError(f'EmbeddingBag: mode {mode!r:.60} is not known; pass "sum", "mean" or "max"')
        self.mode, self.include_last_offset = mode, include_last_offset
        super().__init__(num_embeddings, embedding_dim, padding_idx, dtype=dtype, rng=rng)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: ArrayLike | Tensor,
        freeze: bool = True,
        *,
        mode: str = "mean",
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer with these rows, (num_embeddings, embedding_dim), all as they are, in their dtype.

        freeze: they are not learned. Raises ValueError for what is no table.
        """
        options = {"mode": mode, "include_last_offset": include_last_offset, "padding_idx": padding_idx}
        return cls._of(embeddings, freeze, **options)

    def forward(self, x: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """The rows of each bag in one."""
        return embedding_bag(
            x, self.weight, offsets, self.mode, per_sample_weights, self.include_last_offset, self.padding_idx
        )

    def extra_repr(self) -> str:
        """The arguments."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}, mode={self.mode!r}{padding}"
