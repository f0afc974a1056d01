"""The package's own generator, and the dropouts."""

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
    with pytest.raises(TypeError, match=r"int64 cannot be scaled .*; convert x"):
        ag.dropout(np.arange(3))


# -- its relatives -----------------------------------------------------------------------------------------------

CHANNELS = [(ag.dropout1d, (4, 5)), (ag.dropout2d, (4, 5, 2)), (ag.dropout3d, (4, 5, 2, 1))]


@pytest.mark.parametrize(("drop", "shape"), CHANNELS)
@pytest.mark.parametrize("batch", [(), (100,)])
def test_channels_are_dropped_as_a_whole(drop, shape, batch):
    out = drop(np.ones((*batch, 40, *shape[1:])), 0.25, rng=np.random.default_rng(0))
    flat = out.reshape(*batch, 40, -1)
    np.testing.assert_array_equal(flat, np.broadcast_to(flat[..., :1], flat.shape))
    assert set(np.round(np.unique(flat), 6)) == {0.0, round(4 / 3, 6)}
    assert out.mean() == pytest.approx(1, abs=0.3 if not batch else 0.03)


@pytest.mark.parametrize("drop", [ag.alpha_dropout, ag.feature_alpha_dropout])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(drop, p):
    x = np.random.default_rng(0).standard_normal((500, 500))
    out = drop(x, p, rng=np.random.default_rng(1))
    assert out.mean() == pytest.approx(0, abs=0.02)
    assert out.var() == pytest.approx(1, abs=0.03)


DROPOUTS = [ag.alpha_dropout, ag.feature_alpha_dropout, ag.dropout1d, ag.dropout2d, ag.dropout3d]


@pytest.mark.parametrize("drop", DROPOUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_dtypes_and_special_probabilities(drop, dtype):
    array = np.random.default_rng(0).standard_normal((2, 3, 2, 2)).astype(dtype)
    array = array[..., 0] if drop is ag.dropout1d else array
    x = ag.tensor(array, requires_grad=True)
    mask = np.array([True, False, True]).reshape(3, *(1,) * (array.ndim - 2))
    out = drop(x, 0.5, mask=mask)
    (g,) = ag.gradients(out.sum(), x)
    assert out.dtype == g.dtype == dtype
    kept = np.broadcast_to(mask, array.shape)
    assert (g.data[~kept] == 0).all()
    assert len(np.unique(g.data[kept])) == 1
    assert drop(x, 0.0) is x
    assert drop(x, training=False) is x
    assert not drop(x, 1.0).data.any()
    if dtype == "float64":
        ag.gradcheck(lambda x: drop(x, 0.3, mask=mask) ** 2, array, order=2)


@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout", "dropout1d", "dropout2d", "dropout3d"])
def test_values_of_the_relatives_are_pytorchs_with_the_same_mask(name):
    torch = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((4, 5, 2) if name == "dropout1d" else (4, 5, 2, 3, 2))
    x = x[..., 0] if name == "dropout2d" else x
    torch.manual_seed(0)
    theirs = torch.tensor(x, requires_grad=True)
    out = getattr(torch.nn.functional, name)(theirs, 0.4, training=True)
    (out * out).sum().backward()
    ours = ag.tensor(x, requires_grad=True)
    result = getattr(ag, name)(ours, 0.4, mask=theirs.grad.numpy() != 0)
    (result * result).sum().backward()
    np.testing.assert_allclose(result.data, out.detach().numpy(), atol=1e-12)
    np.testing.assert_allclose(ours.grad.data, theirs.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("drop", DROPOUTS)
def test_errors_of_the_relatives(drop):
    name, x = drop.__name__, np.ones((2, 3) if drop is ag.dropout1d else (2, 3, 2, 2))
    with pytest.raises(ValueError, match=f"{name}: p = 2 is not a probability"):
        drop(x, 2)
    with pytest.raises(TypeError, match="booleans"):
        drop(x, mask=np.ones(1))
    if drop is not ag.alpha_dropout:
        with pytest.raises(ValueError, match=f"{name}: x .* (axes|no axis of channels)"):
            drop(np.ones(3))
