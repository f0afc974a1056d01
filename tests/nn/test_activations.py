"""Activations as modules: torch.nn's constructors and values, what they show, learned and random slopes."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

# The constructor's arguments, and the shape of the input.
MODULES = [
    ("ReLU6", (), (3, 4)),
    ("LeakyReLU", (0.2,), (3, 4)),
    ("PReLU", (4,), (3, 4, 2)),
    ("PReLU", (), (4,)),
    ("RReLU", (0.1, 0.3), (3, 4)),
    ("ELU", (1.5,), (3, 4)),
    ("SELU", (), (3, 4)),
    ("CELU", (1.5,), (3, 4)),
    ("GELU", (), (3, 4)),
    ("GELU", ("tanh",), (3, 4)),
    ("SiLU", (), (3, 4)),
    ("Mish", (), (3, 4)),
    ("LogSigmoid", (), (3, 4)),
    ("Softplus", (2.0, 1.0), (3, 4)),
    ("Softsign", (), (3, 4)),
    ("Tanhshrink", (), (3, 4)),
    ("Hardtanh", (-0.5, 0.25), (3, 4)),
    ("Hardsigmoid", (), (3, 4)),
    ("Hardswish", (), (3, 4)),
    ("Hardshrink", (0.25,), (3, 4)),
    ("Softshrink", (0.25,), (3, 4)),
    ("Threshold", (0.1, 2.0), (3, 4)),
    ("GLU", (0,), (4, 3)),
    ("Softmin", (0,), (3, 4)),
    ("Softmax2d", (), (2, 3, 4, 2)),
]


def made(family, name, arguments):
    keywords = {"approximate": arguments[0]} if name == "GELU" and arguments else {}
    return getattr(family, name)(*(() if keywords else arguments), **keywords)


@pytest.mark.parametrize(("name", "arguments", "shape"), MODULES)
def test_values_and_derivatives_are_those_of_torch_nn(name, arguments, shape, agrees_with_torch):
    module = made(nn, name, arguments).eval()
    x = 2 * np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    theirs = lambda torch, x: made(torch.nn, name, arguments).eval()(x)  # noqa: E731  # beside ours
    agrees_with_torch(module, theirs, x, rtol=1e-4, atol=1e-5, order=1)


@pytest.mark.parametrize(("name", "arguments", "shape"), MODULES)
def test_a_module_shows_what_torch_nn_shows(name, arguments, shape):
    torch = pytest.importorskip("torch")
    ours, theirs = repr(made(nn, name, arguments)), repr(made(torch.nn, name, arguments))
    if name not in ("Softplus", "Softshrink", "Hardshrink", "Threshold", "RReLU"):  # theirs leave out the names
        assert ours.lower() == theirs.lower()


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (nn.ReLU(), "ReLU()"),
        (nn.ReLU(inplace=True), "ReLU(inplace=True)"),
        (nn.LeakyReLU(0.2, True), "LeakyReLU(negative_slope=0.2, inplace=True)"),
        (nn.RReLU(0.1, 0.3), "RReLU(lower=0.1, upper=0.3)"),
        (nn.Softplus(), "Softplus(beta=1.0, threshold=20.0)"),
        (nn.Softmax(), "Softmax(dim=-1)"),
    ],
)
def test_a_module_shows_its_arguments(module, text):
    assert repr(module) == text


def test_slopes_are_learned_one_for_each_channel():
    prelu = nn.PReLU(2, init=0.5)
    assert {name: p.shape for name, p in prelu.named_parameters()} == {"weight": (2,)}
    x = ag.tensor([[-1.0, 2.0], [-3.0, -4.0]])
    y = prelu(x)
    np.testing.assert_array_equal(y.data, [[-0.5, 2.0], [-1.5, -2.0]])
    y.sum().backward()
    np.testing.assert_array_equal(prelu.weight.grad.data, [-4.0, -4.0])
    with pytest.raises(TypeError, match="float64"):
        prelu(np.ones((2, 2)))


def test_random_slopes_are_drawn_in_training_only():
    x = ag.tensor(-np.ones(1000, np.float32))
    module = nn.RReLU(0.2, 0.4, rng=np.random.default_rng(0))
    slopes = -module(x).data
    assert 0.2 <= slopes.min() < 0.21
    assert 0.39 < slopes.max() <= 0.4
    np.testing.assert_allclose(-module.eval()(x).data, 0.3, rtol=1e-6)
    with pytest.raises(ValueError, match="above"):
        nn.RReLU(0.4, 0.2)
