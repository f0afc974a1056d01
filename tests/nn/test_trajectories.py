"""Every layer beside PyTorch's for 50 steps of training from the same weights, in float64.

A layer is written once, as text, and made by both packages: what moves here from PyTorch changes its import only.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import ks_2samp

import autograd_lite as ag
from autograd_lite import nn, optim
from autograd_lite.kernels.random import bernoulli

pytestmark = pytest.mark.filterwarnings(
    "ignore:enable_nested_tensor is True",  # of stacks with batch_first=False
    "ignore:dropout2d",  # of three axes
    "ignore:reduction",  # of what "mean" of kl_div will be
)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def places(*shape):
    """Where so many maxima come from, in images of twice the size in each direction: all different."""
    size = np.prod(shape[2:])
    return np.broadcast_to(np.arange(size) * 2 ** (len(shape) - 2), (*shape[:2], size)).reshape(shape)


IDS = np.array([[1, 4, 2], [0, 2, 5]])
CLASSES, ROWS = np.array([2, 0, 1, 1]), np.array([[1, 2, 0], [2, -1, 1], [0, -1, 2], [1, 0, -1]])
SIGNS = np.array([[1, -1, 1], [-1, -1, 1], [1, 1, -1], [-1, 1, 1]])
SHARES = np.random.default_rng(3).dirichlet(np.ones(3), 4)
W = "weight=tensor([0.5, 1.0, 2.0])"
BLIND = np.array([[False, False, False, True], [False, True, False, False]])
SMALL = "6, 2, dim_feedforward=5, dropout=0.0"

# The layer, and what it is called with: a shape stands for numbers that are learned like the weights, so that layers
# without any train too; arrays are constants, a list is a tuple of states.
CASES = [
    # -- dense, embedded, reshaped
    ("Linear(4, 3)", (5, 4)),
    ("Linear(4, 3, bias=False)", (2, 5, 4)),
    ("Linear(4, 3)", (4,)),
    ("Bilinear(4, 3, 2)", (5, 4), (5, 3)),
    ("Bilinear(4, 3, 2, bias=False)", (2, 5, 4), (2, 5, 3)),
    ("Identity(3, anything=2)", (2, 3)),
    ("Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3))", (5, 4)),
    ("Embedding(6, 3)", IDS),
    ("Embedding(6, 3, padding_idx=2)", IDS),
    ("EmbeddingBag(6, 3)", IDS),
    ("EmbeddingBag(6, 3, mode='sum', padding_idx=2)", IDS.reshape(-1), np.array([0, 2, 5])),
    ("EmbeddingBag(6, 3, mode='max', include_last_offset=True)", IDS.reshape(-1), np.array([0, 2, 6])),
    ("Flatten(1, 2)", (2, 3, 4, 2)),
    ("Unflatten(1, (2, 3))", (2, 6, 3)),
    ("Unflatten(-1, (2, -1))", (2, 6)),
    ("PixelShuffle(2)", (1, 8, 2, 3)),
    ("PixelUnshuffle(2)", (1, 2, 4, 6)),
    ("ChannelShuffle(2)", (1, 4, 2, 2)),
    ("Unfold(2, stride=2, padding=1)", (1, 2, 4, 4)),
    ("Fold((4, 5), 2)", (1, 8, 12)),
    ("Upsample(scale_factor=2)", (1, 2, 3, 3)),
    ("Upsample(size=5, mode='linear')", (1, 2, 3)),
    ("Upsample(scale_factor=1.7, mode='bilinear', align_corners=True)", (1, 2, 3, 3)),
    ("Upsample(scale_factor=2, mode='bicubic')", (1, 1, 3, 4)),
    ("Upsample(size=(3, 4, 2), mode='trilinear')", (1, 1, 2, 2, 3)),
    ("UpsamplingBilinear2d(scale_factor=2)", (1, 2, 3, 3)),
    ("UpsamplingNearest2d(size=(5, 4))", (1, 2, 3, 3)),
    ("CosineSimilarity(dim=0)", (3, 4), (3, 4)),
    ("PairwiseDistance(p=3.0, keepdim=True)", (3, 4), (3, 4)),
    # -- convolutions
    ("Conv1d(2, 3, 3, padding='same', padding_mode='circular')", (2, 2, 6)),
    ("Conv1d(4, 2, 2, stride=2, groups=2, bias=False)", (2, 4, 6)),
    ("Conv2d(2, 3, 3, padding=1)", (2, 2, 5, 4)),
    ("Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), dilation=2, groups=2)", (1, 2, 7, 6)),
    ("Conv2d(2, 2, 3, padding=1, padding_mode='reflect')", (1, 2, 4, 4)),
    ("Conv2d(2, 2, 3, padding=1, padding_mode='replicate', bias=False)", (1, 2, 4, 4)),
    ("Conv3d(2, 2, 2)", (1, 2, 3, 3, 4)),
    ("Conv3d(2, 2, (1, 2, 3), stride=2, padding=1, groups=2, bias=False)", (1, 2, 3, 3, 4)),
    ("ConvTranspose1d(2, 3, 3, stride=2, padding=1, output_padding=1)", (2, 2, 4)),
    ("ConvTranspose2d(2, 3, 3)", (1, 2, 3, 4)),
    ("ConvTranspose2d(2, 4, (3, 2), stride=2, groups=2, dilation=2, bias=False)", (1, 2, 3, 3)),
    ("ConvTranspose3d(2, 1, 2, stride=(1, 2, 1))", (1, 2, 2, 2, 3)),
    ("LocallyConnected1d(2, 3, 5, 3, stride=2)", (2, 2, 5)),
    ("LocallyConnected2d(2, 3, (4, 5), 3, bias=False)", (2, 2, 4, 5)),
    # -- pooling
    *((f"MaxPool{n}d(2)", (2, 2, *(5, 4, 4)[:n])) for n in (1, 2, 3)),
    ("MaxPool2d(3, 2, padding=1, dilation=2, ceil_mode=True)", (1, 2, 8, 8)),
    ("MaxPool2d(2, return_indices=True)", (1, 2, 4, 4)),
    *((f"AvgPool{n}d(3, 2, padding=1, ceil_mode=True)", (2, 2, *(6, 4, 4)[:n])) for n in (1, 2, 3)),
    ("AvgPool2d((3, 2), stride=2, padding=1, count_include_pad=False)", (1, 2, 6, 7)),
    ("AvgPool2d(2, divisor_override=3)", (1, 2, 4, 4)),
    *((f"LPPool{n}d(3, 2)", (2, 2, *(5, 4, 4)[:n])) for n in (1, 2, 3)),
    *((f"AdaptiveAvgPool{n}d(3)", (1, 2, *(5, 4, 7)[:n])) for n in (1, 2, 3)),
    *((f"AdaptiveMaxPool{n}d(3, return_indices=True)", (1, 2, *(5, 4, 7)[:n])) for n in (1, 2, 3)),
    *((f"MaxUnpool{n}d(2)", (1, 2, *(2,) * n), places(1, 2, *(2,) * n)) for n in (1, 2, 3)),
    ("Maxout(3)", (4, 6)),
    # -- padding
    *((f"{kind}Pad{n}d(1)", (1, 2, *(3, 4, 2)[:n])) for kind in ("Reflection", "Replication") for n in (1, 2, 3)),
    *((f"ZeroPad{n}d({tuple(range(2 * n))})", (1, 1, 7, 6, 4)[: n + 2]) for n in (1, 2, 3)),
    *((f"CircularPad{n}d(2)", (1, 2, *(3, 4, 2)[:n])) for n in (1, 2, 3)),
    *((f"ConstantPad{n}d(1, 0.5)", (1, 2, *(3, 4, 2)[:n])) for n in (1, 2, 3)),
    # -- activations
    *((f"{name}()", (4, 3)) for name in ("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU")),
    *((f"{name}()", (4, 3)) for name in ("Mish", "Sigmoid", "LogSigmoid", "Softplus", "Softsign", "Tanh")),
    *((f"{name}()", (4, 3)) for name in ("Tanhshrink", "Hardtanh", "Hardsigmoid", "Hardswish", "Hardshrink")),
    *((f"{name}(dim=1)", (4, 3)) for name in ("Softmax", "LogSoftmax", "Softmin")),
    ("GLU(0)", (4, 3)),
    ("Softmax2d()", (2, 3, 2, 2)),
    ("Softshrink(0.25)", (4, 3)),
    ("Threshold(0.1, 2.0)", (4, 3)),
    ("LeakyReLU(0.2)", (4, 3)),
    ("PReLU(3)", (4, 3)),
    ("ELU(1.5)", (4, 3)),
    ("CELU(1.5)", (4, 3)),
    ("GELU(approximate='tanh')", (4, 3)),
    ("Softplus(2.0, 1.0)", (4, 3)),
    ("Hardtanh(-0.5, 0.25)", (4, 3)),
    # -- normalization
    *((f"BatchNorm{n}d(3)", (4, 3, *(2, 3, 2)[:n])) for n in (1, 2, 3)),
    ("BatchNorm1d(3, momentum=None, eps=1e-3)", (5, 3)),
    ("BatchNorm2d(3, affine=False)", (4, 3, 2, 2)),
    ("BatchNorm2d(3, track_running_stats=False)", (4, 3, 2, 2)),
    *((f"InstanceNorm{n}d(3)", (2, 3, *(4, 3, 2)[:n])) for n in (1, 2, 3)),
    *((f"InstanceNorm{n}d(3, affine=True, track_running_stats=True)", (2, 3, *(4, 3, 2)[:n])) for n in (1, 2, 3)),
    ("LayerNorm(4)", (3, 4)),
    ("LayerNorm((3, 4), bias=False)", (2, 3, 4)),
    ("LayerNorm(4, elementwise_affine=False, eps=0.1)", (3, 4)),
    ("RMSNorm((3, 4))", (2, 3, 4)),
    ("RMSNorm(4, eps=0.1, elementwise_affine=False)", (3, 4)),
    ("GroupNorm(2, 4)", (3, 4, 2)),
    ("GroupNorm(2, 4, affine=False)", (3, 4, 2, 2)),
    ("LocalResponseNorm(3, alpha=0.5, k=2.0)", (2, 5, 3)),
    # -- recurrence
    *((f"{name}(4, 5)", (3, 2, 4)) for name in ("RNN", "LSTM", "GRU")),
    *((f"{name}(4, 5, num_layers=2, bidirectional=True)", (3, 2, 4)) for name in ("RNN", "LSTM", "GRU")),
    *((f"{name}(4, 5, bias=False, batch_first=True)", (2, 3, 4), (1, 2, 5)) for name in ("RNN", "GRU")),
    ("RNN(4, 5, nonlinearity='relu')", (3, 2, 4)),
    ("LSTM(4, 5, bias=False, batch_first=True)", (2, 3, 4), [(1, 2, 5), (1, 2, 5)]),
    ("LSTM(4, 5, proj_size=3)", (3, 2, 4)),
    ("LSTM(4, 5, proj_size=2, num_layers=2, bidirectional=True)", (3, 2, 4), [(4, 2, 2), (4, 2, 5)]),
    *((f"{name}(4, 5)", (3, 4)) for name in ("RNN", "LSTM", "GRU")),
    *((f"{name}Cell(4, 5)", (2, 4)) for name in ("RNN", "LSTM", "GRU")),
    *((f"{name}Cell(4, 5, bias=False)", (2, 4), (2, 5)) for name in ("RNN", "GRU")),
    *((f"{name}Cell(4, 5)", (4,)) for name in ("RNN", "LSTM", "GRU")),
    ("RNNCell(4, 5, nonlinearity='relu')", (6, 4)),
    ("LSTMCell(4, 5)", (2, 4), [(2, 5), (2, 5)]),
    ("Recurrent((nn.GRUCell(4, 3), nn.GRUCell(4, 3)), nn.LSTMCell(6, 2))", (3, 2, 4)),
    # -- attention
    ("MultiheadAttention(6, 2)", (4, 2, 6), (3, 2, 6), (3, 2, 6)),
    ("MultiheadAttention(6, 2, batch_first=True)", (2, 3, 6), (2, 4, 6), (2, 4, 6), BLIND),
    ("MultiheadAttention(6, 2, kdim=3, vdim=4, bias=False)", (4, 2, 6), (3, 2, 3), (3, 2, 4)),
    ("MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True)", (4, 2, 6), (3, 2, 6), (3, 2, 6)),
    (f"TransformerEncoderLayer({SMALL})", (4, 2, 6)),
    (f"TransformerEncoderLayer({SMALL}, activation='gelu', norm_first=True, batch_first=True)", (2, 4, 6)),
    (f"TransformerDecoderLayer({SMALL})", (3, 2, 6), (4, 2, 6)),
    (f"TransformerDecoderLayer({SMALL}, norm_first=True, bias=False)", (3, 2, 6), (4, 2, 6)),
    (f"TransformerEncoder(nn.TransformerEncoderLayer({SMALL}), 2, nn.LayerNorm(6))", (4, 2, 6)),
    (f"TransformerDecoder(nn.TransformerDecoderLayer({SMALL}), 2, nn.LayerNorm(6))", (3, 2, 6), (4, 2, 6)),
    ("Transformer(6, 2, 1, 2, 5, 0.0)", (4, 2, 6), (3, 2, 6)),
    ("Transformer(6, 2, 2, 1, 5, 0.0, batch_first=True, norm_first=True)", (2, 4, 6), (2, 3, 6)),
    # -- losses
    *((f"{name}Loss()", (4, 3), (4, 3)) for name in ("MSE", "L1", "SmoothL1", "Huber")),
    ("SmoothL1Loss(beta=0.5)", (4, 3), (4, 3)),
    ("HuberLoss(delta=0.5)", (4, 3), (4, 3)),
    ("KLDivLoss(reduction='batchmean')", (4, 3), SHARES),
    ("KLDivLoss(log_target=True)", (4, 3), np.log(SHARES)),
    ("PoissonNLLLoss(full=True)", (4, 3), 3 * SHARES),
    ("GaussianNLLLoss(full=True)", (4, 3), (4, 3), SHARES),
    ("CrossEntropyLoss()", (4, 3), CLASSES),
    ("CrossEntropyLoss()", (4, 3), SHARES),
    (f"CrossEntropyLoss({W}, ignore_index=1, label_smoothing=0.1)", (4, 3), CLASSES),
    (f"NLLLoss({W}, ignore_index=1)", (4, 3), CLASSES),
    (f"BCELoss({W})", (4, 3), SHARES),
    (f"BCEWithLogitsLoss({W}, pos_{W})", (4, 3), SHARES),
    ("CTCLoss()", (5, 2, 4), np.array([[1, 2], [3, 3]]), np.array([5, 4]), np.array([2, 1])),
    ("SoftMarginLoss()", (4, 3), SIGNS),
    ("HingeLoss()", (4, 3), SIGNS),
    ("SquaredHingeLoss(margin=0.5)", (4, 3), SIGNS),
    ("HingeEmbeddingLoss(margin=0.5)", (4, 3), SIGNS),
    (f"MultiMarginLoss(p=2, margin=0.5, {W})", (4, 3), CLASSES),
    ("MultiLabelMarginLoss()", (4, 3), ROWS),
    (f"MultiLabelSoftMarginLoss({W})", (4, 3), SHARES),
    ("MarginRankingLoss(margin=0.5)", (4, 3), (4, 3), SIGNS),
    ("CosineEmbeddingLoss(margin=0.5)", (4, 3), (4, 3), SIGNS[:, 0]),
    ("TripletMarginLoss(margin=2.0, p=3.0, swap=True)", (4, 3), (4, 3), (4, 3)),
    (
        "TripletMarginWithDistanceLoss(margin=2.0, swap=True, distance_function=lambda a, b: ((a - b) ** 2).sum(-1))",
        *[(4, 3)] * 3,
    ),
]
# In evaluation, as what they do in training is drawn; with masks that are given to both see below.
EVALUATED = [
    *((f"Dropout{axes}()", (2, 3, *(4, 2, 2)[:n])) for n, axes in enumerate(("", "1d", "2d", "3d"))),
    ("AlphaDropout(0.3)", (4, 3)),
    ("FeatureAlphaDropout(0.3)", (2, 3, 4)),
    ("RReLU(0.1, 0.3)", (4, 3)),
    ("LSTM(4, 5, num_layers=2, dropout=0.5)", (3, 2, 4)),
    ("MultiheadAttention(6, 2, dropout=0.5)", (4, 2, 6), (3, 2, 6), (3, 2, 6)),
    ("Transformer(6, 2, 1, 1, 5)", (4, 2, 6), (3, 2, 6)),
]
HOLDERS = {"Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList"}  # compute nothing themselves
# What must be done to numbers before a layer may have them.
ENTRANCES = {
    "BCELoss": lambda x: x.sigmoid(),
    "CTCLoss": lambda x: x.log_softmax(-1),
    **{f"LPPool{n}d": abs for n in (1, 2, 3)},
}
ROUNDED = {"Hardsigmoid": 1e-7}  # PyTorch multiplies its gradient by 1/6 in float32


def layer_of(case):
    return case[0].partition("(")[0]


def test_every_layer_stands_here():
    layers = {
        name for name in nn.__all__ if isinstance(made := getattr(nn, name), type) and issubclass(made, nn.Module)
    }
    assert {layer_of(case) for case in CASES + EVALUATED} == layers - HOLDERS


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # more wait for each other
    yield torch
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def both(torch):
    """The layers of both packages, and how each makes a tensor; what PyTorch lacks is written with its parts."""

    class Maxout(torch.nn.Module):
        def __init__(self, pieces):
            super().__init__()
            self.pieces = pieces

        def forward(self, x):
            return x.unflatten(1, (-1, self.pieces)).amax(2)

    class HingeLoss(torch.nn.Module):
        def __init__(self, margin=1.0, power=1):
            super().__init__()
            self.margin, self.power = margin, power

        def forward(self, x, target):
            return ((self.margin - target * x).clamp(min=0) ** self.power).mean()

    class SquaredHingeLoss(HingeLoss):
        def __init__(self, margin=1.0):
            super().__init__(margin, 2)

    class LocallyConnected1d(torch.nn.Module):
        """All windows, each times filters of its own."""

        def __init__(self, in_channels, out_channels, input_size, kernel_size, stride=1, bias=True):
            super().__init__()
            sizes = np.atleast_1d(input_size)
            self.kernel_size, self.stride = kernel_size, stride
            self.counts = tuple(int(n - kernel_size) // stride + 1 for n in sizes)
            bound = (in_channels * kernel_size ** len(sizes)) ** -0.5
            shape = (out_channels, in_channels, *self.counts, *(kernel_size,) * len(sizes))
            self.weight = torch.nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
            self.bias = torch.nn.Parameter(torch.empty(shape[0], *self.counts).uniform_(-bound, bound)) if bias else 0

        def forward(self, x):
            for axis in range(2, x.ndim):
                x = x.unfold(axis, self.kernel_size, self.stride)
            letters = "xyz"[: len(self.counts)]
            return (
                torch.einsum(f"ni{letters}...,oi{letters}...->no{letters}...", x, self.weight)
                .flatten(2 + len(letters))
                .sum(-1)
                + self.bias
            )

    class Recurrent(torch.nn.Module):
        """A loop over cells, which may be pairs for both directions."""

        def __init__(self, *layers):
            super().__init__()
            parts = (layer if isinstance(layer, tuple) else (layer,) for layer in layers)
            self.layers = torch.nn.ModuleList(map(torch.nn.ModuleList, parts))

        def forward(self, x):
            last = []
            for layer in self.layers:
                runs = []
                for cell, order in zip(layer, (1, -1), strict=False):
                    state, outputs = None, []
                    for step in list(x)[::order]:
                        state = cell(step, state)
                        outputs.append(state[0] if isinstance(state, tuple) else state)
                    runs.append(torch.stack(outputs[::order]))
                    last.append(state)
                x = torch.cat(runs, -1)
            return x, last

    twins = [Maxout, HingeLoss, SquaredHingeLoss, LocallyConnected1d, Recurrent]
    names = {twin.__name__: twin for twin in twins} | {"LocallyConnected2d": LocallyConnected1d}
    return (
        {"nn": nn, "tensor": ag.tensor},
        {"nn": SimpleNamespace(**vars(torch.nn), **names), "tensor": torch.tensor},
    )


def made(layer, package):
    return eval(f"nn.{layer}", package)  # text of this file


def pair(layer, both, torch):
    """The layer in both packages, in float64, with the weights of PyTorch's."""
    torch.manual_seed(0)
    ours, theirs = (made(layer, package) for package in both)
    ours, theirs = ours.astype("float64"), theirs.double()
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def leaves(value):
    """All tensors of a nested output."""
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in leaves(part)]
    return [value]


