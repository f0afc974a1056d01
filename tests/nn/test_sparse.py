"""Tables of vectors against PyTorch's: bags of all kinds, padding rows, pretrained rows."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn.sparse import EmbeddingBag

TABLE = np.random.default_rng(0).standard_normal((6, 3))
INDICES = np.random.default_rng(1).integers(0, 6, (4, 5))


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def loaded(torch, name, options):
    """Both layers with the same rows, PyTorch's in float64."""
    ours = getattr(nn.sparse, name)(*TABLE.shape, **options, dtype="float64")
    theirs = getattr(torch.nn, name)(*TABLE.shape, **options, dtype=torch.float64)
    ours.weight.data[:] = TABLE
    with torch.no_grad():
        theirs.weight[:] = torch.tensor(TABLE)
    return ours, theirs


def check(torch, layers, *inputs):
    ours, theirs = layers
    assert repr(ours) == repr(theirs)
    a, b = ours(*inputs), theirs(*(None if x is None else torch.tensor(x) for x in inputs))
    np.testing.assert_allclose(a.data, b.detach().numpy(), rtol=1e-12)
    (a * a).sum().backward()
    (b * b).sum().backward()
    np.testing.assert_allclose(ours.weight.grad.data, theirs.weight.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding_idx", [None, 0, -2])
def test_bags(torch, mode, padding_idx):
    options = {"mode": mode, "padding_idx": padding_idx}
    check(torch, loaded(torch, "EmbeddingBag", options), INDICES)
    check(torch, loaded(torch, "EmbeddingBag", options), INDICES.ravel(), np.array([0, 3, 3, 10]))


def test_bags_with_a_last_offset_and_weights(torch):
    layers = loaded(torch, "EmbeddingBag", {"mode": "sum", "include_last_offset": True})
    weights = np.random.default_rng(2).standard_normal(20)
    check(torch, layers, INDICES.ravel(), np.array([0, 3, 12, 20]), weights)


def test_a_padding_row_starts_at_zero_and_stays():
    layer = EmbeddingBag(6, 3, padding_idx=-1)
    assert not layer.weight.data[5].any()
    layer(np.array([[5, 1]])).sum().backward()
    assert not layer.weight.grad.data[5].any()
    assert layer.padding_idx == 5


def test_the_padding_row_of_a_list():
    layer = nn.Embedding(6, 3, padding_idx=0)
    layer([[0, 1], [2, 0]]).sum().backward()
    assert layer.weight.grad.data.any(1).tolist() == [False, True, True, False, False, False]


@pytest.mark.parametrize("name", ["Embedding", "EmbeddingBag"])
@pytest.mark.parametrize("freeze", [True, False])
def test_pretrained_rows(torch, name, freeze):
    ours = getattr(nn.sparse, name).from_pretrained(TABLE, freeze, padding_idx=1)
    theirs = getattr(torch.nn, name).from_pretrained(torch.tensor(TABLE), freeze, padding_idx=1)
    assert repr(ours) == repr(theirs)
    assert ours.weight.requires_grad == theirs.weight.requires_grad
    assert ours.weight.dtype == np.float64
    np.testing.assert_allclose(ours(INDICES).data, theirs(torch.tensor(INDICES)).detach().numpy(), rtol=1e-12)
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_pretrained_rows_are_a_copy_and_draw_nothing():
    ag.seed(0)
    layer = nn.Embedding.from_pretrained(TABLE)
    assert not np.shares_memory(layer.weight.data, TABLE)
    drawn = nn.Linear(2, 2).weight.data
    ag.seed(0)
    assert np.array_equal(drawn, nn.Linear(2, 2).weight.data)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EmbeddingBag(4, 2, mode="min"), ValueError, 'mode .min. is not known; pass "sum"'),
        (lambda: EmbeddingBag(4, 2, padding_idx=4), IndexError, "EmbeddingBag: padding_idx 4"),
        (lambda: nn.Embedding.from_pretrained(np.ones(3)), ValueError, r"from_pretrained: embeddings are \(3,\)"),
        (lambda: nn.Embedding.from_pretrained(np.ones((3, 2)), padding_idx=3), IndexError, "padding_idx 3"),
        (lambda: EmbeddingBag(4, 2)(np.ones((2, 2))), TypeError, "integers"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error, match=message):
        make()
