"""Layers of normalization: their state, training and evaluation, and PyTorch's next to them."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

CASES = [
    (nn.BatchNorm1d, (4, 3)),
    (nn.BatchNorm1d, (4, 3, 5)),
    (nn.BatchNorm2d, (2, 3, 4, 5)),
    (nn.BatchNorm3d, (2, 3, 2, 3, 2)),
]


def batch(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize(("layer", "shape"), CASES)
def test_three_batches_and_an_evaluation_as_pytorchs(layer, shape, momentum):
    torch = pytest.importorskip("torch")
    ours, theirs = layer(3, momentum=momentum), getattr(torch.nn, layer.__name__)(3, momentum=momentum)
    for seed in range(3):
        out, expected = ours(ag.tensor(batch(shape, seed))), theirs(torch.tensor(batch(shape, seed)))
        np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=1e-5)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value, state[key].numpy(), rtol=1e-5, atol=1e-6)
        assert str(state[key].dtype) == f"torch.{value.dtype}"
    x = batch(shape, 3)
    np.testing.assert_allclose(ours.eval()(x).detach(), theirs.eval()(torch.tensor(x)).detach().numpy(), atol=1e-5)
    ours.load_state_dict(theirs.state_dict())


@pytest.mark.parametrize(("layer", "shape"), CASES)
def test_evaluation_changes_nothing(layer, shape):
    model = layer(3).eval()
    before = model.state_dict()
    model(batch(shape))
    for key, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


def test_momentum_none_gives_the_mean_over_all_batches():
    model = nn.BatchNorm1d(2, momentum=None)
    batches = [batch((6, 2), seed) for seed in range(4)]
    for x in batches:
        model(x)
    assert model.num_batches_tracked.item() == 4
    np.testing.assert_allclose(model.running_mean.data, np.mean([x.mean(0) for x in batches], 0), atol=1e-6)
    np.testing.assert_allclose(model.running_var.data, np.mean([x.var(0, ddof=1) for x in batches], 0), rtol=1e-5)


def test_without_running_statistics_evaluation_takes_the_batchs():
    model = nn.BatchNorm1d(2, affine=False, track_running_stats=False)
    assert not model.state_dict()
    x = batch((5, 2))
    np.testing.assert_array_equal(model.eval()(x), model.train()(x))


def test_it_learns_and_starts_anew():
    model = nn.BatchNorm2d(3)
    model(ag.tensor(batch((2, 3, 2, 2)))).sum().backward()
    assert [name for name, _ in model.named_parameters()] == ["weight", "bias"]
    np.testing.assert_allclose(model.bias.grad.data, 8)
    model.reset_parameters()
    assert model.running_mean.tolist() == [0, 0, 0]
    assert model.running_var.tolist() == [1, 1, 1]
    assert model.num_batches_tracked.item() == 0


def test_converted_to_float64():
    model = nn.BatchNorm1d(2).astype("float64")
    assert model(batch((5, 2)).astype("float64")).dtype == np.float64
    assert model.running_mean.dtype == np.float64
    assert model.num_batches_tracked.dtype == np.int64


def test_errors():
    with pytest.raises(ValueError, match=r"BatchNorm2d: x is \(4, 3\), not \(N, C, H, W\)"):
        nn.BatchNorm2d(3)(batch((4, 3)))
    with pytest.raises(ValueError, match="2 channels, the layer 3"):
        nn.BatchNorm1d(3)(batch((4, 2)))
    with pytest.raises(TypeError, match="float64"):
        nn.BatchNorm1d(3)(batch((4, 3)).astype("float64"))
    model = nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="one number in each channel"):
        model(batch((1, 3)))
    assert model.num_batches_tracked.item() == 0
    with pytest.raises(TypeError, match="num_features"):
        nn.BatchNorm1d(2.5)


def test_its_arguments_are_shown():
    text = "BatchNorm2d(8, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True)"
    assert repr(nn.BatchNorm2d(8)) == text


@pytest.mark.parametrize("options", [{"eps": "small"}, {"eps": -1e-5}, {"momentum": -0.1}, {"momentum": "slow"}])
def test_numbers_that_are_none(options):
    (name,) = options
    with pytest.raises(ValueError, match=f"BatchNorm1d: {name} is .*; pass a number that is not negative"):
        nn.BatchNorm1d(3, **options)


# -- the others --------------------------------------------------------------------------------------------------

OTHERS = {
    "InstanceNorm1d": [((3,), {}, (2, 3, 4)), ((3,), {"affine": True}, (3, 4))],
    "InstanceNorm2d": [
        ((3, 0.1), {"track_running_stats": True, "momentum": 0.3}, (2, 3, 4, 2)),
        ((3,), {"affine": True, "bias": False}, (2, 3, 4, 2)),
    ],
    "InstanceNorm3d": [((3,), {"affine": True, "track_running_stats": True}, (2, 3, 2, 2, 2))],
    "BatchNorm1d": [((3,), {"bias": False}, (4, 3)), ((3,), {"affine": False, "bias": True}, (4, 3, 2))],
    "GroupNorm": [
        ((2, 4), {}, (3, 4, 2)),
        ((4, 4, 0.1), {"affine": False}, (3, 4, 2, 2)),
        ((2, 4), {"bias": False}, (3, 4, 2)),
    ],
    "LayerNorm": [
        ((4,), {}, (2, 3, 4)),
        (((3, 4), 0.1), {}, (2, 3, 4)),
        (([4],), {"elementwise_affine": False}, (2, 4)),
        ((4,), {"bias": False}, (2, 4)),
    ],
    "RMSNorm": [((4,), {}, (2, 3, 4)), (((3, 4), 0.1), {"elementwise_affine": False}, (2, 3, 4))],
    "LocalResponseNorm": [((3,), {}, (2, 4, 3)), ((2, 0.5, 0.6, 2.0), {}, (2, 4, 3, 3))],
}


@pytest.mark.parametrize(
    ("name", "args", "options", "shape"), [(name, *case) for name, cases in OTHERS.items() for case in cases]
)
def test_the_others_as_pytorchs(name, args, options, shape):
    torch = pytest.importorskip("torch")
    ours, theirs = getattr(nn, name)(*args, **options), getattr(torch.nn, name)(*args, **options)
    for parameter, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        parameter.data[...] = batch(parameter.shape, 7)
        reference.data = torch.tensor(parameter.data)
    for training in (True, False):
        ours.train(training)
        theirs.train(training)
        x, reference = ag.tensor(batch(shape), requires_grad=True), torch.tensor(batch(shape), requires_grad=True)
        out, expected = ours(x), theirs(reference)
        np.testing.assert_allclose(out.data, expected.detach().numpy(), atol=1e-5)
        (out * out * out).sum().backward()
        (expected * expected * expected).sum().backward()
        np.testing.assert_allclose(x.grad.data, reference.grad.numpy(), atol=1e-4)
    for parameter, reference in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(parameter.grad.data, reference.grad.numpy(), rtol=1e-4, atol=1e-4)
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value, state[key].numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        (ValueError, r"InstanceNorm2d: x is \(2, 3\), not \(C, H, W\) or", lambda: nn.InstanceNorm2d(3)(batch((2, 3)))),
        (ValueError, "has 4 channels, the layer 3", lambda: nn.InstanceNorm1d(3)(batch((4, 5)))),
        (ValueError, "5 channels cannot be 2 groups", lambda: nn.GroupNorm(2, 5)),
        (ValueError, r"not \(N, 4, ...\)", lambda: nn.GroupNorm(2, 4)(batch((2, 6)))),
        (ValueError, "num_groups is 0", lambda: nn.GroupNorm(0, 4)),
        (TypeError, r"normalized_shape\[1\] is 2.5", lambda: nn.LayerNorm((3, 2.5))),
        (ValueError, "normalized_shape must be the lengths", lambda: nn.LayerNorm(3)(batch((3, 4)))),
        (TypeError, "float64", lambda: nn.RMSNorm(3)(batch((2, 3)).astype("float64"))),
        (ValueError, "eps is -1", lambda: nn.LayerNorm(3, -1)),
        (ValueError, "size is 0", lambda: nn.LocalResponseNorm(0)),
    ],
)
def test_errors_of_the_others(error, words, call):
    with pytest.raises(error, match=words):
        call()


def test_layers_without_parameters_take_lists():
    x = [[1.0, 3.0], [2.0, 6.0]]
    for layer in (nn.LayerNorm(2, 0.0, False), nn.InstanceNorm1d(2, 0.0)):
        np.testing.assert_allclose(layer(x), [[-1, 1], [-1, 1]])
    np.testing.assert_allclose(nn.BatchNorm1d(2, 0.0, affine=False, track_running_stats=False)(x), [[-1, -1], [1, 1]])


def test_their_arguments_are_shown():
    assert repr(nn.LayerNorm((3, 4))) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)"
    assert repr(nn.GroupNorm(2, 4)) == "GroupNorm(2, 4, eps=1e-05, affine=True)"
    assert repr(nn.LocalResponseNorm(2)) == "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"
