"""Layers: what the table of test_trajectories.py does not show of agreement with PyTorch; dropout, errors."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def flat(outputs):
    """All tensors of an output, however they are nested."""
    if isinstance(outputs, tuple | list):
        return [tensor for part in outputs for tensor in flat(part)]
    return [outputs]


def weighted(outputs):
    """A scalar that weights every element differently."""
    return sum((o * o).sum() + (o[..., :1] * o).sum() for o in flat(outputs))


def pair(torch, name, arguments):
    """The layer here with the weights of PyTorch's, both in float64."""
    args, kwargs = arguments
    theirs = getattr(torch.nn, name)(*args, **kwargs).double()
    ours = getattr(nn, name)(*args, **kwargs, dtype="float64")
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_initial_states(torch, name):
    ours, theirs = pair(torch, name, ((4, 5), {"num_layers": 2, "bidirectional": True}))
    x, state = numbers(3, 2, 4), numbers(4, 2, 5, seed=1)
    starts = [ag.tensor(state, requires_grad=True) for _ in range(2)]
    starts_theirs = [torch.tensor(state, requires_grad=True) for _ in range(2)]
    choose = (lambda parts: tuple(parts)) if name == "LSTM" else (lambda parts: parts[0])
    out, out_theirs = ours(x, choose(starts)), theirs(torch.tensor(x), choose(starts_theirs))
    weighted(out).backward()
    weighted(out_theirs).backward()
    for a, b in zip(flat(choose(starts)), flat(choose(starts_theirs)), strict=True):
        np.testing.assert_allclose(a.grad.data, b.grad.numpy(), rtol=1e-10, atol=1e-12)
    with pytest.raises(ValueError, match=r"initial (h|state) is \(1, 2, 5\)"):
        ours(x, choose([state[:1], state[:1]]))


@pytest.mark.parametrize("padding_idx", [None, 2])
def test_embedding(torch, padding_idx):
    ours, theirs = pair(torch, "Embedding", ((6, 3), {"padding_idx": padding_idx}))
    ids = np.random.default_rng(0).integers(0, 6, (4, 5))
    weighted(ours(ids)).backward()
    weighted(theirs(torch.tensor(ids))).backward()
    np.testing.assert_allclose(ours.weight.grad.data, theirs.weight.grad.numpy(), atol=1e-12)
    assert padding_idx is None or not ours.weight.grad.data[padding_idx].any()


def test_embedding_starts_with_a_padding_row_of_zeros():
    assert not nn.Embedding(5, 3, padding_idx=-1).weight.data[4].any()
    with pytest.raises(IndexError, match="padding_idx 5"):
        nn.Embedding(5, 3, padding_idx=5)


class TestLosses:
    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    def test_as_pytorchs(self, torch, reduction):
        logits, target = numbers(4, 3, 2), np.random.default_rng(1).integers(0, 3, (4, 2))
        ours = nn.CrossEntropyLoss(ignore_index=1, reduction=reduction)(logits, target)
        theirs = torch.nn.CrossEntropyLoss(ignore_index=1, reduction=reduction)
        np.testing.assert_allclose(ours, theirs(torch.tensor(logits), torch.tensor(target)).numpy(), atol=1e-12)
        x, y = numbers(3, 2), numbers(3, 2, seed=1)
        theirs = torch.nn.MSELoss(reduction=reduction)(torch.tensor(x), torch.tensor(y))
        np.testing.assert_allclose(nn.MSELoss(reduction=reduction)(x, y), theirs.numpy(), atol=1e-12)

    def test_shapes_that_would_broadcast_are_refused(self):
        with pytest.raises(ValueError, match=r"one shape \(x \(3, 1\) float64, target \(3,\)"):
            nn.MSELoss()(numbers(3, 1), numbers(3))

    def test_unknown_reduction(self):
        with pytest.raises(ValueError, match="average"):
            nn.MSELoss(reduction="average")


