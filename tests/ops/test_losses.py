"""Losses of numbers: PyTorch's results with every option, and what all losses refuse."""

import numpy as np
import pytest

import autograd_lite as ag

REDUCTIONS = ["mean", "sum", "none"]
PAIRED = {  # losses of x and a target of its shape, as functions of these alone
    "mse_loss": {},
    "l1_loss": {},
    "huber_loss": {"delta": 0.7},
    "smooth_l1_loss": {"beta": 0.7},
    "kl_div": {"log_target": True},
    "poisson_nll_loss": {"full": True},
    "soft_margin_loss": {},
    "hinge_loss": {},
    "squared_hinge_loss": {},
    "hinge_embedding_loss": {"margin": 0.5},
    "binary_cross_entropy": {},
    "binary_cross_entropy_with_logits": {},
    "sigmoid_focal_loss": {},
    "multilabel_soft_margin_loss": {},
    "multilabel_margin_loss": {},
}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def positive(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.3, 3, shape)


@pytest.mark.filterwarnings("ignore:reduction")  # PyTorch's own, of what "mean" of kl_div will be
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mse_loss", {}),
        ("l1_loss", {}),
        ("huber_loss", {}),
        ("huber_loss", {"delta": 0.4}),
        ("smooth_l1_loss", {}),
        ("smooth_l1_loss", {"beta": 0.4}),
        ("smooth_l1_loss", {"beta": 0.0}),
        ("kl_div", {"log_target": True}),
        ("poisson_nll_loss", {}),
    ],
)
def test_distances_as_pytorchs(name, options, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y: getattr(ag, name)(x, y, reduction=reduction, **options),
        lambda torch, x, y: getattr(torch.nn.functional, name)(x, y, reduction=reduction, **options),
        numbers(4, 3),
        numbers(4, 3, seed=1),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
def test_weights_as_pytorchs(name, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y, w: getattr(ag, name)(x, y, reduction=reduction, weight=w),
        lambda torch, x, y, w: getattr(torch.nn.functional, name)(x, y, reduction=reduction, weight=w),
        numbers(4, 3),
        numbers(4, 3, seed=1),
        positive(4, 3, seed=2),
    )


@pytest.mark.filterwarnings("ignore:reduction")
@pytest.mark.parametrize("reduction", [*REDUCTIONS, "batchmean"])
def test_kl_div_of_probabilities_as_pytorchs(reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y: ag.kl_div(x, y, reduction),
        lambda torch, x, y: torch.nn.functional.kl_div(x, y, reduction=reduction),
        numbers(4, 3),
        positive(4, 3),
    )


def test_kl_div_where_a_probability_is_0():
    x, target = ag.tensor([-1.0, -np.inf, -2.0], requires_grad=True), ag.tensor([0.5, 0.0, 0.0], requires_grad=True)
    losses = ag.kl_div(x, target, "none")
    np.testing.assert_allclose(losses.data, [0.5 * (np.log(0.5) + 1), 0, 0], rtol=1e-6)
    losses.sum().backward()
    np.testing.assert_allclose(x.grad.data, [-0.5, 0, 0])
    np.testing.assert_allclose(target.grad.data[[0, 2]], [np.log(0.5) + 2, 2], rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("options", [{"log_input": False}, {"full": True}, {"log_input": False, "eps": 0.1}])
def test_poisson_as_pytorchs(options, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y: ag.poisson_nll_loss(x, y, reduction=reduction, **options),
        lambda torch, x, y: torch.nn.functional.poisson_nll_loss(x, y, reduction=reduction, **options),
        positive(4, 3),
        positive(4, 3, seed=1),
    )


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("options", [{}, {"full": True, "eps": 1.0}])
@pytest.mark.parametrize("shape", [(4, 3), (4, 1), (4,)])
def test_gaussian_as_pytorchs(shape, options, reduction, agrees_with_torch):
    agrees_with_torch(
        lambda x, y, var: ag.gaussian_nll_loss(x, y, var, reduction=reduction, **options),
        lambda torch, x, y, var: torch.nn.functional.gaussian_nll_loss(x, y, var, reduction=reduction, **options),
        numbers(4, 3),
        numbers(4, 3, seed=1),
        positive(*shape, seed=2),
    )


def test_one_variance_for_all(agrees_with_torch):
    agrees_with_torch(
        lambda x, y: ag.gaussian_nll_loss(x, y, 0.7),
        lambda torch, x, y: torch.nn.functional.gaussian_nll_loss(x, y, 0.7),
        numbers(4, 3),
        numbers(4, 3, seed=1),
    )


def test_huber_is_exact_far_away():
    x = ag.tensor([1e30, -1e30, 1e-20], requires_grad=True)
    ag.huber_loss(x, np.zeros(3, "float32"), "sum").backward()
    np.testing.assert_array_equal(x.grad.data, np.float32([1, -1, 1e-20]))


# -- what all have in common -------------------------------------------------------------------------------------


def pair(name, dtype="float64"):
    """Operands for any of the losses of two arrays."""
    x = np.full((2, 3), 0.5, dtype)
    if name == "multilabel_margin_loss":
        return x, np.array([[0, -1, -1], [2, 1, -1]])
    return x, np.ones((2, 3), int)


@pytest.mark.parametrize("name", PAIRED)
def test_reductions(name):
    x, target = pair(name)
    losses = getattr(ag, name)(x, target, reduction="none", **PAIRED[name])
    np.testing.assert_allclose(getattr(ag, name)(x, target, reduction="sum", **PAIRED[name]), losses.sum())
    np.testing.assert_allclose(getattr(ag, name)(x, target, reduction="mean", **PAIRED[name]), losses.mean())
    with pytest.raises(ValueError, match=rf"{name}: reduction 'avg' is not known .*use \"mean\", \"sum\""):
        getattr(ag, name)(x, target, reduction="avg", **PAIRED[name])


@pytest.mark.parametrize("name", PAIRED)
def test_targets_of_another_shape_are_refused(name):
    x, target = pair(name)
    with pytest.raises(ValueError, match=rf"{name}: .*; .*reshape"):
        getattr(ag, name)(x, target[:1])


@pytest.mark.parametrize("name", PAIRED)
def test_targets_that_are_integers_do_not_promote(name):
    x, target = pair(name, "float32")
    assert getattr(ag, name)(ag.tensor(x, requires_grad=True), ag.tensor(target)).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: ag.mse_loss(x, x, weight=x[0]), "x and weight must have one shape"),
        (lambda x: ag.huber_loss(x, x, delta=0.0), "delta must be positive"),
        (lambda x: ag.smooth_l1_loss(x, x, beta=-1.0), "beta must not be negative"),
        (lambda x: ag.mse_loss(x, x, "batchmean"), "'batchmean' is not known"),
        (lambda x: ag.gaussian_nll_loss(x, x, -x), "variances must not be negative"),
        (lambda x: ag.gaussian_nll_loss(x, x, x[0]), "var must have x's shape"),
        (lambda x: ag.gaussian_nll_loss(x, x, x[:1, :1]), "var must have x's shape"),
    ],
)
def test_errors(call, words):
    with pytest.raises(ValueError, match=words):
        call(np.ones((2, 3)))


def test_lists_are_taken():
    assert ag.mse_loss([1.0, 2.0], [1.0, 4.0]) == 2
    assert ag.mse_loss([1.0, 2.0], [1.0, 4.0]).dtype == np.float32


@pytest.mark.parametrize("loss", [ag.huber_loss, ag.smooth_l1_loss])
def test_complex_errors_are_on_no_side(loss):
    with pytest.raises(TypeError, match="complex numbers have no sign"):
        loss(np.full(2, 1j), np.ones(2))
