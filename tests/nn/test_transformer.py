"""The Transformer's layers and stacks: outputs, gradients and training as PyTorch's, from the same weights."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

N, S, T, D, H = 2, 4, 3, 6, 2
SIZES = {"dim_feedforward": 5, "dropout": 0.0}
HIDDEN_S, HIDDEN_T = (np.triu(np.ones((n, n), bool), 1) for n in (S, T))
PADDING_S = np.array([[False, False, False, True], [False, False, True, True]])
PADDING_T = np.array([[False, False, True], [False, False, False]])

# PyTorch says so when a stack of layers with batch_first=False is made.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def stack_of(nn, kind, **options):
    """A layer, or a stack of two; `nn` is this package's or PyTorch's."""
    if kind == "Transformer":
        return nn.Transformer(D, H, 2, 1, **options)
    layer = getattr(nn, kind.replace("Stack", "Layer"))(D, H, **options)
    if kind.endswith("Layer"):
        return layer
    return getattr(nn, kind.removesuffix("Stack"))(layer, 2, nn.LayerNorm(D))


def pair(torch, kind, **options):
    """The model here with the weights of PyTorch's, all different, both in float64."""
    theirs = stack_of(torch.nn, kind, **(SIZES | options)).double()
    for seed, parameter in enumerate(theirs.parameters()):
        parameter.data[:] += 0.3 * torch.tensor(numbers(*parameter.shape, seed=seed))
    ours = stack_of(nn, kind, **(SIZES | options)).astype("float64")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def inputs_of(kind, batch_first=False, batched=True):
    source, target = numbers(S, N, D), numbers(T, N, D, seed=1)
    inputs = {"E": [source], "D": [target, source], "T": [source, target]}[kind.removeprefix("Transformer")[:1] or "T"]
    if not batched:
        return [x[:, 0].copy() for x in inputs]
    return [np.swapaxes(x, 0, 1).copy() for x in inputs] if batch_first else inputs


def assert_agree(torch, ours, theirs, inputs, **masks):
    a = [ag.tensor(x, requires_grad=True) for x in inputs]
    b = [torch.tensor(x, requires_grad=True) for x in inputs]
    out = ours(*a, **masks)
    out_theirs = theirs(*b, **{k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in masks.items()})
    np.testing.assert_allclose(out.data, out_theirs.detach().numpy(), rtol=1e-9, atol=1e-11)
    (out**3).sum().backward()
    (out_theirs**3).sum().backward()
    for p, q in zip([*a, *ours.parameters()], [*b, *theirs.parameters()], strict=True):
        np.testing.assert_allclose(p.grad.data, q.grad.numpy(), rtol=1e-8, atol=1e-9)


ENCODER, DECODER = "TransformerEncoder", "TransformerDecoder"
KINDS = [ENCODER + "Layer", DECODER + "Layer", ENCODER + "Stack", DECODER + "Stack", "Transformer"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [{}, {"norm_first": True, "batch_first": True}, {"activation": "gelu", "bias": False, "layer_norm_eps": 1e-3}],
    ids=lambda options: "-".join(options) or "plain",
)
def test_outputs_and_gradients(torch, kind, options):
    ours, theirs = pair(torch, kind, **options)
    assert_agree(torch, ours, theirs, inputs_of(kind, options.get("batch_first", False)))


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_batch(torch, kind):
    assert_agree(torch, *pair(torch, kind), inputs_of(kind, batched=False))


FOR_DECODERS = [
    {"tgt_mask": HIDDEN_T},
    {"tgt_mask": HIDDEN_T, "tgt_is_causal": True},
    {"memory_mask": numbers(T, S) > 1},
    {"tgt_key_padding_mask": PADDING_T, "memory_key_padding_mask": PADDING_S},
    {"tgt_mask": numbers(T, T), "memory_mask": numbers(T, S)},
]


