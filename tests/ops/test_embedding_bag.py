"""Bags of words: PyTorch's values and gradients, empty bags, padding."""

import numpy as np
import pytest

import autograd_lite as ag

RNG = np.random.default_rng(0)
TABLE = RNG.standard_normal((7, 3))
ROWS, ROW = RNG.integers(0, 7, (4, 5)), RNG.integers(0, 7, 9)
OFFSETS = np.array([0, 3, 3, 4, 9])
WEIGHTS = RNG.standard_normal(9)


@pytest.mark.parametrize("padding", [None, 2, -1])
@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize(
    ("indices", "offsets", "last"), [(ROWS, None, False), (ROW, OFFSETS[:-1], False), (ROW, OFFSETS, True)]
)
def test_bags(indices, offsets, last, mode, padding, agrees_with_torch):
    agrees_with_torch(
        lambda table: ag.embedding_bag(indices, table, offsets, mode, include_last_offset=last, padding_idx=padding),
        lambda torch, table: torch.nn.functional.embedding_bag(
            torch.tensor(indices),
            table,
            None if offsets is None else torch.tensor(offsets),
            mode=mode,
            include_last_offset=last,
            padding_idx=padding,
        ),
        TABLE,
        order=1,
    )


def test_weighted_sum(agrees_with_torch):
    agrees_with_torch(
        lambda table, weights: ag.embedding_bag(ROW, table, OFFSETS[:-1], "sum", weights),
        lambda torch, table, weights: torch.nn.functional.embedding_bag(
            torch.tensor(ROW), table, torch.tensor(OFFSETS[:-1]), mode="sum", per_sample_weights=weights
        ),
        *(TABLE, WEIGHTS),
        order=1,
    )


def test_lists_of_indices():
    for indices, offsets in (([[1, 2], [3, 4]], None), ([1, 2, 3, 4], [0, 2])):
        np.testing.assert_array_equal(ag.embedding_bag(indices, TABLE, offsets, "sum"), TABLE[[1, 3]] + TABLE[[2, 4]])


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_a_bag_of_nothing_but_padding_is_zero(mode):
    table = ag.tensor(TABLE, requires_grad=True)
    out = ag.embedding_bag(np.array([[2, 2], [2, 1]]), table, mode=mode, padding_idx=2)
    out.sum().backward()
    np.testing.assert_array_equal(out.data, [np.zeros(3), TABLE[1]])
    np.testing.assert_array_equal(table.grad.data, np.arange(7)[:, None] == 1 + np.zeros((1, 3)))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((ROW, TABLE), {}, ValueError, r"indices must be \(bags, length\), or \(N,\) with offsets"),
        ((ROW, TABLE, [1, 3]), {}, ValueError, "offsets must rise from 0"),
        ((ROW, TABLE, [0, 5, 3]), {}, ValueError, "offsets must rise from 0"),
        ((ROW, TABLE, [0, 10]), {}, ValueError, "offsets must rise from 0 to at most 9"),
        ((ROW, TABLE, [0.0, 1.0]), {}, ValueError, "offsets must be integers"),
        ((ROWS, TABLE), {"mode": "median"}, ValueError, "mode 'median' is not known"),
        ((ROWS, TABLE), {"per_sample_weights": np.ones((4, 5))}, ValueError, 'are for mode "sum"'),
        ((ROWS, TABLE, None, "sum", WEIGHTS), {}, ValueError, "per_sample_weights must have the indices' shape"),
        ((ROWS + 0.5, TABLE), {}, TypeError, "indices must be integers"),
        ((ROWS + 5, TABLE), {}, IndexError, "the table has rows 0 to 6"),
    ],
)
def test_errors(arguments, options, error, words):
    with pytest.raises(error, match=words):
        ag.embedding_bag(*arguments, **options)


@pytest.mark.parametrize("padding_idx", [3, -4])
def test_the_index_that_does_not_count_is_a_row(padding_idx):
    with pytest.raises(IndexError, match=f"padding_idx {padding_idx} is not one of the 3 rows"):
        ag.embedding_bag(np.array([[0]]), np.ones((3, 2)), padding_idx=padding_idx)