def test_training_follows_pytorch_for_50_steps(torch):
    def model(nn):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 8), nn.Tanh()
        )

    theirs, ours = model(torch.nn).double(), model(nn).astype("float64")
    ours.load_state_dict(theirs.state_dict())
    adam, adam_theirs = ag.optim.Adam(ours.parameters(), 0.01), torch.optim.Adam(theirs.parameters(), 0.01)
    x, y = numbers(6, 1, 6, 6), np.arange(6) % 8
    for _ in range(50):
        adam.zero_grad()
        adam_theirs.zero_grad()
        loss = nn.CrossEntropyLoss()(ours(x), y)
        loss_theirs = torch.nn.CrossEntropyLoss()(theirs(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        loss_theirs.backward()
        adam.step()
        adam_theirs.step()
        assert loss.item() == pytest.approx(loss_theirs.item(), abs=1e-8)
    assert loss.item() < 0.8 * nn.CrossEntropyLoss()(numbers(6, 8), y).item()


@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_a_language_model_follows_pytorch_for_50_steps(torch, name):
    def parts(nn):
        return [nn.Embedding(7, 4), getattr(nn, name)(4, 6), nn.Linear(6, 7)]

    def loss_of(parts, loss, ids, targets):
        embedding, recurrent, dense = parts
        return loss(dense(recurrent(embedding(ids))[0]).reshape(-1, 7), targets)

    theirs = [module.double() for module in parts(torch.nn)]
    ours = nn.ModuleList(parts(nn)).astype("float64")
    for a, b in zip(ours, theirs, strict=True):
        a.load_state_dict(b.state_dict())
    sgd = ag.optim.SGD(ours.parameters(), 0.3, momentum=0.9)
    sgd_theirs = torch.optim.SGD([p for module in theirs for p in module.parameters()], 0.3, momentum=0.9)
    text = np.random.default_rng(0).integers(0, 7, (6, 3))
    ids, targets = text[:-1], text[1:].reshape(-1)
    for _ in range(50):
        sgd.zero_grad()
        sgd_theirs.zero_grad()
        loss = loss_of(ours, nn.CrossEntropyLoss(), ids, targets)
        loss_theirs = loss_of(theirs, torch.nn.CrossEntropyLoss(), torch.tensor(ids), torch.tensor(targets))
        loss.backward()
        loss_theirs.backward()
        sgd.step()
        sgd_theirs.step()
        assert loss.item() == pytest.approx(loss_theirs.item(), abs=1e-8)


class TestInitialValues:
    @pytest.mark.parametrize(
        ("layer", "bound"),
        [
            (lambda rng: nn.Linear(100, 300, rng=rng), 0.1),
            (lambda rng: nn.Conv2d(32, 64, 5, groups=2, rng=rng), 1 / 20),
            (lambda rng: nn.ConvTranspose2d(64, 32, 5, groups=2, rng=rng), 1 / 20),
            (lambda rng: nn.GRU(20, 100, rng=rng), 0.1),
            (lambda rng: nn.LSTMCell(20, 100, rng=rng), 0.1),
        ],
    )
    def test_evenly_within_a_bound(self, layer, bound):
        for parameter in layer(np.random.default_rng(0)).parameters():
            values = parameter.data / bound
            assert np.abs(values).max() <= 1 + 1e-6
            if values.size > 1000:
                assert values.std() == pytest.approx(1 / math.sqrt(3), rel=0.03)
                assert np.abs(values).max() > 0.99

    def test_the_same_seed_gives_the_same_layer(self):
        layers = []
        for _ in range(2):
            ag.seed(3)
            layers.append(nn.LSTM(3, 4))
        assert np.array_equal(layers[0].weight_hh_l0.data, layers[1].weight_hh_l0.data)

    @pytest.mark.parametrize("name", ["xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"])
    def test_as_pytorchs(self, torch, name):
        weight = nn.Parameter(np.zeros((200, 30, 5)))
        assert getattr(nn.init, name)(weight, rng=np.random.default_rng(0)) is weight
        theirs = getattr(torch.nn.init, name)(torch.zeros(200, 30, 5, dtype=torch.float64))
        assert weight.data.std() == pytest.approx(theirs.std().item(), rel=0.02)
        assert weight.data.max() == pytest.approx(theirs.max().item(), rel=0.01 if "uniform" in name else 0.5)

    def test_gains(self, torch):
        for nonlinearity in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
            theirs = torch.nn.init.calculate_gain(nonlinearity, 0.3 if nonlinearity == "leaky_relu" else None)
            assert nn.init.calculate_gain(nonlinearity, 0.3) == pytest.approx(theirs)
        assert nn.init.calculate_gain("leaky_relu") == torch.nn.init.calculate_gain("leaky_relu")

    def test_constants(self):
        weight = nn.Parameter(np.zeros((2, 3)))
        assert (nn.init.ones_(weight).data == 1).all()
        assert (nn.init.constant_(weight, 0.5).data == 0.5).all()
        assert (nn.init.zeros_(weight).data == 0).all()

    def test_errors(self):
        with pytest.raises(ValueError, match="fan-in"):
            nn.init.kaiming_normal_(nn.Parameter(np.zeros(3)))
        with pytest.raises(ValueError, match="fan_avg"):
            nn.init.kaiming_uniform_(nn.Parameter(np.zeros((3, 3))), mode="fan_avg")
        with pytest.raises(ValueError, match="swish"):
            nn.init.calculate_gain("swish")
        with pytest.raises(ValueError, match="result of an operation"):
            nn.init.ones_(nn.Parameter(np.zeros(3)) * 2)


class TestDropout:
    def test_off_in_eval_mode(self):
        x = numbers(10)
        assert nn.Dropout(0.5).eval()(x) is x

    def test_its_own_generator(self):
        x = np.ones(100)
        outs = [nn.Dropout(0.5, rng=np.random.default_rng(1))(x) for _ in range(2)]
        assert np.array_equal(*outs)
        assert set(outs[0]) == {0.0, 2.0}

    def test_between_recurrent_layers_but_not_after_the_last(self):
        layer = nn.GRU(4, 50, num_layers=2, dropout=0.9, dtype="float64", rng=np.random.default_rng(0))
        x = numbers(3, 2, 4)
        assert not np.allclose(layer(x)[0].data, layer.eval()(x)[0].data)
        assert (layer.train()(x)[0].data != 0).all()

    def test_probabilities(self):
        with pytest.raises(ValueError, match=r"p = 1\.5"):
            nn.Dropout(1.5)


class TestErrors:
    @pytest.mark.parametrize(
        ("layer", "shape"),
        [
            (nn.Linear(3, 2), (4, 5)),
            (nn.Conv2d(3, 2, 3), (1, 4, 5, 5)),
            (nn.Conv2d(3, 2, 3), (1, 3, 2, 2)),
            (nn.LSTM(3, 2), (4, 1, 5)),
            (nn.GRUCell(3, 2), (4, 5)),
            (nn.Flatten(3), (2, 2)),
        ],
    )
    def test_wrong_shapes(self, layer, shape):
        with pytest.raises(ValueError, match=r"[a-zA-Z_0-9]+: .*\(.*\d\).*; "):
            layer(np.ones(shape, np.float32))

    def test_channels_that_do_not_divide(self):
        with pytest.raises(ValueError, match="3 and 4 channels do not divide into 2 groups"):
            nn.Conv2d(3, 4, 3, groups=2)

    def test_unknown_nonlinearity(self):
        with pytest.raises(ValueError, match=r"RNN: nonlinearity 'sinus' is not known"):
            nn.RNN(2, 3, nonlinearity="sinus")

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: nn.Linear(-4, 2), "Linear: in_features is -4; "),
            (lambda: nn.Embedding(-3, 2), "Embedding: num_embeddings is -3; "),
            (lambda: nn.Embedding(3, -2), "Embedding: embedding_dim is -2; "),
            (lambda: nn.Conv2d(-4, 4, 3), "Conv2d: in_channels is -4; "),
            (lambda: nn.Conv2d(4, 4, 3, stride=0), "Conv2d: stride must be at least 1, not 0; "),
            (lambda: nn.Conv2d(4, 4, 3, padding=-1), "Conv2d: padding must be at least 0, not -1; "),
            (lambda: nn.Conv2d(4, 4, 3, padding="some"), "Conv2d: padding 'some' is not known; .*valid"),
            (lambda: nn.Conv2d(4, 4, 0), "Conv2d: kernel_size must be at least 1, not 0; "),
            (lambda: nn.Conv2d(4, 4, 3, groups=0), "Conv2d: groups is 0; "),
            (lambda: nn.ConvTranspose2d(4, 4, 3, padding="same"), "ConvTranspose2d: padding 'same' is not known; "),
            (lambda: nn.ConvTranspose2d(4, 4, 3, output_padding=-1), "ConvTranspose2d: output_padding must be"),
            (lambda: nn.MaxPool2d(0), "MaxPool2d: kernel_size must be at least 1, not 0; "),
            (lambda: nn.AvgPool2d(2, stride=0), "AvgPool2d: stride must be at least 1, not 0; "),
            (lambda: nn.LSTM(4, 0), "LSTM: hidden_size is 0; "),
            (lambda: nn.GRU(4, 2, num_layers=0), "GRU: num_layers is 0; "),
            (lambda: nn.RNN(4, 2, dropout=2.0), "RNN: dropout = 2.0 is not a probability; "),
            (lambda: nn.GRUCell(0, 2), "GRUCell: input_size is 0; "),
        ],
    )
    def test_arguments_out_of_range(self, make, message):
        with pytest.raises(ValueError, match=message):
            make()

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: nn.Linear(4.0, 2), "Linear: in_features is 4.0, a float; pass an integer"),
            (lambda: nn.Conv2d(4, 8 / 2, 3), "Conv2d: out_channels is 4.0, a float; "),
            (lambda: nn.Embedding(3, 2, padding_idx=1.0), "Embedding: padding_idx is 1.0, a float; "),
            (lambda: nn.LSTM(4, "2"), "LSTM: hidden_size is '2', a str; "),
            (lambda: nn.Linear(4, 2, dtype="flaot32"), "Linear: dtype 'flaot32' is not known; "),
            (lambda: nn.Embedding(4, 2, dtype="int64"), "Embedding: parameters of dtype int64 cannot be learned; "),
            (lambda: nn.LSTM(4, 2, dtype="complex128"), "LSTM: it computes with real numbers, dtype complex128 .*; "),
        ],
    )
    def test_arguments_of_another_type(self, make, message):
        with pytest.raises(TypeError, match=message):
            make()

    def test_sizes_of_numpy_and_of_nothing_are_sizes(self):
        assert nn.Linear(np.int64(0), 2)(np.ones((3, 0), np.float32)).shape == (3, 2)