def array(x):
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def assert_close(ours, theirs, tolerance):
    for a, b in zip(ours, theirs, strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(array(a), array(b), rtol=tolerance, atol=tolerance)


def given(inputs, tensor):
    """Tensors for the inputs of a case, and those of them that are learned."""
    learned = []

    def one(x):
        if isinstance(x, list):
            return tuple(map(one, x))
        if not isinstance(x, tuple):
            return tensor(x)
        learned.append(tensor(numbers(*x, seed=len(learned)), requires_grad=True))
        return learned[-1]

    return [one(x) for x in inputs], learned


def loss_of(outputs, tensor):
    """A loss itself; of other outputs the squared distance to numbers."""
    inexact = [x for x in leaves(outputs) if "float" in str(x.dtype)]
    if [x.ndim for x in inexact] == [0]:
        return inexact[0]
    return sum(((x - tensor(numbers(*x.shape, seed=9))) ** 2).mean() for x in inexact)


def train(case, layer, package, sgd, steps):
    """What happens in so many steps: the losses, gradients of the first three steps, outputs before and after."""
    inputs, learned = given(case[1:], package["tensor"])
    enter = ENTRANCES.get(layer_of(case), lambda x: x)
    call = lambda: layer(enter(inputs[0]), *inputs[1:])  # noqa: E731  # three words
    optimizer = sgd([*learned, *layer.parameters()], lr=0.05, momentum=0.9)
    losses, early = [], []
    for step in range(steps):
        outputs = call()
        loss = loss_of(outputs, package["tensor"])
        optimizer.zero_grad()
        loss.backward()
        if step < 3:
            early += [array(x).copy() for x in leaves(outputs)]
            early += [None if x.grad is None else array(x.grad).copy() for x in (*learned, *layer.parameters())]
        optimizer.step()
        losses.append(loss.item())
    layer.eval()
    final = [*layer.state_dict().values(), *learned, *leaves(call())]
    return losses, early, final


def assert_trained_alike(case, ours, theirs, both, torch, steps=50):
    mine = train(case, ours, both[0], optim.SGD, steps)
    reference = train(case, theirs, both[1], torch.optim.SGD, steps)
    tolerance = ROUNDED.get(layer_of(case), 1e-8)
    for a, b in zip(mine, reference, strict=True):
        assert_close(a, b, tolerance)
    assert mine[0][0] != mine[0][-1] or layer_of(case) == "Threshold"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_50_steps_of_training(case, both, torch):
    ours, theirs = pair(case[0], both, torch)
    assert_trained_alike(case, ours, theirs, both, torch)


@pytest.mark.parametrize("case", EVALUATED, ids=lambda case: case[0])
def test_50_steps_without_what_is_random(case, both, torch):
    ours, theirs = (layer.eval() for layer in pair(case[0], both, torch))
    assert_trained_alike(case, ours, theirs, both, torch)


# -- masks that are given to both ------------------------------------------------------------------------------------

MASKED = [
    *((f"Dropout{axes}(0.3)", (2, 3, *(4, 2, 2)[:n])) for n, axes in enumerate(("", "1d", "2d", "3d"))),
    ("AlphaDropout(0.3)", (4, 3)),
    ("FeatureAlphaDropout(0.3)", (2, 3, 4)),
    ("RReLU(0.1, 0.3)", (4, 3)),
    ("MultiheadAttention(6, 2, dropout=0.3)", (4, 2, 6), (3, 2, 6), (3, 2, 6)),
    ("TransformerEncoderLayer(6, 2, 5, 0.3)", (4, 2, 6)),
    ("TransformerDecoderLayer(6, 2, 5, 0.3, norm_first=True)", (3, 2, 6), (4, 2, 6)),
    ("Transformer(6, 2, 1, 1, 5, 0.3)", (4, 2, 6), (3, 2, 6)),
]


@pytest.fixture
def drawn_alike(torch, monkeypatch):
    """A function that seeds both packages, after PyTorch's functions draw from a generator that is the same as ours."""
    functional = torch.nn.functional
    rng = [None]

    def kept(x, p, axes):
        shape = x.shape[:2] + (1,) * (x.ndim - 2) if axes else x.shape
        return torch.tensor(bernoulli(rng[0], 1 - p, tuple(shape)))

    def dropout_of(axes):
        return lambda x, p=0.5, training=True, inplace=False: x * kept(x, p, axes) / (1 - p) if training else x

    def alpha_dropout_of(axes):
        def dropped(x, p=0.5, training=False, inplace=False):
            limit = -1.7580993408473766  # of selu
            scale = ((1 - p) * (1 + p * limit**2)) ** -0.5
            return scale * torch.where(kept(x, p, axes), x, limit) - scale * limit * p if training else x

        return dropped

    def rrelu(x, lower, upper, training=False, inplace=False):
        slopes = torch.tensor(rng[0].uniform(lower, upper, tuple(x.shape))) if training else (lower + upper) / 2
        return torch.where(x > 0, x, slopes * x)

    def attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False):
        weights = torch.softmax(query @ key.mT / query.shape[-1] ** 0.5, -1)
        return functional.dropout(weights, dropout_p, True) @ value

    replaced = {f"dropout{axes}": dropout_of(axes) for axes in ("", "1d", "2d", "3d")}
    replaced |= {"alpha_dropout": alpha_dropout_of(""), "feature_alpha_dropout": alpha_dropout_of("all")}
    for name, function in {**replaced, "rrelu": rrelu, "scaled_dot_product_attention": attention}.items():
        monkeypatch.setattr(functional, name, function)

    def start(seed):
        ag.seed(seed)
        rng[0] = np.random.default_rng(seed)

    return start


