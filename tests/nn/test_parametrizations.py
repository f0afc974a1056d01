"""Weight and spectral normalization as PyTorch's, and parametrizations of one's own."""

import copy

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import parametrizations

LAYERS = {
    "Linear": ((4, 3), (5, 4)),
    "Conv2d": ((2, 3, 3), (2, 2, 5, 5)),
    "ConvTranspose2d": ((2, 3, 3), (2, 2, 4, 4)),
}


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def pair(torch, function, layer, *args, **kwargs):
    """The layer here with the state of PyTorch's, both parametrized in float64."""
    sizes, shape = LAYERS[layer]
    reference = getattr(torch.nn.utils.parametrizations, function)
    theirs = reference(getattr(torch.nn, layer)(*sizes).double(), *args, **kwargs)
    ours = getattr(parametrizations, function)(getattr(nn, layer)(*sizes, dtype="float64"), *args, **kwargs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs, numbers(*shape)


def assert_trained_alike(torch, ours, theirs, x):
    """Ten steps, after each of which all parameters and buffers are the same."""
    sgd, sgd_theirs = ag.optim.SGD(ours.parameters(), 0.01), torch.optim.SGD(theirs.parameters(), 0.01)
    for _ in range(10):
        sgd.zero_grad()
        sgd_theirs.zero_grad()
        out, out_theirs = ours(x), theirs(torch.tensor(x))
        np.testing.assert_allclose(out.data, out_theirs.detach().numpy(), rtol=1e-9, atol=1e-11)
        ((out - 1) ** 2).sum().backward()
        ((out_theirs - 1) ** 2).sum().backward()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-8, atol=1e-10)
        sgd.step()
        sgd_theirs.step()
    expected = theirs.state_dict()
    for key, value in ours.state_dict().items():
        np.testing.assert_allclose(value, expected[key].numpy(), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.eval()(x).data, theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-8)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(torch, layer, dim):
    assert_trained_alike(torch, *pair(torch, "weight_norm", layer, dim=dim))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("options", [{}, {"n_power_iterations": 3, "dim": 1}])
def test_spectral_norm(torch, layer, options):
    assert_trained_alike(torch, *pair(torch, "spectral_norm", layer, **options))


def test_of_a_vector(torch):
    assert_trained_alike(torch, *pair(torch, "spectral_norm", "Linear", "bias"))


@pytest.mark.parametrize("function", ["weight_norm", "spectral_norm"])
def test_of_a_recurrent_weight(torch, function):
    theirs = getattr(torch.nn.utils.parametrizations, function)(torch.nn.LSTM(3, 4).double(), "weight_hh_l0").eval()
    ours = getattr(parametrizations, function)(nn.LSTM(3, 4, dtype="float64"), "weight_hh_l0").eval()
    ours.load_state_dict(theirs.state_dict())
    x = numbers(5, 2, 3)
    np.testing.assert_allclose(ours(x)[0].data, theirs(torch.tensor(x))[0].detach().numpy(), rtol=1e-10, atol=1e-12)


def test_weights_move_to_pytorch(torch):
    ours, theirs, x = pair(torch, "spectral_norm", "Linear")
    ours(x)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    np.testing.assert_allclose(ours.eval()(x).data, theirs.eval()(torch.tensor(x)).detach().numpy(), rtol=1e-10)


def test_weight_norm_changes_nothing_at_first():
    layer = nn.Linear(4, 3, dtype="float64")
    weight, key = layer.weight.data.copy(), "parametrizations.weight.original"
    parametrizations.weight_norm(layer)
    np.testing.assert_allclose(layer.weight.data, weight)
    assert list(layer.state_dict()) == ["bias", key + "0", key + "1"]
    assert [name for name, _ in layer.named_parameters()] == ["bias", key + "0", key + "1"]
    assert isinstance(layer, nn.Linear)


def test_the_largest_singular_value_becomes_1():
    layer = nn.Conv2d(2, 3, 3, dtype="float64", rng=np.random.default_rng(0))
    parametrizations.spectral_norm(layer, n_power_iterations=50, rng=np.random.default_rng(0))
    assert np.linalg.norm(layer.weight.data.reshape(3, -1), 2) == pytest.approx(1, rel=1e-6)


def test_nothing_moves_when_evaluated():
    layer = parametrizations.spectral_norm(nn.Linear(4, 3).eval())
    before = layer.state_dict()
    layer(np.ones((2, 4), np.float32))
    for key, value in layer.state_dict().items():
        np.testing.assert_array_equal(value, before[key])


