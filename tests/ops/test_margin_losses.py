"""Losses with margins: PyTorch's results with every option, definitions written out, kinks, errors."""

import tracemalloc

import numpy as np
import pytest

import autograd_lite as ag

REDUCTIONS = ["mean", "sum", "none"]
SIGNS = np.array([[1, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, -1]])


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "options"),
    [("soft_margin_loss", {}), ("hinge_embedding_loss", {}), ("hinge_embedding_loss", {"margin": 0.3})],
)
def test_signs_as_pytorchs(name, options, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x: getattr(ag, name)(x, SIGNS, reduction=reduction, **options),
        lambda torch, x: getattr(torch.nn.functional, name)(x, torch.tensor(SIGNS), reduction=reduction, **options),
        numbers(4, 3),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [1.0, 0.3])
@pytest.mark.parametrize("power", [1, 2])
def test_hinge_as_it_is_defined(power, margin, reduction, agrees_with_torch):
    ours = ag.hinge_loss if power == 1 else ag.squared_hinge_loss

    def theirs(torch, x):
        losses = torch.relu(margin - torch.tensor(SIGNS) * x) ** power
        return {"none": losses, "mean": losses.mean(), "sum": losses.sum()}[reduction]

    agrees_with_torch(lambda x: ours(x, SIGNS, margin, reduction), theirs, numbers(4, 3))


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2.0, 1.5])])
@pytest.mark.parametrize(("p", "margin"), [(1, 1.0), (2, 1.0), (1, 0.3), (2, 0.3)])
@pytest.mark.parametrize("target", [np.array([0, 2, 1, 2]), np.array(1)])
def test_multi_margin_as_pytorchs(target, p, margin, weight, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x: ag.multi_margin_loss(x, target, p, margin, weight, reduction),
        lambda torch, x: torch.nn.functional.multi_margin_loss(
            x, torch.tensor(target), p, margin, None if weight is None else torch.tensor(weight), reduction=reduction
        ),
        numbers(*target.shape, 3),
        order=1,  # PyTorch has no more
    )