@pytest.mark.parametrize("case", MASKED, ids=lambda case: case[0])
def test_50_steps_with_the_same_masks(case, both, torch, drawn_alike):
    ours, theirs = pair(case[0], both, torch)
    drawn_alike(1)
    assert_trained_alike(case, ours, theirs, both, torch)


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
def test_50_steps_with_the_same_masks_between_recurrent_layers(name, both, torch, drawn_alike):
    class Two(torch.nn.Module):
        """PyTorch's layers with dropout draw inside; these have it between them."""

        def __init__(self):
            super().__init__()
            self.first, self.second = (getattr(torch.nn, name)(size, 5) for size in (4, 5))
            self.dropout = torch.nn.Dropout(0.3)

        def forward(self, x):
            below, first = self.first(x)
            above, second = self.second(self.dropout(below))
            pairs = zip(leaves(first), leaves(second), strict=True)
            last = tuple(torch.cat(pair) for pair in pairs)
            return above, last if name == "LSTM" else last[0]

        def state_dict(self):
            second = {key.replace("l0", "l1"): value for key, value in self.second.state_dict().items()}
            return self.first.state_dict() | second

    ours, theirs = getattr(nn, name)(4, 5, 2, dropout=0.3, dtype="float64"), Two().double()
    ours.load_state_dict(theirs.state_dict())
    drawn_alike(1)
    assert_trained_alike((name, (3, 2, 4)), ours, theirs, both, torch)


