"""Penalties against their definitions; constraints against projections found by SciPy; errors."""

import numpy as np
import pytest
import scipy.optimize

import autograd_lite as ag
from autograd_lite import nn, optim

MEASURES = {
    "L1": (optim.L1, {}, lambda x: np.abs(x).sum()),
    "L2": (optim.L2, {}, lambda x: (x * x).sum()),
    "elastic net": (
        optim.ElasticNet,
        {"l1_ratio": 0.3},
        lambda x: 0.3 * np.abs(x).sum() + 0.35 * (x * x).sum(),
    ),
    "max-norm": (
        optim.MaxNorm,
        {"limit": 0.9},
        lambda x: (np.maximum(np.sqrt((x * x).sum(axis=1)) - 0.9, 0) ** 2).sum(),
    ),
}


def weights(*shape, seed=0):
    return nn.Parameter(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("name", MEASURES)
def test_penalties(name):
    kind, options, measure = MEASURES[name]
    a, b = weights(3, 4), weights(2, 2, seed=1)
    penalty = kind(0.1, **options)([a, ("b", b)])
    assert float(penalty) == pytest.approx(0.1 * (measure(a.data) + measure(b.data)))
    penalty.backward()
    slope = scipy.optimize.approx_fprime(a.data.reshape(-1), lambda x: 0.1 * measure(x.reshape(3, 4)), 1e-7)
    np.testing.assert_allclose(a.grad.data.reshape(-1), slope, atol=1e-6)


@pytest.mark.parametrize("name", ["L1", "L2", "elastic net"])
def test_constraints_are_projections(name):
    kind, options, measure = MEASURES[name]
    limit = 0.8
    w = weights(2, 3)
    start = w.data.copy()
    kind(limit=limit, **options).project_(w)
    power = 0.5 if name == "L2" else 1  # the norm, not its square, is what is limited
    assert measure(w.data) ** power == pytest.approx(limit)
    rule = {"type": "ineq", "fun": lambda x: limit - measure(x.reshape(2, 3)) ** power}
    closest = scipy.optimize.minimize(
        lambda x: ((x - start.reshape(-1)) ** 2).sum(), start.reshape(-1) / 3, constraints=rule, options={"ftol": 1e-12}
    )
    np.testing.assert_allclose(w.data.reshape(-1), closest.x, atol=2e-3)


def test_max_norm_limits_each_neuron():
    w, v = nn.Parameter([[3.0, 4.0], [0.3, 0.4]]), nn.Parameter([[[0.0, 2.0]], [[0.0, 0.0]]])
    optim.MaxNorm(limit=1.0).project_([w, v])
    np.testing.assert_allclose(w.data, [[0.6, 0.8], [0.3, 0.4]])
    np.testing.assert_allclose(v.data, [[[0, 1]], [[0, 0]]])


@pytest.mark.parametrize("name", MEASURES)
def test_what_is_within_the_limit_stays(name):
    kind, options, _ = MEASURES[name]
    w = nn.Parameter([[0.1, -0.2], [0.0, 0.3]])
    before = w.data.copy()
    kind(**{**options, "limit": 50.0}).project_(w)
    np.testing.assert_array_equal(w.data, before)


@pytest.mark.parametrize("name", MEASURES)
def test_complex_numbers_keep_their_direction(name):
    kind, options, _ = MEASURES[name]
    w = ag.tensor([[3 + 4j, 1j], [0, 2]], requires_grad=True)
    before = w.data.copy()
    kind(0.1, **options)(w).backward()
    assert w.grad is not None
    kind(**{**options, "limit": 1.0}).project_(w)
    moved = np.abs(w.data) > 0
    np.testing.assert_allclose(np.angle(w.data[moved]), np.angle(before[moved]))
    assert np.abs(w.data).sum() < np.abs(before).sum()


def test_a_module_stands_for_its_weights():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    bias = model[0].bias.data.copy()
    expected = sum(float((p.data**2).sum()) for p in model.parameters() if p.ndim == 2)
    penalty = optim.L2(1.0)(model)
    assert float(penalty) == pytest.approx(expected, rel=1e-5)
    optim.L1(limit=0.1).project_(model)
    np.testing.assert_array_equal(model[0].bias.data, bias)
    assert np.abs(model[0].weight.data).sum() == pytest.approx(0.1, rel=1e-5)
    with pytest.raises(RuntimeError, match="changed"):
        penalty.backward()


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda w: optim.L1(-1), ValueError, "L1: strength = -1 is out of range; "),
        (lambda w: optim.L2(limit=0), ValueError, "L2: limit = 0 "),
        (lambda w: optim.ElasticNet(1, 2), ValueError, "ElasticNet: l1_ratio = 2 "),
        (lambda w: optim.L1(limit=1)(w), ValueError, "L1: for a penalty its strength is needed; "),
        (lambda w: optim.L1(1).project_(w), ValueError, "L1: for a constraint its limit is needed; "),
        (lambda w: optim.L1(1)(3), TypeError, "L1: a int is no parameters; "),
        (lambda w: optim.L1(1)([3]), TypeError, "L1: a int is no parameter; "),
        (lambda w: optim.L1(1)(nn.ReLU()), ValueError, "L1: there are no parameters; "),
    ],
)
def test_errors(use, error, message):
    with pytest.raises(error, match=message):
        use(nn.Parameter(np.ones((2, 2))))
