"""scipy.optimize.minimize through `minimize`: every kind of method, what is left behind by failures, and errors."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn, optim

METHODS = [
    *("L-BFGS-B", "BFGS", "CG", "TNC", "SLSQP", "Newton-CG"),
    *("trust-ncg", "trust-krylov", "trust-constr", "trust-exact", "dogleg", "Nelder-Mead", "Powell", "COBYQA"),
]


def parameters():
    return nn.Parameter(np.array([[0.5, -0.3]])), nn.Parameter(np.array(2.0))


def loss_of(a, b):
    """Convex, with its minimum where a = (1, 2) and b = -1."""
    return lambda: ((a - np.array([1.0, 2.0])) ** 2).sum() + ag.cosh(b + 1) + 0.5 * (a[0, 0] - 1) * (b + 1)


@pytest.mark.parametrize("method", METHODS)
def test_methods(method):
    a, b = parameters()
    result = optim.minimize(loss_of(a, b), [a, b], method)
    assert result.success
    np.testing.assert_allclose(result.x, [1, 2, -1], atol=2e-3)
    np.testing.assert_array_equal(np.concatenate([a.data.reshape(-1), b.data.reshape(-1)]), result.x)
    assert a.grad is None


def test_a_module_in_float32():
    model = nn.Sequential(nn.Linear(2, 3, rng=np.random.default_rng(0)), nn.Tanh(), nn.Linear(3, 1))
    model[2].bias.requires_grad_(False)
    frozen = model[2].bias.data.copy()
    x = np.random.default_rng(1).standard_normal((20, 2)).astype(np.float32)
    y = np.sin(x[:, :1])
    result = optim.minimize(lambda: ((model(x) - y) ** 2).mean(), model, options={"maxiter": 30})
    assert result.x.shape == (12,)
    assert result.fun < 0.1
    assert model[0].weight.dtype == np.float32
    assert float(((model(x) - y) ** 2).mean()) == pytest.approx(result.fun, rel=1e-5)
    np.testing.assert_array_equal(model[2].bias.data, frozen)


def test_complex_parameters():
    z, goal = ag.tensor([1 + 1j, 2 - 1j], requires_grad=True), np.array([3 - 2j, 0.5 + 1j])
    for method in ("BFGS", "Newton-CG"):
        z.data[...] = 0
        optim.minimize(lambda: (ag.abs(z - goal) ** 2).sum(), z, method)
        np.testing.assert_allclose(z.data, goal, atol=1e-5)


def test_bounds_options_and_callback():
    a, b = parameters()
    seen = []
    result = optim.minimize(
        loss_of(a, b),
        [("a", a), ("b", b)],
        bounds=[(None, 0.7)] * 3,
        callback=lambda x: seen.append(x.copy()),
        options={"maxiter": 50},
    )
    assert result.nit == len(seen)
    np.testing.assert_allclose(a.data, [[0.7, 0.7]])


def test_a_parameter_without_influence_stays():
    a, b = parameters()
    c = nn.Parameter(np.ones(2))
    for method in ("BFGS", "Newton-CG", "trust-exact"):
        optim.minimize(loss_of(a, b), [c, a, b], method)
        assert c.tolist() == [1, 1]


@pytest.mark.parametrize("method", ["BFGS", "trust-krylov"])
def test_an_exception_leaves_the_best_values(method):
    a, b = parameters()
    loss, seen = loss_of(a, b), []

    def failing():
        value = loss()
        if len(seen) == 4:
            raise KeyboardInterrupt
        seen.append((float(value), a.data.copy(), b.data.copy()))
        return value

    with pytest.raises(KeyboardInterrupt):
        optim.minimize(failing, [a, b], method)
    _, best_a, best_b = min(seen, key=lambda entry: entry[0])
    np.testing.assert_array_equal(a.data, best_a)
    np.testing.assert_array_equal(b.data, best_b)


def test_an_exception_at_once_leaves_the_start():
    a, b = parameters()
    with pytest.raises(ValueError, match="Unknown solver"):
        optim.minimize(loss_of(a, b), [a, b], "steepest")
    with pytest.raises(ZeroDivisionError):
        optim.minimize(lambda: 1 / 0, [a, b])
    assert a.tolist() == [[0.5, -0.3]]


@pytest.mark.parametrize(
    ("loss", "given", "message"),
    [
        (lambda w: w, lambda w: w, r"the loss is \(2,\) float64, not a real scalar"),
        (lambda w: 3.0, lambda w: [w], "the loss is a float, not"),
        (lambda w: w.sum(), lambda w: [w * 2], "is no parameter; "),
        (lambda w: w.sum(), lambda w: [np.ones(2)], "is no parameter; "),
        (lambda w: w.sum(), lambda w: 3, "a int is no parameters; "),
        (lambda w: w.sum(), lambda w: [], "no number to move; "),
    ],
)
def test_errors(loss, given, message):
    w = nn.Parameter(np.ones(2))
    with pytest.raises(TypeError, match=message):
        optim.minimize(lambda: loss(w), given(w))
    assert w.tolist() == [1, 1]