# -- initial values --------------------------------------------------------------------------------------------------


def with_parameters():
    """Each layer that has any, once."""
    found = {}
    for case in CASES:
        if any(True for _ in made(case[0], {"nn": nn, "tensor": ag.tensor}).parameters()):
            found.setdefault(case[0], case)
    return list(found)


@pytest.mark.parametrize("layer", with_parameters())
def test_initial_values_have_pytorchs_distributions(layer, both, torch):
    """So many layers are made by each package; Kolmogorov and Smirnov compare what each parameter holds."""
    ag.seed(0)
    torch.manual_seed(1)
    ours, theirs = ([made(layer, package) for _ in range(60)] for package in both)
    drawn = ([dict(layer.named_parameters()) for layer in side] for side in (ours, theirs))
    ours, theirs = ({key: np.array([array(one[key]) for one in side]) for key in side[0]} for side in drawn)
    assert list(ours) == list(theirs)
    for key, values in ours.items():
        expected = theirs[key]
        if np.ptp(expected) == 0 or np.ptp(expected, 0).max() == 0:
            np.testing.assert_array_equal(values, expected)
            continue
        assert ks_2samp(values.reshape(-1), expected.reshape(-1)).pvalue > 1e-4
        assert values.std() == pytest.approx(expected.std(), rel=4 / values.size**0.5)