@pytest.mark.parametrize(
    ("kind", "masks"),
    [
        (ENCODER + "Layer", {"src_mask": HIDDEN_S}),
        (ENCODER + "Layer", {"src_mask": HIDDEN_S, "is_causal": True}),
        (ENCODER + "Layer", {"src_mask": np.where(HIDDEN_S, -np.inf, 0.0), "src_key_padding_mask": numbers(N, S)}),
        (ENCODER + "Stack", {"mask": HIDDEN_S, "src_key_padding_mask": PADDING_S}),
        (ENCODER + "Stack", {"mask": HIDDEN_S, "is_causal": True}),
        *((DECODER + part, masks) for part in ("Layer", "Stack") for masks in FOR_DECODERS),
        *(("Transformer", masks) for masks in FOR_DECODERS),
        ("Transformer", {"src_mask": HIDDEN_S, "src_key_padding_mask": PADDING_S, "tgt_mask": HIDDEN_T}),
        ("Transformer", {"src_mask": HIDDEN_S, "src_is_causal": True, "memory_is_causal": False}),
    ],
)
def test_masks(torch, kind, masks):
    assert_agree(torch, *pair(torch, kind), inputs_of(kind), **masks)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_does_nothing_when_evaluated(torch, kind):
    ours, theirs = pair(torch, kind, dropout=0.5)
    assert_agree(torch, ours.eval(), theirs.eval(), inputs_of(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_in_training_draws_from_the_generator(kind):
    def outputs(seed):
        model = stack_of(nn, kind, dim_feedforward=5, dropout=0.5, rng=np.random.default_rng(seed))
        model.load_state_dict(weights.state_dict())
        return [model(*inputs).data for _ in range(2)]

    weights = stack_of(nn, kind, dim_feedforward=5)
    inputs = [x.astype(np.float32) for x in inputs_of(kind)]
    one, again, other = outputs(1), outputs(1), outputs(2)
    assert (one[0] == again[0]).all()
    assert (one[1] == again[1]).all()
    assert (one[0] != one[1]).any()
    assert (one[0] != other[0]).any()


def test_copies_share_the_generator_and_nothing_else():
    rng = np.random.default_rng(0)
    stack = nn.TransformerEncoder(nn.TransformerEncoderLayer(D, H, 5, rng=rng), 2)
    one, two = stack.layers
    assert one.self_attn.rng is two.dropout.rng is rng
    assert one.linear1.weight is not two.linear1.weight
    np.testing.assert_array_equal(one.linear1.weight.data, two.linear1.weight.data)
    assert len(list(stack.parameters())) == 24


@pytest.mark.parametrize("kind", KINDS)
def test_training_follows_pytorch(torch, kind):
    ours, theirs = pair(torch, kind)
    adam = ag.optim.Adam(ours.parameters(), 0.01)
    adam_theirs = torch.optim.Adam(theirs.parameters(), 0.01)
    inputs = inputs_of(kind)
    mask = {"Encoder": {}, "Decoder": {"tgt_mask": HIDDEN_T}}.get(kind.removeprefix("Transformer")[:7], {})
    mask_theirs = {key: torch.tensor(value) for key, value in mask.items()}
    losses = []
    for _ in range(10):
        adam.zero_grad()
        adam_theirs.zero_grad()
        out, out_theirs = ours(*inputs, **mask), theirs(*map(torch.tensor, inputs), **mask_theirs)
        loss, loss_theirs = ((out - 1) ** 2).mean(), ((out_theirs - 1) ** 2).mean()
        np.testing.assert_allclose(loss.item(), loss_theirs.item(), rtol=1e-8)
        loss.backward()
        loss_theirs.backward()
        adam.step()
        adam_theirs.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.1


def test_initial_values_are_distributed_as_pytorchs(torch):
    options = {"d_model": 64, "nhead": 4, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 200}
    for cut in (slice(None), slice(1)):  # the whole, and a layer by itself
        ours, theirs = nn.Transformer(**options, rng=np.random.default_rng(0)), torch.nn.Transformer(**options)
        if cut.stop:
            ours = nn.TransformerEncoderLayer(64, 4, 200, rng=np.random.default_rng(0))
            theirs = torch.nn.TransformerEncoderLayer(64, 4, 200)
        expected = theirs.state_dict()
        for key, value in ours.state_dict().items():
            assert abs(value).max() == pytest.approx(abs(expected[key].numpy()).max(), rel=0.15, abs=1e-9), key


@pytest.mark.parametrize("kind", KINDS)
def test_weights_move_to_pytorch(torch, kind):
    ours, theirs = stack_of(nn, kind, **SIZES), stack_of(torch.nn, kind, **SIZES)
    theirs.load_state_dict({key: torch.tensor(value) for key, value in ours.state_dict().items()})
    inputs = [x.astype(np.float32) for x in inputs_of(kind)]
    expected = theirs(*map(torch.tensor, inputs)).detach().numpy()
    np.testing.assert_allclose(ours(*inputs).data, expected, atol=1e-5)


def test_a_function_as_activation(torch):
    arguments = {"dim_feedforward": 5, "dropout": 0.0}
    ours = nn.TransformerEncoderLayer(D, H, **arguments, activation=ag.tanh, dtype="float64")
    theirs = torch.nn.TransformerEncoderLayer(D, H, **arguments, activation=torch.tanh, dtype=torch.float64)
    ours.load_state_dict(theirs.state_dict())
    assert_agree(torch, ours, theirs, [numbers(S, N, D)])
    with_module = nn.TransformerEncoderLayer(D, H, **arguments, activation=nn.GELU())
    assert "(activation): GELU(" in repr(with_module)


def test_ones_own_encoder_and_decoder():
    class Twice(nn.Module):
        def forward(self, x, *masks):
            return 2 * x

    model = nn.Transformer(D, H, custom_encoder=Twice(), num_decoder_layers=1, dim_feedforward=5)
    assert isinstance(model.encoder, Twice)
    assert model(np.ones((S, D), np.float32), np.ones((T, D), np.float32)).shape == (T, D)
    empty = nn.Sequential()  # a container of length 0 is an encoder, too
    assert nn.Transformer(D, H, custom_encoder=empty, custom_decoder=Twice()).encoder is empty


def test_the_causal_mask_is_pytorchs(torch):
    ours, theirs = (m.Transformer.generate_square_subsequent_mask(4) for m in (nn, torch.nn))
    np.testing.assert_array_equal(ours, theirs.numpy())
    assert ours.dtype == np.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: nn.TransformerEncoderLayer(D, H, activation="rel"),
            ValueError,
            "'rel' is not known; pass 'relu', 'ge",
        ),
        (lambda: nn.TransformerEncoderLayer(D, 4), ValueError, "6 features do not divide into 4 heads"),
        (lambda: nn.TransformerEncoderLayer(D, H, 0), ValueError, "dim_feedforward is 0"),
        (lambda: nn.TransformerDecoderLayer(D, H, 4, 1.5), ValueError, "not a probability"),
        (lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(D, H, 4), -1), ValueError, "num_layers is -1"),
        (lambda: nn.Transformer(D, H, 1, 1, 4)(numbers(S, D), numbers(T, D)), TypeError, "is float64"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()