def test_multi_margin_with_scores_that_are_masked():
    x = ag.tensor([[1.0, -np.inf, 0.5]], requires_grad=True)
    loss = ag.multi_margin_loss(x, np.array([0]))
    loss.backward()
    np.testing.assert_allclose(loss.data, 0.5 / 3, rtol=1e-6)
    np.testing.assert_allclose(x.grad.data, [[-1 / 3, 0, 1 / 3]], rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "target", [np.array([[3, 0, -1, 1], [-1, 2, 2, 2], [0, 1, 2, 3]]), np.array([2, -1, 0, 1]), np.array([2, 2, 1, -1])]
)
def test_multilabel_margin_as_pytorchs(target, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x: ag.multilabel_margin_loss(x, target, reduction),
        lambda torch, x: torch.nn.functional.multilabel_margin_loss(x, torch.tensor(target), reduction=reduction),
        numbers(*target.shape),
        order=1,  # PyTorch has no more
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, np.array([0.5, 2.0, 1.5])])
@pytest.mark.parametrize("shape", [(4, 3), (3,), (2, 4, 3)])
def test_multilabel_soft_margin_as_pytorchs(shape, weight, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y: ag.multilabel_soft_margin_loss(x, y, weight, reduction),
        lambda torch, x, y: torch.nn.functional.multilabel_soft_margin_loss(
            x, y, None if weight is None else torch.tensor(weight), reduction=reduction
        ),
        numbers(*shape),
        np.random.default_rng(1).uniform(size=shape),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_margin_ranking_as_pytorchs(margin, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda a, b: ag.margin_ranking_loss(a, b, SIGNS, margin, reduction),
        lambda torch, a, b: torch.nn.functional.margin_ranking_loss(
            a, b, torch.tensor(SIGNS), margin, reduction=reduction
        ),
        numbers(4, 3),
        numbers(4, 3, seed=1),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("margin", [0.0, -0.5])
@pytest.mark.parametrize("target", [SIGNS[:, 0], np.array(1), np.array(-1)])
def test_cosine_embedding_as_pytorchs(target, margin, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda a, b: ag.cosine_embedding_loss(a, b, target, margin, reduction),
        lambda torch, a, b: torch.nn.functional.cosine_embedding_loss(
            a, b, torch.tensor(target), margin, reduction=reduction
        ),
        numbers(*target.shape, 3),
        numbers(*target.shape, 3, seed=1),
    )


def test_cosine_of_zeros():
    a = ag.tensor(np.zeros((2, 3)), requires_grad=True)
    losses = ag.cosine_embedding_loss(a, np.ones((2, 3)), np.array([1, -1]), reduction="none")
    np.testing.assert_array_equal(losses.data, [1, 0])
    losses.sum().backward()
    assert np.isfinite(a.grad.data).all()


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "options", [{}, {"margin": 3.0, "p": 3.0}, {"margin": 3.0, "p": 1.0}, {"swap": True, "eps": 0.1}]
)
@pytest.mark.parametrize("shape", [(6, 3), (3,)])
def test_triplets_as_pytorchs(shape, options, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda a, p, n: ag.triplet_margin_loss(a, p, n, reduction=reduction, **options),
        lambda torch, a, p, n: torch.nn.functional.triplet_margin_loss(a, p, n, reduction=reduction, **options),
        *(numbers(*shape, seed=seed) for seed in range(3)),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize("distance", [None, lambda a, b: ((a - b) ** 4).sum(-1)])
def test_triplets_of_any_distance_as_pytorchs(distance, swap, reduction, agrees_with_torch):
    options = {"distance_function": distance, "swap": swap, "reduction": reduction, "margin": 2.0}
    agrees_with_torch(
        lambda a, p, n: ag.triplet_margin_with_distance_loss(a, p, n, **options),
        lambda torch, a, p, n: torch.nn.functional.triplet_margin_with_distance_loss(a, p, n, **options),
        *(numbers(6, 3, seed=seed) for seed in range(3)),
    )


def test_triplets_of_one_point():
    """Where two points coincide, the distance has a kink, and a gradient of 0 (eps=0 lets them coincide exactly)."""
    a = ag.tensor(np.ones((1, 3)), requires_grad=True)
    ag.triplet_margin_loss(a, np.ones((1, 3)), np.zeros((1, 3)), margin=5.0, eps=0.0).backward()
    np.testing.assert_allclose(a.grad.data, -np.full((1, 3), 1 / np.sqrt(3)))


@pytest.mark.parametrize(
    ("loss", "x"),
    [
        (lambda x: ag.hinge_loss(x, np.array([1.0])), 1.0),
        (lambda x: ag.hinge_embedding_loss(x, np.array([-1])), 1.0),
        (lambda x: ag.margin_ranking_loss(x, np.array([0.5]), np.array([1]), 0.5), 1.0),
        (lambda x: ag.multi_margin_loss(ag.concatenate([x, x - 1]), np.array(0)), 3.0),
    ],
)
def test_at_the_margin_the_gradient_is_0(loss, x):
    x = ag.tensor(np.array([x]), requires_grad=True)
    loss(x).backward()
    assert x.grad.item() == 0


X, S = np.zeros((2, 3)), np.ones((2, 3), int)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, "targets must be -1 or 1 .*; from 0 and 1 they are", lambda: ag.hinge_loss(X, 0 * S)),
        (ValueError, "targets must be -1 or 1", lambda: ag.soft_margin_loss(X, 2 * S)),
        (ValueError, "targets must be -1 or 1", lambda: ag.margin_ranking_loss(X, X, 0 * S)),
        (ValueError, "one number for each loss", lambda: ag.cosine_embedding_loss(X, X, S)),
        (ValueError, "a and b must have one shape", lambda: ag.cosine_embedding_loss(X, X[:1], S[:, 0])),
        (ValueError, "a and b must have one shape", lambda: ag.margin_ranking_loss(X, X[:1], S)),
        (ValueError, "anchor and negative must have one shape", lambda: ag.triplet_margin_loss(X, X, X[:1])),
        (ValueError, r"x must be \(N, C\) with targets \(N,\)", lambda: ag.multi_margin_loss(X, S)),
        (ValueError, "p must be 1", lambda: ag.multi_margin_loss(X, S[:, 0], 3)),
        (ValueError, "weight must have one number", lambda: ag.multi_margin_loss(X, S[:, 0], weight=np.ones(2))),
        (TypeError, "targets must be integers", lambda: ag.multi_margin_loss(X, X[:, 0])),
        (IndexError, "targets run from 3 to 3", lambda: ag.multi_margin_loss(X, 3 * S[:, 0])),
        (IndexError, "targets run from -2 to -2", lambda: ag.multilabel_margin_loss(X, -2 * S)),
        (ValueError, "weight must have one number", lambda: ag.multilabel_soft_margin_loss(X, X, np.ones(2))),
    ],
)
def test_errors(error, words, call):
    with pytest.raises(error, match=words):
        call()


def test_several_labels_of_many_classes_take_little_memory():
    """(N, labels, classes) numbers, not (N, classes, classes)."""
    target = np.full((2, 2000), -1)
    target[:, :3] = [[5, 7, 9], [1999, -1, 0]]
    x = ag.tensor(np.zeros((2, 2000)), requires_grad=True)
    tracemalloc.start()
    loss = ag.multilabel_margin_loss(x, target, "none")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(loss.data, [3 * 1997 / 2000, 1999 / 2000])
    assert peak < 2000 * 2000
