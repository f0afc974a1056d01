"""Fresh inputs have other signs, constants and shapes, as far as forward takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd_lite.gradcheck.fresh import fresh_inputs

A = np.abs(np.random.default_rng(0).normal(size=(4, 3))) + 0.1


def drawn(forward: Callable[..., Any], *inputs: Any, kept: tuple[int, ...] = ()) -> list[list[Any]]:
    def tried(values):
        try:
            with np.errstate(all="ignore"):
                out = np.asarray(forward(*values))
        except (ValueError, IndexError):
            return None
        return [out] if np.isfinite(out).all() else None

    return list(fresh_inputs(inputs, tried, lambda values: True, np.random.default_rng(0), kept))


@pytest.mark.parametrize(
    ("forward", "inputs", "shapes"),
    [
        (lambda x, w: x @ w, (A, A[:3, :2]), [(5, 6), (6, 7)]),
        (lambda x: x.reshape(4, 3) * 2, (A,), []),
        (lambda x: x.reshape(len(x) // 2, 2, 3).max(axis=1), (A,), [(6, 3)]),
        (lambda x, h, w: np.hstack([x, h]) @ w, (A[:3, :2], A[:3, :2], A[:, :1]), [(5, 4), (5, 4), (8, 1)]),
        (lambda x, y: np.log(np.exp(x).sum(axis=1)) @ y, (A, np.array([1, 2, 1, 1])), [(5, 6), (5,)]),
        (lambda x: x[np.arange(4), [0, 2, 1, 0]].sum() + x[:4, -1].sum(), (A,), [(4, 5)]),
    ],
    ids=[
        "a product",
        "no other",
        "windows without a rest",
        "lengths that hang together",
        "labels",
        "a length that is written in the code",
    ],
)
def test_axes_of_one_length_are_given_another(
    forward: Callable[..., Any], inputs: tuple[Any, ...], shapes: list[tuple[int, ...]]
) -> None:
    same, *others = drawn(forward, *inputs)
    assert [value.shape for value in same] == [value.shape for value in inputs]
    assert [value.shape for values in others for value in values] == shapes


def test_axes_that_have_one_length_by_chance_are_told_apart() -> None:
    square = A[:3]
    *_, (q, k) = drawn(lambda q, k: q @ k.T, square, square)
    assert q.shape[1] == k.shape[1]
    assert len({*q.shape, *k.shape}) == 3


def test_no_difference_of_two_lengths_stays_what_it_is() -> None:
    (_, _), (rows, columns) = (values[0].shape for values in drawn(np.sum, A[:2]))
    assert columns - rows != 1


def test_of_inputs_that_are_kept_there_are_other_numbers_of_the_same_rows() -> None:
    targets = np.eye(3)[[0, 2, 1, 1]]
    same, *others = drawn(lambda x, t: (x * t).sum(), A, targets, kept=(1,))
    assert same[1].shape == (4, 3)
    assert others
    for values in others:
        assert values[1].shape == values[0].shape == (5, 3)
    for values in (same, *others):
        assert {tuple(row) for row in values[1]} <= {tuple(row) for row in targets}


def test_signs_change_where_forward_takes_them() -> None:
    assert all((values[0] < 0).any() for values in drawn(np.sin, A))
    assert all((values[0] > 0).all() for values in drawn(np.log, A))


def test_masks_labels_and_counts_stay_what_they_are_and_constants_change() -> None:
    mask, labels = (A > 0.5).astype(float), np.array([0, 2])
    for _, drawn_mask, drawn_labels, p, options in drawn(
        lambda x, mask, labels, p, options: x * mask * p * options["scale"], A, mask, labels, 0.3, {"scale": 2}
    ):
        assert set(np.unique(drawn_mask)) <= {0, 1}
        assert set(drawn_labels) <= {0, 2}
        assert 0 < p < 0.3
        assert options == {"scale": 2}
