"""Cross-entropy of classes and of yes or no: PyTorch's results with every option, extreme logits, errors."""

import itertools
from functools import partial

import numpy as np
import pytest

import autograd_lite as ag

REDUCTIONS = ["mean", "sum", "none"]
SHAPES = [(5, 4), (5, 4, 3), (5, 4, 2, 2), (4,)]


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def shares(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.1, 0.9, shape)


def classes(shape, ignored):
    target = np.random.default_rng(1).integers(0, 4, shape[:1] + shape[2:] if len(shape) > 1 else ())
    if target.ndim:
        target.flat[0] = ignored
    return target


# -- classes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("label_smoothing", "weighted", "ignored"), list(itertools.product([0.0, 0.2], [False, True], [-100, 2]))
)
@pytest.mark.parametrize("shape", SHAPES)
def test_classes_as_pytorchs(shape, label_smoothing, weighted, ignored, reduction, agrees_with_torch):
    target, weight = classes(shape, ignored), shares(4) if weighted else None
    if not target.ndim and target == ignored:
        target = target - 1
    agrees_with_torch(
        lambda x: ag.cross_entropy(x, target, weight, ignored, reduction, label_smoothing),
        lambda torch, x: torch.nn.functional.cross_entropy(
            x,
            torch.tensor(target),
            None if weight is None else torch.tensor(weight),
            ignore_index=ignored,
            reduction=reduction,
            label_smoothing=label_smoothing,
        ),
        numbers(*shape),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("label_smoothing", "weighted"), list(itertools.product([0.0, 0.2], [False, True])))
@pytest.mark.parametrize("shape", SHAPES)
def test_probabilities_as_pytorchs_with_a_gradient(shape, label_smoothing, weighted, reduction, agrees_with_torch):
    weight = shares(4) if weighted else None
    agrees_with_torch(
        lambda x, target: ag.cross_entropy(x, target, weight, reduction=reduction, label_smoothing=label_smoothing),
        lambda torch, x, target: torch.nn.functional.cross_entropy(
            x,
            target,
            None if weight is None else torch.tensor(weight),
            reduction=reduction,
            label_smoothing=label_smoothing,
        ),
        numbers(*shape),
        shares(*shape),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("weighted", "ignored"), list(itertools.product([False, True], [-100, 2])))
@pytest.mark.parametrize("shape", SHAPES)
def test_nll_as_pytorchs(shape, weighted, ignored, reduction, agrees_with_torch):
    target, weight = classes(shape, ignored), shares(4) if weighted else None
    if not target.ndim and target == ignored:
        target = target - 1
    agrees_with_torch(
        lambda x: ag.nll_loss(x, target, weight, ignored, reduction),
        lambda torch, x: torch.nn.functional.nll_loss(
            x,
            torch.tensor(target),
            None if weight is None else torch.tensor(weight),
            ignore_index=ignored,
            reduction=reduction,
        ),
        numbers(*shape),
    )


def test_the_gradients_of_probabilities_and_of_weights_agree_with_finite_differences():
    x, target, weight = (ag.tensor(v, requires_grad=True) for v in (numbers(3, 4), shares(3, 4), shares(4)))
    assert ag.gradcheck(lambda: ag.cross_entropy(x, target, weight, label_smoothing=0.1), x, target, weight, order=2)
    labels = np.array([1, 0, 3])
    assert ag.gradcheck(lambda: ag.cross_entropy(x, labels, weight, 0, label_smoothing=0.1), x, weight, order=2)


def test_one_hot_probabilities_are_classes():
    x, target = numbers(5, 4), np.array([0, 3, 1, 1, 2])
    for smoothing in (0.0, 0.3):
        a = ag.cross_entropy(x, target, label_smoothing=smoothing)
        np.testing.assert_allclose(ag.cross_entropy(x, np.eye(4)[target], label_smoothing=smoothing), a, rtol=1e-12)


