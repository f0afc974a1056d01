"""Losses as modules: torch.nn's arguments, results and buffers, and every loss of ops/ is there."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn.losses import Loss

ROWS, CLASSES = np.array([[1, 2, 0], [2, -1, 1]]), np.array([2, 0])
X, Y = (np.random.default_rng(seed).standard_normal((2, 3)) for seed in (0, 1))
Z, SIGNS = np.random.default_rng(2).uniform(0.1, 0.9, (2, 3)), np.array([[1, -1, 1], [-1, -1, 1]])
W = np.array([0.5, 1.0, 2.0])

# Constructor arguments that are all off their defaults, and operands.
CASES = {
    "MSELoss": ({}, (X, Y)),
    "L1Loss": ({}, (X, Y)),
    "SmoothL1Loss": ({"beta": 0.5}, (X, Y)),
    "HuberLoss": ({"delta": 0.5}, (X, Y)),
    "KLDivLoss": ({"log_target": True}, (X, Y)),
    "PoissonNLLLoss": ({"log_input": False, "full": True, "eps": 0.1}, (Z, Z)),
    "GaussianNLLLoss": ({"full": True, "eps": 0.5}, (X, Y, Z)),
    "CrossEntropyLoss": ({"weight": W, "ignore_index": 1, "label_smoothing": 0.1}, (X, CLASSES)),
    "NLLLoss": ({"weight": W, "ignore_index": 1}, (X, CLASSES)),
    "BCELoss": ({"weight": W}, (Z, Z)),
    "BCEWithLogitsLoss": ({"weight": W, "pos_weight": W}, (X, Z)),
    "CTCLoss": ({"blank": 2, "zero_infinity": True}, (X[:, None], CLASSES[1:, None], np.array([2]), np.array([1]))),
    "SoftMarginLoss": ({}, (X, SIGNS)),
    "HingeEmbeddingLoss": ({"margin": 0.5}, (X, SIGNS)),
    "MultiMarginLoss": ({"p": 2, "margin": 0.5, "weight": W}, (X, CLASSES)),
    "MultiLabelMarginLoss": ({}, (X, ROWS)),
    "MultiLabelSoftMarginLoss": ({"weight": W}, (X, Z)),
    "MarginRankingLoss": ({"margin": 0.5}, (X, Y, SIGNS)),
    "CosineEmbeddingLoss": ({"margin": 0.5}, (X, Y, SIGNS[0, :2])),
    "TripletMarginLoss": ({"margin": 2.0, "p": 3.0, "eps": 0.1, "swap": True}, (X, Y, Z)),
    "TripletMarginWithDistanceLoss": (
        {"margin": 2.0, "swap": True, "distance_function": lambda a, b: ((a - b) ** 2).sum(-1)},
        (X, Y, Z),
    ),
}
OURS = ("HingeLoss", "SquaredHingeLoss")  # not PyTorch's


def test_every_loss_stands_here():
    assert {name for name in nn.__all__ if name.endswith("Loss")} == {*CASES, *OURS}


@pytest.mark.filterwarnings("ignore:reduction")  # PyTorch's own, of what "mean" of kl_div will be
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", CASES)
def test_as_pytorchs(name, reduction):
    torch = pytest.importorskip("torch")
    options, operands = CASES[name]
    arrays = {key: torch.tensor(v) if isinstance(v, np.ndarray) else v for key, v in options.items()}
    theirs = getattr(torch.nn, name)(**arrays, reduction=reduction)
    ours = getattr(nn, name)(**options, reduction=reduction)
    expected = theirs(*map(torch.tensor, operands))
    np.testing.assert_allclose(ours(*operands), expected.numpy(), rtol=1e-12)
    np.testing.assert_allclose(ours(*map(ag.tensor, operands)).data, expected.numpy(), rtol=1e-12)
    assert list(ours.state_dict()) == list(theirs.state_dict())


@pytest.mark.parametrize("name", [*CASES, *OURS])
def test_the_defaults_are_the_operations(name):
    loss = getattr(nn, name)()
    assert isinstance(loss, Loss)
    parameters = loss.function.op.signature.parameters
    assert {key: getattr(loss, key) for key in loss.names} == {key: parameters[key].default for key in loss.names}
    arrays = [p for p in parameters.values() if p.default is p.empty]
    assert len(loss.names) + len(arrays) + ("weight" in parameters and "weight" not in loss.names) == len(parameters)


@pytest.mark.parametrize("name", [*CASES, *OURS])
def test_a_reduction_that_is_not_known_is_refused_at_once(name):
    with pytest.raises(ValueError, match=rf"{name}: reduction 'avg' is not known; use \"mean\", \"sum\""):
        getattr(nn, name)(reduction="avg")


def test_batchmean_is_for_divergences():
    assert nn.KLDivLoss(reduction="batchmean")(X, Z) == ag.kl_div(X, Z, "batchmean")
    with pytest.raises(ValueError, match="'batchmean' is not known"):
        nn.MSELoss(reduction="batchmean")


def test_weights_are_buffers():
    loss = nn.CrossEntropyLoss(W)
    assert [name for name, _ in loss.named_buffers()] == ["weight"]
    assert not list(loss.parameters())
    assert loss.astype("float32").weight.dtype == np.float32


def test_hinge():
    target = np.array([1, -1, 1])
    losses = nn.HingeLoss(0.5, reduction="none")(W, target)
    np.testing.assert_allclose(losses, [0, 1.5, 0])
    np.testing.assert_allclose(nn.SquaredHingeLoss(0.5, reduction="none")(W, target), losses**2)


def test_options_are_shown():
    assert (
        repr(nn.TripletMarginLoss(2.0))
        == "TripletMarginLoss(margin=2.0, p=2.0, eps=1e-06, swap=False, reduction='mean')"
    )
    assert repr(nn.BCELoss(W)) == "BCELoss(reduction='mean')"
