"""Connectionist temporal classification: PyTorch's results behind log_softmax, sequences that barely fit, errors."""

import numpy as np
import pytest

import autograd_lite as ag

T, N, C = 7, 4, 4
TARGETS = np.array([[1, 2, 3], [1, 1, 3], [2, 2, 2], [3, 1, 1]])
INPUT_LENGTHS, TARGET_LENGTHS = np.array([7, 5, 6, 7]), np.array([3, 3, 2, 0])


def logits(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def compared(agrees_with_torch, x, targets, lengths, **options):
    def theirs(torch, x):
        given = (torch.tensor(v) for v in (targets, *lengths))
        return torch.nn.functional.ctc_loss(torch.log_softmax(x, -1), *given, **options)

    agrees_with_torch(
        lambda x: ag.ctc_loss(ag.log_softmax(x, -1), targets, *lengths, **options),
        theirs,
        x,
        order=1,  # PyTorch has no more
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_padded_targets_as_pytorchs(zero_infinity, reduction, agrees_with_torch):
    options = {"reduction": reduction, "zero_infinity": zero_infinity}
    compared(agrees_with_torch, logits(T, N, C), TARGETS, (INPUT_LENGTHS, TARGET_LENGTHS), **options)


def test_targets_in_one_row_as_pytorchs(agrees_with_torch):
    counted = np.arange(3) < TARGET_LENGTHS[:, None]
    compared(agrees_with_torch, logits(T, N, C), TARGETS[counted], (INPUT_LENGTHS, TARGET_LENGTHS))


def test_another_blank_as_pytorchs(agrees_with_torch):
    compared(agrees_with_torch, logits(T, N, C), TARGETS - 1, (INPUT_LENGTHS, TARGET_LENGTHS), blank=3)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_one_sequence_as_pytorchs(reduction, agrees_with_torch):
    compared(agrees_with_torch, logits(T, C), TARGETS[1], (np.array(T), np.array(3)), reduction=reduction)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_too_few_frames_are_0_where_that_is_wanted(reduction, agrees_with_torch):
    lengths = np.array([7, 3, 1, 7]), np.array([3, 3, 2, 0])  # the second needs 4, as a label repeats
    options = {"reduction": reduction, "zero_infinity": True}
    compared(agrees_with_torch, logits(T, N, C), TARGETS, lengths, **options)


def test_an_impossible_alignment_is_infinite_with_a_gradient_of_0_in_every_order():
    x = ag.tensor(logits(3, 2, C), requires_grad=True)
    losses = ag.ctc_loss(x, TARGETS[:2], np.array([3, 3]), np.array([3, 3]), reduction="none")
    assert losses.data[1] == np.inf
    np.testing.assert_allclose(losses.data[0], -(x.data[0, 0, 1] + x.data[1, 0, 2] + x.data[2, 0, 3]))
    for create_graph in (False, True):
        (g,) = ag.gradients(losses.sum(), x, retain_graph=True, create_graph=create_graph)
        np.testing.assert_array_equal(g.data[:, 1], 0)
        np.testing.assert_allclose(g.data[:, 0], -np.eye(C)[[1, 2, 3]], atol=1e-12)
    (h,) = ag.gradients((g * g).sum(), x)
    np.testing.assert_allclose(h.data, 0, atol=1e-12)


def test_no_frames_at_all():
    x = np.zeros((0, 2, C))
    losses = ag.ctc_loss(x, TARGETS[:2], np.array([0, 0]), np.array([0, 1]), reduction="none")
    np.testing.assert_array_equal(losses, [0, np.inf])


def test_what_lies_behind_the_lengths_does_not_matter():
    x = logits(T, 1, C)
    a = ag.ctc_loss(x, np.array([[1, 2, 0]]), np.array([5]), np.array([2]))
    x[5:] = np.nan
    assert ag.ctc_loss(x, np.array([[1, 2, 9]]), np.array([5]), np.array([2])) == a
    assert ag.ctc_loss(x[:5], np.array([[1, 2]]), np.array([5]), np.array([2])) == a


@pytest.mark.parametrize("scale", [1, 1e4])
def test_long_sequences_and_extreme_logits_in_float32(scale):
    x = ag.tensor((scale * logits(60, 2, 10)).astype("float32"), requires_grad=True)
    targets = np.random.default_rng(1).integers(1, 10, (2, 20))
    loss = ag.ctc_loss(ag.log_softmax(x, -1), targets, np.array([60, 50]), np.array([20, 20]))
    (g,) = ag.gradients(loss, x, create_graph=True)
    (h,) = ag.gradients((g * g).sum(), x)
    assert loss.dtype == g.dtype == h.dtype == np.float32
    assert np.isfinite(loss.data)
    assert np.isfinite(g.data).all()
    assert np.isfinite(h.data).all()


def test_a_log_probability_of_minus_infinity():
    """A class that cannot be at a frame: only alignments without it count."""
    x = logits(4, 1, C)
    x[1, 0, 0] = x[2, 0, 2] = -np.inf
    leaf = ag.tensor(x, requires_grad=True)
    loss = ag.ctc_loss(leaf, np.array([[1, 2]]), np.array([4]), np.array([2]))
    (g,) = ag.gradients(loss, leaf, create_graph=True)
    assert np.isfinite(loss.data)
    assert np.isfinite(g.data).all()
    assert g.data[1, 0, 0] == g.data[2, 0, 2] == 0
    assert np.isfinite(ag.gradients((g * g).sum(), leaf)[0].data).all()


LENGTHS = np.array([4, 4]), np.array([2, 2])
X, Y = np.zeros((4, 2, 3)), np.ones((2, 2), int)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, r"log_probs must be real numbers \(T, N, C\)", lambda: ag.ctc_loss(X[0, 0], Y, *LENGTHS)),
        (ValueError, "for each of N = 2 sequences", lambda: ag.ctc_loss(X, Y[:1], *LENGTHS)),
        (ValueError, "for each of N = 2 sequences", lambda: ag.ctc_loss(X, Y, LENGTHS[0][:1], LENGTHS[1])),
        (
            ValueError,
            "input_lengths run from 4 to 5, there are 4",
            lambda: ag.ctc_loss(X, Y, np.array([4, 5]), LENGTHS[1]),
        ),
        (
            ValueError,
            "target_lengths run from 2 to 3, there are 2",
            lambda: ag.ctc_loss(X, Y, LENGTHS[0], np.array([3, 2])),
        ),
        (ValueError, "other than blank=0", lambda: ag.ctc_loss(X, 0 * Y, *LENGTHS)),
        (ValueError, "classes from 0 to 2", lambda: ag.ctc_loss(X, 3 * Y, *LENGTHS)),
        (ValueError, "other than blank=3", lambda: ag.ctc_loss(X, Y, *LENGTHS, blank=3)),
        (ValueError, "as many as target_lengths in sum", lambda: ag.ctc_loss(X, Y[0], *LENGTHS)),
        (TypeError, "classes and lengths must be integers", lambda: ag.ctc_loss(X, Y * 1.0, *LENGTHS)),
        (ValueError, "reduction 'avg' is not known", lambda: ag.ctc_loss(X, Y, *LENGTHS, reduction="avg")),
    ],
)
def test_errors(error, words, call):
    with pytest.raises(error, match=words):
        call()
