"""What models of sequences of tokens have in common: batches with sequences of different lengths, and their loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..ops.cross_entropy import cross_entropy

IGNORED = -100  # the target of a step that does not count


def padded(sequences: Sequence[Any], value: int = 0) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Sequences of integers as one batch, and their lengths.

    sequences: B arrays or lists. Returns ids (T, B) int64, T being the longest, with `value` beyond the end of each,
    and lengths (B,). Raises ValueError for no sequences.
    """
    if len(sequences) == 0:
        raise ValueError("padded: there are no sequences; pass at least one")
    lengths = np.array([len(sequence) for sequence in sequences])
    ids = np.full((lengths.max(), len(sequences)), value, np.int64)
    for column, sequence in enumerate(sequences):
        ids[: len(sequence), column] = sequence
    return ids, lengths


def token_loss(logits: Any, targets: Any, lengths: Any = None) -> Any:
    """Mean cross-entropy of all steps that count, in nats.

    logits: (T, B, V); targets: (T, B) integers, `IGNORED` where nothing is asked; lengths: (B,) how many steps of each
    sequence count (None: all). Returns ().
    """
    if lengths is not None:
        counts = np.arange(len(targets))[:, None] < np.asarray(lengths)
        targets = np.where(counts, targets, IGNORED)
    return cross_entropy(logits.reshape(targets.size, -1), targets.reshape(-1), ignore_index=IGNORED)
