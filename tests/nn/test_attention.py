"""Attention of several heads: as PyTorch's, with all masks, and where it says more than PyTorch."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

N, L, S, E, H = 2, 4, 5, 6, 3
CAUSAL = np.triu(np.ones((L, L), bool), 1)  # PyTorch's meaning: True is hidden
PADDING = np.array([[False, False, False, True], [False, False, False, False]])


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def pair(torch, *args, **kwargs):
    """The layer here with the weights of PyTorch's, none of them 0, both in float64."""
    theirs = torch.nn.MultiheadAttention(*args, **kwargs).double()
    for seed, parameter in enumerate(theirs.parameters()):
        parameter.data[:] = torch.tensor(numbers(*parameter.shape, seed=seed))
    ours = nn.MultiheadAttention(*args, **kwargs, dtype="float64")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def converted(torch, masks):
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in masks.items()}


def assert_agree(torch, ours, theirs, inputs, **options):
    """Outputs, weights, and the gradients of all parameters and inputs."""
    a = [ag.tensor(x, requires_grad=True) for x in inputs]
    b = [torch.tensor(x, requires_grad=True) for x in inputs]
    fill = (lambda x: x * 3) if len(inputs) == 1 else (lambda x: x)
    (out, weights), (out_theirs, weights_theirs) = (
        ours(*fill(a), **options),
        theirs(*fill(b), **converted(torch, options)),
    )
    np.testing.assert_allclose(out.data, out_theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert (weights is None) == (weights_theirs is None)
    loss, loss_theirs = (out**3).sum(), (out_theirs**3).sum()
    if weights is not None:
        np.testing.assert_allclose(weights.data, weights_theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
        loss, loss_theirs = loss + (weights**2).sum(), loss_theirs + (weights_theirs**2).sum()
    loss.backward()
    loss_theirs.backward()
    for p, q in zip([*a, *ours.parameters()], [*b, *theirs.parameters()], strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-9, atol=1e-10)


MASKS = [
    {},
    {"need_weights": False},
    {"average_attn_weights": False},
    {"attn_mask": CAUSAL},
    {"attn_mask": CAUSAL, "need_weights": False},
    {"attn_mask": np.where(CAUSAL, -np.inf, 0.0)},
    {"attn_mask": numbers(L, L)},
    {"attn_mask": numbers(N * H, L, L) > 1.2},
    {"attn_mask": numbers(N * H, L, L), "average_attn_weights": False},
    {"key_padding_mask": PADDING},
    {"key_padding_mask": numbers(N, L)},
    {"key_padding_mask": PADDING, "attn_mask": CAUSAL},
    {"key_padding_mask": np.where(PADDING, -np.inf, 0.5), "attn_mask": numbers(L, L)},
]
LAYERS = [
    {},
    {"bias": False, "batch_first": True},
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True},
]


@pytest.mark.parametrize("masks", MASKS, ids=lambda masks: "-".join(masks) or "none")
@pytest.mark.parametrize("options", LAYERS, ids=lambda options: "-".join(options) or "plain")
def test_attention_of_a_sequence_to_itself(torch, options, masks):
    ours, theirs = pair(torch, E, H, **options)
    assert_agree(torch, ours, theirs, [numbers(N, L, E) if options.get("batch_first") else numbers(L, N, E)], **masks)


def test_a_causal_mask_may_be_named(torch):
    ours, theirs = pair(torch, E, H)  # with add_bias_kv PyTorch's layer hides the additional key, too, if named
    assert_agree(torch, ours, theirs, [numbers(L, N, E)], attn_mask=CAUSAL, is_causal=True, need_weights=False)


@pytest.mark.parametrize("options", [*LAYERS, {"kdim": 5, "vdim": 7}, {"vdim": 3, "bias": False, "add_bias_kv": True}])
@pytest.mark.parametrize("masks", [{}, {"attn_mask": numbers(L, S) > 1, "key_padding_mask": numbers(N, S) > 1}])
def test_attention_to_another_sequence(torch, options, masks):
    ours, theirs = pair(torch, E, H, **options)
    inputs = numbers(L, N, E), numbers(S, N, ours.kdim, seed=1), numbers(S, N, ours.vdim, seed=2)
    inputs = [np.swapaxes(x, 0, 1).copy() if ours.batch_first else x for x in inputs]
    assert_agree(torch, ours, theirs, inputs, **masks)


@pytest.mark.parametrize("masks", [{}, {"attn_mask": numbers(H, L, S) > 1, "key_padding_mask": numbers(S) > 1}])
def test_without_a_batch(torch, masks):
    ours, theirs = pair(torch, E, H)
    assert_agree(torch, ours, theirs, [numbers(L, E), numbers(S, E, seed=1), numbers(S, E, seed=2)], **masks)


@pytest.mark.parametrize("options", [{}, {"kdim": 300, "add_bias_kv": True}])
def test_initial_values_are_distributed_as_pytorchs(torch, options):
    ours = nn.MultiheadAttention(256, 4, **options, rng=np.random.default_rng(0)).state_dict()
    theirs = torch.nn.MultiheadAttention(256, 4, **options).state_dict()
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert value.dtype == np.float32
        assert value.std() == pytest.approx(theirs[key].numpy().std(), rel=0.2, abs=1e-9), key
        assert abs(value).max() == pytest.approx(abs(theirs[key].numpy()).max(), rel=0.4, abs=1e-9), key


def test_weights_move_to_pytorch(torch):
    ours, theirs = nn.MultiheadAttention(E, H, kdim=5), torch.nn.MultiheadAttention(E, H, kdim=5)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    x, keys, values = (numbers(L, n).astype(np.float32) for n in (E, 5, E))
    expected = theirs(*map(torch.tensor, (x, keys, values)))[0]
    np.testing.assert_allclose(ours(x, keys, values)[0].data, expected.detach().numpy(), atol=1e-6)


class TestMasks:
    def layer(self, **options):
        return nn.MultiheadAttention(E, H, dtype="float64", rng=np.random.default_rng(0), **options)

    def test_causal_is_the_mask(self):
        layer, x = self.layer(), numbers(L, N, E)
        expected = layer(x, x, x, attn_mask=CAUSAL)[0].data
        np.testing.assert_array_equal(layer(x, x, x, is_causal=True)[0].data, expected)

    @pytest.mark.parametrize("hidden", [True, -np.inf])
    def test_a_query_that_may_look_at_nothing_gets_zeros_and_no_gradient(self, hidden):
        layer, x = self.layer(bias=False), ag.tensor(numbers(L, N, E), requires_grad=True)
        mask = np.full((L, L), False if hidden is True else 0.0)
        mask[1] = hidden
        out, weights = layer(x, x, x, attn_mask=mask)
        assert not out.data[1].any()
        assert not weights.data[:, 1].any()
        (gradient,) = ag.gradients(out[1].sum(), [x])
        assert not gradient.data.any()

    def test_a_mask_can_learn(self):
        layer, x, bias = self.layer(), numbers(L, N, E), ag.tensor(numbers(L, L), requires_grad=True)
        layer(x, x, x, attn_mask=bias)[0].sum().backward()
        np.testing.assert_allclose(bias.grad.data.sum(-1), 0, atol=1e-12)
        assert bias.grad.data.any()

    def test_masks_may_be_lists(self):
        layer, x = self.layer(), numbers(L, N, E)
        out, _ = layer(x, x, x, PADDING.tolist(), attn_mask=CAUSAL.tolist())
        np.testing.assert_array_equal(out.data, layer(x, x, x, PADDING, attn_mask=CAUSAL)[0].data)


class TestDropout:
    def test_weights_are_dropped_in_training_from_the_generator(self):
        def weights(seed, training=True):
            layer = nn.MultiheadAttention(E, H, 0.5, dtype="float64", rng=np.random.default_rng(0)).train(training)
            layer.rng = np.random.default_rng(seed)
            x = numbers(20, N, E)
            return layer(x, x, x, average_attn_weights=False)[1].data

        assert (weights(1) == weights(1)).all()
        assert (weights(1) != weights(2)).any()
        whole, part = weights(1, training=False), weights(1)
        np.testing.assert_allclose(whole.sum(-1), 1)
        assert 0.4 < (part == 0).mean() < 0.6
        np.testing.assert_allclose(part[part != 0], 2 * whole[part != 0])

    def test_the_packages_own_generator(self):
        layer, x = nn.MultiheadAttention(E, H, 0.5, dtype="float64"), numbers(L, N, E)
        outputs = []
        for _ in range(2):
            ag.seed(3)
            outputs.append(layer(x, x, x)[0].data)
        assert (outputs[0] == outputs[1]).all()
        assert (outputs[0] != layer(x, x, x)[0].data).any()


def test_a_second_derivative_exists():
    layer, x = nn.MultiheadAttention(4, 2, dtype="float64", rng=np.random.default_rng(0)), numbers(3, 1, 4)
    ag.gradcheck(lambda x: layer(x, x, x, is_causal=True)[0], x, order=2)


X = numbers(L, N, E)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.MultiheadAttention(6, 4), ValueError, "6 features do not divide into 4 heads"),
        (lambda: nn.MultiheadAttention(6, 0), ValueError, "num_heads is 0"),
        (lambda: nn.MultiheadAttention(6, 3, dropout=2), ValueError, "not a probability"),
        (lambda: attention()(X.astype(np.float32), X, X), TypeError, "query .* is float32"),
        (lambda: attention()(X[0, 0], X, X), ValueError, "must all be"),
        (lambda: attention()(X, X[..., :4], X), ValueError, "key has 4 features"),
        (lambda: attention()(X, X, X[:3]), ValueError, "each key needs one value"),
        (lambda: attention()(X, X[:, :1], X[:, :1]), ValueError, "the same batch on axis 1"),
        (lambda: attention()(X, X, X, attn_mask=CAUSAL[:3]), ValueError, r"attn_mask is \(3, 4\).*\(4, 4\) or \(6, 4"),
        (lambda: attention()(X, X, X, PADDING.T), ValueError, "key_padding_mask is"),
        (lambda: attention()(X, X, X, PADDING.astype(int)), TypeError, "pass booleans, True for what is hidden"),
        (lambda: attention()(X, X, X, PADDING.astype(np.float32)), TypeError, "is float32"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def attention():
    return nn.MultiheadAttention(E, H, dtype="float64")
