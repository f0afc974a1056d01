"""Drawing from what a language model predicts: temperature, the k likeliest classes, the nucleus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core import no_grad, raw
from ..ops.random import Generator, default_rng

Array = np.ndarray[Any, Any]


def draw(
    logits: Any,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: Generator | None = None,
) -> Array:
    """Classes, drawn with the probabilities ``softmax(logits / temperature)`` of those that `truncated` leaves.

    logits: (..., V). temperature: below 1 the likely ones come more often still, 0 always takes the likeliest; above 1
    all become more even. rng: what chooses (None: the package's own generator). Returns (...) int64. Raises ValueError
    for numbers out of range.
    """
    check_sampling(temperature, top_k, top_p)
    logits = np.asarray(raw(logits))
    if temperature == 0:
        return np.asarray(np.argmax(logits, -1))
    logits = truncated(logits / temperature, top_k, top_p)
    # The largest of the logits, each disturbed by Gumbel's distribution, has exactly the softmax's probabilities.
    return np.asarray(np.argmax(logits + default_rng(rng).gumbel(size=logits.shape), -1))


def truncated(logits: Array, top_k: int | None = None, top_p: float | None = None) -> Array:
    """The logits, with -inf for classes that shall never be drawn.

    logits: (..., V). top_k: only the k largest stay (of equal ones the first). top_p: of these, only the nucleus: the
    fewest classes whose probabilities add up to p or more, the likeliest first (Holtzman, Buys, Du, Forbes and Choi
    2020, "The curious case of neural text degeneration"). Returns the shape of logits.
    """
    if top_k is None and top_p is None:
        return logits
    order = np.argsort(-logits, axis=-1, kind="stable")
    kept = np.broadcast_to(np.arange(logits.shape[-1]) < (logits.shape[-1] if top_k is None else top_k), logits.shape)
    if top_p is not None:
        ordered = np.where(kept, np.take_along_axis(logits, order, -1), -np.inf)
        likely = np.exp(ordered - ordered[..., :1])
        before = np.cumsum(likely, -1) - likely  # what those before a class add up to, in units of the likeliest
        kept = kept & (before < top_p * likely.sum(-1, keepdims=True))
    result = np.full_like(logits, -np.inf)
    np.put_along_axis(result, order, np.where(kept, np.take_along_axis(logits, order, -1), -np.inf), -1)
    return result


def generate(
    step: Callable[[Array, Any], tuple[Any, Any]],
    ids: Array,
    length: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: Generator | None = None,
) -> Array:
    """`length` tokens that a model makes up, each drawn by `draw` and given to it as the next input.

    step: called with the tokens that are new, (T,) integers, and a state (None at first); returns the logits of the
    token that follows them, (V,), and the next state. A recurrent network's state is what it remembers; that of a model
    without memory can be all tokens so far. ids: the prompt, (T,) with at least one token. No graph is recorded.
    Returns (length,) int64, without the prompt. Raises ValueError for an empty prompt or numbers out of range.
    """
    check_sampling(temperature, top_k, top_p)
    if len(ids) == 0 or length < 0:
        raise ValueError(
            f"generate: a prompt of {len(ids)} tokens, length {length}: there must be a token to begin with, and length"
            " must not be negative; pass one token at least, that of a new line say"
        )
    rng, state = default_rng(rng), None
    written = np.empty(length, np.int64)
    with no_grad():
        for t in range(length):
            logits, state = step(ids, state)
            written[t] = draw(logits, temperature, top_k, top_p, rng)
            ids = written[t : t + 1]
    return written


def check_sampling(temperature: float, top_k: int | None, top_p: float | None) -> None:
    """ValueError for numbers that are out of range."""
    if not 0 <= temperature < np.inf:
        raise ValueError(f"sampling: temperature is {temperature}, it must not be negative; pass 1, or 0 for the best")
    if top_k is not None and top_k < 1:
        raise ValueError(f"sampling: top_k is {top_k}, no class would be left; pass 1 or more, or None for all")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"sampling: top_p is {top_p}, not a share of the probability; pass 0.9, say, or None for all")
