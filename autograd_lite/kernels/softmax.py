"""Softmax and what is computed with it."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def softmax(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """exp(x) / sum(exp(x)) along `axis`; the largest element is subtracted first, so nothing overflows."""
    y = np.subtract(x, np.max(x, axis=axis, keepdims=True, initial=-np.inf).astype(x.dtype, copy=False))
    np.exp(y, out=y)
    y /= np.sum(y, axis=axis, keepdims=True)
    return y


def log_softmax(x: Array, axis: int | tuple[int, ...] | None) -> Array:
    """x - log(sum(exp(x))) along `axis`, in the same way."""
    y = np.subtract(x, np.max(x, axis=axis, keepdims=True, initial=-np.inf).astype(x.dtype, copy=False))
    y -= np.log(np.sum(np.exp(y), axis=axis, keepdims=True))
    return y


def cross_entropy(logits: Array, target: Array, ignore_index: int) -> tuple[Array, Array, Array]:
    """Losses (N,), and for the derivative the probabilities (N, C) and which rows count (N,); logits (N, C)."""
    counted = target != ignore_index
    log_p = log_softmax(logits, -1)
    rows = np.arange(len(target))
    losses = -log_p[rows, np.where(counted, target, 0)] * counted
    return losses, np.exp(log_p, out=log_p), counted


def cross_entropy_gradient(weights: Array, probabilities: Array, target: Array, counted: Array) -> Array:
    """(N, C): weights (N,) times probabilities minus one-hot targets; 0 in rows that do not count."""
    weights = np.where(counted, weights, 0).astype(probabilities.dtype, copy=False)
    gradient = probabilities * weights[:, None]
    gradient[np.arange(len(target)), np.where(counted, target, 0)] -= weights
    return gradient
