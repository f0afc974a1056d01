"""Connectionist temporal classification: all alignments of a sequence of labels with a longer sequence of frames.

Graves, Fernandez, Gomez and Schmidhuber 2006, "Connectionist temporal classification", section 4.1. The labels of a
sequence with a blank before, between and behind them are its S = 2 * L + 1 *states*. An alignment begins in the first
blank or the first label, and from frame to frame it stays, goes on to the next state, or jumps over a blank between two
different labels. It ends in the last label or the blank behind it. Everything is in logarithms and double precision:
neither thousands of frames nor probabilities of 1e-4000 leave its range.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Lattice(NamedTuple):
    """What the alignments of a batch look like: N sequences, the longest with S states.

    labels: (N, S), the class of each state; jumps: (N, S), whether a state may be reached over a blank; ends: (N, S),
    whether an alignment may end in it; frames: (N,), how many frames count.
    """

    labels: Array
    jumps: Array
    ends: Array
    frames: Array


def lattice(targets: Array, input_lengths: Array, target_lengths: Array, blank: int) -> Lattice:
    """The states of targets (N, L), of which the first `target_lengths` (N,) count in each row."""
    n, longest = targets.shape
    counts = np.arange(longest) < target_lengths[:, None]
    labels = np.full((n, 2 * longest + 1), blank, np.intp)
    labels[:, 1::2] = np.where(counts, targets, blank)
    jumps = np.zeros(labels.shape, bool)
    jumps[:, 3::2] = labels[:, 3::2] != labels[:, 1:-2:2]
    distance = 2 * target_lengths[:, None] - np.arange(labels.shape[1])  # from the last blank
    return Lattice(labels, jumps, (distance == 0) | (distance == 1), input_lengths)


def forward(log_probs: Array, paths: Lattice) -> tuple[Array, Array]:
    """Losses (N,), inf where no alignment exists, and the forward variables (T, N, S) for `backward`.

    log_probs: (T, N, C). A forward variable is the log-probability of all beginnings of alignments that are in a state
    at a frame, that frame included; behind the frames that count it stays as it is.
    """
    emitted = emissions(log_probs, paths)
    before = start(paths)
    alphas = np.empty_like(emitted)
    for t, emission in enumerate(emitted):
        reached = _log_sum(before, _shifted(before, 1), np.where(paths.jumps, _shifted(before, 2), -np.inf))
        np.copyto(alphas[t], before)
        np.add(reached, emission, out=alphas[t], where=(t < paths.frames)[:, None])
        before = alphas[t]
    return -_log_sum_of_rows(np.where(paths.ends, before, -np.inf)), alphas


def backward(weights: Array, log_probs: Array, paths: Lattice, losses: Array, alphas: Array) -> Array:
    """The gradient of ``sum(weights * losses)`` for log_probs (T, N, C): minus the probability of each class's states.

    That is the probability of being in a state at a frame, given the labels; 0 where no alignment exists.
    """
    emitted = emissions(log_probs, paths)
    steps, n, classes = log_probs.shape
    places = np.arange(n)[:, None] * classes + paths.labels  # of each state in a frame (N, C)
    gradient = np.zeros((steps, n * classes))
    ends = np.where(paths.ends, 0, -np.inf)
    factor = np.where(losses == np.inf, 0, -weights)[:, None]
    after = ends  # log-probability of all ends of alignments behind frame t, for each state
    for t in range(steps - 1, -1, -1):
        inside = (t < paths.frames)[:, None]
        states = np.where(inside, factor, 0) * _probabilities(alphas[t] + after)
        gradient[t] = np.bincount(places.ravel(), states.ravel(), n * classes)
        ahead = after + emitted[t]
        jumped = _shifted(np.where(paths.jumps, ahead, -np.inf), -2)
        after = np.where(inside, _log_sum(ahead, _shifted(ahead, -1), jumped), ends)
    return gradient.reshape(log_probs.shape).astype(log_probs.dtype)


def emissions(log_probs: Array, paths: Lattice) -> Array:
    """The log-probability of each state's class at each frame: (T, N, C) -> (T, N, S)."""
    return np.take_along_axis(log_probs, paths.labels[None], axis=2).astype(np.float64)


def start(paths: Lattice) -> Array:
    """Where alignments are before the first frame (N, S): in the first blank, which costs nothing yet."""
    before = np.full(paths.labels.shape, -np.inf)
    before[:, 0] = 0
    return before


def _shifted(x: Array, by: int) -> Array:
    """Each row of (N, S) moved by so many states to the right (to the left if negative), -inf following it."""
    out = np.full_like(x, -np.inf)
    if by > 0:
        out[:, by:] = x[:, :-by]
    else:
        out[:, :by] = x[:, -by:]
    return out


def _log_sum(*terms: Array) -> Array:
    """``log(exp(a) + exp(b) + ...)``, -inf of nothing but -inf."""
    highest = np.maximum.reduce(terms)
    highest = np.where(highest == -np.inf, 0, highest)
    total = np.exp(terms[0] - highest)
    for term in terms[1:]:
        total += np.exp(term - highest)
    with np.errstate(divide="ignore"):
        return np.log(total) + highest


def _probabilities(x: Array) -> Array:
    """``exp(x)`` times what makes the sum of each row 1; 0 in rows of nothing but -inf."""
    highest = x.max(axis=1, keepdims=True)
    out = np.exp(x - np.where(highest == -np.inf, 0, highest))
    return np.asarray(out / np.maximum(out.sum(axis=1, keepdims=True), 1))


def _log_sum_of_rows(x: Array) -> Array:
    return np.logaddexp.reduce(x, axis=1)


def losses_reference(log_probs: Array, paths: Lattice) -> Array:
    """`forward`'s losses by going through every alignment: for short sequences."""
    losses = []
    for n, frames in enumerate(paths.frames):
        ways: dict[tuple[int, ...], float] = {
            (0,): 0.0
        }  # the states passed through, from the one before the first frame, and what they cost
        for t in range(frames):
            ways = {
                (*way, state): cost + log_probs[t, n, paths.labels[n, state]]
                for way, cost in ways.items()
                for state in range(way[-1], min(way[-1] + 3, paths.labels.shape[1]))
                if state < way[-1] + 2 or paths.jumps[n, state]
            }
        costs = [cost for way, cost in ways.items() if paths.ends[n, way[-1]]]
        losses.append(-np.logaddexp.reduce(costs) if costs else np.inf)
    return np.array(losses)
