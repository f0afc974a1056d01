"""Summaries: counts that are known, totals that add up, and models that are as before."""

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn.summary import summary


def rows(found):
    return {row.path: row for row in found.rows}


def test_lenet5():
    found = summary(ag.models.LeNet5(), (1, 1, 32, 32))
    assert found.parameters == found.learned == 61_706
    assert found.parameter_bytes == 4 * 61_706
    assert found.multiply_adds == 416_520
    by_path = rows(found)
    assert by_path["conv2"] == ("conv2", "Conv2d", (1, 16, 10, 10), 2416, 240_000, by_path["conv2"].activation_bytes)
    assert by_path[""].output == (1, 10)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda nn: nn.Conv2d(4, 6, (3, 2), stride=2, padding=1, groups=2), (2, 4, 9, 8)),
        (lambda nn: nn.Conv1d(4, 6, 3, dilation=2), (2, 4, 9)),
        (lambda nn: nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2, bias=False), (2, 4, 5, 4)),
        (lambda nn: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)), (3, 2, 4)),
    ],
)
def test_multiply_adds_are_half_of_pytorchs_operations(make, shape):
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        make(torch.nn)(torch.zeros(shape))
    assert 2 * summary(make(nn), shape).multiply_adds == counter.get_total_flops()


class Products(nn.Module):
    def forward(self, x):
        return ag.einsum("bij,bkj->ik", x, x) @ ag.ones(3), ag.sum(x[0] @ x[0].T)


@pytest.mark.parametrize(
    ("model", "shape", "expected"),
    [
        (Products(), (2, 3, 4), 2 * 3 * 3 * 4 + 3 * 3 + 3 * 4 * 3),
        (nn.LSTM(4, 3, num_layers=2), (5, 2, 4), 5 * 2 * 12 * (4 + 3 + 3 + 3)),
        (nn.GRU(4, 3, bidirectional=True), (5, 2, 4), 2 * 5 * 2 * 9 * (4 + 3)),
        (nn.GRUCell(4, 3), (2, 4), 2 * 9 * (4 + 3)),
        (nn.LocallyConnected1d(2, 3, 6, 3), (5, 2, 6), 5 * 3 * 4 * 2 * 3),
        (nn.weight_norm(nn.Linear(4, 3)), (5, 4), 5 * 4 * 3),
        (nn.spectral_norm(nn.Linear(4, 3)), (5, 4), 5 * 4 * 3 + 3 * 4 + 3),  # the weight's norm is u.T @ (w @ v)
        (nn.ReLU(), (2, 3), 0),
    ],
)
def test_multiply_adds(model, shape, expected):
    assert summary(model, shape).multiply_adds == expected


class Shared(nn.Module):
    def __init__(self):
        self.first = nn.Linear(4, 4)
        self.again = self.first
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.first.weight
        self.unused = nn.Linear(2, 2)

    def forward(self, x):
        return self.tied(self.again(self.first(x)))


def test_what_is_shared_counts_once_and_each_call_adds_up():
    found = summary(Shared(), (3, 4))
    assert [(row.path, row.parameters, row.multiply_adds) for row in found.rows] == [
        ("", 0, 0),
        ("first", 20, 2 * 3 * 16),
        ("tied", 0, 3 * 16),
        ("unused", 6, 0),
    ]
    assert rows(found)["unused"].output is None
    assert found.parameters == 26
    assert found.multiply_adds == sum(row.multiply_adds for row in found.rows)


def test_memory_is_what_the_graph_keeps():
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Tanh())
    found = summary(model, np.ones((2, 4), np.float32))
    kept = [row.activation_bytes for row in found.rows]
    assert kept == [0, 0, 64, 64]  # the input is the caller's; each hyperbolic tangent keeps its output
    assert found.activation_bytes == 128
    assert summary(model.requires_grad_(False), (2, 4)).activation_bytes == 0


class Awkward(nn.Module):
    """Everything that a call of a model may change."""

    def __init__(self):
        self.norm, self.drop = nn.BatchNorm1d(3), nn.Dropout(rng=np.random.default_rng(0))
        self.inner = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
        self.rng, self.calls = np.random.default_rng(1), 0
        self.register_buffer("count", np.zeros(2))
        self.register_buffer("total", np.zeros(2))

    def forward(self, x):
        self.calls += 1
        self.count.data += self.rng.random()
        self.total = self.total + ag.dropout(ag.ones(2), 0.5, True)
        return self.inner(self.drop(self.norm(x)))


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_as_before(fails):
    model, seen = Awkward().train(), []
    model.drop.eval()
    model.inner.register_forward_hook(lambda *args: seen.append(1))
    attributes = {module: dict(vars(module)) for module in model.modules()}
    state, drawn = model.state_dict(), model.rng.bit_generator.state
    ag.seed(0)
    if fails:
        with pytest.raises(ValueError, match=r"features|channels|shape"):
            summary(model, (2, 4))
    else:
        summary(model, (2, 3))
    assert seen == [] if fails else seen == [1]
    assert {module: dict(vars(module)) for module in model.modules()} == attributes
    assert all(np.array_equal(value, state[key]) for key, value in model.state_dict().items())
    assert model.rng.bit_generator.state == drawn
    after = nn.Linear(2, 2).weight.data
    ag.seed(0)
    assert np.array_equal(after, nn.Linear(2, 2).weight.data)
    assert (model.training, model.drop.training, model.norm.training) == (True, False, True)
    assert ag.core.local.observers == ()


def test_within_no_grad_and_in_float64():
    with ag.no_grad():
        found = summary(nn.Sequential(nn.Linear(4, 8, dtype="float64"), nn.Tanh()), (2, 4))
    assert found.activation_bytes == 128


def test_integers_and_several_inputs_and_outputs():
    found = summary(nn.Sequential(nn.Embedding(10, 4), nn.Flatten()), np.zeros((2, 3), int))
    assert [row.output for row in found.rows] == [(2, 12), (2, 3, 4), (2, 12)]
    found = summary(nn.LSTM(4, 3), (5, 2, 4), (np.zeros((1, 2, 3), np.float32), np.zeros((1, 2, 3), np.float32)))
    assert found.rows[0].output == ((5, 2, 3), ((1, 2, 3), (1, 2, 3)))
    assert summary(nn.Bilinear(2, 3, 4), (5, 2), (5, 3)).rows[0].output == (5, 4)


def test_the_table():
    model = nn.Sequential({"dense": nn.Linear(1000, 1000), "act": nn.Tanh()})
    model.dense.bias.requires_grad_(False)
    lines = str(summary(model, (2, 1000))).splitlines()
    assert lines[0].split("  ")[0] == "module"
    assert "dense    Linear      (2, 1000)   1,001,000      2,000,000            0 bytes" in lines
    assert lines[-2].split() == ["total", "1,001,000", "2,000,000", "8.0", "kB"]
    assert lines[-1] == "1,001,000 parameters, 1,000,000 of them learned, take 4.0 MB"
    assert max(map(len, lines)) == len(lines[1])


def test_what_is_no_model():
    with pytest.raises(TypeError, match="summary: the model is a function; pass a Module"):
        summary(lambda x: x, (2, 3))
