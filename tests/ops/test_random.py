"""The package's own generator, and dropout."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.kernels.random import bernoulli, masked


def test_the_same_seed_gives_the_same_numbers():
    draws = []
    for _ in range(2):
        ag.seed(0)
        draws.append((ag.dropout(np.ones(50)), ag.default_rng().random()))
    assert np.array_equal(draws[0][0], draws[1][0])
    assert draws[0][1] == draws[1][1]


def test_numpys_global_generator_is_left_alone():
    np.random.seed(1)  # noqa: NPY002  # it is what must not be touched
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    ag.seed(5)
    ag.dropout(np.ones(10))
    assert np.random.rand() == expected  # noqa: NPY002


def test_a_given_generator_is_used():
    rng = np.random.default_rng(0)
    assert ag.default_rng(rng) is rng
    ag.seed(0)
    before = ag.default_rng().bit_generator.state
    ag.dropout(np.ones(10), rng=rng)
    assert ag.default_rng().bit_generator.state == before


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.99, 1.0])
def test_bernoulli(p):
    drawn = bernoulli(np.random.default_rng(0), p, (100, 1000))
    assert drawn.dtype == bool
    assert drawn.shape == (100, 1000)
    assert abs(drawn.mean() - p) <= 4 * np.sqrt(p * (1 - p) / 1e5)


def test_bernoulli_of_nothing():
    assert bernoulli(np.random.default_rng(0), 0.5, (0, 3)).shape == (0, 3)
    assert bernoulli(np.random.default_rng(0), 0.5, ()).shape == ()


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
def test_masked_is_a_choice(dtype):
    rng = np.random.default_rng(0)
    x, mask = rng.standard_normal((5, 7)).astype(dtype), rng.random((5, 7)) < 0.5
    out = masked(x, mask, 1.25)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, np.where(mask, x * 1.25, 0), rtol=1e-6)


def test_dropout_keeps_the_expectation():
    out = ag.dropout(np.ones(100_000), 0.3, rng=np.random.default_rng(0))
    assert set(np.round(out, 6)) == {0.0, round(1 / 0.7, 6)}
    assert out.mean() == pytest.approx(1, abs=0.02)


def test_an_injected_mask():
    x, mask = ag.tensor([1.0, 2.0, 3.0], requires_grad=True), np.array([True, False, True])
    out = ag.dropout(x, 0.5, mask=mask)
    assert out.tolist() == [2, 0, 6]
    out.sum().backward()
    assert x.grad.tolist() == [2, 0, 2]


def test_values_and_gradients_as_pytorchs_with_the_same_mask():
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((20, 30))
    torch.manual_seed(0)
    theirs = torch.tensor(x, requires_grad=True)
    out = torch.nn.functional.dropout(theirs, 0.4)
    (out * out).sum().backward()
    ours = ag.tensor(x, requires_grad=True)
    result = ag.dropout(ours, 0.4, mask=(out != 0).numpy())
    (result * result).sum().backward()
    np.testing.assert_allclose(result.data, out.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), atol=1e-12)


def test_nothing_and_everything():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    assert ag.dropout(x, 0.0) is x
    assert ag.dropout(x, training=False) is x
    out = ag.dropout(x, 1.0)
    assert out.tolist() == [0, 0]
    out.sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_errors():
    with pytest.raises(ValueError, match=r"p = -0\.1 is not a probability"):
        ag.dropout(np.ones(3), -0.1)
    with pytest.raises(ValueError, match=r"apply_dropout: the mask must have x's shape \(3,\)"):
        ag.dropout(np.ones(3), mask=np.ones(2, bool))
    with pytest.raises(TypeError, match="booleans"):
        ag.dropout(np.ones(3), mask=np.ones(3))