def assert_finite_to_second_order(loss, x):
    x = ag.tensor(x, requires_grad=True)
    total = loss(x)
    (g,) = ag.gradients(total, x, create_graph=True)
    (h,) = ag.gradients((g * g).sum(), x)
    for result in (total, g, h):
        assert result.dtype == x.dtype
        assert np.isfinite(result.data).all()


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1}, {"weight": np.float32([1, 2, 3])}])
@pytest.mark.parametrize("soft", [False, True])
def test_extreme_logits_to_second_order(soft, options):
    x = np.float32([[1e4, -1e4, 0], [-1e4, -1e4, 1e4], [1e4, 1e4, -1e4]])
    target = np.float32([[0.5, 0.5, 0], [0, 0, 1], [1, 0, 0]]) if soft else np.array([1, 2, 0])
    assert_finite_to_second_order(lambda x: ag.cross_entropy(x, target, **options), x)


def test_a_class_that_cannot_be_and_is_not_asked_for():
    """A logit of -inf (a mask) costs nothing where its share is 0."""
    x = ag.tensor([[0.0, -np.inf, 0.0]], requires_grad=True)
    loss = ag.cross_entropy(x, np.float32([[0.5, 0.0, 0.5]]))
    loss.backward()
    np.testing.assert_allclose(loss.data, np.log(2), rtol=1e-6)
    np.testing.assert_array_equal(x.grad.data, 0)


def test_a_list_of_classes():
    x = ag.tensor(numbers(2, 3), requires_grad=True)
    assert ag.cross_entropy(x, [2, 0]).item() == ag.cross_entropy(x, np.array([2, 0])).item()
    assert ag.nll_loss(x, [2, 0], [1.0, 2.0, 3.0]).item() == ag.nll_loss(x, [2, 0], np.arange(1.0, 4)).item()


def test_what_does_not_count_has_no_gradient():
    x = ag.tensor(numbers(3, 4), requires_grad=True)
    ag.cross_entropy(x, np.array([1, -100, 2]), shares(4), label_smoothing=0.1).backward()
    np.testing.assert_array_equal(x.grad.data[1], 0)
    assert np.all(x.grad.data[[0, 2]] != 0)


X, Y = np.zeros((3, 4)), np.zeros(3, int)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, "label_smoothing is the share", lambda: ag.cross_entropy(X, Y, label_smoothing=1.5)),
        (ValueError, "weight must have one number for each of the 4", lambda: ag.cross_entropy(X, Y, np.ones(3))),
        (ValueError, "weight must have one number for each of the 4", lambda: ag.cross_entropy(X, X, np.ones(3))),
        (ValueError, "probabilities name no class", lambda: ag.cross_entropy(X, X, ignore_index=1)),
        (ValueError, r"the target must have shape \(3,\)", lambda: ag.cross_entropy(X, Y[:2])),
        (ValueError, r"the target must have shape \(3,\)", lambda: ag.cross_entropy(X, Y[:2], label_smoothing=0.1)),
        (ValueError, "reduction 'avg' is not known", lambda: ag.cross_entropy(X, Y, reduction="avg")),
        (ValueError, "reduction 'avg' is not known", lambda: ag.cross_entropy(X, X, reduction="avg")),
        (ValueError, "reduction 'avg' is not known", lambda: ag.nll_loss(X, Y, reduction="avg")),
        (TypeError, "targets must be integers", lambda: ag.cross_entropy(X, Y.astype(float))),
        (TypeError, "targets must be integers", lambda: ag.nll_loss(X, X)),
        (IndexError, "targets run from 4 to 4", lambda: ag.cross_entropy(X, Y + 4)),
        (IndexError, "targets run from -1 to -1", lambda: ag.cross_entropy(X, Y - 1, label_smoothing=0.1)),
        (IndexError, "targets run from 4 to 4", lambda: ag.nll_loss(X, Y + 4)),
    ],
)
def test_errors_of_classes(error, words, call):
    with pytest.raises(error, match=words):
        call()


# -- yes or no ---------------------------------------------------------------------------------------------------

WEIGHTS = [(None, None), ((3,), None), ((4, 1), (3,)), (None, (4, 3))]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("weight", "pos_weight"), WEIGHTS)
def test_logits_as_pytorchs(weight, pos_weight, reduction, agrees_with_torch):
    weight, pos_weight = (None if shape is None else shares(*shape) for shape in (weight, pos_weight))
    agrees_with_torch(
        lambda x, y: ag.binary_cross_entropy_with_logits(x, y, weight, reduction, pos_weight),
        lambda torch, x, y: torch.nn.functional.binary_cross_entropy_with_logits(
            x,
            y,
            None if weight is None else torch.tensor(weight),
            pos_weight=None if pos_weight is None else torch.tensor(pos_weight),
            reduction=reduction,
        ),
        numbers(4, 3),
        shares(4, 3),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, (3,), (4, 1)])
