"""Layers of batch normalization: their state, training and evaluation, and PyTorch's next to them."""

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
