"""Random tensors: shapes, dtypes, moments, and who draws."""

import numpy as np
import pytest

import autograd_lite as ag

DRAWS = {
    "rand": lambda rng: ag.rand(3, 4, rng=rng),
    "randn": lambda rng: ag.randn((3, 4), rng=rng),
    "uniform": lambda rng: ag.uniform(-1, np.ones(4), (3, 4), rng=rng),
    "normal": lambda rng: ag.normal(ag.zeros((3, 1)), np.ones(4), rng=rng),
    "bernoulli": lambda rng: ag.bernoulli(0.5, (3, 4), rng=rng),
    "bernoulli of each": lambda rng: ag.bernoulli(np.full((3, 4), 0.5), rng=rng),
    "randint": lambda rng: ag.randint(0, 100, (3, 4), rng=rng),
    "randperm": lambda rng: ag.randperm(12, rng=rng),
    "multinomial": lambda rng: ag.multinomial(np.ones((3, 9)), 4, rng=rng),
    "multinomial again": lambda rng: ag.multinomial(ag.ones((3, 9)), 4, True, rng=rng),
    "gumbel_softmax": lambda rng: ag.gumbel_softmax(ag.zeros((3, 4)), rng=rng),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_all_take_a_generator_and_fall_back_on_the_packages_own(draw):
    first, second = draw(np.random.default_rng(1)), draw(np.random.default_rng(1))
    assert isinstance(first, ag.Tensor)
    assert first.dtype in (np.float32, np.int64)
    assert first.size == 12
    np.testing.assert_array_equal(first.data, second.data)
    ag.seed(1)
    np.testing.assert_array_equal(draw(None).data, first.data)
    before = ag.default_rng().bit_generator.state
    draw(np.random.default_rng(1))
    assert ag.default_rng().bit_generator.state == before
    assert (draw(None).data != first.data).any()


@pytest.mark.parametrize(
    ("draw", "mean", "deviation"),
    [
        (lambda **k: ag.rand(200_000, **k), 0.5, 12**-0.5),
        (lambda **k: ag.randn(200_000, **k), 0, 1),
        (lambda **k: ag.uniform(-1, 3, 200_000, **k), 1, 4 * 12**-0.5),
        (lambda **k: ag.normal(2, 3, 200_000, **k), 2, 3),
        (lambda **k: ag.bernoulli(0.3, 200_000, **k), 0.3, 0.21**0.5),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_moments(draw, mean, deviation, dtype):
    drawn = draw(rng=np.random.default_rng(0), dtype=dtype)
    assert drawn.dtype == dtype
    values = drawn.data.astype(float)
    assert abs(values.mean() - mean) < 4 * deviation / 200_000**0.5
    assert values.std() == pytest.approx(deviation, rel=0.01)


def test_shapes():
    assert ag.rand().shape == ag.normal().shape == ag.randint(3).shape == ()
    assert ag.rand(2, 3).shape == ag.rand((2, 3)).shape == ag.uniform(size=(2, 3)).shape == (2, 3)
    assert ag.bernoulli(np.ones((2, 3))).tolist() == [[1, 1, 1]] * 2
    assert ag.randn(2, requires_grad=True).is_leaf
    assert sorted(ag.randperm(5).tolist()) == [0, 1, 2, 3, 4]
    assert set(ag.randint(2, 4, 100).tolist()) == {2, 3}
    assert ag.multinomial([0.0, 1.0, 0.0], 3, replacement=True).tolist() == [1, 1, 1]
    assert sorted(ag.multinomial([[1.0, 0.0, 2.0]], 2).tolist()[0]) == [0, 2]


def test_gumbel_softmax_draws_with_the_probabilities_of_softmax():
    logits = np.log(np.broadcast_to([0.1, 0.2, 0.7], (20_000, 3)))
    rows = ag.gumbel_softmax(logits, 0.5, hard=True, rng=np.random.default_rng(0))
    np.testing.assert_allclose(rows.mean(0), [0.1, 0.2, 0.7], atol=0.015)


@pytest.mark.parametrize("axis", [0, -1])
def test_a_hard_draw_has_the_gradient_of_the_soft_one(axis):
    x, weights = np.random.default_rng(0).standard_normal((4, 3)), np.random.default_rng(1).standard_normal((4, 3))
    found = []
    for hard in (False, True):
        logits = ag.tensor(x, requires_grad=True)
        out = ag.gumbel_softmax(logits, 0.7, hard, axis, rng=np.random.default_rng(2))
        np.testing.assert_allclose(out.data.sum(axis), 1)
        (gradient,) = ag.gradients(out, logits, weights)
        found.append((out.data, gradient.data))
    (soft, first), (hard, second) = found
    np.testing.assert_array_equal(soft.argmax(axis), hard.argmax(axis))
    np.testing.assert_allclose(np.sort(hard, axis).max(axis), 1)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ag.rand(2, dtype=int), TypeError, "floating-point dtype, or use randint"),
        (lambda: ag.normal(0, -1), ValueError, "normal: the scale is negative"),
        (lambda: ag.bernoulli(1.5), ValueError, "bernoulli: p is not a probability"),
        (lambda: ag.bernoulli([0.5, np.nan]), ValueError, "bernoulli: p is not a probability"),
        (lambda: ag.randint(3, 3), ValueError, "low >= high"),
        (lambda: ag.multinomial([0.0, 0.0], 1), ValueError, "fewer than 1 positions"),
        (lambda: ag.multinomial([1.0, 0.0], 2), ValueError, "fewer than 2 positions .*replacement=True"),
        (lambda: ag.multinomial([-1.0, 2.0], 1), ValueError, "finite and not negative"),
        (lambda: ag.multinomial(np.ones((1, 2, 3)), 1), ValueError, "no rows of classes"),
        (lambda: ag.multinomial([0.5, 0.5], -1), ValueError, "num_samples is negative"),
        (lambda: ag.uniform(np.zeros(3), 1, 1), ValueError, r"shape \(3,\), which does not fit into size \(1,\)"),
        (lambda: ag.normal(np.zeros(3), 1, ()), ValueError, "does not fit into size"),
        (lambda: ag.bernoulli(np.full(3, 0.5), (2, 1)), ValueError, "does not fit into size"),
        (lambda: ag.gumbel_softmax(ag.zeros(3), 0), ValueError, "tau = 0 is no temperature"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