def test_probabilities_as_pytorchs(weight, reduction, agrees_with_torch):
    weight = None if weight is None else shares(*weight)
    agrees_with_torch(
        lambda x, y: ag.binary_cross_entropy(x, y, weight, reduction),
        lambda torch, x, y: torch.nn.functional.binary_cross_entropy(
            x, y, None if weight is None else torch.tensor(weight), reduction=reduction
        ),
        shares(4, 3),
        shares(4, 3, seed=1),
        rtol=1e-8,  # PyTorch adds 1e-12 to what it divides by
    )


def test_probabilities_of_0_and_1_as_pytorchs(agrees_with_torch):
    x, target = np.array([0.0, 0.0, 1.0, 1.0, 0.5, 1e-30]), np.array([0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    agrees_with_torch(
        lambda x: ag.binary_cross_entropy(x, target),
        lambda torch, x: torch.nn.functional.binary_cross_entropy(x, torch.tensor(target)),
        x,
        rtol=1e-8,
        order=1,
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("alpha", "gamma"), [(0.25, 2.0), (-1, 1.5), (0.6, 0.0), (0.3, 3)])
def test_focal_loss_as_torchvision_defines_it(alpha, gamma, reduction, agrees_with_torch):
    def theirs(torch, x, y):
        p = torch.sigmoid(x)
        losses = torch.nn.functional.binary_cross_entropy_with_logits(x, y, reduction="none")
        losses = losses * (1 - (p * y + (1 - p) * (1 - y))) ** gamma
        losses = losses if alpha < 0 else (alpha * y + (1 - alpha) * (1 - y)) * losses
        return {"none": losses, "mean": losses.mean(), "sum": losses.sum()}[reduction]

    agrees_with_torch(
        lambda x, y: ag.sigmoid_focal_loss(x, y, alpha, gamma, reduction), theirs, numbers(4, 3), shares(4, 3)
    )


@pytest.mark.parametrize(
    "loss",
    [
        ag.binary_cross_entropy_with_logits,
        lambda x, y: ag.soft_margin_loss(x, np.where(y > 0, 1, -1)),
        ag.multilabel_soft_margin_loss,
        *(partial(ag.sigmoid_focal_loss, gamma=gamma, reduction="sum") for gamma in (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)),
    ],
)
def test_extreme_logits_of_yes_or_no_to_second_order(loss):
    x = np.float32([1e4, -1e4, 100, -100, 20, -20, 0])
    for target in (np.zeros(7, np.float32), np.ones(7, np.float32), np.full(7, 0.5, np.float32)):
        assert_finite_to_second_order(lambda x, target=target: loss(x, target), x)


def test_small_losses_keep_their_digits():
    x = ag.tensor(np.float32([20, -20, 100]), requires_grad=True)
    losses = ag.binary_cross_entropy_with_logits(x, np.float32([1, 0, 1]), reduction="none")
    np.testing.assert_allclose(losses.data, [2.0611536e-9, 2.0611536e-9, 3.7835e-44], rtol=1e-3)
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.data, [-2.0611536e-9, 2.0611536e-9, -3.7835e-44], rtol=1e-3)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("x must be probabilities", lambda: ag.binary_cross_entropy(X + 1.5, X)),
        ("x must be probabilities", lambda: ag.binary_cross_entropy(X - 0.5, X)),
        ("weight must broadcast to x's shape", lambda: ag.binary_cross_entropy(X, X, np.ones((2, 3, 4)))),
        ("pos_weight must broadcast", lambda: ag.binary_cross_entropy_with_logits(X, X, pos_weight=np.ones((2, 3, 4)))),
        ("weight must broadcast", lambda: ag.binary_cross_entropy_with_logits(X, X, np.ones(3))),
    ],
)
def test_errors_of_yes_or_no(words, call):
    with pytest.raises(ValueError, match=words):
        call()


def test_complex_numbers_are_no_probabilities():
    with pytest.raises(TypeError, match="binary_cross_entropy: complex numbers"):
        ag.binary_cross_entropy(np.full(2, 0.5j), np.ones(2))