class Symmetric(nn.Module):
    calls = 0

    def forward(self, x):
        self.calls += 1
        return np.triu(x) + np.triu(x, 1).T


class TestOnesOwn:
    def layer(self):
        layer = nn.Linear(3, 3, rng=np.random.default_rng(0))
        return parametrizations.register_parametrization(layer, "weight", Symmetric())

    def test_is_computed_once_in_a_call_and_anew_for_the_next(self):
        layer, x = self.layer(), np.eye(3, dtype=np.float32)
        layer(x).sum().backward()
        symmetric = layer.parametrizations["weight"][0]
        assert symmetric.calls == 1
        before = layer.weight.data
        with ag.no_grad():
            layer.parametrizations["weight"].original *= 2
        np.testing.assert_array_equal(layer.weight.data, 2 * before)
        np.testing.assert_array_equal(layer.weight.data, layer.weight.data.T)
        assert symmetric.calls == 5

    def test_can_be_taken_away(self):
        layer = self.layer()
        weight = layer.weight.data
        assert parametrizations.is_parametrized(layer)
        assert parametrizations.is_parametrized(layer, "weight")
        assert not parametrizations.is_parametrized(layer, "bias")
        parametrizations.remove_parametrizations(layer, "weight")
        assert type(layer) is nn.Linear
        assert isinstance(layer.weight, nn.Parameter)
        np.testing.assert_array_equal(layer.weight.data, weight)
        assert sorted(layer.state_dict()) == ["bias", "weight"]
        assert not parametrizations.is_parametrized(layer)

    def test_the_original_can_be_left(self):
        layer = self.layer()
        original = layer.parametrizations["weight"].original.data
        parametrizations.remove_parametrizations(layer, "weight", leave_parametrized=False)
        np.testing.assert_array_equal(layer.weight.data, original)

    def test_two_of_one_layer(self):
        layer = parametrizations.weight_norm(self.layer(), "bias", dim=None)
        assert set(layer.parametrizations) == {"weight", "bias"}
        parametrizations.remove_parametrizations(layer, "weight")
        assert set(layer.parametrizations) == {"bias"}
        assert layer(np.ones((1, 3), np.float32)).shape == (1, 3)

    def test_a_copy_is_independent(self):
        layer = self.layer()
        twin = copy.deepcopy(layer).astype("float64")
        assert twin.weight.dtype == np.float64
        assert layer.weight.dtype == np.float32
        assert twin.parametrizations["weight"] is not layer.parametrizations["weight"]

    def test_what_is_computed_without_a_gradient_is_not_used_with_one(self):
        class Twice(nn.Linear):
            def forward(self, x):
                with ag.no_grad():
                    first = super().forward(x)
                return super().forward(x) + first

        layer = parametrizations.register_parametrization(Twice(3, 3), "weight", Symmetric())
        layer(np.ones((1, 3), np.float32)).sum().backward()
        assert layer.parametrizations["weight"].original.grad is not None


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda layer: parametrizations.weight_norm(layer, "wait"), ValueError, "wait is no Parameter"),
        (lambda layer: parametrizations.weight_norm(layer, dim=2), ValueError, r"is \(3, 4\).*axis 2"),
        (lambda layer: parametrizations.weight_norm(layer, dim=0.5), TypeError, "dim is 0.5"),
        (
            lambda layer: parametrizations.spectral_norm(layer, n_power_iterations=0),
            ValueError,
            "n_power_iterations is 0",
        ),
        (
            lambda layer: parametrizations.register_parametrization(layer, "wait", Symmetric()),
            ValueError,
            r"no Parameter 'wait'.*\(weight, bias\)",
        ),
        (
            lambda layer: parametrizations.weight_norm(parametrizations.weight_norm(layer)),
            ValueError,
            "weight is no Parameter",
        ),
        (lambda layer: parametrizations.remove_parametrizations(layer, "weight"), ValueError, "not parametrized"),
        (
            lambda layer: parametrizations.remove_parametrizations(
                parametrizations.weight_norm(layer), "weight", False
            ),
            ValueError,
            "2 originals",
        ),
        (
            lambda layer: setattr(parametrizations.weight_norm(layer), "weight", 0),
            AttributeError,
            "Linear.weight is computed",
        ),
        (lambda layer: parametrizations.weight_norm(layer).wait, AttributeError, "no attribute 'wait'"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(nn.Linear(4, 3))
